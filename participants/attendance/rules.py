"""Changes to attendance: recorded once per person and item, corrected until a certificate is issued."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from events.itineraries.models import ItineraryItem
from exchange import audit
from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.attendance.hours import is_expected
from participants.attendance.models import AttendanceRecord, AttendanceState
from participants.certificates.models import Certificate
from participants.certificates.status import CertificateStatus
from participants.rosters.models import Registration
from participants.rosters.status import RegistrationStatus

# The desk may open the list of an item this long before it begins.
EARLIEST = timedelta(hours=12)


@dataclass(frozen=True)
class Mark:
    """What is to be recorded of one person; a reason is kept with lateness, absence and leave. None leaves the one that stands with the same state."""

    state: str
    reason: str | None = None
    at: datetime | None = None  # when a device or a scanner noted it; None = now


@transaction.atomic
def record(*, registration: Registration, item: ItineraryItem, state: str, by: Any, now: datetime, reason: str = "") -> tuple[AttendanceRecord, bool]:
    """Record or correct one person at one item; returns the record and whether it is new.

    Raises RuleViolation "item_cancelled", "too_early", "foreign_item", "not_confirmed", "other_group", "certificate_issued".
    """
    existed = AttendanceRecord.objects.filter(registration=registration, item=item).exists()
    record_many(item=item, marks={registration.pk: Mark(state, reason)}, by=by, now=now)
    return AttendanceRecord.objects.select_related("registration__program", "registration__person", "item").get(
        registration=registration, item=item
    ), not existed


@transaction.atomic
def record_many(*, item: ItineraryItem, marks: Mapping[int, Mark], by: Any, now: datetime) -> int:
    """Roll-call: record or correct many people (registration → mark) in a constant number of queries, all or none.

    Returns how many records are new or changed. Raises what `record` raises, with the registrations concerned in `params`.
    """
    check_item(item, now)
    people = locked(marks)
    check_people(people, item)
    found = {row.registration_id: row for row in AttendanceRecord.objects.filter(item=item, registration_id__in=list(marks))}
    changed = {pk: mark for pk, mark in marks.items() if pk in people and not _is_same(found.get(pk), mark)}
    refuse_certified(changed)
    before = {pk: found[pk].state if pk in found else None for pk in changed}
    rows = [_marked(found.get(pk) or AttendanceRecord(registration_id=pk, item=item), mark, people[pk], by, now) for pk, mark in changed.items()]
    _save(rows)
    _write_audit("attendance.record", [(row, before[row.registration_id], row.state) for row in rows], by)
    return len(rows)


@transaction.atomic
def undo(*, records: Iterable[AttendanceRecord], by: Any) -> int:
    """Take records back, as if nothing had been noted yet. Raises RuleViolation "certificate_issued"."""
    rows = list(records)
    people = locked({row.registration_id: None for row in rows})
    refuse_certified(people)
    for row in rows:
        row.registration = people[row.registration_id]
    _write_audit("attendance.undo", [(row, row.state, None) for row in rows], by)
    AttendanceRecord.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def check_item(item: ItineraryItem, now: datetime) -> None:
    """Raise RuleViolation "item_cancelled" or "too_early"."""
    if item.is_cancelled:
        raise RuleViolation("item_cancelled", _("This item was called off; nobody is checked in."))
    if item.starts_at > now + EARLIEST:
        raise RuleViolation("too_early", _("Check-in opens 12 hours before the item begins."))


def check_people(people: Mapping[int, Registration], item: ItineraryItem) -> None:
    """Raise RuleViolation "foreign_item", "not_confirmed" or "other_group", with the registrations concerned."""
    groups = {group.pk for group in item.groups.all()}
    _refuse(people, lambda row: row.program_id != item.program_id, "foreign_item", _("The item belongs to another program."))
    _refuse(people, lambda row: row.status != RegistrationStatus.CONFIRMED, "not_confirmed", _("The organiser has not confirmed this person."))
    _refuse(people, lambda row: not is_expected(row.group_id, groups), "other_group", _("This item is for other groups."))


def refuse_certified(registrations: Iterable[int]) -> None:
    """Raise RuleViolation "certificate_issued": what a valid certificate rests on is not rewritten."""
    if ids := certified(registrations):
        raise certificate_stands(sorted(ids))


def certified(registrations: Iterable[int]) -> set[int]:
    """Those who hold a valid certificate."""
    holders = Certificate.objects.filter(registration_id__in=list(registrations), status=CertificateStatus.ISSUED)
    return set(holders.values_list("registration_id", flat=True))


def certificate_stands(registrations: list[int]) -> RuleViolation:
    message = _("A certificate has been issued on these hours. Revoke it first, then correct the attendance.")
    return RuleViolation("certificate_issued", message, registrations=registrations)


def _refuse(people: Mapping[int, Registration], is_wrong: Any, code: str, message: str) -> None:
    if ids := sorted(pk for pk, row in people.items() if is_wrong(row)):
        raise RuleViolation(code, message, registrations=ids)


def locked(ids: Iterable[int]) -> dict[int, Registration]:
    """The registrations under a lock, in one order, so that check-in and issuing wait for each other."""
    rows = Registration.objects.select_for_update(of=("self",), no_key=True).select_related("program__organiser", "organisation", "person").order_by("pk")
    return {row.pk: row for row in rows.filter(pk__in=list(ids))}


def _is_same(row: AttendanceRecord | None, mark: Mark) -> bool:
    return row is not None and (row.state, row.reason) == (mark.state, _kept(row, mark))


def _kept(row: AttendanceRecord, mark: Mark) -> str:
    if mark.state == AttendanceState.PRESENT:
        return ""
    if mark.reason is None:
        return row.reason if row.state == mark.state else ""
    return mark.reason.strip()


def _marked(row: AttendanceRecord, mark: Mark, registration: Registration, by: Any, now: datetime) -> AttendanceRecord:
    row.registration, row.recorded_by, row.recorded_at = registration, by, mark.at or now
    row.state, row.reason = mark.state, _kept(row, mark)
    return row


def _save(rows: list[AttendanceRecord]) -> None:
    AttendanceRecord.objects.bulk_create([row for row in rows if row.pk is None], batch_size=500)
    AttendanceRecord.objects.bulk_update([row for row in rows if row.pk], ["state", "reason", "recorded_by", "recorded_at"], batch_size=500)


def _write_audit(action: str, rows: list[tuple[AttendanceRecord, str | None, str | None]], by: Any) -> None:
    """One event per person; a reason may speak of health, so it stays with the record."""
    events = [audit.event(action, row.registration, by=by, changes={"item": [None, row.item_id], "state": [before, after]}) for row, before, after in rows]
    AuditEvent.objects.bulk_create(events, batch_size=1000)
