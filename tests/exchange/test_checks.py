"""What must not start: open tables, undecided addresses, bad keys, a weak production."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import path
from django.views.generic import View
from rest_framework.routers import SimpleRouter

from exchange import access, checks, documents
from exchange.api import ScopedViewSet
from exchange.routes import _walk
from participants.directory.models import Organisation


def test_a_model_without_a_rule_of_visibility_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(access.VISIBLE, "participants.Person")
    assert [(error.id, error.msg) for error in checks.visibility(None)] == [
        ("exchange.E002", "participants.Person: no rule in exchange/access says who sees it.")
    ]


def test_a_rule_for_a_model_that_is_gone_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(access.VISIBLE, "participants.Ghost", access.nobody)
    assert [error.id for error in checks.visibility(None)] == ["exchange.E003"]


class Undecided(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse()


class Misspelt(Undecided):
    access = "organisation.chnge"


class HalfDecided(ScopedViewSet):
    queryset = Organisation.objects.all()
    access = {"list": "signed_in"}

    def list(self, request: Any) -> HttpResponse:
        return HttpResponse()

    def destroy(self, request: Any, pk: str) -> HttpResponse:
        return HttpResponse()


def test_an_address_without_a_known_policy_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    router = SimpleRouter()
    router.register("half", HalfDecided, basename="half")
    patterns = [path("a/", Undecided.as_view(), name="a"), path("b/", Misspelt.as_view(), name="b"), path("c/", lambda request: HttpResponse()), *router.urls]
    monkeypatch.setattr("exchange.routes.routes", lambda: list(_walk(patterns, "/", "")))
    found = {(error.id, error.msg.split(" (")[0], error.msg.rsplit(" ", 1)[1]) for error in checks.policies(None)}
    assert found == {
        ("exchange.E004", "GET /a/", "None."),
        ("exchange.E004", "GET /b/", "'organisation.chnge'."),
        ("exchange.E004", "GET /c/", "None."),
        ("exchange.E004", "DELETE /half/(?P<pk>[0-9]{1,18})/", "None."),
    }


def test_the_project_has_no_undecided_address_and_no_undecided_model() -> None:
    assert checks.policies(None) == []
    assert checks.visibility(None) == []


@pytest.mark.parametrize("keys", ["", "k1:zzz", "k1:" + base64.b64encode(b"short").decode()])
def test_bad_field_keys_are_an_error(settings: Any, keys: str) -> None:
    settings.FIELD_KEYS = keys
    assert [error.id for error in checks.keys(None)] == ["exchange.E001"]


def test_missing_fonts_and_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "missing_libraries", lambda: ("harfbuzz-subset", "LXGW WenKai"))
    assert [(warning.id, warning.msg) for warning in checks.printing(None)] == [
        ("exchange.W001", "Certificates cannot be printed well: harfbuzz-subset is not installed."),
        ("exchange.W001", "Certificates cannot be printed well: LXGW WenKai is not installed."),
    ]


@pytest.mark.parametrize(("address", "found"), [("https://x.example", []), ("http://x.example", ["exchange.W002"]), ("", ["exchange.W002"])])
def test_a_production_address_is_https(settings: Any, address: str, found: list[str]) -> None:
    settings.SITE_URL = address
    assert [warning.id for warning in checks.site_url(None)] == found


def deploy_check(**environment: str) -> subprocess.CompletedProcess[str]:
    production = {
        "DEBUG": "False",
        "SITE_URL": "https://x.example",
        "ALLOWED_HOSTS": "x.example",
        "SECRET_KEY": base64.b64encode(os.urandom(48)).decode(),
        "FIELD_KEYS": "k1:" + base64.b64encode(os.urandom(32)).decode(),
        "DATABASE_URL": "sqlite://:memory:",
        "TASKS_BACKEND": "db",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    inherited = {name: value for name, value in os.environ.items() if name not in ("DJANGO_ALLOW_ASYNC_UNSAFE", "DJANGO_SETTINGS_MODULE")}
    return subprocess.run(command, cwd=project.BASE_DIR, env={**inherited, **production, **environment}, capture_output=True, text=True, check=False)


def test_a_production_set_up_passes_without_a_worker() -> None:
    answer = deploy_check()
    assert answer.returncode == 0, answer.stderr


def test_a_weak_secret_key_fails_the_deploy_check() -> None:
    answer = deploy_check(SECRET_KEY="short")
    assert answer.returncode == 1
    assert "security.W009" in answer.stderr


def test_a_site_without_secrets_does_not_start() -> None:
    answer = deploy_check(SECRET_KEY="", FIELD_KEYS="")
    assert answer.returncode != 0
    assert "SECRET_KEY and FIELD_KEYS are not set" in answer.stderr


def test_list_routes_groups_methods_by_address(tmp_path: Path) -> None:
    call_command("list_routes", json=tmp_path / "routes.json", stdout=open(os.devnull, "w"))  # noqa: SIM115
    routes = {route["name"]: route for route in json.loads((tmp_path / "routes.json").read_text(encoding="utf-8"))}
    assert routes["api:organisations-detail"] == {
        "name": "api:organisations-detail",
        "path": "/api/v1/organisations/<pk>/",
        "methods": ["GET", "PATCH"],
        "access": {"GET": "signed_in", "PATCH": "organisation.change"},
    }
    assert routes["directory:accept_invitation"]["access"] == {"GET": "link", "POST": "link", "PUT": "link"}
    assert all(policy for route in routes.values() for policy in route["access"].values())
