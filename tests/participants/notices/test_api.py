"""The inbox and the choice of mail through the API: the own alone, in words, and nothing that is no choice."""

from typing import Any

import pytest
from django.utils import timezone

from participants.notices.models import MailPreference, Notice
from participants.notices.rules import tell
from participants.rosters.models import Registration
from tests.cast import Cast, make_delegation, make_person, make_program, make_registration, same_queries

URL = "/api/v1/notices/"


@pytest.fixture
def row(cast: Cast) -> Registration:
    program = make_program(cast, title_zh="赴无锡学访")
    make_delegation(cast, program, cast.beichen)
    return make_registration(cast, program, make_person(cast, cast.school_a, "陈望舟"), "submitted")


def test_the_own_notices_in_words(cast: Cast, row: Registration, api: Any) -> None:
    found = api(cast.district_beichen).get(URL).json()
    assert found["count"] == 1
    one = found["results"][0]
    assert (one["kind"], one["title"], one["names"], one["number"], one["read_at"]) == ("submitted", "1人的报名待审核", "陈望舟", 1, None)
    assert one["url"] == f"/desk/registrations/{row.pk}/" and one["program"] == row.program_id
    assert api(cast.district_beichen).get(f"{URL}{one['id']}/").json()["title"] == one["title"]
    english = api(cast.district_beichen).get(URL, HTTP_ACCEPT_LANGUAGE="en").json()["results"][0]["title"]
    assert english == "1 registration to check"


def test_nobody_elses(cast: Cast, row: Registration, api: Any) -> None:
    key = Notice.objects.get(user=cast.district_beichen).pk
    for name in ("admin", "viewer", "district_daxing", "outsider"):
        client = api(cast.users()[name])
        answers = (client.get(f"{URL}{key}/"), client.post(f"{URL}{key}/read/"))
        assert [answer.status_code for answer in answers] == [404, 404], name
    assert api(None).get(URL).status_code in (401, 403)
    assert not Notice.objects.exclude(read_at=None).exists()


def test_marking_as_read(cast: Cast, row: Registration, api: Any) -> None:
    tell("withdrawn", row, by=None, now=timezone.now())
    client = api(cast.district_beichen)
    first = client.get(URL, {"unread": "true"}).json()["results"][0]["id"]
    assert client.post(f"{URL}{first}/read/").json()["read_at"] is not None
    assert client.get(URL, {"unread": "true"}).json()["count"] == 1
    assert client.post(f"{URL}read-all/").json() == {"marked": 1}
    assert client.post(f"{URL}read-all/").json() == {"marked": 0}
    assert client.get(URL, {"unread": "false", "kind": "submitted", "program": row.program_id}).json()["count"] == 1


def test_mail_is_chosen(cast: Cast, api: Any) -> None:
    client = api(cast.organiser)
    assert client.get(f"{URL}preferences/").json() == {"daily": False, "muted": []}
    answer = client.put(f"{URL}preferences/", {"daily": True, "muted": ["withdrawn", "submitted"]}, format="json")
    assert answer.json() == {"daily": True, "muted": ["submitted", "withdrawn"]}
    assert MailPreference.objects.get().user == cast.organiser


@pytest.mark.parametrize(
    "body", [{}, {"daily": True}, {"daily": "perhaps", "muted": []}, {"daily": True, "muted": ["gossip"]}, {"daily": True, "muted": "submitted"}]
)
def test_what_is_no_choice_is_400(body: dict[str, Any], cast: Cast, api: Any) -> None:
    answer = api(cast.organiser).put(f"{URL}preferences/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not MailPreference.objects.exists()


@pytest.mark.parametrize("query", ["unread=perhaps", "kind=gossip", "program=x", "ordering=reason", "page=0"])
def test_odd_queries_are_no_server_error(query: str, cast: Cast, row: Registration, api: Any) -> None:
    assert api(cast.organiser).get(f"{URL}?{query}").status_code in (200, 400, 404)


def test_costs_the_same_for_one_and_three(cast: Cast, row: Registration, api: Any) -> None:
    client = api(cast.district_beichen)

    def more() -> None:
        for name in ("王䶮", "周𬍛"):
            tell("submitted", make_registration(cast, row.program, make_person(cast, cast.school_a, name)), by=None, now=timezone.now())

    same_queries(lambda: client.get(URL), more)
