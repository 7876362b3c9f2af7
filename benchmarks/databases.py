"""Databases to measure on: a SQLite file and a PostgreSQL cluster in a temporary folder, gone afterwards."""

import contextlib
import glob
import os
import platform
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHILD = "BENCHMARK_CHILD"


def is_child() -> bool:
    return CHILD in os.environ


def label() -> str:
    return os.environ[CHILD]


def start_django() -> None:
    """Set Django up in a child; the tables are made first."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def cpu_seconds() -> float:
    """What the server's process for our connection has used; 0 on SQLite, which works in ours."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        used = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text().rpartition(")")[2].split()
    return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


def run_on_both(script: str, arguments: list[str]) -> int:
    """Run `script` once on each database; the worst exit code comes back."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {date.today()}", flush=True)
    worst = 0
    for name, opened in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        with opened() as url:
            if url is None:
                print(f"{name}: LEFT OUT, it is not installed")
                continue
            more = {"DATABASE_URL": url, "TASKS_BACKEND": "immediate", "DEBUG": "False", "LOG_LEVEL": "ERROR", CHILD: name}
            worst = max(worst, subprocess.run([sys.executable, script, *arguments], env={**os.environ, **more}, check=False).returncode)
    return worst


@contextlib.contextmanager
def sqlite() -> Iterator[str | None]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/benchmark.sqlite3"


@contextlib.contextmanager
def postgresql() -> Iterator[str | None]:
    """A cluster of our own with the default durability; None where PostgreSQL is not installed."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if not found:
        yield None
        return
    programs, folder = Path(found[-1]).parent, tempfile.mkdtemp()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    owner = _owner(folder)
    try:
        _run([*owner, str(programs / "initdb"), "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"])
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=300"
        _run([*owner, str(programs / "pg_ctl"), "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start"])
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*owner, str(programs / "pg_ctl"), "-D", f"{folder}/data", "-m", "immediate", "stop"], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _owner(folder: str) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return []
    os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    return ["runuser", "-u", "postgres", "--"]


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
