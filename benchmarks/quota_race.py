"""200 clients at once for the last 20 places, round after round, against gunicorn on loopback, on both databases.

    python benchmarks/quota_race.py [--quick] [--without-lock]

Every round must end with exactly 20 places taken, 180 refusals "quota_full", and no 5xx. --without-lock takes the locks out of the benchmark's own
server (never out of the product) and passes only if the race is then lost.
"""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from typing import Any

import databases

CLIENTS, PLACES, ROUNDS, QUICK_ROUNDS = 200, 20, 20, 2
WITHOUT_LOCK = "--without-lock" in sys.argv


def prepare(rounds: int) -> tuple[str, list[list[int]]]:
    """A token, and the drafts of each round: the same 200 people, each round in a program of its own."""
    from django.utils import timezone

    from participants.directory.rules import create_token
    from participants.rosters.models import Registration
    from tests.cast import make_cast, make_delegation, make_person, make_program

    cast = make_cast()
    people = [make_person(cast, cast.school_a) for _index in range(CLIENTS)]
    drafts = []
    for _round in range(rounds):
        program = make_program(cast)
        delegation = make_delegation(cast, program, cast.beichen, PLACES)
        rows = [
            Registration(program=program, person=person, organisation=cast.school_a, delegation=delegation, identity_index=person.national_id_index)
            for person in people
        ]
        drafts.append([row.pk for row in Registration.objects.bulk_create(rows)])
    _token, text = create_token(user=cast.coordinator_a, days=1, now=timezone.now())
    return text, drafts


class Server:
    """gunicorn as in deploy/, on a free port of loopback."""

    def __enter__(self) -> "Server":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        python_path = f"{databases.ROOT / 'benchmarks'},{databases.ROOT}"
        command = [sys.executable, "-m", "gunicorn", "race_app:application", "--pythonpath", python_path, "--bind", f"127.0.0.1:{self.port}"]
        more = {"TASKS_BACKEND": "db", "ALLOWED_HOSTS": "127.0.0.1", "SITE_URL": f"http://127.0.0.1:{self.port}"}
        more |= {"RACE_WITHOUT_LOCK": "1"} if WITHOUT_LOCK else {}
        options = ["--workers", "4", "--threads", "8", "--backlog", "512", "--timeout", "120", "--log-level", "critical"]
        self.process = subprocess.Popen([*command, *options], env={**os.environ, **more}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait()
        return self

    def wait(self) -> None:
        for _attempt in range(120):
            with contextlib.suppress(OSError):  # it does not listen yet
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/livez")
                if connection.getresponse().status < 400:
                    return
            time.sleep(0.5)
        raise SystemExit("gunicorn did not start")

    def __exit__(self, *_error: Any) -> None:
        self.process.terminate()
        self.process.wait()


def submit(port: int, token: str, registration: int, start: threading.Barrier, answers: list[str]) -> None:
    start.wait()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        connection.request("POST", f"/api/v1/registrations/{registration}/submit/", b"{}", headers)
        answer = connection.getresponse()
        body = answer.read()
        answers.append("taken" if answer.status == 200 else json.loads(body).get("code", "") if answer.status == 409 else str(answer.status))
    except (OSError, ValueError, http.client.HTTPException) as error:
        answers.append(type(error).__name__)


def one_round(port: int, token: str, drafts: list[int]) -> Counter[str]:
    start, answers = threading.Barrier(len(drafts)), list[str]()
    threads = [threading.Thread(target=submit, args=(port, token, row, start, answers)) for row in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(answers)


def main() -> int:
    if not databases.is_child():
        return databases.run_on_both(__file__, sys.argv[1:])
    databases.start_django()
    from participants.rosters.models import Registration

    rounds = QUICK_ROUNDS if "--quick" in sys.argv else ROUNDS
    token, drafts = prepare(rounds)
    lost, begun = 0, time.perf_counter()
    with Server() as server:
        for rows in drafts:
            answers = one_round(server.port, token, rows)
            taken = Registration.objects.filter(pk__in=rows, status="submitted").count()
            if taken != PLACES or answers != {"taken": PLACES, "quota_full": CLIENTS - PLACES}:
                lost += 1
                print(f"  {taken} places taken, answers {dict(answers)}", flush=True)
    spent = time.perf_counter() - begun
    locks = "without locks" if WITHOUT_LOCK else "with locks"
    print(f"{databases.label()} {locks}: {rounds - lost} of {rounds} rounds exactly {PLACES}, {rounds * CLIENTS / spent:.0f} requests a second", flush=True)
    return int(lost == 0) if WITHOUT_LOCK else int(lost > 0)


if __name__ == "__main__":
    sys.exit(main())
