"""Changes that wait: nobody but planners sees them, publishing runs the rules, versions compare."""

import re
from datetime import datetime, timedelta
from typing import Any

import icalendar
import pytest
from django.test import Client
from django.utils import timezone

from events.itineraries import drafts, rules
from events.itineraries.draft_pages import compare
from events.itineraries.models import ItineraryItem, ItineraryVersion
from events.itineraries.versions import differences
from events.programs.models import Program
from exchange.transitions import RuleViolation
from tests.cast import Cast, at, make_delegation, make_group, make_item, make_program, make_venue, same_queries
from tests.events.calendars.readers import by_icalendar

NINE = at("2026-12-14 09:00")
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def program(cast: Cast) -> Program:
    return make_program(cast, starts_on=at("2026-12-12 00:00").date())


@pytest.fixture
def item(program: Program) -> ItineraryItem:
    return make_item(program, NINE, title="太湖云帆中学")


def now() -> datetime:
    return timezone.now()


def hold(cast: Cast, item: ItineraryItem, **fields: Any) -> ItineraryItem:
    return drafts.hold_change(item=item, by=cast.organiser, at=now(), **fields)


def words(program: Program) -> list[str]:
    return [str(row) for row in drafts.pending(program)]


def test_a_change_waits_and_is_said_in_plain_words(cast: Cast, program: Program, item: ItineraryItem) -> None:
    hold(cast, item, starts_at=NINE - HALF_HOUR, ends_at=NINE + HALF_HOUR)
    assert words(program) == ["第3天 太湖云帆中学 9:00→8:30；结束10:30→9:30"]
    assert list(program.items.values_list("starts_at", flat=True)) == [NINE]


def test_nobody_sees_what_waits(cast: Cast, program: Program, item: ItineraryItem, client: Client, api: Any, sign_in: Any) -> None:
    make_delegation(cast, program, cast.beichen)
    feed, page = f"/programs/{program.pk}/itinerary.ics", f"/programs/{program.pk}/"
    before = client.get(feed)
    hold(cast, item, title_zh="金丝雀甲")
    draft = drafts.hold_new(program=program, by=cast.organiser, at=now(), groups=[], title_zh="金丝雀乙", starts_at=NINE, ends_at=NINE + HALF_HOUR)
    assert client.get(feed, headers={"If-None-Match": before["ETag"]}).status_code == 304
    board = f"/desk/programs/{program.pk}/itinerary/"
    readers = [client.get(feed), client.get(page), sign_in(cast.coordinator_a).get(board), sign_in(cast.viewer).get(board)]
    readers += [api(user).get("/api/v1/itinerary-items/") for user in (None, cast.coordinator_a, cast.organiser)]
    assert [answer.status_code for answer in readers] == [200] * 7
    assert not any("金丝雀" in answer.content.decode() for answer in readers)
    assert "金丝雀甲" in sign_in(cast.organiser).get(board).content.decode()
    people = (cast.coordinator_a, cast.outsider, cast.district_beichen)
    assert [sign_in(user).get(f"/desk/itinerary-items/{draft.pk}/edit/").status_code for user in people] == [403, 404, 404]
    assert api(cast.organiser).get(f"/api/v1/itinerary-items/{draft.pk}/").status_code == 404


