"""Numbers under races: threads, forced rollbacks, no gap, no duplicate. `ISSUERS=50` lets fifty issue at once, `-s` shows the figures."""

import os
import random
import threading
import time

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from participants.attendance import rules as attendance
from participants.certificates import rules
from participants.certificates.facts import CertificateFacts
from participants.certificates.models import Certificate, NumberSeries
from tests.cast import Cast, make_cast
from tests.participants.certificates.making import make_finished, make_participant

THREADS, EACH = int(os.environ.get("ISSUERS", "6")), 4


class ForcedRollback(Exception):
    """What the drill raises after a number was taken."""


def prepared(registration_id: int) -> CertificateFacts:
    return rules.prepare(rules.for_issuing(registration_id), timezone.now())


def enter(facts: CertificateFacts, registration_id: int, cast: Cast, chance: random.Random) -> int:
    """Issue once, through rollbacks and a busy database; how many rollbacks were forced."""
    forced = 0
    while True:
        try:
            with transaction.atomic():
                rules.enter(registration_id=registration_id, facts=facts, by=cast.organiser, now=timezone.now())
                if chance.random() < 0.2:
                    raise ForcedRollback
        except ForcedRollback:
            forced += 1
        except OperationalError:  # an in-memory SQLite refuses at once where others wait
            time.sleep(0.01)
        else:
            return forced


def test_parallel_issuers_leave_no_gap_and_no_duplicate(committed: None) -> None:
    cast = make_cast()
    program = make_finished(cast, days=1)
    program.delegations.update(quota=THREADS * EACH)
    ids = [make_participant(cast, program, f"人{number}").pk for number in range(THREADS * EACH)]
    facts = {pk: prepared(pk) for pk in ids}
    failures: list[BaseException] = []
    forced: list[int] = []

    def work(mine: list[int], seed: int) -> None:
        try:
            forced.extend(enter(facts[registration_id], registration_id, cast, random.Random(seed + registration_id)) for registration_id in mine)
        except BaseException as error:  # shown below, in the main thread
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(ids[start::THREADS], start)) for start in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=600)
    print(f"{connection.vendor}: {THREADS} issuers, {Certificate.objects.count()} certificates, {sum(forced)} forced rollbacks")
    assert not failures
    assert sorted(Certificate.objects.values_list("serial", flat=True)) == list(range(1, THREADS * EACH + 1))
    assert NumberSeries.objects.get().last_serial == THREADS * EACH
    assert Certificate.objects.values("registration").distinct().count() == THREADS * EACH


def test_two_threads_for_one_person_make_one_certificate(committed: None) -> None:
    cast = make_cast()
    registration = make_participant(cast, make_finished(cast, days=1))
    facts = prepared(registration.pk)
    outcomes: list[str] = []

    def work() -> None:
        try:
            enter(facts, registration.pk, cast, random.Random(1))
            outcomes.append("issued")
        except rules.RuleViolation as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["already_issued"] * 3 + ["issued"]
    assert [row.serial for row in Certificate.objects.all()] == [1]


def test_attendance_corrected_after_the_facts_were_prepared_is_on_the_paper(committed: None) -> None:
    """A correction holds the person's place while the number is asked for: the paper waits for it, and says the new hours."""
    cast = make_cast()
    registration = make_participant(cast, make_finished(cast, days=1, minimum_attendance_percent=50))
    facts, item = prepared(registration.pk), registration.program.items.order_by("pk").first()
    assert facts.hours == "8" and item is not None
    corrected, entered, failures = threading.Event(), threading.Event(), []

    def correct() -> None:
        try:
            with transaction.atomic():
                attendance.record(registration=registration, item=item, state="absent", reason="误签", by=cast.organiser, now=timezone.now())
                corrected.set()
                entered.wait(0.5)  # it must not: the place is locked
        except BaseException as error:
            failures.append(error)
        finally:
            corrected.set()
            connection.close()

    thread = threading.Thread(target=correct)
    thread.start()
    corrected.wait(30)
    enter(facts, registration.pk, cast, random.Random(1))
    entered.set()
    thread.join(timeout=60)
    assert not failures
    assert [row.facts["hours"] for row in Certificate.objects.all()] == ["4"]
