"""Whole files as schools send them, each row with what it must be read as: the third labelled set, with layouts that the first two do not have."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from exchange.spreadsheets import read_cells
from participants.rosters.sheet.layout import lay_out
from participants.rosters.sheet.reading import RosterRules, read_roster
from tests.cast import fictional_id
from tests.exchange.test_spreadsheets import workbook_of
from tests.participants.rosters.imports import csv_bytes
from tests.participants.rosters.old_excel import xls
from tests.participants.rosters.test_sheet_kin import directory

SCHOOL, OTHER = "天津市北辰区辰光高级中学", "天津市北辰区运河湾中学"
MAN, WOMAN = fictional_id(date(1985, 3, 15), 997), fictional_id(date(1990, 11, 2), 998)
UYGHUR, THIRD, BOY = fictional_id(date(1979, 6, 8), 997), fictional_id(date(1985, 3, 16), 997), fictional_id(date(2010, 3, 5), 997)
GIRL = fictional_id(date(2009, 3, 5), 998)
SKIPPED = ("skipped", {}, set())
Expected = tuple[str, dict[str, str], set[str]]


def excel(*sheets: tuple[str, dict[str, Any], Sequence[str]]) -> bytes:
    """A workbook of (title, cell → value, merged ranges)."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, cells, merged in sheets:
        page = book.create_sheet(title)
        for place, value in cells.items():
            page[place] = value
        for span in merged:
            page.merge_cells(span)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def lines(first: int, *rows: Sequence[Any]) -> dict[str, Any]:
    return {f"{chr(65 + column)}{number}": value for number, row in enumerate(rows, start=first) for column, value in enumerate(row) if value not in ("", None)}


def receipt() -> bytes:
    """A sheet of instructions first; titles over merged cells, the header in row 7, numbers without people, a footnote and a line for signatures."""
    help_sheet = lines(1, ["填写说明"], *[[f"{n}. 姓名：须与身份证一致，不得使用简称。"] for n in range(1, 14)])
    head = ["序号", "姓 名", "性别\n(男/女)", "民 族", "出生年月", "身份证件号码（务必准确）", "工作单位", "职务/职称", "本人电话", "是否领队", "备 注"]
    rows = [
        [1, "许知遥（领队）", "男", "汉", "1985.3.15", MAN, SCHOOL, "教导主任", "154 3300 0149", "是"],
        [2, "高 远", "女", "回", "1990.11", WOMAN, "辰光高级中学", "教师/一级教师", "086-15433000150"],
        [3, "买合木提.艾力★", "男", "维族", "1979年6月8日", UYGHUR, "辰光中学", "教师", "15433000151/022-26390011", "", "清真"],
        [4],
        [5],
    ]
    cells = lines(
        1,
        ["附件2"],
        ["天津市北辰区教师赴京研学活动"],
        ["报 名 回 执 表"],
        ["填报单位（盖章）：辰光高级中学", "", "", "", "", "", "", "填报时间：2026年11月20日"],
    )
    cells |= lines(5, ["联系人：刘老师", "", "", "", "电话：022-26390011"]) | lines(7, head, *rows)
    cells |= {"A14": "注：1.本表一式两份；2.请加盖公章。", "A15": "填表人：刘老师", "F15": "负责人签字：", "I15": "年  月  日"}
    return excel(("填写说明", help_sheet, []), ("Sheet1", cells, ["A2:K2", "A3:K3", "A14:K14"]))


RECEIPT: list[Expected] = [
    *[SKIPPED] * 6,
    (
        "fixed",
        {"name": "许知遥", "role": "领队", "phone": "15433000149", "birth_on": "1985-03-15"},
        {"role_from_name", "date_normalised", "ethnicity_normalised", "phone_normalised"},
    ),
    (
        "fixed",
        {"name": "高远", "unit": SCHOOL, "phone": "15433000150", "birth_on": "1990-11-02", "ethnicity": "回族"},
        {"text_cleaned", "birth_from_id", "ethnicity_normalised", "phone_normalised", "unit_matched"},
    ),
    (
        "fixed",
        {"name": "买合木提·艾力", "ethnicity": "维吾尔族", "phone": "15433000151", "memo": "清真；022-26390011"},
        {"dot_normalised", "text_cleaned", "date_normalised", "ethnicity_normalised", "phone_split", "phone_normalised", "unit_matched"},
    ),
    *[SKIPPED] * 5,
]


