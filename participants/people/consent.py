"""The consent of a guardian: who needs one, and the gate that every step and every paper passes.

Under 14 a child's data may be used only with the consent of a parent or guardian: Personal Information Protection Law of the PRC, article 31.
Knows rosters only by what it is handed: registrations with person, program and status.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exchange.transitions import RuleViolation
from participants.people.models import GuardianConsent, Person

AGE = 14
ADULT_AGE = 18
PUPIL = "学生"
TEXT = "2026-1"  # raised when the text that guardians sign changes; those who signed an earlier one keep what they signed
REFUSALS = {
    "birth_date_needed": _("The date of birth of a pupil is missing. It decides whether a guardian has to consent."),
    "consent_missing": _("Under 14, a guardian has to consent first. Send the guardian the link, or upload the signed paper."),
}
NEEDED_IN = frozenset({"endorsed", "confirmed"})  # of these the district or the organiser has agreed


def age_on(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def is_needed(person: Person, first_day: date) -> bool:
    """Under 14 on the program's first day."""
    return person.birth_on is not None and age_on(person.birth_on, first_day) < AGE


def is_minor(person: Person, day: date) -> bool:
    """Under age; of a pupil without a date of birth it is assumed."""
    return PUPIL in person.position if person.birth_on is None else age_on(person.birth_on, day) < ADULT_AGE


def minors(day: date) -> Q:
    """`is_minor` as a condition for people."""
    return Q(birth_on__gt=years_before(day, ADULT_AGE)) | Q(birth_on=None, position__contains=PUPIL)


def years_before(day: date, years: int) -> date:
    """Whoever is born later is younger than `years` on the day."""
    return date(day.year - years, day.month, min(day.day, 28) if day.month == 2 else day.day)


def consenting(people: Iterable[int]) -> frozenset[int]:
    """Those of these people (keys) whose guardian has consented, in one query."""
    return frozenset(GuardianConsent.objects.valid().filter(person_id__in=set(people)).values_list("person_id", flat=True))


def is_open(person: Person, first_day: date, known: frozenset[int] | None = None) -> bool:
    """Nothing is missing; `known` are people known to have a consent, so that lists ask once."""
    if not is_needed(person, first_day):
        return True
    return person.pk in (consenting([person.pk]) if known is None else known)


def check(registration: Any, known: frozenset[int] | None = None) -> None:
    """The gate before a registration is passed, exported, badged or certified. Raises RuleViolation "consent_missing", "birth_date_needed"."""
    check_person(registration.person, registration.program, known)


def check_person(person: Person, program: Any, known: frozenset[int] | None = None) -> None:
    """The same for somebody who is about to take over a place."""
    if person.birth_on is None and PUPIL in person.position:
        raise refusal("birth_date_needed")
    if not is_open(person, program.starts_on, known):
        raise refusal("consent_missing")


def refusal(code: str) -> RuleViolation:
    return RuleViolation(code, str(REFUSALS[code]), field="person")


def admitted(registrations: Iterable[Any]) -> frozenset[int]:
    """Keys of those registrations that may stand on a paper or in a file that leaves: everyone but the children whose guardian has not consented."""
    rows = list(registrations)
    known = consenting(row.person_id for row in rows if is_needed(row.person, row.program.starts_on))
    return frozenset(row.pk for row in rows if not problem(row, known))


def barred(registrations: Any) -> list[int]:
    """Keys of the registrations of a queryset that are not `admitted`; only those that may be concerned are read."""
    children = Person.objects.filter(minors(timezone.localdate()))
    rows = list(registrations.filter(person__in=children).select_related("person", "program"))
    return sorted({row.pk for row in rows} - admitted(rows))


def problem(registration: Any, known: frozenset[int] | None = None) -> str:
    """`check` as a sentence, for lists; "" when nothing is missing."""
    try:
        check(registration, known)
    except RuleViolation as violation:
        return violation.message
    return ""
