"""Reads a workbook from standard input and prints its cells as JSON; run by exchange.spreadsheets with limits on itself.

Imports neither Django nor the project, so that it starts fast and knows no secret.
"""

import csv
import gc
import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 4
MAX_ROWS = 5000
MAX_COLUMNS = 60
MAX_CELL = 2000
HEAD_WORDS = ("姓名", "name")


class Refused(Exception):
    """The code that the parent turns into a message."""


def cell(value: Any) -> list[str] | None:
    """[text, kind] of one value, None for an empty cell."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return [str(value), "bool"]
    if isinstance(value, (int, float)):
        return [number(value), "number"]
    if isinstance(value, datetime):
        return [value.date().isoformat(), "date"]
    if isinstance(value, (date, time)):
        return [value.isoformat(), "date"]
    if isinstance(value, timedelta):
        return [str(value), "text"]
    return [str(value)[:MAX_CELL], "text"]


def number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e16 else repr(value)


def workbook(data: bytes) -> dict[str, Any]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [meta.name for meta in book.sheets_metadata if str(meta.visible).endswith("Visible")] or book.sheet_names
        sheets = {name: rows_of(book, name) for name in names[:20]}
    except PasswordError as error:
        raise Refused("encrypted_workbook") from error
    except CalamineError as error:
        raise Refused("damaged") from error
    best = max(sheets, key=lambda name: score(sheets[name]), default="")
    return {"rows": sheets.get(best, []), "sheet": best, "others": [name for name in names if name != best]}


def rows_of(book: Any, name: str) -> list[list[Any]]:
    sheet = book.get_sheet_by_name(name)
    if sheet.end is not None and (sheet.end[0] + 1 - (sheet.start[0] if sheet.start else 0) > MAX_ROWS * 4 or sheet.end[1] >= 16384 // 2):
        raise Refused("too_many_rows" if sheet.end[0] > MAX_ROWS * 4 else "too_many_columns")
    return trimmed([cells(row) for row in sheet.iter_rows()])


def cells(row: list[Any]) -> list[list[str] | None]:
    """The same for a row; text, which is nearly everything, without the way through `cell`."""
    return [([value[:MAX_CELL], "text"] if value else None) if value.__class__ is str else cell(value) for value in row]


def trimmed(rows: list[list[Any]]) -> list[list[Any]]:
    """Without the empty rows at the end but one, and empty columns at the right, which styled sheets have by the thousand."""
    while len(rows) > 1 and not any(rows[-1]) and not any(rows[-2]):
        rows.pop()
    if len(rows) == 1 and not any(rows[0]):
        rows.pop()
    width = max(map(filled_width, rows), default=0)
    if len(rows) > MAX_ROWS + 20:
        raise Refused("too_many_rows")
    if width > MAX_COLUMNS:
        raise Refused("too_many_columns")
    return [row if len(row) <= width else row[:width] for row in rows]


def filled_width(row: list[Any]) -> int:
    """From the right, because most rows are full."""
    width = len(row)
    while width and not row[width - 1]:
        width -= 1
    return width


def score(rows: list[list[Any]]) -> tuple[bool, int]:
    head = any(value and any(word in "".join(value[0].split()).lower() for word in HEAD_WORDS) for row in rows[:15] for value in row)
    return head, len(rows)


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


def table(data: bytes) -> dict[str, Any]:
    text = decode(data).replace("\x00", "")
    sample = text[:20_000]
    delimiter = max((",", ";", "\t", "，"), key=sample.count)
    csv.field_size_limit(1_000_000)
    try:
        rows = [[cell(value) for value in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    except csv.Error as error:
        raise Refused("damaged") from error
    return {"rows": trimmed(rows), "sheet": "", "others": []}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.disable()  # lives for one sheet, and makes no cycles
    data = sys.stdin.buffer.read()
    try:
        answer = table(data) if sys.argv[1] == "csv" else workbook(data)
        if not answer["rows"]:
            answer = {"error": "empty_file"}
    except Refused as refusal:
        answer = {"error": str(refusal)}
    except (MemoryError, RecursionError):
        answer = {"error": "damaged"}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
