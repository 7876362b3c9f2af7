"""Many items at once: from the template of a kind, or from another program. Proposed first, so that they can be looked at, then planned."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.itineraries import planning, rules
from events.itineraries.holidays import is_holiday
from events.itineraries.models import Group, ItineraryItem
from events.kinds.base import Sketch
from events.kinds.registry import KINDS
from events.programs.models import Program
from exchange.transitions import RuleViolation

MOST_ITEMS = 500


@dataclass(frozen=True)
class Proposal:
    """An item that would be planned. `groups` are names, to be found in the program; none = everyone."""

    fields: dict[str, Any]
    groups: tuple[str, ...] = ()

    @property
    def starts_at(self) -> datetime:
        return self.fields["starts_at"]  # type: ignore[no-any-return]

    @property
    def ends_at(self) -> datetime:
        return self.fields["ends_at"]  # type: ignore[no-any-return]

    @property
    def day(self) -> date:
        return timezone.localtime(self.starts_at).date()

    @property
    def item(self) -> ItineraryItem:
        """As the item that it would become, for showing."""
        return ItineraryItem(**self.fields)


# From a kind's template ---------------------------------------------------------------------------------------------------


def from_template(program: Program, kind: str, first: date) -> list[Proposal]:
    """The sketches of a kind, on the days of a program that begins on `first`. Raises RuleViolation "too_many"."""
    last = first + (program.ends_on - program.starts_on)
    return checked(sketched(sketch, day) for sketch in KINDS[kind].sketches for day in days_of(sketch.on, first, last))


def days_of(on: str, first: date, last: date) -> Iterator[date]:
    """The days of a sketch: `weekly` falls on the weekday of the first one and leaves public holidays out."""
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    chosen = {"first": days[:1], "last": days[-1:], "middle": days[1:-1], "nights": days[:-1], "every": days, "edges": days[:1] + days[1:][-1:]}
    yield from chosen.get(on) or (day for day in (days[::7] if on == "weekly" else ()) if not is_holiday(day))


def sketched(sketch: Sketch, day: date) -> Proposal:
    starts = timezone.make_aware(datetime.combine(day, time.fromisoformat(sketch.starts)))
    return Proposal(
        {
            "item_type": sketch.item_type,
            "title_zh": sketch.title_zh,
            "title_en": sketch.title_en,
            "starts_at": starts,
            "ends_at": starts + timedelta(minutes=sketch.minutes),
            "credit_hours": sketch.credit_hours,
        }
    )


# From another program -----------------------------------------------------------------------------------------------------


def from_program(program: Program, source: Program, first: date, by: Any) -> list[Proposal]:
    """What `by` sees of another program's published itinerary, moved so that it begins on `first`; cancelled items stay behind.

    Notes for leaders come along where `by` may read them. Raises RuleViolation "nothing_there", "too_many".
    """
    shift = first - source.starts_on
    items = ItineraryItem.objects.filter(program=source).exclude(status="cancelled").visible_to(by).with_insight(by).for_list()
    found = checked(copied(item, shift) for item in items)
    if not found:
        raise RuleViolation("nothing_there", _("Nothing is planned in that program, or you may not see it."), field="source")
    return found


def copied(item: Any, shift: timedelta) -> Proposal:
    fields = planning.moved(item, shift)
    if not item.is_inside:
        fields["leader_notes"] = ""
    return Proposal(fields, tuple(group.name for group in item.groups.all()))


def missing_groups(program: Program, proposals: Iterable[Proposal]) -> list[str]:
    """Names of groups that the program does not have."""
    known = set(program.groups.values_list("name", flat=True))
    return list(dict.fromkeys(name for row in proposals for name in row.groups if name not in known))


# Planning what was proposed -----------------------------------------------------------------------------------------------


def checked(proposals: Iterable[Proposal]) -> list[Proposal]:
    """In order of time. Raises RuleViolation "too_many"."""
    found = sorted(proposals, key=lambda row: (row.starts_at, row.ends_at))
    if len(found) > MOST_ITEMS:
        raise RuleViolation("too_many", _("At most %(count)s items at once.") % {"count": MOST_ITEMS})
    return found


@transaction.atomic
def plan(*, program: Program, proposals: list[Proposal], add_groups: bool, by: Any, at: datetime) -> list[ItineraryItem]:
    """Make items of proposals. Groups are found by name; one that is missing is added, or else its items are for everyone.

    Raises what create_item raises.
    """
    if add_groups:
        add_missing_groups(program, proposals, by, at)
    groups: dict[str, Group] = {group.name: group for group in program.groups.all()}
    found = [(row, [groups[name] for name in row.groups if name in groups]) for row in proposals]
    return [planning.add(program=program, by=by, at=at, groups=own, **row.fields) for row, own in found]


def add_missing_groups(program: Program, proposals: list[Proposal], by: Any, at: datetime) -> None:
    number = max(program.groups.values_list("number", flat=True), default=0)
    for offset, name in enumerate(missing_groups(program, proposals), 1):
        rules.save_group(program=program, number=number + offset, name=name, coach="", by=by, at=at)
