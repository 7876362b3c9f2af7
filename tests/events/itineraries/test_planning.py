"""Larger planning steps: moving by dragging, copying a day, moving what follows, weekly lessons."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from events.itineraries import drafts, planning
from events.itineraries.holidays import is_announced, is_holiday, special_day
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from exchange.transitions import RuleViolation
from tests.cast import Cast, at, make_group, make_item, make_program

NINE = at("2026-12-14 09:00")
DAY, NEXT = NINE.date(), NINE.date() + timedelta(days=1)


@pytest.fixture
def draft(cast: Cast) -> Program:
    return make_program(cast, status="draft", starts_on=DAY)


@pytest.fixture
def published(cast: Cast) -> Program:
    return make_program(cast, starts_on=DAY)


def plan_of(program: Program) -> list[tuple[str, str]]:
    rows = ItineraryItem.planned.filter(program=program).as_planned()
    return [(row.title_zh, f"{timezone.localtime(row.starts_at):%d %H:%M}") for row in rows]


def step(cast: Cast) -> dict[str, Any]:
    return {"by": cast.organiser, "at": timezone.now()}


def test_copying_a_day(cast: Cast, draft: Program) -> None:
    group = make_group(draft)
    make_item(draft, NINE, title="甲", groups=[group], leader_notes="带旗")
    make_item(draft, NINE, title="取消的", status="cancelled")
    items = planning.copy_day(program=draft, source=DAY, target=NEXT, **step(cast))
    assert [(item.title_zh, item.leader_notes, list(item.groups.all())) for item in items] == [("甲", "带旗", [group])]
    assert ("甲", "15 09:00") in plan_of(draft) and items[0].uid != draft.items.first().uid


@pytest.mark.parametrize(("source", "target", "code"), [(DAY, DAY, "same_day"), (NEXT, DAY, "nothing_there")])
def test_copying_is_refused(cast: Cast, draft: Program, source: date, target: date, code: str) -> None:
    make_item(draft, NINE)
    with pytest.raises(RuleViolation) as refusal:
        planning.copy_day(program=draft, source=source, target=target, **step(cast))
    assert refusal.value.code == code


def test_moving_what_follows_for_one_group(cast: Cast, published: Program) -> None:
    first, second = make_group(published, 1), make_group(published, 2)
    make_item(published, NINE - timedelta(hours=1), title="先")
    make_item(published, NINE, title="全体")
    make_item(published, NINE, title="一组", groups=[first])
    make_item(published, NINE, title="二组", groups=[second])
    planning.shift_following(program=published, day=DAY, after=time(9), minutes=30, group=first, **step(cast))
    assert sorted(plan_of(published)) == sorted([("先", "14 08:00"), ("全体", "14 09:30"), ("一组", "14 09:30"), ("二组", "14 09:00")])
    assert {row.starts_at for row in published.items.all()} == {NINE, NINE - timedelta(hours=1)}  # others still see this
    assert len(drafts.pending(published)) == 2


def test_moving_stays_on_the_day(cast: Cast, draft: Program) -> None:
    make_item(draft, at("2026-12-14 22:00"))
    with pytest.raises(RuleViolation) as refusal:
        planning.shift_following(program=draft, day=DAY, after=time(9), minutes=180, group=None, **step(cast))
    assert (refusal.value.code, refusal.value.field, plan_of(draft)) == ("leaves_the_day", "minutes", [("校园管理观摩", "14 22:00")])


def test_the_table_of_holidays() -> None:
    assert is_holiday(date(2025, 1, 28)) and not is_holiday(date(2025, 1, 26)) and not is_holiday(date(2026, 11, 28))
    special = special_day(date(2026, 10, 10))
    assert special and (special.name, special.is_off) == ("国庆节", False)
    assert [is_announced(year) for year in (2022, 2023, 2026, 2027)] == [False, True, True, False]


# Pages -----------------------------------------------------------------------------------------------------------------


def test_dragging_moves_and_can_be_undone(cast: Cast, draft: Program, sign_in: Any) -> None:
    client, item = sign_in(cast.organiser), make_item(draft, NINE)
    answer = client.post(f"/desk/itinerary-items/{item.pk}/move/", {"day": "2026-12-15", "starts": "10:15", "ends": "11:45"}, follow=True)
    assert plan_of(draft) == [("校园管理观摩", "15 10:15")]
    undo = f"/desk/programs/{draft.pk}/itinerary/undo/?step={client.session['itinerary_steps'][-1]['key']}&day=2026-12-14"
    assert undo.replace("&", "&amp;") in answer.content.decode()
    client.post(undo)
    assert plan_of(draft) == [("校园管理观摩", "14 09:00")]


@pytest.mark.parametrize("status", ["draft", "published"])
def test_dragging_to_another_group_and_back(cast: Cast, sign_in: Any, status: str) -> None:
    program, client = make_program(cast, status=status, starts_on=NINE.date()), sign_in(cast.organiser)
    first, second, third = (make_group(program, number) for number in (1, 2, 3))
    item = make_item(program, NINE, 90, "听课", [first, third])
    make_item(program, NINE, 60, "座谈", [second])
    seen = {"seen": drafts.stamp([item])}
    to = {"day": "2026-12-14", "starts": "09:00", "ends": "10:30", "groups": [second.pk, third.pk]}
    page = client.post(f"/desk/itinerary-items/{item.pk}/move/?view=group", to | seen, follow=True)
    assert page.redirect_chain[-1][0].endswith("?day=2026-12-14&view=group")
    assert "“听课”：第1组、第3组 → 第2组、第3组，12月14日 9:00—10:30。与“座谈”（12月14日 9:00—10:00）冲突。" in page.content.decode()
    assert drafts.groups_of(drafts.current(item)) == {second.pk, third.pk}
    assert drafts.groups_of(item) == ({first.pk, third.pk} if status == "published" else {second.pk, third.pk})
    assert "刚被他人改动" in client.post(f"/desk/itinerary-items/{item.pk}/move/", to | seen | {"groups": first.pk}, follow=True).content.decode()
    assert drafts.groups_of(drafts.current(item)) == {second.pk, third.pk}
    client.post(f"/desk/programs/{program.pk}/itinerary/undo/")
    assert drafts.groups_of(drafts.current(item)) == {first.pk, third.pk} and not drafts.drafts_of(program).exists()


def test_a_group_of_another_program_is_no_lane(cast: Cast, draft: Program, sign_in: Any) -> None:
    item, foreign = make_item(draft, NINE), make_group(make_program(cast, status="draft"))
    to = {"day": "2026-12-15", "starts": "09:00", "ends": "10:30", "groups": foreign.pk}
    page = sign_in(cast.organiser).post(f"/desk/itinerary-items/{item.pk}/move/", to, follow=True)
    assert 'data-toast="error"' in page.content.decode() and plan_of(draft) == [("校园管理观摩", "14 09:00")]


def test_ten_steps_are_undone_in_turn_and_what_another_officer_changed_stays(cast: Cast, draft: Program, sign_in: Any) -> None:
    client, item = sign_in(cast.organiser), make_item(draft, NINE)
    other, undo = make_item(draft, NINE, title="座谈"), f"/desk/programs/{draft.pk}/itinerary/undo/"
    for hour in range(10, 15):
        for row in (item, other):
            client.post(f"/desk/itinerary-items/{row.pk}/move/", {"day": "2026-12-14", "starts": f"{hour}:00", "ends": f"{hour + 1}:00"})
    sign_in(cast.admin).post(f"/desk/itinerary-items/{other.pk}/move/", {"day": "2026-12-16", "starts": "08:00", "ends": "09:00"})
    said = ["已撤销1项" in client.post(undo, follow=True).content.decode() for _step in range(10)]
    assert said == [False, True] * 5
    assert plan_of(draft) == [("校园管理观摩", "14 09:00"), ("座谈", "16 08:00")]
    assert "没有可以撤销" in client.post(undo, follow=True).content.decode()


def test_planning_opened_directly_begins_today_while_the_program_runs(cast: Cast, sign_in: Any) -> None:
    client, today = sign_in(cast.organiser), timezone.localdate()
    for program, day in ((make_program(cast, starts_in=-2), today), (make_program(cast, starts_in=3), today + timedelta(days=3))):
        pages = [client.get(f"/desk/programs/{program.pk}/itinerary/{page}") for page in ("shift/", "copy-day/", "new/")]
        assert [page.context["form"][name].value() for page, name in zip(pages, ("day", "source", "day"), strict=True)] == [day] * 3
    board = client.get(f"/desk/programs/{program.pk}/itinerary/?view=venue&from={day}").content.decode()
    assert f"/itinerary/shift/?day={day}&amp;view=venue&amp;from={day}" in board


def test_dragging_in_a_published_program_waits(cast: Cast, published: Program, sign_in: Any) -> None:
    client, item = sign_in(cast.organiser), make_item(published, NINE)
    client.post(f"/desk/itinerary-items/{item.pk}/move/", {"day": "2026-12-14", "starts": "23:00", "ends": "00:00"})
    draft = drafts.drafts_of(published).get()
    assert (timezone.localtime(draft.ends_at).hour, ItineraryItem.objects.get().starts_at) == (0, NINE)
    client.post(f"/desk/itinerary-items/{draft.pk}/move/", {"day": "2026-12-14", "starts": "09:00", "ends": "10:30"})
    assert drafts.drafts_of(published).count() == 0


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"day": "x", "starts": "9", "ends": "z"},
        {"day": "2026-12-14", "starts": "10:00", "ends": "09:00"},
        {"day": "0001-01-01", "starts": "1:00", "ends": "2:00"},
    ],
)
def test_a_move_that_cannot_be_says_so(cast: Cast, draft: Program, sign_in: Any, values: dict[str, str]) -> None:
    client, item = sign_in(cast.organiser), make_item(draft, NINE)
    answer = client.post(f"/desk/itinerary-items/{item.pk}/move/", values, follow=True)
    assert (answer.status_code, plan_of(draft)) == (200, [("校园管理观摩", "14 09:00")])
    assert 'data-toast="error"' in answer.content.decode()
    assert client.get(f"/desk/itinerary-items/{item.pk}/move/").status_code == 405


def test_the_steps_as_pages(cast: Cast, draft: Program, sign_in: Any) -> None:
    client, base = sign_in(cast.organiser), f"/desk/programs/{draft.pk}/itinerary/"
    make_item(draft, NINE, title="甲")
    assert [client.get(base + page).status_code for page in ("copy-day/", "shift/")] == [200] * 2
    client.post(base + "copy-day/", {"source": "2026-12-14", "target": "2026-12-15"})
    client.post(base + "shift/", {"day": "2026-12-15", "after": "08:00", "minutes": "-30"})
    assert plan_of(draft) == [("甲", "14 09:00"), ("甲", "15 08:30")]


@pytest.mark.parametrize(
    ("page", "values"),
    [
        ("copy-day/", {"source": "2026-12-14", "target": "2026-12-14"}),
        ("shift/", {"day": "2026-12-14", "after": "08:00", "minutes": "0"}),
        ("shift/", {"day": "2026-12-14", "after": "08:00", "minutes": "30", "group": "9" * 30}),
    ],
)
def test_bad_input_comes_back(cast: Cast, draft: Program, sign_in: Any, page: str, values: dict[str, str]) -> None:
    make_item(draft, NINE)
    assert sign_in(cast.organiser).post(f"/desk/programs/{draft.pk}/itinerary/{page}", values).status_code == 422
    assert ItineraryItem.planned.count() == 1


@pytest.mark.parametrize("page", ["copy-day/", "shift/", "series/"])
def test_who_may_plan(cast: Cast, published: Program, sign_in: Any, page: str) -> None:
    address = f"/desk/programs/{published.pk}/itinerary/{page}"
    assert [sign_in(user).get(address).status_code for user in (cast.viewer, cast.coordinator_a, cast.district_beichen)] == [403] * 3
    hidden = make_program(cast, visibility="invited")
    assert sign_in(cast.outsider).get(f"/desk/programs/{hidden.pk}/itinerary/{page}").status_code == 404
    assert sign_in(cast.outsider).post(f"/desk/itinerary-items/{make_item(hidden, NINE).pk}/move/", {}).status_code == 404
