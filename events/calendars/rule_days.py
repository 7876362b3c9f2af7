"""The days of a recurrence rule (RFC 5545 §3.3.10), from daily to yearly. Pure.

Written out instead of asking dateutil, because that one goes on to the year 9999 looking for the first 30 February: here the work is
never more than the days from the first to the last one asked for.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
BY_DAY = re.compile(rf"([+-]?\d{{1,2}})?({'|'.join(WEEKDAYS)})")


@dataclass(frozen=True)
class Rule:
    frequency: str  # DAILY, WEEKLY, MONTHLY or YEARLY
    interval: int = 1
    weekdays: tuple[tuple[int, int], ...] = ()  # (which one of the month or year, 0 for every one; 0 for Monday)
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()  # -1 is the last
    year_days: frozenset[int] = frozenset()
    week_numbers: frozenset[int] = frozenset()
    positions: tuple[int, ...] = ()
    week_start: int = 0


def weekday_of(text: str) -> tuple[int, int] | None:
    """(-1, 4) for -1FR; None for what is no weekday."""
    match = BY_DAY.fullmatch(text)
    return (int(match[1] or 0), WEEKDAYS.index(match[2])) if match else None


def days(rule: Rule, first: date, last: date) -> Iterator[date]:
    """The days after `first`, on which the rule began, to `last`."""
    rule = with_defaults(rule, first)
    for period in periods(rule, first, last):
        found = [day for day in period if matches(rule, day)]
        if rule.positions:
            found = sorted({found[place - 1 if place > 0 else place] for place in rule.positions if 0 < abs(place) <= len(found)})
        yield from (day for day in found if first < day <= last)


def with_defaults(rule: Rule, first: date) -> Rule:
    """What the rule leaves open is as on its first day."""
    if rule.weekdays or rule.month_days or rule.year_days or rule.week_numbers or rule.frequency == "DAILY":
        return rule
    if rule.frequency == "WEEKLY":
        return Rule(**{**vars(rule), "weekdays": ((0, first.weekday()),)})
    months = {"months": rule.months or frozenset({first.month})} if rule.frequency == "YEARLY" else {}
    return Rule(**{**vars(rule), **months, "month_days": frozenset({first.day})})


def periods(rule: Rule, first: date, last: date) -> Iterator[list[date]]:
    """The days of every so many days, weeks, months or years, from the one with `first` to the one with `last`."""
    begin = begin_of(rule, first)
    while begin <= last:
        after = following(rule, begin, 1)
        yield [begin + offset * DAY for offset in range((after - begin).days)]
        begin = following(rule, begin, rule.interval)


def begin_of(rule: Rule, day: date) -> date:
    if rule.frequency == "WEEKLY":
        return day - (day.weekday() - rule.week_start) % 7 * DAY
    return {"MONTHLY": day.replace(day=1), "YEARLY": day.replace(month=1, day=1)}.get(rule.frequency, day)


def following(rule: Rule, begin: date, number: int) -> date:
    """The begin of the period so many later."""
    if rule.frequency in ("DAILY", "WEEKLY"):
        return begin + number * (DAY if rule.frequency == "DAILY" else WEEK)
    months = begin.year * 12 + begin.month - 1 + number * (1 if rule.frequency == "MONTHLY" else 12)
    return date(months // 12, months % 12 + 1, 1)


def matches(rule: Rule, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if rule.month_days and not named(rule.month_days, day.day, calendar.monthrange(day.year, day.month)[1]):
        return False
    if rule.year_days and not named(rule.year_days, day.timetuple().tm_yday, 366 if calendar.isleap(day.year) else 365):
        return False
    if rule.week_numbers and not named(rule.week_numbers, *week_of(day, rule.week_start)):
        return False
    return not rule.weekdays or any(day.weekday() == weekday and is_which(rule, day, which) for which, weekday in rule.weekdays)


def named(numbers: frozenset[int], number: int, last: int) -> bool:
    """Counted from the begin, or from the end with a minus."""
    return number in numbers or number - last - 1 in numbers


def is_which(rule: Rule, day: date, which: int) -> bool:
    """Whether it is the third, or last but one, of such weekdays in its month, or in its year where the rule names no month."""
    if which == 0 or rule.frequency in ("DAILY", "WEEKLY"):
        return True
    in_year = rule.frequency == "YEARLY" and not rule.months
    place, length = day.timetuple().tm_yday if in_year else day.day, 365 + calendar.isleap(day.year) if in_year else calendar.monthrange(day.year, day.month)[1]
    return which == (place - 1) // 7 + 1 or which == -((length - place) // 7 + 1)


def week_of(day: date, week_start: int) -> tuple[int, int]:
    """The number of a day's week, and of the last week of that year; week 1 is the first with four days in the year."""
    monday = day - (day.weekday() - week_start) % 7 * DAY
    year = (monday + 3 * DAY).year
    return (monday - first_week(year, week_start)).days // 7 + 1, (first_week(year + 1, week_start) - first_week(year, week_start)).days // 7


def first_week(year: int, week_start: int) -> date:
    fourth = date(year, 1, 4)
    return fourth - (fourth.weekday() - week_start) % 7 * DAY
