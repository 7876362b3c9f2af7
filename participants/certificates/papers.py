"""How an office words and sets its papers: versions that never change, the newest of which counts for papers to come."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange import audit
from exchange.transitions import RuleViolation
from participants.attendance.hours import summaries
from participants.certificates import glyphs, phrases, teams
from participants.certificates.award_models import Design, Language, PaperKind, PaperTemplate, PictureRole
from participants.certificates.facts import CertificateFacts, attendance_kind, dressed, gather, gather_award, in_chinese, offices_of, usual_design
from participants.certificates.phrase_book import texts_for
from participants.certificates.rules import for_issuing
from participants.directory.models import Organisation

TEXTS = ("title_zh", "main_zh", "closing_zh", "title_en", "main_en", "closing_en")
PICTURES = (PictureRole.SEAL, PictureRole.SIGNATURE, PictureRole.LOGO)
NEEDED = {Language.CHINESE: ("title_zh", "main_zh"), Language.ENGLISH: ("title_en", "main_en"), Language.BOTH: ("title_zh", "main_zh", "title_en", "main_en")}

SETTABLE = (
    *("design", "tone", "background", "language"),
    *TEXTS,
    *("seal", "seal_mm", "seal_place", "signature", "signature_mm", "logo", "logo_mm", "logo_place"),
    "sealed",
)


def kinds_of(program: Program) -> list[str]:
    """The kinds of paper that a program can have: one for taking part, and those for results."""
    own = attendance_kind(program)
    return [own, *(kind for kind in PaperKind.values if kind not in (PaperKind.PARTICIPATION, PaperKind.COMPLETION))]


def current_values(program: Program, kind: str) -> dict[str, Any]:
    """The words and the look that count now: of the newest version, or our own."""
    template = PaperTemplate.objects.current(program, kind)
    if template is not None:
        return {name: getattr(template, name) for name in SETTABLE}
    design = usual_design(program, kind)
    texts = texts_for(kind, design)
    own = dict(zip(TEXTS, (texts.title, texts.main, texts.closing, texts.title_en, texts.main_en, texts.closing_en), strict=True))
    return {**{name: getattr(PaperTemplate(), name) for name in SETTABLE}, **own, "design": design}


# Checks -------------------------------------------------------------------------------------------------------------------


def check(values: Mapping[str, Any], office: Organisation) -> None:
    """Raise RuleViolation for words and pictures that no paper can have; its field says which.

    Codes: "text_missing", "name_missing", "missing_glyph", "foreign_picture", and those of phrases.parse.
    """
    for name in NEEDED[values["language"]]:
        if not values[name].strip():
            raise RuleViolation("text_missing", _("The paper needs this in the language you chose."), field=name)
    for name in TEXTS:
        check_text(name, values[name])
    check_name(values)
    for role in PICTURES:
        picture = values.get(role)
        if picture is not None and (picture.organisation_id != office.pk or picture.role != role or picture.retired_at):
            raise RuleViolation("foreign_picture", _("Choose a picture of %(office)s that is in use.") % {"office": office}, field=role)


def check_text(name: str, text: str) -> None:
    try:
        pieces = phrases.parse(text)
    except RuleViolation as refusal:
        raise RuleViolation(refusal.code, refusal.message, field=name, **refusal.params) from refusal
    if name.startswith("title") and any(piece.is_field for piece in pieces):
        raise RuleViolation("field_in_title", _("The title is the same on every paper: it holds no fields."), field=name)
    absent = glyphs.missing(text)
    if absent:
        raise RuleViolation(
            "missing_glyph", _("No installed font can print %(characters)s.") % {"characters": "、".join(absent)}, field=name, characters=absent
        )


def check_name(values: Mapping[str, Any]) -> None:
    """The name stands above the Chinese text, but for statements; English text has to bring it."""
    if values["language"] != Language.ENGLISH and values["design"] == Design.HOURS and "name" not in phrases.fields_in(values["main_zh"]):
        raise RuleViolation("name_missing", _("In this design the name stands in the text: add {姓名}."), field="main_zh")
    if values["language"] != Language.CHINESE and "name" not in phrases.fields_in(values["main_en"]):
        raise RuleViolation("name_missing", _("The English text does not say whose paper it is: add {name}."), field="main_en")


# Saving -------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def save(*, program: Program, kind: str, for_office: bool, by: Any, **values: Any) -> PaperTemplate:
    """Make the next version, for the program or for all programs of the office that issues its papers. Issued papers keep theirs.

    Raises RuleViolation as `check` does, and "unknown_kind", "unchanged".
    """
    if kind not in kinds_of(program):
        raise RuleViolation("unknown_kind", _("This program has no paper of that kind."), field="kind")
    office = Organisation.objects.select_for_update().get(pk=program.certificate_issuer.pk)
    check(values, office)
    scope = PaperTemplate.objects.filter(organisation=office, program=None if for_office else program, kind=kind)
    last = scope.order_by("-version").first()
    if last is not None and all(getattr(last, name) == values[name] for name in SETTABLE):
        raise RuleViolation("unchanged", _("Nothing was changed."))
    template = PaperTemplate.objects.create(
        organisation=office, program=None if for_office else program, kind=kind, version=last.version + 1 if last else 1, created_by=by, **values
    )
    audit.record("paper_template.save", template, by=by, changes={"version": [template.version - 1 or None, template.version]})
    return template


def versions(program: Program, kind: str) -> Any:
    """Earlier versions for the program and for the office, newest first."""
    scope = PaperTemplate.objects.filter(organisation=program.certificate_issuer, kind=kind)
    return (scope.filter(program=program) | scope.filter(program=None)).select_related("created_by").order_by("-created_at", "-pk")


# Looking ------------------------------------------------------------------------------------------------------------------


def samples(program: Program, kind: str) -> Any:
    """Real holders of such a paper: registrations or results."""
    if kind == attendance_kind(program):
        return program.registrations.for_list().taking_place().order_by("delegation_id", "position", "pk")
    return program.awards.filter(kind=kind).select_related("organisation", "registration__person", "program__organiser", "program__issuer")


def sample_facts(program: Program, kind: str, values: Mapping[str, Any], chosen: int | None, on: date) -> CertificateFacts:
    """What a real holder's paper would say in these words. Raises RuleViolation "no_sample"."""
    rows = samples(program, kind)
    row = (rows.filter(pk=chosen).first() if chosen else None) or rows.first()
    if row is None:
        raise RuleViolation("no_sample", _("There is nobody yet to show the paper with. Confirm a registration or enter a result first."))
    with in_chinese():
        if kind == attendance_kind(program):
            registration = for_issuing(row.pk)
            facts = gather(registration, summaries([registration])[row.pk], on)
        else:
            facts = gather_award(row, on)
            facts = replace(facts, members=()) if teams.problem(row) else facts
    office = program.certificate_issuer
    template = PaperTemplate(organisation=office, program=program, kind=kind, version=0, **values)
    return replace(facts, **dressed(template, offices_of(program, office)))
