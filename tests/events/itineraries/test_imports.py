"""Reading calendar files: what becomes of events, what is left out, what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from events.calendars.reading import read_calendar
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
        vevent(RRULE="FREQ=SECONDLY"),
        vevent(starts="DTSTART;VALUE=DATE:20261214", DTEND=""),
        vevent(starts="DTSTART:00010101T000000Z"),
        vevent(starts="DTSTART:20261214T110000"),
        vevent(starts="DTSTART:nonsense"),
        vevent(DTEND=""),
    ],
)
def test_what_is_left_out(event: str) -> None:
    events, skipped = read_calendar(calendar(event, vevent("z@x", "好")))
    assert ([row.title for row in events], len(skipped)) == (["好"], 1)


@pytest.mark.parametrize(("starts", "utc"), [("DTSTART:20261214T010000Z", 1), ("DTSTART:20261214T090000", 1), ("DTSTART;TZID=Nowhere/Land:20261214T090000", 1)])
def test_times_without_a_known_zone_are_beijing_times(starts: str, utc: int) -> None:
    (event,), _skipped = read_calendar(calendar(vevent(starts=starts, DTEND="", DURATION="PT1H30M")))
    assert (event.starts_at, event.ends_at) == (NINE, NINE + timedelta(minutes=90))


def test_hostile_text_is_cleaned() -> None:
    (event,), _skipped = read_calendar(calendar(vevent(title="甲\x07\\nBEGIN:VEVENT" + "长" * 300, CONFERENCE="javascript:alert(1)", DESCRIPTION="a\\nb\x1b")))
    assert (event.title[:14], len(event.title), event.meeting_url, event.description) == ("甲 BEGIN:VEVENT", 120, "", "a\nb")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_calendar"),
        (b"/etc/passwd", "no_calendar"),
        (b"\xff\xfe\x00", "no_calendar"),
        (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", "no_calendar"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 1900, "no_calendar"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 2100, "too_large"),
        (b"x" * 1_000_001, "too_large"),
        (b"BEGIN:VEVENT\r\n" * 501, "too_large"),
        (b"A:1\r\n" * 30_001, "too_large"),
    ],
)
def test_what_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        read_calendar(data)
    assert (refusal.value.code, refusal.value.field) == (code, "file")


def test_the_page(cast: Cast, draft: Program, sign_in: Any) -> None:
    address, client = f"/desk/programs/{draft.pk}/itinerary/import/", sign_in(cast.organiser)

    def send(data: bytes) -> Any:
        return client.post(address, {"file": SimpleUploadedFile("x.ics", data)}, follow=True)

    assert 'enctype="multipart/form-data"' in client.get(address).content.decode()
    page = send(calendar(vevent(), vevent("b@x", "每周", RRULE="FREQ=WEEKLY"))).content.decode()
    assert "新增1项，更新0项" in page and "1个事件没有导入：每周" in page
    assert [send(data).status_code for data in (b"nonsense", b"", b"x" * 1_000_001)] == [422] * 3
    assert client.post(address, {}).status_code == 422
    assert sign_in(cast.outsider).post(address, {}).status_code == 404
