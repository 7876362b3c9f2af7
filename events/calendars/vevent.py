"""One occurrence as the bytes of a VEVENT (RFC 5545, 7986). Pure: facts in, bytes out, so that the bytes can be kept."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Event, vCalAddress, vRecur, vText
from icalendar.prop import vCategory

from events.calendars.text import Text, clean, one_line, parameter, uri

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHINA_TIME = timedelta(hours=8)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True)
class Repeats:
    """Every so many weeks on these weekdays (1 is Monday) up to the last begin, without some."""

    weekdays: tuple[int, ...]
    every: int
    last: datetime
    without: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Attendee:
    """The one whom a message invites, with the answer that still holds (a PARTSTAT)."""

    name: str
    address: str
    answer: str
    wants_answer: bool


@dataclass(frozen=True)
class EventFacts:
    """What a VEVENT says. `starts` and `ends` are both moments, or both dates (all day; the end is exclusive)."""

    uid: str
    sequence: int
    changed_at: datetime
    starts: datetime | date
    ends: datetime | date
    summary: str
    status: str  # TENTATIVE, CONFIRMED or CANCELLED
    location: str = ""
    position: tuple[float, float] | None = None  # latitude, longitude
    description: str = ""
    url: str = ""
    categories: tuple[str, ...] = ()
    organiser: tuple[str, str] | None = None  # name, e-mail
    meeting_url: str = ""
    meeting_label: str = ""
    is_busy: bool = True
    repeats: Repeats | None = None
    replaces: datetime | None = None  # the begin of the occurrence of a repeating event whose place it takes
    attendee: Attendee | None = None
    stamped_at: datetime | None = None  # of a message; a published event is stamped with its last change


def vevent_bytes(facts: EventFacts) -> bytes:
    """The VEVENT from BEGIN to END, folded, with CRLF."""
    event = Event()
    event.add("UID", Text(one_line(facts.uid)))
    event.add("SEQUENCE", facts.sequence)
    event.add("DTSTAMP", (facts.stamped_at or facts.changed_at).astimezone(UTC))
    event.add("LAST-MODIFIED", facts.changed_at.astimezone(UTC))
    event.add("DTSTART", moment(facts.starts))
    event.add("DTEND", moment(facts.ends))
    add_recurrence(event, facts)
    event.add("SUMMARY", Text(one_line(facts.summary)))
    event.add("STATUS", facts.status)
    event.add("TRANSP", "OPAQUE" if facts.is_busy and facts.status != "CANCELLED" else "TRANSPARENT")
    add_place(event, facts)
    add_words(event, facts)
    add_meeting(event, facts)
    add_attendee(event, facts)
    return event.to_ical()


def add_recurrence(event: Event, facts: EventFacts) -> None:
    """UNTIL is in UTC, as RFC 5545 §3.3.10 wants it beside a DTSTART with TZID."""
    if facts.replaces:
        event.add("RECURRENCE-ID", moment(facts.replaces))
    if facts.repeats:
        rule = {"FREQ": "WEEKLY", "UNTIL": facts.repeats.last.astimezone(UTC), "BYDAY": [WEEKDAYS[day - 1] for day in sorted(facts.repeats.weekdays)]}
        event.add("RRULE", vRecur(rule if facts.repeats.every == 1 else rule | {"INTERVAL": facts.repeats.every}))
        if facts.repeats.without:
            event.add("EXDATE", [moment(value) for value in facts.repeats.without])


def moment(value: datetime | date) -> datetime | date:
    """Beijing time with its TZID. The years with another offset (summer time of 1986–91, and before 1949) are written in UTC,
    as the calendar's VTIMEZONE knows +0800 only."""
    if not isinstance(value, datetime):
        return value
    local = value.astimezone(SHANGHAI)
    return local if local.utcoffset() == CHINA_TIME else value.astimezone(UTC)


def add_place(event: Event, facts: EventFacts) -> None:
    if one_line(facts.location):
        event.add("LOCATION", Text(one_line(facts.location)))
    if facts.position:
        event.add("GEO", facts.position)


def add_words(event: Event, facts: EventFacts) -> None:
    if clean(facts.description):
        event.add("DESCRIPTION", Text(clean(facts.description)))
    if uri(facts.url):
        event.add("URL", uri(facts.url))
    if facts.categories:
        event.add("CATEGORIES", vCategory([Text(one_line(word)) for word in facts.categories]))
    if facts.organiser:
        name, address = facts.organiser
        event.add("ORGANIZER", vCalAddress(f"mailto:{one_line(address)}"), parameters={"CN": vText(parameter(name))})


def add_attendee(event: Event, facts: EventFacts) -> None:
    if facts.attendee:
        who = facts.attendee
        words = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": who.answer, "RSVP": "TRUE" if who.wants_answer else "FALSE"}
        parameters = {"CN": vText(parameter(who.name)), **words}
        event.add("ATTENDEE", vCalAddress(f"mailto:{one_line(who.address)}"), parameters=parameters)


def add_meeting(event: Event, facts: EventFacts) -> None:
    """CONFERENCE of RFC 7986; clients that do not know it find the address in DESCRIPTION."""
    address = uri(facts.meeting_url)
    if address is not None:
        label = {"LABEL": parameter(facts.meeting_label)} if facts.meeting_label else {}
        event.add("CONFERENCE", address, parameters={"VALUE": "URI", "FEATURE": "VIDEO", **label})
