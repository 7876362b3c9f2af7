"""The scan page: whom it knows, what it may ask of the device, and who gets it."""

import json
import re
from typing import Any

import pytest

from participants.attendance.codes import code_of
from tests.cast import make_group, same_queries
from tests.participants.attendance.factories import confirmed, credited, mark, running_program

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(cast: Any) -> Any:
    program = running_program(cast, visibility="invited")
    return program, confirmed(cast, program, "欧阳若川"), credited(program)


def url(item: Any) -> str:
    return f"/desk/check-in/items/{item.pk}/scan/"


def people_in(text: str) -> list[dict[str, Any]]:
    found = re.search(r'<script id="scan-people" type="application/json">(.*?)</script>', text, re.S)
    assert found
    people: list[dict[str, Any]] = json.loads(found[1])
    return people


def test_the_page_knows_the_people_of_the_item(cast: Any, sign_in: Any, scene: Any) -> None:
    program, person, item = scene
    confirmed(cast, program, "草稿人", status="submitted")
    mark(person, item, "late")
    found = people_in(sign_in(cast.organiser).get(url(item)).content.decode())
    assert [{key: row[key] for key in ("id", "code", "name", "state", "digits", "latin")} for row in found] == [
        {
            "id": person.pk,
            "code": code_of(person),
            "name": "欧阳若川",
            "state": "late",
            "digits": person.person.phone[-4:],
            "latin": [person.person.initials, person.person.pinyin],
        }
    ]


def test_a_group_item_shows_its_group_alone(cast: Any, sign_in: Any, scene: Any) -> None:
    program, _person, _item = scene
    group = make_group(program)
    confirmed(cast, program, "组员", group=group)
    found = people_in(sign_in(cast.organiser).get(url(credited(program, groups=[group]))).content.decode())
    assert [(row["name"], row["group"]) for row in found] == [("组员", "第1组")]


def test_hostile_names_stay_text(cast: Any, sign_in: Any, scene: Any) -> None:
    program, _person, item = scene
    confirmed(cast, program, "</script><script>alert(1)</script>")
    text = sign_in(cast.organiser).get(url(item)).content.decode()
    assert "<script>alert(1)" not in text


def test_the_camera_is_open_here_and_closed_elsewhere(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, _person, item = scene
    client = sign_in(cast.organiser)
    answer = client.get(url(item))
    assert "camera=(self)" in answer["Permissions-Policy"] and "microphone=()" in answer["Permissions-Policy"]
    assert "no-store" in answer["Cache-Control"]
    assert "'self'" in answer["Content-Security-Policy"] and "unsafe" not in answer["Content-Security-Policy"]
    for path in ("/", "/accounts/login/", f"/desk/check-in/items/{item.pk}/", "/api/v1/me/", "/nowhere/"):
        assert "camera=()" in client.get(path)["Permissions-Policy"]


def test_walls(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, _person, item = scene
    expected = {"organiser": 200, "admin": 200, "district_beichen": 403, "coordinator_a": 403, "viewer": 403, "outsider": 404}
    assert {name: sign_in(getattr(cast, name)).get(url(item)).status_code for name in expected} == expected


def test_a_longer_list_costs_no_more_queries(cast: Any, sign_in: Any, scene: Any) -> None:
    program, _person, item = scene
    client = sign_in(cast.organiser)
    same_queries(lambda: client.get(url(item)), lambda: [confirmed(cast, program, f"又{number}") for number in range(5)])


def test_the_worker_reaches_the_desk_and_holds_nothing_of_anybody(client: Any) -> None:
    answer = client.get("/desk/check-in/worker.js")
    assert (answer.status_code, answer["Content-Type"], answer["Service-Worker-Allowed"]) == (200, "text/javascript; charset=utf-8", "/desk/")
    assert answer["Cache-Control"] == "no-cache" and not answer.cookies
