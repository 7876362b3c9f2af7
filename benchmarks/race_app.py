"""The site for benchmarks/quota_race.py. With RACE_WITHOUT_LOCK set, every lock of this process is taken out, to show that the race is real."""

import os

from django.db import connections
from django.db.models import QuerySet

from exchange.wsgi import application

__all__ = ["application"]


def without_locks() -> None:
    """PostgreSQL: no row is locked. SQLite: a transaction does not begin with the write lock."""
    QuerySet.select_for_update = lambda self, *_names, **_options: self._chain()
    for settings in connections.settings.values():
        settings.get("OPTIONS", {}).pop("transaction_mode", None)


if os.environ.get("RACE_WITHOUT_LOCK"):
    without_locks()
