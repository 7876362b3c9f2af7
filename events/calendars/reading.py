"""A calendar file from elsewhere as plain facts. Pure: bytes in (never a str: the library would open a path), facts and refusals out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from django.utils.translation import gettext as _
from icalendar import Calendar
from icalendar.error import BrokenCalendarProperty

from events.calendars.repeats import Budget, Unreadable, begins, repeats
from events.calendars.text import as_utf8, clean, one_line
from events.calendars.vevent import SHANGHAI
from exchange.transitions import RuleViolation
from exchange.validators import FIRST_YEAR, LAST_YEAR

MAX_BYTES = 1_000_000
MOST_EVENTS = 500
MOST_LINES = 15_000
MOST_WHOLE_DAYS = 31  # of one event
DAY = timedelta(days=1)
MEETING = ("CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL")


@dataclass(frozen=True)
class Window:
    """The days of which repetitions and whole days are read, and the hours that whole days get, because the file names none."""

    first: date
    last: date
    begin: time = time(8, 30)
    end: time = time(17, 30)

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last

    def hours(self, day: date) -> tuple[datetime, datetime]:
        """On a day; an end at 0:00 is the midnight that closes it."""
        last = day + DAY if self.end == time(0) else day
        return datetime.combine(day, self.begin, SHANGHAI), datetime.combine(last, self.end, SHANGHAI)


@dataclass(frozen=True)
class ReadEvent:
    """One event, or one occurrence or day of it, that can become an item."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    location: str
    description: str
    meeting_url: str
    is_cancelled: bool
    source: str = ""  # the UID in the file, where `uid` names one day of several
    day: date | None = None  # that day, wherever this occurrence was moved
    is_whole_day: bool = False


@dataclass(frozen=True)
class Skipped:
    """One event that cannot, and why."""

    title: str
    reason: str


@dataclass(frozen=True)
class ReadCalendar:
    events: list[ReadEvent]
    skipped: list[Skipped]
    understood: frozenset[str]  # UIDs of which the file says all that there is


def read_calendar(data: bytes, window: Window) -> ReadCalendar:
    """What a file holds; of several events with one UID the last. Raises RuleViolation "too_large", "no_calendar", "damaged"."""
    if len(data) > MAX_BYTES:
        raise too_large()
    data = as_utf8(data)
    check_size(data)
    found: dict[str, ReadEvent] = {}
    skipped: list[Skipped] = []
    understood, budget = set(), Budget()
    for uid, (event, exceptions) in sorted_out(events_in(data), skipped).items():
        try:
            rows = read_event(event, exceptions, window, budget)
        except Unreadable as error:
            skipped.append(Skipped(title_of(event or exceptions[0]), str(error)))
            continue
        understood.add(uid)
        found |= {row.uid: row for row in rows}
        if not rows:
            skipped.append(Skipped(title_of(event or exceptions[0]), _("does not take place on the days of the program")))
        check_number(found)
    return ReadCalendar(list(found.values()), skipped, frozenset(understood))


def check_size(data: bytes) -> None:
    """Before anything is parsed, because parsing costs more than counting."""
    if data.count(b"BEGIN:VEVENT") > MOST_EVENTS or data.count(b"\n") > MOST_LINES or data.count(b"BEGIN:") > 4 * MOST_EVENTS:
        raise too_large()


def too_large() -> RuleViolation:
    return RuleViolation("too_large", _("The file is too large: at most 1 MB and %(count)s events.") % {"count": MOST_EVENTS}, field="file")


def check_number(found: dict[str, ReadEvent]) -> None:
    if len(found) > MOST_EVENTS:
        raise RuleViolation("too_large", _("With all repetitions these are more than %(count)s items.") % {"count": MOST_EVENTS}, field="file")


