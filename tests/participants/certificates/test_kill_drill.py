"""A real worker, killed with SIGKILL at random moments: nothing is lost, nothing doubled, and it goes on by itself.

Ten kills over two batches of sixty. The large drill, a hundred kills over five batches of a thousand, takes some twenty minutes:
`KILLS=100 BATCHES=5 PEOPLE=1000 .venv/bin/python -m pytest --slow -s tests/participants/certificates/test_kill_drill.py`.
"""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = [pytest.mark.slow, pytest.mark.one_database]
KILLS = int(os.environ.get("KILLS", "10"))
BATCHES = int(os.environ.get("BATCHES", "2"))
PEOPLE = int(os.environ.get("PEOPLE", "60"))  # in each batch
ALL = BATCHES * PEOPLE
GOES_ON_WITHIN, ENDS_WITHIN = 60, 60 + ALL  # seconds

SEED = f"""
import django; django.setup()
from django.utils import timezone
from participants.certificates import batches
from tests.cast import make_cast
from tests.participants.certificates.making import make_finished, make_participant
cast = make_cast()
for index in range({BATCHES}):
    program = make_finished(cast, days=1)
    program.delegations.update(quota=10_000)
    for number in range({PEOPLE}):
        make_participant(cast, program, chr(0x4E00 + number) + "小明", email=f"p{{index}}-{{number}}@example.org")
    batches.create_batch(program=program, by=cast.organiser, now=timezone.now())
"""

RESULT = """
import django; django.setup()
import io, json
from pathlib import Path
from pypdf import PdfReader
from participants.certificates.models import Certificate, CertificateBatch
from participants.notices.models import OutboxMail
rows = list(Certificate.objects.order_by("serial"))
texts = {row.pk: PdfReader(row.pdf.path) for row in rows}
letters = list(OutboxMail.objects.filter(kind="certificate_issued").values_list("recipient", flat=True))
print(json.dumps({
    "batches": [[batch.status, batch.total, batch.done, batch.failed] for batch in CertificateBatch.objects.all()],
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
    done = subprocess.run([sys.executable, *arguments], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def progress(database: Path) -> int:
    """How many certificates are finished."""
    with sqlite3.connect(database, timeout=20) as connection:
        return int(connection.execute("SELECT SUM(done) FROM participants_certificatebatch").fetchone()[0])


def wait(database: Path, seconds: float, more_than: int) -> float:
    """How long it took until that many were finished, or all."""
    begin = time.monotonic()
    while (done := progress(database)) <= more_than and done < ALL:
        if time.monotonic() - begin > seconds:
            raise AssertionError(f"stands still at {done}")
        time.sleep(0.02)
    return time.monotonic() - begin


def worker(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "manage.py", "worker"]
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_again_and_again(environment: dict[str, str], database: Path) -> list[float]:
    """A worker for each kill; how long each took to go on where the last one was cut off."""
    dice, waited = random.Random(20261124), []
    while len(waited) < KILLS and progress(database) < ALL - 1:
        running = worker(environment)
        try:
            waited.append(wait(database, GOES_ON_WITHIN, progress(database)))
            time.sleep(dice.uniform(0, 0.15))
        finally:
            running.send_signal(signal.SIGKILL)
            running.wait()
    return waited


def finish(environment: dict[str, str], database: Path) -> None:
    last = worker(environment)
    try:
        wait(database, ENDS_WITHIN, ALL)
        time.sleep(1)  # the last batch is marked as done
    finally:
        last.kill()
        last.wait()


def test_a_worker_that_is_killed_again_and_again(environment: dict[str, str], tmp_path: Path) -> None:
    database = tmp_path / "drill.sqlite3"
    python(environment, "manage.py", "migrate", "-v0")
    python(environment, "-c", SEED)
    waited = kill_again_and_again(environment, database)
    finish(environment, database)
    found = json.loads(python(environment, "-c", RESULT))
    print(
        f"{len(waited)} kills, {ALL} certificates in {BATCHES} batches; going on took up to {max(waited):.1f} s: {found | {'serials': len(found['serials'])}}"
    )
    assert len(waited) >= min(KILLS, 5) and max(waited) < GOES_ON_WITHIN
    assert found["batches"] == [["done", PEOPLE, PEOPLE, 0]] * BATCHES
    assert found["serials"] == list(range(1, ALL + 1))
    assert found["people"] == found["opened"] == found["match"] == ALL
    assert found["letters"] == [ALL, ALL]
    assert found["parts"] <= KILLS + 1  # a file that was being written; never one under its final name
