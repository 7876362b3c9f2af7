"""The days of recurrence rules: as dateutil has them, and never more work than the days asked for."""

import random
import time
from datetime import date, datetime

import pytest
from dateutil.rrule import rrulestr

from events.calendars.rule_days import WEEKDAYS, Rule, days

FIRST, LAST = date(2024, 1, 31), date(2027, 3, 1)


def rule_text(rule: Rule) -> str:
    parts = {"BYMONTH": rule.months, "BYMONTHDAY": rule.month_days, "BYYEARDAY": rule.year_days, "BYWEEKNO": rule.week_numbers, "BYSETPOS": rule.positions}
    said = [f"{name}={','.join(map(str, sorted(values)))}" for name, values in parts.items() if values]
    if rule.weekdays:
        said.append("BYDAY=" + ",".join(f"{which or ''}{WEEKDAYS[weekday]}" for which, weekday in rule.weekdays))
    return ";".join([f"FREQ={rule.frequency};INTERVAL={rule.interval};WKST={WEEKDAYS[rule.week_start]}", *said])


def by_dateutil(rule: Rule, first: date) -> list[date]:
    found = rrulestr(f"{rule_text(rule)};UNTIL={LAST:%Y%m%d}", dtstart=datetime.combine(first, datetime.min.time()))
    return [moment.date() for moment in found if moment.date() > first]


def some_rule(pick: random.Random) -> Rule:
    """A rule that has days, of the kinds that calendars write."""

    def some(choices: list[int], most: int = 3) -> frozenset[int]:
        return frozenset(pick.sample(choices, pick.randint(0, most))) if pick.random() < 0.4 else frozenset()

    frequency = pick.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    which = [0] if frequency in ("DAILY", "WEEKLY") or pick.random() < 0.5 else [1, 2, 3, 4, -1, -2]
    weekdays = tuple({(pick.choice(which), weekday) for weekday in some(list(range(7)), 4)})
    month_days = some([1, 2, 10, 15, 28, -1, -3]) if frequency in ("MONTHLY", "YEARLY") and not weekdays else frozenset()
    of_a_year = pick.choice([{"year_days": some([1, 60, 100, 200, -1])}, {"week_numbers": some([1, 2, 20, 52])}, {}]) if frequency == "YEARLY" else {}
    positions = tuple(some([1, 2, -1])) if frequency in ("MONTHLY", "YEARLY") and weekdays else ()
    months = some(list(range(1, 13)), 4) if not of_a_year else frozenset()
    return Rule(frequency, pick.randint(1, 4), weekdays, months, month_days, positions=positions, week_start=pick.choice([0, 6]), **of_a_year)


def test_days_are_those_of_dateutil() -> None:
    pick = random.Random(4)
    for _number in range(300):
        rule, first = some_rule(pick), date(2024, pick.randint(1, 12), pick.randint(1, 28))
        if sum(1 for _day in days(rule, first, date(2060, 1, 1))):  # dateutil goes on to the year 9999 without one
            assert list(days(rule, first, LAST)) == by_dateutil(rule, first), (rule_text(rule), first)


@pytest.mark.parametrize(
    "rule",
    [
        Rule("DAILY", months=frozenset({2}), month_days=frozenset({30})),
        Rule("DAILY", 7, ((0, 3),)),
        Rule("WEEKLY", weekdays=((0, 0),), positions=(5,)),
        Rule("MONTHLY", months=frozenset({2}), month_days=frozenset({31})),
        Rule("YEARLY", year_days=frozenset({400})),
        Rule("YEARLY", months=frozenset({13})),
    ],
)
def test_a_rule_without_days_ends(rule: Rule) -> None:
    before = time.process_time()
    assert list(days(rule, FIRST, LAST)) == []
    assert time.process_time() - before < 0.5


def test_the_last_day_of_a_month_and_a_leap_day() -> None:
    assert list(days(Rule("MONTHLY"), FIRST, date(2024, 5, 31))) == [date(2024, 3, 31), date(2024, 5, 31)]  # months without a 31st have none
    assert list(days(Rule("YEARLY", 4), date(2024, 2, 29), date(2033, 1, 1))) == [date(2028, 2, 29), date(2032, 2, 29)]
    assert list(days(Rule("MONTHLY", month_days=frozenset({-1})), FIRST, date(2024, 4, 1))) == [date(2024, 2, 29), date(2024, 3, 31)]
