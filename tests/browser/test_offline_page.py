"""A participant's page without network: the phone keeps a copy of this one page, and a link that was reset takes it away."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from events.itineraries.models import ItineraryItem
from participants.people.models import Person
from participants.people.rules import link_url, reset_link
from participants.rosters.models import Registration
from tests.cast import Cast, at, make_cast, make_delegation, make_item, make_person, make_program, make_registration

pytestmark = pytest.mark.browser
NAMES = ["欧阳若川", "孙㛃"]


@pytest.fixture
def stage(committed: None) -> tuple[Cast, list[Person]]:
    """Two days that begin today, with two participants."""
    cast = make_cast()
    program = make_program(cast, starts_in=0, days=2, title_zh="赴无锡学访", contact_name="会务组", contact_phone="022-1234")
    make_delegation(cast, program, cast.beichen, 10)
    people = [make_person(cast, cast.school_a, name) for name in NAMES]
    for person in people:
        make_registration(cast, program, person, "confirmed")
    today = timezone.localdate()
    make_item(program, at(f"{today:%Y-%m-%d} 00:00"), 24 * 60 - 1, "开班仪式")
    make_item(program, at(f"{today + timezone.timedelta(days=1):%Y-%m-%d} 09:00"), 60, "校长论坛")
    return cast, people


def stored(page: Any) -> dict[str, list[str]]:
    """What the phone keeps: name of the store → addresses without host."""
    script = """async () => Object.fromEntries(await Promise.all((await caches.keys()).map(
        async (name) => [name, (await (await caches.open(name)).keys()).map((request) => new URL(request.url).pathname)])))"""
    found: dict[str, list[str]] = page.evaluate(script)
    return found


def address_of(person: Person, page: Any) -> str:
    person.refresh_from_db()
    return "/my/" + link_url(person).split("/my/")[1]


def until(page: Any, condition: str) -> None:
    """Wait until an asynchronous condition holds in the page."""
    for _attempt in range(100):
        if page.evaluate(f"async () => {condition}"):
            return
        page.wait_for_timeout(100)
    raise AssertionError(condition)


def open_and_keep(page: Any, address: str) -> None:
    page.goto(address)
    until(page, f"!!(await caches.match(location.origin + '{address}'))")
    until(page, "(await Promise.all([...document.styleSheets].map((sheet) => caches.match(sheet.href)))).every(Boolean)")


def test_the_page_opens_without_network_and_a_reset_link_takes_the_copy_away(stage: Any, visit: Callable[..., Any]) -> None:
    cast, (ouyang, sun) = stage
    page = visit(phone=True)
    address, other = address_of(ouyang, page), address_of(sun, page)
    open_and_keep(page, address)
    assert page.locator("text=离线查看").count() == 0
    first, *parts = next(iter(stored(page).values()))
    assert len(stored(page)) == 1 and all(part == address or part.startswith("/static/") for part in [first, *parts])

    page.context.set_offline(True)
    page.reload()
    words = page.inner_text("main")
    assert "离线查看，更新于" in words and all(word in words for word in ("欧阳若川", "赴无锡学访", "开班仪式", "校长论坛", "联系主办方"))
    assert page.locator(".daylist .is-now").all_inner_texts()[0].endswith("开班仪式")
    assert page.evaluate("getComputedStyle(document.body).fontFamily") != ""
    assert page.locator("link[rel=stylesheet]").evaluate_all("(links) => links.every((link) => link.sheet)")
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.goto(other)  # the worker of one page answers for no other

    page.context.set_offline(False)
    page.goto(address)
    assert page.locator("text=离线查看").count() == 0
    page.evaluate("for (let times = 0; times < 30; times++) navigator.serviceWorker.controller.postMessage({keep: ''})")  # copies still on their way
    reset_link(person=ouyang, by=cast.coordinator_a)
    page.goto(address)
    assert "这个链接打不开" in page.inner_text("main")
    until(page, "(await caches.keys()).length === 0 && (await navigator.serviceWorker.getRegistrations()).length === 0")
    page.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.goto(address)


def test_two_people_on_one_phone_keep_apart(stage: Any, visit: Callable[..., Any]) -> None:
    _cast, people = stage
    page = visit(phone=True)
    addresses = [address_of(person, page) for person in people]
    for address in addresses:
        open_and_keep(page, address)
    kept = stored(page)
    assert len(kept) == 2
    for address in addresses:
        (inside,) = [paths for name, paths in kept.items() if address in name]
        assert [path for path in inside if path.startswith("/my/")] == [address]
    page.context.set_offline(True)
    for address, own, foreign in ((addresses[0], *NAMES), (addresses[1], *reversed(NAMES))):
        page.goto(address)
        assert own in page.inner_text("main") and foreign not in page.inner_text("body")


def test_what_changed_is_kept_at_the_next_visit(stage: Any, visit: Callable[..., Any]) -> None:
    _cast, (ouyang, _sun) = stage
    page = visit(phone=True)
    address = address_of(ouyang, page)
    open_and_keep(page, address)
    ItineraryItem.objects.filter(title_zh="校长论坛").update(title_zh="校长圆桌")
    Registration.objects.filter(person=ouyang).update(role="学员")
    page.goto(f"{address}?lang=en")
    until(page, f"(await (await caches.match(location.origin + '{address}')).text()).includes('Without network')")
    page.context.set_offline(True)
    page.goto(address)
    words = page.inner_text("main")
    assert "Without network, as of" in words and "校长圆桌" in words and "校长论坛" not in words
