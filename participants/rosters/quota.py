"""The quota tree organiser → district → unit: who may take how many places, and who moves up from the waiting list."""

from collections import Counter
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange import audit
from exchange.transitions import RuleViolation, move
from participants.directory.models import Organisation
from participants.notices.rules import tell_many
from participants.people.models import TeachingStage
from participants.rosters.models import Allocation, Delegation, PartKind, QuotaPart, Registration
from participants.rosters.parts import parts_for, refuse_full_part
from participants.rosters.status import TAKES_PLACE, TRANSITIONS, RegistrationStatus


class Places:
    """What each unit of a delegation may take and holds, read while the delegation's lock is held.

    A unit with an allocation fills that; all others share the pool: what the delegation has not given away. Of some kinds of people there may be fewer.
    """

    def __init__(self, delegation: Delegation) -> None:
        self.delegation = delegation
        self.given = {allocation.organisation_id: allocation for allocation in Allocation.objects.filter(delegation=delegation)}
        held = Registration.objects.filter(delegation=delegation, status__in=TAKES_PLACE).order_by().values_list("organisation_id")
        self.used: Counter[int] = Counter(dict(held.annotate(Count("pk"))))

    @cached_property
    def parts(self) -> list[Any]:
        return list(QuotaPart.objects.filter(delegation=self.delegation).with_used())

    @cached_property
    def pool(self) -> int:
        return self.delegation.quota - sum(allocation.quota for allocation in self.given.values())

    @property
    def pool_used(self) -> int:
        return sum(number for unit, number in self.used.items() if unit not in self.given)

    @property
    def promised(self) -> int:
        """Places given to units, and those that units of the pool hold: the delegation's quota never falls below it."""
        return self.delegation.quota - self.pool + self.pool_used

    def refuse_full(self, organisation: Organisation) -> None:
        """Raise RuleViolation "quota_full" with the figures when the unit, or its district, has no place left."""
        allocation = self.given.get(organisation.pk)
        if allocation is not None:
            refuse_full(allocation.quota, self.used[organisation.pk], organisation)
        elif self.given:
            refuse_empty_pool(self.pool, self.pool_used, organisation, self.delegation.organisation)
        refuse_full(self.delegation.quota, self.used.total(), self.delegation.organisation)

    def take(self, registration: Registration) -> Allocation | None:
        """Count one more place; returns the allocation that it comes from. Raises RuleViolation "quota_full"."""
        self.refuse_full(registration.organisation)
        refuse_full_part(self.parts, registration, self.delegation.organisation)
        for part in parts_for(self.parts, registration):
            part.used += 1
        self.used[registration.organisation_id] += 1
        return self.given.get(registration.organisation_id)


def refuse_full(quota: int, used: int, organisation: Organisation) -> None:
    if used >= quota:
        message = _("All %(quota)s places of %(unit)s are taken. Join the waiting list, or ask the district to move a place.") % {
            "quota": quota,
            "unit": organisation.short,
        }
        raise RuleViolation("quota_full", message, quota=quota, used=used, left=max(quota - used, 0))


def refuse_empty_pool(pool: int, used: int, organisation: Organisation, district: Organisation) -> None:
    if used >= pool:
        message = _("%(unit)s has no places of its own, and %(district)s has none left to share. Join the waiting list, or ask the district for a place.") % {
            "unit": organisation.short,
            "district": district.short,
        }
        raise RuleViolation("quota_full", message, quota=pool, used=used, left=max(pool - used, 0))


def promote_waiting(delegation: Delegation, now: datetime) -> list[Registration]:
    """Move up those who wait longest, as far as places are free; the delegation's lock is held."""
    rows = Registration.objects.filter(delegation=delegation, status=RegistrationStatus.WAITLISTED)
    waiting = list(rows.select_related("program__organiser", "person", "organisation", "delegation__organisation").order_by("submitted_at", "pk"))
    places = Places(delegation) if waiting else None
    moved = []
    for registration in waiting:
        try:
            allocation = places.take(registration)  # type: ignore[union-attr]
        except RuleViolation:
            continue  # full for this unit; another one may still have room
        move(registration, TRANSITIONS, "promote", by=None, at=now, allocation=allocation)
        moved.append(registration)
    tell_many("moved_up", moved, by=None, now=now)
    return moved


def locked_delegation(pk: int) -> Delegation:
    """Evaluated at once, or it would lock nothing."""
    return Delegation.objects.select_for_update(of=("self",), no_key=True).select_related("organisation", "program__organiser").get(pk=pk)


def refuse_below(quota: int, used: int, allocated: int) -> None:
    if quota < used + allocated:
        if allocated:
            message = _("%(needed)s places are allocated to units or in use already; the quota cannot be %(quota)s.")
        else:
            message = _("%(needed)s places are in use already; the quota cannot be %(quota)s.")
        raise RuleViolation(
            "quota_below_used", message % {"needed": used + allocated, "quota": quota}, field="quota", used=used, allocated=allocated, quota=quota
        )


@transaction.atomic
def set_delegation(*, program: Program, organisation: Organisation, quota: int, by: Any, now: datetime | None = None) -> Delegation:
    """Give a bureau its places in a program; a larger quota lets the waiting move up. Raises RuleViolation "not_a_bureau", "quota_below_used"."""
    if organisation.level not in ("bureau", "commission"):
        raise RuleViolation("not_a_bureau", _("Only bureaus and commissions send delegations."), field="organisation")
    Program.objects.select_for_update(no_key=True).get(pk=program.pk)
    found = Delegation.objects.filter(program=program, organisation=organisation).first()
    if found is None:
        delegation, before = Delegation(program=program, organisation=organisation), None
    else:
        delegation = locked_delegation(found.pk)
        before, places = delegation.quota, Places(delegation)
        refuse_below(quota, places.pool_used, places.promised - places.pool_used)
    delegation.quota = quota
    delegation.save()
    audit.record("delegation.set", delegation, by=by, changes={"quota": [before, quota]})
    if before is not None and quota > before:
        promote_waiting(delegation, now or timezone.now())
    return delegation


