"""/livez: the process answers. /readyz: what it needs is there."""

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from exchange import jobs


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


@never_cache
def livez(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, migrations and (unless jobs run at once) a worker are there, else 503 with what is missing."""
    parts = {"database": _database(), "migrations": _migrations()}
    if settings.TASKS_BACKEND == "db":
        parts["worker"] = jobs.worker_alive()
    ready = all(parts.values())
    return JsonResponse({"status": "ok" if ready else "not ready", **parts}, status=200 if ready else 503)


livez.access = "anyone"  # type: ignore[attr-defined]
readyz.access = "anyone"  # type: ignore[attr-defined]
