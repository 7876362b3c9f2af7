"""Four independent readers of a calendar, and a validator of its bytes. Each gives the same plain occurrences."""

import ctypes
import ctypes.util
import json
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import icalendar
import pytest
import vobject
from dateutil.rrule import rrulestr

NODE = Path(__file__).resolve().parents[2] / "node"


@dataclass(frozen=True, order=True)
class Seen:
    """What a reader understood of one event: times in UTC as 2026-12-14T01:00:00Z, or dates."""

    uid: str
    starts: str
    ends: str
    status: str
    summary: str


def plain(value: date | datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value.isoformat()


@dataclass(frozen=True)
class Read:
    """One VEVENT as a reader gives it; `starts` are those of all its occurrences, `replaces` the one whose place it takes."""

    uid: str
    first: date | datetime
    last: date | datetime
    status: str
    summary: str
    starts: tuple[date | datetime, ...]
    replaces: date | datetime | None = None


def occurrences(events: Iterable[Read]) -> list[Seen]:
    """Exceptions take the place of what they replace (RFC 5545 §3.8.4.4)."""
    rows = list(events)
    taken = {(row.uid, plain(row.replaces)) for row in rows if row.replaces}
    found = []
    for row in rows:
        for start in row.starts if row.replaces is None else (row.first,):
            if row.replaces is not None or (row.uid, plain(start)) not in taken:
                found.append(Seen(row.uid, plain(start), plain(end_of(row, start)), row.status, row.summary))
    return sorted(found)


def end_of(row: Read, start: date | datetime) -> date | datetime:
    """In UTC, because adding to a local time keeps the wall clock when summer time begins in between."""
    if isinstance(start, datetime) and isinstance(row.first, datetime) and isinstance(row.last, datetime):
        return start.astimezone(UTC) + (row.last.astimezone(UTC) - row.first.astimezone(UTC))
    return start + (row.last - row.first)


def by_icalendar(body: bytes) -> list[Seen]:
    return occurrences(_by_icalendar(event) for event in icalendar.Calendar.from_ical(body).walk("VEVENT"))


def _by_icalendar(event: Any) -> Read:
    first, starts = event.decoded("DTSTART"), (event.decoded("DTSTART"),)
    if "RRULE" in event:
        out = event.get("EXDATE", [])
        left_out = {row.dt for part in (out if isinstance(out, list) else [out]) for row in part.dts}
        rule = rrulestr(event["RRULE"].to_ical().decode(), dtstart=first)
        starts = tuple(start for start in rule if start not in left_out)
    replaces = event.decoded("RECURRENCE-ID") if "RECURRENCE-ID" in event else None
    return Read(str(event["UID"]), first, event.decoded("DTEND"), str(event["STATUS"]), str(event["SUMMARY"]), starts, replaces)


def by_vobject(body: bytes) -> list[Seen]:
    return occurrences(_by_vobject(event) for event in vobject.readOne(body.decode()).contents.get("vevent", []))


def _by_vobject(event: Any) -> Read:
    rules = event.getrruleset()
    starts = tuple(rules) if rules is not None else (event.dtstart.value,)
    replaces = event.recurrence_id.value if "recurrence-id" in event.contents else None
    return Read(event.uid.value, event.dtstart.value, event.dtend.value, event.status.value, event.summary.value, starts, replaces)


def by_ical_js(body: bytes) -> list[Seen]:
    node = shutil.which("node")
    if node is None or not (NODE / "node_modules" / "ical.js").exists():
        pytest.skip("LEFT OUT: ical.js does not read the calendars (needs node, and: npm ci --prefix tests/node)")
    done = subprocess.run([node, str(NODE / "read_ics.mjs")], input=body, capture_output=True, timeout=60, check=True)
    return sorted(Seen(**row) for row in json.loads(done.stdout))


class _Time(ctypes.Structure):
    """struct icaltimetype of libical 3."""

    _fields_ = [(name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second", "is_date", "is_daylight")] + [("zone", ctypes.c_void_p)]


class _Span(ctypes.Structure):
    """struct icaltime_span of libical 3."""

    _fields_ = [("start", ctypes.c_long), ("end", ctypes.c_long), ("is_busy", ctypes.c_int)]


_EACH = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(_Span), ctypes.c_void_p)

LIBICAL: dict[str, tuple[Any, list[Any]]] = {
    "icalparser_parse_string": (ctypes.c_void_p, [ctypes.c_char_p]),
    "icalcomponent_get_first_component": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]),
    "icalcomponent_get_next_component": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]),
    "icalcomponent_get_dtstart": (_Time, [ctypes.c_void_p]),
    "icalcomponent_get_dtend": (_Time, [ctypes.c_void_p]),
    "icalcomponent_get_uid": (ctypes.c_char_p, [ctypes.c_void_p]),
    "icalcomponent_get_summary": (ctypes.c_char_p, [ctypes.c_void_p]),
    "icalcomponent_get_status": (ctypes.c_int, [ctypes.c_void_p]),
    "icalcomponent_count_errors": (ctypes.c_int, [ctypes.c_void_p]),
    "icalcomponent_string_to_kind": (ctypes.c_int, [ctypes.c_char_p]),
    "icalproperty_status_to_string": (ctypes.c_char_p, [ctypes.c_int]),
    "icaltime_as_timet_with_zone": (ctypes.c_long, [_Time, ctypes.c_void_p]),
    "icalcomponent_foreach_recurrence": (None, [ctypes.c_void_p, _Time, _Time, _EACH, ctypes.c_void_p]),
    "icalproperty_get_datetime_with_component": (_Time, [ctypes.c_void_p, ctypes.c_void_p]),
    "icalcomponent_get_first_property": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]),
    "icalproperty_string_to_kind": (ctypes.c_int, [ctypes.c_char_p]),
    "icaltime_from_string": (_Time, [ctypes.c_char_p]),
    "icalcomponent_free": (None, [ctypes.c_void_p]),
}


