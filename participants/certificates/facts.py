"""What a certificate says, frozen at issue: a reprint in ten years is the same paper, whatever happened to the records since."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils import translation

from events.kinds.registry import KINDS
from events.programs.models import Program
from participants.attendance.hours import DayHours, HoursSummary
from participants.certificates.award_models import Award, PaperPicture, PaperTemplate
from participants.certificates.codes import verify_url
from participants.directory.models import Organisation
from participants.people.models import Person
from participants.people.names import latin_name
from participants.rosters.models import Registration
from participants.rosters.sheet.cleaning import INVISIBLE

WORDING = "2026-1"  # raised when participants/certificates/wording.py changes what a paper says
ADULT_AT = 18


@dataclass(frozen=True)
class DayFacts:
    """A row of the table of hours."""

    day: date
    titles: str
    state: str
    hours: str


@dataclass(frozen=True)
class Texts:
    """The words of a paper as an office wrote them, with the fields still open."""

    title: str = ""
    main: str = ""
    closing: str = ""
    title_en: str = ""
    main_en: str = ""
    closing_en: str = ""


@dataclass(frozen=True)
class Picture:
    """A seal, signature or logo: which one, how wide and where."""

    role: str
    sha256: str
    width_mm: int
    height_mm: float
    place: str = ""
    name: str = ""


# Fields that papers of the first weeks do not have.
LATER = (
    *("kind", "holder", "language", "name_en", "work_en", "award_en", "category"),
    *("members", "instructors", "tone", "background", "texts", "pictures", "qr", "issuers_en", "is_unit"),
)


# As long as the contents to come (sealed_codes.py): a paper is fitted before it has a number.
SEALED = "x" * 160


@dataclass(frozen=True)
class CertificateFacts:
    """All that a paper prints. `number` and `code` are empty in a preview; `level` is the size at which the text fits."""

    wording: str
    paper: str  # honour, completion, award or hours
    name: str
    is_pupil: bool
    unit: str
    unit_en: str
    position: str
    identity_tail: str  # last four of the ID number, "" where there is none
    role: str
    program: str
    program_en: str
    starts_on: date
    ends_on: date
    hours: str
    attended_items: int
    days: tuple[DayFacts, ...]
    issuers: tuple[str, ...]
    issuer_en: str
    issued_on: date
    number: str = ""
    code: str = ""
    work: str = ""  # title of an exhibited or coached work
    award: str = ""
    level: int = 0
    kind: str = ""  # see award_models.PaperKind; papers of the first weeks say it by what they carry
    holder: str = "person"
    language: str = "zh"
    name_en: str = ""
    work_en: str = ""
    award_en: str = ""
    category: str = ""
    members: tuple[str, ...] = ()
    instructors: tuple[str, ...] = ()
    tone: str = ""
    background: str = ""
    texts: Texts | None = None  # None = the words of our own that `wording` names
    pictures: tuple[Picture, ...] = ()
    qr: str = ""  # "" = the address of the verification page; otherwise its own content, and SEALED until there is a number
    issuers_en: tuple[str, ...] = ()  # in papers in English that several offices issue
    is_unit: bool = False  # the holder is the unit itself, which optional parts of the text need not name again

    def to_json(self) -> dict[str, Any]:
        """What is as in every paper of the first weeks is left out, so that those are printed again as they were."""
        plain = asdict(self)
        for name in LATER:
            if plain[name] == type(self).__dataclass_fields__[name].default:
                del plain[name]
        for name in ("starts_on", "ends_on", "issued_on"):
            plain[name] = plain[name].isoformat()
        plain["days"] = [row | {"day": row["day"].isoformat()} for row in plain["days"]]
        plain["issuers"] = list(self.issuers)
        return plain

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "CertificateFacts":
        dates = {name: date.fromisoformat(plain[name]) for name in ("starts_on", "ends_on", "issued_on")}
        days = tuple(DayFacts(**row | {"day": date.fromisoformat(row["day"])}) for row in plain["days"])
        made: dict[str, Any] = {name: tuple(plain[name]) for name in ("issuers", "issuers_en", "members", "instructors") if name in plain}
        made |= {"texts": Texts(**plain["texts"]) if plain.get("texts") else None}
        made |= {"pictures": tuple(Picture(**row) for row in plain.get("pictures", ()))}
        return cls(**plain | dates | {"days": days} | made)

    def numbered(self, number: str, code: str) -> "CertificateFacts":
        return replace(self, number=number, code=code)

    @property
    def qr_content(self) -> str:
        return self.qr or verify_url(self.code)

    @property
    def printed(self) -> tuple[str, ...]:
        """Every text that may stand on the paper."""
        own = (
            self.name,
            self.name_en,
            self.unit,
            self.unit_en,
            self.position,
            self.program,
            self.program_en,
            self.work,
            self.work_en,
            self.award,
            self.award_en,
        )
        words = tuple(asdict(self.texts).values()) if self.texts else ()
        return (
            *own,
            self.category,
            *self.members,
            *self.instructors,
            *self.issuers,
            *self.issuers_en,
            self.issuer_en,
            *(day.titles for day in self.days),
            *words,
        )

    def picture(self, role: str) -> Picture | None:
        return next((row for row in self.pictures if row.role == role), None)

    @property
    def issuer(self) -> str:
        return self.issuers[0]

    @property
    def offices(self) -> tuple[str, ...]:
        """The issuing offices in the language of the paper."""
        if self.language != "en":
            return self.issuers
        return self.issuers_en or (self.issuer_en or self.issuer, *self.issuers[1:])

    @property
    def attended_days(self) -> int:
        return sum(Decimal(row.hours) > 0 for row in self.days)


def gather(registration: Registration, summary: HoursSummary, issued_on: date) -> CertificateFacts:
    """Collect what the certificate of a registration will say, without number and code."""
    person, unit, program = registration.person, registration.organisation, registration.program
    paper = frame(program, attendance_kind(program), issued_on)
    facts = paper(
        name=person.name,
        name_en=person.name_en or ("" if paper.keywords.get("language", "zh") == "zh" else latin_name(person.name)),
        is_pupil=is_pupil(person, program.ends_on),
        unit=unit.name_zh,
        unit_en=unit.name_en,
        position=person.position,
        identity_tail=person.national_id[-4:],
        role=registration.role,
        hours=plain_number(summary.hours),
        attended_items=summary.attended_items,
        days=tuple(day_facts(day) for day in summary.days),
    )
    return visible(facts)


def gather_award(award: Award, issued_on: date) -> CertificateFacts:
    """The same of a result."""
    registration, unit, program = award.registration, award.organisation, award.program
    person = registration.person if registration else None
    facts = frame(program, award.kind, issued_on)(
        holder=award.holder,
        name=award.name,
        name_en=award.name_en or (person.name_en if person else "") or name_en_of(award),
        is_pupil=is_pupil(person, program.ends_on) if person else award.kind != "instructor" and KINDS[program.kind].is_for_pupils,
        unit=unit.name_zh,
        unit_en=unit.name_en,
        position="",
        identity_tail="",
        role="",
        hours="0",
        attended_items=0,
        days=(),
        work=award.work,
        work_en=award.work_en,
        award=award.prize,
        award_en=award.prize_en,
        category=award.category,
        members=award.member_names,
        instructors=tuple(award.instructors),
        is_unit=award.holder == "organisation" and award.name == unit.name_zh,
    )
    return visible(facts)


def visible(facts: CertificateFacts) -> CertificateFacts:
    """Without characters that print nothing but turn or join others, which come along from chats and address books: a copied name is the name."""
    written = {field.name: getattr(facts, field.name) for field in fields(facts)}
    seen: dict[str, Any] = {name: INVISIBLE.sub("", value) for name, value in written.items() if isinstance(value, str)}
    seen |= {name: tuple(INVISIBLE.sub("", one) for one in written[name]) for name in ("members", "instructors", "issuers", "issuers_en")}
    return replace(facts, **seen)


def attendance_kind(program: Program) -> str:
    """Kinds with hours or a course end with a completion, the others with a paper for taking part."""
    return "completion" if KINDS[program.kind].certificate_paper in ("completion", "hours") else "participation"


def usual_design(program: Program, kind: str) -> str:
    """The design of a kind of paper where nobody chose another."""
    festive = KINDS[program.kind].certificate_paper == "award"
    if kind in ("participation", "completion"):
        return KINDS[program.kind].certificate_paper
    return "award" if festive and kind in ("award", "work") else "honour"


def frame(program: Program, kind: str, issued_on: date) -> partial[CertificateFacts]:
    """Facts that all papers of a kind in a program share, waiting for those of their holder."""
    issuer, template = program.certificate_issuer, PaperTemplate.objects.current(program, kind)
    offices = offices_of(program, issuer)
    look = dressed(template, offices) if template else {"wording": WORDING, "paper": usual_design(program, kind)}
    return partial(
        CertificateFacts,
        kind=kind,
        program=program.title_zh,
        program_en=program.title_en,
        starts_on=program.starts_on,
        ends_on=program.ends_on,
        issuers=tuple(office.name_zh for office in offices),
        issuer_en=issuer.name_en,
        issued_on=issued_on,
        **look,
    )


def dressed(template: PaperTemplate, offices: Sequence[Organisation]) -> dict[str, Any]:
    """Words and look as an office set them, frozen."""
    texts = Texts(*(getattr(template, name) for name in ("title_zh", "main_zh", "closing_zh", "title_en", "main_en", "closing_en")))
    pictures = (
        _picture(template.seal, template.seal_mm, template.seal_place),
        _picture(template.signature, template.signature_mm, ""),
        _picture(template.logo, template.logo_mm, template.logo_place),
    )
    return {
        "wording": template.mark,
        "paper": template.design,
        "language": template.language,
        "tone": template.tone,
        "background": template.background,
        "texts": texts,
        "pictures": tuple(picture for picture in pictures if picture),
        "qr": SEALED if template.sealed else "",
        "issuers_en": tuple(office.name_en or office.name_zh for office in offices) if template.language == "en" and len(offices) > 1 else (),
    }


def _picture(picture: PaperPicture | None, width_mm: int, place: str) -> Picture | None:
    if picture is None:
        return None
    return Picture(picture.role, picture.sha256, width_mm, round(width_mm * picture.height / picture.width, 1), place, picture.name)


def name_en_of(award: Award) -> str:
    """Teams have no reading of their own; organisations bring their English name."""
    if award.holder == "organisation":
        return award.organisation.name_en
    return latin_name(award.name) if award.holder == "person" else ""


def day_facts(day: DayHours) -> DayFacts:
    return DayFacts(day=day.day, titles=day.titles, state=day.state, hours=plain_number(day.hours))


def offices_of(program: Program, issuer: Organisation) -> list[Organisation]:
    """The issuing office first, then co-organising offices; three at most stand on a paper."""
    beside = [office for office in program.co_organisers.all() if office.pk != issuer.pk and office.level in ("bureau", "commission")]
    return [issuer, *beside[:2]]


def is_pupil(person: Person, on: date) -> bool:
    """Papers say 你 and 同学 to pupils, 您 and 老师 to everyone else."""
    if person.birth_on is not None:
        birth = person.birth_on
        return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day)) < ADULT_AT
    return "学生" in person.position


def plain_number(value: Decimal) -> str:
    """40, 4.5: without trailing zeros."""
    return f"{value.normalize():f}"


def in_chinese() -> Any:
    """Inside, everything that is gathered for a paper comes in Chinese."""
    return translation.override("zh-hans")
