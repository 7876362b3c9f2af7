"""Sixty at once for twenty places: each thread with a connection and a transaction of its own, on the database that the site uses."""

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from events.programs.models import Program
from exchange.transitions import RuleViolation
from participants.people import rules as people
from participants.people.models import Person
from participants.rosters import quota, rules
from participants.rosters.models import Delegation, Registration
from participants.rosters.undo import undo
from tests.cast import Cast, make_cast, make_delegation, make_person, make_program, make_registration

PLACES, PEOPLE = 20, 60


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_once(tmp_path: Path) -> Iterator[Callable[..., list[Any]]]:
    """`at_once(*calls)` runs each call in a thread of its own, with committed transactions.

    On SQLite all of them work on a file, copied from the empty test database: one in memory knows no waiting for locks.
    """
    if connection.vendor != "sqlite":
        yield in_threads
        return
    settings = connections.settings["default"]
    name = settings["NAME"]
    assert "memory" in name
    connection.ensure_connection()
    with sqlite3.connect(tmp_path / "race.sqlite3") as file:
        connection.connection.backup(file)
    settings["NAME"] = str(tmp_path / "race.sqlite3")
    yield in_threads
    settings["NAME"] = name


def in_threads(*calls: Callable[[], Any]) -> list[Any]:
    start = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def work(index: int, call: Callable[[], Any]) -> None:
        start.wait()
        try:
            answers[index] = call()
        except RuleViolation as violation:
            answers[index] = violation.code
        except Exception as error:  # the test compares what came out
            answers[index] = repr(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@dataclass
class Scene:
    cast: Cast
    program: Program
    delegation: Delegation
    rows: list[Registration]


def scene(at_once: Callable[..., list[Any]], number: int, allocated: int = 0) -> Scene:
    """A delegation with twenty places and drafts of one school."""

    def build() -> Scene:
        cast = make_cast()
        program = make_program(cast)
        delegation = make_delegation(cast, program, cast.beichen, PLACES)
        if allocated:
            quota.set_allocation(delegation=delegation, organisation=cast.school_a, quota=allocated, by=cast.district_beichen)
        assert cast.organiser.scopes and cast.coordinator_a.scopes  # read once, so that the threads share it
        return Scene(cast, program, delegation, [make_registration(cast, program, make_person(cast, cast.school_a)) for _index in range(number)])

    built = at_once(build)[0]
    assert isinstance(built, Scene), built
    return built


def submit(registration: Registration, cast: Cast) -> Callable[[], str]:
    return lambda: str(rules.submit(registration=registration, by=cast.organiser, now=timezone.now()).status)


@pytest.mark.parametrize("allocated", [0, PLACES])
def test_twenty_places_take_exactly_twenty_of_sixty(at_once: Callable[..., list[Any]], allocated: int) -> None:
    found = scene(at_once, PEOPLE, allocated)
    answers = at_once(*(submit(row, found.cast) for row in found.rows))
    assert Counter(answers) == {"submitted": PLACES, "quota_full": PEOPLE - PLACES}
    assert at_once(lambda: Registration.objects.taking_place().count()) == [PLACES]


def test_lowered_quota_meets_submissions_without_exceeding(at_once: Callable[..., list[Any]]) -> None:
    found = scene(at_once, 30)

    def lower() -> str:
        return f"lowered to {quota.set_delegation(program=found.program, organisation=found.cast.beichen, quota=10, by=found.cast.organiser).quota}"

    calls = [submit(row, found.cast) for row in found.rows]
    answers = Counter(at_once(*calls[:15], lower, *calls[15:]))
    outcome = "lowered to 10" if "lowered to 10" in answers else "quota_below_used"
    limit = 10 if outcome == "lowered to 10" else PLACES
    assert answers == {"submitted": limit, "quota_full": 30 - limit, outcome: 1}
    assert at_once(lambda: found.delegation.registrations.taking_place().count()) == [limit]


def test_one_person_registers_once_however_often_it_is_sent(at_once: Callable[..., list[Any]]) -> None:
    found = scene(at_once, 0)
    person = at_once(lambda: make_person(found.cast, found.cast.school_a))[0]

    def register() -> str:
        return str(rules.create_registration(program=found.program, person=person, by=found.cast.organiser, now=timezone.now()).status)

    assert Counter(at_once(*[register] * 12)) == {"draft": 1, "already_registered": 11}


def test_a_part_of_the_places_takes_exactly_as_many(at_once: Callable[..., list[Any]]) -> None:
    found = scene(at_once, 20)
    limit = at_once(lambda: quota.set_part(delegation=found.delegation, kind="subject", value="数学", quota=5, by=found.cast.organiser).quota)
    answers = at_once(*(submit(row, found.cast) for row in found.rows))
    assert limit == [5] and Counter(answers) == {"submitted": 5, "quota_full": 15}


def test_people_who_change_their_subject_at_once_keep_to_the_part(at_once: Callable[..., list[Any]]) -> None:
    found = scene(at_once, 10)
    at_once(*(submit(row, found.cast) for row in found.rows))
    at_once(lambda: quota.set_part(delegation=found.delegation, kind="subject", value="语文", quota=3, by=found.cast.organiser))

    def change(row: Registration) -> Callable[[], str]:
        return lambda: str(people.change_person(person=row.person, by=found.cast.organiser, subject="语文").subject)

    assert Counter(at_once(*(change(row) for row in found.rows))) == {"语文": 3, "quota_full": 7}


def test_the_places_of_substitutes_stay_held_while_others_want_them(at_once: Callable[..., list[Any]]) -> None:
    found = scene(at_once, PLACES + 10)
    at_once(*(submit(row, found.cast) for row in found.rows[:PLACES]))
    people_of_unit = at_once(lambda: [make_person(found.cast, found.cast.school_a) for _index in range(10)])[0]

    def swap(row: Registration, person: Person) -> Callable[[], str]:
        return lambda: str(rules.replace(registration=row, person=person, by=found.cast.coordinator_a, now=timezone.now()).status)

    swaps = [swap(row, person) for row, person in zip(found.rows, people_of_unit, strict=False)]
    answers = Counter(at_once(*swaps, *swaps, *(submit(row, found.cast) for row in found.rows[PLACES:])))
    assert answers == {"submitted": 10, "wrong_status": 10, "quota_full": 10}
    assert at_once(lambda: found.delegation.registrations.taking_place().count()) == [PLACES]


def test_undone_returns_and_new_submissions_share_the_last_places(at_once: Callable[..., list[Any]]) -> None:
    found = scene(at_once, PLACES + 10)
    returned, fresh = found.rows[:PLACES], found.rows[PLACES:]
    at_once(*(submit(row, found.cast) for row in returned))
    for row in returned:
        at_once(lambda row=row: rules.send_back(registration=row, by=found.cast.organiser, now=timezone.now(), reason="号码有误").pk)  # type: ignore[misc]

    def take_back(row: Registration) -> Callable[[], str]:
        return lambda: str(undo(registration=row, by=found.cast.organiser, now=timezone.now()).status)

    answers = Counter(at_once(*map(take_back, returned), *(submit(row, found.cast) for row in fresh)))
    assert answers == {"submitted": PLACES, "quota_full": 10}
    assert at_once(lambda: found.delegation.registrations.taking_place().count()) == [PLACES]
