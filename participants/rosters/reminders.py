"""Whoever has something left to do before a deadline: units until registration closes, then the district, then the organiser."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import audit
from exchange.transitions import RuleViolation
from participants.directory.models import Organisation
from participants.notices.models import NoticeKind
from participants.notices.rules import tell_deadline, tell_review_due
from participants.rosters.models import Allocation, Delegation, Registration
from participants.rosters.status import RegistrationStatus

AHEAD = timedelta(days=3)
OPEN = (RegistrationStatus.DRAFT, RegistrationStatus.RETURNED)


def remind(now: datetime) -> int:
    """Tell those whose deadline is near, once for each deadline; returns how many people were told now."""
    closing = Program.objects.open_for_registration(now).filter(registration_closes_at__lte=now + AHEAD)
    return sum(remind_units(program, now) for program in closing.order_by("pk")) + sum(remind_reviewers(step, now) for step in REVIEWS)


@transaction.atomic
def remind_units(program: Program, now: datetime) -> int:
    units = with_own_work(program)
    return sum(tell_deadline(program=program, organisation=unit.organisation, drafts=unit.drafts, places=unit.places, now=now) for unit in units)


@transaction.atomic
def remind_reviewers(step: "Review", now: datetime) -> int:
    """Tell the officers who have not decided about everybody yet; those of several districts with one deadline hear of all at once."""
    near = {f"delegation__{step.deadline}__gt": now, f"delegation__{step.deadline}__lte": now + AHEAD}
    rows = Registration.objects.filter(status=step.status, program__status=ProgramStatus.PUBLISHED, **near).for_list()  # type: ignore[attr-defined]
    rows = rows.order_by("program_id", f"delegation__{step.deadline}", "delegation_id", "position", "pk")
    deadlines = groupby(rows, key=lambda row: (row.program_id, getattr(row.delegation, step.deadline)))
    return sum(tell_review_due(step.kind, list(theirs), due_at=due_at, now=now) for (_program, due_at), theirs in deadlines)


@dataclass(frozen=True)
class Review:
    """A step of others: rows of which status wait for it, until which deadline of their delegation, and what its notice is called."""

    kind: str
    status: str
    deadline: str


REVIEWS = (
    Review(NoticeKind.ENDORSE_NEAR, RegistrationStatus.SUBMITTED, "endorse_by"),
    Review(NoticeKind.CONFIRM_NEAR, RegistrationStatus.ENDORSED, "confirm_by"),
)


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
