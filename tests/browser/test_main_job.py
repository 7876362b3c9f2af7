"""The main job in a browser: a school's sheet becomes people, itineraries and certificates, each step by its own person."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from events.programs.models import Program
from participants.attendance.models import AttendanceRecord
from participants.certificates.models import Certificate
from participants.people.rules import link_url
from participants.rosters.models import Registration
from tests.cast import Cast, at, make_cast, make_delegation, make_item, make_program

pytestmark = pytest.mark.browser
HEADER = "姓名,性别,身份证号,所在单位,手机号码"
SHEET = "\n".join(
    [
        HEADER,
        "欧 阳若川,男,120113196807059970,天津市北辰区辰光高级中学,15422000959",
        "孙㛃,女,120113197003189969,天津市北辰区辰光高级中学,１５４２２０００２７４",
        "王䶮,男,120113196901089937,天津市北辰区辰光高级中学,15422000411",  # two digits swapped
    ]
)


@pytest.fixture
def stage(committed: None) -> tuple[Cast, Program]:
    """A program that runs today, open for registration, with one item of the morning."""
    cast = make_cast()
    program = make_program(cast, starts_in=0, days=1, title_zh="赴无锡学访")
    make_delegation(cast, program, cast.beichen, 10)
    make_item(program, at(f"{timezone.localdate():%Y-%m-%d} 00:10"), 60, "开班仪式", credit_hours=4)
    return cast, program


def statuses() -> dict[str, str]:
    return dict(Registration.objects.values_list("person__name", "status"))


def test_from_the_sheet_to_the_certificate(stage: tuple[Cast, Program], visit: Callable[..., Any], tmp_path: Path) -> None:
    _cast, program = stage
    upload_correct_and_submit(visit("coordinator_a"), program, tmp_path)
    assert statuses() == dict.fromkeys(["欧阳若川", "孙㛃", "王䶮"], "submitted")
    pass_everybody(visit("district_beichen"))
    assert statuses() == dict.fromkeys(["欧阳若川", "孙㛃", "王䶮"], "endorsed")
    officer = visit("organiser")
    pass_everybody(officer)
    assert statuses() == dict.fromkeys(["欧阳若川", "孙㛃", "王䶮"], "confirmed")
    call_the_roll(visit("organiser", phone=True), program)
    assert AttendanceRecord.objects.filter(state="present").count() == 3
    issue_all(officer, program)
    assert sorted(Certificate.objects.values_list("serial", flat=True)) == [1, 2, 3]
    look_at_own_page(visit(phone=True))


def upload_correct_and_submit(page: Any, program: Program, tmp_path: Path) -> None:
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    sheet = tmp_path / "北辰报名表.csv"
    sheet.write_bytes(SHEET.encode("gb18030"))
    page.goto(f"/desk/programs/{program.pk}/import/")
    page.set_input_files("input[type=file]", str(sheet))
    page.wait_for_url("**/desk/imports/*/")
    assert page.locator("button:has-text('导入2人')").count() == 1
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=value]")
    page.evaluate("document.getElementById('editor-value').style.color = ''")  # as extensions do, and password managers: it leaves a style attribute
    page.keyboard.press("F8")
    page.keyboard.press("F8")  # before the first one is answered
    page.wait_for_timeout(500)
    page.fill("input[name=value]", "120113196901089973")
    page.keyboard.press("Enter")
    page.click("button:has-text('导入3人')")
    page.wait_for_url(re.compile(r"/roster/"))
    page.click("a:has-text('提交'), button:has-text('提交')")
    confirm_if_asked(page)
    assert errors == []


def confirm_if_asked(page: Any) -> None:
    page.wait_for_load_state("networkidle")
    button = page.locator("main button[type=submit].btn-primary:visible")
    if "/submit/" in page.url and button.count():
        button.first.click()
        page.wait_for_load_state("networkidle")


def pass_everybody(page: Any) -> None:
    page.goto("/desk/review/")
    page.check("thead input[type=checkbox]")
    page.click("button:has-text('通过3人')")
    page.wait_for_load_state("networkidle")


def call_the_roll(page: Any, program: Program) -> None:
    page.goto(f"/desk/check-in/items/{program.items.get().pk}/")
    page.click("button:has-text('全部到场')")
    page.wait_for_load_state("networkidle")


def issue_all(page: Any, program: Program) -> None:
    page.goto(f"/desk/programs/{program.pk}/certificates/")
    page.click("a:has-text('签发'), button:has-text('签发')")
    page.wait_for_load_state("networkidle")
    page.click("main button.btn-primary:has-text('签发')")
    page.wait_for_load_state("networkidle")


def look_at_own_page(page: Any) -> None:
    """The participant needs no account: itinerary, calendar, certificate, and the check that it is genuine."""
    registration = Registration.objects.get(person__name="欧阳若川")
    page.goto(link_url(registration.person).replace("http://testserver", ""))
    assert page.locator("text=开班仪式").count() >= 1
    paper = page.request.get(page.get_attribute("a[href$='.pdf']", "href"))
    assert (paper.status, paper.body()[:5]) == (200, b"%PDF-")
    page.goto(f"/verify/{Certificate.objects.get(registration=registration).code}/")
    assert page.locator("h1").inner_text() == "证书真实有效"
    assert "欧阳若川" not in page.content()
