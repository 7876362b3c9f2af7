"""Credit hours by a program's rule: pure figures over items, shared by what is planned and what was earned."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal

from django.utils import timezone

from events.itineraries.models import ItineraryItem
from events.programs.models import HoursRule

NO_HOURS = Decimal(0)
HALF_DAY, WHOLE_DAY = Decimal(4), Decimal(8)
NOON = 12

Half = tuple[date, bool]


def half_of(item: ItineraryItem) -> Half:
    """The half-day an item belongs to: its day, and whether it begins at noon or later (evenings belong to the afternoon)."""
    return item.day, timezone.localtime(item.starts_at).hour >= NOON


def hours_of(rule: str, items: Iterable[ItineraryItem], attended: Collection[int]) -> Decimal:
    """The hours earned on `items` (of one person, with credit hours) by being at those whose ids are `attended`; the cap is the caller's.

    item: the hours of each item attended. half_day: 4 for each half-day of which no item was missed.
    day: 8 for each day of which no item was missed, else 4 for each of its half-days of which none was missed.
    """
    rows = [item for item in items if item.credit_hours > 0]
    if rule == HoursRule.ITEM:
        return sum((item.credit_hours for item in rows if item.pk in attended), NO_HOURS)
    halves = _whole_halves(rows, attended)
    if rule == HoursRule.HALF_DAY:
        return HALF_DAY * sum(halves.values())
    days: dict[date, list[bool]] = defaultdict(list)
    for (day, _is_late), is_whole in halves.items():
        days[day].append(is_whole)
    return sum((WHOLE_DAY if all(whole) else HALF_DAY * sum(whole) for whole in days.values()), NO_HOURS)


def _whole_halves(items: list[ItineraryItem], attended: Collection[int]) -> dict[Half, bool]:
    """Half-day → whether the person was at every item of it."""
    found: dict[Half, bool] = {}
    for item in items:
        half = half_of(item)
        found[half] = found.get(half, True) and item.pk in attended
    return found


def planned_hours(rule: str, items: Iterable[ItineraryItem]) -> Decimal:
    """The hours of somebody who misses nothing."""
    rows = list(items)
    return hours_of(rule, rows, {item.pk for item in rows})