def two_lines() -> bytes:
    """Titles in two lines with merged cells, a column without a title, real dates, and numbers where text should be."""
    top = ["序号", "姓名", "个人信息", "", "", "", "单位信息", "", "", "联系方式", "", "", "备注"]
    below = ["", "", "性别", "民族", "出生日期", "身份证号", "学校", "职务", "学科", "手机", "电子邮箱", "紧急联系人及电话", ""]
    rows = [
        [1, "许知遥", "男", "汉族", datetime(1985, 3, 15), MAN, SCHOOL, "教师", "语文", 15433000149, "xu@school.example", "王某 15433000777"],
        [2, "高远山", "女", "汉族", datetime(1990, 11, 2), f"'{WOMAN} ", "", "教师", "数学", "15433000150", "", ""],
        [3, "沈若川", "男", "汉族", 31121, MAN[:-1], OTHER, "副校长", "物理", "1543300 0151"],
        [4, "欧阳明", "男", "汉族", "一九八五年三月十六日", int(THIRD[:15] + "000"), OTHER, "副校长", "物理", "15433000152"],
        ["合计", 4],
    ]
    merged = ["A1:M1", "A2:A3", "B2:B3", "C2:F2", "G2:I2", "J2:L2", "M2:M3", "G4:G5"]
    return excel(("教师名单", lines(1, ["2026年京津冀教师研学人员信息汇总表"], top, below, *rows), merged))


TWO_LINES: list[Expected] = [
    *[SKIPPED] * 2,
    ("fixed", {"phone": "15433000149", "emergency_contact": "王某", "emergency_phone": "15433000777", "unit": SCHOOL}, {"contact_split"}),
    ("fixed", {"national_id": WOMAN, "unit": SCHOOL, "birth_on": "1990-11-02"}, {"apostrophe_removed"}),
    ("rejected", {"name": "沈若川", "birth_on": "1985-03-15"}, {"id_length", "excel_serial", "phone_normalised"}),
    ("rejected", {"name": "欧阳明", "birth_on": "1985-03-16"}, {"id_lost_digits", "date_normalised"}),
    SKIPPED,
]


def two_lines_as_text() -> bytes:
    """The same titles saved as CSV, where nothing tells that cells were merged."""
    top, below = ["序号", "姓名", "个人信息", "", "单位信息", "联系方式", ""], ["", "", "性别", "身份证号", "学校", "手机", "邮箱"]
    return csv_bytes([["汇总表"], top, below, ["1", "许知遥", "男", MAN, SCHOOL, "15433000149", "xu@school.example"]], "gb18030")


def pupils() -> bytes:
    """UTF-16 with tabs out of another program: other order, other titles, dates in four ways, columns that nobody asked for."""
    rows = [
        ["填表说明：请勿改动表头"],
        ["就读学校", "学生姓名", "性别（男/女）", "身份证", "家长姓名", "家长电话", "本人电话", "民 族", "出生年月日", "年级班级", "过敏史"],
        [SCHOOL, "许知遥", "男", BOY, "许父", "15433000149", "15433000159", "汉", "2010.3.5", "高一（3）班", "无"],
        [SCHOOL, "高远山", "女生", f"{GIRL.lower()} ", "高母", "15433000150", "", "汉", "二〇〇九年三月五日", "高一3", "花生过敏"],
        ["同上", "沈若川", "男", fictional_id(date(2010, 3, 6), 997), "沈父", "15433000151", "", "满", "40243", "高一", ""],
        [SCHOOL, "林秋", "女", fictional_id(date(2010, 3, 5), 976), "林母", "15433000152", "", "汉", "10-3-5", "高一", ""],
        [SCHOOL, "章远", "男", fictional_id(date(2010, 3, 7), 997), "章母", "15433000153", "", "汉", "10-3-5", "高一", ""],
        [SCHOOL, "卢明", "男", "", "卢母", "15433000154", "", "汉", "10.3.5", "高一", ""],
    ]
    return "\r\n".join("\t".join(row) for row in rows).encode("utf-16")


