"""The API of delegations, allocations and registrations: who may do what, what comes back, what is refused."""

from typing import Any

import pytest
from django.utils import timezone

from exchange.audit import AuditEvent
from participants.rosters import rules
from participants.rosters.models import Allocation, Delegation, Registration
from tests.cast import Cast, make_delegation, make_group, make_person, make_program, make_registration, same_queries

API = "/api/v1"


@pytest.fixture
def program(cast: Cast) -> Any:
    """Organised by Beijing, so that Beichen's officer is a district only."""
    program = make_program(cast, organiser=cast.beijing)
    make_delegation(cast, program, cast.beichen, 3)
    make_delegation(cast, program, cast.daxing, 3)
    return program


def draft(cast: Cast, program: Any, school: Any = None, status: str = "draft", **fields: Any) -> Registration:
    return make_registration(cast, program, make_person(cast, school or cast.school_a), status, **fields)


# The quota tree ---------------------------------------------------------------------------------------------------------


def test_delegations_tell_live_figures(cast: Cast, program: Any, api: Any) -> None:
    for status in ("draft", "submitted", "endorsed", "confirmed"):
        draft(cast, program, status=status) if status != "confirmed" else draft(cast, program, cast.school_b, status)
    rules.submit(registration=draft(cast, program), by=cast.organiser_other, now=timezone.now(), waitlist=True)
    rows = api(cast.district_beichen).get(f"{API}/delegations/", {"program": program.pk, "organisation": cast.beichen.pk}).json()["results"]
    figures = {name: rows[0][name] for name in ("quota", "used", "left", "confirmed", "in_review", "submitted", "endorsed", "waiting", "drafts", "allocated")}
    assert figures == {
        "quota": 3,
        "used": 3,
        "left": 0,
        "confirmed": 1,
        "in_review": 2,
        "submitted": 1,
        "endorsed": 1,
        "waiting": 1,
        "drafts": 1,
        "allocated": 0,
    }


def test_organiser_gives_places_and_district_splits_them(cast: Cast, api: Any) -> None:
    program = make_program(cast, organiser=cast.beijing)
    answer = api(cast.organiser_other).post(f"{API}/delegations/", {"program": program.pk, "organisation": cast.beichen.pk, "quota": 8})
    assert answer.status_code == 201
    body = {"delegation": answer.json()["id"], "organisation": cast.school_a.pk, "quota": 5}
    given = api(cast.district_beichen).post(f"{API}/allocations/", body)
    assert (given.status_code, given.json()["left"]) == (201, 5)
    again = api(cast.district_beichen).post(f"{API}/allocations/", body)
    assert (again.status_code, again.json()["code"]) == (409, "allocation_exists")
    too_many = api(cast.district_beichen).patch(f"{API}/allocations/{given.json()['id']}/", {"quota": 9})
    assert (too_many.status_code, too_many.json()["code"], too_many.json()["params"]) == (409, "quota_exceeded", {"left": 8})
    low = api(cast.organiser_other).patch(f"{API}/delegations/{answer.json()['id']}/", {"quota": 4})
    assert (low.status_code, low.json()["code"]) == (409, "quota_below_used")
    assert api(cast.organiser_other).delete(f"{API}/delegations/{answer.json()['id']}/").json()["code"] == "in_use"
    assert api(cast.district_beichen).delete(f"{API}/allocations/{given.json()['id']}/").status_code == 204
    assert not Allocation.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"),
    [("district_beichen", 403), ("coordinator_a", 403), ("viewer", 403), ("district_daxing", 404), ("outsider", 404), ("organiser_other", 200)],
)
def test_who_changes_a_delegation(cast: Cast, program: Any, api: Any, who: str, status: int) -> None:
    row = Delegation.objects.get(organisation=cast.beichen)
    assert api(getattr(cast, who)).patch(f"{API}/delegations/{row.pk}/", {"quota": 4}).status_code == status
    row.refresh_from_db()
    assert row.quota == (4 if status == 200 else 3)


@pytest.mark.parametrize("quota", [-1, 10**9, "many", None, 2.5, True, []])
def test_quota_that_is_no_number_is_refused(cast: Cast, program: Any, api: Any, quota: Any) -> None:
    row = Delegation.objects.get(organisation=cast.beichen)
    answer = api(cast.organiser_other).patch(f"{API}/delegations/{row.pk}/", {"quota": quota})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


# Registrations ----------------------------------------------------------------------------------------------------------


