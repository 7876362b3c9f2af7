"""A second labelled sheet: defects that the shared one does not list, each with the status and the findings it must give."""

import csv
from datetime import date, timedelta

import pytest

from exchange.spreadsheets import Cell, SheetCells
from participants.directory.rules import DIVISIONS_CSV
from participants.rosters.sheet.places import Place, RosterDirectory, Unit
from participants.rosters.sheet.reading import RosterRules, read_roster
from tests.cast import fictional_id

HEADER = "姓名 性别 民族 出生日期 身份证号 区县 单位 手机号码 邮箱 组别 饮食要求 紧急联系电话 备注".split()
NAME, GENDER, ETHNICITY, BIRTH, ID, DISTRICT, UNIT, PHONE, EMAIL, GROUP, DIET, EMERGENCY, MEMO = range(13)
SCHOOL = "天津市北辰区辰光高级中学"
BORN = date(1985, 3, 15)
NUMBER = fictional_id(BORN, 997)
GOOD = ["许知遥", "男", "汉族", "1985-03-15", NUMBER, "北辰区", SCHOOL, "15433000149", "", "第1组", "", "", ""]
UNITS = (
    Unit(1, "天津市北辰区教育局", "/1/", "120113", ("北辰区教育局",), 10),
    Unit(2, SCHOOL, "/1/2/", "120113", ("辰光中学",), 10),
    Unit(3, "天津市北辰区运河湾中学", "/1/3/", "120113", (), 10),
    Unit(4, "北京市大兴区永定湾中学", "/4/5/", "110115", (), 11),
    Unit(6, "廊坊市龙河湾高级中学", "/6/7/", "131000", (), 12),
    Unit(8, "廊坊市广阳区第一中学", "/6/8/", "131003", (), 12),
    Unit(9, "天津市北辰区第一中学", "/1/9/", "120113", (), 10),
    Unit(20, "秦皇岛市海港湾中学", "/20/21/", "130300", (), None),
)