NORMAL = {"date_normalised", "ethnicity_normalised"}
PUPILS: list[Expected] = [
    SKIPPED,
    ("fixed", {"phone": "15433000159", "birth_on": "2010-03-05"}, NORMAL),
    ("fixed", {"gender": "女", "birth_on": "2009-03-05", "national_id": GIRL}, NORMAL | {"gender_normalised"}),
    ("fixed", {"unit": SCHOOL, "ethnicity": "满族", "birth_on": "2010-03-06"}, {"ditto_filled", "excel_serial", "ethnicity_normalised"}),
    ("fixed", {"birth_on": "2010-03-05"}, NORMAL),
    ("rejected", {}, {"birth_short", "ethnicity_normalised"}),
    ("rejected", {}, {"birth_short", "ethnicity_normalised", "id_missing"}),
]


def two_tables() -> bytes:
    """Leaders above, the others below with their columns in another order, empty columns between."""
    rows = [
        ["一、领队信息"],
        ["姓名", "", "性别", "", "身份证号码", "工作单位", "手机"],
        ["许知遥", "", "男", "", MAN, SCHOOL, "15433000149"],
        [],
        ["二、参训教师名单"],
        ["序号", "单位", "姓名", "性别", "身份证号码", "联系电话", "任教学科"],
        [1, SCHOOL, "高远山", "女", WOMAN, "15433000150", "数学"],
        [2, SCHOOL, "沈若川", "男", THIRD, "15433000149", "物理"],
        ["共2人"],
    ]
    return excel(("Sheet", lines(1, *rows), []))


TWO_TABLES: list[Expected] = [
    SKIPPED,
    ("ok", {"name": "许知遥", "national_id": MAN, "unit": SCHOOL, "phone": "15433000149"}, set()),
    *[SKIPPED] * 3,
    ("ok", {"name": "高远山", "subject": "数学", "unit": SCHOOL}, set()),
    ("warning", {"name": "沈若川", "subject": "物理"}, {"phone_shared"}),
    SKIPPED,
]


def no_unit() -> bytes:
    """The school stands above the list only, beside the name and number of whoever filled it in."""
    rows = [
        ["研学活动报名表"],
        ["报名学校（盖章）：辰光高级中学"],
        ["单位：", "辰光高级中学", "姓名：", "刘老师", "联系电话：", "022-26390011"],
        ["No.", "参加人员", "身份", "性别", "证件号码", "手机号", "用餐需求"],
        ["1", "许知遥*", "领队", "男", MAN, "１５４３３０００１４９", "清真餐"],
        ["2", "高远山老师", "学员", "2", WOMAN.lower(), "15433000150（微信同号）", "无"],
        ["3", "沈若川、林秋", "学员", "男", THIRD, "15433000151", ""],
        ["备注：请于周五前返回"],
    ]
    return csv_bytes(rows, "gb18030")


NO_UNIT: list[Expected] = [
    *[SKIPPED] * 3,
    ("fixed", {"name": "许知遥", "unit": SCHOOL, "diet": "清真", "role": "领队"}, {"text_cleaned", "unit_from_title", "phone_normalised", "diet_split"}),
    (
        "fixed",
        {"name": "高远山", "gender": "女", "phone": "15433000150", "memo": "微信同号"},
        {"title_removed", "gender_normalised", "unit_from_title", "phone_split", "phone_normalised"},
    ),
    ("rejected", {"national_id": THIRD}, {"name_several", "unit_from_title"}),
    SKIPPED,
]


def old_excel() -> bytes:
    """Real BIFF: phones and an ID as floating-point numbers, a passport, columns nobody asked for."""
    rows: list[list[str | float]] = [
        ["北辰区中小学骨干教师名单"],
        ["编号", "教师姓名", "性别", "证件类型", "证件号码", "所属学校", "政治面貌", "移动电话", "职称", "饮食需求"],
        [1.0, "许知遥", "男", "身份证", MAN, SCHOOL, "中共党员", 15433000149.0, "高级教师", "清真"],
        [2.0, "高远山 ", "女", "身份证", float(f"{WOMAN[:15]}000"), SCHOOL, "群众", 15433000150.0, "一级教师", "无"],
        [3.0, "陈子安", "男", "护照", "E12345678", SCHOOL, "群众", 15433000151.0, "", "素食，不吃蛋"],
    ]
    return xls(rows)


