"""Settings that every test shares: fast, in memory, no network, no real mail."""

import os
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the long drills too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow") or os.environ.get("CI"):
        return
    skip = pytest.mark.skip(reason="a long drill: --slow, or CI set, runs it")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def _plain_settings(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STATIC_ROOT = None  # what a server has collected there is not for tests, and may change under them
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    with warnings.catch_warnings():
        yield
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def cast(db: None) -> Any:
    """The fixed cast: organisations and users; see tests/cast.py."""
    from tests.cast import make_cast

    return make_cast()


@pytest.fixture
def sign_in() -> Any:
    """`client = sign_in(user)`: a browser with a session."""

    def signed(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed


@pytest.fixture
def api() -> Any:
    """`client = api(user)`: an API client (None = anonymous)."""
    from rest_framework.test import APIClient

    def signed(user: Any = None) -> APIClient:
        client = APIClient()
        if user is not None:
            client.force_authenticate(user)
        return client

    return signed


audit_triggers = import_module("exchange.migrations.0002_append_only_and_cache")


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """A database that really commits, for threads, killed jobs and browsers.

    The tables are emptied afterwards, which the triggers of the audit would refuse: its rows go first.
    """
    yield
    with connection.schema_editor() as editor:
        audit_triggers.release(apps, editor)
        editor.execute(f"DELETE FROM {audit_triggers.TABLE}")
        audit_triggers.protect(apps, editor)
