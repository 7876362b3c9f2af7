"""Seeded mutations of the clean sheet: whatever comes, a preview or a refusal with a code, and what is read fits its columns."""

import csv
import io
import random
from datetime import date

import pytest

from exchange.spreadsheets import Cell, SheetCells, SpreadsheetError
from participants.people.models import Person
from participants.rosters import imports
from participants.rosters.sheet.reading import RosterRules, read_roster
from tests.participants.rosters.imports import data, make_visit, upload, within_limits
from tests.participants.rosters.test_import_files import xlsx
from tests.participants.rosters.test_sheet_kin import directory

CLEAN = list(csv.reader(io.StringIO(data("roster-study-visit.csv").decode("utf-8-sig"))))
LIMITS = {
    "name": 60,
    "ethnicity": 20,
    "position": 60,
    "professional_title": 40,
    "subject": 40,
    "role": 20,
    "diet": 60,
    "lodging": 60,
    "memo": 300,
    "email": 254,
}
CHARACTERS = "0123456789XxE.+-()（）〔 \u3000\u200b\ufeff\u202e·•年月日男女汉族市区第组=<>'\"/，、一二三\ue001\ufffd𬍛é٣²½Ⅷ\t\n@"
ODDITIES = ["0", "-1", "1e17", "inf", "nan", "12345678901234567890", "²²²²", "٣٣٣٣-٠١-٠١", "9999年12月31日", "60000", "1e308", "=1+1", "<b>"]


def mutated_text(text: str, rng: random.Random) -> str:
    spot = rng.randrange(len(text) + 1)
    ways = [
        "",
        text[::-1],
        text[:spot] + rng.choice(CHARACTERS) + text[spot + 1 :],
        text[:spot] + rng.choice(CHARACTERS) + text[spot:],
        "".join(rng.choices(CHARACTERS, k=rng.randrange(30))),
        text * rng.randrange(1, 40),
        rng.choice(ODDITIES),
        "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text),
        text[:spot],
    ]
    return rng.choice(ways)


def mutated_rows(seed: int) -> list[list[str]]:
    """Eight rows under the header, some cells changed, now and then a row shifted or the header spoilt."""
    rng = random.Random(seed)
    rows = [list(row) for row in (CLEAN[0], *rng.sample(CLEAN[1:], 8))]
    for _ in range(rng.randrange(1, 25)):
        row = rng.choice(rows if seed % 4 == 0 else rows[1:])
        column = rng.randrange(len(row))
        row[column] = mutated_text(row[column], rng)
    if seed % 10 == 0:
        rows[1] = rows[1][1:]
    return rows


def test_mutated_cells_never_break_the_reading():
    known = directory()
    for seed in range(400):
        rng = random.Random(seed)
        rows = [[Cell(text, rng.choice(["text", "text", "number", "date"])) if text else Cell() for text in row] for row in mutated_rows(seed)]
        try:
            reading = read_roster(SheetCells(rows), directory=known, rules=RosterRules(date(2026, 11, 24), groups=("第1组", "第2组")))
        except SpreadsheetError as error:
            assert error.code == "no_header"
            continue
        for row in reading.rows:
            assert all(issue.message for issue in row.issues)
            if row.status not in ("rejected", "skipped"):
                assert all(len(row.values.get(column, "")) <= limit for column, limit in LIMITS.items()), (seed, row)
                assert row.values["name"] and row.unit and date.fromisoformat(row.values.get("birth_on", "2000-01-01"))


def spoilt(content: bytes, seed: int) -> bytes:
    """Some bytes of the file changed, cut or doubled."""
    rng = random.Random(seed)
    spoiled = bytearray(content)
    for _ in range(rng.randrange(1, 12)):
        spoiled[rng.randrange(len(spoiled))] = rng.randrange(256)
    return bytes(spoiled[: rng.randrange(len(spoiled))]) if seed % 5 == 0 else bytes(spoiled)


def try_workbooks(cast, seeds: range) -> None:
    program = make_visit(cast)
    for seed in seeds:
        content = xlsx(mutated_rows(seed))
        try:
            with within_limits():
                roster_import = upload(program, spoilt(content, seed) if seed % 2 else content, cast.organiser, f"{seed}.xlsx")
        except SpreadsheetError as error:
            assert error.code
            continue
        if roster_import.counts["importable"]:
            from django.utils import timezone

            before = Person.objects.count()
            outcome = imports.commit_import(roster_import=roster_import, by=cast.organiser, now=timezone.now())
            assert Person.objects.count() >= before and outcome.created + outcome.updated == roster_import.counts["importable"]


def test_mutated_workbooks_give_a_preview_or_a_code(cast):
    try_workbooks(cast, range(30))


@pytest.mark.slow
@pytest.mark.one_database
def test_two_thousand_mutated_workbooks(cast):
    try_workbooks(cast, range(2000))