@transaction.atomic
def add_delegation(*, program: Program, organisation: Organisation, quota: int, by: Any) -> Delegation:
    """Invite a bureau. Raises RuleViolation "delegation_exists", "not_a_bureau"."""
    Program.objects.select_for_update(no_key=True).get(pk=program.pk)
    if Delegation.objects.filter(program=program, organisation=organisation).exists():
        raise RuleViolation("delegation_exists", _("%(unit)s has a delegation already; change its quota.") % {"unit": organisation.short}, field="organisation")
    return set_delegation(program=program, organisation=organisation, quota=quota, by=by)


@transaction.atomic
def set_allocation(*, delegation: Delegation, organisation: Organisation, quota: int, by: Any, now: datetime | None = None) -> Allocation:
    """Give a unit its part of the delegation; those who wait move up. Raises RuleViolation "foreign_unit", "quota_below_used", "quota_exceeded"."""
    delegation = locked_delegation(delegation.pk)
    if not organisation.path.startswith(delegation.organisation.path):
        raise RuleViolation("foreign_unit", _("This unit does not belong to the bureau."), field="organisation")
    places = Places(delegation)
    allocation = places.given.get(organisation.pk) or Allocation(delegation=delegation, organisation=organisation, quota=0)
    before = allocation.quota if allocation.pk else None
    used = places.used[organisation.pk]
    refuse_below(quota, used, 0)
    # What stays for this unit: the quota without the other allocations and without what other units hold of the pool.
    left = delegation.quota - (places.promised - (allocation.quota if allocation.pk else used))
    if quota > left:
        raise RuleViolation("quota_exceeded", _("The delegation has %(left)s places left to give.") % {"left": left}, field="quota", left=left)
    allocation.quota = quota
    allocation.save()
    audit.record("allocation.set", allocation, by=by, changes={"quota": [before, quota]})
    promote_waiting(delegation, now or timezone.now())
    return allocation


@transaction.atomic
def add_allocation(*, delegation: Delegation, organisation: Organisation, quota: int, by: Any) -> Allocation:
    """Allocate to a unit that has nothing yet. Raises RuleViolation "allocation_exists" and those of set_allocation."""
    locked_delegation(delegation.pk)
    if Allocation.objects.filter(delegation=delegation, organisation=organisation).exists():
        raise RuleViolation(
            "allocation_exists", _("%(unit)s has an allocation already; change its quota.") % {"unit": organisation.short}, field="organisation"
        )
    return set_allocation(delegation=delegation, organisation=organisation, quota=quota, by=by)


@transaction.atomic
def set_part(*, delegation: Delegation, kind: str, value: str, quota: int, by: Any, now: datetime | None = None) -> QuotaPart:
    """Limit a kind of people; more room lets the waiting move up. Raises RuleViolation "quota_below_used", "quota_exceeded", "unknown_stage"."""
    delegation = locked_delegation(delegation.pk)
    value = value.strip()
    if kind == PartKind.STAGE and value not in TeachingStage.values:
        raise RuleViolation("unknown_stage", _("Choose a stage."), field="value")
    if quota > delegation.quota:
        words = _("The delegation has %(quota)s places in all; a part cannot have more.")
        raise RuleViolation("quota_exceeded", words % {"quota": delegation.quota}, field="quota", quota=delegation.quota)
    part, is_new = QuotaPart.objects.get_or_create(delegation=delegation, kind=kind, value=value, defaults={"quota": quota})
    refuse_below(quota, QuotaPart.objects.with_used().get(pk=part.pk).used, 0)  # type: ignore[attr-defined]
    before, part.quota = None if is_new else part.quota, quota
    part.save()
    audit.record("quotapart.set", part, by=by, changes={"quota": [before, quota]})
    promote_waiting(delegation, now or timezone.now())
    return part


@transaction.atomic
def remove_part(*, part: QuotaPart, by: Any) -> None:
    """Lift a limit; those who waited because of it move up."""
    delegation = locked_delegation(part.delegation_id)
    audit.record("quotapart.remove", part, by=by, changes={"quota": [part.quota, None]})
    part.delete()
    promote_waiting(delegation, timezone.now())


def is_used(row: Delegation | Allocation, delegation: Delegation) -> bool:
    if isinstance(row, Allocation):
        return Places(delegation).used[row.organisation_id] > 0
    return row.registrations.exists() or row.allocations.exists() or row.versions.exists()


@transaction.atomic
def remove_empty(*, row: Delegation | Allocation, by: Any) -> None:
    """Take back a delegation or an allocation that nobody uses. Raises RuleViolation "in_use"."""
    delegation = locked_delegation(row.pk if isinstance(row, Delegation) else row.delegation_id)
    if is_used(row, delegation):
        raise RuleViolation("in_use", _("There are registrations or allocations in it; take those back first."))
    if isinstance(row, Allocation):
        row.registrations.update(allocation=None)  # drafts and those that ended keep their place in the delegation
    audit.record(f"{row._meta.model_name}.remove", row, by=by, changes={"quota": [row.quota, None]})
    row.delete()
    if isinstance(row, Allocation):
        promote_waiting(delegation, timezone.now())