def read_places() -> tuple[Place, ...]:
    with open(DIVISIONS_CSV, encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    names = {row["code"]: row["name"] for row in rows}

    def full(code: str) -> str:
        above = [names[part] for part in (f"{code[:2]}0000", f"{code[:4]}00") if part in names and part != code]
        return "".join(dict.fromkeys([*above, names[code]]))

    return tuple(Place(row["code"], row["name"], full(row["code"])) for row in rows)


PLACES = read_places()


def directory(**fields):
    return RosterDirectory(places=PLACES, units=UNITS, invited=("120113", "110115", "131000"), **fields)


def read(*rows, header=HEADER, today=date(2026, 11, 24), own=None, home=None, id_required=True):
    cells = [[cell if isinstance(cell, Cell) else Cell(cell, "text") if cell else Cell() for cell in row] for row in (header, *rows)]
    rules = RosterRules(today=today, id_required=id_required, groups=("第1组", "第2组", "第10组"))
    return read_roster(SheetCells(cells), directory=directory(own_paths=own, home=home), rules=rules)


def changed(changes):
    return [changes.get(index, text) for index, text in enumerate(GOOD)]


WOMAN = fictional_id(BORN, 998)
X_NUMBER = next(number for day in range(60) if (number := fictional_id(BORN + timedelta(days=day), 997)).endswith("X"))
WIDE = X_NUMBER.translate({ord(char): ord(char) + 0xFEE0 for char in "0123456789X"})
KIN = [
    ("clean", {}, "ok", set()),
    ("name in Latin letters", {NAME: "Maria Rossi"}, "ok", set()),
    ("compound surname", {NAME: "欧阳若川"}, "ok", set()),
    ("rare characters of the extensions", {NAME: "王㛃䶮𬍛𫖯"}, "ok", set()),
    ("long minority name", {NAME: "阿卜杜热西提·阿卜杜克热木·阿布都热合曼"}, "ok", set()),
    ("dot U+2027", {NAME: "买尔丹江‧吐尔逊"}, "fixed", {"dot_normalised"}),
    ("dot U+22C5", {NAME: "买尔丹江⋅吐尔逊"}, "fixed", {"dot_normalised"}),
    ("ASCII full stop as dot", {NAME: "买尔丹江.吐尔逊"}, "fixed", {"dot_normalised"}),
    ("dot with spaces around", {NAME: "买尔丹江 · 吐尔逊"}, "fixed", {"dot_normalised"}),
    ("half-width katakana dot", {NAME: "买尔丹江･吐尔逊"}, "fixed", {"dot_normalised"}),
    ("pinyin in half brackets", {NAME: "赵𬍛(yu)"}, "fixed", {"pinyin_moved"}),
    ("former name in square brackets", {NAME: "赵𬍛【曾用名赵玉】"}, "fixed", {"pinyin_moved"}),
    ("form of address", {NAME: "欧阳若川老师"}, "fixed", {"title_removed"}),
    ("line break in the name", {NAME: "许知\n遥"}, "fixed", {"text_cleaned"}),
    ("bidi override in the name", {NAME: "许知\u202e遥"}, "fixed", {"text_cleaned"}),
    ("no-break space in the name", {NAME: "许\u00a0知遥"}, "fixed", {"text_cleaned"}),
    ("private-use character", {NAME: "王\ue123"}, "rejected", {"name_lost_character"}),
    ("replacement character", {NAME: "王\ufffd"}, "rejected", {"name_lost_character"}),
    ("question mark for a lost character", {NAME: "王?"}, "rejected", {"name_lost_character"}),
    ("two people in one cell", {NAME: "许知遥、高远山"}, "rejected", {"name_several"}),
    ("digits as a name", {NAME: "13800000000"}, "rejected", {"name_not_a_name"}),
    ("HTML as a name", {NAME: "<b>许知遥</b>"}, "rejected", {"name_not_a_name"}),
    ("a command as a name", {NAME: "@SUM(A1:A9)"}, "rejected", {"name_not_a_name"}),
    ("one character", {NAME: "许"}, "warning", {"name_short"}),
    ("15 digits", {ID: "120113850315997"}, "rejected", {"id_fifteen"}),
    ("18 digits as a number", {ID: Cell("1.20113198503159e+17", "number")}, "rejected", {"id_lost_digits"}),
    ("integer number cell", {ID: Cell("120113198503159970", "number")}, "rejected", {"id_lost_digits"}),
    ("31 February", {ID: "120113198502309971"}, "rejected", {"id_birth_date"}),
    ("born tomorrow", {ID: fictional_id(date(2026, 11, 25), 997)}, "rejected", {"id_birth_date"}),
    ("letters inside", {ID: "12011319850315O971"}, "rejected", {"id_characters"}),
    ("19 characters", {ID: f"{NUMBER}1"}, "rejected", {"id_length"}),
    ("phone in the ID column", {ID: "15433000149"}, "rejected", {"phone_in_id"}),
    ("full-width X", {ID: WIDE, BIRTH: ""}, "fixed", {"width_normalised", "birth_from_id"}),
    ("small x", {ID: X_NUMBER.lower(), BIRTH: ""}, "fixed", {"x_uppercased", "birth_from_id"}),
    ("curly apostrophe", {ID: f"‘{NUMBER}"}, "fixed", {"apostrophe_removed"}),
    ("Hong Kong permit", {ID: "H12345678"}, "warning", {"not_mainland_id"}),
    ("Taiwan permit", {ID: "12345678"}, "warning", {"not_mainland_id"}),
    ("abolished county", {ID: fictional_id(BORN, 997, "110224")}, "ok", set()),
    ("gender in English", {GENDER: "Male"}, "fixed", {"gender_normalised"}),
    ("gender as a code", {GENDER: "1"}, "fixed", {"gender_normalised"}),
    ("gender left empty", {GENDER: ""}, "fixed", {"gender_from_id"}),
    ("gender invented", {GENDER: "未知"}, "rejected", {"gender_invalid"}),
    ("gender against the number", {ID: WOMAN}, "warning", {"gender_mismatch"}),
    ("cells moved to the left", {GENDER: "汉族", ETHNICITY: "1985-03-15"}, "rejected", {"cells_shifted", "ethnicity_unknown"}),
    ("ethnicity without 族", {ETHNICITY: "汉"}, "fixed", {"ethnicity_normalised"}),
    ("ethnicity with a space", {ETHNICITY: "满 族"}, "fixed", {"ethnicity_normalised"}),
    ("serial date as a number", {BIRTH: Cell("31121", "number")}, "fixed", {"excel_serial"}),
    ("date cell", {BIRTH: Cell("1985-03-15", "date")}, "ok", set()),
    ("dotted date", {BIRTH: "1985.3.15"}, "fixed", {"date_normalised"}),
    ("slashed date", {BIRTH: "1985/3/15"}, "fixed", {"date_normalised"}),
    ("eight digits", {BIRTH: "19850315"}, "fixed", {"date_normalised"}),
    ("year and month", {BIRTH: "1985.03"}, "fixed", {"birth_from_id"}),
    ("year and month in Chinese", {BIRTH: "1985年3月"}, "fixed", {"birth_from_id"}),
    ("other day than the number", {BIRTH: "1985-03-16"}, "warning", {"birth_mismatch"}),
    ("no date", {BIRTH: "春天"}, "rejected", {"birth_invalid"}),
    ("year 1", {BIRTH: "0001-01-01"}, "rejected", {"birth_invalid"}),
    ("an old man", {BIRTH: "1930-01-01", ID: fictional_id(date(1930, 1, 1), 997)}, "warning", {"age_unusual"}),
    ("district by its own name", {DISTRICT: "北辰"}, "fixed", {"district_matched"}),
    ("city and district", {DISTRICT: "北京大兴", UNIT: "北京市大兴区永定湾中学"}, "fixed", {"district_matched"}),
    ("with the hyphen of forms", {DISTRICT: "天津市-北辰区"}, "fixed", {"district_matched"}),
    ("old county", {DISTRICT: "大兴县", UNIT: "北京市大兴区永定湾中学"}, "fixed", {"district_matched"}),
    ("prefecture", {DISTRICT: "廊坊", UNIT: "廊坊市龙河湾高级中学"}, "fixed", {"district_matched"}),
    ("county of an invited prefecture", {DISTRICT: "广阳区", UNIT: "廊坊市广阳区第一中学"}, None, set()),
    ("ambiguous district", {DISTRICT: "桥西区"}, "rejected", {"district_ambiguous"}),
    ("和平区 is not in the program", {DISTRICT: "和平区"}, "rejected", {"district_not_in_program"}),
    ("invented district", {DISTRICT: "北城区"}, "rejected", {"district_unknown"}),
    ("district of another unit", {DISTRICT: "大兴区"}, "warning", {"unit_other_district"}),
    ("district left empty", {DISTRICT: ""}, "fixed", {"district_from_unit"}),
    ("alias", {UNIT: "辰光中学"}, "fixed", {"unit_matched"}),
    ("without city and district", {UNIT: "辰光高级中学"}, "fixed", {"unit_matched"}),
    ("short for senior school", {UNIT: "天津市北辰区辰光高中"}, "fixed", {"unit_matched"}),
    ("one character wrong", {UNIT: "天津市北辰区运河弯中学"}, "warning", {"unit_fuzzy"}),
    ("same name in two districts, told by the district", {UNIT: "第一中学"}, "fixed", {"unit_matched"}),
    ("same name in two districts, not told", {UNIT: "第一中学", DISTRICT: ""}, "rejected", {"unit_ambiguous"}),
    ("not invited", {UNIT: "秦皇岛市海港湾中学", DISTRICT: ""}, "rejected", {"unit_not_invited"}),
    ("invented unit", {UNIT: "蓬莱仙岛学堂"}, "rejected", {"unit_unknown"}),
    ("country code", {PHONE: "+86 154 3300 0149"}, "fixed", {"phone_normalised"}),
    ("hyphens", {PHONE: "154-3300-0149"}, "fixed", {"phone_normalised"}),
    ("float", {PHONE: "15433000149.0"}, "fixed", {"phone_normalised"}),
    ("scientific", {PHONE: "1.5433000149E+10"}, "fixed", {"phone_normalised"}),
    ("number cell", {PHONE: Cell("15433000149", "number")}, "ok", set()),
    ("landline", {PHONE: "022-26390000"}, "warning", {"landline"}),
    ("12 digits", {PHONE: "154330001490"}, "rejected", {"phone_invalid"}),
    ("odd emergency phone", {EMERGENCY: "找王老师"}, "warning", {"emergency_phone_unusual"}),
    ("broken e-mail", {EMAIL: "abc#beichen"}, "warning", {"email_invalid"}),
    ("e-mail with a full-width at", {EMAIL: "abc＠beichen.example"}, "fixed", {"text_cleaned"}),
    ("group by number", {GROUP: "1"}, "fixed", {"group_matched"}),
    ("group in Chinese", {GROUP: "第二组"}, "fixed", {"group_matched"}),
    ("tenth group is not the first", {GROUP: "10组"}, "fixed", {"group_matched"}),
    ("no such group", {GROUP: "第9组"}, "warning", {"group_unknown"}),
    ("diet with more", {DIET: "清真，不吃香菜"}, "fixed", {"diet_split"}),
    ("script in the memo", {MEMO: "<script>alert(1)</script>"}, "fixed", {"kept_as_text"}),
    ("formula in the memo", {MEMO: "=cmd|' /C calc'!A0"}, "fixed", {"kept_as_text"}),
    ("two names with a space", {NAME: "许知遥 高远山"}, "rejected", {"name_several"}),
    ("name, gender and ethnicity in one cell", {NAME: "周舟 男 汉族"}, "rejected", {"name_several"}),
    ("a space instead of the dot", {NAME: "阿依努尔 麦麦提"}, "rejected", {"name_several"}),
    ("spaces between all characters", {NAME: "许 知 遥"}, "fixed", {"text_cleaned"}),
    ("a compound surname and a space", {NAME: "欧阳　若川"}, "fixed", {"text_cleaned"}),
    ("a full stop as dot", {NAME: "买尔丹江。吐尔逊"}, "fixed", {"dot_normalised"}),
    ("accents in Latin letters", {NAME: "José García"}, "ok", set()),
    ("a school as a name", {NAME: "辰光高级中学"}, "rejected", {"name_not_a_name"}),
    ("not coming, says the name", {NAME: "许知遥（请假）"}, "warning", {"pinyin_moved", "remark_doubt"}),
    ("not coming, says the memo", {MEMO: "已退休，不去了"}, "warning", {"remark_doubt"}),
    ("cells moved to the right", {NAME: "", GENDER: "许知遥", ETHNICITY: "男"}, "rejected", {"name_missing", "cells_shifted", "ethnicity_unknown"}),
    ("words in the ID column", {ID: "见护照"}, "rejected", {"id_characters"}),
    ("quotation marks around the number", {ID: f'"{NUMBER}"'}, "fixed", {"apostrophe_removed"}),
    ("words before the number", {ID: f"身份证：{NUMBER}"}, "fixed", {"label_removed"}),
    ("passport of three letters", {NAME: "José García", ID: "XDA123456", ETHNICITY: ""}, "warning", {"not_mainland_id"}),
    ("passport of figures only", {NAME: "John A. Smith", ID: "548912345", ETHNICITY: ""}, "warning", {"not_mainland_id"}),
    ("nine figures of somebody here", {ID: "548912345"}, "rejected", {"id_length"}),
    ("permanent residence of a foreigner", {NAME: "John Smith", ID: "USA110080011101", ETHNICITY: ""}, "warning", {"not_mainland_id"}),
    ("day number of the 1904 system", {BIRTH: Cell(str(31121 - 1462), "number")}, "fixed", {"excel_serial"}),
    ("commas in the date", {BIRTH: "1985，3，15"}, "fixed", {"date_normalised"}),
    ("zeros among Chinese figures", {BIRTH: "一九85年三月十五日"}, "fixed", {"date_normalised"}),
    ("a word for no date", {BIRTH: "无"}, "fixed", {"birth_from_id"}),
    ("October that lost its zero", {BIRTH: Cell("1985.1", "number"), ID: fictional_id(date(1985, 10, 15), 997)}, "fixed", {"birth_from_id"}),
    ("January against October as text", {BIRTH: "1985.1", ID: fictional_id(date(1985, 10, 15), 997)}, "rejected", {"birth_invalid"}),
    ("a phone that Excel shortened", {PHONE: "1.54331E+10"}, "rejected", {"phone_lost_digits"}),
    ("a phone of Hong Kong", {PHONE: "+852 5123 4567"}, "warning", {"phone_foreign"}),
    ("a word before the phone", {PHONE: "手机：15433000149"}, "fixed", {"phone_normalised"}),
    ("two phones and a space", {PHONE: "15433000149 15433000150"}, "fixed", {"phone_split", "phone_normalised"}),
    ("a part of the school in brackets", {UNIT: "辰光高级中学（高中部）"}, "warning", {"unit_fuzzy"}),
    ("a campus on the next line", {UNIT: "辰光高级中学\n北校区"}, "warning", {"unit_fuzzy"}),
    ("memo too long", {MEMO: "长" * 400}, "warning", {"too_long"}),
]


@pytest.mark.parametrize(("label", "changes", "status", "codes"), KIN, ids=[row[0] for row in KIN])
def test_kin_are_read_as_labelled(label, changes, status, codes):
    row = read(changed(changes)).rows[0]
    assert {issue.code for issue in row.issues} >= codes, row.issues
    if status is not None:
        assert (row.status, {issue.code for issue in row.issues}) == (status, codes)


def test_every_finding_has_words_with_its_figures_filled_in():
    for _label, changes, _status, _codes in KIN:
        for issue in read(changed(changes)).rows[0].issues:
            assert "%(" not in issue.message and issue.message


def test_header_is_found_under_merged_titles_by_synonyms():
    titles = [
        ["附件2：报名表"],
        ["填报单位：", "", "天津市北辰区教育局"],
        [],
        ["序 号", "姓  名\n（必填）", "性别*", "公民身份号码（18位）", "学校/单位", "联系 电话"],
    ]
    rows = [[Cell(text, "text") if text else Cell() for text in line] for line in [*titles, ["1", "许知遥", "男", NUMBER, SCHOOL, "15433000149"]]]
    reading = read_roster(SheetCells(rows), directory=directory(), rules=RosterRules(date(2026, 11, 24)))
    assert (reading.header_row, reading.columns) == (4, ("number", "name", "gender", "national_id", "unit", "phone"))
    assert [row.status for row in reading.rows] == ["skipped", "skipped", "skipped", "ok"]


@pytest.mark.parametrize(
    "line",
    [
        ["合计", "30人"],
        ["合  计：", "", "30人"],
        ["小计", "5"],
        ["注：身份证号请设为文本格式"],
        ["填表人：王老师", "", "", "联系电话：15400000000"],
        ["示例", "男", "汉族", "1985-03-15", NUMBER, "北辰区", SCHOOL],
        HEADER,
        [],
        [" ", "\u3000", "\u200b"],
        ["本页小计", "3"],
        ["审核：李四", "", "", "", "制表：王五"],
        ["辰光高级中学"],
        ["2026年11月24日"],
        ["二〇二六年十一月二十四日"],
    ],
)
def test_lines_that_are_no_person_are_skipped(line):
    reading = read(
        changed({}), [*line, *[""] * (13 - len(line))], changed({NAME: "高远山", ID: fictional_id(date(1972, 3, 3), 999), BIRTH: "1972-03-03", PHONE: ""})
    )
    assert [row.status for row in reading.rows] == ["ok", "skipped", "ok"]


def test_duplicates_name_the_earlier_row():
    again = changed({NAME: "许 知遥", ID: f"'{NUMBER}"})
    row = read(changed({}), again).rows[1]
    assert row.status == "rejected"
    assert [(issue.code, issue.params) for issue in row.issues if issue.severity == "rejected"] == [("duplicate_row", {"row": 2})]


def test_namesakes_of_one_unit_without_numbers_are_a_warning():
    plain = changed({ID: "", BIRTH: "", PHONE: ""})
    assert [row.status for row in read(plain, plain, id_required=False).rows] == ["ok", "warning"]


def test_a_unit_outside_of_ones_own_tree_is_refused():
    rows = read(changed({}), changed({UNIT: "北京市大兴区永定湾中学", DISTRICT: "", ID: WOMAN, GENDER: "女", PHONE: ""}), own=("/1/2/",)).rows
    assert [row.status for row in rows] == ["ok", "rejected"]
    assert "unit_not_yours" in {issue.code for issue in rows[1].issues}


def test_a_sheet_without_a_unit_column_is_about_the_unit_it_was_uploaded_for():
    keep = [NAME, GENDER, ID, PHONE]
    rows = read([GOOD[index] for index in keep], header=[HEADER[index] for index in keep], home=UNITS[1]).rows
    assert (rows[0].status, rows[0].unit, rows[0].delegation, [issue.code for issue in rows[0].issues]) == ("fixed", 2, 10, ["unit_from_upload"])
    refused = read([GOOD[index] for index in keep], header=[HEADER[index] for index in keep]).rows
    assert [issue.code for issue in refused[0].issues] == ["unit_missing"]


def test_an_uninvited_school_is_never_offered_as_a_fuzzy_match():
    row = read(changed({UNIT: "秦皇岛市海港弯中学", DISTRICT: ""})).rows[0]
    assert [issue.code for issue in row.issues] == ["unit_unknown"]
