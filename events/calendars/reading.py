"""A calendar file from elsewhere as plain facts. Pure: bytes in (never a str: the library would open a path), facts and refusals out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from icalendar import Calendar
from icalendar.error import BrokenCalendarProperty

from events.calendars.text import clean, one_line
from events.calendars.vevent import SHANGHAI
from exchange.transitions import RuleViolation
from exchange.validators import FIRST_YEAR, LAST_YEAR

MAX_BYTES = 1_000_000
MOST_EVENTS = 500
MOST_LINES = 15_000


@dataclass(frozen=True)
class ReadEvent:
    """One event that can become an item."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    location: str
    description: str
    meeting_url: str
    is_cancelled: bool


@dataclass(frozen=True)
class Skipped:
    """One event that cannot, and why."""

    title: str
    reason: str


def read_calendar(data: bytes) -> tuple[list[ReadEvent], list[Skipped]]:
    """The events of a file; of several with one UID the last. Raises RuleViolation "too_large", "no_calendar"."""
    check_size(data)
    found: dict[str, ReadEvent] = {}
    skipped: list[Skipped] = []
    for component in events_in(data):
        row = read_event(component)
        if isinstance(row, Skipped):
            skipped.append(row)
        else:
            found[row.uid] = row
    return list(found.values()), skipped


def check_size(data: bytes) -> None:
    """Before anything is parsed, because parsing costs more than counting."""
    if len(data) > MAX_BYTES or data.count(b"BEGIN:VEVENT") > MOST_EVENTS or data.count(b"\n") > MOST_LINES or data.count(b"BEGIN:") > 4 * MOST_EVENTS:
        raise RuleViolation("too_large", _("The file is too large: at most 1 MB and %(count)s events.") % {"count": MOST_EVENTS}, field="file")


def events_in(data: bytes) -> Iterator[Any]:
    try:
        calendars = Calendar.from_ical(data, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:  # what the library raises for what is no calendar
        raise RuleViolation("no_calendar", _("This is no calendar file. It must begin with BEGIN:VCALENDAR."), field="file") from error
    if not any(calendar.name == "VCALENDAR" for calendar in calendars):
        raise RuleViolation("no_calendar", _("This is no calendar file. It must begin with BEGIN:VCALENDAR."), field="file")
    for calendar in calendars:
        yield from (part for part in calendar.subcomponents if part.name == "VEVENT")


def read_event(event: Any) -> ReadEvent | Skipped:
    title = one_line(text(event, "SUMMARY"))[:120]
    if not title or not text(event, "UID"):
        return Skipped(title or "—", _("has no title or no UID"))
    if "RRULE" in event or "RDATE" in event:
        return Skipped(title, _("repeats; plan it as a series of lessons"))
    starts, ends = times(event)
    if starts is None or ends is None:
        return Skipped(title, _("lasts whole days, or has no proper time"))
    return ReadEvent(
        uid=one_line(text(event, "UID"))[:1000],
        title=title,
        starts_at=starts,
        ends_at=ends,
        location=one_line(text(event, "LOCATION"))[:120],
        description=clean(text(event, "DESCRIPTION"))[:2000],
        meeting_url=web_address(text(event, "CONFERENCE")),
        is_cancelled=text(event, "STATUS").upper() == "CANCELLED",
    )


def text(event: Any, name: str) -> str:
    """The first value of a property as text; "" without."""
    value = event.get(name, "")
    return str(value[0] if isinstance(value, list) and value else value or "")


def times(event: Any) -> tuple[datetime | None, datetime | None]:
    """Begin and end as moments; None for what lasts whole days, ends before it begins, or lies in no sane year."""
    starts, ends, duration = (value_of(event, name) for name in ("DTSTART", "DTEND", "DURATION"))
    first = moment(starts)
    last = moment(ends)
    if first is not None and last is None and isinstance(duration, timedelta) and timedelta(0) < duration < timedelta(days=366):
        last = first + duration
    return (first, last) if first and last and first < last else (None, None)


def value_of(event: Any, name: str) -> Any:
    try:
        return getattr(event.get(name), "dt", None)
    except BrokenCalendarProperty:  # kept by the library as it stands, and no time
        return None


def moment(value: Any) -> datetime | None:
    """A moment; a time without a zone is Beijing's."""
    if not isinstance(value, datetime) or not FIRST_YEAR < value.year < LAST_YEAR:
        return None
    return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)


def web_address(address: str) -> str:
    return address if address.startswith(("https://", "http://")) and len(address) <= 500 else ""
