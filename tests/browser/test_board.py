"""The day board by mouse and by keyboard: moving, stretching, giving up, undoing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from events.itineraries.models import ItineraryItem
from tests.cast import Cast, at, make_cast, make_group, make_item, make_program

pytestmark = pytest.mark.browser
NINE = at("2026-12-14 09:00")


@pytest.fixture
def item(committed: None) -> ItineraryItem:
    cast: Cast = make_cast()
    return make_item(make_program(cast, status="draft", starts_on=NINE.date(), days=3), NINE, 60, "校园管理观摩")


def times(item: ItineraryItem) -> list[str]:
    item.refresh_from_db()
    return [f"{timezone.localtime(moment):%d %H:%M}" for moment in (item.starts_at, item.ends_at)]


def test_moved_by_keyboard_and_undone(item: ItineraryItem, visit: Callable[..., Any]) -> None:
    page = visit("organiser")
    page.goto(f"/desk/programs/{item.program_id}/itinerary/")
    block = page.locator("[data-move] a")
    block.focus()
    for key in ("m", "ArrowDown", "ArrowDown", "ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator(".drag-label")).to_have_text("09:30—10:45")
    page.keyboard.press("Enter")
    expect(page.locator("[data-toast] p")).to_contain_text("改到12月15日 9:30—10:45")
    assert times(item) == ["15 09:30", "15 10:45"]
    expect(page.locator("[data-move] a")).to_be_focused()
    page.get_by_role("button", name="撤销").first.click()
    expect(page.locator("[data-toast] p")).to_contain_text("已撤销1项日程")
    assert times(item) == ["14 09:00", "14 10:00"]


def test_given_up_with_escape_or_by_leaving(item: ItineraryItem, visit: Callable[..., Any]) -> None:
    page = visit("organiser")
    page.goto(f"/desk/programs/{item.program_id}/itinerary/")
    for key in ("Escape", "Tab"):
        page.locator("[data-move] a").focus()
        for press in ("m", "ArrowDown", key):
            page.keyboard.press(press)
        expect(page.locator(".drag-label")).to_have_count(0)
    assert times(item) == ["14 09:00", "14 10:00"]


def test_dragged_and_stretched_with_the_mouse(item: ItineraryItem, visit: Callable[..., Any]) -> None:
    page = visit("organiser")
    page.goto(f"/desk/programs/{item.program_id}/itinerary/")
    box = page.locator("[data-move]").bounding_box()
    column = page.locator("[data-day]").nth(2).bounding_box()
    drag(page, (box["x"] + 20, box["y"] + 10), (column["x"] + 40, box["y"] + 10 + 46))
    expect(page.locator("[data-toast] p")).to_contain_text("改到12月16日 10:00—11:00")
    box = page.locator("[data-move]").bounding_box()
    edge = box["y"] + box["height"] - 3
    drag(page, (box["x"] + 20, edge), (box["x"] + 20, edge + 23))
    expect(page.locator("[data-toast] p")).to_contain_text("改到12月16日 10:00—11:30")
    assert times(item) == ["16 10:00", "16 11:30"] and item.ends_at - item.starts_at == timedelta(minutes=90)


def test_given_to_another_group_by_mouse_and_keyboard_then_published(committed: None, visit: Callable[..., Any]) -> None:
    program = make_program(make_cast(), starts_on=NINE.date(), days=3)
    first, _second, third = (make_group(program, number) for number in (1, 2, 3))
    item, everyone = make_item(program, NINE, 60, "随堂听课", [first]), make_item(program, NINE.replace(hour=12), 60, "午餐")
    page, other = visit("organiser"), visit("organiser")
    for tab in (page, other):
        tab.goto(f"/desk/programs/{program.pk}/itinerary/?view=group&day={NINE:%Y-%m-%d}")
    block, lanes = page.locator("[data-move]", has_text="随堂听课"), page.locator("[data-lane]")
    box, lane = block.bounding_box(), lanes.nth(1).bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(lane["x"] + 20, box["y"] + 12, steps=4)
    expect(page.locator(".drag-label")).to_have_text("第1组 → 第2组 09:00—10:00")
    expect(page.locator(".is-target")).to_have_attribute("data-name", "第2组")
    page.mouse.up()
    expect(page.locator("[data-toast] p")).to_have_text("“随堂听课”：第1组 → 第2组，12月14日 9:00—10:00。")
    expect(page.locator("#live")).to_contain_text("第1组 → 第2组")
    expect(lanes.nth(1).locator("[data-move] a").first).to_be_focused()
    for key in ("m", "ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("[data-toast] p")).to_contain_text("第2组 → 第3组，12月14日 9:15—10:15")
    lunch = page.locator("[data-move]", has_text="午餐")
    expect(lunch).to_have_count(1)
    lunch.locator("a").focus()
    for key in ("m", "ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("[data-toast] p")).to_contain_text("“午餐”改到12月14日 12:15—13:15")
    other.locator("[data-move] a", has_text="随堂听课").focus()
    for key in ("m", "ArrowRight", "Enter"):
        other.keyboard.press(key)
    expect(other.locator("[data-toast] p")).to_contain_text("刚被他人改动")
    page.get_by_role("link", name="查看并发布").click()
    page.get_by_role("button", name="发布这些改动").click()
    expect(page.locator("[data-toast] p")).to_contain_text("第2版已发布")
    item.refresh_from_db()
    assert [list(row.groups.all()) for row in (item, everyone)] == [[third], []] and times(item) == ["14 09:15", "14 10:15"]


def drag(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=6)
    page.mouse.up()
