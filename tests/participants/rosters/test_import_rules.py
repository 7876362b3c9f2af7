"""The import's rules: what a sheet becomes, what a commit writes, and what is refused."""

import pytest

from participants.rosters import imports
from tests.participants.rosters.imports import csv_bytes, data, dirty_rows, make_visit, rows_of, upload

DIRTY = [row for row in dirty_rows() if row[2] != "defect"]


@pytest.fixture
def dirty(cast):
    program = make_visit(cast)
    return rows_of(upload(program, csv_bytes([cells for _row, cells, _defect, _expected in dirty_rows()]), cast.organiser))


def test_dirty_sheet_is_read_as_labelled(dirty):
    def matches(row, expected):
        return dirty[row]["status"] == expected or (expected == "fixed" and dirty[row]["status"] == "skipped")

    wrong = [(row, defect, expected, dirty[row]["status"], dirty[row].get("issues")) for row, _c, defect, expected in DIRTY if not matches(row, expected)]
    assert wrong == []
