"""On which days a weekly series falls. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from events.itineraries.holidays import is_holiday, special_day

WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Rule:
    """Every so many weeks, counted from the week of `first`, on these weekdays (1 is Monday), to `last`."""

    weekdays: tuple[int, ...]
    every: int
    first: date
    last: date
    skip_holidays: bool = True
    without: frozenset[date] = frozenset()


def pattern(rule: Rule) -> list[date]:
    """All days of the pattern, whether or not they are left out."""
    monday = rule.first - timedelta(days=rule.first.weekday())
    found = []
    while monday <= rule.last:
        found += [monday + timedelta(days=weekday - 1) for weekday in sorted(set(rule.weekdays))]
        monday += rule.every * WEEK
    return [day for day in found if rule.first <= day <= rule.last]


def days(rule: Rule) -> list[date]:
    """The days on which lessons take place."""
    return [day for day in pattern(rule) if not reason_to_leave_out(rule, day) and day not in rule.without]


def reason_to_leave_out(rule: Rule, day: date) -> str:
    """The holiday for which a day is left out, or ""."""
    special = special_day(day)
    return special.name if rule.skip_holidays and special and is_holiday(day) else ""


def left_out(rule: Rule) -> list[tuple[date, str]]:
    """The days that are left out, with the name of the holiday where it is for one."""
    kept = frozenset(days(rule))
    return [(day, reason_to_leave_out(rule, day)) for day in pattern(rule) if day not in kept]


def pair(before: Sequence[date], after: Sequence[date]) -> dict[date, date]:
    """Which old day goes over to which new one: the same day where there is one, else in turn within the same week."""
    found = {day: day for day in before if day in frozenset(after)}
    free: dict[tuple[int, int], list[date]] = {}
    for day in after:
        if day not in found:
            free.setdefault(week_of(day), []).append(day)
    for day in before:
        if day not in found and free.get(week_of(day)):
            found[day] = free[week_of(day)].pop(0)
    return found


def week_of(day: date) -> tuple[int, int]:
    return day.isocalendar()[:2]
