"""Reading calendar files: what becomes of events, what is left out, what is refused."""

import base64
import zlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from events.calendars.reading import ReadEvent, Skipped, Window, read_calendar
from events.itineraries import drafts, imports
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from exchange.transitions import RuleViolation
from tests.cast import Cast, at, make_group, make_item, make_program, make_venue

NINE = at("2026-12-14 09:00")


def vevent(uid: str = "a@x", title: str = "观摩", starts: str = "DTSTART;TZID=Asia/Shanghai:20261214T090000", **other: str) -> str:
    lines = {"DTEND": "DTEND;TZID=Asia/Shanghai:20261214T103000"} | {name: f"{name}:{value}" for name, value in other.items()}
    return "\r\n".join(
        ["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{title}", starts, *(line for line in lines.values() if not line.endswith(":")), "END:VEVENT", ""]
    )


def calendar(*events: str) -> bytes:
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + "".join(events) + "END:VCALENDAR\r\n").encode()


def read(cast: Cast, program: Program, *events: str) -> tuple[int, int, int]:
    done = imports.import_calendar(program=program, data=calendar(*events), by=cast.organiser, at=timezone.now())
    return done.added, done.changed, len(done.skipped)


def facts_of(data: bytes) -> tuple[list[ReadEvent], list[Skipped]]:
    found = read_calendar(data, Window(NINE.date(), NINE.date() + timedelta(days=4)))
    return found.events, found.skipped


@pytest.fixture
def draft(cast: Cast) -> Program:
    return make_program(cast, status="draft", starts_on=NINE.date())


def test_events_become_items_and_follow_the_file(cast: Cast, draft: Program) -> None:
    assert read(cast, draft, vevent(LOCATION="东门\\, 一层", DESCRIPTION="请带书"), vevent("b@x", "座谈")) == (2, 0, 0)
    item = draft.items.get(title_zh="观摩")
    assert (item.starts_at, item.ends_at, item.location, item.description) == (NINE, NINE + timedelta(minutes=90), "东门, 一层", "请带书")
    item.groups.add(make_group(draft))
    ItineraryItem.objects.filter(pk=item.pk).update(venue=make_venue(cast))
    assert read(cast, draft, vevent(LOCATION="东门\\, 一层", DESCRIPTION="请带书"), vevent("b@x", "座谈会")) == (0, 1, 0)
    assert read(cast, draft, vevent(STATUS="CANCELLED"), vevent("c@x", "没有过", STATUS="CANCELLED")) == (0, 1, 0)
    assert [(row.title_zh, row.status, row.groups.count()) for row in draft.items.all()] == [("观摩", "cancelled", 1), ("座谈会", "confirmed", 0)]
    assert read(cast, draft, vevent()) == (0, 0, 0)  # cancelled here: the file does not bring it back


def test_in_a_published_program_it_waits(cast: Cast) -> None:
    program = make_program(cast, starts_on=NINE.date())
    known = make_item(program, NINE, title="观摩")
    assert read(cast, program, vevent(known.uid, "观摩二"), vevent("b@x", "座谈")) == (1, 1, 0)
    assert [str(row) for row in drafts.pending(program)] == ["第1天 观摩 改名为“观摩二”", "第1天 座谈 新增，9:00—10:30"]
    assert read(cast, program, vevent(known.uid, "观摩二"), vevent("b@x", "座谈")) == (0, 0, 0)
    drafts.publish(program=program, by=cast.organiser, at=timezone.now())
    assert read(cast, program, vevent(known.uid, "观摩二"), vevent("b@x", "座谈", DESCRIPTION="新")) == (0, 1, 0)
    assert program.items.count() == 2


def test_a_foreign_item_is_never_touched(cast: Cast, draft: Program) -> None:
    foreign = make_item(make_program(cast, organiser=cast.outside), NINE, title="别人的")
    assert read(cast, draft, vevent(foreign.uid, "抢")) == (1, 0, 0)
    assert read(cast, draft, vevent(foreign.uid, "再抢")) == (0, 1, 0)
    foreign.refresh_from_db()
    assert (foreign.title_zh, draft.items.get().uid == foreign.uid) == ("别人的", False)