OLD_EXCEL: list[Expected] = [
    SKIPPED,
    ("ok", {"name": "许知遥", "phone": "15433000149", "diet": "清真", "unit": SCHOOL}, set()),
    ("rejected", {"name": "高远山", "phone": "15433000150"}, {"text_cleaned", "id_lost_digits"}),
    ("warning", {"national_id": "E12345678", "diet": "素食", "memo": "不吃蛋"}, {"not_mainland_id", "diet_split"}),
]


def wps() -> bytes:
    """As WPS writes: prefixed elements, rich inline strings in runs, styles that the file does not define."""
    rows = [["姓名", "性别", "身份证号", "所在单位", "手机号"], ["许知遥", "男", MAN, SCHOOL, "15433000149"], ["高远山", "女", WOMAN, SCHOOL, "15433000150"]]

    def cell(row: int, column: int, text: str) -> str:
        runs = f'<x:r><x:rPr><x:b/></x:rPr><x:t xml:space="preserve">{text[:1]}</x:t></x:r><x:r><x:t xml:space="preserve">{text[1:]}</x:t></x:r>'
        return f'<x:c r="{chr(65 + column)}{row}" s="7" t="inlineStr"><x:is>{runs}</x:is></x:c>'

    body = "".join(
        f'<x:row r="{number}" spans="1:5" ht="24" customHeight="1">{"".join(cell(number, column, text) for column, text in enumerate(row))}</x:row>'
        for number, row in enumerate(rows, start=1)
    )
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return workbook_of(f'<?xml version="1.0" encoding="UTF-8"?><x:worksheet xmlns:x="{space}"><x:sheetData>{body}</x:sheetData></x:worksheet>')


def open_document() -> bytes:
    """LibreOffice: real dates shown in another way, and a million empty rows below."""
    names = {part: f"urn:oasis:names:tc:opendocument:xmlns:{part}:1.0" for part in ("office", "table", "text")}
    rows = [["姓名", "性别", "出生日期", "身份证号", "学校名称", "联系方式"], ["许知遥", "男", date(1985, 3, 15), MAN, SCHOOL, "15433000149"]]

    def cell(value: Any) -> str:
        kind = f'office:value-type="date" office:date-value="{value}"' if isinstance(value, date) else 'office:value-type="string"'
        return f"<table:table-cell {kind}><text:p>{value if isinstance(value, str) else f'{value:%y/%m/%d}'}</text:p></table:table-cell>"

    table = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    table += '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1024"/></table:table-row>'
    spaces = " ".join(f'xmlns:{part}="{name}"' for part, name in names.items())
    body = f'<office:body><office:spreadsheet><table:table table:name="名单">{table}</table:table></office:spreadsheet></office:body>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}>{body}</office:document-content>')
        archive.writestr("META-INF/manifest.xml", '<?xml version="1.0"?><manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>')
    return out.getvalue()


def branches() -> bytes:
    """A district's workbook with a sheet for each kind of school; the school is written once for all of its people."""
    head = ["学校", "姓名", "性别", "身份证号", "联系电话", "角色"]
    senior = [
        [SCHOOL, "许知遥", "男", MAN, "15433000149", "领队"],
        ["", "高远山", "女", WOMAN, "15433000150", "学员"],
        [OTHER, "沈若川", "男", THIRD, "15433000151"],
    ]
    junior = [[SCHOOL, "章远", "男", UYGHUR, "15433000160", "学员"]]
    return excel(("高中", lines(1, head, *senior), ["A2:A3"]), ("初中", lines(1, head, *junior), []))


def beside() -> bytes:
    """Two lists side by side, and a remark in the margin."""
    head = ["姓名", "性别", "身份证号", "单位", "手机"]
    rows = [
        [*head, "", *head],
        ["许知遥", "男", MAN, SCHOOL, "15433000149", "", "沈若川", "男", THIRD, SCHOOL, "15433000151"],
    ]
    return excel(("名单", lines(1, *rows), []), ("空表", {}, []))


