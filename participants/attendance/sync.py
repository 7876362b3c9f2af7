"""Marks that a device kept while it had no network: merged once each, by when they were made, and never silently against a newer note."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from events.itineraries.models import ItineraryItem
from exchange.transitions import RuleViolation
from participants.attendance import rules
from participants.attendance.codes import found_by_code
from participants.attendance.models import ATTENDED, AttendanceRecord, AttendanceState, DeviceMark
from participants.rosters.models import Registration, RegistrationQuerySet

UNDO = "undo"
SENT_STATES = [*AttendanceState.choices, (UNDO, UNDO)]
RECORDED, SAME, KEPT, REFUSED = "recorded", "same", "kept", "refused"
# A device that was forgotten for longer than this asks its officer to look again.
OLDEST = timedelta(days=31)


@dataclass(frozen=True)
class SentMark:
    """One mark as sent: a person by check-in code or by registration.

    `is_explicit` = chosen by hand, not by pointing the camera. `only_open` = one of "all present": for those of whom nothing is noted.
    `reason` None leaves the one that stands with the same state.
    """

    client_id: UUID
    item: int
    state: str
    at: datetime
    code: str = ""
    registration: int | None = None
    is_explicit: bool = False
    only_open: bool = False
    reason: str | None = None


@dataclass(frozen=True)
class Answer:
    """What became of a mark. `outcome` is recorded, same (nothing to change), kept (a newer note stands) or refused (`code`, `message` say why)."""

    client_id: UUID
    outcome: str
    registration: Registration | None = None
    record: AttendanceRecord | None = None
    code: str = ""
    message: str = ""


@dataclass
class Ledger:
    """The marks of one item as they are worked through: `records` is how things stand after each of them."""

    item: ItineraryItem
    people: Mapping[int, Registration]
    records: dict[int, AttendanceRecord]
    certified: set[int]
    earlier: Mapping[UUID, str]
    now: datetime
    by: Any


@transaction.atomic
def merge(*, marks: Sequence[SentMark], items: Mapping[int, ItineraryItem], people: RegistrationQuerySet, by: Any, now: datetime) -> list[Answer]:
    """Take the marks of a device, in the order of their times, and answer each of them in the order sent.

    `items` are those the user may record at, with their groups; `people` the registrations the user sees. A mark made later wins; an older
    one is kept out and the note that stands is returned. A scan of somebody who is already noted as present or late changes nothing,
    and "all present" nothing of anybody who is noted.
    Refusals per mark: "unknown_item", "unknown_person", "too_old" and those of `rules.record`. A mark sent twice is answered as the first time.
    """
    named = _named(marks, people)
    by_item: dict[int, list[SentMark]] = defaultdict(list)
    for mark in sorted(marks, key=lambda sent: sent.at):
        by_item[mark.item].append(mark)
    answers: dict[UUID, Answer] = {}
    for pk, sent in by_item.items():
        for answer in _at_item(items[pk], sent, named, by, now) if pk in items else _no_item(sent):
            answers[answer.client_id] = answer
    return [answers[mark.client_id] for mark in marks]


def _no_item(marks: list[SentMark]) -> list[Answer]:
    message = _("This item is not there any more, or is not yours to check in.")
    return [Answer(mark.client_id, REFUSED, code="unknown_item", message=message) for mark in marks]


def _named(marks: Sequence[SentMark], people: RegistrationQuerySet) -> dict[UUID, int]:
    """client id → registration, for those marks whose person the user sees."""
    by_code = found_by_code({mark.code for mark in marks if mark.code}, people)
    seen = set(people.filter(pk__in={mark.registration for mark in marks if mark.registration}).values_list("pk", flat=True))
    found = {mark.client_id: by_code[mark.code].pk for mark in marks if mark.code in by_code}
    return found | {mark.client_id: mark.registration for mark in marks if not mark.code and mark.registration in seen}


def _at_item(item: ItineraryItem, marks: list[SentMark], named: Mapping[UUID, int], by: Any, now: datetime) -> Iterable[Answer]:
    people = rules.locked({named[mark.client_id] for mark in marks if mark.client_id in named})
    stored = {row.registration_id: row for row in AttendanceRecord.objects.select_related("recorded_by").filter(item=item, registration_id__in=list(people))}
    earlier = dict(DeviceMark.objects.filter(client_id__in=[mark.client_id for mark in marks]).values_list("client_id", "outcome"))
    ledger = Ledger(item, people, dict(stored), rules.certified(people), earlier, now, by)
    answers = [_answer(mark, people.get(named.get(mark.client_id, 0)), ledger) for mark in marks]
    _store(ledger, stored)
    _note(ledger, marks, answers)
    return answers


def _answer(mark: SentMark, person: Registration | None, ledger: Ledger) -> Answer:
    if person is None:
        return Answer(mark.client_id, REFUSED, code="unknown_person", message=_("Nobody has this check-in code, or it was renewed."))
    outcome, at = ledger.earlier.get(mark.client_id, ""), min(mark.at, ledger.now)  # a clock that runs fast does not win over everything to come
    record = ledger.records.get(person.pk)
    if not outcome:
        outcome = _outcome(mark, at, record)
        if outcome == RECORDED:
            try:
                record = _applied(mark, person, at, ledger)
            except RuleViolation as refusal:
                return Answer(mark.client_id, REFUSED, person, record, refusal.code, refusal.message)
    return Answer(mark.client_id, outcome, person, record)


def _outcome(mark: SentMark, at: datetime, record: AttendanceRecord | None) -> str:
    if record is None:
        return SAME if mark.state == UNDO else RECORDED
    if _says_nothing_new(mark, record):
        return SAME
    return RECORDED if at > record.recorded_at and not mark.only_open else KEPT


def _says_nothing_new(mark: SentMark, record: AttendanceRecord) -> bool:
    if record.state == mark.state:
        return mark.reason is None or mark.state == AttendanceState.PRESENT or mark.reason.strip() == record.reason
    return not mark.is_explicit and mark.state in ATTENDED and record.state in ATTENDED


def _applied(mark: SentMark, person: Registration, at: datetime, ledger: Ledger) -> AttendanceRecord | None:
    """Put the mark into the ledger, as `rules.record` would."""
    if at < ledger.now - OLDEST:
        raise RuleViolation("too_old", _("This mark is more than a month old. Look at the list, and note it there if it is right."))
    rules.check_item(ledger.item, at)
    rules.check_people({person.pk: person}, ledger.item)
    if person.pk in ledger.certified:
        raise rules.certificate_stands([person.pk])
    if mark.state == UNDO:
        del ledger.records[person.pk]
        return None
    record = AttendanceRecord(registration=person, item=ledger.item, state=mark.state, reason=mark.reason or "", recorded_at=at, recorded_by=ledger.by)
    ledger.records[person.pk] = record
    return record


def _store(ledger: Ledger, stored: Mapping[int, AttendanceRecord]) -> None:
    """Write how things stand at the end, in one go for all people."""
    changed = {pk: rules.Mark(row.state, row.reason, row.recorded_at) for pk, row in ledger.records.items() if row.pk is None}
    if changed:
        rules.record_many(item=ledger.item, marks=changed, by=ledger.by, now=ledger.now)
    if gone := [row for pk, row in stored.items() if pk not in ledger.records]:
        rules.undo(records=gone, by=ledger.by)


def _note(ledger: Ledger, marks: list[SentMark], answers: list[Answer]) -> None:
    rows = [
        DeviceMark(
            client_id=mark.client_id,
            registration=answer.registration,
            item=ledger.item,
            state=mark.state,
            marked_at=mark.at,
            outcome=answer.outcome,
            received_at=ledger.now,
        )
        for mark, answer in zip(marks, answers, strict=True)
        if answer.outcome != REFUSED and mark.client_id not in ledger.earlier
    ]
    DeviceMark.objects.bulk_create(rows, ignore_conflicts=True)