@pytest.mark.parametrize(
    "event",
    [
        vevent(title=""),
        vevent(uid=""),
        vevent(starts="DTSTART;VALUE=DATE:20261213", DTEND=""),
        vevent(starts="DTSTART;VALUE=DATE:20261214", DTEND="20270301"),
        vevent(starts="DTSTART;VALUE=DATE:00010101", DTEND=""),
        vevent(starts="DTSTART:00010101T000000Z"),
        vevent(starts="DTSTART:20261214T110000"),
        vevent(starts="DTSTART:nonsense"),
        vevent(DTEND=""),
    ],
)
def test_what_is_left_out(event: str) -> None:
    events, skipped = facts_of(calendar(event, vevent("z@x", "好")))
    assert ([row.title for row in events], len(skipped)) == (["好"], 1)


@pytest.mark.parametrize(("starts", "utc"), [("DTSTART:20261214T010000Z", 1), ("DTSTART:20261214T090000", 1), ("DTSTART;TZID=Nowhere/Land:20261214T090000", 1)])
def test_times_without_a_known_zone_are_beijing_times(starts: str, utc: int) -> None:
    (event,), _skipped = facts_of(calendar(vevent(starts=starts, DTEND="", DURATION="PT1H30M")))
    assert (event.starts_at, event.ends_at) == (NINE, NINE + timedelta(minutes=90))


def test_hostile_text_is_cleaned() -> None:
    (event,), _skipped = facts_of(calendar(vevent(title="甲\x07\\nBEGIN:VEVENT" + "长" * 300, CONFERENCE="javascript:alert(1)", DESCRIPTION="a\\nb\x1b")))
    assert (event.title[:14], len(event.title), event.meeting_url, event.description) == ("甲 BEGIN:VEVENT", 120, "", "a\nb")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_calendar"),
        (b"/etc/passwd", "no_calendar"),
        (b"\xff\xfe\x00", "no_calendar"),
        (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", "no_calendar"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 1900, "damaged"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 2100, "too_large"),
        (b"x" * 1_000_001, "too_large"),
        (b"BEGIN:VEVENT\r\n" * 501, "too_large"),
        (b"A:1\r\n" * 30_001, "too_large"),
    ],
)
def test_what_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        facts_of(data)
    assert (refusal.value.code, refusal.value.field) == (code, "file")


def test_the_page_shows_first_and_reads_on_the_second_click(cast: Cast, draft: Program, sign_in: Any) -> None:
    address, client = f"/desk/programs/{draft.pk}/itinerary/import/", sign_in(cast.organiser)

    def send(data: bytes) -> Any:
        return client.post(address, {"file": SimpleUploadedFile("x.ics", data)})

    assert 'enctype="multipart/form-data"' in client.get(address).content.decode()
    shown = send(calendar(vevent(), vevent("b@x", "每周", RRULE="FREQ=HOURLY")))
    page = shown.content.decode()
    assert (shown.status_code, draft.items.count()) == (200, 0)
    assert "观摩" in page and "1个事件没有导入：每周（每天重复不止一次）" in page and "添加勾选的日程" in page
    confirmed = {"kept": shown.context["form"].packed(), "confirm": shown.context["digest"], "take": shown.context["rows"][0].key}
    assert client.post(address, confirmed | {"confirm": "other"}).status_code == 200 and not draft.items.exists()
    done = client.post(address, confirmed, follow=True)
    assert "新增1项，更新0项" in done.content.decode() and draft.items.get().title_zh == "观摩"
    assert [send(data).status_code for data in (b"nonsense", b"", b"x" * 1_000_001)] == [422] * 3
    assert [client.post(address, {"kept": text}).status_code for text in ("", "~~~", "é", bomb())] == [422] * 4
    assert sign_in(cast.outsider).post(address, {}).status_code == 404


def bomb() -> str:
    """A packed file of 50 MB, which is never unpacked whole."""
    return base64.b85encode(zlib.compress(b"BEGIN:VCALENDAR" + b" " * 50_000_000)).decode()


