"""Changes to venues, groups and itinerary items, and the hints a planner gets."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils.translation import gettext as _

from events.itineraries.models import LONGEST, Group, ItemStatus, ItineraryItem, Venue
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import audit
from exchange.transitions import RuleViolation, arrow, move

ITEM_TRANSITIONS = {
    "cancel": arrow(ItemStatus.TENTATIVE, ItemStatus.CONFIRMED, to=ItemStatus.CANCELLED),
    "restore": arrow(ItemStatus.CANCELLED, to=ItemStatus.CONFIRMED),
}
# RFC 5546 §2.1.4: a change of these is a rescheduling, and raises SEQUENCE.
RESCHEDULING = frozenset({"starts_at", "ends_at", "venue", "location", "meeting_url"})
SHOWN_OF_VENUE = frozenset({"name_zh", "name_en", "address_zh", "address_en", "latitude", "longitude"})


def check_item(item: ItineraryItem, groups: list[Group]) -> None:
    """Raise RuleViolation "times_reversed", "too_long", "program_closed" or "foreign_group"."""
    if item.ends_at <= item.starts_at:
        raise RuleViolation("times_reversed", _("The item ends before it begins."), field="ends_at")
    if item.ends_at - item.starts_at > LONGEST:
        raise RuleViolation("too_long", _("An item lasts a year at most. Check the year of its end."), field="ends_at")
    if item.program.status in (ProgramStatus.COMPLETED, ProgramStatus.CANCELLED):
        raise RuleViolation("program_closed", _("The itinerary of a completed or cancelled program is not changed any more."))
    if any(group.program_id != item.program_id for group in groups):
        raise RuleViolation("foreign_group", _("A group belongs to another program."), field="groups")


@transaction.atomic
def create_item(*, by: Any, at: datetime, groups: list[Group] | None = None, **fields: Any) -> ItineraryItem:
    """Add an item to an itinerary. Raises RuleViolation "times_reversed", "too_long", "program_closed", "foreign_group"."""
    item = ItineraryItem(changed_at=at, **fields)
    check_item(item, groups or [])
    item.save()
    item.groups.set(groups or [])
    audit.record("itinerary.create", item, by=by)
    return item


@transaction.atomic
def change_item(*, item: ItineraryItem, by: Any, at: datetime, groups: list[Group] | None = None, **fields: Any) -> ItineraryItem:
    """Change an item; a new time or place raises SEQUENCE, and the former begin is kept to be shown.

    Raises RuleViolation "times_reversed", "too_long", "program_closed", "foreign_group".
    """
    item = ItineraryItem.objects.select_for_update().get(pk=item.pk)
    before = {name: getattr(item, name) for name in fields}
    changed = {name: [str(before[name]), str(value)] for name, value in fields.items() if before[name] != value}
    for name, value in fields.items():
        setattr(item, name, value)
    check_item(item, groups or [])
    if RESCHEDULING & changed.keys():
        item.sequence += 1
    if "starts_at" in changed and item.program.status != ProgramStatus.DRAFT:  # nobody has seen a draft's times
        item.previous_starts_at = before["starts_at"]
    if groups is not None and {group.pk for group in groups} != set(item.groups.values_list("pk", flat=True)):
        item.groups.set(groups)
        changed["groups"] = ["…", ", ".join(group.name for group in groups)]
    if changed:
        item.changed_at = at
        item.save()
        carry_to_draft(item, {name: before[name] for name in changed.keys() & before.keys()})
        audit.record("itinerary.change", item, by=by, changes=changed)
    return item


def carry_to_draft(item: ItineraryItem, before: dict[str, Any]) -> None:
    """A change made at once also reaches the item's draft, where that does not say something else; or publishing it would undo the change."""
    for name, value in before.items():
        ItineraryItem.planned.filter(draft_of=item, **{name: value}).update(**{name: getattr(item, name)})


@transaction.atomic
def cancel_item(*, item: ItineraryItem, by: Any, at: datetime, reason: str = "") -> ItineraryItem:
    """Call an item off: it stays in every calendar as cancelled. Raises RuleViolation "wrong_status"."""
    item = ItineraryItem.objects.select_for_update().get(pk=item.pk)
    move(item, ITEM_TRANSITIONS, "cancel", by=by, at=at, reason=reason, sequence=item.sequence + 1, changed_at=at)
    ItineraryItem.planned.filter(draft_of=item).delete()  # what waited has been overtaken
    return item


@transaction.atomic
def restore_item(*, item: ItineraryItem, by: Any, at: datetime) -> ItineraryItem:
    """Bring a cancelled item back. Raises RuleViolation "wrong_status"."""
    item = ItineraryItem.objects.select_for_update().get(pk=item.pk)
    move(item, ITEM_TRANSITIONS, "restore", by=by, at=at, sequence=item.sequence + 1, changed_at=at)
    ItineraryItem.planned.filter(draft_of=item).delete()  # what waited has been overtaken
    return item


@transaction.atomic
def delete_item(*, item: ItineraryItem, by: Any) -> None:
    """Remove an item of a draft. A published one is cancelled instead, or calendars would keep it. Raises RuleViolation "cancel_instead"."""
    if item.program.status != ProgramStatus.DRAFT:
        raise RuleViolation("cancel_instead", _("Calendars have this item already. Cancel it, so that they learn of it."))
    audit.record("itinerary.delete", item, by=by)
    item.delete()


