"""Units that have something left to do before registration closes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange import audit
from exchange.transitions import RuleViolation
from participants.directory.models import Organisation
from participants.notices.rules import tell_deadline
from participants.rosters.models import Allocation, Delegation, Registration
from participants.rosters.status import RegistrationStatus

AHEAD = timedelta(days=3)
OPEN = (RegistrationStatus.DRAFT, RegistrationStatus.RETURNED)


def remind(now: datetime) -> int:
    """Tell the coordinators of such units, once for each closing time; returns how many people were told now."""
    closing = Program.objects.open_for_registration(now).filter(registration_closes_at__lte=now + AHEAD)
    return sum(remind_units(program, now) for program in closing.order_by("pk"))


@transaction.atomic
def remind_units(program: Program, now: datetime) -> int:
    units = with_own_work(program)
    return sum(tell_deadline(program=program, organisation=unit.organisation, drafts=unit.drafts, places=unit.places, now=now) for unit in units)


@dataclass(frozen=True)
class UnitWithWork:
    """People of the unit who are not submitted, and places that it has and does not use."""

    organisation: Organisation
    drafts: int
    places: int


def with_own_work(program: Program) -> list[UnitWithWork]:
    """Units with unsubmitted people, or unused places of an allocation of their own."""
    drafts, places = unsubmitted(program), unused(program)
    units = Organisation.objects.in_bulk({*drafts, *places})
    return [UnitWithWork(unit, drafts.get(key, 0), places.get(key, 0)) for key, unit in sorted(units.items())]


# On the organiser's word ------------------------------------------------------------------------------------------------


def units_with_work(program: Program) -> list[UnitWithWork]:
    """The same, and the bureaus of whose delegation nobody is submitted yet."""
    found = {unit.organisation.pk: unit for unit in with_own_work(program)}
    delegations: Any = Delegation.objects.filter(program=program).select_related("organisation").with_figures()
    for row in delegations:
        if not row.used and row.left > 0 and row.organisation_id not in found:
            found[row.organisation_id] = UnitWithWork(row.organisation, 0, row.left)
    return sorted(found.values(), key=lambda unit: unit.organisation.path)


@transaction.atomic
def remind_today(*, program: Program, by: Any, now: datetime) -> int:
    """Remind all of them, in the inbox and by mail, whatever the closing time; once a day for each reader, however often it is pressed.

    Returns how many people were told now. Raises RuleViolation "registration_not_open".
    """
    if not program.is_open_for_registration(now):
        raise RuleViolation("registration_not_open", _("Registration is not open: there is nothing to submit now."))
    once = f"asked:{timezone.localdate(now):%Y%m%d}"
    told = 0
    for unit in units_with_work(program):
        told += tell_deadline(program=program, organisation=unit.organisation, drafts=unit.drafts, places=unit.places, now=now, once=once)
    if told:
        audit.record("program.remind", program, by=by, changes={"rows": [None, told]})
    return told


# Counting ---------------------------------------------------------------------------------------------------------------


def unsubmitted(program: Program) -> dict[int, int]:
    """Unit → people who are drafts or came back."""
    rows = Registration.objects.filter(program=program, status__in=OPEN).order_by().values_list("organisation_id")
    return dict(rows.annotate(Count("pk")))


def unused(program: Program) -> dict[int, int]:
    """Unit → places of its own allocation that nobody holds."""
    rows = Allocation.objects.filter(delegation__program=program).with_figures()
    return dict(rows.filter(left__gt=0).values_list("organisation_id", "left"))  # type: ignore[misc]
