"""Reads a workbook from standard input and prints its cells as lines of JSON; run by exchange.spreadsheets with limits on itself.

First line: {"sheet", "others", "marks"}, others being sheets that look like lists too, marks what is hidden or struck out (spreadsheet_marks.py); then
lists of up to BATCH rows; at last {"rows": number}, or {"error": code} at any time. A cell that is text is a plain string, any other [text, kind], an
empty one "". Rows leave as they are read, so that memory does not grow with them; what the parser itself holds is capped. Imports neither Django nor
anything of the project but its two helpers, so that it starts fast and knows no secret.
"""

from __future__ import annotations

import gc
import io
import json
import resource
import sys
from itertools import islice

TYPE_CHECKING = False  # these would take as long to load as a sheet of a hundred rows takes to read
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

DATA_BYTES = 200 * 1024 * 1024  # of heap, of which it touches less: what sheets of 20 columns and 100,000 rows take
ADDRESS_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 7
MAX_COLUMNS = 60
MAX_CELL = 2000
MAX_SHEETS = 20
MAX_MERGED, MAX_MERGED_ROWS = 5_000, 200
LIST = 2  # points of a sheet with titles of columns
BATCH = 200
MARGIN = 20  # rows of titles and footnotes around the list
HEAD_ROWS = 15
HEAD_WORDS = ("姓名", "name")
SHORT = 12  # characters that the title of a column has at most


class Refused(Exception):
    """The code that the parent turns into a message."""


def cell(value: Any) -> str | list[str]:
    """[text, kind] of one value; text is a plain string."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return [str(value), "bool"]
    if isinstance(value, (int, float)):
        return [number(value), "number"]
    return value[:MAX_CELL] if value.__class__ is str else moment(value)


def moment(value: Any) -> str | list[str]:
    from datetime import date, datetime, time

    if isinstance(value, datetime):
        return [value.date().isoformat(), "date"]
    if isinstance(value, (date, time)):
        return [value.isoformat(), "date"]
    return str(value)[:MAX_CELL]


def number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e16 else repr(value)


def compact(row: list[Any]) -> list[Any]:
    """The cells of a row without the empty ones at its end; rows of short texts, which are nearly all, are taken as they are."""
    try:
        is_text = len("".join(row)) <= MAX_CELL
    except TypeError:
        is_text = False
    cells = row if is_text else [cell(value) for value in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def rows_of(table: Iterable[list[Any]], most: int) -> Iterator[list[Any]]:
    """Every row down to the last that is not empty, and one more: styled sheets have empty ones by the thousand."""
    count = empty = 0
    for cells in map(compact, table):
        if not cells:
            empty += 1
            continue
        if len(cells) > MAX_COLUMNS:
            raise Refused("too_many_columns")
        count += empty + 1
        if count > most + MARGIN:
            raise Refused("too_many_rows")
        if empty:
            yield from ([] for _index in range(empty))
            empty = 0
        yield cells
    if count and empty:
        yield []


# Workbooks --------------------------------------------------------------------------------------------------------------


def workbook(data: bytes, most: int, wanted: str) -> Iterator[Any]:
    """What the lines say, for the sheet called `wanted`, or else the one that looks most like a roster."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    from exchange.spreadsheet_marks import marks_of

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [meta.name for meta in book.sheets_metadata if str(meta.visible).endswith("Visible")] or book.sheet_names
        best, sheet, others = chosen(book.get_sheet_by_name, names[:MAX_SHEETS], wanted)
    except PasswordError as error:
        raise Refused("encrypted_workbook") from error
    except CalamineError as error:
        raise Refused("damaged") from error
    check_corner(sheet, most)
    left = sheet.start[1] if sheet and sheet.start else 0  # rows begin with the first column that is used
    yield {"sheet": best, "others": others, "marks": marks_of(data, book.sheet_names.index(best), left) if best else {}}
    yield from batches(rows_of(filled(sheet) if sheet else (), most))


def filled(sheet: Any) -> Iterator[list[Any]]:
    """A cell merged over several rows says the same in each of them: the school of five teachers, or a title beside two lines of titles."""
    left = sheet.start[1] if sheet.start else 0  # rows begin with the first column that is used
    spans: dict[int, list[tuple[int, int]]] = {}  # row → (column, last row)
    for (top, column), (bottom, _right) in (sheet.merged_cell_ranges or [])[:MAX_MERGED]:
        if bottom > top:
            spans.setdefault(top, []).append((column - left, min(bottom, top + MAX_MERGED_ROWS)))
    return spread(sheet.iter_rows(), spans) if spans else iter(sheet.iter_rows())


