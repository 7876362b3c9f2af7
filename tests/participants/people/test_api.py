"""People over the API: numbers go in whole and come out masked; links for those who look after the person."""

from datetime import date
from typing import Any

import pytest

from exchange.audit import AuditEvent
from exchange.encryption import token_hash
from participants.people.models import Person
from participants.people.rules import link_url
from tests.cast import Cast, fictional_id, make_delegation, make_person, make_program, make_registration, same_queries

API = "/api/v1/people/"
NUMBER = fictional_id(date(1980, 5, 6), 901)


def body(cast: Cast, **fields: Any) -> dict[str, Any]:
    return {"organisation": cast.school_a.pk, "name": "王䶮", "national_id": NUMBER, "phone": "154 0000-0001"} | fields


def test_person_is_made_and_completed_from_the_number(cast: Cast, api: Any) -> None:
    answer = api(cast.coordinator_a).post(API, body(cast))
    assert answer.status_code == 201
    row = answer.json()
    shown = {name: row[name] for name in ("name", "pinyin", "birth_on", "gender", "masked_id", "masked_phone")}
    assert shown == {
        "name": "王䶮",
        "pinyin": "wangyan",
        "birth_on": "1980-05-06",
        "gender": "male",
        "masked_id": f"120{'*' * 11}{NUMBER[-4:]}",
        "masked_phone": "154****0001",
    }
    assert {"national_id", "phone", "emergency_phone"} & set(row) == set()
    assert Person.objects.get().national_id == NUMBER


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"national_id": NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")}, "national_id", "id_checksum"),
        ({"national_id": "120113198013069014"}, "national_id", "id_birth_date"),
        ({"national_id": "12345"}, "national_id", "id_length"),
        ({"birth_on": "1990-01-01"}, "birth_on", "birth_mismatch"),
        ({"birth_on": "0001-01-01"}, "birth_on", "year_out_of_range"),
        ({"phone": "12345"}, "phone", "phone_invalid"),
        ({"name": "王\x00䶮"}, "name", "null_characters_not_allowed"),
        ({"name": "王\x07䶮"}, "name", "control_characters"),
        ({"name": "12"}, "name", "name_not_a_name"),
        ({"name": ""}, "name", "blank"),
        ({"gender": "x"}, "gender", "invalid_choice"),
    ],
)
def test_mistakes_are_named(cast: Cast, api: Any, fields: dict[str, str], field: str, code: str) -> None:
    answer = api(cast.coordinator_a).post(API, body(cast, **fields))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert (field, code) in [(error["field"], error["code"]) for error in answer.json()["errors"]]
    assert not Person.objects.exists()


def test_same_number_in_the_unit_is_refused(cast: Cast, api: Any) -> None:
    api(cast.coordinator_a).post(API, body(cast))
    again = api(cast.coordinator_a).post(API, body(cast, name="王龑"))
    assert (again.status_code, again.json()["code"]) == (409, "person_exists")


def test_unit_of_others_is_forbidden_or_unknown(cast: Cast, api: Any) -> None:
    assert api(cast.coordinator_a).post(API, body(cast, organisation=cast.school_b.pk)).status_code == 400
    assert api(cast.coordinator_a).post(API, body(cast, organisation=cast.beichen.pk)).status_code == 403
    assert api(cast.viewer).post(API, body(cast)).status_code == 403
    assert not Person.objects.exists()


@pytest.mark.parametrize("who", ["coordinator_b", "coordinator_c", "district_daxing", "outsider"])
def test_foreign_person_is_not_there(cast: Cast, api: Any, who: str) -> None:
    person = make_person(cast, cast.school_a, "金丝雀")
    client = api(getattr(cast, who))
    assert [client.get(f"{API}{person.pk}/").status_code, client.patch(f"{API}{person.pk}/", {"name": "x"}).status_code] == [404, 404]
    assert [client.post(f"{API}{person.pk}/{verb}/").status_code for verb in ("reveal", "reset-link")] == [404, 404]
    assert client.get(API, {"search": "金丝雀"}).json()["count"] == 0


