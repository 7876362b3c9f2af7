"""/api/v1/attendance/: who reads, who records, and what bad input gets."""

from typing import Any

import pytest

from participants.attendance.models import AttendanceRecord
from tests.cast import same_queries
from tests.participants.attendance.factories import certify, confirmed, credited, mark, running_program

pytestmark = pytest.mark.django_db
URL = "/api/v1/attendance/"


def test_post_creates_then_corrects(cast: Any, api: Any) -> None:
    program = running_program(cast)
    person, item = confirmed(cast, program), credited(program)
    client = api(cast.organiser)
    first = client.post(URL, {"registration": person.pk, "item": item.pk, "state": "present"}, format="json")
    assert first.status_code == 201
    assert {key: first.data[key] for key in ("registration", "person_name", "program", "item", "state", "reason")} == {
        "registration": person.pk,
        "person_name": "陈望舟",
        "program": program.pk,
        "item": item.pk,
        "state": "present",
        "reason": "",
    }
    second = client.post(URL, {"registration": person.pk, "item": item.pk, "state": "leave", "reason": "家中有事"}, format="json")
    assert (second.status_code, second.data["id"], second.data["state"], second.data["reason"]) == (200, first.data["id"], "leave", "家中有事")


def test_a_refusal_is_409_with_its_code(cast: Any, api: Any) -> None:
    program = running_program(cast)
    person, item = confirmed(cast, program, status="endorsed"), credited(program)
    answer = api(cast.organiser).post(URL, {"registration": person.pk, "item": item.pk, "state": "present"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_confirmed")
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("who", "status"), [("coordinator_a", 403), ("district_beichen", 403), ("viewer", 403), ("outsider", 400), ("organiser_other", 400)])
def test_only_the_organisers_officers_record(cast: Any, api: Any, who: str, status: int) -> None:
    program = running_program(cast, visibility="invited")
    person, item = confirmed(cast, program), credited(program)
    client = api(getattr(cast, who))
    assert client.post(URL, {"registration": person.pk, "item": item.pk, "state": "present"}, format="json").status_code == status
    assert client.post(f"{URL}roll-call/", {"item": item.pk, "present": [person.pk]}, format="json").status_code == status
    assert not AttendanceRecord.objects.exists()


def test_senders_read_their_own_and_the_outsider_nothing(cast: Any, api: Any) -> None:
    program = running_program(cast)
    item = credited(program)
    own, other = mark(confirmed(cast, program), item), mark(confirmed(cast, program, "王䶮", school=cast.school_b), item)
    seen = {
        name: [row["id"] for row in api(getattr(cast, name)).get(URL).data["results"]] for name in ("coordinator_a", "district_beichen", "viewer", "outsider")
    }
    assert seen == {"coordinator_a": [own.pk], "district_beichen": [own.pk, other.pk], "viewer": [own.pk, other.pk], "outsider": []}
    assert api(cast.coordinator_b).get(f"{URL}{own.pk}/").status_code == 404
    assert api(None).get(URL).status_code in (401, 403)


def test_delete_takes_back(cast: Any, api: Any) -> None:
    program = running_program(cast)
    record = mark(confirmed(cast, program), credited(program))
    assert api(cast.outsider).delete(f"{URL}{record.pk}/").status_code == 404
    assert api(cast.district_beichen).delete(f"{URL}{record.pk}/").status_code == 403
    certificate = certify(cast, record.registration)
    assert api(cast.organiser).delete(f"{URL}{record.pk}/").json()["code"] == "certificate_issued"
    certificate.delete()
    assert api(cast.organiser).delete(f"{URL}{record.pk}/").status_code == 204
    assert not AttendanceRecord.objects.exists()


def test_filters_narrow(cast: Any, api: Any) -> None:
    program, second = running_program(cast), running_program(cast)
    first, later = credited(program), credited(program, 1)
    person = confirmed(cast, program)
    rows = [mark(person, first), mark(person, later, "absent"), mark(confirmed(cast, second, "王䶮"), credited(second))]

    def ids(query: str) -> list[int]:
        return [row["id"] for row in api(cast.organiser).get(f"{URL}?{query}").data["results"]]

    assert ids(f"program={program.pk}") == [rows[0].pk, rows[1].pk]
    assert ids(f"item={later.pk}") == [rows[1].pk]
    assert ids("state=absent") == [rows[1].pk]
    assert ids(f"registration={rows[2].registration_id}") == [rows[2].pk]
    assert ids("search=wangyan") == [rows[2].pk]


@pytest.mark.parametrize(
    "query", ["item=x", "item=0", "item=1.5", "item=99999999999999999999", "state=gone", "ordering=registration__person__phone", "item=%00"]
)
def test_bad_filters_are_400(cast: Any, api: Any, query: str) -> None:
    assert api(cast.organiser).get(f"{URL}?{query}").status_code == 400


def test_roll_call_records_many(cast: Any, api: Any) -> None:
    program = running_program(cast)
    people, item = [confirmed(cast, program, name) for name in "甲乙丙丁"], credited(program)
    body = {"item": item.pk, "present": [people[0].pk], "late": [people[1].pk], "absent": [people[2].pk], "leave": [people[3].pk]}
    answer = api(cast.organiser).post(f"{URL}roll-call/", body, format="json")
    assert (answer.status_code, answer.data) == (200, {"item": item.pk, "changed": 4})
    assert list(AttendanceRecord.objects.order_by("registration_id").values_list("state", flat=True)) == ["present", "late", "absent", "leave"]


def test_roll_call_refuses_whole(cast: Any, api: Any) -> None:
    program, elsewhere = running_program(cast), running_program(cast)
    person, item, stranger = confirmed(cast, program), credited(program), confirmed(cast, elsewhere, "王䶮")
    answer = api(cast.organiser).post(f"{URL}roll-call/", {"item": item.pk, "present": [person.pk, stranger.pk]}, format="json")
    assert (answer.status_code, answer.json()["code"], answer.json()["params"]) == (409, "foreign_item", {"registrations": [stranger.pk]})
    assert not AttendanceRecord.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"item": None},
        {"item": 10**30},
        {"item": 999999},
        {"present": []},
        {"present": "all"},
        {"present": [0]},
        {"present": [999999]},
        {"present": [{}]},
        {"absent": [10**25]},
        {"present": list(range(1, 2100))},
    ],
)
def test_bad_roll_call_is_400(cast: Any, api: Any, change: dict[str, Any]) -> None:
    program = running_program(cast)
    person, item = confirmed(cast, program), credited(program)
    answer = api(cast.organiser).post(f"{URL}roll-call/", {"item": item.pk, "present": [person.pk]} | change, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not AttendanceRecord.objects.exists()


def test_a_registration_in_two_lists_is_400(cast: Any, api: Any) -> None:
    program = running_program(cast)
    person, item = confirmed(cast, program), credited(program)
    answer = api(cast.organiser).post(f"{URL}roll-call/", {"item": item.pk, "present": [person.pk], "late": [person.pk]}, format="json")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "change", [{"state": "gone"}, {"state": None}, {"registration": "x"}, {"item": -1}, {"reason": "x" * 201}, {"reason": "a\x07b"}, {"reason": "a\x00"}]
)
def test_bad_input_is_400(cast: Any, api: Any, change: dict[str, Any]) -> None:
    program = running_program(cast)
    body = {"registration": confirmed(cast, program).pk, "item": credited(program).pk, "state": "late"} | change
    assert api(cast.organiser).post(URL, body, format="json").status_code == 400
    assert not AttendanceRecord.objects.exists()


def test_the_list_needs_the_same_queries_for_one_and_three(cast: Any, api: Any) -> None:
    program = running_program(cast)
    item = credited(program)
    mark(confirmed(cast, program), item)
    client = api(cast.organiser)
    same_queries(lambda: client.get(URL), lambda: [mark(confirmed(cast, program, name), item) for name in "甲乙"])