def spread(rows: Iterable[list[Any]], spans: dict[int, list[tuple[int, int]]]) -> Iterator[list[Any]]:
    held: dict[int, tuple[Any, int]] = {}  # column → (value, last row)
    for index, row in enumerate(rows):
        for column, (value, last) in list(held.items()):
            if index > last:
                del held[column]
            elif row[column] == "":
                row[column] = value
        held |= {column: (row[column], last) for column, last in spans.get(index, ()) if 0 <= column < len(row)}
        yield row


def chosen(find: Callable[[str], Any], names: list[str], wanted: str) -> tuple[str, Any, list[str]]:
    """The name of the best sheet, the sheet, and the names of others that look like lists too; at most two are in memory."""
    best, sheet, most, lists = "", None, (-1, -1), []
    for name in names:
        found = find(name)
        points = score(found)
        lists += [name] if points[0] == LIST else []
        points = (LIST + 1, 0) if name == wanted else points
        if points > most:
            best, sheet, most = name, found, points
    return best, sheet, [name for name in lists if name != best]


def score(sheet: Any) -> tuple[int, int]:
    """(how much it looks like a list of people, number of rows): a sheet of instructions mentions names too, but not as the title of a column."""
    head = 0
    rows = sheet.iter_rows()
    for row, _index in zip(rows, range(HEAD_ROWS), strict=False):
        short = ["".join(text.split()).lower() for text in row if text.__class__ is str and 0 < len("".join(text.split())) <= SHORT]
        if any(word in text for text in short for word in HEAD_WORDS):
            head = max(head, LIST if len(short) >= 3 else 1)
    return head, sheet.total_height


def check_corner(sheet: Any, most: int) -> None:
    """A stray cell far away: refused before a million empty rows are made."""
    if sheet is not None and sheet.end is not None and sheet.end[0] > max(4 * most, 20_000):
        raise Refused("too_many_rows")
    if sheet is not None and sheet.end is not None and sheet.end[1] >= 16384 // 2:
        raise Refused("too_many_columns")


# Text -------------------------------------------------------------------------------------------------------------------


def decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    if len(data) > 3 and data[1::2].count(0) > len(data) // 8:  # UTF-16 without a mark: every digit has a zero byte
        return data.decode("utf-16-le", errors="replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("unreadable_encoding")


def table(data: bytes, most: int, _wanted: str) -> Iterator[Any]:
    import csv

    text = decode(data).replace("\x00", "")
    sample = text[:20_000]
    delimiter = max((",", ";", "\t", "，"), key=sample.count)
    csv.field_size_limit(1_000_000)
    yield {"sheet": "", "others": [], "marks": {}}
    try:
        yield from batches(rows_of(csv.reader(io.StringIO(text), delimiter=delimiter), most))
    except csv.Error as error:
        raise Refused("damaged") from error


def markup(data: bytes, most: int, wanted: str) -> Iterator[Any]:
    """A page of tables that is called .xls."""
    from exchange.spreadsheet_markup import TooMuch, tables_of

    try:
        tables = {grid.name or f"{number}": grid for number, grid in enumerate(tables_of(decode(data).replace("\x00", ""), MAX_COLUMNS + 1, MAX_CELL), start=1)}
    except TooMuch as refusal:
        raise Refused(str(refusal)) from refusal
    best, grid, others = chosen(tables.__getitem__, list(tables), wanted)
    yield {"sheet": best if others or (grid and grid.name) else "", "others": others, "marks": grid.marks if grid else {}}
    yield from batches(rows_of(grid.iter_rows() if grid else (), most))


# Lines ------------------------------------------------------------------------------------------------------------------


def batches(rows: Iterator[list[Any]]) -> Iterator[Any]:
    count = 0
    while batch := list(islice(rows, BATCH)):
        count += len(batch)
        yield batch
    if not count:
        raise Refused("empty_file")
    yield {"rows": count}


READERS = {"csv": table, "markup": markup, "zip": workbook, "xls": workbook}


def lines(form: str, data: bytes, most: int, wanted: str) -> Iterator[bytes]:
    encode = json.JSONEncoder(check_circular=False, ensure_ascii=False).encode
    try:
        for part in READERS[form](data, most, wanted):
            yield encode(part).encode() + b"\n"
    except Refused as refusal:
        yield encode({"error": str(refusal)}).encode() + b"\n"
    except (MemoryError, RecursionError):
        yield b'{"error": "too_many_cells"}\n'


def main(form: str, most: str, packages: str, home: str, wanted: str = "") -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_BYTES, ADDRESS_BYTES))
    resource.setrlimit(resource.RLIMIT_DATA, (DATA_BYTES, DATA_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.disable()  # lives for one sheet, and makes no cycles
    sys.path += [packages, home]
    sys.stdout.buffer.writelines(lines(form, sys.stdin.buffer.read(), int(most), wanted))


if __name__ == "__main__":
    main(*sys.argv[1:])
