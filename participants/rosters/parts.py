"""Parts of a delegation's places: at most so many with a role, of a stage, or of a subject. Counted under the delegation's lock, like the places themselves."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from events.programs.status import ProgramStatus
from exchange.transitions import RuleViolation
from participants.directory.models import Organisation
from participants.rosters.models import Delegation, PartKind, QuotaPart, Registration

COUNTED = frozenset({PartKind.STAGE.value, PartKind.SUBJECT.value})  # of the person; the role is the registration's


def value_of(registration: Registration, kind: str) -> str:
    """By what a part counts somebody; without a stage of the person's own, the school's counts."""
    if kind == PartKind.ROLE:
        return registration.role
    if kind == PartKind.SUBJECT:
        return registration.person.subject
    return registration.person.stage or registration.organisation.stage


def parts_for(parts: list[Any], registration: Registration) -> list[Any]:
    return [part for part in parts if value_of(registration, part.kind) == part.value]


def refuse_full_part(parts: list[Any], registration: Registration, district: Organisation) -> None:
    """Raise RuleViolation "quota_full" when one more of this kind would be too many."""
    for part in parts_for(parts, registration):
        if part.used >= part.quota:
            words = _("All %(quota)s places of %(unit)s for “%(part)s” are taken. Join the waiting list, or ask the organiser for more of them.")
            values = {"quota": part.quota, "unit": district.short, "part": part.label}
            raise RuleViolation("quota_full", words % values, quota=part.quota, used=part.used, left=max(part.quota - part.used, 0), part=part.value)


# Changes of those who hold a place ----------------------------------------------------------------------------------------


def delegations_of(**people: Any) -> set[int]:
    """Where these people (conditions of registrations) stand, in programs that are not over: a pupil who moves on to another stage later changes no figure."""
    ahead = {"program__ends_on__gte": timezone.localdate(), "program__status__in": [ProgramStatus.DRAFT, ProgramStatus.PUBLISHED]}
    there = Registration.objects.active().filter(delegation=OuterRef("pk"), **people)  # one is enough: there may be a hundred thousand
    return set(Delegation.objects.filter(Exists(there), **ahead).order_by().values_list("pk", flat=True))


def lock_delegations(keys: Iterable[int]) -> dict[int, Delegation]:
    """Lock in the one order of all rules, before registrations and people; evaluated at once, or it would lock nothing."""
    keys = set(keys)
    return {row.pk: row for row in Delegation.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")} if keys else {}


@contextmanager
def keeping_parts(keys: Iterable[int]) -> Iterator[dict[int, Delegation]]:
    """Lock these delegations and refuse what, inside, leaves a part of one with more people than it may have; a part that had too many before may stay so.

    Raises RuleViolation "quota_full" at the end; the transaction around it takes everything back.
    """
    locked = lock_delegations(keys)
    before = {part.pk: part.used for part in parts_of(locked)}
    yield locked
    for part in parts_of(locked) if before else ():
        if part.used > max(part.quota, before[part.pk]):
            raise overfull(part, before[part.pk])


def parts_of(delegations: Iterable[int]) -> list[Any]:
    keys = list(delegations)
    rows: Any = QuotaPart.objects.filter(delegation__in=keys).select_related("delegation__organisation", "delegation__program").with_used()
    return list(rows) if keys else []


def overfull(part: Any, before: int) -> RuleViolation:
    words = _("%(program)s: %(unit)s may send %(quota)s people for “%(part)s”; with this change there would be %(wanted)s. Ask the organiser for more of them.")
    delegation = part.delegation
    values = {"program": delegation.program, "unit": delegation.organisation.short, "quota": part.quota, "part": part.label, "wanted": part.used}
    left = max(part.quota - before, 0)
    return RuleViolation("quota_full", words % values, field=part.kind, quota=part.quota, used=before, wanted=part.used, left=left, part=part.value)
