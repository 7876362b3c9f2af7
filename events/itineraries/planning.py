"""Planning in larger steps: move, copy a day, let what follows wait, fill a term with lessons.

In a draft program the steps act at once; in a published one they wait as drafts until they are published.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.itineraries import drafts, rules
from events.itineraries.models import Group, ItineraryItem
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange.transitions import RuleViolation


def add(*, program: Program, by: Any, at: datetime, groups: list[Group], **fields: Any) -> ItineraryItem:
    create = drafts.hold_new if program.status == ProgramStatus.PUBLISHED else rules.create_item
    return create(program=program, by=by, at=at, groups=groups, **fields)


def change(*, item: ItineraryItem, by: Any, at: datetime, **fields: Any) -> ItineraryItem:
    """Raises what change_item and hold_change raise."""
    alter = drafts.hold_change if item.program.status == ProgramStatus.PUBLISHED else rules.change_item
    return alter(item=item, by=by, at=at, **fields)


def items_on(program: Program, day: date) -> list[ItineraryItem]:
    """What is planned to take place on a day, drafts included."""
    rows = ItineraryItem.planned.filter(program=program).as_planned().on(day).exclude(status="cancelled")
    return list(rows.select_related("program").prefetch_related("groups"))


@transaction.atomic
def copy_day(*, program: Program, source: date, target: date, by: Any, at: datetime) -> list[ItineraryItem]:
    """Plan the items of one day again on another, at the same times. Raises RuleViolation "same_day", "nothing_there"."""
    if source == target:
        raise RuleViolation("same_day", _("Choose another day to copy to."), field="target")
    items, shift = items_on(program, source), target - source
    if not items:
        raise RuleViolation("nothing_there", _("Nothing is planned on this day."), field="source")
    return [add(program=program, by=by, at=at, groups=list(item.groups.all()), **moved(item, shift)) for item in items]


def moved(item: ItineraryItem, shift: timedelta) -> dict[str, Any]:
    return drafts.values_of(item) | {"starts_at": item.starts_at + shift, "ends_at": item.ends_at + shift}


@transaction.atomic
def shift_following(*, program: Program, day: date, after: time, minutes: int, group: Group | None, by: Any, at: datetime) -> list[ItineraryItem]:
    """Move what begins on a day at or after a time, for one group or all. Raises RuleViolation "nothing_there", "leaves_the_day"."""
    items = [item for item in items_on(program, day) if timezone.localtime(item.starts_at).time() >= after and concerns(item, group)]
    if not items:
        raise RuleViolation("nothing_there", _("Nothing begins at or after this time."), field="after")
    shift = timedelta(minutes=minutes)
    if any(timezone.localtime(item.starts_at + shift).date() != day for item in items):
        raise RuleViolation("leaves_the_day", _("Some items would begin on another day. Choose fewer minutes."), field="minutes")
    return [change(item=item, by=by, at=at, starts_at=item.starts_at + shift, ends_at=item.ends_at + shift) for item in items]


def concerns(item: ItineraryItem, group: Group | None) -> bool:
    groups = list(item.groups.all())
    return group is None or not groups or group in groups
