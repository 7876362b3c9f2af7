"""When a sheet does not say itself which column is what: the question, with a best guess, and the sheet read as it was answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from exchange.spreadsheets import SheetCells, SpreadsheetError, letters_of, read_cells
from exchange.transitions import RuleViolation
from participants.rosters import imports
from participants.rosters.import_state import loaded
from participants.rosters.models import RosterImport
from participants.rosters.sheet.columns import FIELDS, HEADER_SEARCH_ROWS
from participants.rosters.sheet.guessing import TELLING, first_person, guess_fields, turned
from participants.rosters.sheet.layout import Header, SheetLayout, find_header, lay_out

ROWS_SHOWN = 8
CHOOSABLE = tuple(name for name in FIELDS if name != "key")


def layout_or_question(cells: SheetCells) -> SheetLayout:
    """The sheet as it is read, or an unread one that asks for its columns, if it may be a list of people at all. Raises SpreadsheetError."""
    try:
        return lay_out(cells)
    except SpreadsheetError:
        if TELLING.isdisjoint(guesses(cells)) and header_in(turned(cells)) is None:
            raise
    return SheetLayout(cells.sheet, 0, (), (), other_sheets=tuple(cells.other_sheets))


def header_in(cells: SheetCells) -> Header | None:
    try:
        return find_header(cells.rows)
    except SpreadsheetError:
        return None


def guesses(cells: SheetCells) -> list[str]:
    """By what the first rows of people hold."""
    first = first_person(cells, HEADER_SEARCH_ROWS)
    return guess_fields([[cell.text for cell in row] for row in cells.rows[first : first + 200]])


@dataclass(frozen=True)
class Question:
    """The first rows, with the field of each column as it is understood so far."""

    fields: tuple[str, ...]
    letters: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    is_on_its_side: bool  # read with rows and columns exchanged it would have titles


def question(roster_import: RosterImport) -> Question:
    """Raises SpreadsheetError, and RuleViolation "import_in_parts"."""
    layout = loaded(roster_import.reading).layout
    cells = cells_of(roster_import, layout)
    header = header_in(cells)
    first, width = (header.first if header else 0), max(map(len, cells.rows), default=0)
    known = layout.said or (header.fields if header else guesses(cells))
    fields = tuple([*known, *[""] * width][:width])
    rows = [(index + 1, row) for index, row in enumerate(cells.rows[first:], start=first) if any(cell.text.strip() for cell in row)][:ROWS_SHOWN]
    shown = tuple((number, tuple(cell.text for cell in row)) for number, row in rows)
    return Question(fields, tuple(map(letters_of, range(width))), shown, header is None and header_in(turned(cells)) is not None)


def cells_of(roster_import: RosterImport, layout: SheetLayout) -> SheetCells:
    if roster_import.counts.get("parts") or roster_import.parent_id:
        raise RuleViolation("import_in_parts", _("The columns of a sheet of many rows cannot be named here. Write their titles into the sheet."))
    cells = read_cells(roster_import.file, roster_import.file_name, layout.sheet)  # type: ignore[arg-type]
    return turned(cells) if layout.is_turned else cells


def check(said: Sequence[str]) -> tuple[str, ...]:
    named = [name for name in said if name]
    if not set(named) <= set(CHOOSABLE):
        raise RuleViolation("no_such_column", _("The sheet has no such column."), field="columns")
    if "name" not in named:
        raise RuleViolation("no_name_column", _("Say which column holds the names."), field="columns")
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice:
        raise RuleViolation("column_twice", _("Two columns are called “%(title)s”. Each may be chosen once.") % {"title": FIELDS[twice][1]}, field="columns")
    return tuple(said)


def as_said(said: Sequence[str]) -> Callable[[SheetCells], SheetLayout]:
    """How to read a sheet whose columns are named. Raises RuleViolation "no_such_column", "no_name_column", "column_twice"."""
    fields = check(said)
    return lambda cells: replace(lay_out(cells, fields), said=fields)


def name_columns(*, roster_import: RosterImport, said: Sequence[str], by: Any, now: datetime) -> RosterImport:
    """Read the sheet with these fields, one for each column, "" for one that is not read. Corrections of its rows stay.

    Raises SpreadsheetError, and RuleViolation "no_such_column", "no_name_column", "column_twice", "import_…".
    """
    layout = loaded(roster_import.reading).layout
    read = as_said(said)
    return read_as(roster_import, replace(read(cells_of(roster_import, layout)), is_turned=layout.is_turned), by=by, now=now)


def turn(*, roster_import: RosterImport, by: Any, now: datetime) -> RosterImport:
    """Read a sheet that lies on its side. Raises SpreadsheetError, and RuleViolation "import_…"."""
    cells = turned(cells_of(roster_import, loaded(roster_import.reading).layout))
    return read_as(roster_import, replace(lay_out(cells), is_turned=True), by=by, now=now)


@transaction.atomic
def read_as(roster_import: RosterImport, layout: SheetLayout, *, by: Any, now: datetime) -> RosterImport:
    locked = imports.lock(roster_import, now)
    given = {row.row: row.given for row in loaded(locked.reading).rows}
    kept = [
        replace(row, edits=old.edits, is_confirmed=old.is_confirmed, is_skipped=old.is_skipped) if (old := given.get(row.row)) else row for row in layout.rows
    ]
    imports.read_into(locked, layout, kept, by=imports.reader(locked, by), now=now)
    locked.save(update_fields=["reading", "counts"])
    return locked
