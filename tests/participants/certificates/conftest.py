"""A database that really commits, for threads and killed jobs."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

audit_triggers = import_module("exchange.migrations.0002_append_only_and_cache")


@pytest.fixture(autouse=True)
def _jobs_run_at_once(settings: Any) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    settings.SITE_URL = "http://testserver"


@pytest.fixture
def _triggers_return(django_db_blocker: Any, django_db_setup: None) -> Iterator[None]:
    """Emptying the tables afterwards deletes audit events, which the triggers refuse: set them up again when that is done."""
    yield
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        audit_triggers.protect(apps, editor)


@pytest.fixture
def committed(_triggers_return: None, transactional_db: None) -> Iterator[None]:
    yield
    with connection.schema_editor() as editor:
        audit_triggers.release(apps, editor)
