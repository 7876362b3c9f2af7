"""Changes to programs and series."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.itineraries.drafts import FIELDS as PLANNED
from events.itineraries.models import ItineraryItem, new_uid
from events.programs.models import Program, Series
from events.programs.status import TRANSITIONS, ProgramStatus
from exchange import audit
from exchange.transitions import RuleViolation, check, move


def check_dates(program: Program) -> None:
    """Raise RuleViolation "dates_reversed" or "registration_dates_reversed"."""
    if program.ends_on < program.starts_on:
        raise RuleViolation("dates_reversed", _("The last day lies before the first."), field="ends_on")
    opens, closes = program.registration_opens_at, program.registration_closes_at
    if opens and closes and closes <= opens:
        raise RuleViolation("registration_dates_reversed", _("Registration closes before it opens."), field="registration_closes_at")


def save_details(program: Program, details: dict[str, Any]) -> dict[str, list[str]]:
    """Write the row of the program's kind; returns what changed as the audit wants it."""
    row = program.details or program.kind_rules.details_model(program=program)
    changed = differences(row, details)
    for name, value in details.items():
        setattr(row, name, value)
    row.save()
    return {f"details.{name}": change for name, change in changed.items()}


def differences(row: Any, fields: dict[str, Any]) -> dict[str, list[str]]:
    return {name: [str(getattr(row, name)), str(value)] for name, value in fields.items() if getattr(row, name) != value}


@transaction.atomic
def create_program(*, by: Any, details: dict[str, Any] | None = None, co_organisers: list[Any] | None = None, **fields: Any) -> Program:
    """Make a draft. Raises RuleViolation "dates_reversed", "registration_dates_reversed"."""
    program = Program(**fields)
    check_dates(program)
    program.save()
    program.co_organisers.set(co_organisers or [])
    save_details(program, details or {})
    audit.record("program.create", program, by=by)
    return program


@transaction.atomic
def change_program(*, program: Program, by: Any, details: dict[str, Any] | None = None, co_organisers: list[Any] | None = None, **fields: Any) -> Program:
    """Change a program that is not over. Raises RuleViolation "wrong_status", "kind_fixed", "dates_reversed", "registration_dates_reversed"."""
    program = Program.objects.select_for_update(no_key=True).get(pk=program.pk)
    if program.status in (ProgramStatus.COMPLETED, ProgramStatus.CANCELLED):
        raise RuleViolation("wrong_status", _("A completed or cancelled program is not changed any more."))
    if fields.get("kind", program.kind) != program.kind:
        raise RuleViolation("kind_fixed", _("The kind of a program cannot change. Copy it, or make a new one."), field="kind")
    changed = differences(program, fields)
    for name, value in fields.items():
        setattr(program, name, value)
    check_dates(program)
    program.save()
    if co_organisers is not None:
        program.co_organisers.set(co_organisers)
    changed |= save_details(program, details or {})
    audit.record("program.change", program, by=by, changes=changed)
    return program


@transaction.atomic
def publish(*, program: Program, by: Any, at: datetime) -> Program:
    """draft → published: pages, feeds and registration begin. Raises RuleViolation "wrong_status" and what the kind refuses."""
    program = Program.objects.select_for_update(no_key=True).get(pk=program.pk)
    program.kind_rules.check_publish(program)
    move(program, TRANSITIONS, "publish", by=by, at=at)
    return program


@transaction.atomic
def complete(*, program: Program, by: Any, at: datetime) -> Program:
    """published → completed, once the last day has come. Raises RuleViolation "wrong_status", "not_over"."""
    program = Program.objects.select_for_update(no_key=True).get(pk=program.pk)
    check(program, TRANSITIONS, "complete")
    if program.ends_on > timezone.localdate(at):
        raise RuleViolation("not_over", _("The last day of the program has not come yet."))
    move(program, TRANSITIONS, "complete", by=by, at=at)
    return program


@transaction.atomic
def cancel(*, program: Program, by: Any, at: datetime, reason: str) -> Program:
    """Call a program off; the reason is shown to those concerned. Raises RuleViolation "wrong_status", "reason_required"."""
    program = Program.objects.select_for_update(no_key=True).get(pk=program.pk)
    move(program, TRANSITIONS, "cancel", by=by, at=at, reason=reason)
    return program


@transaction.atomic
def save_series(*, by: Any, series: Series | None = None, **fields: Any) -> Series:
    """Add or change a season. Raises RuleViolation "name_taken" when the organiser has one of this name and year."""
    row = series or Series()
    changed = differences(row, fields) if series else {}
    for name, value in fields.items():
        setattr(row, name, value)
    if Series.objects.filter(organiser_id=row.organiser_id, year=row.year, name_zh=row.name_zh).exclude(pk=row.pk).exists():
        raise RuleViolation("name_taken", _("There is a season of this name in this year already."), field="name_zh")
    row.save()
    audit.record("series.change" if series else "series.create", row, by=by, changes=changed)
    return row


COPIED = [
    "kind",
    "title_en",
    "summary_zh",
    "summary_en",
    "series_id",
    "organiser_id",
    "issuer_id",
    "host_division_id",
    "place_zh",
    "place_en",
    "visibility",
    "contact_name",
    "contact_phone",
    "minimum_attendance_percent",
    "credit_hours_cap",
    "hours_rule",
]


@transaction.atomic
def copy_program(*, program: Program, by: Any, starts_on: Any, title_zh: str) -> Program:
    """A new draft with the same settings, groups and itinerary, moved to the new first day; no people come along."""
    shift = starts_on - program.starts_on
    copy = Program.objects.create(
        title_zh=title_zh, starts_on=starts_on, ends_on=program.ends_on + shift, copied_from=program, **{name: getattr(program, name) for name in COPIED}
    )
    copy.co_organisers.set(program.co_organisers.all())
    copy_details(program, copy)
    groups = {group.pk: copy.groups.create(number=group.number, name=group.name, coach=group.coach) for group in program.groups.all()}
    copy_items(program, copy, shift, groups)
    audit.record("program.copy", copy, by=by, changes={"copied_from": [None, program.pk]})
    return copy


def copy_details(source: Program, target: Program) -> None:
    details = source.details
    names = [field.name for field in details._meta.concrete_fields if not field.primary_key] if details else []
    save_details(target, {name: getattr(details, name) for name in names})


def copy_items(source: Program, target: Program, shift: timedelta, groups: dict[int, Any]) -> None:
    own = [field.attname for field in ItineraryItem._meta.concrete_fields if field.name in PLANNED]
    for item in source.items.exclude(status="cancelled").prefetch_related("groups"):
        moved = {name: getattr(item, name) for name in own} | {"starts_at": item.starts_at + shift, "ends_at": item.ends_at + shift, "uid": new_uid()}
        copy = ItineraryItem.objects.create(program=target, **moved)
        copy.groups.set([groups[group.pk] for group in item.groups.all()])
