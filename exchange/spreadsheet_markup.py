"""Tables out of markup that is called .xls: HTML as many school systems export it, and Excel's “XML Spreadsheet 2003”.

Run in the child of exchange.spreadsheets; imports only the standard library. Nothing is fetched, no entity is declared, scripts are passed over.
"""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MOST_TABLES, MOST_DEPTH, MOST_ROWS, MOST_CELLS, MOST_SPAN = 20, 30, 100_100, 1_600_000, 200
CELLS = frozenset({"td", "th", "cell"})
BREAKS = frozenset({"br", "p", "div", "li"})
SILENT = frozenset({"script", "style", "title"})
SHORTENED = re.compile(r"\d(?:\.\d+)?E\+\d+", re.IGNORECASE)
STRUCK_CLASS = re.compile(r"\.([\w-]+)[^{}]{0,200}\{[^{}]{0,3000}line-through")


class TooMuch(Exception):
    """More tables in each other, or more rows or columns, than a list has; the text is the code of the refusal."""


class Grid:
    """One table. A cell over several rows says the same in each of them, one over several columns only in the first."""

    def __init__(self, name: str, width: int) -> None:
        self.name, self.width = name, width  # `width`: one more than may be used
        self.rows: list[list[Any]] = []
        self.count = 0  # of cells
        self.held: dict[int, tuple[Any, int]] = {}  # column → (value, rows still to fill)
        self.hidden: list[int] = []
        self.struck: dict[int, list[int]] = {}

    @property
    def total_height(self) -> int:
        return len(self.rows)

    def iter_rows(self) -> Iterator[list[Any]]:
        return iter(self.rows)

    @property
    def marks(self) -> dict[str, Any]:
        return {name: value for name, value in (("hidden", self.hidden), ("struck", self.struck)) if value}

    def begin_row(self, number: int, is_hidden: bool) -> None:
        """`number` is where an XML spreadsheet goes on after empty rows, 0 for the next one."""
        if max(number, len(self.rows)) > MOST_ROWS:
            raise TooMuch("too_many_rows")
        self.rows += ([] for _row in range(max(number - len(self.rows), 1)))
        self.hidden += [len(self.rows)] if is_hidden else []
        self.fill()

    def fill(self) -> None:
        """What reaches down into the next column from a cell above."""
        row = self.rows[-1]
        while len(row) in self.held:
            value, left = self.held.pop(len(row))
            if left > 1:
                self.held[len(row)] = (value, left - 1)
            self.append(value)

    def append(self, value: Any) -> None:
        self.rows[-1].append(value)
        self.count += 1
        if self.count > MOST_CELLS:
            raise TooMuch("too_many_cells")

    def add(self, value: Any, place: int, across: int, down: int, is_struck: bool) -> None:
        if not self.rows:
            self.begin_row(0, is_hidden=False)
        row = self.rows[-1]
        if place > self.width:
            raise TooMuch("too_many_columns")
        row += [""] * (place - 1 - len(row))
        if is_struck and value:
            self.struck.setdefault(len(self.rows), []).append(len(row))
        for text in (value, *[""] * (across - 1)):
            if len(row) >= self.width:
                break
            if down > 1:
                self.held[len(row)] = (text, down - 1)
            self.append(text)
            self.fill()


class Tables(HTMLParser):
    """Every table of the text, those within others too."""

    def __init__(self, width: int, longest: int) -> None:
        super().__init__(convert_charrefs=True)
        self.width, self.longest = width, longest
        self.found: list[Grid] = []
        self.open: list[Grid] = []
        self.cells: list[dict[str, Any] | None] = []  # for each open table the cell that is being read
        self.silent, self.struck, self.name = 0, 0, ""
        self.struck_classes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tag = tag.removeprefix("ss:")
        given = {name.removeprefix("ss:"): value or "" for name, value in attrs}
        if tag == "table":
            self.open_table()
        elif tag == "worksheet":
            self.name = given.get("name", "")[:100]
        elif tag in ("tr", "row") and self.open:
            self.end_cell()
            is_hidden = "display:none" in given.get("style", "").replace(" ", "").lower() or given.get("hidden") == "1"
            self.open[-1].begin_row(number_in(given.get("index", ""), MOST_ROWS + 1), is_hidden)
        elif tag in CELLS and self.open:
            self.end_cell()
            self.cells[-1] = {"texts": [], "given": given, "struck": self.is_struck(given)}
        elif tag == "data" and self.cells and self.cells[-1]:
            self.cells[-1]["kind"] = given.get("type", "")
        elif tag in SILENT:
            self.silent += 1
        elif tag in BREAKS:
            self.handle_data("\n")
        elif tag in ("s", "strike", "del") and self.cells and self.cells[-1]:
            self.cells[-1]["struck"] = True

    def is_struck(self, given: dict[str, str]) -> bool:
        return "line-through" in given.get("style", "") or not self.struck_classes.isdisjoint(given.get("class", "").split())

    def handle_endtag(self, tag: str) -> None:
        tag = tag.removeprefix("ss:")
        if tag in CELLS or tag in ("tr", "row"):
            self.end_cell()
        elif tag == "table" and self.open:
            self.end_cell()
            self.open.pop()
            self.cells.pop()
        elif tag in SILENT:
            self.silent = max(self.silent - 1, 0)

    def handle_data(self, data: str) -> None:
        if self.silent:
            self.struck_classes.update(STRUCK_CLASS.findall(data[:200_000]) if "line-through" in data else ())
        elif self.cells and self.cells[-1]:
            self.cells[-1]["texts"].append(data[: self.longest])

    def open_table(self) -> None:
        if len(self.open) >= MOST_DEPTH:
            raise TooMuch("too_many_cells")
        grid = Grid(self.name, self.width)
        self.found += [grid] if len(self.found) < MOST_TABLES else []
        self.open.append(grid)
        self.cells.append(None)

    def end_cell(self) -> None:
        if not self.cells or not self.cells[-1]:
            return
        cell, self.cells[-1] = self.cells[-1], None
        given = cell["given"]
        across = number_in(given.get("colspan", ""), MOST_SPAN) or number_in(given.get("mergeacross", ""), MOST_SPAN) + 1
        down = number_in(given.get("rowspan", ""), MOST_SPAN) or number_in(given.get("mergedown", ""), MOST_SPAN) + 1
        text = "\n".join(" ".join(line.split()) for line in "".join(cell["texts"]).split("\n") if line.strip())[: self.longest]
        self.open[-1].add(value_of(text, cell.get("kind", ""), given), number_in(given.get("index", ""), 1 << 20), across, down, cell["struck"])


def number_in(text: str, most: int) -> int:
    """0 for what is no number."""
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def value_of(text: str, kind: str, given: dict[str, str]) -> Any:
    """Numbers and dates of an XML spreadsheet, and a number that Excel's HTML shows shortened but has beside it in full."""
    full = given.get("x:num", "") if SHORTENED.fullmatch(text) else ""
    try:
        if kind == "DateTime":
            return date.fromisoformat(text[:10])
        return float(full or text) if full or kind == "Number" else text
    except ValueError:
        return text


def tables_of(text: str, width: int, longest: int) -> list[Grid]:
    """Raises TooMuch. A tag that is never closed ends the text: the parser's own way of ending it takes minutes for a crafted one."""
    parser = Tables(width, longest)
    parser.feed(f"{text}</table>")
    parser.end_cell()
    return parser.found
