"""A coordinator who has never seen the product: from the login to "submitted", with a messy sheet, by what the pages themselves say."""

import io
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import expect

from events.programs.models import Program
from participants.people.models import Person
from participants.rosters import rules
from participants.rosters.models import Registration
from tests.cast import Cast, make_cast, make_delegation, make_group, make_program

pytestmark = pytest.mark.browser
SCHOOL = "天津市北辰区辰光高级中学"
TITLES = ["序号", "姓 名", "性别", "民族", "身份证\n号码", "学校/单位", "所在区", "联系电话", "职务", "备注"]
ROWS: list[list[Any]] = [
    [1, "欧 阳若川", "男", "汉", "120113196807059970", "辰光中学", "北辰", "154-2200-0959", "校长", ""],
    [2, "孙㛃", "女", "汉族", "１２０１１３１９７００３１８９９６９", SCHOOL, "北辰区", "１５４２２０００２７４", "教师", ""],
    [3, "王䶮", "男", "汉族", "120113196901089937", SCHOOL, "北辰区", "15422000411", "教师", "证件号两位写反"],
    ["", "姓名", "性别", "民族", "身份证号码", "学校/单位", "所在区", "联系电话", "职务", "备注"],
    [4, "阿依古丽．买买提", "女", "维族", "110115197505089969", SCHOOL, "天津北辰", "'15422000122", "班主任", "清真饮食"],
    [5, "许知遥", "男", "汉族", "120113197102029979", "北辰区晨光高级中学", "北辰区", "1542200033", "备课组长", "手机少一位"],
    [6, "许知遥", "男", "汉族", "120113197102029979", SCHOOL, "北辰区", "15422000333", "备课组长", "同一人填了两次"],
    ["合计", "6人", "", "", "", "", "", "", "", ""],
    ["注：以上信息须与身份证一致。", "", "", "", "", "", "", "", "", ""],
]
MOST_PRESSES = 12


def messy_workbook() -> bytes:
    """Merged titles above a header with spaces and line breaks, a header repeated half-way, a total and a footnote."""
    book = openpyxl.Workbook()
    page = book.active
    page.append(["2026年京津冀学访报名表"])
    page.append([f"填报单位（盖章）：{SCHOOL}"])
    page.append(TITLES)
    for row in ROWS:
        page.append(row)
    page.merge_cells("A1:J1")
    page.merge_cells("A2:J2")
    book.create_sheet("填表说明").append(["请如实填写"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class Visitor:
    """Knows nothing but what can be read: presses links and buttons by their words, and counts."""

    def __init__(self, page: Any) -> None:
        self.page, self.presses, self.began = page, 0, time.monotonic()

    def press(self, words: str) -> None:
        target = self.page.get_by_role("link", name=re.compile(words)).or_(self.page.get_by_role("button", name=re.compile(words)))
        target.filter(visible=True).first.click()
        self.presses += 1
        self.look()

    def look(self) -> None:
        self.page.wait_for_load_state("networkidle")

    def correct(self, old: str, new: str) -> None:
        """Type into the cell that has opened, which holds `old`, and take the button below it."""
        field = self.page.get_by_role("textbox", name=re.compile("^第")).or_(self.page.get_by_role("combobox", name=re.compile("^第")))
        expect(field).to_have_value(old)
        field.fill(new)
        self.press("改好")


@pytest.fixture
def stage(committed: None) -> tuple[Cast, Program]:
    cast = make_cast()
    program = make_program(cast, title_zh="京津冀普通高中干部教师赴无锡学访")
    make_group(program, 1)
    delegation = make_delegation(cast, program, cast.beichen, 30)
    rules.set_allocation(delegation=delegation, organisation=cast.school_a, quota=12, by=cast.district_beichen)
    return cast, program


def test_from_the_login_to_submitted_without_reading_anything_else(stage: tuple[Cast, Program], visit: Callable[..., Any], tmp_path: Path) -> None:
    sheet = tmp_path / "辰光中学报名表（最终版）.xlsx"
    sheet.write_bytes(messy_workbook())
    visitor = Visitor(visit("coordinator_a"))
    visitor.look()
    visitor.press("^导入报名表")
    visitor.page.set_input_files("input[type=file]", str(sheet))  # chosen in the dialog of the system
    visitor.page.wait_for_url("**/desk/imports/*/")
    visitor.presses += 1
    visitor.look()
    visitor.press("下一处问题")
    visitor.correct("120113196901089937", "120113196901089973")
    visitor.press("是这个单位")
    visitor.correct("1542200033", "15422000333")
    expect(visitor.page.get_by_text("第10行")).to_be_visible()
    visitor.press("跳过这一行")
    visitor.press("^导入5人")
    visitor.press("^提交")
    visitor.press("^提交5人")
    assert "已提交5人" in visitor.page.inner_text("body")
    assert dict(Registration.objects.values_list("person__name", "status")) == dict.fromkeys(
        ["欧阳若川", "孙㛃", "王䶮", "阿依古丽·买买提", "许知遥"], "submitted"
    )
    assert Person.objects.get(name="阿依古丽·买买提").ethnicity == "维吾尔族"
    assert visitor.presses <= MOST_PRESSES
    assert time.monotonic() - visitor.began < 120
