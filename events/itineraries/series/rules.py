"""Series of lessons: planned together, changed together from some day on, each lesson an item of its own.

The steps run through the ordinary rules of items: at once in a draft program, as drafts that wait in a published one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.itineraries import drafts, planning, rules
from events.itineraries.models import Group, ItineraryItem
from events.itineraries.series.models import LessonHost, LessonSeries
from events.itineraries.series.recurrence import days, pair
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import audit
from exchange.transitions import RuleViolation

MOST_LESSONS = 100
# What every lesson takes from its series, beside time and host.
SAID = ("title_zh", "title_en", "item_type", "venue", "location", "responsible", "description", "credit_hours", "meeting_url", "is_public")


@dataclass(frozen=True)
class Step:
    """What a change of the rule means for one lesson: `item` is None for a new one, `day` for one that is called off."""

    item: ItineraryItem | None
    day: date | None
    fields: Mapping[str, Any]
    is_regrouped: bool = False

    @property
    def kind(self) -> str:
        if self.item is None:
            return "new"
        if self.day is None:
            return "off"
        is_changed = self.is_regrouped or any(getattr(self.item, name) != value for name, value in self.fields.items() if name not in drafts.IN_SERIES)
        return "changed" if is_changed else "kept"


def check_days(found: Sequence[date]) -> None:
    """Raise RuleViolation "nothing_there" or "too_many"."""
    if not found:
        raise RuleViolation("nothing_there", _("No day is left in this time."), field="last")
    if len(found) > MOST_LESSONS:
        raise RuleViolation("too_many", _("At most %(count)s lessons at once.") % {"count": MOST_LESSONS}, field="last")


def make_series(*, program: Program, at: datetime, hosts: Sequence[Any], groups: Sequence[Group], **fields: Any) -> LessonSeries:
    """Write down a rule, without lessons. Raises RuleViolation "nothing_there", "too_many"."""
    series = LessonSeries(program=program, created_at=at, **fields)
    check_days(days(series.rule))
    series.save()
    series.groups.set(groups)
    LessonHost.objects.bulk_create(LessonHost(series=series, organisation=host, turn=turn) for turn, host in enumerate(hosts, 1))
    return series


@transaction.atomic
def plan_series(*, program: Program, by: Any, at: datetime, hosts: Sequence[Any], groups: Sequence[Group], **fields: Any) -> LessonSeries:
    """Plan one real item for each day of a new series. Raises RuleViolation "nothing_there", "too_many", and what create_item raises."""
    series = make_series(program=program, at=at, hosts=hosts, groups=groups, **fields)
    for number, day in enumerate(days(series.rule)):
        planning.add(program=program, by=by, at=at, groups=list(groups), **lesson(series, hosts, number, day))
    audit.record("lesson_series.plan", series, by=by)
    return series


def lesson(series: LessonSeries, hosts: Sequence[Any], number: int, day: date) -> dict[str, Any]:
    """The lesson of a day, the `number`th counted from 0, as the rule has it."""
    starts_at, ends_at = series.times(day)
    said = {name: getattr(series, name) for name in SAID}
    host = hosts[number % len(hosts)] if hosts else None
    return said | {"series": series, "series_day": day, "starts_at": starts_at, "ends_at": ends_at, "host_organisation": host}


def lessons_of(series: LessonSeries, since: date | None = None) -> list[ItineraryItem]:
    """The lessons of a series as they are planned, in order of the days that the rule gave them."""
    rows = ItineraryItem.planned.filter(series=series).as_planned()
    found = rows.filter(series_day__gte=since) if since else rows
    return list(found.select_related("program__organiser", "host_organisation", "venue", "draft_of").prefetch_related("groups").order_by("series_day", "pk"))


def steps(series: LessonSeries, changed: LessonSeries, hosts: Sequence[Any], groups: Sequence[Group]) -> list[Step]:
    """What `changed` (saved or not) means for the lessons from its first day on, in order of time."""
    was_for = set(series.groups.all())
    lessons = {item.series_day: item for item in lessons_of(series, changed.first) if item.series_day}
    new_days = days(changed.rule)
    pairs = pair(list(lessons), new_days)
    by_rule = {day: lesson(series, series.hosts, number, day) for number, day in enumerate(days(series.rule))}
    sources = {after: lessons[before] for before, after in pairs.items()}
    found = []
    for number, day in enumerate(new_days):
        wanted, item = lesson(changed, hosts, number, day), sources.get(day)
        is_regrouped = item is not None and was_for != set(groups) and set(item.groups.all()) == was_for
        found.append(Step(item, day, follow(item, by_rule.get(item.series_day or day, {}), wanted) if item else wanted, is_regrouped))
    found += [Step(item, None, {}) for before, item in lessons.items() if before not in pairs and not item.is_cancelled]
    return sorted(found, key=lambda step: step.day or step.item.series_day)  # type: ignore[union-attr,arg-type,return-value]


def follow(item: ItineraryItem, was: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What a lesson takes over: not what was set for it alone, and differs from the rule that it followed."""
    own = {name for name in wanted if name not in ("series", "series_day") and getattr(item, name) != was.get(name, wanted[name])}
    if own & {"starts_at", "ends_at"}:
        own |= {"starts_at", "ends_at"}  # a time is one thing
    return {name: value for name, value in wanted.items() if name not in own}


