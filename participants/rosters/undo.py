"""A step taken back: the registration returns to where it stood, as long as nobody has gone on from there.

Taking back a substitution is taking back the step of the person replaced: the substitute withdraws, and the place goes back.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from exchange import access
from exchange.transitions import RuleViolation, move
from participants.notices.rules import READERS, tell_many
from participants.people import consent
from participants.rosters.models import Delegation, Registration
from participants.rosters.quota import Places, promote_waiting
from participants.rosters.status import ENDED, TAKES_PLACE, TRANSITIONS, UNDO, UNSEEN, RegistrationStatus

S = RegistrationStatus
# As whom somebody acts: the first of these whose action is allowed.
OFFICES = {"organiser": "registration.confirm", "district": "registration.endorse", "sender": "registration.submit"}
# Whose steps an office takes back. What a school did is returned to it, with a reason, not taken back by others.
TAKES_BACK = {"organiser": {"organiser", "district"}, "district": {"district"}, "sender": {"sender"}}
STAMPS = ("submitted_at", "endorsed_at", "confirmed_at")


# Remembering ------------------------------------------------------------------------------------------------------------


def office_of(user: Any, registration: Registration) -> str:
    return next((name for name, action in OFFICES.items() if access.may(user, action, registration)), "sender")


def memory(registration: Registration, target: str, by: Any) -> dict[str, Any] | None:
    """What a step has to remember, so that it can be taken back: for the column `last_step`. Of the system's own steps nothing."""
    if by is None:
        return None
    stamps = {name: value.isoformat() if (value := getattr(registration, name)) else None for name in STAMPS}
    return {
        "from": str(registration.status),
        "to": str(target),
        "reason": registration.status_reason,
        "by": by.pk,
        "office": office_of(by, registration),
    } | stamps


def remember_many(memories: dict[int, dict[str, Any] | None], registrations: Iterable[Registration]) -> None:
    """Write the memories of many rows, that have just been moved, in one statement for a thousand."""
    rows = list(registrations)
    for row in rows:
        row.last_step = memories[row.pk]
    Registration.objects.bulk_create(rows, batch_size=1000, update_conflicts=True, unique_fields=["id"], update_fields=["last_step"])


# Whether ----------------------------------------------------------------------------------------------------------------


def check_undo(registration: Registration, by: Any) -> str:
    """The status to go back to. Raises RuleViolation "nothing_to_undo", "other_office", "school_acted", "in_use"."""
    step = registration.last_step or {}
    if step.get("to") != registration.status:
        raise RuleViolation("nothing_to_undo", _("There is nothing to undo here: somebody has gone on already."))
    if step["by"] != by.pk and step["office"] not in TAKES_BACK[office_of(by, registration)]:
        raise RuleViolation("other_office", _("Only the office that took this step can take it back."))
    if registration.status == S.RETURNED and registration.status_changed_at and registration.person.updated_at > registration.status_changed_at:
        raise RuleViolation("school_acted", _("The school is correcting the entry already. It will submit it again."))
    holder = substitute_of(registration) if registration.status == S.REPLACED else registration
    if holder.status == S.CONFIRMED and (holder.attendance.exists() or holder.certificates.exists()):
        raise RuleViolation("in_use", _("There is attendance or a certificate already."))
    return str(step["from"])


def substitute_of(registration: Registration) -> Registration:
    """Whoever took over the place and stands where the substitution put them. Raises RuleViolation "nothing_to_undo"."""
    found = Registration.objects.filter(replaces=registration, status__in=TAKES_PLACE, status_changed_at=registration.status_changed_at).first()
    if found is None:
        raise RuleViolation("nothing_to_undo", _("There is nothing to undo here: somebody has gone on already."))
    return found


def may_undo(registration: Registration, user: Any) -> bool:
    """For buttons; the rule asks again."""
    if not registration.last_step or not access.may(user, "registration.undo", registration):
        return False
    try:
        return bool(check_undo(registration, user))
    except RuleViolation:
        return False


def undone_at_once(user: Any, moment: datetime) -> Any:
    """What this user did to one or many registrations at that very moment."""
    return Registration.objects.filter(status_changed_at=moment, last_step__by=user.pk)


# Back -------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def undo(*, registration: Registration, by: Any, now: datetime) -> Registration:
    """Take back the last step: submit, endorse, confirm, return, decline, withdraw or replace.

    Raises RuleViolation "nothing_to_undo", "other_office", "school_acted", "in_use", "quota_full", "already_registered", "consent_missing".
    """
    Delegation.objects.select_for_update(no_key=True).get(pk=registration.delegation_id)
    rows = Registration.objects.select_for_update(of=("self",), no_key=True)
    registration = rows.select_related("program__organiser", "person", "organisation", "delegation__organisation").get(pk=registration.pk)
    target, left = check_undo(registration, by), registration.status
    if target in consent.NEEDED_IN:
        consent.check(registration)
    if left == S.REPLACED:
        move(substitute_of(registration), TRANSITIONS, "withdraw", by=by, at=now, replaces=None, endorsed_at=None, confirmed_at=None)
    if target in TAKES_PLACE and left not in TAKES_PLACE:
        take_place_again(registration)
    go_back(registration, target, by=by, now=now)
    if {left, target} - UNSEEN:
        tell_many("restored", [registration], by=by, now=now, to=READERS[left])
    if target not in TAKES_PLACE:
        promote_waiting(registration.delegation, now)
    return registration


def take_place_again(registration: Registration) -> None:
    try:
        registration.allocation = Places(registration.delegation).take(registration)
    except RuleViolation as full:
        words = _("The place is no longer free: it has gone to somebody else meanwhile. %(reason)s") % {"reason": full.message}
        raise RuleViolation("quota_full", words, **full.params) from full


def go_back(registration: Registration, target: str, *, by: Any, now: datetime) -> None:
    step = registration.last_step or {}
    stamps: dict[str, Any] = {name: parse_datetime(step[name]) if step[name] else None for name in STAMPS}
    try:
        with transaction.atomic():
            move(registration, UNDO[S(target)], "undo", by=by, at=now, allocation=registration.allocation, last_step=None, **stamps)
    except IntegrityError as error:
        raise RuleViolation("already_registered", _("This person has been registered anew meanwhile."), field="person") from error


def undo_many(*, registrations: Iterable[Registration], by: Any, now: datetime) -> tuple[list[Registration], list[tuple[Registration, RuleViolation]]]:
    """Each for itself, those that ended last; refusals come back with the row."""
    done, refused = [], []
    for row in sorted(registrations, key=lambda row: (row.delegation_id, row.status in ENDED, row.position, row.pk)):
        try:
            done.append(undo(registration=row, by=by, now=now))
        except RuleViolation as violation:
            refused.append((row, violation))
    return done, refused