def test_publishing_runs_the_rules_and_keeps_versions(cast: Cast, program: Program, item: ItineraryItem, client: Client) -> None:
    gone = make_item(program, NINE + timedelta(hours=3), title="座谈")
    hold(cast, item, starts_at=NINE - HALF_HOUR)
    drafts.hold_cancel(item=gone, by=cast.organiser, at=now(), reason="台风")
    new = drafts.hold_new(
        program=program, by=cast.organiser, at=now(), groups=[], title_zh="晚餐", starts_at=NINE + timedelta(hours=9), ends_at=NINE + timedelta(hours=10)
    )
    expected = ["第3天 太湖云帆中学 9:00→8:30；仍到10:30结束", "第3天 座谈 取消：台风", "第3天 晚餐 新增，18:00—19:00"]
    told: list[Any] = []
    drafts.ON_PUBLISHED.append(lambda **facts: told.append([str(row) for row in differences(facts["before"], facts["after"], first_day=program.starts_on)]))
    try:
        version = drafts.publish(program=program, by=cast.organiser, at=now())
    finally:
        drafts.ON_PUBLISHED.pop()
    assert (version.number, drafts.pending(program), drafts.drafts_of(program).count()) == (2, [], 0)
    item.refresh_from_db()
    assert (item.starts_at, item.sequence, item.previous_starts_at) == (NINE - HALF_HOUR, 1, NINE)
    assert ItineraryItem.objects.get(pk=gone.pk).is_cancelled and ItineraryItem.objects.get(pk=new.pk).uid == new.uid
    first = ItineraryVersion.objects.get(program=program, number=1)
    found = [str(row) for row in compare(program, first, None)]
    assert [row.replace("；仍到10:30结束", "") for row in found] == [row.replace("；仍到10:30结束", "") for row in expected]
    assert told == [found] == [[str(row) for row in compare(program, first, version)]]
    assert len(by_icalendar(client.get(f"/programs/{program.pk}/itinerary.ics").content)) == 3


def test_saying_again_what_is_published_ends_the_draft(cast: Cast, program: Program, item: ItineraryItem) -> None:
    draft = hold(cast, item, location="东门")
    assert hold(cast, draft, location="西门") == draft
    assert hold(cast, draft, location="") == item
    assert words(program) == []


def test_what_is_changed_at_once_survives_publishing(cast: Cast, program: Program, item: ItineraryItem) -> None:
    hold(cast, item, location="东门")
    rules.change_item(item=item, by=cast.organiser, at=now(), title_zh="新名")
    assert words(program) == ["第3天 新名 地点 —→东门"]
    drafts.publish(program=program, by=cast.organiser, at=now())
    item.refresh_from_db()
    assert (item.title_zh, item.location) == ("新名", "东门")
    hold(cast, item, location="南门")
    rules.cancel_item(item=item, by=cast.organiser, at=now())
    assert words(program) == []


def test_groups_places_and_the_rest_in_words(cast: Cast, program: Program, item: ItineraryItem) -> None:
    group = make_group(program, 1)
    hold(
        cast,
        item,
        groups=[group],
        venue=make_venue(cast, "无锡一中"),
        starts_at=NINE + timedelta(days=1),
        ends_at=NINE + timedelta(days=1, minutes=90),
        is_public=False,
    )
    assert words(program) == ["第3天 太湖云帆中学 第3天 9:00→第4天 9:00；地点 —→无锡一中；对象 全体→第1组；不再公开"]


