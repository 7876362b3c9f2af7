"""Consents through the API: the school's own, the same gate and the same refusals as on the pages."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from exchange.audit import AuditEvent
from participants.people import consent, consent_rules
from participants.people.models import GuardianConsent
from participants.rosters.models import Registration
from tests.cast import Cast, make_person, same_queries
from tests.participants.people.test_consent import PDF, give, program, row  # noqa: F401

URL = "/api/v1/consents/"


def upload(content: bytes = PDF, name: str = "同意书.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/pdf")


def record(client: Any, child: Any, **changes: Any) -> Any:
    return client.post(URL, {"person": child.pk, "guardian_name": "欧阳锋", "relation": "father", "paper": upload(), **changes}, format="multipart")


def test_a_paper_is_recorded_and_opens_the_gate(cast: Cast, row: Registration, api: Any) -> None:  # noqa: F811
    client = api(cast.coordinator_a)
    answer = record(client, row.person)
    told = answer.json()
    assert (answer.status_code, told["way"], told["guardian_name"], told["has_paper"], told["is_valid"]) == (201, "paper", "欧阳锋", True, True)
    assert "paper" not in told and consent.is_open(row.person, row.program.starts_on)
    assert client.get(f"{URL}{told['id']}/paper/").content == PDF
    found = client.get(URL, {"person": row.person_id, "state": "valid", "program": row.program_id}).json()
    assert [one["id"] for one in found["results"]] == [told["id"]]
    assert client.get(URL, {"state": "waiting"}).json()["count"] == client.get(URL, {"state": "withdrawn"}).json()["count"] == 0
    assert set(AuditEvent.objects.filter(action__startswith="consent.").values_list("action", flat=True)) == {"consent.paper", "consent.open_paper"}


def test_a_link_is_told_once(cast: Cast, row: Registration, api: Any, client: Any) -> None:  # noqa: F811
    answer = api(cast.coordinator_a).post(f"{URL}link/", {"person": row.person_id}, format="json")
    assert answer.status_code == 201 and answer.headers["Cache-Control"] == "no-store"
    link, key = answer.json()["link"], answer.json()["id"]
    assert link.rsplit("/", 2)[1] not in api(cast.coordinator_a).get(f"{URL}{key}/").content.decode()
    assert client.get("/" + link.split("/", 3)[3]).status_code == 200
    assert api(cast.coordinator_a).get(f"{URL}{key}/paper/").status_code == 404


def test_taking_it_back_closes_the_gate(cast: Cast, row: Registration, api: Any) -> None:  # noqa: F811
    given = give(row.person)
    client = api(cast.coordinator_a)
    answer = client.post(f"{URL}{given.pk}/withdraw/", {"reason": "家长来电"}, format="json")
    assert (answer.status_code, answer.json()["is_valid"], answer.json()["withdrawn_reason"]) == (200, False, "家长来电")
    again = client.post(f"{URL}{given.pk}/withdraw/", {}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "not_given")
    assert not consent.is_open(row.person, row.program.starts_on)


@pytest.mark.parametrize(
    ("name", "seen"), [("district_beichen", 200), ("admin", 200), ("organiser", 200), ("viewer", 404), ("coordinator_b", 404), ("outsider", 404)]
)
def test_who_sees_a_consent(name: str, seen: int, cast: Cast, row: Registration, api: Any) -> None:  # noqa: F811
    """The organising commission stands above the bureau here; a viewer, another school and others learn nothing of guardians."""
    given = give(row.person)
    client = api(cast.users()[name])
    answers = [client.get(f"{URL}{given.pk}/"), client.get(f"{URL}{given.pk}/paper/")]
    if seen == 404:
        answers.append(client.post(f"{URL}{given.pk}/withdraw/", {}, format="json"))
    assert [answer.status_code for answer in answers] == [seen] * len(answers)
    assert client.get(URL).json()["count"] == (1 if seen == 200 else 0)
    assert GuardianConsent.objects.valid().count() == 1


@pytest.mark.parametrize("name", ["coordinator_b", "outsider", "viewer"])
def test_others_ask_for_nobodys_child(name: str, cast: Cast, row: Registration, api: Any) -> None:  # noqa: F811
    client = api(cast.users()[name])
    expected = 403 if name == "viewer" else 400  # the viewer sees the child, the others do not
    assert record(client, row.person).status_code == expected
    assert client.post(f"{URL}link/", {"person": row.person_id}, format="json").status_code == expected
    assert not GuardianConsent.objects.exists()


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"guardian_name": ""}, 400, "invalid"),
    ({"guardian_name": "x" * 61}, 400, "invalid"),
    ({"guardian_name": "a\x00b"}, 400, "invalid"),
    ({"relation": "neighbour"}, 400, "invalid"),
    ({"person": "x"}, 400, "invalid"),
    ({"person": 10**20}, 400, "invalid"),
    ({"paper": "text"}, 400, "invalid"),
    ({"paper": upload(b"<html>")}, 409, "paper_unreadable"),
    ({"paper": upload(b"%PDF-" + b"x" * consent_rules.MOST_BYTES)}, 413, "too_large"),
]


@pytest.mark.parametrize(("changes", "status", "code"), WRONG)
def test_bad_input(changes: dict[str, Any], status: int, code: str, cast: Cast, row: Registration, api: Any) -> None:  # noqa: F811
    answer = record(api(cast.coordinator_a), row.person, **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not GuardianConsent.objects.exists()


@pytest.mark.parametrize("query", ["state=perhaps", "person=x", "program=-1", "ordering=guardian_name", "organisation=99999999999999999999"])
def test_odd_queries_are_400(query: str, cast: Cast, api: Any) -> None:
    assert api(cast.coordinator_a).get(f"{URL}?{query}").status_code == 400


def test_costs_the_same_for_one_and_three(cast: Cast, row: Registration, api: Any) -> None:  # noqa: F811
    give(row.person)
    client = api(cast.coordinator_a)
    same_queries(lambda: client.get(URL), lambda: [give(make_person(cast, cast.school_a, name)) for name in ("王䶮", "周𬍛")])
