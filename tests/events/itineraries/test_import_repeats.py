"""Reading calendar files: repeating events and whole days, their exceptions, what follows a newer file, and hostile rules."""

import time
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from events.calendars import repeats
from events.calendars.reading import ReadEvent, Skipped, Window, read_calendar
from events.itineraries import drafts, imports, rules
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from exchange.transitions import RuleViolation
from tests.cast import Cast, at, make_program

MONDAY = date(2026, 12, 14)
WEEK = Window(MONDAY, MONDAY + timedelta(days=6))


def event(*lines: str, uid: str = "a@x", title: str = "晨读", starts: str = ";TZID=Asia/Shanghai:20261207T090000", lasts: str = "PT45M") -> str:
    rows = ["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{title}", f"DTSTART{starts}", *([f"DURATION:{lasts}"] if lasts else []), *lines, "END:VEVENT", ""]
    return "\r\n".join(rows)


def calendar(*events: str) -> bytes:
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + "".join(events) + "END:VCALENDAR\r\n").encode()


def facts(*events: str, window: Window = WEEK) -> tuple[list[ReadEvent], list[Skipped]]:
    found = read_calendar(calendar(*events), window)
    return found.events, found.skipped


def shown(*events: str, window: Window = WEEK) -> list[str]:
    """14 09:00 晨读."""
    rows = sorted(facts(*events, window=window)[0], key=lambda row: row.starts_at)
    return [f"{timezone.localtime(row.starts_at):%d %H:%M} {row.title}{' ×' if row.is_cancelled else ''}" for row in rows]


def exception(day: str, title: str = "晨读", starts: str = "", *lines: str) -> str:
    return event(f"RECURRENCE-ID;TZID=Asia/Shanghai:{day}T090000", *lines, title=title, starts=f";TZID=Asia/Shanghai:{starts or day + 'T090000'}")


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (["RRULE:FREQ=DAILY"], "14 15 16 17 18 19 20"),
        (["RRULE:FREQ=WEEKLY;BYDAY=TU,TH"], "15 17"),
        (["RRULE:FREQ=WEEKLY;INTERVAL=2"], ""),
        (["RRULE:FREQ=DAILY;COUNT=10"], "14 15 16"),
        (["RRULE:FREQ=DAILY;UNTIL=20261216T010000Z"], "14 15 16"),
        (["RRULE:FREQ=DAILY;UNTIL=20261215"], "14 15"),
        (["RRULE:FREQ=MONTHLY;BYDAY=3WE"], "16"),
        (["RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=18"], "18"),
        (["RRULE:FREQ=DAILY;COUNT=9", "EXDATE;TZID=Asia/Shanghai:20261214T090000"], "15"),
        (["RRULE:FREQ=DAILY;COUNT=9", "EXDATE:20261214T010000Z,20261215T010000Z"], ""),
        (["RRULE:FREQ=DAILY;COUNT=9", "EXDATE;VALUE=DATE:20261215"], "14"),
        (["RDATE;TZID=Asia/Shanghai:20261215T090000,20261217T090000"], "15 17"),
        (["RDATE;VALUE=PERIOD:20261218T010000Z/PT1H"], "18"),
        (["RRULE:FREQ=DAILY;COUNT=1000000000"], "14 15 16 17 18 19 20"),
    ],
)
def test_a_repeating_event_is_its_occurrences_on_the_days_of_the_program(lines: list[str], days: str) -> None:
    assert shown(event(*lines)) == [f"{day} 09:00 晨读" for day in days.split()]


def test_the_wall_time_of_the_events_zone_stays() -> None:
    berlin = event("RRULE:FREQ=WEEKLY", starts=";TZID=Europe/Berlin:20261019T090000")  # the clocks go back on 25 October
    assert shown(berlin, window=Window(date(2026, 10, 19), date(2026, 10, 31))) == ["19 15:00 晨读", "26 16:00 晨读"]


