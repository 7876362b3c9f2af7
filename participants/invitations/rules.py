"""Inviting guests to the items that concern them, and keeping what they know up to date.

Nothing is sent from here: letters are queued in the transaction that notes what they say, so that none is lost and none doubled.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from events.calendars.items import is_cancelled
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import audit
from exchange.transitions import RuleViolation
from participants.feeds import items_of
from participants.invitations.messages import CANCEL, REQUEST, letter, said
from participants.invitations.models import Answer, Guest, Invite, Wants
from participants.notices import outbox
from participants.rosters.models import Registration
from participants.rosters.status import RegistrationStatus

TOLD = (ProgramStatus.PUBLISHED, ProgramStatus.CANCELLED)


def check_guest(program: Program, registration: Registration | None, organisation: Any, wants: str) -> None:
    """Raise RuleViolation "not_published", "one_role", "letters_for_hosts", "not_confirmed" or "no_host"."""
    if program.status != ProgramStatus.PUBLISHED:
        raise RuleViolation("not_published", _("Invitations go out for published programs only."))
    if (registration is None) == (organisation is None):
        raise RuleViolation("one_role", _("Choose a leader or a host, one of the two."), field="organisation")
    if registration and wants == Wants.LETTERS:
        raise RuleViolation("letters_for_hosts", _("Leaders get a letter about every change anyway. Letters are for contacts of hosts."), field="wants")
    if registration and (registration.program_id != program.pk or registration.status != RegistrationStatus.CONFIRMED):
        raise RuleViolation("not_confirmed", _("This person has no confirmed place in the program."), field="registration")
    if organisation and not program.items.filter(host_organisation__path__startswith=organisation.path).exists():  # type: ignore[attr-defined]
        raise RuleViolation("no_host", _("This organisation hosts nothing in the program."), field="organisation")


@transaction.atomic
def invite(
    *,
    program: Program,
    name: str,
    email: str,
    by: Any,
    at: datetime,
    registration: Registration | None = None,
    organisation: Any = None,
    language: str = "zh-hans",
    wants: str = Wants.INVITATIONS,
) -> Guest:
    """Send somebody who asked for it invitations or letters from now on; who stopped them earlier gets them again.

    Raises RuleViolation "not_published", "one_role", "letters_for_hosts", "not_confirmed", "no_host", "invited_already".
    """
    check_guest(program, registration, organisation, wants)
    known = Guest.objects.select_for_update().filter(program=program, email__iexact=email).first()
    if known and known.stopped_at is None:
        raise RuleViolation("invited_already", _("Mail about this program goes to this address already."), field="email")
    guest = known or Guest(program=program, email=email)
    guest.registration, guest.organisation, guest.name, guest.language, guest.wants = registration, organisation, name, language, wants
    guest.added_at, guest.stopped_at = at, None
    guest.save()
    audit.record("guest.invite", guest, by=by)
    bring_up_to_date(guest, at)
    return guest


@transaction.atomic
def stop(*, guest: Guest, by: Any, at: datetime) -> None:
    """No more invitations or letters. What was sent stays in the guest's calendar. Doing it twice changes nothing."""
    if Guest.objects.active().filter(pk=guest.pk).update(stopped_at=at):
        audit.record("guest.stop", guest, by=by)


def update_program(program: Program, now: datetime) -> int:
    """Tell every guest of a program what changed since the last message; returns how many messages were queued."""
    return sum(bring_up_to_date(guest, now) for guest in Guest.objects.invited().filter(program=program))


def update_all(now: datetime) -> int:
    """The same for every program that is not over: for changes that nobody announced, such as a lost place or a renamed venue."""
    programs = Program.objects.filter(guests__in=Guest.objects.invited(), ends_on__gte=timezone.localdate(now)).distinct()
    return sum(update_program(program, now) for program in programs)


@transaction.atomic
def bring_up_to_date(guest: Guest, now: datetime) -> int:
    """Queue what the guest does not know yet; the lock on the guest keeps two senders apart. Returns how many messages that are."""
    guest = Guest.objects.select_for_update(of=("self",)).select_related("registration", "organisation", "program").get(pk=guest.pk)
    if guest.stopped_at is not None or guest.wants != Wants.INVITATIONS or guest.program.status not in TOLD:
        return 0
    known = {row.item_id: row for row in guest.invites.select_related("item__program__organiser", "item__venue", "item__host_organisation")}
    theirs = {item.pk: item for item in concerned(guest, now)}
    letters = [message for item in theirs.values() for message in news(guest, item, known.get(item.pk), now)]
    letters += [call_off(row, now) for key, row in known.items() if key not in theirs and row.item.ends_at > now and not row.is_called_off]
    outbox.queue(letters)
    return len(letters)


def concerned(guest: Guest, now: datetime) -> Any:
    """Coming items of the guest: a leader's own itinerary, or what the organisation hosts."""
    place = guest.registration
    rows = ItineraryItem.objects.filter(program=guest.program)
    if place is not None:
        rows = items_of([place] if place.status == RegistrationStatus.CONFIRMED else [])
    elif guest.organisation is not None:
        rows = rows.filter(Q(host_organisation__path__startswith=guest.organisation.path))
    return rows.filter(ends_at__gt=now).for_calendar()


def news(guest: Guest, item: ItineraryItem, known: Invite | None, now: datetime) -> list[Any]:
    """The message that an item calls for, if any."""
    if is_cancelled(item):
        return [call_off(known, now, item)] if known and not known.is_called_off else []
    words = said(item, guest.language)
    if known is None:
        fresh = Invite(guest=guest, item=item, sequence=item.sequence, item_sequence=item.sequence, said=words, sent_at=now)
        return [keep(fresh, REQUEST, now, is_new=True)]
    if known.said == words and not known.is_called_off:
        return []
    known.item = item
    if item.sequence > known.item_sequence or known.is_called_off:  # RFC 5546 §3.2.2.1: another time or place asks anew
        known.answer, known.answered_at, known.comment = Answer.OPEN, None, ""
    known.sequence, known.item_sequence = max(known.sequence + 1, item.sequence), item.sequence
    known.said, known.sent_at, known.is_called_off = words, now, False
    return [keep(known, REQUEST, now)]


def call_off(known: Invite, now: datetime, item: ItineraryItem | None = None) -> Any:
    known.item = item or known.item
    known.sequence, known.item_sequence = max(known.sequence + 1, known.item.sequence), known.item.sequence
    known.sent_at, known.is_called_off = now, True
    return keep(known, CANCEL, now)


def keep(row: Invite, method: str, now: datetime, *, is_new: bool = False) -> Any:
    row.save()
    return letter(row, method, now, is_new=is_new)


def told_at(program: Program, at: datetime) -> dict[str, set[int]]:
    """By address, in lower case, the items of which invitations spoke at a moment."""
    found: dict[str, set[int]] = {}
    for address, item in Invite.objects.filter(guest__program=program, sent_at=at).values_list("guest__email", "item_id"):
        found.setdefault(address.lower(), set()).add(item)
    return found


def tell(*, program: Program, at: datetime, **_more: Any) -> None:
    """A listener of events.itineraries.drafts.ON_PUBLISHED."""
    update_program(program, at)
