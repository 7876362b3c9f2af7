"""A fourth labelled set: what schools write into the cells and between the rows, each with what a fair teacher expects of it."""

from datetime import date

import pytest

from exchange.spreadsheets import Cell, SheetCells
from participants.rosters.sheet.layout import lay_out
from participants.rosters.sheet.reading import RosterRules, read_roster
from tests.cast import fictional_id
from tests.participants.rosters.test_sheet_kin import SCHOOL, UNITS, X_NUMBER, directory

MEN = [fictional_id(date(1985, 3, day), 997) for day in range(11, 26)]
WOMEN = [fictional_id(date(1990, 11, day), 998) for day in range(1, 16)]
PUPIL = fictional_id(date(2010, 3, 5), 997)
PHONE = "15433000149"
SKIPPED = ("skipped", {}, set())
OK = ("ok", {}, set())


def fixed(*codes, **values):
    return "fixed", values, set(codes)


def warning(*codes, **values):
    return "warning", values, set(codes)


def rejected(*codes, **values):
    return "rejected", values, set(codes)


def about_names(*rows):
    """A sheet of (what stands in the cell of the name, label); everything else is right."""
    return ["姓名", "身份证号", "职务"], [([cell, MEN[index], "教师"], label) for index, (cell, label) in enumerate(rows)]


def about(column, *rows):
    return ["姓名", column, "身份证号"], [(["许知遥", cell, MEN[index]], label) for index, (cell, label) in enumerate(rows)]


def notes():
    person = ["3", "许知遥", "男", MEN[0], PHONE]
    lines = [
        ["", "（以下为初中部教师）"],
        ["", "注意：以上老师请带身份证"],
        ["学校（公章）", "", "", "", "2026年11月20日"],
        ["填报单位盖章：", "", "填报日期："],
        ["2、本表于周五前交"],
        ["*为必填项"],
        ["主管领导（签字）"],
        ["人数", "1"],
        ["男：1人", "女：0人"],
        ["总人数：1"],
        ["合计：12人"],
        ["第1页 共1页"],
        ["说明", "请各校于周五前报送，逾期不候。"],
    ]
    return ["序号", "姓名", "性别", "身份证号", "手机"], [(person, OK), *((line, SKIPPED) for line in lines)]


