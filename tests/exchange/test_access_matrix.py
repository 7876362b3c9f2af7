"""Every route, every method, everybody, on objects that exist and are not theirs.

The routes come from the resolver: a new one fails here until it has a policy and its parameters are known to tests/exchange/matrix.py.
"""

import re
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from rest_framework.test import APIClient

from exchange.access import ALLOWED, OPEN_POLICIES
from exchange.routes import Route, routes
from participants.directory.models import User
from tests.cast import Cast
from tests.exchange.matrix import address, is_about_an_object
from tests.world import World, build_world

CANARY = "金丝雀"
STRANGERS = [
    "organiser",
    "organiser_other",
    "district_beichen",
    "district_daxing",
    "district_langfang",
    "viewer",
    "coordinator_a",
    "coordinator_b",
    "coordinator_c",
]
# These end or change the visitor's own session; tests/participants/directory covers them.
OWN_SESSION = {"account_logout"}
# Rows that reading may add: sessions, who tried to sign in, jobs of the queue.
OWN_APPS = ("events", "participants")


@pytest.fixture
def foreign(cast: Cast) -> World:
    """A program of the outsider, by and for Qinhuangdao alone."""
    return build_world(cast, CANARY, cast.outside, cast.outside)


def client_for(user: User | None, route: Route) -> Any:
    is_api = route.path.startswith("/api/")
    client: Any = APIClient() if is_api else Client()
    if user is not None:
        client.force_authenticate(user) if is_api else client.force_login(user)
    return client


def ask(route: Route, path: str, user: User | None) -> Any:
    client = client_for(user, route)
    more = {"format": "json"} if route.path.startswith("/api/") and route.method in ("post", "put", "patch") else {}
    return getattr(client, route.method)(path, **more)


def body(response: Any) -> str:
    content = b"".join(response.streaming_content) if getattr(response, "streaming", False) else response.content
    return content.decode("utf-8", "replace")


def rows() -> dict[str, int]:
    models = [model for name in OWN_APPS for model in apps.get_app_config(name).get_models()]
    # Reading a calendar keeps its events for the next reader: that is no change of anything.
    return {model._meta.label: model._base_manager.count() for model in models if model._meta.label != "events.ItemEvent"}


def complaint(route: Route, path: str, response: Any, *, signed_in: bool) -> str:
    """What is wrong with an answer to somebody who has no part in the object, or ""."""
    where = f"{route.method.upper()} {path} ({route.name}) → {response.status_code}"
    if response.status_code >= 500:
        return f"{where}: a server error"
    if route.policy not in ("anyone", "link") and not signed_in:
        to_login = response.status_code == 302 and "/accounts/login/" in response.headers["Location"]
        return "" if to_login or response.status_code in (401, 403) else f"{where}: open to visitors"
    unseen = (404, 405) if route.path.startswith("/api/") and route.name.startswith("api:") else (403, 404, 405)  # pages may refuse the role first
    if is_about_an_object(route) and response.status_code not in unseen:
        return f"{where}: a foreign object answers"
    is_told = route.policy == "link" or path.startswith(("/series/", "/api/v1/series/", "/verify/"))  # the address itself is the key, or open
    return f"{where}: the canary sings" if not is_told and CANARY in body(response) else ""


def test_every_route_has_a_policy() -> None:
    known = OPEN_POLICIES | set(ALLOWED)
    assert [route for route in routes() if route.policy not in known] == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", [*STRANGERS, None])
def test_foreign_objects_stay_unseen_and_unchanged(name: str | None, cast: Cast, foreign: World) -> None:
    user = cast.users()[name] if name else None
    before = rows()
    complaints = []
    for route in routes():
        if route.name in OWN_SESSION:
            continue
        path = address(route, foreign)
        fresh = User.objects.get(pk=user.pk) if user else None  # scopes are cached on the instance
        complaints.append(complaint(route, path, ask(route, path, fresh), signed_in=user is not None))
    assert "\n".join(text for text in complaints if text) == ""
    assert rows() == before


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["admin", "outsider"])
def test_those_concerned_are_served(name: str, cast: Cast, foreign: World) -> None:
    """The same addresses answer to those whose objects they are: the matrix above does not pass because everything is closed."""
    closed = []
    for route in routes():
        if route.method != "get" or not is_about_an_object(route) or re.search(r"/(users|exports|inbox|notices)/", route.path):  # those are one account's alone
            continue
        response = ask(route, address(route, foreign), User.objects.get(username=name))
        if response.status_code not in (200, 302, 405, 409):
            closed.append(f"{route.path} ({route.name}) → {response.status_code}")
    assert "\n".join(closed) == ""


@pytest.mark.django_db
def test_a_viewer_changes_nothing_of_the_own_program(cast: Cast) -> None:
    """Own but forbidden is 403: the viewer of the organising commission sees everything and may change nothing."""
    own = build_world(cast, "自家", cast.tianjin, cast.beichen)
    viewer = cast.viewer
    before = rows()
    wrong = []
    for route in routes():
        if route.method == "get" or not is_about_an_object(route) or route.policy in OPEN_POLICIES:
            continue
        response = ask(route, address(route, own), User.objects.get(pk=viewer.pk))
        unseen = re.search(
            r"/(users|memberships|invitations|roster-imports|v1/consents)/", route.path
        )  # accounts, sheets and guardians are not shown to viewers
        if response.status_code not in ((403, 404) if unseen else (403,)):
            wrong.append(f"{route.method.upper()} {route.path} ({route.name}, {route.policy}) → {response.status_code}")
    assert "\n".join(wrong) == ""
    assert rows() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "verbs"),
    [
        ("coordinator_a", ["endorse", "confirm", "return", "decline"]),
        ("district_beichen", ["confirm"]),
    ],
)
def test_own_registrations_refuse_the_verbs_of_others(name: str, verbs: list[str], cast: Cast) -> None:
    own = build_world(cast, "自家", cast.tianjin, cast.beichen)
    own.school.memberships.create(user=cast.coordinator_a, role="coordinator")
    client = APIClient()
    client.force_authenticate(User.objects.get(username=name))
    answers = {verb: client.post(f"/api/v1/registrations/{own.registration.pk}/{verb}/", {"reason": "试"}, format="json").status_code for verb in verbs}
    assert answers == dict.fromkeys(verbs, 403)
