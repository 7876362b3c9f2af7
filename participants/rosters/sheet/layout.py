"""Where things stand in a sheet: the header row, the columns, and which rows speak of people. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from exchange.spreadsheets import EMPTY, Cell, SheetCells, SpreadsheetError
from participants.rosters.sheet.cleaning import visible
from participants.rosters.sheet.columns import HEADER_NEEDS, HEADER_SEARCH_ROWS, NO_HEADER, SYNONYMS, UNSHOWN, field_of

SKIP_STARTS = (
    "合计",
    "总计",
    "小计",
    "共计",
    "注：",
    "注:",
    "备注：",
    "备注:",
    "说明",
    "填表人",
    "填报人",
    "填表日期",
    "填报日期",
    "审核人",
    "经办人",
    "负责人",
    "联系人：",
    "联系人:",
    "（盖章）",
    "(盖章)",
    "单位负责人",
    "total",
    "subtotal",
    "note",
)
EXAMPLE = re.compile(r"^[(（]?(示例|样例|例[:：]|例如|样表|example)", re.IGNORECASE)
MAX_TEXT = 80
VERSION = re.compile(r"\d{4}\.\d+")


@dataclass(frozen=True)
class RowInput:
    """A row as it came, and what the user decided about it. `is_person` is what the sheet's layout suggests."""

    row: int
    cells: Mapping[str, Cell]
    is_person: bool = True
    text: str = ""  # what to show of a row that is skipped
    edits: Mapping[str, str] = field(default_factory=dict)  # column → what the user typed instead
    is_confirmed: bool = False  # the fuzzy match of the unit
    is_skipped: bool | None = None  # None = as the layout suggests

    @property
    def counts(self) -> bool:
        """Whether the row is read as a person."""
        return self.is_person if self.is_skipped is None else not self.is_skipped

    @property
    def current(self) -> dict[str, Cell]:
        """The cells with the user's corrections in place."""
        typed = {column: Cell(text, "text") for column, text in self.edits.items()}
        return {column: cell for column, cell in {**self.cells, **typed}.items() if cell.text}


@dataclass(frozen=True)
class SheetLayout:
    """`header_row` is the row number of the header, `columns` the field of each column ("" = not used)."""

    sheet: str
    header_row: int
    columns: tuple[str, ...]
    rows: tuple[RowInput, ...]
    template: str = ""  # the version of our own workbook, when it is one


def find_header(rows: list[list[Cell]]) -> tuple[int, list[str]]:
    """Index of the header row and its fields: the row of the first 15 that names the most. Raises SpreadsheetError "no_header"."""
    best = -1
    fields: list[str] = []
    for index, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        found = header_fields(row)
        known = {name for name in found if name}
        if known >= HEADER_NEEDS and len(known) >= 3 and len(known) > len({name for name in fields if name}):
            best, fields = index, found
    if best < 0:
        raise SpreadsheetError("no_header", str(NO_HEADER))
    return best, fields


def header_fields(row: list[Cell]) -> list[str]:
    """Fields by column, each field once. A second phone column after the emergency contact is the contact's."""
    used: set[str] = set()
    fields = []
    for cell in row:
        name = field_of(cell.text) if cell.text.strip() else None
        if name == "phone" and "phone" in used and "emergency_contact" in used:
            name = "emergency_phone"
        fields.append(name if name and name not in used else "")
        used.update({name} if name else ())
    return fields


def lay_out(cells: SheetCells) -> SheetLayout:
    """The sheet's rows by field; the title lines above the header are there too, as rows to skip. Raises SpreadsheetError "no_header"."""
    header, fields = find_header(cells.rows)
    above = [RowInput(index, {}, is_person=False, text=line_of(row)) for index, row in enumerate(cells.rows[:header], start=1)]
    below = [row_input(index, row, fields) for index, row in enumerate(cells.rows[header + 1 :], start=header + 2)]
    return SheetLayout(cells.sheet, header + 1, tuple(fields), (*above, *below), template_of(cells.rows[header], fields))


def template_of(header: list[Cell], fields: list[str]) -> str:
    """The version stands in the title of the hidden column."""
    found = VERSION.search(header[fields.index("key")].text) if "key" in fields else None
    return found[0] if found else ""


def row_input(index: int, row: list[Cell], fields: list[str]) -> RowInput:
    named = {name: cell for name, cell in zip(fields, row, strict=False) if name and cell.text}
    is_person = not is_no_person(row, named)
    return RowInput(index, named, is_person, "" if is_person else line_of([cell for cell in row if cell is not named.get("key")]))


def line_of(row: list[Cell]) -> str:
    return "　".join(visible(cell.text) for cell in row if visible(cell.text))[:MAX_TEXT]


def is_no_person(row: list[Cell], named: Mapping[str, Cell]) -> bool:
    """Empty rows, totals, footnotes, repeated headers, and the example row of our own workbook."""
    key = named.get("key", EMPTY)  # hidden, so no part of what the row says
    texts = [visible(cell.text) for cell in row if visible(cell.text) and cell is not key]
    if not texts or not [name for name in named if name not in UNSHOWN and visible(named[name].text)]:
        return True
    first = re.sub(r"\s", "", texts[0])
    if len(texts) <= 4 and first.lower().startswith(SKIP_STARTS):
        return True
    if EXAMPLE.match(first) or EXAMPLE.match(visible(named.get("name", EMPTY).text)):
        return True
    if len(texts) == 1 and (len(first) > 12 or "name" not in named):
        return True
    return sum("".join(text.split()).lower() in SYNONYMS for text in texts) >= 3
