"""Hints while planning: each check says what is wrong, and is silent where nothing is."""

from datetime import date, timedelta
from typing import Any

import pytest

from events.itineraries import rules, terms
from events.itineraries.hints import Hint, hints_for, travel_minutes
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from tests.cast import Cast, at, make_delegation, make_group, make_item, make_person, make_program, make_registration, make_venue, same_queries

NINE = at("2026-12-14 09:00")
HOUR = timedelta(hours=1)
FIRST = NINE.date()


def program_on(cast: Cast, day: date = FIRST, days: int = 1, **fields: Any) -> Program:
    return make_program(cast, starts_on=day, days=days, **fields)


def found(program: Program, kind: str = "") -> list[tuple[str, str]]:
    items = ItineraryItem.objects.filter(program=program).select_related("venue").prefetch_related("groups")
    return [(hint.kind, hint.words) for hint in hints_for(program, items) if kind in ("", hint.kind)]


def test_a_plain_day_has_none(cast: Cast) -> None:
    program = program_on(cast)
    make_item(program, NINE)
    assert found(program) == []
    assert hints_for(program, []) == []


def test_outside_the_dates(cast: Cast) -> None:
    program = program_on(cast)
    item = make_item(program, NINE + timedelta(days=1))
    assert hints_for(program, [item]) == [Hint("outside_dates", item.day, "不在活动日期之内", (item,))]
    assert hints_for(program, [item, make_item(program, NINE + timedelta(days=1, hours=3))]) == [
        Hint("outside_dates", item.day, "及另外1项不在活动日期之内", (item,))
    ]


def test_a_venue_that_others_use_is_told_without_their_title(cast: Cast) -> None:
    venue = make_venue(cast)
    program, other = program_on(cast), program_on(cast, organiser=cast.outside, visibility="invited")
    make_item(program, NINE, venue=venue)
    booked = make_item(other, NINE + HOUR, venue=venue, title="金丝雀")
    assert found(program) == [("venue_taken", "太湖云帆中学10:00—11:30已有其他活动")]
    ItineraryItem.objects.filter(pk=booked.pk).update(location="东楼")
    assert found(program) == []
    ItineraryItem.objects.filter(pk=booked.pk).update(location="", starts_at=NINE + 2 * HOUR, ends_at=NINE + 3 * HOUR)
    assert found(program) == []
    ItineraryItem.objects.filter(pk=booked.pk).update(starts_at=NINE)
    Program.objects.filter(pk=other.pk).update(status="draft")
    assert found(program) == []


def test_too_little_time_between_two_places(cast: Cast) -> None:
    near = make_venue(cast, "甲校", latitude="31.490000", longitude="120.310000")
    far = make_venue(cast, "乙校", latitude="31.490000", longitude="120.520000")  # 19.9 km: 40 minutes and ten
    assert travel_minutes(near, far) == 50
    program, groups = program_on(cast), []
    groups += [make_group(program, 1), make_group(program, 2)]
    make_item(program, NINE, venue=near, groups=[groups[0]])  # until 10:30
    make_item(program, NINE + 1.5 * HOUR, 20, "乘车", item_type="travel", venue=near)
    second = make_item(program, NINE + 2 * HOUR, venue=far)
    make_item(program, NINE, venue=far, groups=[groups[1]])
    assert found(program) == [("short_travel", "从甲校到乙校只留了30分钟，路上约需50分钟")]
    ItineraryItem.objects.filter(pk=second.pk).update(starts_at=NINE + 2.5 * HOUR, ends_at=NINE + 4 * HOUR)
    assert found(program) == []


def test_unknown_places_take_no_time(cast: Cast) -> None:
    assert travel_minutes(make_venue(cast, "甲"), make_venue(cast, "乙", latitude="31.4", longitude="120.3")) == 0


def test_nights_and_lunches_of_those_who_sleep_away(cast: Cast) -> None:
    program = program_on(cast, days=3)
    make_item(program, NINE)
    make_item(program, NINE + 5 * HOUR)
    make_item(program, at("2026-12-15 20:00"), 11 * 60, "入住", item_type="lodging")
    assert found(program) == [("no_lodging", "12月14日夜里没有安排住宿"), ("no_lunch", "12月14日没有安排午餐")]
    make_item(program, NINE + 3 * HOUR, 60, "午餐", item_type="meal")
    make_item(program, at("2026-12-14 20:00"), 30, "入住", item_type="lodging")
    assert found(program) == []
    make_item(program, at("2026-12-14 20:30"), 30)
    assert found(program) == [("no_dinner", "12月14日没有安排晚餐")]
    make_item(program, at("2026-12-14 18:00"), 60, "晚餐", item_type="meal")
    assert found(program) == []
    choir = program_on(cast, days=3, kind="choir")
    make_item(choir, NINE)
    assert found(choir) == []


def test_more_people_than_the_venue_holds(cast: Cast) -> None:
    program, venue = program_on(cast), make_venue(cast, capacity=1)
    make_delegation(cast, program, cast.beichen)
    first, second = make_group(program, 1), make_group(program, 2)
    for group in (first, first, second):
        make_registration(cast, program, make_person(cast, cast.school_a), "confirmed", group=group)
    make_item(program, NINE, venue=venue)
    make_item(program, NINE + 2 * HOUR, venue=venue, groups=[first])
    make_item(program, NINE + 4 * HOUR, venue=venue, groups=[second])
    assert found(program, "over_capacity") == [("over_capacity", "3人，太湖云帆中学只能容纳1人"), ("over_capacity", "2人，太湖云帆中学只能容纳1人")]


