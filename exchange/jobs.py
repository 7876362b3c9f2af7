"""Background jobs: enqueue after commit, and know whether a worker is alive."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

HEARTBEAT_SECONDS = 15
URGENT = 10

# Filled by the apps' ready(): what a worker does first, for instance pick up what a killed one left behind.
ON_START: list[Callable[[], Any]] = []


def enqueue(task: Any, **arguments: Any) -> None:
    """Hand a job to the workers once the current transaction is committed; pass ids, never rows."""
    transaction.on_commit(partial(task.enqueue, **arguments))


def enqueue_first(task: Any, **arguments: Any) -> None:
    """The same, ahead of what waits already, where the queue knows an order (Redis does not)."""
    enqueue(task.using(priority=URGENT) if task.get_backend().supports_priority else task, **arguments)


def enqueue_once(task: Any) -> None:
    """Hand over a job that works through whatever waits: one per transaction is enough, however often it is asked for."""
    if not any(getattr(hook, "waits_for", None) is task for hook in (entry[1] for entry in connection.run_on_commit)):

        def hand_over() -> None:
            task.enqueue()

        hand_over.waits_for = task  # type: ignore[attr-defined]
        transaction.on_commit(hand_over)


def heartbeat_file() -> Path:
    return Path(settings.VAR_DIR) / "worker.heartbeat"


def worker_alive() -> bool:
    """A worker of this machine wrote its heartbeat within the last four beats (`manage.py worker`)."""
    try:
        return time.time() - heartbeat_file().stat().st_mtime < 4 * HEARTBEAT_SECONDS
    except FileNotFoundError:
        return False


def beat(stop: Callable[[float], bool]) -> None:
    """Touch the heartbeat until `stop(seconds)` returns True."""
    heartbeat_file().touch()
    while not stop(HEARTBEAT_SECONDS):
        heartbeat_file().touch()
