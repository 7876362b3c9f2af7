"""The VCALENDAR around the events: head, one static VTIMEZONE, the events' bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from icalendar import Calendar, vDuration

from events.calendars.text import Text, one_line, uri

PRODID = "-//Jing-Jin-Ji Education Exchange//Itineraries//ZH"
REFRESH_INTERVAL = timedelta(minutes=15)
END = b"END:VCALENDAR\r\n"

# Static, because a generated one carries the summer time of 1986–91, which some clients apply to today's dates.
VTIMEZONE = (
    b"BEGIN:VTIMEZONE\r\n"
    b"TZID:Asia/Shanghai\r\n"
    b"BEGIN:STANDARD\r\n"
    b"DTSTART:19700101T000000\r\n"
    b"TZNAME:CST\r\n"
    b"TZOFFSETFROM:+0800\r\n"
    b"TZOFFSETTO:+0800\r\n"
    b"END:STANDARD\r\n"
    b"END:VTIMEZONE\r\n"
)


@dataclass(frozen=True)
class CalendarFacts:
    """What a calendar says about itself."""

    name: str
    description: str = ""
    url: str = ""
    color: str = "steelblue"  # RFC 7986 wants a CSS3 colour name


def calendar_bytes(facts: CalendarFacts, events: Iterable[bytes]) -> bytes:
    """A whole calendar. `events` are what vevent_bytes() gave, now or earlier."""
    return b"".join([head(facts), VTIMEZONE, *events, END])


def message_bytes(method: str, event: bytes) -> bytes:
    """A message about one event (RFC 5546)."""
    return b"".join([start(method).to_ical().removesuffix(END), VTIMEZONE, event, END])


def start(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("PRODID", PRODID)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", method)
    return calendar


def head(facts: CalendarFacts) -> bytes:
    calendar = start("PUBLISH")
    for name in ("NAME", "X-WR-CALNAME"):
        calendar.add(name, Text(one_line(facts.name)))
    if facts.description:
        calendar.add("DESCRIPTION", Text(one_line(facts.description)))
    if uri(facts.url):
        calendar.add("URL", uri(facts.url))
    calendar.add("COLOR", facts.color)
    calendar.add("X-WR-TIMEZONE", "Asia/Shanghai")
    interval = vDuration(REFRESH_INTERVAL)
    calendar.add("REFRESH-INTERVAL", interval, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", interval.to_ical().decode())  # as Outlook knows it
    return calendar.to_ical().removesuffix(END)
