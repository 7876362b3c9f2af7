"""`script/server` as an operator stops it: nothing that it started goes on."""

import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

pytestmark = [pytest.mark.slow, pytest.mark.one_database]


def test_term_stops_the_server_and_its_worker(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mine = {"PORT": str(port), "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}", "MEDIA_ROOT": str(tmp_path), "TASKS_BACKEND": "db"}
    environment = {name: value for name, value in os.environ.items() if name not in ("SITE_URL", "DJANGO_SETTINGS_MODULE")} | mine
    server: Any = subprocess.Popen(
        ["script/server"], cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        assert any("Ctrl-C" in line for line in server.stdout), "the server did not start"
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=60) == 0
        with pytest.raises(ProcessLookupError):
            os.killpg(server.pid, 0)
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