def test_undoing_takes_back_what_was_read(cast: Cast, draft: Program, sign_in: Any) -> None:
    assert read(cast, draft, vevent(), vevent("b@x", "座谈")) == (2, 0, 0)
    address, client = f"/desk/programs/{draft.pk}/itinerary/import/", sign_in(cast.organiser)
    file = calendar(vevent(title="观摩二", starts="DTSTART;TZID=Asia/Shanghai:20261214T093000"), vevent("b@x", "座谈"), vevent("c@x", "新的"))
    shown = client.post(address, {"file": SimpleUploadedFile("x.ics", file)})
    take = [row.key for row in shown.context["rows"] if row.key]
    client.post(address, {"kept": shown.context["form"].packed(), "confirm": shown.context["digest"], "take": take})
    assert sorted(draft.items.values_list("title_zh", flat=True)) == ["座谈", "新的", "观摩二"]
    step = client.session["itinerary_steps"][-1]["key"]
    client.post(f"/desk/programs/{draft.pk}/itinerary/undo/?step={step}")
    assert sorted(draft.items.values_list("title_zh", "starts_at")) == [("座谈", NINE), ("观摩", NINE)]


OUTLOOK = """BEGIN:VCALENDAR
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN
VERSION:2.0
METHOD:PUBLISH
X-MS-OLK-FORCEINSPECTOROPEN:TRUE
BEGIN:VTIMEZONE
TZID:China Standard Time
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0800
TZOFFSETTO:+0800
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
CLASS:PUBLIC
CREATED:20261101T021500Z
DESCRIPTION:请提前10分钟到场\\n
DTEND;TZID="China Standard Time":20261214T103000
DTSTAMP:20261101T021500Z
DTSTART;TZID="China Standard Time":20261214T090000
LAST-MODIFIED:20261101T021500Z
LOCATION:报告厅
PRIORITY:5
SEQUENCE:0
SUMMARY;LANGUAGE=zh-cn:开班仪式
TRANSP:OPAQUE
UID:040000008200E00074C5B7101A82E00800000000B0A1D2
 C3E4F5DA01000000000000000010000000AABBCCDD
X-ALT-DESC;FMTTYPE=text/html:<html><body>x</body></html>
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
BEGIN:VALARM
TRIGGER:-PT15M
ACTION:DISPLAY
DESCRIPTION:Reminder
END:VALARM
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n").encode()
APPLE = """BEGIN:VCALENDAR
CALSCALE:GREGORIAN
PRODID:-//Apple Inc.//macOS 15.1//EN
VERSION:2.0
X-APPLE-CALENDAR-COLOR:#1BADF8
X-WR-CALNAME:学访
BEGIN:VTIMEZONE
TZID:Asia/Shanghai
BEGIN:STANDARD
TZOFFSETFROM:+0900
RRULE:FREQ=YEARLY;UNTIL=19910914T170000Z;BYMONTH=9;BYDAY=3SU
DTSTART:19890917T020000
TZNAME:GMT+8
TZOFFSETTO:+0800
END:STANDARD
BEGIN:DAYLIGHT
TZOFFSETFROM:+0800
DTSTART:19910414T020000
TZNAME:GMT+8
TZOFFSETTO:+0900
RDATE:19910414T020000
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
TRANSP:OPAQUE
DTEND;TZID=Asia/Shanghai:20261214T103000
X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-APPLE-RADIUS=70;X-TITLE=太湖云帆
 中学:geo:31.491200,120.311900
UID:6B29FC40-CA47-1067-B31D-00DD010662DA
DTSTAMP:20261101T021500Z
LOCATION:太湖云帆中学\\n江苏省无锡市滨湖区
SEQUENCE:1
SUMMARY:开班仪式
LAST-MODIFIED:20261101T021500Z
CREATED:20261101T021000Z
DTSTART;TZID=Asia/Shanghai:20261214T090000
X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n").encode()


@pytest.mark.parametrize(("file", "place"), [(OUTLOOK, "报告厅"), (APPLE, "太湖云帆中学 江苏省无锡市滨湖区")])
def test_files_as_outlook_and_apple_write_them(cast: Cast, draft: Program, file: bytes, place: str) -> None:
    for added in (1, 0):  # the second time nothing is doubled
        done = imports.import_calendar(program=draft, data=file, by=cast.organiser, at=timezone.now())
        assert (done.added, done.changed, done.skipped) == (added, 0, [])
    item = draft.items.get()
    assert (item.title_zh, item.starts_at, item.ends_at, item.location) == ("开班仪式", NINE, NINE + timedelta(minutes=90), place)
