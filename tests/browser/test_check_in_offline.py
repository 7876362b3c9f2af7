"""The roll-calls of an item and of a day without a network: every tap waits on the device, arrives once, and a conflict is shown."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from events.itineraries.models import ItineraryItem
from participants.attendance import rules
from participants.attendance.models import AttendanceRecord, DeviceMark
from participants.rosters.models import Registration
from tests.browser.conftest import sign_in
from tests.cast import PASSWORD, Cast, at, make_cast, make_delegation, make_item, make_person, make_program, make_registration
from tests.participants.attendance.factories import certify

pytestmark = pytest.mark.browser
IS_KEPT = """async () => (await Promise.all([location.href, ...[...document.scripts].map((one) => one.src).filter(Boolean)].map(
    (one) => caches.match(one)))).every(Boolean)"""
NAMES = ["欧阳若川", "孙㛃", "王䶮"]


@pytest.fixture
def stage(committed: None) -> tuple[Cast, list[ItineraryItem], list[Registration]]:
    """A morning of two items and one afternoon, with three people."""
    cast = make_cast()
    program = make_program(cast, starts_in=0, days=1, title_zh="赴无锡学访")
    make_delegation(cast, program, cast.beichen, 10)
    people = [make_registration(cast, program, make_person(cast, cast.school_a, name), "confirmed", position=index) for index, name in enumerate(NAMES)]
    today = f"{timezone.localdate():%Y-%m-%d}"
    plan = [("00:10", "开班仪式"), ("00:40", "校长论坛"), ("12:01", "听课")]
    items = [make_item(program, at(f"{today} {clock}"), 20, title, credit_hours=2) for clock, title in plan]
    return cast, items, people


def noted(item: ItineraryItem) -> dict[str, tuple[str, str]]:
    rows = AttendanceRecord.objects.filter(item=item).values_list("registration__person__name", "state", "reason")
    return {name: (state, reason) for name, state, reason in rows}


def stored(page: Any) -> list[dict[str, Any]]:
    text = page.evaluate("JSON.stringify(Object.keys(localStorage).filter((key) => key.startsWith('check-in:')).map((key) => JSON.parse(localStorage[key])))")
    found: list[dict[str, Any]] = json.loads(text)
    return sorted(found, key=lambda mark: mark["at"])


def wait_for_kind(page: Any, kind: str) -> None:
    page.wait_for_selector(f"[data-queue][data-kind={kind}]", state="attached")


def copies(page: Any) -> dict[str, list[str]]:
    """What the device keeps of pages: store → addresses without host."""
    script = """async () => Object.fromEntries(await Promise.all((await caches.keys()).map(
        async (name) => [name, (await (await caches.open(name)).keys()).map((request) => new URL(request.url)).map((url) => url.pathname + url.search)])))"""
    found: dict[str, list[str]] = page.evaluate(script)
    return {name: [path for path in paths if not path.startswith("/static/")] for name, paths in found.items()}


def open_and_keep(page: Any, address: str) -> None:
    """Open a page, and wait until the device keeps it with its styles and scripts."""
    page.goto(address)
    for _attempt in range(100):
        if page.evaluate(IS_KEPT):
            return
        page.wait_for_timeout(100)
    raise AssertionError(copies(page))


def roll(item: ItineraryItem) -> str:
    return f"/desk/check-in/items/{item.pk}/"


def day(item: ItineraryItem) -> str:
    return f"/desk/programs/{item.program_id}/check-in/day/?day={item.day}"


def test_taps_reasons_and_all_present_of_an_item_wait_and_arrive_once(stage: Any, visit: Callable[..., Any]) -> None:
    cast, (item, *_more), (ouyang, sun, wang) = stage
    rules.record(registration=wang, item=item, state="late", by=cast.organiser, now=timezone.now())
    page = visit("organiser", phone=True)
    page.goto(roll(item))
    page.context.set_offline(True)
    page.click(f"#r{wang.pk} summary")
    page.fill(f"#r{wang.pk} [name=reason]", "列车晚点")
    page.click(f"#r{wang.pk} .roll-reason button")
    page.click(f"#r{sun.pk} .is-leave")
    page.click(f"#r{sun.pk} summary")
    page.fill(f"#r{sun.pk} [name=reason]", "校内会议")
    page.click(f"#r{sun.pk} .roll-reason button")
    page.click("[data-group-tap] button")
    wait_for_kind(page, "offline")
    assert page.locator("[data-failed]").count() == 0
    assert "本机保存了 4 条记录，最早一条为" in page.inner_text("[data-queue-words]")
    page.click("[data-queue-open] summary")
    assert [line.split(" · ")[0:2] for line in page.locator("[data-queue-list] li").all_inner_texts()] == [
        ["王䶮", "迟到 列车晚点"],
        ["孙㛃", "请假"],
        ["孙㛃", "请假 校内会议"],
        ["欧阳若川", "已到"],
    ]
    assert page.get_attribute(f"#r{ouyang.pk} .is-present", "aria-pressed") == "true"
    assert [(mark["registration"], mark["state"], mark["only_open"]) for mark in stored(page)][-1] == (ouyang.pk, "present", True)
    assert noted(item) == {"王䶮": ("late", "")}
    page.context.set_offline(False)
    page.wait_for_selector(f"#r{ouyang.pk}[data-notes='{item.pk}:present']")
    assert noted(item) == {"欧阳若川": ("present", ""), "孙㛃": ("leave", "校内会议"), "王䶮": ("late", "列车晚点")}
    assert (stored(page), DeviceMark.objects.count(), page.inner_text("#counts dd.figure >> nth=1")) == ([], 4, "1")
    page.click(f"#r{ouyang.pk} .is-late")  # with a network again, straight to the server
    page.wait_for_selector(f"#r{ouyang.pk}[data-notes='{item.pk}:late']")
    assert DeviceMark.objects.count() == 4


def test_the_day_page_waits_too_and_shows_what_it_keeps_after_a_reload_without_a_network(stage: Any, visit: Callable[..., Any]) -> None:
    _cast, (first, second, third), (ouyang, sun, wang) = stage
    page = visit("organiser", phone=True)
    open_and_keep(page, day(first))
    page.context.set_offline(True)
    page.click(f"#r{ouyang.pk} [value=morning]")
    page.click("[data-day-choice] a >> nth=3")
    page.fill("#day-reason", "校内会议")
    page.click(f"#r{sun.pk} [value=morning]")
    assert page.input_value("#day-reason") == ""
    page.click("[data-day-choice] a >> nth=0")
    page.click("[data-group-tap] [value=morning]")

    assert (len(stored(page)), AttendanceRecord.objects.exists()) == (6, False)
    page.reload()  # Chromium sometimes lets a page out of a worker reach the server although it is set offline: from here only the end is certain
    assert "这是" in page.inner_text("[data-queue-copy]")
    words = {name: page.inner_text(f"#r{row.pk} [value=morning] .day-state") for name, row in zip(NAMES, (ouyang, sun, wang), strict=True)}
    assert words == {"欧阳若川": "已到", "孙㛃": "请假", "王䶮": "已到"}
    page.click(f"#r{wang.pk} [data-undo] button")
    assert page.inner_text(f"#r{wang.pk} [value=morning] .day-state") == "未登记"
    page.context.set_offline(False)
    page.wait_for_selector("[data-queue][data-waiting='0']", state="attached")
    everyone = {"欧阳若川": ("present", ""), "孙㛃": ("leave", "校内会议")}
    assert (noted(first), noted(second), noted(third), stored(page)) == (everyone, everyone, {}, [])
    page.wait_for_selector(f"#r{ouyang.pk}[data-notes^='{first.pk}:present']")


def test_two_devices_disagree_and_each_is_told(stage: Any, visit: Callable[..., Any]) -> None:
    cast, (item, *_more), (ouyang, sun, wang) = stage
    page, other = visit("organiser", phone=True), visit("organiser")
    page.goto(roll(item))
    other.goto(roll(item))
    page.context.set_offline(True)
    page.click(f"#r{ouyang.pk} .is-absent")
    page.click("[data-group-tap] button")
    other.click(f"#r{ouyang.pk} .is-present")
    other.wait_for_selector(f"#r{ouyang.pk}[data-notes$=present]")
    other.click(f"#r{sun.pk} .is-leave")
    other.wait_for_selector(f"#r{sun.pk}[data-notes$=leave]")
    certify(cast, wang)
    page.context.set_offline(False)
    wait_for_kind(page, "problems")
    lines = page.locator("[data-queue-problems] li").all_inner_texts()
    assert ["欧阳若川 · 缺席" in lines[0], "较新" in lines[0], "孙㛃 · 已到" in lines[1], "请假" in lines[1]] == [True] * 4, lines
    assert "王䶮 · 已到" in lines[2] and "证书" in lines[2]
    assert noted(item) == {"欧阳若川": ("present", ""), "孙㛃": ("leave", "")}
    page.reload()  # names stay with what was not taken, until somebody has seen it
    assert page.locator("[data-queue-problems] li").all_inner_texts() == lines
    for _line in lines:
        page.click("[data-queue-problems] button")
    assert stored(page) == []


def test_an_expired_session_keeps_the_marks_until_the_same_officer_is_back(stage: Any, visit: Callable[..., Any]) -> None:
    _cast, (item, *_more), (ouyang, sun, _wang) = stage
    page = visit("organiser", phone=True)
    page.goto(roll(item))
    Session.objects.all().delete()
    page.click(f"#r{ouyang.pk} .is-late")
    wait_for_kind(page, "signin")
    assert page.get_attribute(f"#r{ouyang.pk} .is-late", "aria-pressed") == "true"
    page.click(f"#r{sun.pk} .is-present")
    assert [mark["state"] for mark in stored(page)] == ["late", "present"]

    second = page.context.new_page()  # somebody else signs in on this device: nothing is sent in their name
    sign_in(second, "organiser_other")
    page.click(f"#r{sun.pk} .is-late")
    wait_for_kind(page, "other")
    second.goto("/desk/check-in/")
    assert second.get_attribute("[data-queue]", "data-waiting") == "0"
    assert not AttendanceRecord.objects.exists()
    second.context.clear_cookies()
    sign_in(second, "organiser")
    second.close()
    page.click("[data-queue-send]")  # a new token of forms, the same officer: the open page goes on by itself
    wait_for_kind(page, "all")
    assert noted(item) == {"欧阳若川": ("late", ""), "孙㛃": ("late", "")}


def test_signing_out_takes_the_pages_and_names_from_the_device_but_no_mark(stage: Any, visit: Callable[..., Any]) -> None:
    cast, (item, *_more), (ouyang, sun, _wang) = stage
    page = visit("organiser")
    open_and_keep(page, roll(item))
    open_and_keep(page, f"{roll(item)}scan/")
    assert copies(page) == {f"check-in {cast.organiser.pk}": [roll(item), f"{roll(item)}scan/"]}
    page.context.set_offline(True)
    page.goto(f"{roll(item)}?q=%E5%AD%99")  # narrowed lists are not kept: the whole one takes their place
    assert [row for row in (ouyang, sun) if page.is_visible(f"#r{row.pk}")] == [sun]
    page.click(f"#r{sun.pk} .is-present")
    second = page.context.new_page()
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        second.goto("/desk/")  # the worker answers for check-in alone
    second.close()
    page.goto(f"{roll(item)}scan/")
    assert page.inner_text("[data-scan-done]") == "1"
    page.route("**/attendance/sync/", lambda route: route.abort())
    page.context.set_offline(False)
    page.goto("/accounts/logout/")
    page.click("form[action='/accounts/logout/'] button[type=submit] >> nth=-1")
    page.wait_for_url("**/")
    assert (copies(page), [(mark["registration"], "who" in mark) for mark in stored(page)]) == ({}, [(sun.pk, False)])
    page.unroute("**/attendance/sync/")
    page.goto("/accounts/login/?next=/desk/check-in/")
    page.fill("input[name=login]", "organiser")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector("[data-queue][data-waiting='0']", state="attached")
    assert noted(item) == {"孙㛃": ("present", "")}
