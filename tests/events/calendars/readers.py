"""Four independent readers of a calendar, and a validator of its bytes. Each gives the same plain occurrences."""

import ctypes
import ctypes.util
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import icalendar
import pytest
import vobject

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


def by_icalendar(body: bytes) -> list[Seen]:
    calendar = icalendar.Calendar.from_ical(body)
    return sorted(
        Seen(str(event["UID"]), plain(event.decoded("DTSTART")), plain(event.decoded("DTEND")), str(event["STATUS"]), str(event["SUMMARY"]))
        for event in calendar.walk("VEVENT")
    )


def by_vobject(body: bytes) -> list[Seen]:
    calendar = vobject.readOne(body.decode())
    return sorted(
        Seen(event.uid.value, plain(event.dtstart.value), plain(event.dtend.value), event.status.value, event.summary.value)
        for event in calendar.contents.get("vevent", [])
    )


def by_ical_js(body: bytes) -> list[Seen]:
    node = shutil.which("node")
    if node is None or not (NODE / "node_modules" / "ical.js").exists():
        pytest.skip("LEFT OUT: ical.js does not read the calendars (needs node, and: npm ci --prefix tests/node)")
    done = subprocess.run([node, str(NODE / "read_ics.mjs")], input=body, capture_output=True, timeout=60, check=True)
    return sorted(Seen(**row) for row in json.loads(done.stdout))


class _Time(ctypes.Structure):
    """struct icaltimetype of libical 3."""

    _fields_ = [(name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second", "is_date", "is_daylight")] + [("zone", ctypes.c_void_p)]


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
    seen = []
    event = library.icalcomponent_get_first_component(calendar, kind)
    while event:
        seen.append(_by_libical(library, event))
        event = library.icalcomponent_get_next_component(calendar, kind)
    library.icalcomponent_free(calendar)
    return sorted(seen)


def _by_libical(library: Any, event: int) -> Seen:
    starts, ends = (_libical_time(library, read(event)) for read in (library.icalcomponent_get_dtstart, library.icalcomponent_get_dtend))
    status = library.icalproperty_status_to_string(library.icalcomponent_get_status(event)).decode()
    return Seen(library.icalcomponent_get_uid(event).decode(), starts, ends, status, library.icalcomponent_get_summary(event).decode())


def _libical_time(library: Any, value: _Time) -> str:
    if value.is_date:
        return date(value.year, value.month, value.day).isoformat()
    return plain(datetime.fromtimestamp(library.icaltime_as_timet_with_zone(value, value.zone), UTC))


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
