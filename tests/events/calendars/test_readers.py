"""Every reader understands the same, and every byte keeps the rules."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from events.calendars.vcalendar import CalendarFacts, calendar_bytes
from events.calendars.vevent import EventFacts, vevent_bytes
from tests.cast import at
from tests.events.calendars.readers import READERS, Seen, by_icalendar, valid_lines

STAMP = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)


def facts(number: int = 0, **fields: Any) -> EventFacts:
    defaults: dict[str, Any] = {
        "uid": f"item-{number}@jjj-exchange",
        "sequence": 0,
        "changed_at": STAMP,
        "starts": at("2026-12-14 09:00"),
        "ends": at("2026-12-14 11:30"),
        "summary": "校园管理观摩",
        "status": "CONFIRMED",
    }
    return EventFacts(**(defaults | fields))


def calendar(*events: EventFacts) -> bytes:
    return calendar_bytes(CalendarFacts("赴无锡学访"), [vevent_bytes(event) for event in events])


TIMES = {
    "an ordinary morning": (at("2026-12-14 09:00"), at("2026-12-14 11:30"), "2026-12-14T01:00:00Z", "2026-12-14T03:30:00Z"),
    "one minute before midnight": (at("2026-12-14 23:59"), at("2026-12-15 00:00"), "2026-12-14T15:59:00Z", "2026-12-14T16:00:00Z"),
    "over the year's end": (at("2026-12-31 23:30"), at("2027-01-01 00:30"), "2026-12-31T15:30:00Z", "2026-12-31T16:30:00Z"),
    "three days": (at("2026-12-14 09:00"), at("2026-12-17 09:00"), "2026-12-14T01:00:00Z", "2026-12-17T01:00:00Z"),
    "a leap day": (at("2028-02-29 08:00"), at("2028-02-29 09:00"), "2028-02-29T00:00:00Z", "2028-02-29T01:00:00Z"),
    "summer time of 1988": (at("1988-07-01 09:00"), at("1988-07-01 10:00"), "1988-07-01T00:00:00Z", "1988-07-01T01:00:00Z"),
    "into summer time of 1986": (at("1986-05-03 23:30"), at("1986-05-04 04:00"), "1986-05-03T15:30:00Z", "1986-05-03T19:00:00Z"),
    "winter of 1989": (at("1989-12-01 09:00"), at("1989-12-01 10:00"), "1989-12-01T01:00:00Z", "1989-12-01T02:00:00Z"),
    "a whole day": (date(2026, 12, 14), date(2026, 12, 15), "2026-12-14", "2026-12-15"),
    "five whole days over the year's end": (date(2026, 12, 29), date(2027, 1, 3), "2026-12-29", "2027-01-03"),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", TIMES)
def test_readers_agree_on_times(name: str, reader: str) -> None:
    starts, ends, utc_start, utc_end = TIMES[name]
    body = calendar(facts(starts=starts, ends=ends))
    assert READERS[reader](body) == [Seen("item-0@jjj-exchange", utc_start, utc_end, "CONFIRMED", "校园管理观摩")]
    valid_lines(body)


TITLES = [
    "讲座，讨论；总结",
    "a, b; c: d = e \\ f \"g\" 'h'",
    "第一行\n第二行",
    "标题\r\nBEGIN:VEVENT\r\nUID:forged\r\nEND:VEVENT",
    "标题\u2028BEGIN:VEVENT\u2029x\x85y",
    "END:VCALENDAR",
    "\\, \\; \\\\",
    "C:\\New\\Next",
    "👨‍👩‍👧‍👦合唱🎵" * 20,
    "𬍛㛃䶮𫖯𠀀" * 30,
    "é̀ combining",
    "\u202e右到左\u200b零宽",
    "\ufeff开头",
    "a" * 74 + "长" * 100,
    "，" * 300,
    "   前后空格   ",
    "%s %(x)s {{ x }} <b>",
    "\x00\x01\x07坏\x1b字\x7f符\x9f",
    "\ud800孤\udfff",
    "=HYPERLINK(1)",
]


def expected_title(title: str) -> str:
    """One line, clean: written out again, so that the test does not repeat the code's way."""
    for end in ("\r\n", "\r", "\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"):
        title = title.replace(end, " ")
    kept = [char for char in title if not (ord(char) < 32 or 0x7F <= ord(char) <= 0x9F or 0xD800 <= ord(char) <= 0xDFFF or char == "\ufeff")]
    return " ".join("".join(kept).split())


