"""What planning or changing a series would do, lesson by lesson, to be seen before it is done."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from events.itineraries.models import ItineraryItem
from events.itineraries.series import rules
from events.itineraries.series.models import LessonSeries
from events.itineraries.series.recurrence import days, left_out
from events.programs.models import Program


@dataclass(frozen=True)
class Line:
    """One lesson: `kind` is new, changed, kept, off or left_out; `reason` is the holiday."""

    kind: str
    day: date
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    host: Any = None
    was: ItineraryItem | None = None
    reason: str = ""


@dataclass(frozen=True)
class Preview:
    lines: list[Line]
    key: str  # of what was shown: what is saved must be that

    def count(self, kind: str) -> int:
        return sum(line.kind == kind for line in self.lines)

    @property
    def counts(self) -> dict[str, int]:
        return {kind: self.count(kind) for kind in ("new", "changed", "kept", "off", "left_out")}


def preview(program: Program, facts: dict[str, Any], series: LessonSeries | None = None) -> Preview:
    """For a new series, or for what follows in `series`. Raises RuleViolation "nothing_there", "too_many"."""
    fields = {name: value for name, value in facts.items() if name not in ("hosts", "groups")}
    wanted = LessonSeries(program=program, **fields)
    rules.check_days(days(wanted.rule))
    hosts, groups = facts["hosts"], facts["groups"]
    lines = [changed_line(step) for step in rules.steps(series, wanted, hosts, groups)] if series else new_lines(wanted, hosts)
    lines += [Line("left_out", day, reason=reason) for day, reason in left_out(wanted.rule)]
    return Preview(sorted(lines, key=lambda line: line.day), key_of(facts))


def new_lines(wanted: LessonSeries, hosts: Sequence[Any]) -> list[Line]:
    found = [rules.lesson(wanted, hosts, number, day) for number, day in enumerate(days(wanted.rule))]
    return [Line("new", row["series_day"], row["starts_at"], row["ends_at"], row["host_organisation"]) for row in found]


def changed_line(step: rules.Step) -> Line:
    item = step.item
    if step.day is None and item is not None and item.series_day is not None:
        return Line("off", item.series_day, item.starts_at, item.ends_at, item.host_organisation, was=item)
    starts_at, ends_at, host = (step.fields.get(name, getattr(item, name, None)) for name in ("starts_at", "ends_at", "host_organisation"))
    assert step.day is not None
    return Line(step.kind, step.day, starts_at, ends_at, host, was=item)


def key_of(facts: dict[str, Any]) -> str:
    return hashlib.sha256(repr(sorted((name, str(value)) for name, value in facts.items())).encode()).hexdigest()[:32]