def test_exceptions_replace_move_and_cancel_occurrences() -> None:
    daily = event("RRULE:FREQ=DAILY;COUNT=11")  # to Thursday
    rows = [exception("20261214", "开卷"), exception("20261215", "晨读", "20261219T140000"), exception("20261216", "晨读", "", "STATUS:CANCELLED")]
    assert shown(daily, *rows) == ["14 09:00 开卷", "16 09:00 晨读 ×", "17 09:00 晨读", "19 14:00 晨读"]
    moved_in = exception("20261208", "补上", "20261214T160000")
    assert shown(moved_in, daily) == ["14 09:00 晨读", "14 16:00 补上", "15 09:00 晨读", "16 09:00 晨读", "17 09:00 晨读"]
    alone = exception("20261215", "只有这次")
    assert shown(alone) == ["15 09:00 只有这次"]
    utc = event("RECURRENCE-ID:20261214T010000Z", title="换了", starts=":20261214T020000Z")
    assert shown(daily, utc)[0] == "14 10:00 换了"
    (first, *_), skipped = facts(event("RECURRENCE-ID;RANGE=THISANDFUTURE:20261215T010000Z"), event(uid="b@x", starts=":20261214T010000Z"))
    assert (first.uid, [row.reason for row in skipped]) == ("b@x", ["改动了某一次之后的所有各次，无法读入"])


def test_an_exception_may_change_all_that_follows() -> None:
    daily, then = event("RRULE:FREQ=DAILY;COUNT=11"), "RECURRENCE-ID;RANGE=THISANDFUTURE:20261215T090000"
    later = event(then, title="晚读", starts=":20261215T103000")
    assert shown(daily, later) == ["14 09:00 晨读", "15 10:30 晚读", "16 10:30 晚读", "17 10:30 晚读"]
    single = exception("20261216", "开卷")
    assert shown(daily, later, single) == ["14 09:00 晨读", "15 10:30 晚读", "16 09:00 开卷", "17 10:30 晚读"]
    again = event("RECURRENCE-ID;RANGE=THISANDFUTURE:20261217T090000", "STATUS:CANCELLED", starts=":20261217T090000")
    assert shown(again, later, daily) == ["14 09:00 晨读", "15 10:30 晚读", "16 10:30 晚读", "17 09:00 晨读 ×"]
    next_day = event(then, title="次日", starts=":20261216T090000")
    rows, _skipped = facts(daily, next_day)
    assert sorted((f"{row.starts_at:%d}", f"{row.day:%d}") for row in rows) == [("14", "14"), ("16", "15"), ("17", "16"), ("18", "17")]
    days = event("RRULE:FREQ=DAILY;COUNT=4", title="研修", starts=";VALUE=DATE:20261214", lasts="")
    rest = event("RECURRENCE-ID;VALUE=DATE;RANGE=THISANDFUTURE:20261216", title="参观", starts=";VALUE=DATE:20261216", lasts="")
    assert [row[9:] for row in shown(days, rest)] == ["研修", "研修", "参观", "参观"]
    prior = event("RECURRENCE-ID;RANGE=THISANDPRIOR:20261215T090000", title="早")
    assert [row.reason for row in facts(daily, prior)[1]] == ["改动了某一次之后的所有各次，无法读入"]


def test_whole_days_are_items_at_the_hours_of_the_window() -> None:
    rows, _skipped = facts(event(title="入住", starts=";VALUE=DATE:20261219", lasts="P3D"))
    assert [(row.day, timezone.localtime(row.starts_at).hour, row.ends_at - row.starts_at, row.is_whole_day) for row in rows] == [
        (date(2026, 12, 19), 8, timedelta(hours=9), True),
        (date(2026, 12, 20), 8, timedelta(hours=9), True),
    ]
    assert len({row.uid for row in rows}) == 2
    assert shown(
        event("RRULE:FREQ=WEEKLY", "EXDATE;VALUE=DATE:20261221", starts=";VALUE=DATE:20261207", lasts=""), window=Window(MONDAY, date(2027, 1, 3))
    ) == [
        "14 08:30 晨读",
        "28 08:30 晨读",
    ]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("FREQ=SECONDLY", "每天重复不止一次"),
        ("FREQ=MINUTELY;COUNT=5", "每天重复不止一次"),
        ("FREQ=DAILY;BYHOUR=1,2,3", "每天重复不止一次"),
        ("FREQ=DAILY;INTERVAL=0", "重复规则无法识别"),
        ("FREQ=DAILY;INTERVAL=1000000000", "重复规则无法识别"),
        ("FREQ=DAILY;COUNT=0", "重复规则无法识别"),
        ("FREQ=DAILY;COUNT=-3", "重复规则无法识别"),
        ("FREQ=WEEKLY;BYSETPOS=0;BYDAY=MO", "重复规则无法识别"),
        ("FREQ=YEARLY;BYEASTER=0", "重复规则无法识别"),
        ("FREQ=DAILY;BYMONTHDAY=" + ",".join(map(str, range(1, 500))), "重复规则无法识别"),
        ("INTERVAL=2", "重复规则无法识别"),
        ("nonsense", "重复规则无法识别"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2", "不在活动的日期内"),
        ("FREQ=DAILY;UNTIL=19700101", "不在活动的日期内"),
    ],
)
def test_hostile_and_senseless_rules_are_left_out_at_once(rule: str, reason: str) -> None:
    before = time.process_time()
    rows, skipped = facts(event(f"RRULE:{rule}"), event(uid="z@x", title="好", starts=":20261214T010000Z"))
    assert ([row.title for row in rows], [row.title for row in skipped]) == (["好"], ["晨读"])
    assert reason in skipped[0].reason and time.process_time() - before < 1


