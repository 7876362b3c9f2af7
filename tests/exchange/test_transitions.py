"""Every arrow that is not in a table is refused, for every table of the project."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import models
from django.utils import timezone

import events
import participants
from events.programs.status import TRANSITIONS, ProgramStatus
from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation, Transition, arrow, check, move
from tests.cast import Cast, make_program


def modules() -> Iterator[Any]:
    for package in (events, participants):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.rsplit(".", 1)[-1] in ("status", "rules"):
                yield importlib.import_module(found.name)


def tables() -> dict[str, Mapping[str, Transition]]:
    """Every dict of transitions in a status.py or rules.py."""
    found: dict[int, tuple[str, Mapping[str, Transition]]] = {}
    for module in sorted(modules(), key=lambda module: module.__name__.endswith(".rules")):  # where it is written, before where it is imported
        for name, value in vars(module).items():
            if isinstance(value, dict) and value and all(isinstance(item, Transition) for item in value.values()):
                found.setdefault(id(value), (f"{module.__name__}.{name}", value))
    return dict(found.values())


def states(table: Mapping[str, Transition]) -> type[models.TextChoices]:
    return type(next(iter(table.values())).target)


CASES = [(place, name, status) for place, table in tables().items() for name in table for status in states(table)]


def test_the_tables_of_the_project_were_found() -> None:
    assert {"events.programs.status.TRANSITIONS", "participants.rosters.status.TRANSITIONS", "participants.certificates.status.TRANSITIONS"} <= set(tables())


@pytest.mark.parametrize(("place", "name", "status"), CASES)
def test_an_arrow_is_followed_from_its_sources_only(place: str, name: str, status: Any) -> None:
    table = tables()[place]
    row: Any = SimpleNamespace(status=status, get_status_display=lambda: "…")
    if status in table[name].sources:
        assert check(row, table, name, reason="因故") is table[name]
        return
    with pytest.raises(RuleViolation) as refusal:
        check(row, table, name, reason="因故")
    assert (refusal.value.code, refusal.value.params) == ("wrong_status", {"status": status})


@pytest.mark.parametrize("place", tables())
def test_every_state_but_the_first_can_be_reached(place: str) -> None:
    table = tables()[place]
    reached = {transition.target for transition in table.values()}
    assert len(set(states(table)) - reached) <= 1


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_a_reason_is_asked_for_where_people_need_one(reason: str) -> None:
    table = {"decline": arrow("a", to="b", needs_reason=True)}
    with pytest.raises(RuleViolation) as refusal:
        check(SimpleNamespace(status="a"), table, "decline", reason)  # type: ignore[arg-type]
    assert (refusal.value.code, refusal.value.field) == ("reason_required", "reason")


@pytest.mark.django_db
def test_move_sets_status_reason_and_time_and_writes_the_log(cast: Cast) -> None:
    program, now = make_program(cast), timezone.now()
    move(program, TRANSITIONS, "cancel", by=cast.organiser, at=now, reason=" 台风 ")
    program.refresh_from_db()
    assert (program.status, program.status_reason, program.status_changed_at) == (ProgramStatus.CANCELLED, "台风", now)
    entry = AuditEvent.objects.filter(action="program.cancel").get()
    assert (entry.actor_id, entry.changes, entry.reason) == (cast.organiser.pk, {"status": ["published", "cancelled"]}, " 台风 ")


@pytest.mark.django_db
def test_a_refused_move_changes_nothing(cast: Cast) -> None:
    program = make_program(cast, status="draft")
    events_before = AuditEvent.objects.count()
    with pytest.raises(RuleViolation):
        move(program, TRANSITIONS, "complete", by=cast.organiser, at=timezone.now())
    program.refresh_from_db()
    assert (program.status, AuditEvent.objects.count()) == (ProgramStatus.DRAFT, events_before)