@pytest.mark.parametrize("title", TITLES)
def test_hostile_titles_stay_one_property(title: str) -> None:
    body = calendar(facts(summary=title, description=title, location=title, categories=(title,), meeting_label=title, meeting_url="https://m.example/1"))
    lines = valid_lines(body)
    assert [line for line in lines if line.startswith(("BEGIN", "END"))] == [
        "BEGIN:VCALENDAR",
        "BEGIN:VTIMEZONE",
        "BEGIN:STANDARD",
        "END:STANDARD",
        "END:VTIMEZONE",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    assert sum(line.startswith("UID") for line in lines) == 1
    escaped = expected_title(title).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    assert f"SUMMARY:{escaped}" in lines


@pytest.mark.parametrize("reader", READERS)
def test_readers_give_hostile_titles_back(reader: str) -> None:
    body = calendar(*(facts(number, summary=title) for number, title in enumerate(TITLES)))
    read = {int(seen.uid.split("@")[0].removeprefix("item-")): seen.summary for seen in READERS[reader](body)}
    assert read == {number: expected_title(title) for number, title in enumerate(TITLES)}


def test_event_has_every_property_once() -> None:
    body = calendar(
        facts(
            sequence=3,
            location="太湖云帆中学\n东门",
            position=(31.4912, 120.3119),
            description="第1组\n请带书",
            url="https://example.cn/programs/1/",
            categories=("讲座", "a,b"),
            organiser=('天津"市"教委', "office@example.cn"),
            meeting_url="https://meeting.example.cn/j/1?pwd=2",
            meeting_label="线上会议",
        )
    )
    lines = valid_lines(body)
    event = lines[lines.index("BEGIN:VEVENT") + 1 : lines.index("END:VEVENT")]
    assert sorted(event) == sorted(
        [
            "UID:item-0@jjj-exchange",
            "SEQUENCE:3",
            "DTSTAMP:20261124T010203Z",
            "LAST-MODIFIED:20261124T010203Z",
            "DTSTART;TZID=Asia/Shanghai:20261214T090000",
            "DTEND;TZID=Asia/Shanghai:20261214T113000",
            "SUMMARY:校园管理观摩",
            "STATUS:CONFIRMED",
            "TRANSP:OPAQUE",
            "LOCATION:太湖云帆中学 东门",
            "GEO:31.4912;120.3119",
            "DESCRIPTION:第1组\\n请带书",
            "URL:https://example.cn/programs/1/",
            "CATEGORIES:讲座,a\\,b",
            "ORGANIZER;CN=天津”市”教委:mailto:office@example.cn",
            "CONFERENCE;FEATURE=VIDEO;LABEL=线上会议;VALUE=URI:https://meeting.example.cn/j/1?pwd=2",
        ]
    )


def test_calendar_head_is_exact_and_the_timezone_static() -> None:
    lines = valid_lines(calendar_bytes(CalendarFacts("学访；冬", "三地\n同行", "https://example.cn/programs/1/"), []))
    assert sorted(lines[1 : lines.index("BEGIN:VTIMEZONE")]) == sorted(
        [
            "VERSION:2.0",
            "PRODID:-//Jing-Jin-Ji Education Exchange//Itineraries//ZH",
            "METHOD:PUBLISH",
            "NAME:学访；冬",
            "X-WR-CALNAME:学访；冬",
            "DESCRIPTION:三地 同行",
            "URL:https://example.cn/programs/1/",
            "COLOR:steelblue",
            "X-WR-TIMEZONE:Asia/Shanghai",
            "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
            "X-PUBLISHED-TTL:PT15M",
        ]
    )
    assert lines[lines.index("BEGIN:VTIMEZONE") : lines.index("END:VTIMEZONE")] == [
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Shanghai",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZNAME:CST",
        "TZOFFSETFROM:+0800",
        "TZOFFSETTO:+0800",
        "END:STANDARD",
    ]
    assert lines[-1] == "END:VCALENDAR"


@pytest.mark.parametrize("reader", READERS)
def test_an_empty_calendar_is_valid(reader: str) -> None:
    assert READERS[reader](calendar()) == []


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://a b", 'https://a"b', "https://例子", "ftp://x", "https://x\nATTACH:y"])
def test_an_address_that_is_no_uri_is_left_out(address: str) -> None:
    lines = valid_lines(calendar(facts(url=address, meeting_url=address)))
    assert not [line for line in lines if line.startswith(("URL", "CONFERENCE", "ATTACH"))]


def test_a_cancelled_event_leaves_the_time_free() -> None:
    assert "TRANSP:TRANSPARENT" in valid_lines(calendar(facts(status="CANCELLED")))


def test_bytes_do_not_depend_on_the_others() -> None:
    """So that an event's bytes can be kept and put into any calendar."""
    events = [
        facts(number, starts=at("2026-12-14 09:00") + timedelta(hours=number), ends=at("2026-12-14 10:00") + timedelta(hours=number)) for number in range(3)
    ]
    kept = [vevent_bytes(event) for event in events]
    assert calendar(*events) == calendar_bytes(CalendarFacts("赴无锡学访"), kept)
    assert len(by_icalendar(calendar(*events))) == 3