@pytest.mark.parametrize("lines", [["EXDATE:nonsense"], ["RDATE:nonsense"], ["RECURRENCE-ID:nonsense"], ["RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"]])
def test_broken_dates_and_several_rules_are_left_out(lines: list[str]) -> None:
    rule = [] if "RRULE" in lines[0] or "RECURRENCE" in lines[0] else ["RRULE:FREQ=DAILY"]
    rows, skipped = facts(event(*rule, *lines))
    assert (rows, len(skipped)) == ([], 1)


def test_what_reaches_too_far_or_gives_too_much_is_refused() -> None:
    far = [event("RRULE:FREQ=DAILY", uid=f"{number}@x", starts=":19020101T010000Z") for number in range(10)]
    many = [event("RRULE:FREQ=DAILY", uid=f"{number}@x") for number in range(80)]
    for events, part in ((far, "太早"), (many, "超过500项")):
        before = time.process_time()
        with pytest.raises(RuleViolation) as refusal:
            facts(*events)
        assert (refusal.value.code, refusal.value.field, part in str(refusal.value.message)) == ("too_large", "file", True)
        assert time.process_time() - before < 4
    assert repeats.MOST_DAYS == 300_000


# Into the itinerary ---------------------------------------------------------------------------------------------------


@pytest.fixture
def draft(cast: Cast) -> Program:
    return make_program(cast, status="draft", starts_on=MONDAY, days=5)


def take(cast: Cast, program: Program, *events: str) -> tuple[int, int, int]:
    done = imports.import_calendar(program=program, data=calendar(*events), by=cast.organiser, at=timezone.now())
    return done.added, done.changed, len(done.skipped)


def plan(program: Program) -> list[str]:
    rows = ItineraryItem.planned.filter(program=program).as_planned().order_by("starts_at")
    return [f"{timezone.localtime(row.starts_at):%d %H:%M} {row.title_zh}{' ×' if row.is_cancelled else ''}" for row in rows]


def test_a_newer_file_changes_the_same_occurrences(cast: Cast, draft: Program) -> None:
    daily = event("RRULE:FREQ=DAILY;COUNT=10")
    assert take(cast, draft, daily) == (3, 0, 0)
    assert take(cast, draft, daily) == (0, 0, 0)
    later = event("RRULE:FREQ=DAILY;COUNT=10", starts=";TZID=Asia/Shanghai:20261207T100000")  # the whole series an hour later
    assert take(cast, draft, later) == (0, 3, 0)
    assert take(cast, draft, event("RRULE:FREQ=DAILY;COUNT=10", "EXDATE;TZID=Asia/Shanghai:20261215T090000"), exception("20261216", "开卷")) == (0, 3, 0)
    assert plan(draft) == ["14 09:00 晨读", "15 10:00 晨读 ×", "16 09:00 开卷"]
    assert take(cast, draft, event("RRULE:FREQ=DAILY;UNTIL=20261210")) == (0, 2, 1)  # nothing is left of it here
    assert plan(draft) == ["14 09:00 晨读 ×", "15 10:00 晨读 ×", "16 09:00 开卷 ×"]


def test_what_begins_to_repeat_or_stops_is_the_same_item(cast: Cast, draft: Program) -> None:
    once, weekly = event(starts=":20261214T010000Z"), event("RRULE:FREQ=DAILY;COUNT=2", starts=":20261214T010000Z")
    assert (take(cast, draft, once), take(cast, draft, weekly), take(cast, draft, once)) == ((1, 0, 0), (1, 0, 0), (0, 1, 0))
    assert plan(draft) == ["14 09:00 晨读", "15 09:00 晨读 ×"]


def test_a_whole_day_keeps_the_hours_it_got_here(cast: Cast, draft: Program) -> None:
    day = event(title="研讨", starts=";VALUE=DATE:20261215", lasts="")
    assert take(cast, draft, day) == (1, 0, 0)
    rules.change_item(item=draft.items.get(), by=cast.organiser, at=timezone.now(), starts_at=at("2026-12-15 10:00"))
    assert take(cast, draft, day) == (0, 0, 0)
    assert take(cast, draft, event(title="研讨会", starts=";VALUE=DATE:20261215", lasts="")) == (0, 1, 0)
    assert plan(draft) == ["15 10:00 研讨会"]