SHEETS = {
    "notes between the rows and below them": notes(),
    "people who look like notes": (
        ["姓名", "身份证号", "单位"],
        [
            (["*许知遥", "", SCHOOL], rejected("text_cleaned", "id_missing", name="许知遥")),
            (["1、阿依古丽·买买提", "", SCHOOL], rejected("text_cleaned", "id_missing", name="阿依古丽·买买提")),
            (["（许知遥）", MEN[0]], rejected("name_not_a_name", "unit_missing")),
        ],
    ),
    "a phone behind the name": about_names(
        ("许知遥 15433000149", fixed("phone_from_name", name="许知遥", phone=PHONE)),
        ("高远山15433000149", warning("phone_from_name", "phone_shared", name="高远山")),
        ("沈若川（154 3300 0150）", fixed("phone_from_name", name="沈若川", phone="15433000150")),
        ("林秋：15433000151", fixed("phone_from_name", name="林秋", phone="15433000151")),
    ),
    "names with company": about_names(
        ("高远山-领队", fixed("role_from_name", name="高远山", role="领队")),
        ("领队：沈若川", fixed("role_from_name", name="沈若川", role="领队")),
        ("1.林秋", fixed("text_cleaned", name="林秋")),
        ("2、章远", fixed("text_cleaned", name="章远")),
        ("许知遥 Xu Zhiyao", fixed("pinyin_moved", name="许知遥", memo="Xu Zhiyao")),
        ("苏晨（女）", warning("gender_from_name", "gender_mismatch", name="苏晨", gender="女")),
        ("田禾（替换卢明）", warning("pinyin_moved", "remark_doubt", name="田禾")),
        ("吴桐1", rejected("name_not_a_name")),
    ),
    "genders": about(
        "性别",
        ("1", fixed("gender_normalised", gender="男")),
        ("1-男", fixed("gender_normalised", gender="男")),
        ("♂", fixed("gender_normalised", gender="男")),
        ("（男）", fixed("gender_normalised", gender="男")),
        ("男 M", fixed("gender_normalised", gender="男")),
        ("男/女", rejected("gender_invalid")),
        ("#VALUE!", warning("formula_error", "gender_from_id", gender="男")),
    ),
    "dates of birth": about(
        "出生年月",
        ("1985.3", fixed("birth_from_id", birth_on="1985-03-11")),
        ("85年3月", fixed("birth_from_id", birth_on="1985-03-12")),
        ("41岁", fixed("birth_from_id", birth_on="1985-03-13")),
        ("35岁", rejected("birth_invalid")),
        ("19850315", fixed("date_normalised", birth_on="1985-03-15")),
    ),
    "ethnic groups": about(
        "民族",
        ("汉族。", fixed("ethnicity_normalised", ethnicity="汉族")),
        ("汉民族", fixed("ethnicity_normalised", ethnicity="汉族")),
        ("布衣族", warning("ethnicity_unknown", ethnicity="布衣族")),
    ),
    "diets": about(
        "饮食禁忌",
        ("回民餐", fixed("diet_split", diet="清真")),
        ("清真（不吃牛肉）", fixed("diet_split", diet="清真", memo="不吃牛肉")),
        ("无忌口", ("ok", {"diet": ""}, set())),
    ),
    "ID numbers with something behind them": (
        ["姓名", "身份证号", "职务"],
        [
            (["许知遥", f"{MEN[0]}（身份证）"], fixed("label_removed", national_id=MEN[0])),
            (["高远山", f"{WOMEN[0]}，"], fixed("label_removed", national_id=WOMEN[0])),
            (["沈若川", f"{MEN[1]}/"], fixed("label_removed", national_id=MEN[1])),
            (["林秋", f"{X_NUMBER[:-1]}ｘ"], fixed("width_normalised", "x_uppercased", national_id=X_NUMBER)),
        ],
    ),
    "numbers in each other's column": (
        ["姓名", "手机", "身份证号"],
        [
            (["许知遥", MEN[0], PHONE], fixed("numbers_swapped", national_id=MEN[0], phone=PHONE)),
            (["高远山", WOMEN[0], ""], fixed("numbers_swapped", national_id=WOMEN[0], phone="")),
            (["沈若川", "15433000150", "15433000151"], rejected("phone_in_id")),
            (["林秋", WOMEN[1], WOMEN[1]], rejected("phone_invalid", national_id=WOMEN[1])),
        ],
    ),
    "roles in the remark": (
        ["姓名", "身份证号", "备注"],
        [
            (["许知遥", MEN[0], "带队"], fixed("role_from_memo", role="带队", memo="")),
            (["高远山", WOMEN[0], "领队老师"], fixed("role_from_memo", role="领队老师")),
            (["卢明", PUPIL, "带队教师的学生"], ("ok", {"role": "", "memo": "带队教师的学生"}, set())),
        ],
    ),
    "titles in two languages": (
        ["姓名 Name", "性别 Gender", "身份证号 ID No.", "手机 Mobile"],
        [(["许知遥", "男", MEN[0], PHONE], ("ok", {"phone": PHONE}, set()))],
    ),
    "pupils by another title, and papers of other places": (
        ["编号", "学生", "证件类型", "证件号", "监护人手机"],
        [
            (["1", "卢明", "居民身份证", PUPIL, PHONE], ("ok", {"name": "卢明", "phone": ""}, set())),
            (["2", "陈港生", "港澳通行证", "H12345678", PHONE], warning("not_mainland_id", national_id="H12345678")),
        ],
    ),
    "the parent's name and phone beside the pupil's": (
        ["姓名", "性别", "身份证号", "姓名", "电话", "备注"],
        [(["卢明", "男", PUPIL, "卢父", PHONE, "走读"], ("ok", {"phone": "", "memo": "走读"}, set()))],
    ),
    "formulas that failed": (
        ["姓名", "照片", "身份证号", "单位"],
        [
            (["许知遥", '=DISPIMG("ID_A",1)', MEN[0], SCHOOL], OK),
            (["高远山", '=_xlfn.DISPIMG("ID_B",1)', WOMEN[0], "#REF!"], rejected("formula_error", "unit_missing")),
            (["#N/A", "", MEN[1], SCHOOL], rejected("formula_error", "name_missing")),
        ],
    ),
    "parts of a school": (
        ["姓名", "身份证号", "单位"],
        [
            (["许知遥", MEN[0], f"{SCHOOL} 高一年级"], warning("unit_fuzzy", unit=SCHOOL)),
            (["高远山", WOMEN[0], "辰光高级中学语文组"], warning("unit_fuzzy", unit=SCHOOL)),
            (["沈若川", MEN[1], "辰光高级中学高二(3)班"], warning("unit_fuzzy", unit=SCHOOL)),
        ],
    ),
}


def reading_of(header, rows, **fields):
    cells = [[Cell(cell, "text") if cell else Cell() for cell in row] for row in (header, *rows)]
    return SheetCells(cells), read_roster(SheetCells(cells), directory=directory(**fields), rules=RosterRules(date(2026, 11, 24)))


@pytest.mark.parametrize("label", SHEETS)
def test_a_sheet_is_read_as_a_teacher_expects(label):
    header, rows = SHEETS[label]
    _cells, reading = reading_of(header, [row for row, _expected in rows], home=UNITS[1])
    for row, (_given, (status, values, codes)) in zip(reading.rows, rows, strict=True):
        found = {issue.code for issue in row.issues} - {"unit_from_upload"}
        assert (row.status.replace("fixed", "ok" if not found else "fixed"), found) == (status, codes), row
        assert {column: row.values.get(column, "") for column in values} == values, row


def test_what_belongs_to_a_parent_is_named_as_unread():
    cells, _reading = reading_of(
        *[SHEETS["the parent's name and phone beside the pupil's"][0]], [SHEETS["the parent's name and phone beside the pupil's"][1][0][0]]
    )
    assert lay_out(cells).unused == ("姓名", "电话")


def test_a_school_alone_above_its_people_is_their_unit_until_the_next():
    rows = [["辰光高级中学"], ["1", "许知遥", MEN[0]], ["二、运河湾中学"], ["2", "高远山", WOMEN[0]], ["望海中学"], ["3", "沈若川", MEN[1]]]
    _cells, reading = reading_of(["序号", "姓名", "身份证号"], rows)
    assert [row.values.get("unit") for row in reading.rows] == [None, SCHOOL, None, UNITS[2].name, None, None]


def test_a_school_above_the_people_that_is_not_ones_own_is_not_taken():
    _cells, reading = reading_of(["序号", "姓名", "身份证号"], [["运河湾中学"], ["1", "许知遥", MEN[0]]], own_paths=("/1/2/",), home=UNITS[1])
    assert reading.rows[1].values["unit"] == SCHOOL
