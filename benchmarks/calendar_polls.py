"""How much of one core 10,000 subscribers take who ask every hour, measured on gunicorn: `python benchmarks/calendar_polls.py [POLLS]`.

A server of its own with one worker, on SQLite in a temporary folder, with 1,000 items; each poll is a new connection that asks with the
tag it has. Counted is the time that the worker's process spent on the processor, so that a busy machine does not change the result much.
"""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUBSCRIBERS, SECONDS, ITEMS = 10_000, 3600, 1000
TICKS = os.sysconf("SC_CLK_TCK")


def prepare(folder: str) -> dict[str, str]:
    """Fill the database; gives the addresses of a public, a person's, a delegation's and an office's calendar."""
    sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
    os.environ.update(DATABASE_URL=f"sqlite:///{folder}/polls.sqlite3", DJANGO_SETTINGS_MODULE="exchange.settings", TASKS_BACKEND="immediate", DEBUG="False")
    os.environ.setdefault("SECRET_KEY", "benchmark-" * 8)
    import calendars
    import django
    from django.core.management import call_command
    from django.utils import timezone

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    program, person = calendars.make_feed(ITEMS)
    from participants.feed_links import issue, link_address

    now, delegation = timezone.now(), program.delegations.get()
    shared = {kind: "/" + link_address(issue(target=row, by=None, at=now)).split("/", 3)[3] for kind, row in targets(delegation)}
    return {"public": f"/programs/{program.pk}/itinerary.ics", "person": person, **shared}


def targets(delegation: object) -> list[tuple[str, object]]:
    return [("delegation", delegation), ("office", delegation.organisation)]  # type: ignore[attr-defined]


def serve(port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gunicorn", "exchange.wsgi:application", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--log-level", "error"]
    server = subprocess.Popen(command, cwd=ROOT)
    for _try in range(150):
        try:
            ask(port, "/livez", "")
            return server
        except OSError:
            time.sleep(0.2)
    server.terminate()
    raise SystemExit("gunicorn does not answer")


def ask(port: int, path: str, tag: str) -> tuple[int, str]:
    """One poll over its own connection: status and tag."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Host": "localhost", **({"If-None-Match": tag} if tag else {})})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers.get("ETag", "")


def spent(server: subprocess.Popen[bytes]) -> float:
    """Seconds on the processor of the worker, which is the child of the server."""
    worker = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()[0]
    fields = Path(f"/proc/{worker}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def measure(server: subprocess.Popen[bytes], port: int, path: str, polls: int) -> tuple[float, float]:
    """Milliseconds of processor and of the clock for each 304."""
    status, tag = ask(port, path, "")
    assert status == 200, f"{path}: {status}"
    for _warm in range(20):
        assert ask(port, path, tag)[0] == 304
    before, start = spent(server), time.perf_counter()
    for _poll in range(polls):
        assert ask(port, path, tag)[0] == 304
    return (spent(server) - before) / polls * 1000, (time.perf_counter() - start) / polls * 1000


def main() -> None:
    polls = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    with tempfile.TemporaryDirectory() as folder:
        paths = prepare(folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = serve(port)
        try:
            print(f"{ITEMS} items, {polls} polls of each kind, all answered 304 by gunicorn with one worker")
            for kind, path in paths.items():
                cost, taken = measure(server, port, path, polls)
                print(
                    f"  {kind:<11} {cost:5.2f} ms of processor ({1000 / cost:5.0f} a second on one core), {taken:5.2f} ms of the clock;"
                    f" {SUBSCRIBERS} hourly subscribers: {SUBSCRIBERS / SECONDS * cost / 1000:.1%} of one core"
                )
        finally:
            server.terminate()
            server.wait(10)


if __name__ == "__main__":
    main()