def test_a_venue_holds_all_that_is_there_at_once_and_an_item_may_hold_fewer(cast: Cast) -> None:
    program, venue = program_on(cast), make_venue(cast, capacity=3)
    make_delegation(cast, program, cast.beichen)
    first, second = make_group(program, 1), make_group(program, 2)
    for group in (first, first, second, second):
        make_registration(cast, program, make_person(cast, cast.school_a), "confirmed", group=group)
    one = make_item(program, NINE, venue=venue, location="报告厅", groups=[first])
    two = make_item(program, NINE + HOUR, venue=venue, location="图书馆", groups=[second])
    items = list(ItineraryItem.objects.filter(program=program).for_list())
    assert hints_for(program, items) == [Hint("over_capacity", FIRST, "4人，太湖云帆中学只能容纳3人", (one, two))]
    ItineraryItem.objects.filter(pk=two.pk).update(starts_at=NINE + 2 * HOUR, ends_at=NINE + 3 * HOUR, capacity=1)
    assert found(program) == [("over_capacity", "2人，只能容纳1人")]


def test_somebody_responsible_for_two_things_at_once(cast: Cast) -> None:
    program = program_on(cast)
    first, second = make_group(program, 1), make_group(program, 2)
    make_item(program, NINE, groups=[first], responsible="张老师、李老师")
    make_item(program, NINE + HOUR, groups=[second], responsible="李老师，王老师")
    make_item(program, NINE + 2 * HOUR, groups=[first], responsible="李老师")
    assert [(clash.kind, clash.what) for clash in rules.clashes(program)] == [("person", "李老师"), ("person", "李老师")]


def test_people_confirmed_for_two_programs_at_once(cast: Cast) -> None:
    program, other, later = program_on(cast, days=3), program_on(cast, days=1), program_on(cast, FIRST + timedelta(days=30))
    person = make_person(cast, cast.school_a)
    for row in (program, other, later):
        make_delegation(cast, row, cast.beichen)
    make_registration(cast, program, person, "confirmed")
    make_registration(cast, later, person, "confirmed")
    make_item(program, NINE)
    assert found(program, "people_taken") == []
    make_registration(cast, other, person, "confirmed")
    assert found(program, "people_taken") == [("people_taken", "有1人同期还要参加其他活动")]


def test_visits_while_schools_are_closed(cast: Cast) -> None:
    program = program_on(cast, days=30)
    make_item(program, NINE, item_type="visit", venue=make_venue(cast))
    make_item(program, NINE + timedelta(days=1), item_type="lesson", host_organisation=cast.school_a)
    make_item(program, NINE, item_type="lecture", groups=[make_group(program)])
    unknown = ("no_terms", "还没有录入当地学期，无法判断是否放假")
    assert [row for row in found(program) if row[0].endswith(("terms", "holiday"))] == [unknown, unknown]
    autumn = {"name": "第一学期", "starts_on": date(2026, 9, 1), "ends_on": date(2026, 12, 13), "by": cast.organiser}
    terms.save_term(division_id="320000", **autumn)
    terms.save_term(division_id="120000", **autumn | {"ends_on": date(2027, 1, 22)})
    assert [row for row in found(program) if row[0].endswith(("terms", "holiday"))] == [("school_holiday", "江苏省的学校已放假")]
    terms.save_term(division_id="320200", **autumn | {"ends_on": date(2027, 1, 22)})  # the city's goes before the province's
    assert not [row for row in found(program) if row[0].endswith(("terms", "holiday"))]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-10-01", [("special_day", "国庆节放假")]),
        ("2026-10-10", [("special_day", "国庆节调休，这一天上班")]),
        ("2027-10-01", [("not_announced", "2027年放假安排尚未公布")]),
        ("2026-10-12", []),
    ],
)
def test_special_days(cast: Cast, day: str, words: list[tuple[str, str]]) -> None:
    program = program_on(cast, date.fromisoformat(day), registration_opens_at=None, registration_closes_at=None)
    make_item(program, at(f"{day} 09:00"))
    assert found(program) == words


def test_the_board_shows_hints_to_planners_alone(cast: Cast, sign_in: Any) -> None:
    program = program_on(cast)
    item = make_item(program, NINE + timedelta(days=1), title="返程")
    address = f"/desk/programs/{program.pk}/itinerary/"
    page = sign_in(cast.organiser).get(address).content.decode()
    assert "1条提示" in page and "不在活动日期之内" in page and f"/desk/itinerary-items/{item.pk}/edit/" in page
    assert "不在活动日期之内" not in sign_in(cast.viewer).get(address).content.decode()
    rules.cancel_item(item=item, by=cast.organiser, at=NINE)
    assert "不在活动日期之内" not in sign_in(cast.organiser).get(address).content.decode()


def test_the_board_costs_the_same_for_one_and_three(cast: Cast, sign_in: Any) -> None:
    program, client = program_on(cast, days=3), sign_in(cast.organiser)

    def add() -> None:
        venue = make_venue(cast, capacity=0, latitude="31.4", longitude="120.3")
        make_item(program, NINE, venue=venue, groups=[make_group(program, program.groups.count() + 1)])
        make_item(program_on(cast), NINE, venue=venue)

    add()
    same_queries(lambda: client.get(f"/desk/programs/{program.pk}/itinerary/"), lambda: (add(), add()))