def test_discarding(cast: Cast, program: Program, item: ItineraryItem, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    draft = hold(cast, item, location="东门")
    assert client.post(f"/desk/itinerary-items/{draft.pk}/discard/").status_code == 302
    hold(cast, item, location="东门")
    drafts.hold_new(program=program, by=cast.organiser, at=now(), groups=[], title_zh="新", starts_at=NINE, ends_at=NINE + HALF_HOUR)
    client.post(f"/desk/programs/{program.pk}/itinerary/discard/")
    assert (drafts.drafts_of(program).count(), ItineraryItem.planned.count()) == (0, 1)


def test_a_group_that_only_a_draft_names_stays(cast: Cast, program: Program, item: ItineraryItem) -> None:
    group = make_group(program)
    hold(cast, item, groups=[group])
    with pytest.raises(RuleViolation) as refusal:
        rules.delete_row(row=group, by=cast.organiser)
    assert refusal.value.code == "in_use"


def test_only_published_programs_have_changes_that_wait(cast: Cast) -> None:
    item = make_item(make_program(cast, status="draft"), NINE)
    with pytest.raises(RuleViolation) as refusal:
        hold(cast, item, location="东门")
    assert refusal.value.code == "not_published"


def test_publishing_nothing_is_refused(cast: Cast, program: Program) -> None:
    with pytest.raises(RuleViolation) as refusal:
        drafts.publish(program=program, by=cast.organiser, at=now())
    assert refusal.value.code == "nothing_waits"


# Pages -----------------------------------------------------------------------------------------------------------------


def form(**other: str) -> dict[str, str]:
    return {
        "title_zh": "太湖云帆中学",
        "item_type": "visit",
        "day": "2026-12-14",
        "starts": "08:30",
        "ends": "10:30",
        "credit_hours": "0",
        "is_public": "on",
    } | other


def test_the_form_keeps_a_draft_or_publishes_at_once(cast: Cast, program: Program, item: ItineraryItem, sign_in: Any) -> None:
    client, address = sign_in(cast.organiser), f"/desk/itinerary-items/{item.pk}/edit/"
    client.post(address, form(hold="1"))
    item.refresh_from_db()
    assert item.starts_at == NINE and [row.key for row in drafts.pending(program)] == [item.pk]
    page = client.get(address)
    assert page.context["form"].initial["starts"].strftime("%H:%M") == "08:30"
    board = client.get(f"/desk/programs/{program.pk}/itinerary/").content.decode()
    assert "1处改动" in board and "未发布" in board
    client.post(address, form(starts="08:00"))
    item.refresh_from_db()
    assert item.starts_at == NINE - timedelta(hours=1) and not drafts.pending(program)


def test_publishing_and_comparing_on_the_page(cast: Cast, program: Program, item: ItineraryItem, sign_in: Any) -> None:
    client, base = sign_in(cast.organiser), f"/desk/programs/{program.pk}/itinerary/"
    client.post(f"/desk/itinerary-items/{item.pk}/edit/", form(hold="1"))
    assert "9:00→8:30" in client.get(base + "changes/").content.decode()
    client.post(base + "publish/")
    item.refresh_from_db()
    assert item.starts_at == NINE - HALF_HOUR
    for query, found in (("?since=1", True), ("?since=2", False), ("?since=1&until=2", True), ("?since=2&until=2", False)):
        assert ("9:00→8:30" in client.get(base + "changes/" + query).content.decode()) is found
    assert [client.get(base + "changes/?since=" + word).status_code for word in ("x", "0", "9" * 30, "²")] == [200] * 4
    client.post(base + "publish/")
    assert program.itinerary_versions.count() == 2


def seen(client: Client, address: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', client.get(address).content.decode())
    assert found
    return found[1]


def test_two_officers_do_not_overwrite_each_other_unseen(cast: Cast, program: Program, item: ItineraryItem, sign_in: Any) -> None:
    client, page = sign_in(cast.organiser), f"/desk/itinerary-items/{item.pk}/edit/"
    opened = seen(client, page)
    hold(cast, item, title_zh="改到东门", location="东门")  # the other one
    answer = client.post(page, form(hold="1", seen=opened))
    assert answer.status_code == 422 and "9:00→8:30；仍到10:30结束；地点 东门→—" in answer.content.decode() and 'value="08:30' in answer.content.decode()
    assert words(program)[0].startswith("第3天 太湖云帆中学 改名为“改到东门”")
    known = re.search(r'name="seen" value="(\w+)"', answer.content.decode())
    assert known
    posts = [client.post(page, form(hold="1", seen=known[1])) for _click in range(2)]  # the second click of a double click says the same
    assert [post.status_code for post in posts] == [302, 302] and "9:00→8:30" in words(program)[0]
    drafts.publish(program=program, by=cast.organiser, at=now())
    assert client.get(page).status_code == 200  # the board of the other one leads here still


def test_only_what_was_looked_at_is_published(cast: Cast, program: Program, item: ItineraryItem, sign_in: Any) -> None:
    client, base = sign_in(cast.organiser), f"/desk/programs/{program.pk}/itinerary/"
    draft = hold(cast, item, location="东门")
    opened = seen(client, base + "changes/")
    hold(cast, item, title_en="Yunfan")
    page = client.post(base + "publish/", {"seen": opened}, follow=True).content.decode()
    assert "与您看到的不同" in page and "另一种语言的标题有改动" in page and not program.itinerary_versions.exists()
    assert f"/desk/itinerary-items/{item.pk}/edit/" in client.get(base).content.decode() and f"/{draft.pk}/edit/" not in client.get(base).content.decode()
    client.post(base + "publish/", {"seen": seen(client, base + "changes/")})
    assert program.itinerary_versions.count() == 2


def test_items_of_the_same_title_are_told_apart(cast: Cast, program: Program) -> None:
    for number in (1, 2):
        hold(cast, make_item(program, NINE, title="观摩", groups=[make_group(program, number)]), starts_at=NINE + HALF_HOUR, ends_at=NINE + 3 * HALF_HOUR)
    assert words(program) == [f"第3天 观摩 9:00→9:30；仍到10:30结束（第{number}组）" for number in (1, 2)]


def test_cancelling_can_wait_too(cast: Cast, program: Program, item: ItineraryItem, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    client.post(f"/desk/itinerary-items/{item.pk}/cancel/", {"reason": "台风", "hold": "on"})
    item.refresh_from_db()
    assert (item.is_cancelled, words(program)) == (False, ["第3天 太湖云帆中学 取消：台风"])


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("coordinator_a", 403), ("district_beichen", 403), ("outsider", 403)])
def test_who_may_not(cast: Cast, program: Program, item: ItineraryItem, sign_in: Any, who: str, status: int) -> None:
    hold(cast, item, location="东门")
    client, base = sign_in(getattr(cast, who)), f"/desk/programs/{program.pk}/itinerary/"
    answers = [client.get(base + "changes/"), client.post(base + "publish/"), client.post(base + "discard/")]
    assert [answer.status_code for answer in answers] == [status] * 3
    assert len(words(program)) == 1


def test_an_invited_program_is_not_found_by_outsiders(cast: Cast, sign_in: Any) -> None:
    program = make_program(cast, visibility="invited")
    base, client = f"/desk/programs/{program.pk}/itinerary/", sign_in(cast.outsider)
    assert [client.get(base + "changes/").status_code, client.post(base + "publish/").status_code, client.post(base + "discard/").status_code] == [404] * 3


def test_changes_cost_the_same_for_one_and_three(cast: Cast, program: Program, sign_in: Any) -> None:
    client = sign_in(cast.organiser)

    def add() -> None:
        hold(cast, make_item(program, NINE, venue=make_venue(cast), groups=[make_group(program, program.groups.count() + 1)]), location="东门")

    add()
    same_queries(lambda: client.get(f"/desk/programs/{program.pk}/itinerary/changes/"), lambda: (add(), add()))
    same_queries(lambda: client.get(f"/desk/programs/{program.pk}/itinerary/"), lambda: (add(), add()))


def test_journeys_and_places_are_kept_compared_and_shown(cast: Cast, program: Program, item: ItineraryItem, client: Client) -> None:
    hold(cast, item, travel_number="G1234", travel_from="天津南", travel_to="无锡东", carrier="中国铁路", capacity=40)
    assert words(program) == ["第3天 太湖云帆中学 可容纳人数 —→40；行程 —→G1234 天津南→无锡东（中国铁路）"]
    drafts.publish(program=program, by=cast.organiser, at=now())
    assert words(program) == []
    assert "G1234 天津南→无锡东（中国铁路）" in client.get(f"/programs/{program.pk}/").content.decode()
    feed = icalendar.Calendar.from_ical(client.get(f"/programs/{program.pk}/itinerary.ics").content)
    assert ["G1234 天津南→无锡东（中国铁路）" in str(event["DESCRIPTION"]) for event in feed.walk("VEVENT")] == [True]
