"""Sheets of many rows: read and imported by a job, part by part, so that memory stays flat and a killed job goes on where it stopped.

Each part is an import of its own, with its own preview; the whole keeps the file, the counts, and what must not come twice in any part.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from exchange import audit, jobs
from exchange.spreadsheets import PATIENT_SECONDS, Cell, SheetCells, SheetMarks, SheetParts, SpreadsheetError, read_parts
from exchange.transitions import RuleViolation, move
from participants.directory.models import User
from participants.rosters import imports
from participants.rosters.import_directory import beyond_quota
from participants.rosters.import_state import ImportState, loaded, stored_seen
from participants.rosters.models import ImportStatus, RosterImport
from participants.rosters.sheet.columns import HEADER_SEARCH_ROWS
from participants.rosters.sheet.layout import SheetLayout, find_header, lay_out
from participants.rosters.sheet.reading import Seen

PART_ROWS = 2_000  # what of a long sheet is in memory at once, with everything that importing it needs
UNFINISHED = (ImportStatus.READING, ImportStatus.WRITING)
OUTCOMES = ("created", "updated", "unchanged")
Clock = Callable[[], datetime]


# Beginning and going on -------------------------------------------------------------------------------------------------


@transaction.atomic
def start(roster_import: RosterImport, height: int, *, by: Any) -> RosterImport:
    """Keep the file, and have it read by a job."""
    roster_import.status = ImportStatus.READING
    roster_import.counts = {"total": height, "parts": parts_in(height), "done": 0}
    roster_import.save()
    audit.record("rosterimport.start", roster_import, by=by, changes={"rows": [None, height]})
    start_job(roster_import, by)
    return roster_import


def parts_in(height: int) -> int:
    return -(-height // PART_ROWS)


def start_job(roster_import: RosterImport, by: Any) -> None:
    from participants.rosters.tasks import work_on_import  # tasks.py imports this module

    jobs.enqueue(work_on_import, import_id=roster_import.pk, user_id=by.pk if by else None)


def resume_unfinished() -> int:
    """For a worker's start: pick up what a killed one left behind. Returns how many."""
    unfinished = list(RosterImport.objects.filter(status__in=UNFINISHED, parent=None).select_related("created_by").defer("file", "reading"))
    for roster_import in unfinished:
        start_job(roster_import, roster_import.created_by)
    return len(unfinished)


@transaction.atomic
def begin(roster_import: RosterImport, name: str, *, by: Any, now: datetime, **marks: int) -> RosterImport:
    """Follow the arrow `name` of a whole with parts, and start its job. Raises RuleViolation "import_running", "already_committed", "import_…"."""
    roster_import = imports.lock(roster_import, now)
    move(roster_import, imports.TRANSITIONS, name, by=by, at=now, counts=roster_import.counts | {"done": 0, **marks})
    start_job(roster_import, by)
    return roster_import


def work(import_id: int, user: User | None, now: Clock) -> None:
    """Read or import what is left. Safe to run twice."""
    whole = with_its_people().filter(pk=import_id).first()
    if whole is None or whole.status not in UNFINISHED:
        return
    by = user or whole.created_by
    if whole.status == ImportStatus.WRITING:
        write(whole, by=by, now=now)
    elif whole.parts.exists() and "confirm" in whole.counts:
        read_again(whole, by=by, now=now)
    else:
        read(whole, by=by, now=now)


# Reading ----------------------------------------------------------------------------------------------------------------


def read(whole: RosterImport, *, by: Any, now: Clock) -> None:
    """Make the parts anew from the file."""
    whole.parts.all().delete()
    try:
        sheet = read_parts(whole.file, whole.file_name, seconds=PATIENT_SECONDS)  # type: ignore[arg-type]
        layouts = enumerate(layouts_of(sheet), start=1)
        tally = Tally()
        for number, layout in layouts:
            with transaction.atomic():
                part = RosterImport(**shared(whole), parent=whole, part=number)
                tally.add(imports.read_into(part, layout, layout.rows, by=by, now=now(), seen=tally.seen))
                part.save()
            tell(whole, tally)
    except SpreadsheetError as error:
        with transaction.atomic():
            move(whole, imports.TRANSITIONS, "refuse", by=by, at=now(), reason=error.message[:500], file=b"")
        return
    finish_reading(whole, tally, by=by, now=now())


def shared(whole: RosterImport) -> dict[str, Any]:
    names = ("program", "organisation", "created_by", "expires_at", "file_name", "file_sha256")
    return {name: getattr(whole, name) for name in names}


def layouts_of(sheet: SheetParts) -> Iterator[SheetLayout]:
    """The sheet in pieces of PART_ROWS rows, each under the titles of the first."""
    rows = sheet.rows
    head = list(islice(rows, HEADER_SEARCH_ROWS + 1))
    header = find_header(head)
    titles, done = head[header.first : header.last + 1], header.last + 1
    first = lay_out(SheetCells([*head, *islice(rows, PART_ROWS - len(head))], sheet.sheet, sheet.other_sheets, sheet.marks))
    yield first
    done = max(len(head), PART_ROWS)
    while chunk := list(islice(rows, PART_ROWS)):
        yield below(titles, chunk, first, done, sheet.marks)
        done += len(chunk)


