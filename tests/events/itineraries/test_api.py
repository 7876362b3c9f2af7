"""Venues, groups and itinerary items over the API."""

from datetime import timedelta
from typing import Any

import pytest

from events.itineraries.models import Group, ItineraryItem, Venue
from events.programs.models import Program
from tests.cast import Cast, at, make_delegation, make_group, make_item, make_program, make_venue, same_queries

ITEMS, VENUES, GROUPS = "/api/v1/itinerary-items/", "/api/v1/venues/", "/api/v1/groups/"
NINE = at("2026-12-14 09:00")


def body(program: Program, **fields: Any) -> dict[str, Any]:
    return {"program": program.pk, "title_zh": "专题讲座", "starts_at": "2026-12-14T09:00:00+08:00", "ends_at": "2026-12-14T10:30:00+08:00"} | fields


def visit_of_beichen(cast: Cast, **fields: Any) -> Program:
    program = make_program(cast, **fields)
    make_delegation(cast, program, cast.beichen)
    return program


def test_organiser_creates_an_item(cast: Cast, api: Any) -> None:
    program = make_program(cast)
    group, venue = make_group(program), make_venue(cast)
    answer = api(cast.organiser).post(
        ITEMS, body(program, groups=[group.pk], venue=venue.pk, host_organisation=cast.host.pk, item_type="lecture", credit_hours="2.0", leader_notes="带名册")
    )
    assert answer.status_code == 201, answer.json()
    item = ItineraryItem.objects.get(pk=answer.json()["id"])
    assert answer.json() == {
        "id": item.pk,
        "program": program.pk,
        "item_type": "lecture",
        "title_zh": "专题讲座",
        "title_en": "",
        "starts_at": "2026-12-14T09:00:00+08:00",
        "ends_at": "2026-12-14T10:30:00+08:00",
        "venue": venue.pk,
        "location": "",
        "host_organisation": cast.host.pk,
        "groups": [group.pk],
        "responsible": "",
        "description": "",
        "leader_notes": "带名册",
        "credit_hours": "2.0",
        "capacity": None,
        "meeting_url": "",
        "travel_from": "",
        "travel_to": "",
        "carrier": "",
        "travel_number": "",
        "is_public": True,
        "uid": item.uid,
        "sequence": 0,
        "status": "confirmed",
        "status_reason": "",
        "previous_starts_at": None,
        "changed_at": answer.json()["changed_at"],
    }
    assert (item.starts_at, list(item.groups.all())) == (NINE, [group])


def test_organiser_moves_cancels_and_restores(cast: Cast, api: Any) -> None:
    item = make_item(make_program(cast), NINE)
    client = api(cast.organiser)
    moved = client.patch(f"{ITEMS}{item.pk}/", {"starts_at": "2026-12-14T09:30:00+08:00"}).json()
    assert (moved["sequence"], moved["previous_starts_at"]) == (1, "2026-12-14T09:00:00+08:00")
    cancelled = client.post(f"{ITEMS}{item.pk}/cancel/", {"reason": "台风"})
    assert (cancelled.status_code, cancelled.json()["status"], cancelled.json()["status_reason"], cancelled.json()["sequence"]) == (200, "cancelled", "台风", 2)
    again = client.post(f"{ITEMS}{item.pk}/cancel/", {})
    assert (again.status_code, again.json()["code"]) == (409, "wrong_status")
    restored = client.post(f"{ITEMS}{item.pk}/restore/").json()
    assert (restored["status"], restored["sequence"]) == ("confirmed", 3)


