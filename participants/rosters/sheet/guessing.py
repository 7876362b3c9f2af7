"""What the columns of a sheet without titles hold, and whether a sheet lies on its side: offered to the user, never taken for granted. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from exchange.spreadsheets import EMPTY, SheetCells, SheetMarks
from participants.rosters.sheet.cleaning import ROLE_WORDS
from participants.rosters.sheet.columns import STAGE_OF
from participants.rosters.sheet.dates import parse_date

GUESSES: list[tuple[str, Callable[[str], object]]] = [
    ("national_id", lambda cell: re.fullmatch(r"['‘’]?\s*[\dXx\s]{15,22}", cell)),
    ("birth_on", lambda cell: len(cell) >= 8 and parse_date(cell)[0]),
    ("phone", lambda cell: re.fullmatch(r"[+\d\s\-]{7,17}", cell)),
    ("gender", lambda cell: cell in ("男", "女", "male", "female", "男生", "女生", "M", "F")),
    ("unit", lambda cell: re.search(r"(学校|中学|小学|高中|大学|学院|幼儿园|教育局|教委|进修|中心)", cell)),
    ("ethnicity", lambda cell: re.fullmatch(r".{1,5}族", cell)),
    ("role", lambda cell: cell in ROLE_WORDS or cell == "学员"),
    ("stage", lambda cell: cell in STAGE_OF),
    ("email", lambda cell: re.fullmatch(r"\S+@\S+\.\w+", cell)),
    ("position", lambda cell: re.search(r"(主任|校长|教师|组长|书记|干事|教研员|班主任|职员)$", cell)),
    ("district", lambda cell: re.fullmatch(r".{2,8}[区县]", cell)),
    ("name", lambda cell: re.fullmatch(r"[\u3007\u3400-\u9fff\U00020000-\U0003ffff·•\s]{2,20}", cell)),
    ("subject", lambda cell: re.fullmatch(r"\w{2,6}", cell)),
    ("number", lambda cell: re.fullmatch(r"\d{1,3}", cell)),
]
TELLING = frozenset({"name", "national_id", "phone"})  # one of them, and the sheet may be a list of people
DIGITS = re.compile(r"\d{17}[\dXx]|1[3-9]\d{9}")


def guess_fields(rows: Sequence[Sequence[str]]) -> list[str]:
    """The field that most cells of each column look like, each field once; "" for the others."""
    found = list[str]()
    for column in range(max(map(len, rows), default=0)):
        cells = [row[column].strip() for row in rows if column < len(row) and row[column].strip()]
        found.append(next((name for name, test in GUESSES if name not in found and cells and sum(map(bool, map(test, cells))) * 2 >= len(cells)), ""))
    return found


def first_person(cells: SheetCells, most: int) -> int:
    """The index of the first row with an ID or phone number, or else of the first that is not empty."""
    rows = cells.rows[:most]
    numbered = (index for index, row in enumerate(rows) if any(DIGITS.search(cell.text.replace(" ", "")) for cell in row))
    filled = (index for index, row in enumerate(rows) if any(cell.text.strip() for cell in row))
    return next(numbered, next(filled, 0))


def turned(cells: SheetCells) -> SheetCells:
    """Columns as rows: row 2 is column B."""
    width = max(map(len, cells.rows), default=0)
    return replace(cells, rows=[[row[column] if column < len(row) else EMPTY for row in cells.rows] for column in range(width)], marks=SheetMarks())
