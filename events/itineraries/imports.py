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
class Imported:
    added: int
    changed: int
    skipped: list[Skipped]


def own_uid(program: Program, uid: str) -> str:
    """The UID of what was read, as this program's own: another program may have read the same file, or be where it comes from."""
    return f"read-{hashlib.sha256(f'{program.pk}:{uid}'.encode()).hexdigest()[:32]}@jjj-exchange"


@transaction.atomic
def import_calendar(*, program: Program, data: bytes, by: Any, at: datetime) -> Imported:
    """Read a file into a program. Raises RuleViolation "too_large", "no_calendar", and what create_item and change_item raise."""
    events, skipped = read_calendar(data)
    names = {uid for event in events for uid in (event.uid, own_uid(program, event.uid))}
    rows = ItineraryItem.planned.filter(program=program, uid__in=names).select_related("program")
    known = {row.uid: row for row in rows}
    added = changed = 0
    for event in events:
        item = known.get(event.uid) or known.get(own_uid(program, event.uid))
        if item is not None:
            changed += follow(item, event, by, at)
        elif not event.is_cancelled:
            planning.add(program=program, by=by, at=at, groups=[], uid=own_uid(program, event.uid), **fields_of(event))
            added += 1
    return Imported(added, changed, skipped)


def fields_of(event: ReadEvent) -> dict[str, Any]:
    fields = {"title_zh": event.title, "starts_at": event.starts_at, "ends_at": event.ends_at, "location": event.location}
    return fields | {"description": event.description, "meeting_url": event.meeting_url}


def follow(item: ItineraryItem, event: ReadEvent, by: Any, at: datetime) -> int:
    """Make a known item say what the file says; 1 when that changes something. Groups, venue and notes stay as they were planned here."""
    now = drafts.current(item)
    if now.is_cancelled:
        return 0
    if event.is_cancelled:
        cancel = drafts.hold_cancel if item.program.status == ProgramStatus.PUBLISHED else rules.cancel_item
        cancel(item=now, by=by, at=at)
        return 1
    fields = fields_of(event)
    if all(getattr(now, name) == value for name, value in fields.items()):
        return 0
    planning.change(item=now, by=by, at=at, **fields)
    return 1