def libical() -> Any:
    name = ctypes.util.find_library("ical")
    if name is None:
        for path in ("libical.so.3", "libical.so.4"):
            try:
                library = ctypes.CDLL(path)
                break
            except OSError:
                continue
        else:
            pytest.skip("LEFT OUT: libical does not read the calendars (needs the package libical3)")
    else:
        library = ctypes.CDLL(name)
    for function, (result, arguments) in LIBICAL.items():
        getattr(library, function).restype, getattr(library, function).argtypes = result, arguments
    return library


def by_libical(body: bytes) -> list[Seen]:
    library = libical()
    calendar = library.icalparser_parse_string(body)
    assert calendar, "libical reads no calendar"
    assert library.icalcomponent_count_errors(calendar) == 0
    kind = library.icalcomponent_string_to_kind(b"VEVENT")
    found = []
    event = library.icalcomponent_get_first_component(calendar, kind)
    while event:
        found.append(_by_libical(library, event))
        event = library.icalcomponent_get_next_component(calendar, kind)
    library.icalcomponent_free(calendar)
    return occurrences(found)


def _by_libical(library: Any, event: int) -> Read:
    first, last = (_libical_time(library, read(event)) for read in (library.icalcomponent_get_dtstart, library.icalcomponent_get_dtend))
    status = library.icalproperty_status_to_string(library.icalcomponent_get_status(event)).decode()
    rule, instead = (library.icalcomponent_get_first_property(event, library.icalproperty_string_to_kind(name)) for name in (b"RRULE", b"RECURRENCE-ID"))
    replaces = _libical_time(library, library.icalproperty_get_datetime_with_component(instead, event)) if instead else None
    starts = _libical_starts(library, event) if rule else (first,)
    return Read(library.icalcomponent_get_uid(event).decode(), first, last, status, library.icalcomponent_get_summary(event).decode(), starts, replaces)


def _libical_starts(library: Any, event: int) -> tuple[datetime, ...]:
    found: list[datetime] = []
    note = _EACH(lambda _event, span, _data: found.append(datetime.fromtimestamp(span.contents.start, UTC)))
    library.icalcomponent_foreach_recurrence(
        event, library.icaltime_from_string(b"19800101T000000Z"), library.icaltime_from_string(b"20400101T000000Z"), note, None
    )
    return tuple(found)


def _libical_time(library: Any, value: _Time) -> date | datetime:
    if value.is_date:
        return date(value.year, value.month, value.day)
    return datetime.fromtimestamp(library.icaltime_as_timet_with_zone(value, value.zone), UTC)


READERS: dict[str, Callable[[bytes], list[Seen]]] = {"icalendar": by_icalendar, "vobject": by_vobject, "ical.js": by_ical_js, "libical": by_libical}


# Bytes -----------------------------------------------------------------------------------------------------------------


def valid_lines(body: bytes) -> list[str]:
    """The unfolded lines of a calendar whose bytes keep RFC 5545 §3.1; assertion errors name what does not."""
    assert body.endswith(b"\r\n")
    raw = body.removesuffix(b"\r\n").split(b"\r\n")
    lines: list[str] = []
    for line in raw:
        assert b"\n" not in line and b"\r" not in line, f"a bare line break: {line!r}"
        assert len(line) <= 75, f"{len(line)} octets: {line!r}"
        text = line.decode()  # raises where a character is split
        assert not any((ord(char) < 32 and char != "\t") or 0x7F <= ord(char) <= 0x9F for char in text), line
        if text.startswith((" ", "\t")):
            lines[-1] += text[1:]
        else:
            lines.append(text)
    _check_nesting(lines)
    return lines


def _check_nesting(lines: list[str]) -> None:
    stack: list[str] = []
    for line in lines:
        assert ":" in line, f"no value: {line!r}"
        name, value = line.split(":", 1)
        if name == "BEGIN":
            stack.append(value)
        elif name == "END":
            assert stack.pop() == value
        assert stack or line == "END:VCALENDAR"
    assert not stack
