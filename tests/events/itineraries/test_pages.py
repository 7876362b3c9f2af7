"""The day board, item forms, venues and groups as pages."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from events.itineraries.models import Group, ItineraryItem, Venue
from events.programs.models import Program
from tests.cast import Cast, at, make_delegation, make_group, make_item, make_program, make_venue, same_queries

NINE = at("2026-12-14 09:00")


def visit_of_beichen(cast: Cast, **fields: Any) -> Program:
    program = make_program(cast, **({"starts_on": NINE.date()} | fields))
    make_delegation(cast, program, cast.beichen)
    return program


def board(program: Program, query: str = "") -> str:
    return f"/desk/programs/{program.pk}/itinerary/{query}"


def form(**fields: Any) -> dict[str, Any]:
    return {
        "title_zh": "专题讲座",
        "item_type": "lecture",
        "day": "2026-12-14",
        "starts": "09:00",
        "ends": "10:30",
        "credit_hours": "2",
        "is_public": "on",
    } | fields


def text_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def test_board_shows_days_items_and_clashes(cast: Cast, sign_in: Any) -> None:
    program = visit_of_beichen(cast)
    group = make_group(program)
    make_item(program, NINE, title="观摩", venue=make_venue(cast))
    make_item(program, NINE + timedelta(minutes=30), title="碰头会", groups=[group], is_public=False)
    page = text_of(sign_in(cast.organiser), board(program))
    assert "1处冲突" in page and page.count("block-clash") == 2
    assert f'href="/desk/programs/{program.pk}/itinerary/new/?day=2026-12-14"' in page
    assert 'class="from-8 span-6 lanes-2 lane-0"' in page and 'class="from-10 span-6 lanes-2 lane-1"' in page
    assert page.count('class="board-day"') == 5
    assert not re.search(r"<[^>]+\sstyle=", page) and not re.search(r"<script(?![^>]*\ssrc=)", page)


def test_readers_get_the_same_board_without_tools(cast: Cast, sign_in: Any) -> None:
    program = visit_of_beichen(cast)
    item = make_item(program, NINE, title="观摩")
    make_item(program, NINE, title="同时")
    page = text_of(sign_in(cast.coordinator_a), board(program))
    assert f"/desk/itinerary-items/{item.pk}/" in page
    assert not [word for word in ("/edit/", "/new/", "处冲突", "data-board=") if word in page]


def test_board_of_a_group_leaves_the_others_out(cast: Cast, sign_in: Any) -> None:
    program = visit_of_beichen(cast)
    first, second = make_group(program, 1), make_group(program, 2)
    make_item(program, NINE, title="全体会")
    make_item(program, NINE, title="一组行", groups=[first])
    make_item(program, NINE, title="二组行", groups=[second])
    page = text_of(sign_in(cast.organiser), board(program, f"?group={first.pk}"))
    assert ("全体会" in page, "一组行" in page, "二组行" in page) == (True, True, False)


def test_phone_list_shows_the_chosen_day(cast: Cast, sign_in: Any) -> None:
    program = visit_of_beichen(cast)
    make_item(program, NINE, title="第一天的事")
    make_item(program, NINE + timedelta(days=2), title="第三天的事")
    page = text_of(sign_in(cast.organiser), board(program, "?day=2026-12-16"))
    phone = page[page.index('class="board-phone"') :]
    assert ("第三天的事" in phone, "第一天的事" in phone) == (True, False)


@pytest.mark.parametrize("query", ["?day=9999-99-99", "?day=x", "?from=0001-01-01", "?group=x", "?group=99999999999999999999", "?from=%FF", "?day=2026-02-30"])
def test_board_takes_nonsense_as_not_given(cast: Cast, sign_in: Any, query: str) -> None:
    assert "观摩" in text_of(sign_in(cast.organiser), board(make_item(visit_of_beichen(cast), NINE).program, query))


def test_an_empty_board_says_so(cast: Cast, sign_in: Any) -> None:
    program = visit_of_beichen(cast)
    assert "还没有日程" in text_of(sign_in(cast.organiser), board(program))
    assert "主办方还没有安排日程" in text_of(sign_in(cast.district_beichen), board(program))


def test_outsiders_see_public_items_only_and_strangers_sign_in(cast: Cast, sign_in: Any, client: Client) -> None:
    program = visit_of_beichen(cast)
    make_item(program, NINE, title="公开课")
    hidden = make_item(program, NINE, title="内部会", is_public=False)
    page = text_of(sign_in(cast.outsider), board(program))
    assert ("公开课" in page, "内部会" in page) == (True, False)
    assert sign_in(cast.outsider).get(f"/desk/itinerary-items/{hidden.pk}/").status_code == 404
    assert sign_in(cast.outsider).get(board(visit_of_beichen(cast, visibility="invited"))).status_code == 404
    assert client.get(board(program)).status_code == 302


# Items -----------------------------------------------------------------------------------------------------------------


def test_the_form_comes_prefilled_from_the_board(cast: Cast, sign_in: Any) -> None:
    page = text_of(sign_in(cast.organiser), f"/desk/programs/{visit_of_beichen(cast).pk}/itinerary/new/?day=2026-12-16&start=14:00&end=15:00")
    assert 'value="2026-12-16"' in page and 'value="14:00"' in page and 'value="15:00"' in page


def test_the_form_takes_nonsense_as_not_given(cast: Cast, sign_in: Any) -> None:
    text_of(sign_in(cast.organiser), f"/desk/programs/{visit_of_beichen(cast).pk}/itinerary/new/?day=x&start=99:99&end=%FF")


def test_organiser_adds_an_item(cast: Cast, sign_in: Any) -> None:
    program = visit_of_beichen(cast)
    group, venue = make_group(program), make_venue(cast)
    answer = sign_in(cast.organiser).post(f"/desk/programs/{program.pk}/itinerary/new/", form(groups=[group.pk], venue=venue.pk, leader_notes="带名册"))
    assert (answer.status_code, answer["Location"]) == (302, board(program, "?day=2026-12-14"))
    item = ItineraryItem.objects.get()
    assert (item.starts_at, item.ends_at, item.venue, list(item.groups.all()), item.leader_notes) == (
        NINE,
        at("2026-12-14 10:30"),
        venue,
        [group],
        "带名册",
    )


@pytest.mark.parametrize(
    ("fields", "ends"),
    [({"starts": "22:00", "ends": "00:00"}, "2026-12-15 00:00"), ({"starts": "22:00", "ends": "07:00", "ends_on": "2026-12-15"}, "2026-12-15 07:00")],
)
def test_items_may_go_on_past_midnight(cast: Cast, sign_in: Any, fields: dict[str, Any], ends: str) -> None:
    program = visit_of_beichen(cast)
    sign_in(cast.organiser).post(f"/desk/programs/{program.pk}/itinerary/new/", form(**fields))
    item = ItineraryItem.objects.get()
    assert (item.starts_at, item.ends_at) == (at("2026-12-14 22:00"), at(ends))
    page = text_of(sign_in(cast.organiser), board(program))
    assert ("board-nightlabel" in page) == (fields["ends"] != "00:00")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"ends": "09:00"}, "ends"),
        ({"ends_on": "2026-12-13"}, "ends_on"),
        ({"ends_on": "2028-12-14"}, "ends_on"),
        ({"day": "0001-01-01"}, "day"),
        ({"day": "9999-12-31"}, "day"),
        ({"starts": "25:00"}, "starts"),
        ({"title_zh": ""}, "title_zh"),
        ({"title_zh": "甲\x07乙"}, "title_zh"),
        ({"credit_hours": "-1"}, "credit_hours"),
        ({"credit_hours": "1e400"}, "credit_hours"),
        ({"venue": "99999999999999999999999"}, "venue"),
        ({"groups": ["x"]}, "groups"),
        ({"meeting_url": "javascript:alert(1)"}, "meeting_url"),
        ({"item_type": "party"}, "item_type"),
    ],
)
def test_bad_values_come_back_beside_their_field(cast: Cast, sign_in: Any, fields: dict[str, Any], name: str) -> None:
    answer = sign_in(cast.organiser).post(f"/desk/programs/{visit_of_beichen(cast).pk}/itinerary/new/", form(**fields))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [name]
    assert not ItineraryItem.objects.exists()


def test_a_foreign_group_or_unseen_venue_is_no_choice(cast: Cast, sign_in: Any) -> None:
    foreign = make_group(make_program(cast))
    venue = Venue.objects.create(owner=cast.outside, name_zh="别人的礼堂")
    answer = sign_in(cast.organiser).post(f"/desk/programs/{visit_of_beichen(cast).pk}/itinerary/new/", form(groups=[foreign.pk], venue=venue.pk))
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"groups", "venue"})
    assert "别人的礼堂" not in answer.content.decode()


def test_organiser_moves_an_item_and_a_rule_can_refuse(cast: Cast, sign_in: Any) -> None:
    item = make_item(visit_of_beichen(cast), NINE)
    client = sign_in(cast.organiser)
    assert 'value="09:00"' in text_of(client, f"/desk/itinerary-items/{item.pk}/edit/")
    client.post(f"/desk/itinerary-items/{item.pk}/edit/", form(starts="09:30"))
    item.refresh_from_db()
    assert (item.starts_at, item.previous_starts_at, item.sequence, item.title_zh) == (at("2026-12-14 09:30"), NINE, 1, "专题讲座")
    Program.objects.filter(pk=item.program_id).update(status="completed")
    answer = client.post(f"/desk/itinerary-items/{item.pk}/edit/", form(starts="10:00"))
    assert (answer.status_code, "活动已结束或已取消" in answer.content.decode()) == (422, True)


def test_cancel_asks_and_restore_is_the_undo(cast: Cast, sign_in: Any) -> None:
    item = make_item(visit_of_beichen(cast), NINE)
    client = sign_in(cast.organiser)
    assert "取消这项日程" in text_of(client, f"/desk/itinerary-items/{item.pk}/cancel/")
    answer = client.post(f"/desk/itinerary-items/{item.pk}/cancel/", {"reason": "台风"}, follow=True)
    item.refresh_from_db()
    page = answer.content.decode()
    assert (item.status, item.status_reason) == ("cancelled", "台风")
    assert f'action="/desk/itinerary-items/{item.pk}/restore/"' in page and "block-off" in page
    client.post(f"/desk/itinerary-items/{item.pk}/restore/")
    item.refresh_from_db()
    assert (item.status, item.sequence) == ("confirmed", 2)


def test_delete_works_in_a_draft_only(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    published = make_item(visit_of_beichen(cast), NINE)
    answer = client.post(f"/desk/itinerary-items/{published.pk}/delete/")
    assert (answer.status_code, ItineraryItem.objects.count()) == (422, 1)
    draft = make_item(make_program(cast, status="draft"), NINE)
    assert "删除这项日程" in text_of(client, f"/desk/itinerary-items/{draft.pk}/delete/")
    assert client.post(f"/desk/itinerary-items/{draft.pk}/delete/").status_code == 302
    assert list(ItineraryItem.objects.all()) == [published]


def test_notes_for_leaders_are_shown_inside_only(cast: Cast, sign_in: Any) -> None:
    item = make_item(visit_of_beichen(cast), NINE, leader_notes="canary")
    assert "canary" in text_of(sign_in(cast.coordinator_a), f"/desk/itinerary-items/{item.pk}/")
    assert "canary" not in text_of(sign_in(cast.outsider), f"/desk/itinerary-items/{item.pk}/")


@pytest.mark.parametrize("step", ["edit", "cancel", "restore", "delete"])
def test_readers_are_403_and_outsiders_404(cast: Cast, sign_in: Any, step: str) -> None:
    item = make_item(visit_of_beichen(cast, visibility="invited"), NINE)
    address = f"/desk/itinerary-items/{item.pk}/{step}/"
    for user, status in ((cast.district_beichen, 403), (cast.viewer, 403), (cast.coordinator_a, 403), (cast.outsider, 404)):
        assert sign_in(user).post(address, form(reason="x")).status_code == status
    assert sign_in(cast.district_beichen).post(f"/desk/programs/{item.program_id}/itinerary/new/", form()).status_code == 403
    assert sign_in(cast.outsider).post(f"/desk/programs/{item.program_id}/itinerary/new/", form()).status_code == 404
    assert list(ItineraryItem.objects.values_list("title_zh", "status")) == [("校园管理观摩", "confirmed")]


# Venues and groups -----------------------------------------------------------------------------------------------------


def test_officer_keeps_venues(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    assert "还没有场馆" in text_of(client, "/desk/venues/")
    fields = {"name_zh": "云帆中学", "owner": cast.tianjin.pk, "division": "320200", "latitude": "31.49", "longitude": "120.31", "capacity": "300"}
    assert client.post("/desk/venues/new/", fields | {"longitude": ""}).status_code == 422
    assert client.post("/desk/venues/new/", fields).status_code == 302
    venue = Venue.objects.get()
    assert client.post(f"/desk/venues/{venue.pk}/edit/", fields | {"capacity": "500"}).status_code == 302
    venue.refresh_from_db()
    assert venue.capacity == 500
    assert "云帆中学" in text_of(client, "/desk/venues/?q=云帆") and "没有找到" in text_of(client, "/desk/venues/?q=没有的")
    assert client.post(f"/desk/venues/{venue.pk}/delete/").status_code == 302
    assert not Venue.objects.exists()


def test_venues_of_others_are_seen_or_not_but_not_changed(cast: Cast, sign_in: Any) -> None:
    venue = make_venue(cast, contact_phone="0510-canary")
    make_item(visit_of_beichen(cast), NINE, venue=venue)
    assert "canary" in text_of(sign_in(cast.district_beichen), "/desk/venues/")
    page = text_of(sign_in(cast.outsider), "/desk/venues/")
    assert (venue.name_zh in page, "canary" in page, "/edit/" in page) == (True, False, False)
    assert sign_in(cast.outsider).get(f"/desk/venues/{venue.pk}/edit/").status_code == 403
    assert sign_in(cast.outsider).post(f"/desk/venues/{venue.pk}/delete/").status_code == 403
    hidden = Venue.objects.create(owner=cast.outside, name_zh="别处")
    assert sign_in(cast.organiser).get(f"/desk/venues/{hidden.pk}/edit/").status_code == 404
    answer = sign_in(cast.outsider).post("/desk/venues/new/", {"name_zh": "假的", "owner": cast.tianjin.pk})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["owner"])


def test_a_venue_in_use_says_why_it_stays(cast: Cast, sign_in: Any) -> None:
    venue = make_venue(cast)
    make_item(visit_of_beichen(cast), NINE, venue=venue)
    answer = sign_in(cast.organiser).post(f"/desk/venues/{venue.pk}/delete/")
    assert (answer.status_code, "还有日程用到它" in answer.content.decode()) == (422, True)


def test_organiser_keeps_groups(cast: Cast, sign_in: Any) -> None:
    program = visit_of_beichen(cast)
    client = sign_in(cast.organiser)
    address = f"/desk/programs/{program.pk}/groups/"
    assert 'value="第1组"' in text_of(client, address)
    assert client.post(address, {"number": 1, "name": "第1组", "coach": "2号车"}).status_code == 302
    taken = client.post(address, {"number": 1, "name": "又一组"})
    assert (taken.status_code, list(taken.context["form"].errors)) == (422, ["number"])
    group = Group.objects.get()
    client.post(f"/desk/groups/{group.pk}/edit/", {"number": 1, "name": "甲组", "coach": "1号车"})
    group.refresh_from_db()
    assert (group.name, group.coach) == ("甲组", "1号车")
    assert client.post(f"/desk/groups/{group.pk}/delete/").status_code == 302
    assert not Group.objects.exists()


def test_groups_of_others_are_403_or_404(cast: Cast, sign_in: Any) -> None:
    program = visit_of_beichen(cast, visibility="invited")
    group = make_group(program)
    for user, status in ((cast.district_beichen, 403), (cast.outsider, 404)):
        client = sign_in(user)
        addresses = [f"/desk/programs/{program.pk}/groups/", f"/desk/groups/{group.pk}/edit/", f"/desk/groups/{group.pk}/delete/"]
        assert [client.post(address, {"number": 9, "name": "改"}).status_code for address in addresses] == [status] * 3
    assert Group.objects.get().name == "第1组"


def test_lists_need_the_same_queries_for_one_and_three(cast: Cast, sign_in: Any) -> None:
    program = visit_of_beichen(cast)

    def add() -> None:
        number = program.groups.count() + 1
        make_item(program, NINE + timedelta(hours=2 * number), groups=[make_group(program, number)], venue=make_venue(cast, f"场馆{number}"))

    add()
    client = sign_in(cast.organiser)

    def visit() -> None:
        for address in (board(program), "/desk/venues/", f"/desk/programs/{program.pk}/groups/"):
            assert client.get(address).status_code == 200

    same_queries(visit, lambda: (add(), add()))


def test_english_board(cast: Cast, sign_in: Any) -> None:
    program = visit_of_beichen(cast)
    make_item(program, NINE, title_en="Campus tour")
    page = text_of(sign_in(cast.organiser), board(program, "?lang=en"))
    assert "Itinerary of 5 days" in page and "Campus tour" in page and "Add an item" in page
