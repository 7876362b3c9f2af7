"""A day of a program at a glance: its counted items by half-day, and noting somebody at all of them with one tap."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from events.itineraries.credit import half_of
from events.itineraries.models import ItemStatus, ItineraryItem
from events.programs.models import Program
from participants.attendance import rules
from participants.attendance.hours import concerning, is_expected
from participants.attendance.models import AttendanceRecord, AttendanceState
from participants.rosters.models import Registration

MORNING, AFTERNOON, DAY = "morning", "afternoon", "day"
MIXED = "mixed"


@dataclass(frozen=True)
class PartState:
    """One person in one part of the day: expected at `items`, noted at some of them; `state` is theirs, "mixed", or "" when nothing is noted."""

    name: str
    items: tuple[int, ...]
    noted: int
    state: str

    @property
    def expected(self) -> int:
        return len(self.items)

    @property
    def word(self) -> str:
        return str(AttendanceState(self.state).label) if self.state in AttendanceState.values else ""


@dataclass(frozen=True)
class DayEntry:
    """One person of a day: the parts, and what is noted by item."""

    registration: Registration
    parts: list[PartState]
    notes: dict[int, str]

    @property
    def is_noted(self) -> bool:
        return any(part.noted for part in self.parts)

    @property
    def items(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(item for part in self.parts for item in part.items))


def counted_items(program: Program) -> list[ItineraryItem]:
    """The items that count: those with credit hours, or all where a program gives none. Their groups are prefetched."""
    items = list(program.items.exclude(status=ItemStatus.CANCELLED).prefetch_related("groups").order_by("starts_at", "pk"))
    return [item for item in items if item.credit_hours > 0] or items


def of_part(items: Iterable[ItineraryItem], day: date, part: str) -> list[ItineraryItem]:
    """The items of a day, or of its morning or afternoon; evenings belong to the afternoon."""
    own = [item for item in items if item.day == day]
    return own if part == DAY else [item for item in own if half_of(item)[1] == (part == AFTERNOON)]


def parts_of(items: list[ItineraryItem], day: date) -> list[str]:
    """The half-days that hold items, and the whole day when there are both."""
    halves = [part for part in (MORNING, AFTERNOON) if of_part(items, day, part)]
    return [*halves, DAY] if len(halves) > 1 else halves


def day_entries(people: Iterable[Registration], items: list[ItineraryItem], day: date) -> list[DayEntry]:
    """How the people stand on a day, in one query."""
    rows, names = list(people), parts_of(items, day)
    states = _states(rows, of_part(items, day, DAY))
    by_group = {group: {name: concerning(group, of_part(items, day, name)) for name in names} for group in {row.group_id for row in rows}}
    return [DayEntry(row, [_part(name, by_group[row.group_id][name], states[row.pk]) for name in names], states[row.pk]) for row in rows]


def _states(people: list[Registration], items: list[ItineraryItem]) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = defaultdict(dict)
    records = AttendanceRecord.objects.filter(item__in=items, registration__in=[row.pk for row in people]).order_by()
    for registration, item, state in records.values_list("registration_id", "item_id", "state"):
        found[registration][item] = state
    return found


def _part(name: str, items: list[ItineraryItem], states: dict[int, str]) -> PartState:
    noted = [states[item.pk] for item in items if item.pk in states]
    is_one = len(set(noted)) == 1 and len(noted) == len(items)
    return PartState(name, tuple(item.pk for item in items), len(noted), noted[0] if is_one else MIXED if noted else "")


@transaction.atomic
def record_part(*, items: Iterable[ItineraryItem], people: Iterable[Registration], mark: rules.Mark, by: Any, now: datetime, only_open: bool = False) -> int:
    """Note people at every one of the items that concerns them, all or none; `only_open` leaves alone what is noted already.

    Returns how many records are new or changed. Raises what `rules.record` raises.
    """
    rows = list(people)
    return sum(_record_item(item, rows, mark, by, now, only_open) for item in items)


def _record_item(item: ItineraryItem, people: list[Registration], mark: rules.Mark, by: Any, now: datetime, only_open: bool) -> int:
    groups = {group.pk for group in item.groups.all()}
    marks = {row.pk: mark for row in people if is_expected(row.group_id, groups)}
    if only_open:
        for pk in AttendanceRecord.objects.filter(item=item, registration__in=marks).values_list("registration_id", flat=True):
            del marks[pk]
    return rules.record_many(item=item, marks=marks, by=by, now=now) if marks else 0


def undo_part(*, items: Iterable[ItineraryItem], people: Iterable[Registration], by: Any) -> int:
    """Take back whatever is noted of people at the items. Raises RuleViolation "certificate_issued"."""
    return rules.undo(records=AttendanceRecord.objects.filter(item__in=list(items), registration__in=list(people)), by=by)