def test_a_drafts_item_is_deleted_and_a_published_one_refused(cast: Cast, api: Any) -> None:
    draft, published = make_item(make_program(cast, status="draft"), NINE), make_item(make_program(cast), NINE)
    client = api(cast.organiser)
    assert client.delete(f"{ITEMS}{draft.pk}/").status_code == 204
    refused = client.delete(f"{ITEMS}{published.pk}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "cancel_instead")
    assert list(ItineraryItem.objects.all()) == [published]


def test_filters_search_and_order(cast: Cast, api: Any) -> None:
    program, other = visit_of_beichen(cast), make_program(cast)
    first, second = make_group(program, 1), make_group(program, 2)
    venue = make_venue(cast)
    everyone = make_item(program, NINE, title="开幕", item_type="ceremony", venue=venue)
    of_first = make_item(program, NINE + timedelta(days=1), title="观摩", groups=[first])
    of_second = make_item(program, at("2026-12-15 23:30"), 20, "夜谈", groups=[second], status="cancelled")
    elsewhere = make_item(other, NINE, title="别处")

    def ids(query: str) -> list[int]:
        answer = api(cast.district_beichen).get(f"{ITEMS}?{query}")
        assert answer.status_code == 200, answer.json()
        return [row["id"] for row in answer.json()["results"]]

    assert set(ids("")) == {everyone.pk, of_first.pk, of_second.pk, elsewhere.pk}
    assert ids(f"program={program.pk}") == [everyone.pk, of_first.pk, of_second.pk]
    assert ids(f"group={first.pk}") == [everyone.pk, of_first.pk]
    assert ids("day=2026-12-15") == [of_first.pk, of_second.pk]
    assert ids("item_type=ceremony") == [everyone.pk]
    assert ids("status=cancelled") == [of_second.pk]
    assert ids(f"venue={venue.pk}") == [everyone.pk]
    assert ids("search=夜谈") == [of_second.pk]
    assert ids(f"program={program.pk}&ordering=-starts_at") == [of_second.pk, of_first.pk, everyone.pk]


@pytest.mark.parametrize(
    "query", ["day=0001-01-01", "day=9999-12-31", "day=x", "program=99999999", "program=x", "group=0", "item_type=party", "status=%F0", "ordering=leader_notes"]
)
def test_bad_filters_are_400(cast: Cast, api: Any, query: str) -> None:
    make_item(make_program(cast), NINE)
    answer = api(cast.organiser).get(f"{ITEMS}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


BAD: list[tuple[dict[str, Any], str]] = [
    ({"starts_at": "0001-01-01T00:00:00Z"}, "starts_at"),
    ({"ends_at": "9999-12-31T23:59:59Z"}, "ends_at"),
    ({"starts_at": "morgen"}, "starts_at"),
    ({"title_zh": ""}, "title_zh"),
    ({"title_zh": "x" * 121}, "title_zh"),
    ({"title_zh": "a\x00b"}, "title_zh"),
    ({"title_zh": "a\x07b"}, "title_zh"),
    ({"title_zh": ["a"]}, "title_zh"),
    ({"credit_hours": "1e999"}, "credit_hours"),
    ({"credit_hours": "-1"}, "credit_hours"),
    ({"credit_hours": "NaN"}, "credit_hours"),
    ({"item_type": "party"}, "item_type"),
    ({"venue": 10**30}, "venue"),
    ({"venue": {"id": 1}}, "venue"),
    ({"venue": "x\x00"}, "venue"),
    ({"groups": [True]}, "groups"),
    ({"groups": "1"}, "groups"),
    ({"program": None}, "program"),
    ({"meeting_url": "javascript:alert(1)"}, "meeting_url"),
    ({"is_public": "perhaps"}, "is_public"),
]


@pytest.mark.parametrize(("fields", "name"), BAD)
def test_bad_values_are_400_on_their_field(cast: Cast, api: Any, fields: dict[str, Any], name: str) -> None:
    answer = api(cast.organiser).post(ITEMS, body(make_program(cast)) | fields)
    assert answer.status_code == 400
    assert {row["field"].split(".")[0] for row in answer.json()["errors"]} == {name}
    assert not ItineraryItem.objects.exists()


def test_refusals_of_rules_are_409(cast: Cast, api: Any) -> None:
    program, other = make_program(cast), make_program(cast)
    client = api(cast.organiser)
    reversed_times = client.post(ITEMS, body(program, ends_at="2026-12-14T08:00:00+08:00"))
    assert (reversed_times.status_code, reversed_times.json()["code"], reversed_times.json()["field"]) == (409, "times_reversed", "ends_at")
    foreign = client.post(ITEMS, body(program, groups=[make_group(other).pk]))
    assert (foreign.status_code, foreign.json()["code"]) == (409, "foreign_group")
    over = client.post(ITEMS, body(make_program(cast, status="completed")))
    assert (over.status_code, over.json()["code"]) == (409, "program_closed")


def test_an_item_stays_with_its_program(cast: Cast, api: Any) -> None:
    item = make_item(make_program(cast), NINE)
    answer = api(cast.organiser).patch(f"{ITEMS}{item.pk}/", {"program": make_program(cast).pk})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "fixed")


# Who sees and may ------------------------------------------------------------------------------------------------------


def test_notes_for_leaders_stay_inside(cast: Cast, api: Any) -> None:
    program = visit_of_beichen(cast)
    item = make_item(program, NINE, leader_notes="canary-notes")
    seen = {name: api(user).get(f"{ITEMS}{item.pk}/").json().get("leader_notes") for name, user in cast.users().items()}
    inside = {"admin", "organiser", "viewer", "district_beichen", "coordinator_a", "coordinator_b"}
    assert {name for name, notes in seen.items() if notes == "canary-notes"} == inside
    assert "leader_notes" not in api().get(f"{ITEMS}{item.pk}/").json()
    assert "canary" not in api().get(ITEMS).content.decode()


def test_hidden_items_are_404_outside(cast: Cast, api: Any) -> None:
    hidden = make_item(visit_of_beichen(cast), NINE, title="canary-hidden", is_public=False)
    invited = make_item(visit_of_beichen(cast, visibility="invited"), NINE, title="canary-invited")
    draft = make_item(make_program(cast, status="draft"), NINE, title="canary-draft")
    for user in (None, cast.outsider, cast.district_daxing, cast.organiser_other):
        assert [api(user).get(f"{ITEMS}{item.pk}/").status_code for item in (hidden, invited, draft)] == [404, 404, 404]
        assert "canary" not in api(user).get(ITEMS).content.decode()
    assert [api(cast.coordinator_a).get(f"{ITEMS}{item.pk}/").status_code for item in (hidden, invited, draft)] == [200, 200, 404]


def test_only_the_organiser_changes(cast: Cast, api: Any) -> None:
    program = visit_of_beichen(cast)
    item, group = make_item(program, NINE), make_group(program)
    for user in (cast.district_beichen, cast.coordinator_a, cast.viewer, cast.outsider):
        client = api(user)
        statuses = [
            client.post(ITEMS, body(program)).status_code,
            client.patch(f"{ITEMS}{item.pk}/", {"title_zh": "改"}).status_code,
            client.post(f"{ITEMS}{item.pk}/cancel/", {}).status_code,
            client.post(f"{ITEMS}{item.pk}/restore/", {}).status_code,
            client.delete(f"{ITEMS}{item.pk}/").status_code,
            client.patch(f"{GROUPS}{group.pk}/", {"coach": "9号车"}).status_code,
            client.delete(f"{GROUPS}{group.pk}/").status_code,
            client.post(GROUPS, {"program": program.pk, "number": 7, "name": "第7组"}).status_code,
        ]
        assert statuses == [403] * 8
    assert api().post(ITEMS, body(program)).status_code in (401, 403)
    item.refresh_from_db()
    assert (item.title_zh, item.status, Group.objects.get().coach, ItineraryItem.objects.count()) == ("校园管理观摩", "confirmed", "2号车", 1)


def test_a_foreign_program_in_the_body_is_as_good_as_none(cast: Cast, api: Any) -> None:
    hidden = make_program(cast, status="draft")
    answer = api(cast.outsider).post(ITEMS, body(hidden))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "does_not_exist")