def test_the_way_from_school_to_organiser(cast: Cast, program: Any, api: Any) -> None:
    person = make_person(cast, cast.school_a, "王䶮")
    made = api(cast.coordinator_a).post(f"{API}/registrations/", {"program": program.pk, "person": person.pk, "role": "学员"})
    assert made.status_code == 201
    row = made.json()
    assert (row["status"], row["person_name"], row["delegation"]) == ("draft", "王䶮", Delegation.objects.get(organisation=cast.beichen).pk)
    assert row["masked_id"] == f"{person.national_id[:3]}{'*' * 11}{person.national_id[-4:]}"
    assert person.national_id not in made.content.decode()
    url = f"{API}/registrations/{row['id']}"
    for who, verb, status in (
        ("coordinator_a", "submit", "submitted"),
        ("district_beichen", "endorse", "endorsed"),
        ("organiser_other", "confirm", "confirmed"),
    ):
        answer = api(getattr(cast, who)).post(f"{url}/{verb}/")
        assert (answer.status_code, answer.json()["status"]) == (200, status)
    sent_back = api(cast.organiser_other).post(f"{url}/return/", {"reason": "号码有误"})
    assert (sent_back.json()["status"], sent_back.json()["status_reason"]) == ("returned", "号码有误")


def test_full_delegation_refuses_with_the_figures_or_waits(cast: Cast, program: Any, api: Any) -> None:
    for _number in range(3):
        draft(cast, program, status="submitted")
    row = draft(cast, program)
    full = api(cast.coordinator_a).post(f"{API}/registrations/{row.pk}/submit/")
    assert (full.status_code, full.json()["code"], full.json()["params"]) == (409, "quota_full", {"quota": 3, "used": 3, "left": 0})
    assert api(cast.coordinator_a).post(f"{API}/registrations/{row.pk}/submit/", {"waitlist": True}).json()["status"] == "waitlisted"


def test_refusals_have_stable_codes(cast: Cast, program: Any, api: Any) -> None:
    row = draft(cast, program, status="submitted")
    district = api(cast.district_beichen)
    assert district.post(f"{API}/registrations/{row.pk}/return/").json()["code"] == "reason_required"
    assert api(cast.organiser_other).post(f"{API}/registrations/{row.pk}/confirm/").json()["code"] == "wrong_status"
    again = api(cast.coordinator_a).post(f"{API}/registrations/", {"program": program.pk, "person": row.person_id})
    assert (again.status_code, again.json()["code"]) == (409, "already_registered")
    other = make_program(cast)
    uninvited = api(cast.coordinator_a).post(f"{API}/registrations/", {"program": other.pk, "person": row.person_id})
    assert (uninvited.status_code, uninvited.json()["code"]) == (409, "not_invited")


STEPS = {"submit": {}, "endorse": {}, "confirm": {}, "return": {"reason": "x"}, "decline": {"reason": "x"}, "withdraw": {}}
FORBIDDEN = [
    ("viewer_beijing", tuple(STEPS)),
    ("coordinator_a", ("endorse", "confirm", "return", "decline")),
    ("district_beichen", ("confirm",)),
]


@pytest.mark.parametrize(("who", "verbs"), FORBIDDEN)
def test_own_but_forbidden(cast: Cast, program: Any, api: Any, who: str, verbs: tuple[str, ...]) -> None:
    from tests.cast import make_user

    user = make_user("viewer_beijing", "观察员", cast.beijing, "viewer") if who == "viewer_beijing" else getattr(cast, who)
    row = draft(cast, program, status="submitted")
    for verb in verbs:
        answer = api(user).post(f"{API}/registrations/{row.pk}/{verb}/", STEPS[verb])
        assert (verb, answer.status_code, answer.json()["code"]) == (verb, 403, "forbidden")
    row.refresh_from_db()
    assert row.status == "submitted"


@pytest.mark.parametrize("who", ["coordinator_b", "coordinator_c", "district_daxing", "outsider"])
def test_foreign_registration_is_not_there(cast: Cast, program: Any, api: Any, who: str) -> None:
    user = getattr(cast, who)
    row = draft(cast, program, status="submitted")
    for verb, body in STEPS.items():
        assert api(user).post(f"{API}/registrations/{row.pk}/{verb}/", body).status_code == 404
    assert api(user).get(f"{API}/registrations/{row.pk}/").status_code == 404
    assert api(user).get(f"{API}/registrations/").json()["count"] == 0
    foreign = api(user).post(f"{API}/registrations/", {"program": program.pk, "person": row.person_id})
    assert (foreign.status_code, foreign.json()["errors"][0]["field"]) == (400, "person")


@pytest.mark.parametrize("path", ["registrations", "delegations", "allocations", "people"])
def test_anonymous_sees_nothing(cast: Cast, program: Any, api: Any, path: str) -> None:
    assert api().get(f"{API}/{path}/").json()["code"] == "not_authenticated"


def test_replace_answers_with_the_new_registration(cast: Cast, program: Any, api: Any) -> None:
    row = draft(cast, program, status="endorsed", role="领队")
    person = make_person(cast, cast.school_a)
    answer = api(cast.coordinator_a).post(f"{API}/registrations/{row.pk}/replace/", {"person": person.pk}).json()
    assert (answer["person"], answer["status"], answer["role"], answer["replaces"]) == (person.pk, "submitted", "领队", row.pk)


