"""Taking back the last planning step. What it did is kept in the session of whoever did it, and only that is taken back."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from events.itineraries import drafts, planning, rules
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange.transitions import RuleViolation

KEPT = "itinerary_step"
TIMES = frozenset({"starts_at", "ends_at"})


@dataclass(frozen=True)
class Step:
    """`added`: keys of new items. `changed`: for each other item its key, and what it said before and after."""

    key: str
    program: int
    at: str
    added: list[int]
    changed: list[tuple[int, dict[str, str], dict[str, str]]]


def remember(request: HttpRequest, program: Program, at: datetime, *, added: Iterable[ItineraryItem] = (), changed: Iterable[Any] = ()) -> str:
    """Keep a step as the one to take back; returns its key. `changed` holds (item, values before, values after)."""
    rows = [(item.draft_of_id or item.pk, written(before), written(after)) for item, before, after in changed]
    step = Step(uuid.uuid4().hex, program.pk, at.isoformat(), [item.pk for item in added], rows)
    request.session[KEPT] = asdict(step)
    return step.key


def recall(request: HttpRequest, program: Program, key: str = "") -> Step | None:
    """The step of this program that can be taken back; with a key only that one."""
    kept = request.session.get(KEPT) or {}
    step = Step(**kept) if kept else None
    return step if step and step.program == program.pk and key in ("", step.key) else None


def forget(request: HttpRequest) -> None:
    request.session.pop(KEPT, None)


def written(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: value.isoformat() if name in TIMES else value for name, value in values.items()}


def read(values: Mapping[str, str]) -> dict[str, Any]:
    return {name: parse_datetime(value) if name in TIMES else value for name, value in values.items()}


@transaction.atomic
def undo(*, program: Program, step: Step, by: Any, at: datetime) -> int:
    """Take a step back, as far as nobody has changed or published the items since; how many items that were.

    Raises RuleViolation "nothing_to_undo", and what change_item raises.
    """
    done = sum(take_away(item, by) for item in added_by(program, step))
    done += sum(put_back(program, *row, by, at) for row in step.changed)
    if not done:
        raise RuleViolation("nothing_to_undo", _("This has been changed or published since, so it is not undone."))
    return done


def added_by(program: Program, step: Step) -> list[ItineraryItem]:
    """What the step added and nobody has touched since."""
    rows = ItineraryItem.planned.filter(program=program, pk__in=step.added, draft_of=None, changed_at=datetime.fromisoformat(step.at))
    return list(rows.filter(is_draft=program.status == ProgramStatus.PUBLISHED).select_related("program"))


def take_away(item: ItineraryItem, by: Any) -> int:
    if item.is_draft:
        drafts.discard_one(draft=item, by=by)
    else:
        rules.delete_item(item=item, by=by)
    return 1


def put_back(program: Program, key: int, before: dict[str, str], after: dict[str, str], by: Any, at: datetime) -> int:
    item = ItineraryItem.planned.filter(program=program, pk=key).select_related("program").first()
    now = drafts.current(item) if item else None
    if now is None or now.is_cancelled or any(getattr(now, name) != value for name, value in read(after).items()):
        return 0
    planning.change(item=now, by=by, at=at, **read(before))
    return 1
