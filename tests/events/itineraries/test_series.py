"""Series of lessons: the days, planning, single lessons moved, this and what follows, the pages."""

from datetime import date, time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.itineraries import drafts
from events.itineraries import rules as items
from events.itineraries.materials.rules import add_material
from events.itineraries.models import ItineraryItem
from events.itineraries.series import rules
from events.itineraries.series.models import LessonSeries
from events.itineraries.series.recurrence import Rule, days, left_out, pair
from events.programs.models import Program
from exchange.transitions import RuleViolation
from participants.attendance.models import AttendanceRecord
from tests.cast import Cast, at, make_delegation, make_group, make_person, make_program, make_registration
from tests.events.itineraries.test_materials import PAPER

FIRST, LAST = date(2026, 12, 2), date(2026, 12, 30)  # Wednesdays
WEEKLY: dict[str, Any] = {"weekdays": [3], "every": 1, "first": FIRST, "last": LAST, "starts": time(14), "minutes": 90, "title_zh": "同读一本书"}


def step(cast: Cast) -> dict[str, Any]:
    return {"by": cast.organiser, "at": timezone.now()}


@pytest.fixture
def draft(cast: Cast) -> Program:
    return make_program(cast, status="draft", kind="online_series", starts_on=FIRST, days=60)


@pytest.fixture
def published(cast: Cast) -> Program:
    return make_program(cast, kind="online_series", starts_on=FIRST, days=60)


def plan(cast: Cast, program: Program, **fields: Any) -> LessonSeries:
    return rules.plan_series(program=program, **step(cast), **({"hosts": [], "groups": []} | WEEKLY | fields))


def change(cast: Cast, series: LessonSeries, **fields: Any) -> LessonSeries:
    return rules.change_following(series=series, **step(cast), **({"hosts": series.hosts, "groups": []} | WEEKLY | fields))


def planned(program: Program) -> list[str]:
    rows = ItineraryItem.planned.filter(program=program).as_planned().exclude(status="cancelled").order_by("starts_at")
    return [f"{timezone.localtime(row.starts_at):%m-%d %H:%M} {row.title_zh}" for row in rows]


# Days ------------------------------------------------------------------------------------------------------------------


def test_holidays_and_named_days_are_left_out() -> None:
    rule = Rule((5,), 1, date(2026, 9, 18), date(2026, 10, 23), without=frozenset([date(2026, 10, 16)]))
    assert days(rule) == [date(2026, 9, 18), date(2026, 10, 9), date(2026, 10, 23)]  # 25 September and 2 October are off
    assert left_out(rule) == [(date(2026, 9, 25), "中秋节"), (date(2026, 10, 2), "国庆节"), (date(2026, 10, 16), "")]


def test_two_weeks_are_counted_from_the_week_of_the_first_day() -> None:
    rule = Rule((2, 4), 2, date(2026, 12, 3), date(2026, 12, 31))  # a Thursday
    assert days(rule) == [date(2026, 12, 3), date(2026, 12, 15), date(2026, 12, 17), date(2026, 12, 29), date(2026, 12, 31)]


def test_days_go_over_to_the_same_day_or_within_the_week() -> None:
    before, after = [date(2026, 12, 2), date(2026, 12, 9), date(2026, 12, 16)], [date(2026, 12, 2), date(2026, 12, 10), date(2026, 12, 24)]
    assert pair(before, after) == {date(2026, 12, 2): date(2026, 12, 2), date(2026, 12, 9): date(2026, 12, 10)}


# Rules -----------------------------------------------------------------------------------------------------------------


def test_lessons_are_items_with_hosts_in_turn(cast: Cast, draft: Program) -> None:
    series = plan(cast, draft, hosts=[cast.host, cast.school_a], without=["2026-12-16"])
    assert planned(draft) == [f"12-{day} 14:00 同读一本书" for day in ("02", "09", "23", "30")]
    assert [item.host_organisation for item in rules.lessons_of(series)] == [cast.host, cast.school_a, cast.host, cast.school_a]
    assert len({item.uid for item in draft.items.all()} | {series.uid}) == 5


