"""Units that have something left to do before registration closes."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count

from events.programs.models import Program
from participants.directory.models import Organisation
from participants.notices.rules import tell_deadline
from participants.rosters.models import Allocation, Registration
from participants.rosters.status import RegistrationStatus

AHEAD = timedelta(days=3)
OPEN = (RegistrationStatus.DRAFT, RegistrationStatus.RETURNED)


def remind(now: datetime) -> int:
    """Tell the coordinators of such units, once for each closing time; returns how many people were told now."""
    closing = Program.objects.open_for_registration(now).filter(registration_closes_at__lte=now + AHEAD)
    return sum(remind_units(program, now) for program in closing.order_by("pk"))


@transaction.atomic
def remind_units(program: Program, now: datetime) -> int:
    drafts, places = unsubmitted(program), unused(program)
    units = Organisation.objects.in_bulk({*drafts, *places})
    return sum(
        tell_deadline(program=program, organisation=unit, drafts=drafts.get(key, 0), places=places.get(key, 0), now=now) for key, unit in sorted(units.items())
    )


def unsubmitted(program: Program) -> dict[int, int]:
    """Unit → people who are drafts or came back."""
    rows = Registration.objects.filter(program=program, status__in=OPEN).order_by().values_list("organisation_id")
    return dict(rows.annotate(Count("pk")))


def unused(program: Program) -> dict[int, int]:
    """Unit → places of its own allocation that nobody holds."""
    rows = Allocation.objects.filter(delegation__program=program).with_figures()
    return dict(rows.filter(left__gt=0).values_list("organisation_id", "left"))  # type: ignore[misc]
