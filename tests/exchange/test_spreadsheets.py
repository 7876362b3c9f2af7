"""Reading what people upload, and what attackers upload; writing workbooks that hold nothing but text."""

import io
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import openpyxl
import pytest

from exchange.spreadsheets import MAX_BYTES, Cell, Column, Mark, SpreadsheetError, read_cells, write_workbook

SHEET = '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'
TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
RELATIONS = '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook_of(sheet: str) -> bytes:
    """The smallest .xlsx around a hand-written sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELATIONS.format(f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'))
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format(f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'))
        archive.writestr(
            "xl/workbook.xml",
            '<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            f'xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return out.getvalue()


def cell(place: str, text: str = "x") -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def bomb(last: str, row: int) -> bytes:
    return workbook_of(SHEET.format(f'<sheetData><row r="1">{cell("A1")}</row><row r="{row}">{cell(last)}</row></sheetData>'))


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
        for _ in range(130):
            part.write(b" " * 1024 * 1024)
    return out.getvalue()


def lying_zip() -> bytes:
    """Claims that its sheet unpacks to ten bytes."""
    data = workbook_of(SHEET.format("<sheetData>" + f'<row r="1">{cell("A1", "x" * 3_000_000)}</row>' + "</sheetData>"))
    entry = next(info for info in zipfile.ZipFile(io.BytesIO(data)).infolist() if info.filename == "xl/worksheets/sheet1.xml")
    return data.replace(entry.file_size.to_bytes(4, "little"), (10).to_bytes(4, "little"))


def nested_sheet() -> bytes:
    return workbook_of(SHEET.format("<a>" * 200_000 + "</a>" * 200_000))


def entity_bomb() -> bytes:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return workbook_of(
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{levels}]>' + SHEET.format(f'<sheetData><row r="1">{cell("A1", "&l11;")}</row></sheetData>')[38:]
    )


def encrypted() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 500


def rows_workbook(rows: int, columns: int = 2) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for number in range(rows):
        sheet.append([f"{number}-{column}" for column in range(columns)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@contextmanager
def quick(seconds: float = 20) -> Iterator[None]:
    """The machine of the tests is shared; what is meant is: not minutes, and not gigabytes."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


