"""The preview as a page shows it: tabs, the grid's rows and cells, the open cell, and the next problem."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from events.programs.models import Program
from exchange.states import STATES
from participants.rosters.import_book import COLOURS, choices, shown, shown_columns
from participants.rosters.import_large import PART_ROWS
from participants.rosters.import_masking import MASKS, Reader
from participants.rosters.import_state import LEFT_AS_IS, NEEDS_CONFIRMATION, NEEDS_DECISION, ImportRow, ImportState, loaded
from participants.rosters.imports import RUNNING
from participants.rosters.models import ImportStatus, RosterImport
from participants.rosters.sheet import identity
from participants.rosters.sheet.columns import label_of
from participants.rosters.sheet.issues import RowIssue
from participants.rosters.sheet.reading import STATUSES

PER_PAGE = 50
ORDER = {"rejected": 0, "warning": 1, "fixed": 2, "ok": 3, "skipped": 4}
ESSENTIAL = frozenset({"national_id", "unit", "phone"})  # what phones show of a row beside its name and its problems


@dataclass(frozen=True)
class Wish:
    """What the address asks for: a tab, problems first, a page, and the cell to open."""

    show: str = ""
    first: str = ""  # "problems" puts them first
    page: str = "1"
    cell: tuple[int, str] | None = None

    @classmethod
    def read(cls, parameters: Any) -> "Wish":
        row, _dash, column = parameters.get("cell", "").partition("-")
        cell = (int(row), column) if row.isdecimal() and len(row) < 8 and column else None
        show = parameters.get("show", "")
        return cls(show if show in STATUSES else "", "problems" if parameters.get("first") == "problems" else "", parameters.get("page", "1"), cell)

    def address(self, **changes: str) -> str:
        """The same view with some parameters changed; page and cell are dropped unless they are given."""
        parameters = {"show": self.show, "first": self.first} | changes
        return "?" + urlencode({name: value for name, value in parameters.items() if value})


@dataclass(frozen=True)
class CellView:
    column: str
    label: str
    text: str
    before: str
    registered: str  # what the roster says until now, when the sheet changes it
    mark: str  # rejected, warning, fixed, changed or ""
    notes: tuple[str, ...]
    address: str
    is_open: bool

    @property
    def shape(self) -> str:
        return STATES["row"][self.mark].shape if self.mark in ("rejected", "warning") else ""

    @property
    def is_essential(self) -> bool:
        return bool(self.mark) or self.column in ESSENTIAL


@dataclass(frozen=True)
class RowView:
    row: int
    status: str
    name: str
    text: str
    cells: tuple[CellView, ...]
    note: str  # what importing would do to somebody who is registered already
    is_by_hand: bool  # the user left it out, so the user may take it back


@dataclass(frozen=True)
class Editor:
    """The open cell."""

    row: int
    column: str
    label: str
    name: str
    value: str
    original: str
    is_edited: bool
    issues: tuple[RowIssue, ...]
    hint: str
    choices: tuple[str, ...]
    confirms: str  # the unit to agree to
    is_undecided: bool  # the row is struck out or hidden in the sheet
    place: int  # the how-manieth problem, 0 = none
    problems: int
    is_person: bool


@dataclass(frozen=True)
class Tab:
    label: str
    status: str
    count: int
    address: str
    is_current: bool


def as_shown(state: ImportState, wish: Wish) -> list[ImportRow]:
    """All rows in the order of the screen; those that the tab does not show come last."""
    return sorted(state.rows, key=lambda row: (bool(wish.show) and row.status != wish.show, ORDER[row.status] if wish.first else 0, row.row))


def problem_cells(state: ImportState, wish: Wish) -> list[tuple[int, str]]:
    """Cells that keep a row from being imported, in the order of the screen."""
    found = []
    places = {column: index for index, column in enumerate(shown_columns(state))}
    for row in as_shown(state, wish):
        cells = {issue.column for issue in row.read.issues if issue.severity == "rejected" or issue.code in NEEDS_CONFIRMATION | NEEDS_DECISION}
        found += [(row.row, column) for column in sorted(cells, key=lambda column: places.get(column, 0))]
    return found


def next_problem(before: ImportState, after: ImportState, wish: Wish) -> tuple[int, str] | None:
    """Where to go on when the open cell was changed: the cell itself while it still has a problem, else the next one of those that were there before."""
    problems = set(left := problem_cells(after, wish))
    if wish.cell in problems or not left:
        return wish.cell if left else None
    return next((cell for cell in following(before, wish) if cell in problems), left[0])


def following(state: ImportState, wish: Wish) -> list[tuple[int, str]]:
    """The problems as F8 goes through them from the open cell on, from the top again after the last."""
    problems, cell = problem_cells(state, wish), wish.cell
    if cell is None:
        return problems
    order = {row.row: index for index, row in enumerate(as_shown(state, wish))}
    start = problems.index(cell) + 1 if cell in problems else sum(order[row] < order.get(cell[0], 0) for row, _column in problems)
    return problems[start:] + problems[:start]


def tabs(state: ImportState, wish: Wish) -> list[Tab]:
    counts = state.counts
    people = counts["total"] - counts["skipped"]
    shown_statuses = [status for status in STATUSES if counts[status] or status != "skipped"]
    every = Tab(_("All"), "", people, wish.address(show=""), not wish.show)
    return [every, *(Tab(str(STATES["row"][status].word), status, counts[status], wish.address(show=status), wish.show == status) for status in shown_statuses)]


def rows_of_tab(state: ImportState, wish: Wish) -> list[ImportRow]:
    rows = [row for row in state.rows if (row.status == wish.show if wish.show else row.given.counts or row.given.is_person)]
    if wish.cell and all(row.row != wish.cell[0] for row in rows):
        rows = [row for row in state.rows if row.given.counts or row.row == wish.cell[0]]  # the open row has left the tab
    return sorted(rows, key=lambda row: (ORDER[row.status], row.row)) if wish.first else rows


def page_of(rows: list[ImportRow], wish: Wish) -> Page[ImportRow]:
    """The page asked for, or the one with the open cell."""
    paginator = Paginator(rows, PER_PAGE)
    if wish.cell:
        index = next((index for index, row in enumerate(rows) if row.row == wish.cell[0]), 0)
        return paginator.get_page(index // PER_PAGE + 1)
    return paginator.get_page(wish.page)


def row_view(row: ImportRow, columns: Sequence[str], wish: Wish, read: Reader) -> RowView:
    cells = tuple(cell_view(row, column, wish, read) for column in columns)
    return RowView(row.row, row.status, shown(row, "name"), row.given.text, cells, note_of(row), row.given.is_skipped is True)


def note_of(row: ImportRow) -> str:
    if row.known is None or row.status in ("skipped", "rejected"):
        return ""
    if row.is_unchanged:
        return _("Registered, nothing changed")
    if row.codes & LEFT_AS_IS:
        return _("Under review, stays as it is")
    labels = pgettext("between names", ", ").join(label_of(column) for column, _before, _after in row.known.changes)
    return _("Changes: %(columns)s") % {"columns": labels}


def cell_view(row: ImportRow, column: str, wish: Wish, read: Reader) -> CellView:
    issues = [issue for issue in row.read.issues if issue.column == column]
    mark = min((issue.severity for issue in issues), key=COLOURS.index, default="")
    text = read(column, shown(row, column))
    original = row.given.cells[column].text if column in row.given.cells else ""
    changed = read(column, original) != text and (mark == "fixed" or column in row.given.edits)
    registered = next((before for name, before, _after in row.known.changes if name == column), "") if row.known else ""
    return CellView(
        column=column,
        label=label_of(column),
        text=text,
        before=read(column, original).strip() if changed else "",
        registered=read(column, registered),
        mark=mark or ("fixed" if column in row.given.edits else "changed" if registered else ""),
        notes=tuple(issue.message for issue in issues),
        address=wish.address(cell=f"{row.row}-{column}"),
        is_open=wish.cell == (row.row, column),
    )


def editor_of(state: ImportState, wish: Wish, read: Reader, program: Program, units: Sequence[str]) -> Editor | None:
    row = state.find(wish.cell[0]) if wish.cell else None
    if row is None or wish.cell is None or wish.cell[1] not in shown_columns(state):
        return None
    column = wish.cell[1]
    problems = problem_cells(state, wish)
    current = row.given.current[column].text if column in row.given.current else ""
    is_hidden = read(column, "0" * 18) != "0" * 18
    return Editor(
        row=row.row,
        column=column,
        label=label_of(column),
        name=shown(row, "name"),
        value="" if is_hidden else current.strip(),
        original=read(column, row.given.cells[column].text) if column in row.given.cells else "",
        is_edited=column in row.given.edits,
        issues=tuple(issue for issue in row.read.issues if issue.column == column),
        hint=hint_for(column, row),
        choices=choices_for(column, program, units),
        confirms=row.read.values.get("unit", "") if column == "unit" and row.waits_for_confirmation else "",
        is_undecided=row.given.is_undecided,
        place=problems.index(wish.cell) + 1 if wish.cell in problems else 0,
        problems=len(problems),
        is_person=row.given.counts,
    )


def hint_for(column: str, row: ImportRow) -> str:
    """What helps to find the wrong digit."""
    if column != "national_id" or "national_id" not in row.given.current:
        return ""
    number = "".join(row.given.current["national_id"].text.split())
    born = identity.birth_of(number) if len(number) == 18 else None
    if born is None or not row.read.values.get("birth_on"):
        return ""
    if born.isoformat() == row.read.values["birth_on"]:
        return _("The date of birth in it agrees with the sheet.")
    return _("The date of birth in it differs from the sheet.")


def choices_for(column: str, program: Program, units: Sequence[str]) -> tuple[str, ...]:
    return tuple(units if column == "unit" else choices(program).get(column, ()))


def is_digits(column: str) -> bool:
    return column in MASKS


# A sheet of many rows -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PartView:
    """One part of a long sheet; rows are numbered as in the whole."""

    row: RosterImport
    first: int
    last: int

    @property
    def left(self) -> int:
        """Rows that cannot be imported yet."""
        counts = self.row.counts
        return int(counts["rejected"] + counts["unconfirmed"] + counts.get("undecided", 0))


def whole_view(roster_import: RosterImport, now: datetime) -> dict[str, Any]:
    counts, parts = roster_import.counts, roster_import.parts.defer("file", "reading").order_by("part")
    views = [PartView(part, (part.part - 1) * PART_ROWS + 1, part.part * PART_ROWS) for part in parts]
    if views:
        views[-1] = replace(views[-1], last=views[-1].first + views[-1].row.counts["total"] - 1)
    is_working = roster_import.status in RUNNING
    return {
        "import": roster_import,
        "program": roster_import.program,
        "counts": counts,
        "sheet": loaded(roster_import.reading).layout,
        "parts": views,
        "is_working": is_working,
        "is_open": roster_import.status == ImportStatus.PREVIEW and roster_import.expires_at > now,
        "states": [(status, counts.get(status, 0)) for status in STATUSES],
        "done": counts.get("done", 0),
        "problems": sum(counts.get(name, 0) for name in ("rejected", "unconfirmed", "undecided")),
    }