def test_in_a_published_program_occurrences_wait(cast: Cast) -> None:
    program = make_program(cast, starts_on=MONDAY, days=5)
    assert take(cast, program, event("RRULE:FREQ=DAILY")) == (5, 0, 0)
    drafts.publish(program=program, by=cast.organiser, at=timezone.now())
    assert take(cast, program, event("RRULE:FREQ=DAILY", "EXDATE:20261215T010000Z")) == (0, 1, 0)
    assert [str(row) for row in drafts.pending(program)] == ["第2天 晨读 取消"]


def test_the_page_says_how_each_is_taken_and_takes_only_what_is_ticked(cast: Cast, draft: Program, sign_in: Any) -> None:
    address, client = f"/desk/programs/{draft.pk}/itinerary/import/", sign_in(cast.organiser)
    data = calendar(event("RRULE:FREQ=DAILY;COUNT=9"), event(uid="d@x", title="研讨", starts=";VALUE=DATE:20261216", lasts=""))
    hours = {"day_starts": "09:30", "day_ends": "16:00"}
    seen = client.post(address, {"file": SimpleUploadedFile("x.ics", data), **hours})
    page = seen.content.decode()
    assert "整天，按填写的时间安排" in page and "9:30—16:00" in page and page.count('name="take"') == 3 and "2026" in page
    rows = [row for row in seen.context["rows"]]
    send = {"kept": seen.context["form"].packed(), "confirm": seen.context["digest"], **hours}
    nothing = client.post(address, send)
    assert (nothing.status_code, draft.items.count()) == (422, 0) and "请勾选要添加的日程" in nothing.content.decode()
    client.post(address, send | {"take": [rows[0].key, rows[2].key]})
    assert plan(draft) == ["14 09:00 晨读", "16 09:30 研讨"]
    other = client.post(address, send | {"take": [rows[1].key], "day_starts": "10:00", "day_ends": "11:00"})  # another form than was shown
    assert other.status_code == 200 and [row.is_done for row in other.context["rows"]] == [False, True, False]
    wrong = client.post(address, send | {"day_starts": "12:00", "day_ends": "11:00"})
    assert wrong.status_code == 422 and "day_ends" in wrong.context["form"].errors


@pytest.mark.parametrize("status", ["draft", "published"])
def test_undoing_also_brings_back_what_the_file_dropped(cast: Cast, sign_in: Any, status: str) -> None:
    program, client = make_program(cast, status=status, starts_on=MONDAY, days=3), sign_in(cast.organiser)
    take(cast, program, event("RRULE:FREQ=DAILY"))
    if status == "published":
        drafts.publish(program=program, by=cast.organiser, at=timezone.now())
    before = plan(program)
    address = f"/desk/programs/{program.pk}/itinerary/import/"
    newer = event("RRULE:FREQ=DAILY", "EXDATE:20261215T010000Z", title="夜读"), event(uid="n@x", title="新的", starts=":20261216T060000Z")
    seen = client.post(address, {"file": SimpleUploadedFile("x.ics", calendar(*newer))})
    ticks = [row.key for row in seen.context["rows"] if row.key]
    client.post(address, {"kept": seen.context["form"].packed(), "confirm": seen.context["digest"], "take": ticks})
    assert plan(program) == ["14 09:00 夜读", "15 09:00 晨读 ×", "16 09:00 夜读", "16 14:00 新的"]
    client.post(f"/desk/programs/{program.pk}/itinerary/undo/")
    assert (plan(program), drafts.drafts_of(program).count()) == (before, 0)


def test_lessons_of_a_series_that_were_exported_from_here_are_known(cast: Cast) -> None:
    from events.itineraries.series.rules import plan_series
    from tests.events.itineraries.test_series import WEEKLY

    draft = make_program(cast, status="draft", kind="online_series", starts_on=date(2026, 12, 2), days=30)
    series = plan_series(program=draft, by=cast.organiser, at=timezone.now(), hosts=[], groups=[], **WEEKLY)
    file = event("RRULE:FREQ=WEEKLY;COUNT=5", uid=series.uid, title="同读一本书", starts=";TZID=Asia/Shanghai:20261202T140000", lasts="PT90M")
    assert take(cast, draft, file) == (0, 0, 0)