# Venues and groups -----------------------------------------------------------------------------------------------------


def test_officer_keeps_venues(cast: Cast, api: Any) -> None:
    client = api(cast.organiser)
    made = client.post(VENUES, {"owner": cast.tianjin.pk, "name_zh": "云帆中学", "division": "320200", "latitude": "31.491200", "longitude": "120.311900"})
    assert made.status_code == 201, made.json()
    changed = client.patch(f"{VENUES}{made.json()['id']}/", {"capacity": 300, "contact_phone": "0510-1"})
    assert (changed.status_code, changed.json()["capacity"], changed.json()["contact_phone"]) == (200, 300, "0510-1")
    assert client.delete(f"{VENUES}{made.json()['id']}/").status_code == 204
    assert not Venue.objects.exists()


def test_a_venue_for_a_foreign_office_is_403(cast: Cast, api: Any) -> None:
    venue = make_venue(cast)
    assert api(cast.outsider).post(VENUES, {"owner": cast.tianjin.pk, "name_zh": "别人的"}).status_code == 403
    assert api(cast.organiser).patch(f"{VENUES}{venue.pk}/", {"owner": cast.hebei.pk}).status_code == 403
    assert api(cast.outsider).get(f"{VENUES}{venue.pk}/").status_code == 404
    assert api(cast.coordinator_a).get(f"{VENUES}{venue.pk}/").status_code == 200  # kept by the commission above


