"""Nonsense sent to every endpoint: an answer of 400–415 with a stable code, never a server error, and nothing changed."""

import json
import re
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from exchange.openapi import with_problems
from exchange.routes import Route, routes
from participants.directory.models import User
from tests.cast import Cast
from tests.exchange.matrix import address
from tests.world import World, build_world

NONSENSE: dict[str, Any] = {
    "nul": "a\x00b",
    "control": "a\x08\u2028b",
    "year_1": "0001-01-01",
    "year_9999": "9999-12-31T23:59:59Z",
    "huge": 10**30,
    "huge_text": "9" * 400,
    "negative": -(2**63) - 1,
    "float": 1.5e308,
    "list": [[["x"]]],
    "object": {"a": {"b": "c"}},
    "null": None,
    "true": True,
    "long": "长" * 20_000,
    "emoji": "\U0001f600\u202e",
}
RAW_BODIES = {
    "brackets": b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "not json": b"{'a': 1}",
    "nan": b'{"quota": NaN}',
    "surrogate": b'{"reason": "\\ud800"}',
    "not utf-8": b'{"reason": "\xff\xfe"}',
    "array": b"[1, 2]",
    "number": b"7",
    "empty": b"",
}
QUERIES = [
    "page=0",
    "page=99999999999999999999",
    "page_size=abc",
    "ordering=password",
    "search=%00",
    "search=" + "a" * 3000,
    "program=abc",
    "program=99999999999999999999",
    "status=nope",
]
UNSAFE = ("post", "put", "patch")


@pytest.fixture
def world(cast: Cast) -> World:
    return build_world(cast, "自家", cast.tianjin, cast.beichen)


@pytest.fixture
def admin(cast: Cast) -> APIClient:
    client = APIClient(raise_request_exception=True)
    client.force_authenticate(User.objects.get(username="admin"))
    return client


def api_routes(*methods: str) -> list[Route]:
    return [route for route in routes() if route.path.startswith("/api/v1/") and route.method in methods]


@cache
def description() -> dict[str, Any]:
    return with_problems(SchemaGenerator().get_schema(request=None, public=True))


def properties() -> list[str]:
    """Every property name that any request of the API knows."""
    schemas = description()["components"]["schemas"]
    return sorted({name for key, schema in schemas.items() if key.endswith("Request") for name in schema.get("properties", {})})


def documented(method: str, path: str) -> set[int]:
    """The answers that the API's description tells of."""
    paths = description()["paths"]
    template = path if path in paths else next(known for known in paths if re.fullmatch(re.sub("{[^}]+}", "[^/]+", known), path))
    return {int(status) for status in paths[template][method]["responses"]}


def rows() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for name in ("events", "participants") for model in apps.get_app_config(name).get_models()}


def check(response: Any, where: str) -> None:
    assert response.status_code < 500, where
    if response.status_code >= 400 and response.headers.get("Content-Type", "").startswith("application/problem+json"):
        assert json.loads(response.content)["code"], where
    elif response.status_code >= 400:
        raise AssertionError(f"{where} → {response.status_code} is not problem+json: {response.headers.get('Content-Type')}")


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(NONSENSE))
def test_nonsense_values(kind: str, world: World, admin: APIClient) -> None:
    everything = dict.fromkeys(properties(), NONSENSE[kind])
    for route in api_routes(*UNSAFE):
        before = rows()
        where = f"{route.method} {route.path} {kind}"
        response = getattr(admin, route.method)(address(route, world), everything, format="json")
        check(response, where)
        assert response.status_code in documented(route.method, address(route, world)), f"{where} → {response.status_code}"
        assert response.status_code < 400 or rows() == before, where


@pytest.mark.django_db
def test_options_tell_what_an_address_takes(world: World, admin: APIClient) -> None:
    for path in sorted({address(route, world) for route in api_routes("get", *UNSAFE, "delete")}):
        assert admin.options(path).status_code == 200, path


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(RAW_BODIES))
def test_malformed_bodies(kind: str, world: World, admin: APIClient) -> None:
    before = rows()
    for route in api_routes(*UNSAFE):
        response = getattr(admin, route.method)(address(route, world), RAW_BODIES[kind], content_type="application/json")
        check(response, f"{route.method} {route.path} {kind}")
        if kind in ("brackets", "not json", "not utf-8", "surrogate", "nan"):
            assert response.status_code in (400, 405, 415), f"{route.method} {route.path} {kind} → {response.status_code}"
    if kind not in ("empty",):
        assert rows() == before


@pytest.mark.django_db
@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "nonsense"])
def test_wrong_content_types(content_type: str, world: World, admin: APIClient) -> None:
    before = rows()
    for route in api_routes(*UNSAFE):
        response = getattr(admin, route.method)(address(route, world), b"a=b", content_type=content_type)
        check(response, f"{route.method} {route.path} {content_type}")
    assert rows() == before


@pytest.mark.django_db
@pytest.mark.parametrize("query", QUERIES)
def test_nonsense_queries(query: str, world: World, admin: APIClient) -> None:
    for route in api_routes("get"):
        response = admin.get(f"{address(route, world)}?{query}")
        if response.status_code >= 400:
            check(response, f"{route.path}?{query}")


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["0", "999999999999999999", "abc", "%00", "-1"])
def test_nonsense_keys(key: str, world: World, admin: APIClient) -> None:
    """Addresses with keys that exist for nobody."""
    for route in api_routes("get", *UNSAFE, "delete"):
        path = address(route, world)
        broken = "/".join(key if part.isdigit() else part for part in path.split("/"))
        if broken != path:
            response = getattr(admin, route.method)(broken, **({"format": "json"} if route.method in UNSAFE else {}))
            assert response.status_code in (400, 403, 404, 405, 415), f"{route.method} {broken} → {response.status_code}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", [*QUERIES, "q=%00", "q=" + "%F0%9F%98%80" * 200, "order=password", "person=abc", "person=99999999999999999999", "day=0001-01-01", "day=x"]
)
def test_pages_bear_nonsense_queries(query: str, world: World) -> None:
    client = Client()
    client.force_login(User.objects.get(username="admin"))
    for route in routes():
        if route.method == "get" and not route.path.startswith(("/api/", "/accounts/")):
            response = client.get(f"{address(route, world)}?{query}")
            assert response.status_code < 500, f"{route.path}?{query}"


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["nul", "huge_text", "long", "year_1", "emoji"])
def test_pages_bear_nonsense_forms(kind: str, world: World) -> None:
    client = Client()
    client.force_login(User.objects.get(username="admin"))
    names = [*properties(), "q", "next", "action", "ids", "rows", "value", "file", "q", "language", "theme"]
    for route in routes():
        if route.method == "post" and not route.path.startswith(("/api/", "/accounts/")):
            response = client.post(address(route, world), dict.fromkeys(names, str(NONSENSE[kind])))
            assert response.status_code < 500, f"{route.path} {kind}"
