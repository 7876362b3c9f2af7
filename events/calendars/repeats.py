"""When a repeating event of a calendar file takes place: RRULE, RDATE and EXDATE (RFC 5545 §3.8.5), with bounds. Pure.

Rules are counted out in the wall time of the event's own zone, so that 9:00 stays 9:00 when the clocks change, and only to the end of
the days asked for; how far all rules of a file may reach back together is limited, because a file may hold hundreds of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import chain, islice
from typing import Any

from django.utils.translation import gettext as _
from icalendar import vRecur
from icalendar.error import BrokenCalendarProperty

from events.calendars.rule_days import Rule, days, weekday_of
from exchange.transitions import RuleViolation

DAY_PARTS = {"months": "BYMONTH", "month_days": "BYMONTHDAY", "year_days": "BYYEARDAY", "week_numbers": "BYWEEKNO"}
ONCE_A_DAY = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
CLOCK_PARTS = ("BYHOUR", "BYMINUTE", "BYSECOND")
PARTS = frozenset({"FREQ", "UNTIL", "COUNT", "INTERVAL", "WKST", "BYDAY", "BYSETPOS", *DAY_PARTS.values(), *CLOCK_PARTS})
MOST_VALUES = 100  # in one rule
LONGEST_INTERVAL = 1000
MOST_DAYS = 300_000  # from the begin of each rule to the last day asked for, all rules of a file together: about a second


class Unreadable(ValueError):
    """Why an event cannot be read, in the reader's words."""


@dataclass
class Budget:
    """How many days all rules of one file may still go through."""

    days: int = MOST_DAYS

    def take(self, days: int) -> None:
        self.days -= max(days, 0)
        if self.days < 0:
            raise RuleViolation("too_large", _("The repeating events of this file reach too far back. Export a shorter span of time."), field="file")


def repeats(event: Any) -> bool:
    return "RRULE" in event or "RDATE" in event


def begins(event: Any, starts: datetime, last: date, budget: Budget) -> list[datetime]:
    """The begins of an event that first takes place at `starts`, to the day `last`, in order. Raises Unreadable, RuleViolation "too_large"."""
    zone, first = starts.tzinfo, starts.replace(tzinfo=None)
    end = datetime.combine(last + timedelta(days=2), time())  # a day more, because `last` is a day of Beijing
    found = {first, *(walls(event, "RDATE", zone))}
    if "EXRULE" in event:  # of RFC 2445; nobody writes it any more
        raise not_understood()
    if "RRULE" in event:
        found.update(by_rule(event, first, zone, end, budget))
    without = walls(event, "EXDATE", zone)
    days_off = {row.date() for row in dates(event, "EXDATE")}
    return [row.replace(tzinfo=zone) for row in sorted(found) if row < end and row not in without and row.date() not in days_off]


def by_rule(event: Any, first: datetime, zone: tzinfo | None, end: datetime, budget: Budget) -> Iterator[datetime]:
    """The begins that a rule gives; `first` is one of them and counts."""
    rule = rule_of(event)
    until = [until_of(value, zone) for value in rule.get("UNTIL", [])]
    count = number_of(rule, "COUNT", None)
    budget.take((end - first).days)
    clock = clock_of(rule, first)
    moments = (datetime.combine(day, clock) for day in days(plain(rule), first.date(), end.date()))
    yield from (moment for moment in islice(chain([first], moments), count) if all(moment <= last for last in until))


def rule_of(event: Any) -> Any:
    """The only rule of an event, of known parts. Raises Unreadable."""
    rule = event.get("RRULE")
    if not isinstance(rule, vRecur) or not {str(name).upper() for name in rule} <= PARTS or sum(len(values) for values in rule.values()) > MOST_VALUES:
        raise not_understood()
    often = [str(value).upper() for value in rule.get("FREQ", [])]
    if len(often) != 1:
        raise not_understood()
    if often[0] not in ONCE_A_DAY or any(len(rule.get(name, [])) > 1 for name in CLOCK_PARTS):
        raise Unreadable(_("repeats more often than once a day"))
    return rule


def not_understood() -> Unreadable:
    return Unreadable(_("repeats by a rule that is not understood"))


def plain(rule: Any) -> Rule:
    """Raises Unreadable."""
    weekdays = [weekday_of(str(value).upper()) for value in rule.get("BYDAY", [])]
    start = weekday_of(str((rule.get("WKST") or ["MO"])[0]).upper())
    if None in weekdays or start is None or ((positions := numbers(rule, "BYSETPOS")) and 0 in positions):
        raise not_understood()
    named = {field: frozenset(numbers(rule, part)) for field, part in DAY_PARTS.items()}
    interval = number_of(rule, "INTERVAL", LONGEST_INTERVAL) or 1
    return Rule(str(rule["FREQ"][0]).upper(), interval, tuple(row for row in weekdays if row), positions=positions, week_start=start[1], **named)


def numbers(rule: Any, name: str) -> tuple[int, ...]:
    found = rule.get(name, [])
    if not all(isinstance(value, int) for value in found):
        raise not_understood()
    return tuple(int(value) for value in found)


def number_of(rule: Any, name: str, most: int | None) -> int | None:
    """A number of a rule, at least 1; None without. Raises Unreadable for what makes no sense."""
    found = numbers(rule, name)
    if not found:
        return None
    if len(found) != 1 or found[0] < 1 or (most is not None and found[0] > most):
        raise not_understood()
    return min(found[0], 10**6)


def clock_of(rule: Any, first: datetime) -> time:
    """When on its days. Raises Unreadable."""
    said = {name: found[0] for name, part in zip(("hour", "minute", "second"), CLOCK_PARTS, strict=True) if (found := numbers(rule, part))}
    try:
        return first.time().replace(**said)  # type: ignore[arg-type]
    except ValueError as error:
        raise not_understood() from error


def until_of(value: Any, zone: tzinfo | None) -> datetime:
    """The last moment of a rule, in the event's own wall time; a day counts to its end."""
    return wall(value, zone) if isinstance(value, datetime) else datetime.combine(value, time(23, 59, 59))


def wall(moment: datetime, zone: tzinfo | None) -> datetime:
    return moment.replace(tzinfo=None) if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None)


def walls(event: Any, name: str, zone: tzinfo | None) -> set[datetime]:
    """The moments of RDATE or EXDATE; the days that RDATE names for an event of whole days count as their midnights."""
    found = {wall(value, zone) for value in values(event, name) if isinstance(value, datetime)}
    return found | {row for row in dates(event, name) if name == "RDATE"}


def dates(event: Any, name: str) -> set[datetime]:
    return {datetime.combine(value, time()) for value in values(event, name) if not isinstance(value, datetime)}


def values(event: Any, name: str) -> Iterator[Any]:
    """The days and moments of a property that may stand there several times; of a period its begin. Raises Unreadable."""
    found = event.get(name, [])
    try:
        for row in found if isinstance(found, list) else [found]:
            for value in row.dts:
                yield value.dt[0] if isinstance(value.dt, tuple) else value.dt
    except (BrokenCalendarProperty, AttributeError) as error:
        raise Unreadable(_("names dates that are not understood")) from error
