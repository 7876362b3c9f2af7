"""A strict validator of calendars, written from RFC 5545, 7986 and 5546 and not from our code. Assertions name what is broken."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from tests.events.calendars.readers import valid_lines

NAME = re.compile(r"[A-Z0-9-]+")
PARAMETER = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"\x00-\x08\x0a-\x1f\x7f]*"|[^";:,\x00-\x08\x0a-\x1f\x7f]*)(?:,(?:"[^"]*"|[^";:,]*))*)')
TEXT = re.compile(r"(?:\\[\\;,nN]|[^\\;,])*")
TEXTS = re.compile(r"(?:\\[\\;,nN]|[^\\;])*")
URI = re.compile(r"[a-z][a-z0-9+.-]*:[!#-;=?-\[\]_a-zA-Z~%]+")
DURATION = re.compile(r"[+-]?P(?:\d+W|(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)")
DATE, LOCAL, UTC = re.compile(r"\d{8}"), re.compile(r"\d{8}T\d{6}"), re.compile(r"\d{8}T\d{6}Z")
CSS_COLOURS = {"steelblue", "teal", "navy"}  # of the CSS3 names those that a calendar here may take

# value type of each property; another by VALUE= only where listed in ALSO
TYPES = {
    **dict.fromkeys(("SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "UID", "TZID", "TZNAME", "NAME", "PRODID", "VERSION", "ACTION"), "TEXT"),
    **dict.fromkeys(("METHOD", "STATUS", "TRANSP", "CALSCALE", "CLASS", "COLOR"), "TEXT"),
    "CATEGORIES": "TEXTS",
    **dict.fromkeys(("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE"), "DATE-TIME"),
    **dict.fromkeys(("DTSTAMP", "LAST-MODIFIED", "CREATED"), "UTC"),
    "SEQUENCE": "INTEGER",
    "GEO": "GEO",
    **dict.fromkeys(("URL", "SOURCE", "CONFERENCE"), "URI"),
    **dict.fromkeys(("ORGANIZER", "ATTENDEE"), "CAL-ADDRESS"),
    "RRULE": "RECUR",
    "REFRESH-INTERVAL": "DURATION",
    "TRIGGER": "DURATION",
    **dict.fromkeys(("TZOFFSETFROM", "TZOFFSETTO"), "UTC-OFFSET"),
}
MUST_SAY_VALUE = {"REFRESH-INTERVAL": "DURATION", "CONFERENCE": "URI"}  # RFC 7986 §5.7, §5.11
ALSO = {"DTSTART": {"DATE"}, "DTEND": {"DATE"}, "RECURRENCE-ID": {"DATE"}, "EXDATE": {"DATE"}}
ONCE = "DTSTART DTEND DTSTAMP UID SEQUENCE SUMMARY DESCRIPTION LOCATION STATUS TRANSP GEO URL ORGANIZER LAST-MODIFIED RECURRENCE-ID RRULE CLASS CREATED COLOR".split()
REQUIRED = {
    "VCALENDAR": ["PRODID", "VERSION"],
    "VEVENT": ["UID", "DTSTAMP", "DTSTART", "SEQUENCE", "SUMMARY"],
    "VTIMEZONE": ["TZID"],
    "STANDARD": ["DTSTART", "TZOFFSETFROM", "TZOFFSETTO"],
    "DAYLIGHT": ["DTSTART", "TZOFFSETFROM", "TZOFFSETTO"],
    "VALARM": ["ACTION", "TRIGGER", "DESCRIPTION"],
}
ALLOWED_IN = {
    "VCALENDAR": "PRODID VERSION METHOD CALSCALE NAME DESCRIPTION URL COLOR REFRESH-INTERVAL SOURCE UID LAST-MODIFIED CATEGORIES".split(),
    "VEVENT": [*ONCE, "CATEGORIES", "CONFERENCE", "ATTENDEE", "EXDATE", "COMMENT"],
    "VTIMEZONE": ["TZID", "LAST-MODIFIED"],
    "STANDARD": ["DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME"],
    "DAYLIGHT": ["DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME"],
    "VALARM": ["ACTION", "TRIGGER", "DESCRIPTION"],
}
INSIDE = {"": {"VCALENDAR"}, "VCALENDAR": {"VEVENT", "VTIMEZONE"}, "VEVENT": {"VALARM"}, "VTIMEZONE": {"STANDARD", "DAYLIGHT"}}
STATUSES = {"PUBLISH": {"TENTATIVE", "CONFIRMED", "CANCELLED"}, "REQUEST": {"TENTATIVE", "CONFIRMED"}, "CANCEL": {"CANCELLED"}}
PARTSTATS = {"NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED"}


@dataclass
class Property:
    name: str
    parameters: dict[str, str]
    value: str


@dataclass
class Component:
    name: str
    properties: list[Property] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> list[Property]:
        return [row for row in self.properties if row.name == name]

    def get(self, name: str) -> Property | None:
        found = self.all(name)
        assert len(found) <= 1, f"{self.name}: {name} stands {len(found)} times"
        return found[0] if found else None

    def value(self, name: str) -> str:
        found = self.get(name)
        return found.value if found else ""


def check(body: bytes) -> Component:
    """Raise AssertionError for anything that the RFCs do not allow; gives the calendar."""
    calendar = parse(valid_lines(body))
    zones = {part.value("TZID") for part in calendar.parts if part.name == "VTIMEZONE"}
    check_component(calendar, zones)
    assert calendar.value("VERSION") == "2.0"
    colour = calendar.value("COLOR")
    assert not colour or colour in CSS_COLOURS
    events = [part for part in calendar.parts if part.name == "VEVENT"]
    for event in events:
        check_event(event, calendar.value("METHOD"))
    check_identities(events, calendar.value("METHOD"))
    return calendar


def parse(lines: list[str]) -> Component:
    top = Component("")
    stack = [top]
    for line in lines:
        row = read_line(line)
        if row.name == "BEGIN":
            assert row.value in INSIDE.get(stack[-1].name, set()), f"{row.value} inside of {stack[-1].name or 'nothing'}"
            stack[-1].parts.append(Component(row.value))
            stack.append(stack[-1].parts[-1])
        elif row.name == "END":
            assert stack.pop().name == row.value
        else:
            stack[-1].properties.append(row)
    assert len(top.parts) == 1 and not top.properties, "one calendar object"
    return top.parts[0]


def read_line(line: str) -> Property:
    name = NAME.match(line)
    assert name, line
    rest, parameters = line[name.end() :], {}
    while rest.startswith(";"):
        found = PARAMETER.match(rest)
        assert found, f"a parameter is malformed: {line!r}"
        assert found[1].upper() not in parameters, f"a parameter twice: {line!r}"
        parameters[found[1].upper()] = found[2]
        rest = rest[found.end() :]
    assert rest.startswith(":"), line
    return Property(name[0], parameters, rest[1:])


def check_component(component: Component, zones: set[str]) -> None:
    for name in REQUIRED[component.name]:
        assert component.get(name), f"{component.name} without {name}"
    for row in component.properties:
        assert row.name.startswith("X-") or row.name in ALLOWED_IN[component.name], f"{row.name} in {component.name}"
        check_property(row, zones)
    for name in ONCE:
        component.get(name)
    if component.name == "VTIMEZONE":
        assert component.parts, "a time zone without an offset"
    for part in component.parts:
        check_component(part, zones)


def check_property(row: Property, zones: set[str]) -> None:
    kind = TYPES.get(row.name, "TEXT" if not row.name.startswith("X-") else "X")
    stated = row.parameters.get("VALUE")
    assert row.name not in MUST_SAY_VALUE or stated == MUST_SAY_VALUE[row.name], f"{row.name} must say VALUE"
    if stated and stated != kind:
        assert stated in ALSO.get(row.name, set()), f"{row.name} may not be VALUE={stated}"
        kind = stated
    check_value(row, kind, zones)


def check_value(row: Property, kind: str, zones: set[str]) -> None:
    pattern = {"TEXT": TEXT, "TEXTS": TEXTS, "URI": URI, "DURATION": DURATION}.get(kind)
    assert pattern is None or pattern.fullmatch(row.value), f"{row.name} is no {kind}: {row.value!r}"
    if kind in ("DATE-TIME", "DATE", "UTC"):
        for value in row.value.split(",") if row.name == "EXDATE" else [row.value]:
            check_time(row, value, kind, zones)
    elif kind == "INTEGER":
        assert re.fullmatch(r"\d+", row.value) and int(row.value) < 2**31, row
    elif kind == "GEO":
        latitude, longitude = (float(part) for part in row.value.split(";"))
        assert -90 <= latitude <= 90 and -180 <= longitude <= 180
    elif kind == "CAL-ADDRESS":
        assert re.fullmatch(r"(?i:mailto):[^@\s;,]+@[^@\s;,]+", row.value), row
    elif kind == "UTC-OFFSET":
        assert re.fullmatch(r"[+-]\d{4}(\d\d)?", row.value), row
    elif kind == "RECUR":
        check_rule(row.value)


def check_time(row: Property, value: str, kind: str, zones: set[str]) -> None:
    if kind == "DATE":
        assert DATE.fullmatch(value) and "TZID" not in row.parameters, row
        datetime.strptime(value, "%Y%m%d")
        return
    assert (UTC if kind == "UTC" else re.compile(f"{UTC.pattern}|{LOCAL.pattern}")).fullmatch(value), row
    datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")
    if value.endswith("Z"):
        assert "TZID" not in row.parameters, f"UTC with a TZID: {row}"
    elif "TZID" in row.parameters:
        assert row.parameters["TZID"] in zones, f"no VTIMEZONE for {row.parameters['TZID']}"
    else:
        assert row.name == "DTSTART" and value.startswith("1970"), f"a floating time: {row}"  # of a time zone's rule alone


def check_rule(rule: str) -> None:
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    assert len(parts) == len(rule.split(";")) and parts["FREQ"] == "WEEKLY", rule
    assert not {"UNTIL", "COUNT"} <= parts.keys() and parts.keys() <= {"FREQ", "UNTIL", "COUNT", "INTERVAL", "BYDAY", "WKST"}, rule
    assert all(day in ("MO", "TU", "WE", "TH", "FR", "SA", "SU") for day in parts.get("BYDAY", "MO").split(",")), rule
    assert int(parts.get("INTERVAL", "1")) > 0, rule


def kind_of(row: Property) -> str:
    """date, utc, or the time zone."""
    if row.parameters.get("VALUE") == "DATE":
        return "date"
    return "utc" if row.value.endswith("Z") else row.parameters.get("TZID", "")


def check_event(event: Component, method: str) -> None:
    starts, ends = event.get("DTSTART"), event.get("DTEND")
    assert starts is not None
    if ends is not None:
        assert (kind_of(starts) == "date") == (kind_of(ends) == "date"), "DTSTART and DTEND of different types"
        assert kind_of(starts) != kind_of(ends) or starts.value < ends.value, f"ends before it begins: {starts} {ends}"
    check_recurrence(event, starts)
    assert event.value("TRANSP") in ("", "OPAQUE", "TRANSPARENT")
    status = event.value("STATUS")
    assert status in STATUSES.get(method, {"TENTATIVE", "CONFIRMED", "CANCELLED"}), f"{status} in {method}"
    check_people(event, method)
    meeting = event.get("CONFERENCE")
    assert meeting is None or meeting.value in unescape(event.value("DESCRIPTION")), "CONFERENCE is not in DESCRIPTION"
    assert "\n" not in unescape(event.value("LOCATION")), "LOCATION on several lines"


def check_recurrence(event: Component, starts: Property) -> None:
    rule = event.value("RRULE")
    until = re.search(r"UNTIL=([^;]+)", rule)
    if until:
        wanted = DATE if kind_of(starts) == "date" else UTC
        assert wanted.fullmatch(until[1]), f"UNTIL must be {'a date' if wanted is DATE else 'UTC'}: {rule}"
    for row in event.all("EXDATE"):
        assert rule and kind_of(row) == kind_of(starts), f"EXDATE of another type: {row}"
    replaces = event.get("RECURRENCE-ID")
    assert replaces is None or (not rule and (kind_of(replaces) == "date") == (kind_of(starts) == "date")), "RECURRENCE-ID beside RRULE, or of another type"


def check_people(event: Component, method: str) -> None:
    """RFC 5546 §3.2: who may stand in which message."""
    attendees = event.all("ATTENDEE")
    assert event.get("ORGANIZER"), f"{method} without ORGANIZER"
    assert method != "PUBLISH" or not attendees, "PUBLISH invites nobody"
    assert method != "REQUEST" or attendees, "REQUEST invites somebody"
    assert all(row.parameters.get("PARTSTAT", "NEEDS-ACTION") in PARTSTATS for row in attendees)
    assert all(row.parameters.get("RSVP", "FALSE") in ("TRUE", "FALSE") for row in attendees)


def check_identities(events: list[Component], method: str) -> None:
    keys = Counter((event.value("UID"), event.value("RECURRENCE-ID")) for event in events)
    assert all(number == 1 for number in keys.values()), f"twice: {[key for key, number in keys.items() if number > 1]}"
    assert method not in ("REQUEST", "CANCEL") or len({event.value("UID") for event in events}) == 1, "a message is about one event"
    masters = {event.value("UID"): event for event in events if not event.get("RECURRENCE-ID")}
    for event in events:
        replaces = event.get("RECURRENCE-ID")
        if replaces is None:
            continue
        master = masters.get(event.value("UID"))
        assert master and master.value("RRULE"), "an exception without what it is an exception of"
        starts = master.get("DTSTART")
        assert starts and kind_of(starts) == kind_of(replaces), "RECURRENCE-ID unlike the DTSTART of its master"
        assert replaces.value not in master.value("EXDATE").split(","), "an exception on a day that is taken out"


def unescape(text: str) -> str:
    return re.sub(r"\\([\\;,nN])", lambda match: "\n" if match[1] in "nN" else match[1], text)
