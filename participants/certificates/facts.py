"""What a certificate says, frozen at issue: a reprint in ten years is the same paper, whatever happened to the records since."""

from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import translation

from events.kinds.registry import KINDS
from events.programs.models import Program
from participants.attendance.hours import DayHours, HoursSummary
from participants.directory.models import Organisation
from participants.people.models import Person
from participants.rosters.models import Registration

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

    def to_json(self) -> dict[str, Any]:
        plain = asdict(self)
        for name in ("starts_on", "ends_on", "issued_on"):
            plain[name] = plain[name].isoformat()
        plain["days"] = [row | {"day": row["day"].isoformat()} for row in plain["days"]]
        plain["issuers"] = list(self.issuers)
        return plain

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "CertificateFacts":
        dates = {name: date.fromisoformat(plain[name]) for name in ("starts_on", "ends_on", "issued_on")}
        days = tuple(DayFacts(**row | {"day": date.fromisoformat(row["day"])}) for row in plain["days"])
        return cls(**plain | dates | {"days": days, "issuers": tuple(plain["issuers"])})

    def numbered(self, number: str, code: str) -> "CertificateFacts":
        return replace(self, number=number, code=code)

    @property
    def issuer(self) -> str:
        return self.issuers[0]

    @property
    def attended_days(self) -> int:
        return sum(Decimal(row.hours) > 0 for row in self.days)


def gather(registration: Registration, summary: HoursSummary, issued_on: date) -> CertificateFacts:
    """Collect what the certificate of a registration will say, in Chinese, without number and code."""
    program, person, unit = registration.program, registration.person, registration.organisation
    issuer = program.certificate_issuer
    return CertificateFacts(
        wording=WORDING,
        paper=KINDS[program.kind].certificate_paper,
        name=person.name,
        is_pupil=is_pupil(person, program.ends_on),
        unit=unit.name_zh,
        unit_en=unit.name_en,
        position=person.position,
        identity_tail=person.national_id[-4:],
        role=registration.role,
        program=program.title_zh,
        program_en=program.title_en,
        starts_on=program.starts_on,
        ends_on=program.ends_on,
        hours=plain_number(summary.hours),
        attended_items=summary.attended_items,
        days=tuple(day_facts(day) for day in summary.days),
        issuers=issuers_of(program, issuer),
        issuer_en=issuer.name_en,
        issued_on=issued_on,
    )


def day_facts(day: DayHours) -> DayFacts:
    return DayFacts(day=day.day, titles=day.titles, state=day.state, hours=plain_number(day.hours))


def issuers_of(program: Program, issuer: Organisation) -> tuple[str, ...]:
    """The issuing office first, then co-organising offices; three at most stand on a paper."""
    offices = [office for office in program.co_organisers.all() if office.pk != issuer.pk and office.level in ("bureau", "commission")]
    return (issuer.name_zh, *(office.name_zh for office in offices[:2]))


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
