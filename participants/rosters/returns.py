"""Unused places on their way back: unit → district → organiser, who gives them to another district's waiting list. And the deadlines of district and organiser."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from exchange import access, audit, house_dates
from exchange.transitions import RuleViolation
from participants.rosters.models import Allocation, Delegation, Registration
from participants.rosters.quota import Places, locked_delegation, promote_waiting


def returnable(row: Allocation | Delegation, places: Places) -> int:
    """Places of a unit that nobody holds; places of a delegation that it neither uses nor gave to a unit."""
    if isinstance(row, Allocation):
        return max(places.given[row.organisation_id].quota - places.used[row.organisation_id], 0)
    return max(places.delegation.quota - places.promised, 0)


@transaction.atomic
def return_places(*, row: Allocation | Delegation, count: int, by: Any, now: datetime) -> Allocation | Delegation:
    """Give unused places back: a unit's to its district, a district's to the organiser. Raises RuleViolation "places_in_use"."""
    delegation = locked_delegation(row.pk if isinstance(row, Delegation) else row.delegation_id)
    places = Places(delegation)
    giver: Allocation | Delegation = delegation if isinstance(row, Delegation) else places.given[row.organisation_id]
    free = returnable(giver, places)
    if not 0 < count <= free:
        raise RuleViolation(
            "places_in_use", _("%(free)s places are unused; %(count)s cannot be given back.") % {"free": free, "count": count}, "count", free=free
        )
    before = giver.quota
    giver.quota -= count
    if isinstance(giver, Delegation):
        giver.returned += count
    giver.save()
    audit.record(f"{giver._meta.model_name}.give_back", giver, by=by, changes={"quota": [before, giver.quota]})
    if isinstance(giver, Allocation):
        promote_waiting(delegation, now)  # units without an allocation of their own may wait for the pool
    return giver


@transaction.atomic
def pass_on(*, source: Delegation, target: Delegation, count: int, by: Any, now: datetime) -> list[Registration]:
    """The organiser gives returned places to another district, whose waiting people move up; returns those.

    Raises RuleViolation "other_program", "same_delegation", "places_in_use".
    """
    if source.program_id != target.program_id:
        raise RuleViolation("other_program", _("Places go to a delegation of the same program."), field="target")
    if source.pk == target.pk:
        raise RuleViolation("same_delegation", _("Choose another district."), field="target")
    locked = {row: locked_delegation(row) for row in sorted((source.pk, target.pk))}  # one order, or two could wait for each other
    source, target = locked[source.pk], locked[target.pk]
    if not 0 < count <= source.returned:
        words = _("%(free)s places were given back; %(count)s cannot be passed on.") % {"free": source.returned, "count": count}
        raise RuleViolation("places_in_use", words, "count", free=source.returned)
    source.returned -= count
    target.quota += count
    source.save()
    target.save()
    audit.record("delegation.pass_on", source, by=by, changes={"returned": [source.returned + count, source.returned]})
    audit.record("delegation.set", target, by=by, changes={"quota": [target.quota - count, target.quota]})
    return promote_waiting(target, now)


# Deadline ---------------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_deadlines(*, delegation: Delegation, by: Any, **deadlines: datetime | None) -> Delegation:
    """`endorse_by` and `confirm_by`: until when the district endorses and the organiser confirms; None = no deadline, not given = as it is.

    Raises RuleViolation "deadline_before_opening", "deadlines_out_of_order".
    """
    delegation = locked_delegation(delegation.pk)
    before = {name: getattr(delegation, name) for name in deadlines}
    for name, moment in deadlines.items():
        setattr(delegation, name, moment)
    opens = delegation.program.registration_opens_at
    for name in deadlines:
        if opens and (moment := getattr(delegation, name)) and moment <= opens:
            raise RuleViolation("deadline_before_opening", _("Registration opens later than that."), field=name)
    if delegation.endorse_by and delegation.confirm_by and delegation.confirm_by < delegation.endorse_by:
        raise RuleViolation("deadlines_out_of_order", _("The organiser confirms after the district has endorsed: choose a later time."), field="confirm_by")
    delegation.save(update_fields=list(deadlines))
    changes = {name: [value.isoformat() if value else None for value in (before[name], moment)] for name, moment in deadlines.items()}
    audit.record("delegation.deadline", delegation, by=by, changes=changes)
    return delegation


def is_time_to_confirm(registration: Registration, now: datetime) -> bool:
    deadline = registration.delegation.confirm_by
    return deadline is None or now <= deadline


def is_time_to_endorse(registration: Registration, by: Any, now: datetime) -> bool:
    """After the district's deadline only the organiser endorses."""
    deadline = registration.delegation.endorse_by
    return deadline is None or now <= deadline or access.may(by, "registration.confirm", registration)


def check_own_deadline(registration: Registration, now: datetime) -> None:
    """The organiser keeps the deadline that it set, or moves it first, which is recorded. Raises RuleViolation "deadline_passed"."""
    if not is_time_to_confirm(registration, now):
        time = house_dates.moment(registration.delegation.confirm_by)
        raise RuleViolation("deadline_passed", _("The deadline for confirming passed on %(time)s. Move it on the page of the places first.") % {"time": time})


def check_deadline(registration: Registration, by: Any, now: datetime) -> None:
    """Raise RuleViolation "deadline_passed" where it is not, or no longer, this user's turn to endorse."""
    if not is_time_to_endorse(registration, by, now):
        time = house_dates.moment(registration.delegation.endorse_by)
        raise RuleViolation("deadline_passed", _("The district's deadline passed on %(time)s. Ask the organiser to endorse.") % {"time": time})
