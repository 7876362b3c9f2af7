"""Answers to invitations: a calendar (.ics) or a whole mail (.eml), always bytes, read with limits, and noted."""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from icalendar import Calendar

from events.calendars.text import one_line
from events.programs.models import Program
from exchange import audit
from exchange.transitions import RuleViolation
from participants.invitations.models import Answer, Invite

MAX_BYTES = 256_000
MOST_PARTS, MOST_EVENTS = 50, 100
ANSWERS = {answer.value for answer in Answer} - {Answer.OPEN.value}
NOT_A_CALENDAR = (ValueError, KeyError, IndexError, TypeError, AttributeError, LookupError)  # what the libraries raise for what is none


@dataclass(frozen=True)
class Reply:
    """One answer to one event."""

    uid: str
    address: str
    answer: str
    sequence: int
    stamp: datetime
    comment: str


def refusal(code: str, message: str) -> RuleViolation:
    return RuleViolation(code, message, field="file")


def read_replies(data: bytes) -> list[Reply]:
    """The answers in a calendar or a mail. Raises RuleViolation "too_large", "no_calendar", "no_reply", "no_answer"."""
    if len(data) > MAX_BYTES:
        raise refusal("too_large", _("The answer is too large: at most 256 kB."))
    calendars = parse(data if data.lstrip().upper().startswith(b"BEGIN:VCALENDAR") else calendar_in_mail(data))
    method = one_line(str(calendars[0].get("METHOD", ""))).upper()
    if method != "REPLY":
        raise refusal("no_reply", _("This is no answer to an invitation: its METHOD is %(method)s, not REPLY.") % {"method": method[:20] or "—"})
    events = [part for calendar in calendars for part in calendar.subcomponents if part.name == "VEVENT"]
    if not events or len(events) > MOST_EVENTS:
        raise refusal("no_answer", _("The answer names no event."))
    return [read_event(event) for event in events]


def calendar_in_mail(data: bytes) -> bytes:
    """The first text/calendar part, or attached .ics file, of a mail."""
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        for number, part in enumerate(message.walk()):
            if number >= MOST_PARTS:
                break
            if part.get_content_type() in ("text/calendar", "application/ics") or (part.get_filename() or "").lower().endswith(".ics"):
                found: Any = part.get_payload(decode=True)
                if found:
                    return bytes(found)
    except NOT_A_CALENDAR as error:
        raise no_calendar() from error
    raise no_calendar()


def no_calendar() -> RuleViolation:
    return refusal("no_calendar", _("There is no calendar in this. Save the whole answer as an .eml file, or its attachment as an .ics file."))


def parse(data: bytes) -> list[Any]:
    if data.count(b"BEGIN:") > 4 * MOST_EVENTS or data.count(b"\n") > 5000:
        raise refusal("too_large", _("The answer is too large: at most 256 kB."))
    try:
        calendars = [part for part in Calendar.from_ical(data, multiple=True) if part.name == "VCALENDAR"]
    except NOT_A_CALENDAR as error:
        raise no_calendar() from error
    if not calendars:
        raise no_calendar()
    return calendars


def read_event(event: Any) -> Reply:
    """Raises RuleViolation "no_answer" where UID, ATTENDEE, PARTSTAT, SEQUENCE or DTSTAMP is missing or makes no sense."""
    try:
        attendees = event.get("ATTENDEE")
        attendee = attendees[0] if isinstance(attendees, list) and len(attendees) == 1 else attendees
        answer = str(attendee.params.get("PARTSTAT", "")).upper()
        sequence = int(event.get("SEQUENCE", 0))
        stamp = event.get("DTSTAMP").dt
        uid, address = one_line(str(event["UID"])), str(attendee)
    except NOT_A_CALENDAR as error:
        raise refusal("no_answer", _("The answer lacks what it must name: event, attendee and time.")) from error
    if answer not in ANSWERS or not isinstance(stamp, datetime) or not 0 <= sequence < 2**31:
        raise refusal("no_answer", _("The answer says neither accepted nor declined nor tentative."))
    comment = event.get("COMMENT", "")
    words = one_line(str(comment[0] if isinstance(comment, list) else comment))[:300]
    moment = stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    return Reply(uid, address.lower().removeprefix("mailto:").strip(), answer, sequence, moment, words)


@transaction.atomic
def take_answers(*, program: Program, data: bytes, by: Any) -> list[Invite]:
    """Note all answers of a message, or none.

    Raises RuleViolation of read_replies, and "unknown_event", "unknown_attendee", "called_off", "old_sequence", "future_sequence", "old_answer".
    """
    return [note(program, reply, by) for reply in read_replies(data)]


def note(program: Program, reply: Reply, by: Any) -> Invite:
    invites = Invite.objects.select_for_update(of=("self",)).filter(item__program=program, item__uid=reply.uid).select_related("guest", "item")
    rows = list(invites)
    if not rows:
        raise refusal("unknown_event", _("Nobody was invited to this event of the program; its UID is %(uid)s.") % {"uid": reply.uid[:60] or "—"})
    invite = next((row for row in rows if row.guest.email.lower() == reply.address), None)
    if invite is None:
        raise refusal("unknown_attendee", _("%(address)s was not invited to “%(title)s”.") % {"address": reply.address[:80], "title": rows[0].item})
    check_current(invite, reply)
    invite.answer, invite.answered_at, invite.comment = reply.answer, reply.stamp, reply.comment
    invite.save(update_fields=["answer", "answered_at", "comment"])
    audit.record("guest.answer", invite.guest, by=by, changes={"answer": ["…", reply.answer]})
    return invite


def check_current(invite: Invite, reply: Reply) -> None:
    """An answer counts for the last message alone, and the latest answer for that: RFC 5546 §3.2.3."""
    title = {"title": invite.item}
    if invite.is_called_off:
        raise refusal("called_off", _("“%(title)s” has been called off for this guest, so there is nothing to answer.") % title)
    if reply.sequence < invite.sequence:
        raise refusal("old_sequence", _("This answers an earlier invitation to “%(title)s”; it has changed since, and was sent again.") % title)
    if reply.sequence > invite.sequence:
        raise refusal("future_sequence", _("This answers an invitation to “%(title)s” that was never sent.") % title)
    if invite.answered_at is not None and reply.stamp < invite.answered_at:
        raise refusal("old_answer", _("A later answer to “%(title)s” is noted already.") % title)
