"""Events of a calendar file as items: new ones are added, known ones follow the file; in a published program all of it waits as drafts."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from events.calendars.reading import ReadEvent, Skipped, read_calendar
from events.itineraries import drafts, planning, rules
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from events.programs.status import ProgramStatus


@dataclass(frozen=True)
class Row:
    """An event of the file, the item that it is here, and what reading it does: new, changed, cancelled or same."""

    event: ReadEvent
    item: ItineraryItem | None
    mark: str


@dataclass(frozen=True)
class Reading:
    rows: list[Row]
    skipped: list[Skipped]


@dataclass(frozen=True)
class Imported:
    items: list[ItineraryItem]  # added
    before_and_after: list[tuple[ItineraryItem, dict[str, Any], dict[str, Any]]]
    cancelled: int
    skipped: list[Skipped]

    @property
    def added(self) -> int:
        return len(self.items)

    @property
    def changed(self) -> int:
        return len(self.before_and_after) + self.cancelled


def own_uid(program: Program, uid: str) -> str:
    """The UID of what was read, as this program's own: another program may have read the same file, or be where it comes from."""
    return f"read-{hashlib.sha256(f'{program.pk}:{uid}'.encode()).hexdigest()[:32]}@jjj-exchange"


def read(*, program: Program, data: bytes) -> Reading:
    """What a file would do to a program's itinerary. Raises RuleViolation "too_large", "no_calendar"."""
    events, skipped = read_calendar(data)
    names = {uid for event in events for uid in (event.uid, own_uid(program, event.uid))}
    known = {row.uid: row for row in ItineraryItem.planned.filter(program=program, uid__in=names).select_related("program")}
    waiting = {row.draft_of_id: row for row in drafts.drafts_of(program).exclude(draft_of=None).select_related("program")}

    def current(event: ReadEvent) -> ItineraryItem | None:
        item = known.get(event.uid) or known.get(own_uid(program, event.uid))
        return waiting.get(item.pk, item) if item else None

    return Reading([Row(event, item, mark_of(event, item)) for event in events for item in [current(event)]], skipped)


def mark_of(event: ReadEvent, item: ItineraryItem | None) -> str:
    if item is None:
        return "same" if event.is_cancelled else "new"
    if item.is_cancelled:  # cancelled here: the file does not bring it back
        return "same"
    if event.is_cancelled:
        return "cancelled"
    return "same" if all(getattr(item, name) == value for name, value in fields_of(event).items()) else "changed"


def fields_of(event: ReadEvent) -> dict[str, Any]:
    fields = {"title_zh": event.title, "starts_at": event.starts_at, "ends_at": event.ends_at, "location": event.location}
    return fields | {"description": event.description, "meeting_url": event.meeting_url}


@transaction.atomic
def import_calendar(*, program: Program, data: bytes, by: Any, at: datetime) -> Imported:
    """Read a file into a program: groups, venue and notes of known items stay as they were planned here.

    Raises RuleViolation "too_large", "no_calendar", and what create_item and change_item raise.
    """
    reading = read(program=program, data=data)
    done = Imported([], [], sum(row.mark == "cancelled" for row in reading.rows), reading.skipped)
    for row in reading.rows:
        if row.mark == "new":
            uid = own_uid(program, row.event.uid)
            done.items.append(planning.add(program=program, by=by, at=at, groups=[], uid=uid, **fields_of(row.event)))
        elif row.mark == "changed" and row.item:
            done.before_and_after.append(follow(row.item, row.event, by, at))
        elif row.mark == "cancelled" and row.item:
            cancel = drafts.hold_cancel if program.status == ProgramStatus.PUBLISHED else rules.cancel_item
            cancel(item=row.item, by=by, at=at)
    return done


def follow(item: ItineraryItem, event: ReadEvent, by: Any, at: datetime) -> tuple[ItineraryItem, dict[str, Any], dict[str, Any]]:
    """Make a known item say what the file says; the item with what it said before and says now."""
    fields = fields_of(event)
    before = {name: getattr(item, name) for name in fields}
    return planning.change(item=item, by=by, at=at, **fields), before, fields
