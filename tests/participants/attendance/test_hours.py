"""Credit hours and eligibility."""

from decimal import Decimal
from typing import Any

import pytest

from events.itineraries.models import ItineraryItem
from participants.attendance.hours import DayHours, HoursSummary, eligibility, summaries
from participants.rosters.models import Registration
from tests.cast import make_group, same_queries
from tests.participants.attendance.factories import confirmed, credited, mark, running_program

pytestmark = pytest.mark.django_db


def hours_of(registration: Registration) -> HoursSummary:
    return summaries([registration])[registration.pk]


def test_hours_come_from_attended_items_by_day(cast: Any) -> None:
    program = running_program(cast)
    person = confirmed(cast, program)
    first, second, third = credited(program, 0), credited(program, 0, "2.5", "座谈", 14), credited(program, 1, "4", "观课")
    mark(person, first), mark(person, second, "late"), mark(person, third, "absent")
    assert hours_of(person) == HoursSummary(
        hours=Decimal("6.5"),
        planned=Decimal("10.5"),
        attended_items=2,
        total_items=3,
        percent=66,
        days=(
            DayHours(first.day, "校园管理观摩、座谈", "迟到", Decimal("6.5")),
            DayHours(third.day, "观课", "缺席", Decimal(0)),
        ),
        is_eligible=False,
        reason="attendance_too_low",
        message="出勤66%，未达到活动要求的80%。",
    )


@pytest.mark.parametrize(
    ("state", "hours", "word"), [("present", 4, "出席"), ("late", 4, "迟到"), ("absent", 0, "缺席"), ("leave", 0, "请假"), (None, 0, "未登记")]
)
def test_each_state_counts_as_it_should(cast: Any, state: str | None, hours: int, word: str) -> None:
    program = running_program(cast)
    person = confirmed(cast, program)
    item = credited(program)
    if state:
        mark(person, item, state)
    found = hours_of(person)
    assert (found.hours, found.days[0].state, found.is_eligible) == (hours, word, hours > 0)


def test_items_of_other_groups_do_not_concern_the_person(cast: Any) -> None:
    program = running_program(cast)
    own, other = make_group(program, 1), make_group(program, 2)
    person = confirmed(cast, program, group=own)
    everyone, ours, theirs = credited(program, 0), credited(program, 1, groups=[own]), credited(program, 1, groups=[other])
    for item in (everyone, ours, theirs):
        mark(person, item)
    found = hours_of(person)
    assert (found.hours, found.planned, found.total_items, found.percent) == (8, 8, 2, 100)


def test_a_person_without_group_is_expected_at_common_items_only(cast: Any) -> None:
    program = running_program(cast)
    person = confirmed(cast, program)
    mark(person, credited(program, 0))
    credited(program, 1, groups=[make_group(program)])
    assert hours_of(person).percent == 100


def test_cancelled_items_count_neither_way(cast: Any) -> None:
    program = running_program(cast)
    person = confirmed(cast, program)
    mark(person, credited(program, 0))
    off = credited(program, 1)
    mark(person, off)
    ItineraryItem.objects.filter(pk=off.pk).update(status="cancelled")
    found = hours_of(person)
    assert (found.hours, found.total_items, found.percent) == (4, 1, 100)


def test_the_cap_limits_hours_and_plan_but_not_the_days(cast: Any) -> None:
    program = running_program(cast, credit_hours_cap=Decimal("6.0"))
    person = confirmed(cast, program)
    mark(person, credited(program, 0)), mark(person, credited(program, 1))
    found = hours_of(person)
    assert (found.hours, found.planned) == (6, 6)
    assert [day.hours for day in found.days] == [4, 4]


def test_items_without_hours_do_not_count_beside_credited_ones(cast: Any) -> None:
    program = running_program(cast)
    person = confirmed(cast, program)
    mark(person, credited(program, 0))
    credited(program, 0, "0", "乘车", 8)
    assert (hours_of(person).total_items, hours_of(person).percent) == (1, 100)


def test_all_items_count_when_none_carries_hours(cast: Any) -> None:
    program = running_program(cast, minimum_attendance_percent=50)
    person = confirmed(cast, program)
    mark(person, credited(program, 0, "0"))
    credited(program, 1, "0")
    found = hours_of(person)
    assert (found.hours, found.percent, found.days, found.is_eligible) == (0, 50, (), True)