def test_in_a_published_program_the_lessons_wait(cast: Cast, published: Program) -> None:
    plan(cast, published)
    assert (published.items.count(), drafts.drafts_of(published).count()) == (0, 5)
    drafts.publish(program=published, **step(cast))
    assert published.items.exclude(series=None).count() == 5


@pytest.mark.parametrize(
    ("fields", "code"), [({"last": date(2026, 12, 1)}, "nothing_there"), ({"weekdays": [1, 2, 3, 4, 5, 6, 7], "last": date(2027, 6, 1)}, "too_many")]
)
def test_too_few_and_too_many_are_refused(cast: Cast, draft: Program, fields: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        plan(cast, draft, **fields)
    assert (refusal.value.code, LessonSeries.objects.count()) == (code, 0)


def test_this_and_following_take_another_day_and_time(cast: Cast, draft: Program) -> None:
    series = plan(cast, draft)
    uids = [item.uid for item in rules.lessons_of(series)]
    changed = change(cast, series, first=date(2026, 12, 16), weekdays=[4], starts=time(15), title_zh="新题")
    assert planned(draft) == ["12-02 14:00 同读一本书", "12-09 14:00 同读一本书", "12-17 15:00 新题", "12-24 15:00 新题"]
    assert [item.uid for item in rules.lessons_of(changed)] == uids[2:4]  # the same lessons, moved; the last has no day before the end
    assert [item.uid for item in rules.lessons_of(series)] == uids[:2]
    assert {item.sequence for item in rules.lessons_of(changed)} == {1} and {item.sequence for item in rules.lessons_of(series)} == {0}


def test_what_was_set_for_one_lesson_alone_stays(cast: Cast, draft: Program) -> None:
    series = plan(cast, draft, hosts=[cast.host])
    second, third = rules.lessons_of(series)[1:3]
    items.change_item(item=second, **step(cast), starts_at=at("2026-12-10 09:00"), ends_at=at("2026-12-10 10:00"))
    items.change_item(item=third, **step(cast), host_organisation=cast.school_a)
    change(cast, series, starts=time(16), hosts=[cast.school_b])
    assert planned(draft) == [f"12-{day} 同读一本书" for day in ("02 16:00", "10 09:00", "16 16:00", "23 16:00", "30 16:00")]
    hosts = {item.host_organisation for item in draft.items.exclude(pk=third.pk)}
    assert (hosts, draft.items.get(pk=third.pk).host_organisation) == ({cast.school_b}, cast.school_a)


def test_cancelled_lessons_stay_cancelled_and_the_rest_is_called_off(cast: Cast, published: Program) -> None:
    series = plan(cast, published)
    drafts.publish(program=published, **step(cast))
    first = rules.lessons_of(series)[0]
    items.cancel_item(item=first, **step(cast), reason="台风")
    change(cast, series, last=date(2026, 12, 16), starts=time(15))
    assert {item.status for item in published.items.all()} == {"cancelled", "confirmed"} and published.items.filter(status="cancelled").count() == 1
    drafts.publish(program=published, **step(cast))
    assert [(item.series_day.day, item.status) for item in published.items.order_by("series_day")] == [  # type: ignore[union-attr]
        (2, "cancelled"),
        (9, "confirmed"),
        (16, "confirmed"),
        (23, "cancelled"),
        (30, "cancelled"),
    ]


def test_a_change_that_is_given_up_leaves_the_series_as_it_was(cast: Cast, published: Program) -> None:
    series = plan(cast, published)
    drafts.publish(program=published, **step(cast))
    before = planned(published)
    changed = change(cast, series, first=date(2026, 12, 16), starts=time(16))
    drafts.discard(program=published, by=cast.organiser)
    assert (planned(published), len(rules.lessons_of(series)), rules.lessons_of(changed)) == (before, 5, [])
    assert list(LessonSeries.objects.with_lessons()) == [series]


def test_the_same_again_is_refused(cast: Cast, draft: Program) -> None:
    series = plan(cast, draft)
    with pytest.raises(RuleViolation) as refusal:
        change(cast, series)
    assert (refusal.value.code, LessonSeries.objects.count()) == ("nothing_changes", 1)


def test_groups_follow_where_they_were_the_series_own(cast: Cast, draft: Program) -> None:
    first, second = make_group(draft, 1), make_group(draft, 2)
    series = plan(cast, draft, groups=[first])
    own = rules.lessons_of(series)[0]
    own.groups.set([first, second])
    changed = change(cast, series, groups=[second])
    assert [set(item.groups.all()) for item in rules.lessons_of(changed)] == [{first, second}, *[{second}] * 4]


def test_attendance_is_of_each_lesson_and_stays_when_it_moves(cast: Cast, published: Program) -> None:
    make_delegation(cast, published, cast.beichen)
    registration = make_registration(cast, published, make_person(cast, cast.school_a), "confirmed")
    series = plan(cast, published, credit_hours=2)
    drafts.publish(program=published, **step(cast))
    lesson = rules.lessons_of(series)[1]
    AttendanceRecord.objects.create(registration=registration, item=lesson, state="present", recorded_at=timezone.now())
    change(cast, series, weekdays=[5])
    drafts.publish(program=published, **step(cast))
    record = AttendanceRecord.objects.get()
    assert (record.item_id, timezone.localtime(record.item.starts_at).day) == (lesson.pk, 11)


def test_the_rest_is_called_off(cast: Cast, published: Program) -> None:
    series = plan(cast, published)
    drafts.publish(program=published, **step(cast))
    assert rules.remove_series(series=series, since=date(2026, 12, 16), **step(cast)) == 3
    drafts.publish(program=published, **step(cast))
    assert planned(published) == ["12-02 14:00 同读一本书", "12-09 14:00 同读一本书"]
    with pytest.raises(RuleViolation) as refusal:
        rules.remove_series(series=series, since=date(2026, 12, 16), **step(cast))
    assert refusal.value.code == "nothing_there"


def test_a_copied_day_is_no_lesson_of_the_series(cast: Cast, draft: Program) -> None:
    from events.itineraries import planning

    plan(cast, draft)
    planning.copy_day(program=draft, source=FIRST, target=date(2026, 12, 3), **step(cast))
    assert draft.items.filter(series=None).count() == 1


# Pages -----------------------------------------------------------------------------------------------------------------

FORM = {
    "title_zh": "同读一本书",
    "item_type": "lesson",
    "weekdays": ["3"],
    "every": "1",
    "first": "2026-12-02",
    "last": "2026-12-30",
    "starts": "14:00",
    "ends": "15:30",
    "skip_holidays": "on",
    "credit_hours": "2",
    "is_public": "on",
}


def send(client: Client, address: str, **fields: Any) -> Any:
    """Look at the preview, then do what it shows."""
    seen = client.post(address, FORM | fields)
    return client.post(address, FORM | fields | {"seen": seen.context["preview"].key}, follow=True) if "preview" in seen.context else seen


def test_planning_shows_the_lessons_first(cast: Cast, draft: Program, sign_in: Any) -> None:
    client, address = sign_in(cast.organiser), f"/desk/programs/{draft.pk}/itinerary/series/new/"
    assert client.get(address).status_code == 200
    seen = client.post(address, FORM | {"without": "2026-12-16"})
    assert (seen.status_code, draft.items.count(), seen.context["preview"].counts["new"], seen.context["preview"].counts["left_out"]) == (200, 0, 4, 1)
    other = client.post(address, FORM | {"seen": seen.context["preview"].key})  # the form was changed after the preview
    assert (other.context["preview"].counts["new"], draft.items.count()) == (5, 0)
    done = send(client, address, host_1=cast.host.pk)
    assert draft.items.count() == 5 and "undo/?step=" in done.content.decode()
    assert client.get(f"/desk/programs/{draft.pk}/itinerary/series/").context["object_list"].count() == 1


def test_undoing_takes_the_whole_series_back(cast: Cast, published: Program, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    done = send(client, f"/desk/programs/{published.pk}/itinerary/series/new/")
    step_key = done.content.decode().split("undo/?step=")[1][:32]
    client.post(f"/desk/programs/{published.pk}/itinerary/undo/?step={step_key}")
    assert planned(published) == []


def test_changing_what_follows_on_the_page(cast: Cast, draft: Program, sign_in: Any) -> None:
    series, client = plan(cast, draft), sign_in(cast.organiser)
    address = f"/desk/lesson-series/{series.pk}/change/?from=2026-12-16"
    form = client.get(address).context["form"]
    assert (form.initial["first"], form.initial["ends"], form.initial["weekdays"]) == (date(2026, 12, 16), time(15, 30), [3])
    seen = client.post(address, FORM | {"first": "2026-12-16", "starts": "13:00", "weekdays": ["3", "5"], "last": "2026-12-23"})
    assert seen.context["preview"].counts == {"new": 1, "changed": 2, "kept": 0, "off": 1, "left_out": 0}
    send(client, address, first="2026-12-16", starts="13:00", weekdays=["3", "5"], last="2026-12-23")
    assert [line[:11] for line in planned(draft)] == ["12-02 14:00", "12-09 14:00", "12-16 13:00", "12-18 13:00", "12-23 13:00"]


def whole(program: Program) -> list[tuple[Any, ...]]:
    rows = ItineraryItem.planned.filter(program=program).as_planned().order_by("starts_at")
    return [(row.uid, row.series_id, row.series_day, row.starts_at, row.title_zh, row.status, row.host_organisation_id, row.credit_hours) for row in rows]


def undo_last(client: Client, program: Program) -> str:
    step_key = client.session["itinerary_steps"][-1]["key"]
    return client.post(f"/desk/programs/{program.pk}/itinerary/undo/?step={step_key}", follow=True).content.decode()


@pytest.mark.parametrize("is_draft", [True, False])
def test_undoing_gives_what_follows_its_old_rule_back(cast: Cast, draft: Program, published: Program, sign_in: Any, is_draft: bool) -> None:
    program, client = (draft if is_draft else published), sign_in(cast.organiser)
    series = plan(cast, program, hosts=[cast.host, cast.school_a])
    if not is_draft:
        drafts.publish(program=program, **step(cast))
    before = whole(program)
    change_it = {"first": "2026-12-16", "starts": "13:00", "weekdays": ["3", "5"], "last": "2026-12-23", "title_zh": "新题"}
    done = send(client, f"/desk/lesson-series/{series.pk}/change/?from=2026-12-16", **change_it)
    assert "undo/?step=" in done.content.decode() and len(whole(program)) == (5 if is_draft else 6) and whole(program) != before
    assert "已撤销" in undo_last(client, program)
    assert (whole(program), drafts.drafts_of(program).count()) == (before, 0)
    assert list(LessonSeries.objects.with_lessons()) == [series]
    client.post(f"/desk/lesson-series/{series.pk}/remove/?from=2026-12-16")
    assert whole(program) != before
    assert "已撤销3项日程" in undo_last(client, program)
    assert (whole(program), drafts.drafts_of(program).count()) == (before, 0)


def test_a_lesson_with_files_is_struck_through_and_comes_back_with_them(cast: Cast, draft: Program, sign_in: Any) -> None:
    series, client = plan(cast, draft), sign_in(cast.organiser)
    with_file, before = rules.lessons_of(series)[3], whole(draft)
    add_material(item=with_file, name="讲义.pdf", data=PAPER, is_public=False, **step(cast))
    client.post(f"/desk/lesson-series/{series.pk}/remove/?from=2026-12-16")
    assert [(f"{row.series_day:%d}", row.is_cancelled) for row in rules.lessons_of(series)] == [("02", False), ("09", False), ("23", True)]
    assert "已撤销3项日程" in undo_last(client, draft)
    assert (whole(draft), with_file.materials.count()) == (before, 1)


def test_undoing_a_rule_leaves_what_was_changed_since(cast: Cast, draft: Program, sign_in: Any) -> None:
    series, client = plan(cast, draft), sign_in(cast.organiser)
    send(client, f"/desk/lesson-series/{series.pk}/change/?from=2026-12-16", first="2026-12-16", starts="13:00")
    touched = ItineraryItem.planned.get(series_day=date(2026, 12, 23))
    items.change_item(item=touched, **step(cast), starts_at=at("2026-12-23 10:00"))
    undo_last(client, draft)
    assert [line[:11] for line in planned(draft)] == ["12-02 14:00", "12-09 14:00", "12-16 14:00", "12-23 10:00", "12-30 14:00"]
    assert "没有可以撤销的编排了" in client.post(f"/desk/programs/{draft.pk}/itinerary/undo/", follow=True).content.decode()


def test_the_host_whose_turn_it_is_comes_first(cast: Cast, draft: Program, sign_in: Any) -> None:
    series = plan(cast, draft, hosts=[cast.host, cast.school_a, cast.school_b])
    form = sign_in(cast.organiser).get(f"/desk/lesson-series/{series.pk}/change/?from=2026-12-09").context["form"]
    assert [form.initial.get(f"host_{number}") for number in (1, 2, 3, 4)] == [cast.school_a.pk, cast.school_b.pk, cast.host.pk, None]


def test_the_page_of_a_series(cast: Cast, draft: Program, sign_in: Any) -> None:
    series, client = plan(cast, draft, hosts=[cast.host], without=["2026-12-09"]), sign_in(cast.organiser)
    items.change_item(item=rules.lessons_of(series)[1], **step(cast), starts_at=at("2026-12-17 14:00"), ends_at=at("2026-12-17 15:00"))
    page = client.get(f"/desk/lesson-series/{series.pk}/")
    assert (page.status_code, len(page.context["lessons"]), len(page.context["unusual"]), len(page.context["left_out"])) == (200, 4, 1, 1)
    asked = client.get(f"/desk/lesson-series/{series.pk}/remove/?from=2026-12-16")
    assert asked.status_code == 200 and len(planned(draft)) == 4
    client.post(f"/desk/lesson-series/{series.pk}/remove/?from=2026-12-16")
    assert [line[:5] for line in planned(draft)] == ["12-02"]


@pytest.mark.parametrize(
    "fields",
    [
        {"weekdays": []},
        {"weekdays": ["8"]},
        {"last": "2026-12-01"},
        {"last": "2036-12-01"},
        {"ends": "13:00"},
        {"without": "昨天"},
        {"without": "2026-13-45"},
        {"item_type": "x"},
        {"host_1": "9" * 17},
        {"groups": ["9" * 40]},
        {"title_zh": "a\x00b"},
        {"meeting_url": "javascript:alert(1)"},
        {"weekdays": ["1", "2", "3", "4", "5"], "last": "2027-12-30"},
    ],
)
def test_bad_input_comes_back(cast: Cast, draft: Program, sign_in: Any, fields: dict[str, Any]) -> None:
    assert sign_in(cast.organiser).post(f"/desk/programs/{draft.pk}/itinerary/series/new/", FORM | fields).status_code == 422
    assert (ItineraryItem.planned.count(), LessonSeries.objects.count()) == (0, 0)


def test_who_may_plan_series(cast: Cast, draft: Program, sign_in: Any) -> None:
    series = plan(cast, draft)
    addresses = [f"/desk/programs/{draft.pk}/itinerary/series/", f"/desk/lesson-series/{series.pk}/", f"/desk/lesson-series/{series.pk}/change/"]
    assert [sign_in(cast.viewer).get(address).status_code for address in addresses] == [403] * 3
    assert [sign_in(cast.outsider).get(address).status_code for address in addresses] == [404] * 3
    assert sign_in(cast.outsider).post(f"/desk/lesson-series/{series.pk}/remove/").status_code == 404


def test_the_list_costs_the_same_for_one_and_three(cast: Cast, draft: Program, sign_in: Any) -> None:
    from tests.cast import same_queries

    client = sign_in(cast.organiser)
    plan(cast, draft, hosts=[cast.host])
    same_queries(lambda: client.get(f"/desk/programs/{draft.pk}/itinerary/series/"), lambda: (plan(cast, draft, hosts=[cast.host]), plan(cast, draft)))