def test_change_and_delete(cast: Cast, program: Any, api: Any) -> None:
    row, group = draft(cast, program), make_group(program)
    client = api(cast.coordinator_a)
    changed = client.patch(f"{API}/registrations/{row.pk}/", {"group": group.pk, "role": "组长", "status": "confirmed"}).json()
    assert (changed["group"], changed["role"], changed["status"]) == (group.pk, "组长", "draft")
    foreign = client.patch(f"{API}/registrations/{row.pk}/", {"group": make_group(make_program(cast)).pk})
    assert (foreign.status_code, foreign.json()["code"]) == (409, "foreign_group")
    assert client.delete(f"{API}/registrations/{row.pk}/").status_code == 204
    assert not Registration.objects.exists()


def test_bulk_tells_what_was_refused_and_why(cast: Cast, program: Any, api: Any) -> None:
    good, confirmed, foreign = draft(cast, program, status="submitted"), draft(cast, program, status="draft"), draft(cast, program, cast.school_c, "submitted")
    answer = api(cast.district_beichen).post(f"{API}/registrations/bulk/", {"action": "endorse", "ids": [good.pk, confirmed.pk, foreign.pk, 10**12]})
    assert answer.status_code == 200
    assert answer.json()["done"] == 1
    assert [(row["id"], row["code"]) for row in answer.json()["refused"]] == [(confirmed.pk, "wrong_status"), (foreign.pk, "not_found"), (10**12, "not_found")]
    assert api(cast.coordinator_a).post(f"{API}/registrations/bulk/", {"action": "endorse", "ids": [good.pk]}).status_code == 403
    confirming = api(cast.district_beichen).post(f"{API}/registrations/bulk/", {"action": "confirm", "ids": [good.pk]}).json()
    assert [row["code"] for row in confirming["refused"]] == ["forbidden"]
    unreasoned = api(cast.district_beichen).post(f"{API}/registrations/bulk/", {"action": "return", "ids": [good.pk]})
    assert (unreasoned.status_code, unreasoned.json()["code"]) == (409, "reason_required")
    assert AuditEvent.objects.filter(action="registration.endorse").count() == 1


@pytest.mark.parametrize(
    "body", [{}, {"action": "erase", "ids": [1]}, {"action": "endorse", "ids": []}, {"action": "endorse", "ids": ["x"]}, {"action": "endorse", "ids": 3}]
)
def test_bulk_of_nonsense_is_refused(cast: Cast, api: Any, body: dict[str, Any]) -> None:
    assert api(cast.district_beichen).post(f"{API}/registrations/bulk/", body).status_code == 400


def test_filters_search_and_order(cast: Cast, program: Any, api: Any) -> None:
    first = make_registration(cast, program, make_person(cast, cast.school_a, "欧阳若川"), "submitted", position=2)
    second = make_registration(cast, program, make_person(cast, cast.school_b, "王䶮"), position=1)
    client = api(cast.district_beichen)

    def ids(**query: Any) -> list[int]:
        return [row["id"] for row in client.get(f"{API}/registrations/", query).json()["results"]]

    assert ids(program=program.pk, ordering="-position") == [first.pk, second.pk]
    assert ids(status="submitted") == [first.pk]
    assert ids(status=["submitted", "draft"]) == [second.pk, first.pk]
    assert ids(organisation=cast.school_b.pk) == [second.pk]
    assert ids(search="ouyang") == ids(search="oyrc") == ids(search="若川") == [first.pk]
    assert client.get(f"{API}/registrations/?ordering=person__national_id_index").status_code == 400


@pytest.mark.parametrize("query", ["status=lost", "program=abc", "program=-1", f"program={10**40}", "group=1e5000", "delegation=%00"])
def test_bad_filters_are_refused(cast: Cast, program: Any, api: Any, query: str) -> None:
    assert api(cast.district_beichen).get(f"{API}/registrations/?{query}").status_code == 400


@pytest.mark.parametrize("value", ["x", None, -1, 10**40, True, [], {}, 1.5, "\x00"])
def test_ids_that_are_none_are_refused(cast: Cast, program: Any, api: Any, value: Any) -> None:
    answer = api(cast.coordinator_a).post(f"{API}/registrations/", {"program": program.pk, "person": value})
    assert answer.status_code == 400
    assert not Registration.objects.exists()


@pytest.mark.parametrize("path", ["registrations", "delegations", "allocations"])
def test_lists_cost_the_same_for_one_and_three_rows(cast: Cast, program: Any, api: Any, path: str) -> None:
    beichen = Delegation.objects.get(organisation=cast.beichen)
    rules.set_allocation(delegation=beichen, organisation=cast.school_a, quota=1, by=cast.admin)
    draft(cast, program)

    def more() -> None:
        for school in (cast.school_b, cast.beichen):
            rules.set_allocation(delegation=beichen, organisation=school, quota=1, by=cast.admin)
            draft(cast, program, school)
        make_delegation(cast, program, cast.langfang)

    same_queries(lambda: api(cast.admin).get(f"{API}/{path}/"), more)