GOOD = rows_workbook(3)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("far-corner.xlsx", bomb("XFD1048576", 1048576), {"too_many_cells"}),
        ("far-row.xlsx", bomb("A1048576", 1048576), {"too_many_rows"}),
        ("far-column.xlsx", bomb("XFD2", 2), {"too_many_columns"}),
        ("rows.xlsx", rows_workbook(5100), {"too_many_rows"}),
        ("columns.xlsx", rows_workbook(2, 61), {"too_many_columns"}),
        ("rows.csv", b"a,b\n" * 5100, {"too_many_rows"}),
        ("columns.csv", b"a," * 100 + b"a\n", {"too_many_columns"}),
        ("zip-bomb.xlsx", zip_bomb(), {"too_large"}),
        ("many-parts.xlsx", b"", {"empty_file"}),
        ("blank.csv", b" \r\n\t\n", {"empty_file"}),
        ("nothing.xlsx", workbook_of(SHEET.format("<sheetData/>")), {"empty_file"}),
        ("roster.xlsx", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"x" * 500, {"not_a_workbook"}),
        ("roster.csv", b"%PDF-1.7\n" + b"x" * 500, {"not_a_workbook"}),
        ("picture.xlsx", b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, {"not_a_workbook"}),
        ("text.xlsx", "姓名,性别\n".encode(), {"not_a_workbook"}),
        ("protected.xlsx", encrypted(), {"encrypted_workbook"}),
        ("cut-off.xlsx", GOOD[: len(GOOD) // 2], {"damaged"}),
        ("head-only.xlsx", b"PK\x03\x04", {"damaged"}),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, {"damaged"}),
        ("large.csv", b"x" * (MAX_BYTES + 1), {"too_large"}),
        ("odd.csv", b"\xff\xff\xff\x80\x80\n", {"unreadable_encoding"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_a_roster_is_refused_fast(name: str, data: bytes, code: set[str]) -> None:
    with quick(), pytest.raises(SpreadsheetError) as refusal:
        read_cells(data, name)
    assert refusal.value.code in code
    assert refusal.value.message.endswith(("。", "."))


def test_the_famous_bomb_is_about_a_kilobyte() -> None:
    assert len(bomb("XFD1048576", 1048576)) < 2000


@pytest.mark.parametrize("data", [lying_zip(), nested_sheet(), entity_bomb()], ids=["lying sizes", "nested parts", "entities"])
def test_a_crafted_file_ends_in_a_refusal_or_in_few_cells(data: bytes) -> None:
    with quick():
        try:
            cells = read_cells(data, "x.xlsx")
        except SpreadsheetError as refusal:
            assert refusal.code in {"damaged", "empty_file", "too_large", "timeout"}
        else:
            assert sum(len(value.text) for row in cells.rows for value in row) <= 2000


def test_another_archive_is_not_a_workbook() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    with pytest.raises(SpreadsheetError) as refusal:
        read_cells(out.getvalue(), "x.xlsx")
    assert refusal.value.code == "not_a_workbook"


# Reading what is good --------------------------------------------------------------------------------------------------

NAMES = [["姓名", "备注"], ["王䶮", "㛃𬍛𫖯"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_every_usual_encoding(encoding: str, delimiter: str) -> None:
    data = "\r\n".join(delimiter.join(row) for row in NAMES).encode(encoding)
    assert [[value.text for value in row] for row in read_cells(data, "名册.csv").rows] == NAMES


def test_kinds_of_cells_are_kept_apart_and_empty_margins_are_cut() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["文本", 120113197001019968, True, None])
    sheet["A1"].number_format = "@"
    sheet.append(["000123", 3.5, None, None])
    sheet["H400"].font = openpyxl.styles.Font(bold=True)  # a styled cell without a value
    out = io.BytesIO()
    book.save(out)
    cells = read_cells(out.getvalue(), "x.xlsx")
    assert [[value.kind for value in row] for row in cells.rows] == [["text", "number", "bool"], ["text", "number", "empty"]]
    assert cells.rows[1][:2] == [Cell("000123", "text"), Cell("3.5", "number")]


def test_the_sheet_with_the_roster_is_chosen() -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "说明"
    for line in ("一", "二", "三", "四"):
        first.append([line])
    roster = book.create_sheet("报名表")
    roster.append(["姓 名", "性别"])
    second = book.create_sheet("初中")
    second.append(["姓名", "性别", "学校"])
    second.append(["许知遥", "男", "辰光中学"])
    book.move_sheet("报名表", 1)
    roster.append(["高远山", "女", "辰光中学"])
    roster["C1"] = "学校"
    roster.append(["章远", "男", "辰光中学"])
    out = io.BytesIO()
    book.save(out)
    cells = read_cells(out.getvalue(), "x.xlsx")
    assert (cells.sheet, cells.other_sheets) == ("报名表", ["初中"])


# Writing ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-5", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x.example")', "http://x.example", "000123", "120113197001019968"]
)
def test_whatever_is_written_stays_text(text: str) -> None:
    data = write_workbook([Column("姓名"), Column("备注")], [[text, None]], sheet="名册")
    sheet = openpyxl.load_workbook(io.BytesIO(data))["名册"]
    assert (sheet["A2"].value, sheet["A2"].data_type, sheet["A2"].hyperlink, sheet["A2"].number_format) == (text, "s", None, "@")
    assert read_cells(data, "x.xlsx").rows[1][0].text == text


def test_marks_colour_their_cell_and_say_why() -> None:
    data = write_workbook([Column("姓名")], [["甲"], ["乙"]], sheet="名册", title="报名表", marks=[Mark(1, 0, "rejected", "身份证号有误")])
    sheet = openpyxl.load_workbook(io.BytesIO(data))["名册"]
    assert (sheet["A1"].value, sheet["A2"].value, sheet["A4"].value) == ("报名表", "姓名", "乙")
    assert sheet["A4"].fill.fgColor.rgb == "FFFBEAE6"
    assert "身份证号有误" in sheet["A4"].comment.text
    assert sheet["A3"].comment is None


def test_long_lists_of_choices_live_on_a_hidden_sheet() -> None:
    choices = [f"很长很长的学校名称{number}" for number in range(60)]
    book = openpyxl.load_workbook(io.BytesIO(write_workbook([Column("姓名"), Column("学校", choices=choices)], [], sheet="名册")))
    assert book["lists"].sheet_state == "hidden"
    rule = book["名册"].data_validations.dataValidation[0]
    assert (rule.formula1, [book["lists"].cell(row + 1, 2).value for row in range(60)]) == ("lists!$B$1:$B$60", choices)
