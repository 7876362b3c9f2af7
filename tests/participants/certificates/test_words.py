"""Codes, dates, names and sentences: the parts that need no database."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from exchange import font_subsets
from exchange.masking import mask_name
from participants.certificates import glyphs
from participants.certificates.bundles import file_name
from participants.certificates.codes import ALPHABET, new_code, normal_code
from participants.certificates.facts import CertificateFacts, DayFacts, plain_number
from participants.certificates.hours_table import rows_of, shortened
from participants.certificates.rendering import certificate_pdf, fitted
from participants.certificates.typesetting import date_span, formal_date, name_class, name_markup, typeset
from participants.certificates.verification import plain_name
from participants.certificates.wording import wording_of
from tests.participants.certificates.making import paper, text_of


def test_new_codes_differ_and_hold_80_bits() -> None:
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert len(ALPHABET) == 32 and not set("ILOU") & set(ALPHABET)
    assert all(len(code.replace("-", "")) * 5 == 80 and normal_code(code) == code for code in codes)


@pytest.mark.parametrize(
    "typed", ["7k4m-q2xh-9tbd-0z3c", "7K4MQ2XH9TBDOZ3C", " 7K4M Q2XH 9TBD oz3c ", "７Ｋ４Ｍ－Ｑ２ＸＨ－９ＴＢＤ－０Ｚ３Ｃ", "7K4M—Q2XH—9TBD—0Z3C"]
)
def test_a_code_may_be_typed_in_many_ways(typed: str) -> None:
    assert normal_code(typed) == "7K4M-Q2XH-9TBD-0Z3C"


def test_similar_letters_are_one() -> None:
    assert normal_code("ilou-ILOU-0000-0000") == "110V-110V-0000-0000"


@pytest.mark.parametrize("typed", ["", "7K4M", "津北教交证〔2023〕第0001号", "7K4M-Q2XH-9TBD-0Z3C-0", "\x00" * 16, "é" * 16, "９" * 4000])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert normal_code(typed) == ""


def test_dates() -> None:
    assert formal_date(date(2026, 12, 25)) == "二〇二六年十二月二十五日"
    assert formal_date(date(2023, 10, 10)) == "二〇二三年十月十日"
    assert formal_date(date(2030, 1, 30)) == "二〇三〇年一月三十日"
    assert date_span(date(2023, 2, 20), date(2023, 2, 24)) == "2023年2月20日至24日"
    assert date_span(date(2026, 9, 3), date(2026, 12, 20)) == "2026年9月3日至12月20日"
    assert date_span(date(2026, 12, 30), date(2027, 1, 2)) == "2026年12月30日至2027年1月2日"
    assert date_span(date(2026, 1, 2), date(2026, 1, 2)) == "2026年1月2日"


def test_numbers_are_plain() -> None:
    assert [plain_number(Decimal(value)) for value in ("40.0", "4.5", "0", "100")] == ["40", "4.5", "0", "100"]


def test_gaps_stand_between_han_and_digits_and_markup_is_text() -> None:
    assert typeset("在2026年") == '在<i class="gap"></i>2026<i class="gap"></i>年'
    assert typeset("<b>“x”") == '&lt;b&gt;<span class="quote">“</span>x<span class="quote">”</span>'


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("王", "full"),
        ("买尔丹江·吐尔逊", "full"),
        ("阿卜杜热合曼·麦麦提依明·吐尔逊江", "long"),
        ("阿卜杜热合曼·麦麦提依明·吐尔逊江·买买", "broken"),
        ("字" * 60, "tiny"),
        ("Maria Anna", "full"),
    ],
)
def test_the_size_of_a_name_follows_its_length(name: str, expected: str) -> None:
    assert name_class(name) == expected


def test_long_names_break_after_dots_only() -> None:
    assert name_markup("阿卜杜热合曼·麦麦提依明·吐尔逊江·买买") == "<wbr>".join(
        f'<span class="together">{part}</span>' for part in ("阿卜杜热合曼·", "麦麦提依明·", "吐尔逊江·", "买买")
    )
    assert name_markup("王<i>") == '<span class="together">王&lt;i&gt;</span>'


def test_wording_of_the_papers() -> None:
    assert wording_of(paper("honour", program="2026年京津冀中小学合唱展示", work="潮白新声", award="优秀指导教师奖")).main.startswith(
        "您指导的作品《潮白新声》在"
    )
    assert wording_of(paper("honour", is_pupil=True)).honorific == "同学"
    assert "计<i" in wording_of(paper("hours")).main and "<b>欧阳若川</b>" in wording_of(paper("hours")).main
    assert "身份证号末四位" not in wording_of(paper("hours", identity_tail="")).main
    assert '<span class="prize together">一等奖</span>' in wording_of(paper("award", award="一等奖", work="早晨")).main
    assert "“大中小”" in wording_of(paper("completion", program="大中小")).main.replace('<span class="quote">', "").replace("</span>", "")


def test_the_table_has_a_row_a_day_or_a_row_a_month() -> None:
    days = tuple(DayFacts(date.fromordinal(date(2026, 9, 1).toordinal() + index), "课", "出席", "2") for index in range(40))
    rows = rows_of(paper(days=days))
    assert [(row.when, row.titles, row.state, row.hours) for row in rows] == [
        ("2026年9月", "30天活动", "出席30天", "60"),
        ("2026年10月", "10天活动", "出席10天", "20"),
    ]
    assert shortened("甲、乙、丙丙丙", 5) == "甲、乙等"
    assert shortened("甲" * 50, 5) == "甲甲甲甲…"


def test_facts_survive_json() -> None:
    facts = paper("award", work="早晨", award="一等奖", issuers=("甲", "乙"))
    assert CertificateFacts.from_json(facts.to_json()) == facts


def test_every_character_of_the_roster_can_be_printed_and_others_are_named() -> None:
    assert glyphs.missing("㛃䶮𬍛𫖯 阿依古丽·买买提 O'Brien José 〔〇〕") == ""
    assert glyphs.missing("王\U0001f9ffa\u0628\U0001f9ff") == "\U0001f9ff\u0628"
    assert font_subsets.source("No Such Family", False) is None


def test_file_names_are_safe() -> None:
    assert file_name("../../etc/passwd") == "_.._etc_passwd"
    assert file_name('a<b>:"c"|?*\\\x00\u202e') == "a_b_c_"
    assert file_name(" . ") == "_"
    assert len(file_name("长" * 200)) == 60


def test_names_are_compared_without_spaces_dots_and_case() -> None:
    assert plain_name(" 阿依古丽 • 买买提 ") == plain_name("阿依古丽·买买提")
    assert plain_name("MARIA rossi") == plain_name("Maria Rossi")
    assert mask_name("欧阳若川") == "欧阳**"


@pytest.mark.parametrize("kind", ["award", "honour"])
def test_a_prize_stays_in_one_line(kind: str, tmp_path: Path) -> None:
    for length in range(1, 12):
        pdf = certificate_pdf(fitted(paper(kind, work="春" * length, award="一等奖", category="小学组", program="“运河同源”三地书画展")))
        lines = text_of(pdf, tmp_path).splitlines()
        assert any("一等奖" in line for line in lines), (length, lines)
