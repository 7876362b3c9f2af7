"""A lost link: a letter to the right person, the same answer to everyone, and not without end."""

import time
from typing import Any

import pytest
from django.test import Client

from participants.my import lost
from participants.notices.models import OutboxMail
from participants.people.rules import link_url
from tests.cast import Cast, make_person

pytestmark = pytest.mark.django_db
ADDRESS = "/my/lost/"


@pytest.fixture
def person(cast: Cast) -> Any:
    return make_person(cast, cast.school_a, "欧阳若川", email="Ruochuan@beichen.example")


def ask(client: Client, name: str, email: str, **more: Any) -> Any:
    return client.post(ADDRESS, {"name": name, "email": email}, **more)


def test_the_link_goes_to_the_address_of_the_roster(client: Client, person: Any) -> None:
    assert ask(client, " 欧阳 若川", "ruochuan@BEICHEN.example").url == f"{ADDRESS}?sent=1"
    letter = OutboxMail.objects.get()
    assert (letter.recipient, letter.kind) == ("Ruochuan@beichen.example", "lost_link")
    assert link_url(person) in letter.text and link_url(person) in letter.html


def test_the_answer_is_the_same_whether_or_not_there_is_such_a_person(client: Client, person: Any) -> None:
    answers = []
    for name, email in (("欧阳若川", "ruochuan@beichen.example"), ("欧阳若川", "x@y.example"), ("王", "ruochuan@beichen.example")):
        begun = time.monotonic()
        answers.append(ask(client, name, email))
        assert time.monotonic() - begun >= lost.ANSWER_AFTER  # no clock tells who is there either
    assert {(answer.status_code, answer.url, answer.content) for answer in answers} == {(302, f"{ADDRESS}?sent=1", b"")}
    assert answers[0].headers == answers[1].headers == answers[2].headers
    assert OutboxMail.objects.count() == 1
    page = client.get(f"{ADDRESS}?sent=1")
    assert page["X-Robots-Tag"] == "noindex, nofollow" and "欧阳若川" not in page.content.decode()


def test_asking_again_the_same_day_sends_no_second_letter(client: Client, person: Any) -> None:
    for _ in range(3):
        ask(client, "欧阳若川", "ruochuan@beichen.example")
    assert OutboxMail.objects.count() == 1


def test_an_address_may_ask_a_few_times_an_hour(client: Client, person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost, "ASKED_PER_HOUR", 2)
    assert [ask(client, "王", "x@y.example").status_code for _ in range(4)] == [302, 302, 429, 429]


@pytest.mark.parametrize(
    ("name", "email"), [("", "x@y.example"), ("王", ""), ("王", "no address"), ("a\x00b", "x@y.example"), ("王", "x" * 300 + "@y.example")]
)
def test_what_is_no_name_or_address_comes_back(client: Client, name: str, email: str) -> None:
    assert ask(client, name, email).status_code == 422
    assert not OutboxMail.objects.exists()


def test_the_page_is_not_taken_for_a_token(client: Client) -> None:
    assert "找回专属链接" in client.get(ADDRESS).content.decode()