def test_change_keeps_the_unit_and_audits_names_of_fields(cast: Cast, api: Any) -> None:
    person = make_person(cast, cast.school_a)
    client = api(cast.coordinator_a)
    assert client.patch(f"{API}{person.pk}/", {"phone": "15400000009", "subject": "物理"}).json()["masked_phone"] == "154****0009"
    event = AuditEvent.objects.get(action="person.change")
    assert sorted(event.changes) == ["phone", "subject"]
    assert "15400000009" not in str(event.changes)
    moved = client.patch(f"{API}{person.pk}/", {"organisation": cast.beichen.pk})
    assert (moved.status_code, moved.json()["errors"][0]["field"]) == (400, "organisation")


def test_reveal_is_recorded_and_for_sender_and_organiser_only(cast: Cast, api: Any) -> None:
    program = make_program(cast, organiser=cast.beijing)
    make_delegation(cast, program, cast.beichen)
    person = make_person(cast, cast.school_a)
    assert api(cast.organiser_other).post(f"{API}{person.pk}/reveal/").status_code == 404
    make_registration(cast, program, person)
    answer = api(cast.organiser_other).post(f"{API}{person.pk}/reveal/")
    assert answer.json() == {"emergency_phone": "", "national_id": person.national_id, "phone": person.phone}
    assert api(cast.viewer).post(f"{API}{person.pk}/reveal/").status_code == 403
    assert list(AuditEvent.objects.filter(action="person.reveal").values_list("actor_id", flat=True)) == [cast.organiser_other.pk]


def test_private_link_for_those_who_look_after_the_person(cast: Cast, api: Any) -> None:
    person = make_person(cast, cast.school_a)
    row = api(cast.coordinator_a).get(f"{API}{person.pk}/").json()
    assert (row["link"], row["feed"].endswith(".ics")) == (link_url(person), True)
    assert api(cast.viewer).get(f"{API}{person.pk}/").json()["link"] is None
    assert "link" not in api(cast.coordinator_a).get(API).json()["results"][0]


def test_new_link_makes_the_old_one_invalid(cast: Cast, api: Any) -> None:
    person = make_person(cast, cast.school_a)
    row = api(cast.coordinator_a).post(f"{API}{person.pk}/reset-link/").json()
    assert row["link"] != link_url(person)
    assert Person.objects.get().link_hash == token_hash(row["link"].rstrip("/").rsplit("/", 1)[-1])
    assert api(cast.viewer).post(f"{API}{person.pk}/reset-link/").status_code == 403


def test_search_by_name_pinyin_and_initials(cast: Cast, api: Any) -> None:
    person = make_person(cast, cast.school_a, "欧阳若川")
    make_person(cast, cast.school_b, "王䶮")
    for words in ("若川", "ouyang", "oyrc"):
        assert [row["id"] for row in api(cast.district_beichen).get(API, {"search": words}).json()["results"]] == [person.pk]
    assert [row["id"] for row in api(cast.district_beichen).get(API, {"organisation": cast.school_a.pk}).json()["results"]] == [person.pk]


def test_program_filter_counts_people_once(cast: Cast, api: Any) -> None:
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen)
    person = make_person(cast, cast.school_a)
    make_registration(cast, program, person, "withdrawn")
    make_registration(cast, program, person)
    make_person(cast, cast.school_a)
    assert [row["id"] for row in api(cast.coordinator_a).get(API, {"program": program.pk}).json()["results"]] == [person.pk]


def test_list_costs_the_same_for_one_and_three_rows(cast: Cast, api: Any) -> None:
    make_person(cast, cast.school_a)
    same_queries(lambda: api(cast.admin).get(API), lambda: [make_person(cast, school) for school in (cast.school_b, cast.school_c)])
