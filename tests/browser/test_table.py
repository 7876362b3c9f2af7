"""The table to type into: keys, saving on leaving a cell, people that the school knows, and rows copied from Excel."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from events.programs.models import Program
from participants.people.models import Person
from participants.rosters.models import Registration, RosterImport
from tests.cast import Cast, fictional_id, make_cast, make_delegation, make_person, make_program, make_registration

pytestmark = pytest.mark.browser
PASTED = f"张若谷\t男\t{fictional_id(date(1980, 1, 1), 911)}\t15400001234\n李听雨\t女\t12011319800101\t15400001235\n"


@pytest.fixture
def stage(committed: None) -> tuple[Cast, Program]:
    cast = make_cast()
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen, 10)
    for name in ("许知遥", "赵景衡"):
        make_registration(cast, program, make_person(cast, cast.school_a, name))
    make_person(cast, cast.school_a, "沈望舒", subject="语文")
    return cast, program


def test_the_table_is_used_with_the_keyboard(stage: tuple[Cast, Program], visit: Callable[..., Any]) -> None:
    _cast, program = stage
    page = visit("coordinator_a")
    page.goto(f"/desk/programs/{program.pk}/roster/edit/")
    first, second = (page.locator(f"#line-{row.pk}") for row in Registration.objects.order_by("pk"))
    edit_with_keys(page, first, second)
    take_a_known_person(page)
    paste_rows(page)


def edit_with_keys(page: Any, first: Any, second: Any) -> None:
    cell = first.locator("[data-cell=position]")
    cell.focus()
    cell.fill("教研组长")
    page.keyboard.press("Enter")  # to the row below, and the row is saved
    expect(first.locator("[data-saved]")).to_have_text("已保存")
    expect(second.locator("[data-cell=position]")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(cell).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(first.locator("[data-cell=subject]")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(cell).to_be_focused()
    page.keyboard.press("Tab")
    expect(first.locator("[data-cell=subject]")).to_be_focused()
    page.keyboard.type("物理")
    page.keyboard.press("Tab")
    expect(first.locator("[data-saved]")).to_have_text("已保存")
    page.wait_for_load_state("networkidle")
    assert list(Person.objects.filter(name="许知遥").values_list("position", "subject")) == [("教研组长", "物理")]


def take_a_known_person(page: Any) -> None:
    page.locator("#new [data-cell=name]").fill("沈望舒")
    expect(page.get_by_text("沿用已有人员：教师，语文，身份证尾号")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("[data-line]")).to_have_count(4)  # three people and the empty row
    assert Registration.objects.filter(person__name="沈望舒").count() == 1
    assert Person.objects.filter(name="沈望舒").count() == 1


def paste_rows(page: Any) -> None:
    page.evaluate(
        """text => { const data = new DataTransfer(); data.setData("text/plain", text);
        document.querySelector("#new [data-cell=name]").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); }""",
        PASTED,
    )
    expect(page.get_by_label("从Excel复制的行")).to_have_value(PASTED)
    page.get_by_role("button", name="读取这些行").click()
    page.wait_for_url("**/desk/imports/*/")
    counts = RosterImport.objects.get().counts
    assert (counts["importable"], counts["rejected"], counts["total"]) == (1, 1, 2)