def events_in(data: bytes) -> Iterator[Any]:
    """Raises RuleViolation "no_calendar", "damaged": of half a file the events that are missing would be taken for cancelled ones."""
    if not data.lstrip().upper().startswith(b"BEGIN:VCALENDAR"):
        raise RuleViolation("no_calendar", _("This is no calendar file. It must begin with BEGIN:VCALENDAR."), field="file")
    damaged = RuleViolation("damaged", _("The calendar file is damaged, or its end is missing. Export or download it once more."), field="file")
    try:
        calendars = Calendar.from_ical(data, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:  # what the library raises for what is no calendar
        raise damaged from error
    if not calendars:
        raise damaged
    for calendar in calendars:
        yield from (part for part in calendar.subcomponents if part.name == "VEVENT")


def sorted_out(events: Iterable[Any], skipped: list[Skipped]) -> dict[str, tuple[Any, list[Any]]]:
    """By UID the event, None if the file has only exceptions of it, and the exceptions (RECURRENCE-ID)."""
    found: dict[str, tuple[Any, list[Any]]] = defaultdict(lambda: (None, []))
    for event in events:
        title, uid = title_of(event), one_line(text(event, "UID"))[:1000]
        if title == "—" or not uid:
            skipped.append(Skipped(title, _("has no title or no UID")))
        elif "RECURRENCE-ID" in event:
            found[uid][1].append(event)
        else:
            found[uid] = (event, found[uid][1])
    return found


def title_of(event: Any) -> str:
    return one_line(text(event, "SUMMARY"))[:120] or "—"


# One event ----------------------------------------------------------------------------------------------------------------


def read_event(event: Any, exceptions: list[Any], window: Window, budget: Budget) -> list[ReadEvent]:
    """All that an event is on the days of the window; what neither repeats nor lasts whole days, on whatever day. Raises Unreadable."""
    if event is None:
        return [row for exception in exceptions for row in read_exception(exception, window, SHANGHAI)]
    starts, length, is_whole_day = times(event)
    if not repeats(event):
        single = one_by_one(event, [starts], length, window) if is_whole_day else [said(event, starts, starts + length)]
        return [*single, *(row for exception in exceptions for row in read_exception(exception, window, starts.tzinfo))]
    from_then_on = [exception for exception in exceptions if range_of(exception) == "THISANDFUTURE"]
    exceptions = [exception for exception in exceptions if range_of(exception) != "THISANDFUTURE"]
    changed = [row for exception in exceptions for row in read_exception(exception, window, starts.tzinfo)]
    days = {recurrence_day(exception, starts.tzinfo) for exception in exceptions}
    parts = sorted(
        [Part(event, date.min, timedelta(0), length), *(part_of(row, starts.tzinfo, is_whole_day) for row in from_then_on)], key=lambda row: row.first
    )
    slack = max(part.length + abs(part.later) for part in parts) + DAY
    moments = [moment for moment in begins(event, starts, window.last + slack, budget) if moment.date() >= window.first - slack]
    read = whole_days if is_whole_day else occurrences
    found = [row for part, until in zip(parts, [*(part.first for part in parts[1:]), date.max], strict=True) for row in read(part, moments, until, window)]
    return [*(row for row in found if row.day not in days), *changed]


@dataclass(frozen=True)
class Part:
    """What holds for the occurrences from the day `first` on: the event, or the exception for one of them and all that follow (RANGE)."""

    event: Any
    first: date
    later: timedelta  # than the rule has them
    length: timedelta

    def of(self, moments: Iterable[datetime], until: date) -> list[datetime]:
        return [moment for moment in moments if self.first <= moment.date() < until]


def part_of(event: Any, zone: tzinfo | None, is_whole_day: bool) -> Part:
    """Raises Unreadable."""
    day, (starts, length, is_whole) = recurrence_day(event, zone), times(event)
    later = starts - moment(value_of(event, "RECURRENCE-ID"))
    if is_whole != is_whole_day or abs(later) > MOST_WHOLE_DAYS * DAY:
        raise Unreadable(_("changes all that follows an occurrence, which is not read"))
    return Part(event, day, later, length)


def range_of(event: Any) -> str:
    return str(event["RECURRENCE-ID"].params.get("RANGE", "")).upper()


def occurrences(part: Part, moments: Iterable[datetime], until: date, window: Window) -> list[ReadEvent]:
    """By the day of their begin in the event's own zone, so that an occurrence stays the same when the whole series moves by an hour."""
    held = [(row.date(), row + part.later) for row in unique_days(part.of(moments, until))]
    return [one_of(said(part.event, begin, begin + part.length), day) for day, begin in held if window.holds(begin.astimezone(SHANGHAI).date())]


def whole_days(part: Part, moments: Iterable[datetime], until: date, window: Window) -> list[ReadEvent]:
    return one_by_one(part.event, [row + part.later for row in part.of(moments, until)], part.length, window)


def unique_days(moments: Iterable[datetime]) -> Iterable[datetime]:
    return {moment.date(): moment for moment in moments}.values()


def one_by_one(event: Any, moments: Iterable[datetime], length: timedelta, window: Window) -> list[ReadEvent]:
    """Whole days, each at the hours of the window."""
    if length > MOST_WHOLE_DAYS * DAY:
        raise Unreadable(_("lasts more than %(count)s days") % {"count": MOST_WHOLE_DAYS})
    days = {moment.date() + offset * DAY: None for moment in moments for offset in range(length.days)}
    return [replace(one_of(said(event, *window.hours(day)), day), is_whole_day=True) for day in days if window.holds(day)]


def read_exception(event: Any, window: Window, zone: tzinfo | None) -> list[ReadEvent]:
    """An occurrence that differs, if it takes or was to take place on a day of the window. Raises Unreadable."""
    day = recurrence_day(event, zone)
    if range_of(event):
        raise Unreadable(_("changes all that follows an occurrence, which is not read"))
    starts, length, is_whole_day = times(event)
    if not window.holds(day) and not window.holds(starts.astimezone(SHANGHAI).date()):
        return []
    if is_whole_day:
        hours = window.hours(starts.date())
        return [replace(one_of(said(event, *hours), day), is_whole_day=True)]
    return [one_of(said(event, starts, starts + length), day)]


def recurrence_day(event: Any, zone: tzinfo | None) -> date:
    """The day that the rule gave an occurrence, in the zone of the repeating event."""
    value = value_of(event, "RECURRENCE-ID")
    if not is_sane(value):
        raise Unreadable(_("names dates that are not understood"))
    if not isinstance(value, datetime):
        return value  # type: ignore[no-any-return]
    return (value.astimezone(zone) if value.tzinfo else value).date()


def one_of(row: ReadEvent, day: date) -> ReadEvent:
    return replace(row, uid=day_uid(row.uid, day), source=row.uid, day=day)


def day_uid(uid: str, day: date) -> str:
    return f"{uid}#{day.isoformat()}"


def said(event: Any, starts: datetime, ends: datetime) -> ReadEvent:
    return ReadEvent(
        uid=one_line(text(event, "UID"))[:1000],
        title=title_of(event),
        starts_at=starts,
        ends_at=ends,
        location=one_line(text(event, "LOCATION"))[:120],
        description=clean(text(event, "DESCRIPTION"))[:2000],
        meeting_url=next(filter(None, (web_address(text(event, name)) for name in MEETING)), ""),
        is_cancelled=text(event, "STATUS").upper() == "CANCELLED",
    )


def text(event: Any, name: str) -> str:
    """The first value of a property as text; "" without."""
    value = event.get(name, "")
    return str(value[0] if isinstance(value, list) and value else value or "")


# Times --------------------------------------------------------------------------------------------------------------------


def times(event: Any) -> tuple[datetime, timedelta, bool]:
    """Begin, length, and whether it is whole days. Raises Unreadable for what ends before it begins, or lies in no sane year."""
    starts, ends, duration = (value_of(event, name) for name in ("DTSTART", "DTEND", "DURATION"))
    if not is_sane(starts) or not (ends is None or (is_sane(ends) and isinstance(ends, datetime) == isinstance(starts, datetime))):
        raise Unreadable(_("has no proper time"))
    is_whole_day = not isinstance(starts, datetime)
    first = moment(starts)
    length = moment(ends) - first if ends is not None else duration
    if length is None and is_whole_day:
        length = DAY
    if not isinstance(length, timedelta) or not timedelta(0) < length < timedelta(days=366):
        raise Unreadable(_("has no proper time"))
    return first, length, is_whole_day


def value_of(event: Any, name: str) -> Any:
    try:
        return getattr(event.get(name), "dt", None)
    except BrokenCalendarProperty:  # kept by the library as it stands, and no time
        return None


def is_sane(value: Any) -> bool:
    return isinstance(value, date) and FIRST_YEAR < value.year < LAST_YEAR


def moment(value: date) -> datetime:
    """A time without a zone is Beijing's; a day is its midnight there."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time(), SHANGHAI)
    return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)


def web_address(address: str) -> str:
    return address if address.startswith(("https://", "http://")) and len(address) <= 500 else ""
