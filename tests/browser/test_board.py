"""The day board by mouse and by keyboard: moving, stretching, giving up, undoing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from events.itineraries.models import ItineraryItem
from tests.cast import Cast, at, make_cast, make_item, make_program

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
    expect(page.get_by_text("改到12月15日 9:30—10:45")).to_be_visible()
    assert times(item) == ["15 09:30", "15 10:45"]
    expect(page.locator("[data-move] a")).to_be_focused()
    page.get_by_role("button", name="撤销").first.click()
    expect(page.get_by_text("改到12月14日 9:00—10:00")).to_be_visible()
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
    expect(page.get_by_text("改到12月16日 10:00—11:00")).to_be_visible()
    box = page.locator("[data-move]").bounding_box()
    edge = box["y"] + box["height"] - 3
    drag(page, (box["x"] + 20, edge), (box["x"] + 20, edge + 23))
    expect(page.get_by_text("改到12月16日 10:00—11:30")).to_be_visible()
    assert times(item) == ["16 10:00", "16 11:30"] and item.ends_at - item.starts_at == timedelta(minutes=90)


def drag(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=6)
    page.mouse.up()