@transaction.atomic
def change_following(*, series: LessonSeries, by: Any, at: datetime, hosts: Sequence[Any], groups: Sequence[Group], **fields: Any) -> LessonSeries:
    """Give the lessons from `first` on another rule; the earlier ones keep theirs, and single lessons what was set for them alone.

    Raises RuleViolation "nothing_there", "too_many", "nothing_changes", and what change_item and hold_change raise.
    """
    changed = make_series(program=series.program, at=at, hosts=hosts, groups=groups, continues=series, **fields)
    found = steps(series, changed, hosts, groups)
    if all(step.kind == "kept" for step in found):
        raise RuleViolation("nothing_changes", _("This is what is planned already."))
    for step in found:
        take(step, by=by, at=at, groups=list(groups))
    audit.record("lesson_series.change", changed, by=by)
    return changed


def take(step: Step, *, by: Any, at: datetime, groups: list[Group]) -> None:
    item = step.item
    if item is None:
        planning.add(program=step.fields["series"].program, by=by, at=at, groups=groups, **step.fields)
    elif step.day is None:
        call_off(item, by=by, at=at)
    else:
        planning.change(item=item, by=by, at=at, groups=groups if step.is_regrouped else list(item.groups.all()), **step.fields)


def call_off(item: ItineraryItem, *, by: Any, at: datetime) -> None:
    """In a published program a lesson waits to be called off. In a draft nobody has seen it, and it goes, or is struck through if files would go with it."""
    if item.program.status != ProgramStatus.DRAFT:
        drafts.hold_cancel(item=item, by=by, at=at)
    elif item.materials.exists():
        rules.cancel_item(item=item, by=by, at=at)
    else:
        rules.delete_item(item=item, by=by)


@transaction.atomic
def remove_series(*, series: LessonSeries, since: date, by: Any, at: datetime) -> int:
    """Call off what a series still has from a day on; returns how many lessons. Raises RuleViolation "nothing_there", "program_closed"."""
    rows = [item for item in lessons_of(series, since) if not item.is_cancelled]
    if not rows:
        raise RuleViolation("nothing_there", _("No lesson of this series is left from this day on."))
    if series.program.status not in (ProgramStatus.DRAFT, ProgramStatus.PUBLISHED):
        raise RuleViolation("program_closed", _("The itinerary of a completed or cancelled program is not changed any more."))
    for item in rows:
        call_off(item, by=by, at=at)
    audit.record("lesson_series.remove", series, by=by)
    return len(rows)


def next_day(series: LessonSeries, now: datetime) -> date:
    """From which day a change is meant when nobody says: the next lesson, or the first."""
    today = timezone.localdate(now)
    days_left = [item.series_day for item in lessons_of(series) if item.series_day]
    return next((day for day in days_left if day >= today), days_left[0] if days_left else series.first)