@pytest.mark.parametrize(("minimum", "eligible"), [(66, True), (67, False), (0, True), (100, False)])
def test_the_minimum_is_reached_or_not(cast: Any, minimum: int, eligible: bool) -> None:
    program = running_program(cast, minimum_attendance_percent=minimum)
    person = confirmed(cast, program)
    mark(person, credited(program, 0)), mark(person, credited(program, 1))
    credited(program, 2)
    assert hours_of(person).is_eligible is eligible


def test_reasons_in_order(cast: Any) -> None:
    program = running_program(cast)
    waiting, nobody_saw = confirmed(cast, program, "王䶮", status="endorsed"), confirmed(cast, program, "林知遥")
    mark(waiting, credited(program, 0))
    assert [(hours_of(row).reason, hours_of(row).message) for row in (waiting, nobody_saw)] == [
        ("not_confirmed", "主办方还没有通过这位人员的报名。"),
        ("no_attendance", "还没有签到记录。"),
    ]


def test_a_program_without_items_gives_nothing(cast: Any) -> None:
    found = hours_of(confirmed(cast, running_program(cast)))
    assert (found.hours, found.percent, found.is_eligible, found.reason) == (0, 0, False, "no_attendance")


def test_eligibility_lists_those_with_a_place_in_roster_order(cast: Any) -> None:
    program = running_program(cast)
    late, early = confirmed(cast, program, "乙", position=2), confirmed(cast, program, "甲", position=1)
    confirmed(cast, program, "丙", status="withdrawn")
    mark(early, credited(program))
    assert [(row.pk, summary.is_eligible) for row, summary in eligibility(program)] == [(early.pk, True), (late.pk, False)]


def test_the_number_of_queries_is_constant(cast: Any) -> None:
    program = running_program(cast)
    mark(confirmed(cast, program), credited(program))

    def more() -> None:
        for name in ("甲", "乙"):
            mark(confirmed(cast, program, name), credited(program, 1, hour=9))

    same_queries(lambda: summaries(Registration.objects.filter(program=program)), more)


# The program's rule ----------------------------------------------------------------------------------------------------


def two_days(program: Any) -> list[ItineraryItem]:
    """Two items on the first morning, one in the afternoon and one in the evening; one on the second morning."""
    plan = [(0, 8), (0, 10), (0, 14), (0, 19), (1, 9)]
    return [credited(program, day, "1.5", f"日程{day}-{hour}", hour) for day, hour in plan]


@pytest.mark.parametrize(
    ("rule", "missed", "hours"),
    [
        ("item", [], "7.5"),
        ("item", [1], "6"),
        ("half_day", [], "12"),
        ("half_day", [1], "8"),  # a morning with a gap does not count
        ("half_day", [3], "8"),  # the evening belongs to the afternoon
        ("half_day", [0, 2], "4"),
        ("day", [], "16"),
        ("day", [1], "12"),  # the afternoon of the first day, and the second day
        ("day", [0, 3], "8"),
        ("day", [0, 1, 2, 3, 4], "0"),
    ],
)
def test_hours_by_the_rule_of_the_program(cast: Any, rule: str, missed: list[int], hours: str) -> None:
    program = running_program(cast, hours_rule=rule)
    person = confirmed(cast, program)
    for index, item in enumerate(two_days(program)):
        mark(person, item, "absent" if index in missed else "late")
    found = hours_of(person)
    assert found.hours == Decimal(hours)
    assert found.planned == {"item": Decimal("7.5"), "half_day": Decimal(12), "day": Decimal(16)}[rule]
    assert sum(day.hours for day in found.days) == found.hours


def test_the_cap_holds_under_every_rule(cast: Any) -> None:
    program = running_program(cast, hours_rule="day", credit_hours_cap=Decimal(10))
    person = confirmed(cast, program)
    for item in two_days(program):
        mark(person, item)
    assert (hours_of(person).hours, hours_of(person).planned) == (10, 10)


def test_items_without_credit_hours_add_nothing_and_spoil_nothing(cast: Any) -> None:
    program = running_program(cast, hours_rule="half_day")
    person = confirmed(cast, program)
    mark(person, credited(program, 0))
    mark(person, credited(program, 0, "0", "乘车", 8), "absent")
    assert hours_of(person).hours == 4
