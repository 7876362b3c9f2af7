"""Taking back planning steps, the last one first. What they did is kept in the session of whoever did it, and only that is taken back."""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from events.itineraries import drafts, planning, rules
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange.transitions import RuleViolation, move

KEPT = "itinerary_steps"
MOST_STEPS, MOST_TEXT = 20, 100_000  # of one session: how many, and in characters
OF_A_LESSON = (*drafts.FIELDS, *drafts.IN_SERIES, "status")
States = dict[int, dict[str, Any]]  # by the key of the item, or of the item that a draft changes


@dataclass(frozen=True)
class Step:
    """`added`: keys of new items. `changed`: for each other item its key, and what it said before and after. `removed`: items that are gone."""

    key: str
    program: int
    at: str
    added: list[int]
    changed: list[tuple[int, dict[str, Any], dict[str, Any]]]
    removed: list[dict[str, Any]] = field(default_factory=list)


def remember(
    request: HttpRequest, program: Program, at: datetime, *, added: Iterable[ItineraryItem] = (), changed: Iterable[Any] = (), removed: Iterable[Any] = ()
) -> str:
    """Keep a step as the one to take back; returns its key. `changed` holds (item, values before, values after), `removed` states."""
    rows = [(item.key, written(before), written(after)) for item, before, after in changed]
    return keep(request, Step(uuid.uuid4().hex, program.pk, at.isoformat(), [item.pk for item in added], rows, list(removed)))


def remember_difference(request: HttpRequest, program: Program, at: datetime, before: States, after: States) -> str:
    """The same for a step that added, changed and removed items, from what `states` said before and after it."""
    pairs = [(key, before[key], after[key], differing(before[key], after[key])) for key in before.keys() & after.keys()]
    changed = [(key, only(was, names), only(now, names)) for key, was, now, names in pairs if names]
    removed = [state for key, state in before.items() if key not in after]
    return keep(request, Step(uuid.uuid4().hex, program.pk, at.isoformat(), [key for key in after if key not in before], changed, removed))


def keep(request: HttpRequest, step: Step) -> str:
    steps = [*kept(request), asdict(step)][-MOST_STEPS:]
    while len(steps) > 1 and len(json.dumps(steps)) > MOST_TEXT:
        del steps[0]
    request.session[KEPT] = steps
    return step.key


def kept(request: HttpRequest) -> list[dict[str, Any]]:
    return request.session.get(KEPT, [])


def recall(request: HttpRequest, program: Program, key: str = "") -> Step | None:
    """The last step of this program that can be taken back; with a key only the one that it names."""
    steps = (Step(**facts) for facts in reversed(kept(request)))
    return next((step for step in steps if step.program == program.pk and key in ("", step.key)), None)


def forget(request: HttpRequest, step: Step) -> None:
    request.session[KEPT] = [facts for facts in kept(request) if facts["key"] != step.key]


# Values as JSON -----------------------------------------------------------------------------------------------------------


def states(items: Iterable[ItineraryItem]) -> States:
    """All that undoing needs to know of items."""
    return {item.key: {"uid": item.uid, **state_of(item, (*OF_A_LESSON, "groups"))} for item in items}


def state_of(item: ItineraryItem, names: Iterable[str]) -> dict[str, Any]:
    return written({name: list(item.groups.all()) if name == "groups" else getattr(item, name) for name in names})


def differing(was: Mapping[str, Any], now: Mapping[str, Any]) -> set[str]:
    """A draft has a UID of its own, which is no difference."""
    return {name for name in was if name != "uid" and was[name] != now[name]}


def only(state: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name in names}


def written(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items()}


def plain(value: Any) -> Any:
    """The same text for the same value, however it was read."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, models.Model):
        return value.pk
    return sorted(row.pk for row in value) if isinstance(value, list) else value


def read(values: Mapping[str, Any]) -> dict[str, Any]:
    """What `written` wrote, as fields of an item take it."""
    return {name: read_value(name, value) for name, value in values.items()}


def read_value(name: str, value: Any) -> Any:
    column: Any = ItineraryItem._meta.get_field(name)
    if name == "groups":
        return list(column.related_model.objects.filter(pk__in=value))
    if column.is_relation:
        return column.related_model._base_manager.filter(pk=value).first()
    return column.to_python(value)


# Undoing ------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def undo(*, program: Program, step: Step, by: Any, at: datetime) -> int:
    """Take a step back, as far as nobody has changed or published the items since; how many items that were.

    Raises RuleViolation "nothing_to_undo", and what change_item raises.
    """
    done = sum(take_away(item, by) for item in added_by(program, step))
    done += sum(put_back(program, *row, by, at) for row in step.changed)
    done += sum(bring_back(program, row, by, at) for row in step.removed)
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


def put_back(program: Program, key: int, before: dict[str, Any], after: dict[str, Any], by: Any, at: datetime) -> int:
    item = ItineraryItem.planned.filter(program=program, pk=key).select_related("program").first()
    now = drafts.current(item) if item else None
    if now is None or state_of(now, after) != after or (now.is_cancelled and "status" not in after):
        return 0
    if now.is_cancelled:
        now = restored(now, by, at)
    planning.change(item=now, by=by, at=at, **read({name: value for name, value in before.items() if name != "status"}))
    return 1


def restored(item: ItineraryItem, by: Any, at: datetime) -> ItineraryItem:
    """Called off as a draft, nobody has been told of it."""
    if not item.is_draft:
        return rules.restore_item(item=item, by=by, at=at)
    move(item, rules.ITEM_TRANSITIONS, "restore", by=by, at=at)
    return drafts.forget_if_same(item)


def bring_back(program: Program, state: dict[str, Any], by: Any, at: datetime) -> int:
    """Plan an item again that was removed, unless it is there, or its day of the series is taken."""
    values = read({name: value for name, value in state.items() if name not in ("uid", "status")})
    same_day = {"series": values["series"], "series_day": values["series_day"]}
    taken = ItineraryItem.planned.filter(uid=state["uid"]).exists() or ItineraryItem.planned.filter(**same_day, series__isnull=False, draft_of=None).exists()
    if not taken:
        planning.add(program=program, by=by, at=at, uid=state["uid"], **values)
    return int(not taken)
