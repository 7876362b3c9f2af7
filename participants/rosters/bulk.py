"""Many registrations at once: the same checks as in rules.py, a handful of statements instead of some per row."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from events.itineraries.models import Group
from exchange import audit
from exchange.transitions import RuleViolation, check, move_many
from participants.notices.rules import tell_many
from participants.people import consent
from participants.rosters.models import Allocation, Delegation, Registration
from participants.rosters.quota import Places, promote_waiting
from participants.rosters.returns import check_deadline, check_own_deadline
from participants.rosters.rules import check_complete, check_open, check_stage
from participants.rosters.status import ENDED, TAKES_PLACE, TRANSITIONS, UNSEEN
from participants.rosters.status import RegistrationStatus as S
from participants.rosters.undo import memory, remember_many

Refusals = list[tuple[Registration, RuleViolation]]
Outcome = tuple[list[Registration], Refusals]

# What a decision writes beside the status.
STAMPS: dict[str, Any] = {
    "endorse": lambda now: {"endorsed_at": now},
    "confirm": lambda now: {"confirmed_at": now},
    "return": lambda now: {"endorsed_at": None, "confirmed_at": None},
    "decline": lambda now: {"endorsed_at": None, "confirmed_at": None},
    "withdraw": lambda now: {"endorsed_at": None, "confirmed_at": None},
}
ACTIONS = ("submit", *STAMPS)


def lock_many(registrations: Iterable[Registration]) -> list[Registration]:
    """Lock delegations by key, then registrations in the order of the sheet: the same order as every other rule."""
    keys = [row.pk for row in registrations]
    ids = Registration.objects.filter(pk__in=keys).values_list("delegation_id", flat=True)
    list(Delegation.objects.select_for_update(no_key=True).filter(pk__in=set(ids)).order_by("pk"))
    rows = Registration.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys).order_by("delegation_id", "position", "pk")
    return list(rows.select_related("program__organiser", "person", "organisation", "delegation__organisation"))


def sift(rows: list[Registration], test: Any) -> Outcome:
    """Split rows into those that pass `test(row)` and the refusals."""
    ready, refused = [], []
    for row in rows:
        try:
            test(row)
            ready.append(row)
        except RuleViolation as violation:
            refused.append((row, violation))
    return ready, refused


@transaction.atomic
def decide_many(*, action: str, registrations: Iterable[Registration], by: Any, now: datetime, reason: str = "", waitlist: bool = False) -> Outcome:
    """Submit, endorse, confirm, return, decline or withdraw; those that a rule refuses come back with the refusal.

    Raises RuleViolation "reason_required" when the action needs a reason and none is given.
    """
    if action == "submit":
        return submit_many(registrations=registrations, by=by, now=now, waitlist=waitlist)
    if TRANSITIONS[action].needs_reason and not reason.strip():
        raise RuleViolation("reason_required", _("Give a reason, so that the people concerned know what to do."), field="reason")

    def test(row: Registration) -> None:
        if action in ("return", "decline"):
            check_stage(row, by)
        check(row, TRANSITIONS, action, reason)
        if action == "endorse":
            check_deadline(row, by, now)
        if action == "confirm":
            check_own_deadline(row, now)
        if action in ("endorse", "confirm"):
            consent.check(row, consenting)

    rows = lock_many(registrations)
    consenting = consent.consenting(row.person_id for row in rows if consent.is_needed(row.person, row.program.starts_on))
    ready, refused = sift(rows, test)
    told = [row for row in ready if row.status not in UNSEEN]
    freed = {row.delegation_id: row.delegation for row in ready if row.status in TAKES_PLACE and TRANSITIONS[action].target not in TAKES_PLACE}
    memories = {row.pk: memory(row, TRANSITIONS[action].target, by) for row in ready}
    move_many(ready, TRANSITIONS, action, by=by, at=now, reason=reason, **STAMPS[action](now))
    remember_many(memories, ready)
    tell_many(TRANSITIONS[action].target, told, by=by, now=now, reason=reason)
    for delegation in freed.values():
        promote_waiting(delegation, now)
    return ready, refused


@transaction.atomic
def submit_many(*, registrations: Iterable[Registration], by: Any, now: datetime, waitlist: bool = False) -> Outcome:
    """Submit in the order of the sheet, as far as places go; the rest waits if `waitlist`, or is refused with "quota_full"."""

    def test(row: Registration) -> None:
        check(row, TRANSITIONS, "submit")
        check_open(row.program, by, now)
        check_complete(row.program, row.person)

    ready, refused = sift(lock_many(registrations), test)
    places: dict[int, Places] = {}
    taking: dict[Allocation | None, list[Registration]] = defaultdict(list)
    waiting = []
    for row in ready:
        if row.delegation_id not in places:
            places[row.delegation_id] = Places(row.delegation)
        try:
            taking[places[row.delegation_id].take(row)].append(row)
        except RuleViolation as full:
            if waitlist:
                waiting.append(row)
            else:
                refused.append((row, full))
    taken = [row for rows in taking.values() for row in rows]
    memories = {row.pk: memory(row, S.SUBMITTED, by) for row in taken} | {row.pk: memory(row, S.WAITLISTED, by) for row in waiting}
    for allocation, rows in taking.items():
        move_many(rows, TRANSITIONS, "submit", by=by, at=now, submitted_at=now, allocation=allocation)
    move_many(waiting, TRANSITIONS, "wait", by=by, at=now, submitted_at=now)
    remember_many(memories, taken + waiting)
    tell_many("submitted", taken, by=by, now=now)
    tell_many("waitlisted", waiting, by=by, now=now)
    return taken + waiting, refused


@transaction.atomic
def group_many(*, registrations: Iterable[Registration], group: Group | None, by: Any) -> Outcome:
    """Put people into a group, or into none. Refusals: "foreign_group", "wrong_status"."""

    def test(row: Registration) -> None:
        if row.status in ENDED:
            raise RuleViolation("wrong_status", _("This registration has ended."))
        if group is not None and group.program_id != row.program_id:
            raise RuleViolation("foreign_group", _("The group belongs to another program."), field="group")

    ready, refused = sift(lock_many(registrations), test)
    Registration.objects.filter(pk__in=[row.pk for row in ready]).update(group=group)
    events = [
        audit.event("registration.change", row, by=by, changes={"group": [row.group_id, group.pk if group else None]})
        for row in ready
        if row.group_id != (group.pk if group else None)
    ]
    audit.AuditEvent.objects.bulk_create(events, batch_size=1000)
    return ready, refused