def test_a_venues_contact_stays_inside(cast: Cast, api: Any) -> None:
    venue = make_venue(cast, contact_name="canary", contact_phone="0510-canary")
    make_item(visit_of_beichen(cast), NINE, venue=venue)
    assert "canary" not in api(cast.outsider).get(f"{VENUES}{venue.pk}/").content.decode()
    assert api(cast.district_beichen).get(f"{VENUES}{venue.pk}/").json()["contact_phone"] == "0510-canary"


def test_a_venue_of_hidden_items_is_not_shown(cast: Cast, api: Any) -> None:
    venue = make_venue(cast)
    make_item(visit_of_beichen(cast), NINE, venue=venue, is_public=False)
    assert api(cast.outsider).get(VENUES).json()["results"] == []


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"latitude": "91"}, "latitude"), ({"capacity": -1}, "capacity"), ({"capacity": 10**30}, "capacity"), ({"division": "9\x00"}, "division")],
)
def test_bad_venues_are_400(cast: Cast, api: Any, fields: dict[str, Any], name: str) -> None:
    answer = api(cast.organiser).post(VENUES, {"owner": cast.tianjin.pk, "name_zh": "云帆中学"} | fields)
    assert (answer.status_code, [row["field"] for row in answer.json()["errors"]]) == (400, [name])


def test_organiser_keeps_groups(cast: Cast, api: Any) -> None:
    program = make_program(cast)
    client = api(cast.organiser)
    made = client.post(GROUPS, {"program": program.pk, "number": 1, "name": "第1组", "coach": "1号车"})
    assert made.status_code == 201, made.json()
    assert made.json() == {"id": made.json()["id"], "program": program.pk, "number": 1, "name": "第1组", "coach": "1号车"}
    taken = client.post(GROUPS, {"program": program.pk, "number": 1, "name": "又一组"})
    assert (taken.status_code, taken.json()["code"]) == (409, "number_taken")
    make_item(program, NINE, groups=[Group.objects.get()])
    used = client.delete(f"{GROUPS}{made.json()['id']}/")
    assert (used.status_code, used.json()["code"]) == (409, "in_use")
    assert api(cast.outsider).get(f"{GROUPS}?program={make_program(cast, status='draft').pk}").status_code == 400
    assert api().get(GROUPS).status_code in (401, 403)


@pytest.mark.parametrize("address", [ITEMS, VENUES, GROUPS])
def test_lists_need_the_same_queries_for_one_and_three(cast: Cast, api: Any, address: str) -> None:
    program = visit_of_beichen(cast)

    def add() -> None:
        number = program.groups.count() + 1
        make_item(program, NINE, groups=[make_group(program, number)], venue=make_venue(cast, f"场馆{number}"), host_organisation=cast.host)

    add()
    client = api(cast.district_beichen)
    same_queries(lambda: client.get(address), lambda: (add(), add()))
    assert client.get(address).json()["count"] == 3
