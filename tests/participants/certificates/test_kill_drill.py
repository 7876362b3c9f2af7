"""A real worker, killed with SIGKILL at random moments: nothing is lost, nothing doubled, and it goes on by itself.

Ten kills; `KILLS=100 script/test --slow …` for more.
"""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = [pytest.mark.slow, pytest.mark.one_database]
KILLS = int(os.environ.get("KILLS", "10"))
PEOPLE = 12 * KILLS
STARTS_WITHIN, ENDS_WITHIN = 60, 60 + PEOPLE  # seconds

SEED = f"""
import django; django.setup()
from django.utils import timezone
from participants.certificates import batches
from tests.cast import make_cast
from tests.participants.certificates.making import make_finished, make_participant
cast = make_cast()
program = make_finished(cast, days=1)
program.delegations.update(quota=10_000)
for number in range({PEOPLE}):
    make_participant(cast, program, chr(0x4E00 + number) + "小明", email=f"p{{number}}@example.org")
batches.create_batch(program=program, by=cast.organiser, now=timezone.now())
"""

RESULT = """
import django; django.setup()
import io, json
from pathlib import Path
from pypdf import PdfReader
from participants.certificates.models import Certificate, CertificateBatch
from participants.notices.models import OutboxMail
batch = CertificateBatch.objects.get()
rows = list(Certificate.objects.order_by("serial"))
texts = {row.pk: PdfReader(row.pdf.path) for row in rows}
letters = list(OutboxMail.objects.filter(kind="certificate_issued").values_list("recipient", flat=True))
print(json.dumps({
    "batch": [batch.status, batch.total, batch.done, batch.failed],
    "serials": [row.serial for row in rows],
    "people": len({row.registration_id for row in rows}),
    "opened": sum(len(pdf.pages) for pdf in texts.values()),
    "match": sum(row.holder_name in pdf.metadata.title and row.number == pdf.metadata["/Keywords"] for row, pdf in zip(rows, texts.values())),
    "letters": [len(letters), len(set(letters))],
    "parts": len(list(Path(rows[0].pdf.path).parent.glob("*.part"))),
}))
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A database and a media folder of its own, and the real queue."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "exchange.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'drill.sqlite3'}",
        "MEDIA_ROOT": str(tmp_path / "media"),
        "TASKS_BACKEND": "db",
        "EMAIL_URL": "dummymail://",
    }


def python(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def progress(database: Path) -> tuple[str, int]:
    with sqlite3.connect(database, timeout=20) as connection:
        status, done = connection.execute("SELECT status, done FROM participants_certificatebatch").fetchone()
    return status, done


def wait(database: Path, until: float, more_than: int) -> Iterator[tuple[str, int]]:
    """The state of the batch, until it is done or has gone on."""
    while time.monotonic() < until:
        state = progress(database)
        yield state
        if state[0] == "done" or state[1] > more_than:
            return
        time.sleep(0.02)
    raise AssertionError(f"the batch stands still at {progress(database)}")


def worker(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "manage.py", "worker"]
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_worker_that_is_killed_again_and_again(environment: dict[str, str], tmp_path: Path) -> None:
    database, dice = tmp_path / "drill.sqlite3", random.Random(20261124)
    python(environment, "manage.py", "migrate", "-v0")
    python(environment, "-c", SEED)
    killed = 0
    while killed < KILLS and progress(database)[0] != "done":
        running = worker(environment)
        try:
            list(wait(database, time.monotonic() + STARTS_WITHIN, progress(database)[1]))
            time.sleep(dice.uniform(0, 0.15))
        finally:
            running.send_signal(signal.SIGKILL)
            running.wait()
        killed += progress(database)[0] != "done"
    last = worker(environment)
    try:
        list(wait(database, time.monotonic() + ENDS_WITHIN, PEOPLE))
    finally:
        last.kill()
        last.wait()
    assert killed >= min(KILLS, 5)
    found = json.loads(python(environment, "-c", RESULT))
    assert found["batch"] == ["done", PEOPLE, PEOPLE, 0]
    assert found["serials"] == list(range(1, PEOPLE + 1))
    assert found["people"] == found["opened"] == found["match"] == PEOPLE
    assert found["letters"] == [PEOPLE, PEOPLE]
