import sqlite3
from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created


def use_whole_statements(connection: Any, **kwargs: Any) -> None:
    """Django counts on 999 values in a statement of SQLite, as of 2020; the library takes 250,000, and says so."""
    if connection.vendor == "sqlite":
        connection.features.max_query_params = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)


class ExchangeConfig(AppConfig):
    name = "exchange"
    verbose_name = "Exchange planner"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from exchange import checks, openapi  # noqa: F401  registers the start-up checks and how tokens are described

        connection_created.connect(use_whole_statements, dispatch_uid="use_whole_statements")
