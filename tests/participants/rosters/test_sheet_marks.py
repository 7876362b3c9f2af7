"""Rows, columns and cells that the sheet hides or strikes out: asked about, never decided."""

import io
import zipfile

import pytest
import xlsxwriter

from exchange.spreadsheets import SheetMarks, read_cells, read_parts
from participants.people.models import Person
from participants.rosters import import_large
from participants.rosters.models import RosterImport
from tests.participants.rosters.imports import GOOD, HEADER, codes_of, make_visit, rows_of, upload
from tests.participants.rosters.test_import_files import MANIFEST, ods

OTHER = ["高远山", "女", "汉族", "1970-03-18", "120113197003189969", *GOOD[5:7], "15433000150", ""]
THIRD = ["沈若川", "男", "汉族", "1968-07-05", "120113196807059970", *GOOD[5:7], "15433000151", ""]


def marked() -> bytes:
    """Row 2 struck out, row 3 filtered out, in row 4 an old phone number struck out; the ethnicity stands in a hidden column."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page, struck = book.add_worksheet("名单"), book.add_format({"font_strikeout": True})
    for number, row in enumerate((HEADER, GOOD, OTHER, THIRD)):
        page.write_row(number, 0, row, struck if row is GOOD else None)
    page.write_rich_string(3, 7, struck, "15433000159", " 15433000151")
    page.set_column(2, 2, None, None, {"hidden": True})
    page.set_row(2, None, None, {"hidden": True})
    page.write_blank(30, 1, None, struck)  # an empty cell with the format says nothing
    book.close()
    return out.getvalue()


def test_marks_are_read_from_xlsx():
    assert read_cells(marked(), "a.xlsx").marks == SheetMarks(frozenset({3}), frozenset({2}), {2: frozenset(range(8)), 4: frozenset({7})})


def test_columns_are_counted_from_the_first_that_is_used():
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(3, 2, HEADER)
    page.write_row(4, 2, GOOD)
    page.write_string(4, 9, GOOD[7], book.add_format({"font_strikeout": True}))
    book.close()
    assert read_cells(out.getvalue(), "a.xlsx").marks == SheetMarks(struck={5: frozenset({7})})


def test_marks_are_read_from_ods():
    source = zipfile.ZipFile(io.BytesIO(ods([HEADER, GOOD, OTHER, THIRD]))).read("content.xml").decode()
    lines = source.split("<table:table-row>")
    lines[3] = lines[3].replace("<table:table-cell", '<table:table-cell table:style-name="ce2"')
    text = "<table:table-row>".join(lines[:4]) + '<table:table-row table:visibility="filter">' + lines[4]
    style = (
        '<office:automatic-styles><style:style style:name="ce1" style:family="table-cell"/><style:style style:name="ce2" style:family="table-cell">'
        '<style:text-properties style:text-line-through-style="solid"/></style:style></office:automatic-styles><office:body>'
    )
    text = text.replace("<office:body>", style, 1).replace("<office:document-content ", '<office:document-content xmlns:style="urn:x" ', 1)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", text)
        archive.writestr("META-INF/manifest.xml", MANIFEST)
    assert read_cells(out.getvalue(), "a.ods").marks == SheetMarks(frozenset({4}), frozenset(), {3: frozenset(range(9))})


def test_a_row_that_is_struck_out_or_hidden_waits_for_a_decision(cast, sign_in):
    roster_import = upload(make_visit(cast), marked(), cast.coordinator_a, "名单.xlsx")
    assert [codes_of(roster_import, row) for row in (2, 3, 4)] == [["row_struck"], ["row_hidden"], ["cell_struck", "phone_split", "phone_normalised"]]
    assert (roster_import.counts["importable"], roster_import.counts["undecided"]) == (1, 2)
    client = sign_in(cast.coordinator_a)
    page = client.get(f"/desk/imports/{roster_import.pk}/?cell=2-name").content.decode()
    assert "表中这一行画了删除线" in page and 'value="take"' in page and "表中隐藏、但已读入的列：民族" in page
    answer = client.post(f"/desk/imports/{roster_import.pk}/rows/2/", {"do": "take", "column": "name"})
    assert answer.url.endswith("?cell=3-name#r3")
    client.post(f"/desk/imports/{roster_import.pk}/rows/3/", {"do": "skip", "column": "name"})
    client.post(f"/desk/imports/{roster_import.pk}/commit/")
    assert set(Person.objects.values_list("name", flat=True)) == {"许知遥", "沈若川"}


@pytest.mark.parametrize(("do", "statuses"), [("take", ["ok", "ok", "warning"]), ("leave", ["skipped", "skipped", "warning"])])
def test_all_are_decided_at_once_and_asked_about_again(cast, sign_in, do, statuses):
    roster_import = upload(make_visit(cast), marked(), cast.coordinator_a, "名单.xlsx")
    client, address = sign_in(cast.coordinator_a), f"/desk/imports/{roster_import.pk}/marked/"

    def found():
        return [row["status"] for row in rows_of(RosterImport.objects.get()).values()]

    client.post(address, {"do": do})
    assert found() == [*statuses]
    client.post(f"{address}?rows=2-3")
    assert found() == ["warning"] * 3
    assert sign_in(cast.outsider).post(address, {"do": do}).status_code == 404


def test_the_api_takes_a_row_in_and_counts_what_waits(cast, api):
    roster_import = upload(make_visit(cast), marked(), cast.coordinator_a, "名单.xlsx")
    url = f"/api/v1/roster-imports/{roster_import.pk}/"
    assert api(cast.coordinator_a).get(url).json()["counts"]["undecided"] == 2
    body = api(cast.coordinator_a).post(f"{url}rows/2/", {"skip": False}, format="json").json()
    assert (body["counts"]["undecided"], body["rows"][0]["status"]) == (1, "ok")


def test_a_row_struck_out_and_written_anew_below_is_no_duplicate(cast):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page, struck = book.add_worksheet("名单"), book.add_format({"font_strikeout": True})
    for number, row in enumerate((HEADER, GOOD, [*GOOD[:7], "15433000188", ""])):
        page.write_row(number, 0, row, struck if number == 1 else None)
    book.close()
    roster_import = upload(make_visit(cast), out.getvalue(), cast.coordinator_a, "名单.xlsx")
    assert [codes_of(roster_import, row) for row in (2, 3)] == [["row_struck"], []]


def test_marks_of_a_later_part_of_a_long_sheet(monkeypatch):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    for number in range(40):
        page.write_row(number, 0, GOOD if number else HEADER, book.add_format({"font_strikeout": True}) if number == 37 else None)
    page.set_row(18, None, None, {"hidden": True})
    book.close()
    monkeypatch.setattr(import_large, "PART_ROWS", 18)
    rows = [row for layout in import_large.layouts_of(read_parts(out.getvalue(), "a.xlsx")) for row in layout.rows]
    assert {row.row: row.mark for row in rows if row.mark} == {19: "hidden", 38: "struck"}
