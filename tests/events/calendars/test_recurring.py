"""Series of lessons in calendars: both forms hold the same occurrences, in every reader, before and after changes."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.itineraries import drafts
from events.itineraries import rules as items
from events.itineraries.models import ItineraryItem
from events.itineraries.series import rules
from events.itineraries.series.models import LessonSeries
from events.programs.models import Program
from tests.cast import Cast, at, make_group, make_item, make_program
from tests.events.calendars.readers import READERS, Seen
from tests.events.calendars.validator import Component, check

FIRST = date(2026, 12, 2)
WEEKLY: dict[str, Any] = {"weekdays": [3], "every": 1, "first": FIRST, "last": date(2027, 1, 27), "starts": time(14), "minutes": 90, "title_zh": "同读一本书"}


def step(cast: Cast) -> dict[str, Any]:
    return {"by": cast.organiser, "at": timezone.now()}


@pytest.fixture
def program(cast: Cast) -> Program:
    return make_program(cast, kind="online_series", starts_on=FIRST, days=60)


def plan(cast: Cast, program: Program, **fields: Any) -> LessonSeries:
    series = rules.plan_series(program=program, **step(cast), **({"hosts": [], "groups": []} | WEEKLY | fields))
    drafts.publish(program=program, **step(cast))
    return series


def feed(program: Program, query: str = "") -> bytes:
    answer = Client().get(f"/programs/{program.pk}/itinerary.ics{query}")
    assert answer.status_code == 200
    check(answer.content)
    return answer.content


def bare(found: list[Seen]) -> list[tuple[str, str, str, str]]:
    """Occurrences without their UIDs, which a series and its single items do not share."""
    return sorted((row.starts, row.ends, row.status, row.summary) for row in found)


def events(body: bytes) -> list[Component]:
    return [part for part in check(body).parts if part.name == "VEVENT"]


def agree(program: Program) -> list[tuple[str, str, str, str]]:
    """Assert that every reader finds the same in both forms; gives the occurrences."""
    single, by_rule = feed(program), feed(program, "?series=rrule")
    wanted = bare(READERS["icalendar"](single))
    for name, reader in READERS.items():
        assert (name, bare(reader(single))) == (name, wanted)
        assert (name, bare(reader(by_rule))) == (name, wanted)
    return wanted


def test_a_plain_series_is_one_event(cast: Cast, program: Program) -> None:
    series = plan(cast, program, without=["2026-12-16"], meeting_url="https://meeting.example.cn/j/1")
    assert len(agree(program)) == 8
    (event,) = events(feed(program, "?series=rrule"))
    assert (event.value("UID"), event.value("RRULE"), event.value("SEQUENCE")) == (series.uid, "FREQ=WEEKLY;UNTIL=20270127T060000Z;BYDAY=WE", "0")
    assert (event.value("DTSTART"), event.value("EXDATE"), event.value("CONFERENCE")) == (
        "20261202T140000",
        "20261216T140000",
        "https://meeting.example.cn/j/1",
    )
    assert len(events(feed(program))) == 8


def test_moved_changed_cancelled_and_hosted_lessons_are_exceptions(cast: Cast, program: Program) -> None:
    series = plan(cast, program, hosts=[cast.host, cast.school_a, cast.host])
    lessons = rules.lessons_of(series)
    items.change_item(item=lessons[2], **step(cast), starts_at=at("2026-12-18 23:59"), ends_at=at("2026-12-19 01:00"))
    items.cancel_item(item=lessons[3], **step(cast), reason="台风")
    items.change_item(item=lessons[6], **step(cast), title_zh="公开课")
    found = agree(program)
    assert len(found) == 9 and sum(row[2] == "CANCELLED" for row in found) == 1
    master, *exceptions = events(feed(program, "?series=rrule"))
    assert {event.value("UID") for event in [master, *exceptions]} == {series.uid}
    assert [event.value("SEQUENCE") for event in exceptions if event.value("RECURRENCE-ID")[:8] in ("20261216", "20261223", "20270113")] == ["1", "1", "0"]


def test_this_and_following_is_another_event(cast: Cast, program: Program) -> None:
    series = plan(cast, program)
    before = agree(program)
    changed = rules.change_following(
        series=series, **step(cast), hosts=[], groups=[], **(WEEKLY | {"first": date(2026, 12, 30), "weekdays": [2, 5], "starts": time(9), "every": 2})
    )
    assert agree(program) == before  # not published yet
    drafts.publish(program=program, **step(cast))
    found = agree(program)
    masters = [event for event in events(feed(program, "?series=rrule")) if event.value("RRULE")]
    assert {event.value("UID") for event in masters} == {series.uid, changed.uid}
    rules_found = {event.value("UID"): event.value("RRULE") for event in masters}
    assert rules_found[series.uid].endswith(";BYDAY=WE") and "INTERVAL=2;BYDAY=TU,FR" in rules_found[changed.uid]
    on = program.items.exclude(status="cancelled")
    assert {row[0] for row in found if row[2] == "CONFIRMED"} == {f"{item.starts_at:%Y-%m-%dT%H:%M:%SZ}" for item in on}


def test_what_a_reader_does_not_see_is_taken_out(cast: Cast, program: Program) -> None:
    series = plan(cast, program)
    second = rules.lessons_of(series)[1]
    items.change_item(item=second, **step(cast), is_public=False)
    assert len(agree(program)) == 8
    (event,) = events(feed(program, "?series=rrule"))
    assert event.value("EXDATE") == "20261209T140000"


def test_sequence_and_stamps_of_the_repeating_event_follow_its_lessons(cast: Cast, program: Program) -> None:
    series = plan(cast, program)
    moved = rules.lessons_of(series)[1]
    later = timezone.now() + timedelta(hours=1)
    items.change_item(item=moved, by=cast.organiser, at=later, starts_at=at("2026-12-09 15:00"), ends_at=at("2026-12-09 16:30"))
    master = events(feed(program, "?series=rrule"))[0]
    assert (master.value("SEQUENCE"), master.value("LAST-MODIFIED")) == ("1", f"{later:%Y%m%dT%H%M%SZ}")


def test_the_tag_follows_the_form_and_an_unchanged_one_is_not_built(cast: Cast, program: Program, django_assert_num_queries: Any) -> None:
    plan(cast, program)
    path = f"/programs/{program.pk}/itinerary.ics"
    tags = {Client().get(path + query)["ETag"] for query in ("", "?series=rrule", "?series=x")}
    assert len(tags) == 2
    tag = Client().get(f"{path}?series=rrule")["ETag"]
    with django_assert_num_queries(1):
        assert Client().get(f"{path}?series=rrule", headers={"If-None-Match": tag}).status_code == 304


def test_a_series_in_the_summer_time_of_1988_is_told_lesson_by_lesson(cast: Cast) -> None:
    program = make_program(cast, kind="online_series", starts_on=date(1988, 3, 2), days=120, registration_opens_at=None, registration_closes_at=None)
    plan(cast, program, first=date(1988, 3, 2), last=date(1988, 5, 25))
    found = agree(program)
    assert {row[0][11:] for row in found} == {"06:00:00Z", "05:00:00Z"}  # 14:00 on the wall, before and after 17 April
    assert not [event for event in events(feed(program, "?series=rrule")) if event.value("RRULE")]


def test_a_series_over_midnight_and_the_years_end(cast: Cast, program: Program) -> None:
    plan(cast, program, starts=time(23, 59), minutes=61, weekdays=[4], last=date(2027, 1, 7))
    assert [row[0] for row in agree(program)] == [
        f"{day}T15:59:00Z" for day in ("2026-12-03", "2026-12-10", "2026-12-17", "2026-12-24", "2026-12-31", "2027-01-07")
    ]


def test_single_items_and_small_series_stay_single(cast: Cast, program: Program) -> None:
    make_item(program, at("2026-12-03 09:00"), groups=[make_group(program)])
    plan(cast, program, last=FIRST)
    assert not [event for event in events(feed(program, "?series=rrule")) if event.value("RRULE")]
    assert len(agree(program)) == 2 == ItineraryItem.objects.count()
