"""Parts of a delegation's places: at most so many with a role, of a stage, or of a subject. Counted under the delegation's lock, like the places themselves."""

from typing import Any

from django.utils.translation import gettext as _

from exchange.transitions import RuleViolation
from participants.directory.models import Organisation
from participants.rosters.models import PartKind, QuotaPart, Registration
from participants.rosters.status import TAKES_PLACE


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


def check_parts(registration: Registration) -> None:
    """After a change of somebody who holds a place: no part holds more than it may. Raises RuleViolation "quota_full". The delegation is locked."""
    if registration.status not in TAKES_PLACE:
        return
    parts = list(QuotaPart.objects.filter(delegation=registration.delegation_id).with_used())
    for part in parts_for(parts, registration):
        if part.used > part.quota:
            words = _("%(unit)s may send %(quota)s people for “%(part)s”, and has them already.")
            values = {"unit": registration.delegation.organisation.short, "quota": part.quota, "part": part.label}
            raise RuleViolation("quota_full", words % values, quota=part.quota, used=part.used - 1, left=0, part=part.value)
