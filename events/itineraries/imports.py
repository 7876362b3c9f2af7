"""Events of a calendar file as items: new ones are added, known ones follow the file; in a published program all of it waits as drafts."""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from events.calendars.reading import ReadCalendar, ReadEvent, Skipped, Window, day_uid, read_calendar
from events.itineraries import drafts, planning, rules
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from events.programs.status import ProgramStatus

OURS = "read-"  # begins the UID of what was read from a file


@dataclass(frozen=True)
class Row:
    """An event of the file, the item that it is here, and what reading it does: new, changed, cancelled or same."""

    event: ReadEvent
    item: ItineraryItem | None
    mark: str

    @property
    def key(self) -> str:
        """Names the row in a form."""
        return hashlib.sha256(self.event.uid.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Reading:
    rows: list[Row]
    skipped: list[Skipped]


@dataclass(frozen=True)
class Imported:
    added: int
    changed: int  # or cancelled
    skipped: list[Skipped]


def own_uid(program: Program, uid: str) -> str:
    """The UID of what was read, as this program's own: another program may have read the same file, or be where it comes from."""
    return f"{OURS}{hashlib.sha256(f'{program.pk}:{uid}'.encode()).hexdigest()[:32]}@jjj-exchange"


def window_of(program: Program, **hours: Any) -> Window:
    return Window(program.starts_on, program.ends_on, **hours)


class Known:
    """The items of a program as a file may name them."""

    def __init__(self, program: Program) -> None:
        self.program = program
        items = list(ItineraryItem.planned.filter(program=program).select_related("program", "series"))
        self.by_uid = {item.uid: item for item in items}
        self.lessons = {(item.series.uid, item.series_day): item for item in items if item.series and item.draft_of_id is None}
        self.waiting = {item.draft_of_id: item for item in items if item.draft_of_id}

    def as_planned(self, item: ItineraryItem | None) -> ItineraryItem | None:
        return self.waiting.get(item.pk, item) if item else None

    def named(self, uid: str) -> ItineraryItem | None:
        return self.by_uid.get(uid) or self.by_uid.get(own_uid(self.program, uid))

    def find(self, event: ReadEvent) -> ItineraryItem | None:
        """The item of an event, also when the event did not repeat yet, or does not any more, or is a lesson of a series from here."""
        found = self.named(event.uid) or self.lessons.get((event.source, event.day))
        if found is None and event.day is not None:
            once = self.named(event.source)
            found = once if once and once.day == event.day else None
        if found is None and event.day is None:
            found = self.named(day_uid(event.uid, event.starts_at.date()))
        return self.as_planned(found)

    def gone(self, calendar: ReadCalendar, window: Window, there: Collection[int]) -> Iterator[ItineraryItem]:
        """Items of repeating events that the file does not name any more on a day of the program."""
        if not any(uid.startswith(OURS) for uid in self.by_uid):
            return
        for uid in sorted(calendar.understood):
            for offset in range((window.last - window.first).days + 1):
                item = self.as_planned(self.by_uid.get(own_uid(self.program, day_uid(uid, window.first + timedelta(days=offset)))))
                if item and item.pk not in there and not item.is_cancelled:
                    yield item


def read(*, program: Program, data: bytes, window: Window | None = None) -> Reading:
    """What a file would do to a program's itinerary. Raises RuleViolation "too_large", "no_calendar"."""
    window, known = window or window_of(program), Known(program)
    calendar = read_calendar(data, window)
    rows = [Row(event, item, mark_of(event, item)) for event in calendar.events for item in [known.find(event)]]
    there = {row.item.pk for row in rows if row.item}
    rows += [Row(as_event(item), item, "cancelled") for item in known.gone(calendar, window, there)]
    return Reading(sorted(rows, key=lambda row: (row.event.starts_at, row.event.ends_at)), calendar.skipped)


def as_event(item: ItineraryItem) -> ReadEvent:
    return ReadEvent(item.uid, str(item), item.starts_at, item.ends_at, item.location, "", "", is_cancelled=True)


def mark_of(event: ReadEvent, item: ItineraryItem | None) -> str:
    if item is None:
        return "same" if event.is_cancelled else "new"
    if item.is_cancelled:  # cancelled here: the file does not bring it back
        return "same"
    if event.is_cancelled:
        return "cancelled"
    return "same" if all(getattr(item, name) == value for name, value in fields_of(event, item).items()) else "changed"


def fields_of(event: ReadEvent, item: ItineraryItem | None = None) -> dict[str, Any]:
    """What the file says; it says no hours of a whole day, so a known item keeps its own while it stays on the day."""
    fields = {"title_zh": event.title, "starts_at": event.starts_at, "ends_at": event.ends_at, "location": event.location}
    fields |= {"description": event.description, "meeting_url": event.meeting_url}
    if event.is_whole_day and item and item.day == day_of(event):
        del fields["starts_at"], fields["ends_at"]
    return fields


def day_of(event: ReadEvent) -> date:
    return event.starts_at.date()  # of a whole day: in Beijing


@transaction.atomic
def import_calendar(*, program: Program, data: bytes, by: Any, at: datetime, window: Window | None = None, only: Collection[str] | None = None) -> Imported:
    """Read a file into a program, of its rows `only` those with these keys. Groups, venue and notes of known items stay as they were planned here.

    Raises RuleViolation "too_large", "no_calendar", and what create_item and change_item raise.
    """
    reading = read(program=program, data=data, window=window)
    rows = [row for row in reading.rows if only is None or row.key in only]
    for row in rows:
        if row.mark == "new":
            uid = own_uid(program, row.event.uid)
            planning.add(program=program, by=by, at=at, groups=[], uid=uid, **fields_of(row.event))
        elif row.mark == "changed" and row.item:
            planning.change(item=row.item, by=by, at=at, **fields_of(row.event, row.item))
        elif row.mark == "cancelled" and row.item:
            cancel = drafts.hold_cancel if program.status == ProgramStatus.PUBLISHED else rules.cancel_item
            cancel(item=row.item, by=by, at=at)
    marks = [row.mark for row in rows]
    return Imported(marks.count("new"), marks.count("changed") + marks.count("cancelled"), reading.skipped)
