"""How many people are expected at an item, and how many were there."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count

from events.itineraries.models import ItineraryItem
from participants.attendance.hours import is_expected
from participants.attendance.models import AttendanceRecord, AttendanceState
from participants.rosters.models import Registration
from participants.rosters.status import RegistrationStatus


@dataclass(frozen=True)
class ItemCount:
    """One item with its figures; only people whose place is confirmed count."""

    item: ItineraryItem
    expected: int
    present: int = 0
    late: int = 0
    absent: int = 0
    leave: int = 0

    @property
    def recorded(self) -> int:
        return self.present + self.late + self.absent + self.leave

    @property
    def missing(self) -> int:
        """People of whom nothing is noted yet."""
        return max(self.expected - self.recorded, 0)


def item_counts(items: Iterable[ItineraryItem]) -> list[ItemCount]:
    """The figures of items (with `groups` prefetched), in two queries."""
    rows = list(items)
    people = _people({item.program_id for item in rows})
    states = _states([item.pk for item in rows])
    return [ItemCount(item, _expected(item, people[item.program_id]), **states[item.pk]) for item in rows]


def _people(programs: set[int]) -> dict[int, dict[int | None, int]]:
    """program → group → confirmed people."""
    found: dict[int, dict[int | None, int]] = defaultdict(dict)
    counted = Registration.objects.confirmed().filter(program_id__in=programs).order_by().values_list("program_id", "group_id").annotate(Count("pk"))
    for program, group, count in counted:
        found[program][group] = count
    return found


def _states(items: list[int]) -> dict[int, dict[str, int]]:
    """item → state → records."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    records = AttendanceRecord.objects.filter(item_id__in=items, registration__status=RegistrationStatus.CONFIRMED).order_by()
    for item, state, count in records.values_list("item_id", "state").annotate(Count("pk")):
        found[item][str(AttendanceState(state))] = count
    return found


def _expected(item: ItineraryItem, people: dict[int | None, int]) -> int:
    groups = {group.pk for group in item.groups.all()}
    return sum(count for group, count in people.items() if is_expected(group, groups))