@transaction.atomic
def save_venue(*, by: Any, at: datetime, venue: Venue | None = None, **fields: Any) -> Venue:
    """Add or change a venue. What calendars show of it counts as a change of the items held there."""
    row = Venue.objects.select_for_update().get(pk=venue.pk) if venue else Venue()
    changed = {name: [str(getattr(row, name, None)), str(value)] for name, value in fields.items() if venue and getattr(row, name) != value}
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    if SHOWN_OF_VENUE & changed.keys():
        row.items.update(changed_at=at)
    audit.record(
        "venue.change" if venue else "venue.create",
        row,
        by=by,
        changes={name: ["…", "…"] if name.startswith("contact") else values for name, values in changed.items()},
    )
    return row


def renamed_in_calendars(organisation_pk: int, *, at: datetime) -> None:
    """Calendars name hosts and organisers: the items and programs of a renamed one count as changed."""
    ItineraryItem.objects.filter(Q(host_organisation=organisation_pk) | Q(program__organiser=organisation_pk)).update(changed_at=at)
    Program.objects.filter(organiser=organisation_pk).update(updated_at=at)


@transaction.atomic
def save_group(*, by: Any, at: datetime, group: Group | None = None, **fields: Any) -> Group:
    """Add or change a group of a program; calendars show name and coach, so its items count as changed. Raises RuleViolation "number_taken"."""
    row = Group.objects.select_for_update().get(pk=group.pk) if group else Group()
    for name, value in fields.items():
        setattr(row, name, value)
    if Group.objects.filter(program=row.program, number=row.number).exclude(pk=row.pk).exists():
        raise RuleViolation("number_taken", _("This program has a group with this number."), field="number")
    row.save()
    if group:
        row.items.update(changed_at=at)
        Program.objects.filter(pk=row.program_id).update(updated_at=at)  # calendars name group and coach beside the program
    audit.record("group.change" if group else "group.create", row, by=by)
    return row


@transaction.atomic
def delete_row(*, row: Venue | Group, by: Any) -> None:
    """Remove a venue or a group that nothing uses. Raises RuleViolation "in_use"."""
    if isinstance(row, Group) and (ItineraryItem.planned.filter(groups=row).exists() or row.registrations.exists()):
        # Without its group an item would be everyone's, and a participant would lose a part of the itinerary.
        raise RuleViolation("in_use", _("Itinerary items or participants belong to this group. Move them to another one first."))
    audit.record(f"{row._meta.model_name}.delete", row, by=by)
    try:
        row.delete()
    except ProtectedError as error:
        raise RuleViolation("in_use", _("Itinerary items still refer to this.")) from error


# Hints -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clash:
    """Two items that cannot both happen as planned: the same people, the same venue, or the same responsible person, at the same time."""

    kind: str  # "group", "venue" or "person"
    first: ItineraryItem
    second: ItineraryItem
    what: str

    @property
    def pair(self) -> tuple[ItineraryItem, ItineraryItem]:
        return self.first, self.second


def clashes(program: Program) -> list[Clash]:
    """Clashes inside a program's itinerary, in order of time; hints, never walls."""
    return clashes_among(program.items.select_related("venue").prefetch_related("groups"))


def clashes_of(item: ItineraryItem) -> list[ItineraryItem]:
    """What is planned beside an item and clashes with it."""
    beside = ItineraryItem.planned.filter(program=item.program_id, starts_at__lt=item.ends_at, ends_at__gt=item.starts_at).as_planned()
    pairs = [clash.pair for clash in clashes_among(beside.select_related("venue").prefetch_related("groups"))]
    return [first if second == item else second for first, second in pairs if item in (first, second)]


def clashes_among(items: Iterable[ItineraryItem]) -> list[Clash]:
    """The same for items at hand, with their venues and groups fetched."""
    planned = sorted((item for item in items if not item.is_cancelled), key=lambda item: (item.starts_at, item.ends_at, item.pk))
    audiences = {item.pk: frozenset(item.groups.all()) for item in planned}
    return [clash for first, second in _overlapping(planned) if (clash := _clash(first, second, audiences))]


def _overlapping(items: list[ItineraryItem]) -> Iterator[tuple[ItineraryItem, ItineraryItem]]:
    """Pairs that share some time; `items` are in order of their begin."""
    for index, first in enumerate(items):
        for second in items[index + 1 :]:
            if second.starts_at >= first.ends_at:
                break
            yield first, second


def _clash(first: ItineraryItem, second: ItineraryItem, audiences: Mapping[int, frozenset[Group]]) -> Clash | None:
    ours, theirs = audiences[first.pk], audiences[second.pk]
    if not ours or not theirs or ours & theirs:
        shared = sorted((ours & theirs) or ours or theirs, key=lambda group: group.number)
        return Clash("group", first, second, ", ".join(group.name for group in shared) or _("everyone"))
    if first.venue_id and first.venue_id == second.venue_id and first.location == second.location:
        return Clash("venue", first, second, str(first.venue))
    busy = names_in(first.responsible) & names_in(second.responsible)
    return Clash("person", first, second, "、".join(sorted(busy))) if busy else None


def names_in(responsible: str) -> frozenset[str]:
    """张老师 and 李老师 of “张老师、李老师”."""
    return frozenset(name for part in re.split("[、，,；;/]", responsible) if (name := part.strip()))
