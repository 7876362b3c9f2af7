"""Who of a program has a certificate, may have one, or may not and why: what officers look at before they issue."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from events.programs.models import Program
from participants.attendance.hours import HoursSummary, eligibility
from participants.certificates import glyphs
from participants.certificates.models import Certificate, NumberSeries
from participants.people import consent
from participants.rosters.models import Registration

READY, BLOCKED, ISSUED = "ready", "blocked", "issued"


@dataclass(frozen=True)
class Standing:
    """A person's row: `state` is ready, blocked or issued; `reason` is for people."""

    registration: Registration
    summary: HoursSummary
    certificate: Certificate | None
    state: str
    reason: str = ""


def standings(program: Program) -> list[Standing]:
    """Everyone who holds a place, in roster order."""
    rows = eligibility(program)
    issued = {row.registration_id: row for row in Certificate.objects.valid().for_attendance().filter(program=program)}
    consenting = consent.consenting(row.person_id for row, _summary in rows if consent.is_needed(row.person, program.starts_on))
    return [_standing(registration, summary, issued.get(registration.pk), consenting) for registration, summary in rows]


def _standing(registration: Registration, summary: HoursSummary, certificate: Certificate | None, consenting: frozenset[int]) -> Standing:
    if certificate is not None:
        return Standing(registration, summary, certificate, ISSUED)
    missing = consent.problem(registration, consenting)
    if missing:
        return Standing(registration, summary, None, BLOCKED, missing)
    if not summary.is_eligible:
        return Standing(registration, summary, None, BLOCKED, summary.message)
    absent = glyphs.missing(registration.person.name + registration.organisation.name_zh)
    if absent:
        return Standing(registration, summary, None, BLOCKED, _("No installed font can print %(characters)s.") % {"characters": "、".join(absent)})
    return Standing(registration, summary, None, READY)


def next_number(program: Program) -> str:
    """The number that the next certificate will most likely get; another officer may be quicker."""
    issuer, year = program.certificate_issuer, program.ends_on.year
    series = NumberSeries.objects.filter(issuer=issuer, year=year).first()
    return f"{issuer.number_prefix}〔{year}〕第{(series.last_serial if series else 0) + 1:04d}号"
