"""Invitations as messages: the calendar part (RFC 5546) and the letter around it, one recipient each."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from events.calendars.items import cancelled_title, item_facts
from events.calendars.vcalendar import message_bytes
from events.calendars.vevent import Attendee, EventFacts, vevent_bytes
from events.itineraries.models import ItineraryItem
from participants.invitations.models import Answer, Guest, Invite
from participants.notices.letters import one_line
from participants.notices.models import OutboxMail
from participants.notices.outbox import ITIP

REQUEST, CANCEL = "REQUEST", "CANCEL"
SALT = "invitations.stop"
NEVER = datetime.min.replace(tzinfo=UTC)


def said(item: ItineraryItem, language: str) -> str:
    """What a message about the item says, as a hash: another one calls for another message."""
    with translation.override(language):
        facts = replace(item_facts(item), sequence=0, changed_at=NEVER)
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def event_facts(invite: Invite, method: str, now: datetime) -> EventFacts:
    """The item as this guest is told of it. DTSTAMP is the message's own; an answer that still holds is not asked for again."""
    facts, guest = item_facts(invite.item), invite.guest
    attendee = Attendee(guest.name, guest.email, invite.answer, wants_answer=method == REQUEST and invite.answer == Answer.OPEN)
    facts = replace(facts, sequence=invite.sequence, stamped_at=now, attendee=attendee)
    if method == CANCEL and facts.status != "CANCELLED":  # it takes place, without this guest
        facts = replace(facts, status="CANCELLED", summary=cancelled_title(facts.summary))
    return facts


def calendar_part(invite: Invite, method: str, now: datetime) -> bytes:
    return message_bytes(method, vevent_bytes(event_facts(invite, method, now)))


def letter(invite: Invite, method: str, now: datetime, *, is_new: bool) -> OutboxMail:
    """To be queued in the transaction that keeps the invite. Its event names guest, item and sequence: the same message is queued once."""
    guest, item = invite.guest, invite.item
    with translation.override(guest.language):
        context = {"guest": guest, "item": item, "program": item.program, "method": method, "is_new": is_new, "stop_url": stop_url(guest)}
        subject = one_line(f"{heading(method, is_new)} {item} · {item.program}")
        return OutboxMail(
            event=f"{ITIP}{guest.pk}:{item.pk}:{invite.sequence}",
            recipient=guest.email,
            kind=f"{ITIP}{method}",
            subject=subject,
            text=render_to_string("invitations/letter.txt", context),
            html=render_to_string("invitations/letter.html", context | {"subject": subject}),
            calendar=calendar_part(invite, method, now).decode(),
            unsubscribe_url=stop_url(guest),
            next_try_at=now,
            created_at=now,
        )


def heading(method: str, is_new: bool) -> str:
    if method == CANCEL:
        return _("[Cancelled]")
    return _("[Invitation]") if is_new else _("[Changed]")


def stop_token(guest: Guest) -> str:
    return signing.dumps(guest.pk, salt=SALT)


def stop_url(guest: Guest) -> str:
    return settings.SITE_URL + reverse("invitations:stop", args=[stop_token(guest)])


def guest_of(token: str) -> Guest | None:
    """Whose invitations a link stops; None for anything that we did not sign."""
    try:
        return Guest.objects.filter(pk=signing.loads(token, salt=SALT)).first()
    except signing.BadSignature:
        return None
