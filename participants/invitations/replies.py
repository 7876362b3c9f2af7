"""Answers to invitations: a calendar (.ics) or a whole mail (.eml), always bytes, read with limits, and noted."""

import base64
import email
import email.policy
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from icalendar import Calendar

from events.calendars.reading import times
from events.calendars.repeats import Unreadable
from events.calendars.text import as_utf8, one_line
from events.programs.models import Program
from exchange import audit, house_dates
from exchange.transitions import RuleViolation
from participants.invitations.models import Answer, Invite

MAX_BYTES = 256_000
MOST_PARTS, MOST_EVENTS = 50, 100
ANSWERS = {answer.value for answer in Answer} - {Answer.OPEN.value}
METHODS = frozenset({"REPLY", "COUNTER"})
INSIDE = re.compile(rb"^[> \t]*BEGIN:VCALENDAR.*^[> \t]*END:VCALENDAR", re.MULTILINE | re.DOTALL | re.IGNORECASE)
QUOTED = re.compile(rb"^>+ ?", re.MULTILINE)
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
    """The answers in a calendar or a mail. Raises RuleViolation "too_large", "no_calendar", "damaged", "no_reply", "no_answer"."""
    if len(data) > MAX_BYTES:
        raise refusal("too_large", _("The answer is too large: at most 256 kB."))
    calendars = parse(calendar_of(data))
    method = one_line(str(calendars[0].get("METHOD", ""))).upper()
    if method not in METHODS:
        raise refusal("no_reply", _("This is no answer to an invitation: its METHOD is %(method)s, not REPLY.") % {"method": method[:20] or "—"})
    events = [part for calendar in calendars for part in calendar.subcomponents if part.name == "VEVENT"]
    if not events or len(events) > MOST_EVENTS:
        raise refusal("no_answer", _("The answer names no event."))
    return [read_event(event, is_proposal=method == "COUNTER") for event in events]


def calendar_of(data: bytes) -> bytes:
    """The calendar itself, inside a mail, or inside pasted or quoted text."""
    text = as_utf8(data)
    if text.lstrip().upper().startswith(b"BEGIN:VCALENDAR"):
        return text
    found = calendar_in_mail(data) or calendar_in_text(text)
    if found is None:
        raise no_calendar()
    return found


def calendar_in_mail(data: bytes) -> bytes | None:
    """The first text/calendar part, or attached .ics file, of a mail."""
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        for part in islice(message.walk(), MOST_PARTS):
            if part.get_content_type() in ("text/calendar", "application/ics") or (part.get_filename() or "").lower().endswith(".ics"):
                found: Any = part.get_payload(decode=True)
                if found:
                    return as_utf8(bytes(found), part.get_content_charset())
    except NOT_A_CALENDAR as error:
        raise no_calendar() from error
    return None


def calendar_in_text(text: bytes) -> bytes | None:
    """Between other words, quoted with “>” or not; or as the base64 that a mail program shows."""
    found = INSIDE.search(text)
    if found:
        return as_utf8(QUOTED.sub(b"", found[0]))
    packed = b"".join(text.split())
    if packed.startswith(b"QkVHSU46VkNBTEVOREFS"):
        with suppress(ValueError):
            return as_utf8(base64.b64decode(packed))
    return None


def no_calendar() -> RuleViolation:
    return refusal("no_calendar", _("There is no calendar in this. Save the whole answer as an .eml file, or its attachment as an .ics file."))


def parse(data: bytes) -> list[Any]:
    if data.count(b"BEGIN:") > 4 * MOST_EVENTS or data.count(b"\n") > 5000:
        raise refusal("too_large", _("The answer is too large: at most 256 kB."))
    if b"END:VCALENDAR" not in data.upper():
        raise refusal("damaged", _("The end of the answer, END:VCALENDAR, is missing. Copy or save it once more, as a whole."))
    try:
        calendars = [part for part in Calendar.from_ical(data, multiple=True) if part.name == "VCALENDAR"]
    except NOT_A_CALENDAR as error:
        raise no_calendar() from error
    if not calendars:
        raise no_calendar()
    return calendars


def read_event(event: Any, *, is_proposal: bool) -> Reply:
    """Raises RuleViolation "no_answer" where UID, ATTENDEE, PARTSTAT, SEQUENCE or DTSTAMP is missing or makes no sense."""
    try:
        attendee = answering(event.get("ATTENDEE"))
        answer = answer_of(attendee)
        sequence = int(event.get("SEQUENCE", 0))
        stamp = event.get("DTSTAMP").dt
        uid, address = one_line(str(event["UID"])), str(attendee.params.get("EMAIL") or attendee)
    except NOT_A_CALENDAR as error:
        raise refusal("no_answer", _("The answer lacks what it must name: event, attendee and time.")) from error
    if answer not in ANSWERS or not isinstance(stamp, datetime) or not 0 <= sequence < 2**31:
        raise refusal("no_answer", _("The answer says neither accepted nor declined nor tentative."))
    moment = stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    words = pgettext("details", ", ").join(part for part in (proposal(event) if is_proposal else "", comment(event)) if part)[:300]
    return Reply(uid, address.lower().removeprefix("mailto:").strip(), answer, sequence, moment, words)


def answering(attendees: Any) -> Any:
    """The one attendee, or the one of several who answers. Raises ValueError for several answers."""
    rows = attendees if isinstance(attendees, list) else [attendees]
    (attendee,) = [row for row in rows if answer_of(row) in ANSWERS] or rows[:1]
    return attendee


def answer_of(attendee: Any) -> str:
    return str(attendee.params.get("PARTSTAT", "")).upper()


def comment(event: Any) -> str:
    found = event.get("COMMENT", "")
    return one_line(str(found[0] if isinstance(found, list) else found))


def proposal(event: Any) -> str:
    """The other time that a COUNTER asks for; whether it is taken, the planner decides."""
    try:
        starts, length, _is_whole_day = times(event)
    except Unreadable:
        return ""
    return _("asks for %(day)s %(time)s instead") % {"day": house_dates.day(starts), "time": house_dates.time_range(starts, starts + length)}


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