def margin() -> bytes:
    head = ["姓名", "性别", "身份证号", "单位", "手机", "家长电话"]
    row = ["许知遥", "男", MAN, SCHOOL, "15433000149", "15433000777", "", "校办：请补交照片"]
    return excel(("名单", lines(1, head, row), []))


GOOD_ROWS: list[Expected] = [("ok", {"name": "许知遥", "unit": SCHOOL, "phone": "15433000149"}, set())]
SHEETS: dict[str, tuple[str, Any, int, list[Expected]]] = {
    "a receipt with instructions": ("回执.xlsx", receipt, 7, RECEIPT),
    "titles in two merged lines": ("汇总.xlsx", two_lines, 3, TWO_LINES),
    "titles in two lines of text": ("汇总.csv", two_lines_as_text, 3, [SKIPPED, *GOOD_ROWS]),
    "pupils in UTF-16": ("学生.csv", pupils, 2, PUPILS),
    "two tables in one sheet": ("名单.xlsx", two_tables, 2, TWO_TABLES),
    "the school above the list": ("报名.csv", no_unit, 4, NO_UNIT),
    "old Excel": ("名单.xls", old_excel, 2, OLD_EXCEL),
    "WPS": ("名单.xlsx", wps, 1, [*GOOD_ROWS, ("ok", {"name": "高远山", "national_id": WOMAN}, set())]),
    "LibreOffice": ("名单.ods", open_document, 1, GOOD_ROWS),
    "two lists side by side": ("名单.xlsx", beside, 1, GOOD_ROWS),
    "a remark in the margin": ("名单.xlsx", margin, 1, GOOD_ROWS),
    "a sheet per kind of school": (
        "北辰.xlsx",
        branches,
        1,
        [*GOOD_ROWS, ("ok", {"name": "高远山", "unit": SCHOOL}, set()), ("ok", {"name": "沈若川", "unit": OTHER}, set())],
    ),
}


@pytest.mark.parametrize("label", SHEETS)
def test_a_sheet_is_read_as_its_labels_say(label):
    name, make, header_row, expected = SHEETS[label]
    reading = read_roster(read_cells(make(), name), directory=directory(), rules=RosterRules(date(2026, 11, 24)))
    assert reading.header_row == header_row
    assert len(reading.rows) == len(expected), [(row.row, row.status) for row in reading.rows]
    for row, (status, values, codes) in zip(reading.rows, expected, strict=True):
        assert (row.status, {issue.code for issue in row.issues}) == (status, codes), row
        assert {column: row.values.get(column, "") for column in values} == values, row


@pytest.mark.parametrize(
    ("label", "unused", "others"),
    [
        ("a receipt with instructions", ("是否领队",), ()),
        ("pupils in UTF-16", ("家长姓名", "家长电话", "年级班级", "过敏史"), ()),
        ("old Excel", ("证件类型", "政治面貌"), ()),
        ("a sheet per kind of school", (), ("初中",)),
        ("two lists side by side", (), ("名单!G1",)),
        ("a remark in the margin", ("家长电话", "校办：请补交照片"), ()),
        ("WPS", (), ()),
    ],
)
def test_what_is_left_unread_is_named(label, unused, others):
    name, make, _header_row, _expected = SHEETS[label]
    layout = lay_out(read_cells(make(), name))
    assert (layout.unused, layout.other_sheets) == (unused, others)


def test_a_line_about_the_sender_is_no_header():
    layout = lay_out(read_cells(no_unit(), "报名.csv"))
    assert layout.header_row == 4 and layout.rows[2].text == "单位：　辰光高级中学　姓名：　刘老师　联系电话：　022-26390011"


def test_a_unit_named_above_the_list_is_taken_only_when_it_is_ones_own():
    cells = read_cells(no_unit(), "报名.csv")
    rows = read_roster(cells, directory=directory(own_paths=("/4/",)), rules=RosterRules(date(2026, 11, 24))).rows
    assert "unit_missing" in {issue.code for issue in rows[3].issues}
