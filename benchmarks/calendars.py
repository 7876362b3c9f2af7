"""What a calendar costs, measured in one interleaved run: `python benchmarks/calendars.py [ITEMS]`.

Three ways to serialise the same items: text written by hand, events kept from their last change (ours), and icalendar each time.
Then whole requests over the test client: 200, and 304 for an unchanged calendar. SQLite in memory; nothing is left behind.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 15
SUBSCRIBERS, SECONDS = 10_000, 3600


def set_up() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ.update(DATABASE_URL="sqlite://:memory:", DJANGO_SETTINGS_MODULE="exchange.settings", TASKS_BACKEND="immediate", DEBUG="False")
    os.environ.setdefault("SECRET_KEY", "benchmark-" * 8)
    import django
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    django.setup()
    setup_test_environment()
    call_command("migrate", verbosity=0)


def make_feed(count: int) -> tuple[Any, str]:
    """A person in a program of `count` items over ten days, and the address of the person's calendar."""
    from events.itineraries.models import ItineraryItem
    from participants.people.rules import link_token
    from tests.cast import at, make_cast, make_delegation, make_group, make_person, make_program, make_registration, make_venue

    cast = make_cast()
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen)
    group, venue = make_group(program, 1), make_venue(cast, latitude="31.491200", longitude="120.311900")
    person = make_person(cast, cast.school_a, "欧阳若川")
    make_registration(cast, program, person, "confirmed", group=group)
    first = at("2026-12-14 08:00")
    ItineraryItem.objects.bulk_create(
        ItineraryItem(
            program=program,
            title_zh=f"校园管理观摩与座谈，第{number}场；分享",
            starts_at=first + timedelta(minutes=15 * number),
            ends_at=first + timedelta(minutes=15 * number + 45),
            venue=venue,
            location="东门",
            host_organisation=cast.host,
            responsible="沈老师",
            description="请带书，并提前十分钟到达。\n集合后统一乘车前往。",
            item_type="visit",
        )
        for number in range(count)
    )
    for item in program.items.all()[::2]:
        item.groups.set([group])
    return program, f"/calendars/{link_token(person)}.ics"


def fold(line: str) -> str:
    """RFC 5545 §3.1, never inside a character."""
    if len(line.encode()) <= 75:
        return line
    parts, size = [""], 0
    for char in line:
        width = len(char.encode())
        if size + width > 74:
            parts.append("")
            size = 0
        parts[-1] += char
        size += width
    return "\r\n ".join(parts)


def escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def by_hand(items: list[Any]) -> bytes:
    """The same properties as text, the way one writes them without a library."""
    from events.calendars.items import item_facts
    from events.calendars.vevent import SHANGHAI

    lines: list[str] = []
    for item in items:
        facts = item_facts(item)
        stamp = facts.changed_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        lines += [
            "BEGIN:VEVENT",
            fold(f"SUMMARY:{escape(facts.summary)}"),
            f"DTSTART;TZID=Asia/Shanghai:{facts.starts.astimezone(SHANGHAI):%Y%m%dT%H%M%S}",
            f"DTEND;TZID=Asia/Shanghai:{facts.ends.astimezone(SHANGHAI):%Y%m%dT%H%M%S}",
            f"DTSTAMP:{stamp}",
            f"UID:{facts.uid}",
            f"SEQUENCE:{facts.sequence}",
            fold(f"CATEGORIES:{escape(facts.categories[0])}"),
            fold(f"DESCRIPTION:{escape(facts.description)}"),
            f"GEO:{facts.position[0]};{facts.position[1]}",
            f"LAST-MODIFIED:{stamp}",
            fold(f"LOCATION:{escape(facts.location)}"),
            fold(f"ORGANIZER;CN={facts.organiser[0]}:mailto:{facts.organiser[1]}"),
            f"STATUS:{facts.status}",
            "TRANSP:OPAQUE",
            fold(f"URL:{facts.url}"),
            "END:VEVENT",
        ]
    return ("\r\n".join(lines) + "\r\n").encode()


def interleaved(ways: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Median milliseconds of each way, the ways taking turns so that a busy machine slows them alike."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _round in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            taken[name].append((time.perf_counter() - start) * 1000)
    return {name: statistics.median(times) for name, times in taken.items()}


def serialising(program: Any) -> dict[str, float]:
    """From the database to the events' bytes; the library and the text begin with the same fetched rows."""
    from events.calendars.items import item_facts
    from events.calendars.kept import events_of
    from events.calendars.vevent import vevent_bytes
    from events.itineraries.models import ItineraryItem

    rows = ItineraryItem.objects.filter(program=program)
    fetched = lambda: list(rows.for_calendar())  # noqa: E731
    fresh = b"".join(vevent_bytes(item_facts(item)) for item in fetched())
    assert b"".join(events_of(rows)) == b"".join(events_of(rows)) == fresh, "kept events differ from fresh ones"
    assert by_hand(fetched()).replace(b"\r\n ", b"").count(b"\n") == fresh.replace(b"\r\n ", b"").count(b"\n"), "the text by hand leaves something out"
    return interleaved(
        {
            "by hand": lambda: by_hand(fetched()),
            "kept": lambda: b"".join(events_of(rows)),
            "icalendar each time": lambda: b"".join(vevent_bytes(item_facts(item)) for item in fetched()),
        }
    )


def requests(address: str) -> dict[str, float]:
    from django.test import Client

    client = Client()
    etag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    return interleaved({"200": lambda: client.get(address), "304": lambda: client.get(address, headers={"If-None-Match": etag})})


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    set_up()
    program, address = make_feed(count)
    from django.utils import translation

    with translation.override("zh-hans"):
        cost = serialising(program)
    answer = requests(address)
    load = SUBSCRIBERS / SECONDS * answer["304"] / 1000
    print(f"{count} items, medians of {ROUNDS} interleaved rounds, from the database to bytes")
    for name, spent in cost.items():
        print(f"  {name:<20} {spent:8.1f} ms   {spent / cost['by hand']:6.2f} x by hand")
    print(f"  icalendar each time / kept: {cost['icalendar each time'] / cost['kept']:.1f} x")
    print(f"  request 200 {answer['200']:.1f} ms, 304 {answer['304']:.2f} ms")
    print(
        f"  {SUBSCRIBERS} subscribers asking hourly, all unchanged: {load:.1%} of one core; one in ten changed: {load * 0.9 + SUBSCRIBERS / SECONDS * answer['200'] / 1e4:.1%}"
    )


if __name__ == "__main__":
    main()
