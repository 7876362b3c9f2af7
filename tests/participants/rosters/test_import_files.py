"""Files that are no rosters, or that want to do harm: each is refused with its code within ten seconds, and nothing is written."""

import io
import zipfile

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from participants.people.models import Person
from participants.rosters.models import Registration, RosterImport
from tests.participants.rosters.imports import GOOD, HEADER, csv_bytes, data, make_visit, rows_of, sheet, upload, within_limits
from tests.participants.rosters.old_excel import xls

URL = "/api/v1/roster-imports/"
CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
RELS = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
ROOT_RELS = RELS.format(
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
)
BOOK_RELS = RELS.format(
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
)
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
BOOK = f'<?xml version="1.0"?><workbook {MAIN}><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>'


def archive(parts, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return out.getvalue()


def workbook(sheet_xml, **more):
    return archive(
        {
            "[Content_Types].xml": CONTENT_TYPES,
            "_rels/.rels": ROOT_RELS,
            "xl/workbook.xml": BOOK,
            "xl/_rels/workbook.xml.rels": BOOK_RELS,
            "xl/worksheets/sheet1.xml": sheet_xml,
            **more,
        }
    )


def cells(*pairs):
    rows = "".join(f'<row r="{row}"><c r="{name}{row}" t="inlineStr"><is><t>x</t></is></c></row>' for name, row in pairs)
    return f'<?xml version="1.0"?><worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>'


def xlsx(rows, **options):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    page = book.add_worksheet()
    for index, row in enumerate(rows):
        for column, value in enumerate(row):
            page.write_string(index, column, value)
    book.close()
    return out.getvalue()


ENTITIES = '<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def laughs():
    return f'<?xml version="1.0"?><!DOCTYPE z [{ENTITIES}]><worksheet {MAIN}><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&l9;</t></is></c></row></sheetData></worksheet>'


def outside():
    return f'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY f SYSTEM "file:///etc/passwd">]><worksheet {MAIN}><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&f;</t></is></c></row></sheetData></worksheet>'


def broken_zip():
    good = data("signup-daxing.xlsx")
    return good[: len(good) // 2]


def flipped():
    good = bytearray(data("signup-daxing.xlsx"))
    for index in range(200, len(good) - 2000, 97):
        good[index] ^= 0xFF
    return bytes(good)


BAD = {
    "empty": ("a.csv", b""),
    "blank": ("a.csv", b"\n\n  \n"),
    "nul bytes": ("a.csv", b"\x00" * 5000),
    "pdf named xlsx": ("a.xlsx", b"%PDF-1.7\n1 0 obj"),
    "png named csv": ("a.csv", b"\x89PNG\r\n\x1a\n" + b"\x00" * 50),
    "html named xls": ("a.xls", b"<html><table><tr><td>x</td></tr></table></html>"),
    "a thousand tables in each other": ("a.xls", b"<table><tr><td>" * 1000),
    "too many rows of html": ("a.xls", b"<table>" + b"<tr>" * 300_000),
    "spans that reach everywhere": ("a.xls", b"<table>" + b"<tr><td rowspan=99999999 colspan=99999999>x" * 150_000),
    "a html cell far to the right": ("a.xls", b"<table><tr>" + b"<td>x" * 300),
    "html that never closes": ("a.xls", b"<table><tr><td>" + b"<!--<a href='" * 200_000),
    "html with entities": ("a.xls", f"<!DOCTYPE z [{ENTITIES}]><table><tr><td>&l9;</td></tr></table>".encode()),
    "html that wants a file": (
        "a.xls",
        b'<!DOCTYPE z [<!ENTITY f SYSTEM "file:///etc/passwd">]><table><tr><td>&f;<img src="file:///etc/passwd"></td></tr></table>',
    ),
    "an xml spreadsheet with a far row": (
        "a.xls",
        b'<?xml version="1.0"?><Workbook><Worksheet><Table><Row ss:Index="99999999"><Cell><Data>x</Data></Cell></Row>',
    ),
    "an xml spreadsheet with a far cell": (
        "a.xls",
        b'<?xml version="1.0"?><Workbook><Worksheet><Table><Row><Cell ss:Index="16384"><Data>x</Data></Cell></Row>',
    ),
    "a page without a table": ("a.xls", "<html><body>请重新登录</body></html>".encode()),
    "a picture named xls": ("a.xls", bytes(range(256)) * 40),
    "text named xlsx": ("a.xlsx", "姓名,性别,身份证号\n".encode()),
    "gzip": ("a.xlsx", b"\x1f\x8b\x08\x00" + b"\x00" * 100),
    "half a workbook": ("a.xlsx", broken_zip()),
    "flipped bits": ("a.xlsx", flipped()),
    "a zip of texts": ("a.xlsx", archive({"hello.txt": "hello"})),
    "word document": ("a.xlsx", archive({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": "<w/>"})),
    "no sheet inside": ("a.xlsx", archive({"xl/workbook.xml": BOOK})),
    "corner cells": ("a.xlsx", workbook(cells(("A", 1), ("XFD", 1048576)))),
    "last column": ("a.xlsx", workbook(cells(("A", 1), ("XFD", 2)))),
    "last row": ("a.xlsx", workbook(cells(("A", 1), ("A", 1048576)))),
    "row number beyond all": ("a.xlsx", workbook(cells(("A", 4294967295)))),
    "billion laughs": ("a.xlsx", workbook(laughs())),
    "outside entity": ("a.xlsx", workbook(outside())),
    "deep nesting": ("a.xlsx", workbook(f"<worksheet {MAIN}><sheetData>{'<row>' * 200_000}</sheetData></worksheet>")),
    "zip bomb": ("a.xlsx", workbook(cells(("A", 1)), **{"xl/media/zero.bin": b"\x00" * (130 * 1024 * 1024)})),
    "three thousand parts": ("a.xlsx", workbook(cells(("A", 1)), **{f"xl/p{n}.xml": "x" for n in range(3000)})),
    "protected by a password": ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 600),
    "broken xls": ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 5000),
    "more than a hundred thousand rows": ("a.csv", csv_bytes([HEADER[:3], *[["许知遥", "男", "汉族"]] * 100_100])),
    "two hundred columns": ("a.csv", csv_bytes([[f"c{n}" for n in range(200)]] * 3)),
    "no header": ("a.csv", csv_bytes([["许知遥", "男", "汉族"], ["高远山", "女", "汉族"]])),
    "one huge cell": ("a.csv", b'"' + b"x" * 3_000_000),
    "neither utf-8 nor gb18030": ("a.csv", b"\xff\xfa\x80,\x81\x00\xff\xff" * 50),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_and_write_nothing(cast, api, name, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
    program = make_visit(cast)
    file_name, content = BAD[name]
    with within_limits():
        answer = api(cast.organiser).post(URL, {"program": program.pk, "file": SimpleUploadedFile(file_name, content)}, format="multipart")
    assert answer.status_code in (400, 413), answer.content[:300]
    body = answer.json()
    assert body["code"] in {
        "empty_file",
        "not_a_workbook",
        "damaged",
        "encrypted_workbook",
        "too_large",
        "too_many_rows",
        "too_many_columns",
        "too_many_cells",
        "no_header",
        "unreadable_encoding",
        "timeout",
    }
    assert body["errors"][0]["field"] == "file" and body["detail"]
    assert (RosterImport.objects.count(), Person.objects.count(), Registration.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("empty", "empty_file"),
        ("pdf named xlsx", "not_a_workbook"),
        ("half a workbook", "damaged"),
        ("zip bomb", "too_large"),
        ("protected by a password", "encrypted_workbook"),
        ("more than a hundred thousand rows", "too_many_rows"),
        ("two hundred columns", "too_many_columns"),
        ("no header", "no_header"),
    ],
)
def test_bad_files_get_the_code_that_helps(cast, api, name, code):
    file_name, content = BAD[name]
    answer = api(cast.organiser).post(URL, {"program": make_visit(cast).pk, "file": SimpleUploadedFile(file_name, content)}, format="multipart")
    assert answer.json()["code"] == code


# Good files in many shapes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
def test_csv_in_every_encoding(cast, encoding):
    content = sheet({0: "王䶮𬍛"}).decode().encode(encoding)
    row = rows_of(upload(make_visit(cast), content, cast.organiser))[2]
    assert (row["status"], row["values"]["name"]) == ("ok", "王䶮𬍛")


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_csv_with_other_delimiters(cast, delimiter):
    content = "\n".join(delimiter.join(line) for line in (HEADER, GOOD)).encode()
    assert rows_of(upload(make_visit(cast), content, cast.organiser))[2]["status"] == "ok"


def test_a_text_file_called_csv_in_capitals_and_a_workbook_called_csv(cast):
    program = make_visit(cast)
    assert upload(program, sheet({}), cast.organiser, "ROSTER.CSV").counts["ok"] == 1
    assert upload(program, xlsx([HEADER, GOOD]), cast.organiser, "roster.csv").counts["ok"] == 1


def test_row_numbers_are_those_of_the_sheet_with_empty_rows_above(cast):
    roster_import = upload(
        make_visit(cast), xlsx([[], [], ["附件2：报名表"], [], HEADER, GOOD, [], [*GOOD[:4], "120113197102029970", *GOOD[5:]]]), cast.organiser, "a.xlsx"
    )
    rows = rows_of(roster_import)
    assert (rows[6]["status"], rows[8]["status"], roster_import.reading["header_row"]) == ("ok", "rejected", 5)


def test_numbers_dates_and_formulas_of_a_workbook(cast):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet("报名表")
    page.write_row(0, 0, HEADER)
    for line in (1, 2):
        page.write_row(line, 0, GOOD)
    page.write_datetime(1, 3, __import__("datetime").datetime(1971, 2, 2), book.add_format({"num_format": "yyyy-mm-dd"}))
    page.write_number(1, 7, 15433000149)
    page.write_formula(1, 6, '="天津市北辰区"&"辰光高级中学"', None, "天津市北辰区辰光高级中学")
    page.write_number(2, 4, 120113197102029979)
    book.close()
    rows = rows_of(upload(make_visit(cast), out.getvalue(), cast.organiser, "a.xlsx"))
    assert (rows[2]["status"], rows[2]["values"]["birth_on"], rows[2]["values"]["phone"]) == ("ok", "1971-02-02", "15433000149")
    assert next(issue["code"] for issue in rows[3]["issues"]) == "id_lost_digits"


def test_the_list_is_found_on_the_second_sheet_and_hidden_sheets_are_left_alone(cast):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.add_worksheet("填写说明").write_column(0, 0, ["请认真填写"] * 30)
    page = book.add_worksheet("名单")
    page.write_row(0, 0, HEADER)
    page.write_row(1, 0, GOOD)
    hidden = book.add_worksheet("旧名单")
    hidden.write_row(0, 0, HEADER)
    for line in range(1, 50):
        hidden.write_row(line, 0, GOOD)
    hidden.hide()
    book.close()
    roster_import = upload(make_visit(cast), out.getvalue(), cast.organiser, "a.xlsx")
    assert (roster_import.reading["sheet"], roster_import.counts["ok"]) == ("名单", 1)


MANIFEST = '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'


def ods(rows):
    lines = "".join(
        "<table:table-row>"
        + "".join(f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row)
        + "</table:table-row>"
        for row in rows
    )
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text"))
    content = f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name="名单">{lines}</table:table></office:spreadsheet></office:body></office:document-content>'
    return archive({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content, "META-INF/manifest.xml": MANIFEST})


def test_ods(cast):
    row = rows_of(upload(make_visit(cast), ods([HEADER, GOOD]), cast.organiser, "a.ods"))[2]
    assert (row["status"], row["values"]["name"]) == ("ok", "许知遥")


def test_xls(cast):
    rows = rows_of(upload(make_visit(cast), xls([["报名表"], HEADER, GOOD, [*GOOD[:4], 120113197102029979.0, *GOOD[5:]]]), cast.organiser, "a.xls"))
    assert (rows[3]["status"], rows[3]["values"]["name"], rows[3]["values"]["national_id"]) == ("ok", "许知遥", GOOD[4])
    assert next(issue["code"] for issue in rows[4]["issues"]) == "id_lost_digits"


def test_html_is_kept_as_text_and_escaped_on_the_page(cast, sign_in):
    roster_import = upload(make_visit(cast), sheet({8: "<img src=x onerror=alert(1)>"}), cast.organiser)
    assert rows_of(roster_import)[2]["status"] == "fixed"
    page = sign_in(cast.organiser).get(f"/desk/imports/{roster_import.pk}/").content.decode()
    assert "<img src=x" not in page and "&lt;img src=x" in page