def below(titles: list[list[Cell]], chunk: list[list[Cell]], first: SheetLayout, done: int, marks: SheetMarks) -> SheetLayout:
    """A later piece, with the row numbers of the whole sheet."""
    layout = lay_out(SheetCells([*titles, *chunk], marks=marks.after(done - len(titles))))
    rows = tuple(replace(row, row=row.row - len(titles) + done) for row in layout.rows)
    return replace(first, rows=rows, columns=tuple(dict.fromkeys((*first.columns, *layout.columns))))


class Tally:
    """What the parts come to."""

    def __init__(self) -> None:
        self.seen, self.counts, self.places, self.done = Seen(), Counter[str](), Counter[tuple[int, int]](), 0
        self.layout: SheetLayout | None = None

    def add(self, state: ImportState) -> None:
        self.counts.update(state.counts)
        self.places.update(state.new_places)
        self.done += 1
        self.layout = self.layout or state.layout


def tell(whole: RosterImport, tally: Tally) -> None:
    """How far the job has come, for whoever looks."""
    whole.counts = {**whole.counts, **tally.counts, "done": tally.done}
    RosterImport.objects.filter(pk=whole.pk).update(counts=whole.counts)


@transaction.atomic
def finish_reading(whole: RosterImport, tally: Tally, *, by: Any, now: datetime) -> None:
    counts = {name: number for name, number in whole.counts.items() if name not in ("confirm", "done")}
    counts |= {"parts": tally.done, "beyond_quota": beyond_quota(whole.program, list(tally.places.elements()))}
    layout = tally.layout or SheetLayout("", 1, (), ())
    reading = {"sheet": layout.sheet, "header_row": layout.header_row, "columns": list(layout.columns), "unused": list(layout.unused)}
    reading |= {"other_sheets": list(layout.other_sheets), "hidden": list(layout.hidden), "above": stored_seen(tally.seen)}
    move(whole, imports.TRANSITIONS, "read", by=by, at=now, counts=counts, reading=reading)


def read_again(whole: RosterImport, *, by: Any, now: Clock) -> None:
    """The parts against directory and database as they are now, with the corrections that were made; agree to inexact units when asked to."""
    tally = Tally()
    for part in parts_of(whole):
        with transaction.atomic():
            state = loaded(part.reading)
            changed = {row.row: {"is_confirmed": True} for row in state.rows if row.waits_for_confirmation} if whole.counts["confirm"] else {}
            tally.add(imports.read_into(part, state.layout, state.inputs_with(changed), by=imports.reader(whole, by), now=now(), seen=tally.seen))
            part.save(update_fields=["reading", "counts"])
        tell(whole, tally)
    finish_reading(whole, tally, by=by, now=now())


def parts_of(whole: RosterImport) -> Iterator[RosterImport]:
    """One after another, so that only one is in memory."""
    for pk in whole.parts.order_by("part").values_list("pk", flat=True):
        yield with_its_people().get(pk=pk)


def with_its_people() -> QuerySet[RosterImport]:
    """Imports whose file and rows are opened only by those who ask for them."""
    return RosterImport.objects.select_related("program__organiser", "organisation", "created_by").defer("file", "reading")


# Importing --------------------------------------------------------------------------------------------------------------


def write(whole: RosterImport, *, by: Any, now: Clock) -> None:
    """Import the parts, each in one transaction; what was imported before a job was killed stays imported."""
    seen, counts = Seen(), Counter[str]()
    for done, part in enumerate(parts_of(whole), start=1):
        try:
            if part.status == ImportStatus.PREVIEW:
                imports.commit_import(roster_import=part, by=by, now=now(), seen=seen)
            else:
                remember(part, seen)
        except RuleViolation as refusal:
            if refusal.code != "nothing_to_import":
                stop(whole, refusal.message, by=by, now=now())
                return
            remember(part, seen)
        part.refresh_from_db(fields=["counts"])
        counts.update({name: part.counts.get(name, 0) for name in OUTCOMES})
        whole.counts = {**whole.counts, **counts, "done": done}
        RosterImport.objects.filter(pk=whole.pk).update(counts=whole.counts)
    finish_writing(whole, counts, by=by, now=now())


def remember(part: RosterImport, seen: Seen) -> None:
    """A part that was imported already, or has nobody to import: its people still must not come twice."""
    for row in loaded(part.reading).rows:
        for value, rows in ((row.read.values.get("national_id"), seen.ids), (row.read.values.get("phone"), seen.phones)):
            if value and row.status != "skipped":
                rows.setdefault(value, row.row)


@transaction.atomic
def stop(whole: RosterImport, reason: str, *, by: Any, now: datetime) -> None:
    move(whole, imports.TRANSITIONS, "stop", by=by, at=now, reason=reason[:500])


@transaction.atomic
def finish_writing(whole: RosterImport, counts: Counter[str], *, by: Any, now: datetime) -> None:
    left_out = whole.counts["total"] - sum(counts[name] for name in OUTCOMES)
    move(whole, imports.TRANSITIONS, "commit", by=by, at=now, counts={**whole.counts, **counts, "left_out": left_out})
