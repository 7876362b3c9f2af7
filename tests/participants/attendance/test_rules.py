"""Recording, correcting and taking back: every refusal, and what the audit says."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from events.itineraries.models import ItineraryItem
from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.attendance import rules
from participants.attendance.models import AttendanceRecord
from participants.rosters.models import Registration
from tests.cast import make_group, same_queries
from tests.participants.attendance.factories import certify, confirmed, credited, mark, running_program

pytestmark = pytest.mark.django_db


def record(cast: Any, registration: Registration, item: ItineraryItem, state: str = "present", **more: Any) -> tuple[AttendanceRecord, bool]:
    return rules.record(registration=registration, item=item, state=state, by=cast.organiser, now=more.pop("now", timezone.now()), **more)


def refused(cast: Any, *arguments: Any, **more: Any) -> str:
    with pytest.raises(RuleViolation) as refusal:
        record(cast, *arguments, **more)
    assert not AttendanceRecord.objects.exists()
    return refusal.value.code


def test_record_then_correct_leaves_one_row_and_two_events(cast: Any) -> None:
    program = running_program(cast)
    person, item = confirmed(cast, program), credited(program)
    now = timezone.now()
    first, is_new = record(cast, person, item, now=now)
    assert (first.state, first.recorded_by, first.recorded_at, is_new) == ("present", cast.organiser, now, True)
    second, is_new = record(cast, person, item, "leave", reason=" 家中有事 ")
    assert (second.pk, second.state, second.reason, is_new) == (first.pk, "leave", "家中有事", False)
    events = AuditEvent.objects.filter(action="attendance.record").order_by("pk")
    assert [event.changes for event in events] == [
        {"item": [None, item.pk], "state": [None, "present"]},
        {"item": [None, item.pk], "state": ["present", "leave"]},
    ]
    event = events[0]
    assert (event.actor_id, event.target_id, event.program_id, event.scope_path) == (cast.organiser.pk, person.pk, program.pk, cast.school_a.path)
    assert "家中有事" not in "".join(f"{event.reason}{event.changes}" for event in events)


def test_the_same_again_changes_nothing(cast: Any) -> None:
    program = running_program(cast)
    person, item = confirmed(cast, program), credited(program)
    record(cast, person, item, "late", reason="堵车")
    before = AuditEvent.objects.count()
    assert record(cast, person, item, "late", reason="堵车")[1] is False
    assert AuditEvent.objects.count() == before


def test_presence_keeps_no_reason(cast: Any) -> None:
    program = running_program(cast)
    person, item = confirmed(cast, program), credited(program)
    record(cast, person, item, "leave", reason="发热")
    assert record(cast, person, item, "present", reason="发热")[0].reason == ""


def test_an_item_of_another_program_is_refused(cast: Any) -> None:
    person = confirmed(cast, running_program(cast))
    assert refused(cast, person, credited(running_program(cast))) == "foreign_item"


def test_an_item_for_other_groups_is_refused(cast: Any) -> None:
    program = running_program(cast)
    own, other = make_group(program, 1), make_group(program, 2)
    assert refused(cast, confirmed(cast, program, group=own), credited(program, groups=[other])) == "other_group"
    assert refused(cast, confirmed(cast, program, "王䶮"), credited(program, groups=[other])) == "other_group"


@pytest.mark.parametrize("status", ["draft", "submitted", "endorsed", "returned", "declined", "withdrawn"])
def test_only_confirmed_people_are_checked_in(cast: Any, status: str) -> None:
    program = running_program(cast)
    assert refused(cast, confirmed(cast, program, status=status), credited(program)) == "not_confirmed"


def test_a_cancelled_item_is_refused(cast: Any) -> None:
    program = running_program(cast)
    assert refused(cast, confirmed(cast, program), credited(program, status="cancelled")) == "item_cancelled"


def test_check_in_opens_twelve_hours_before(cast: Any) -> None:
    program = running_program(cast)
    person, item = confirmed(cast, program), credited(program, 1)
    assert refused(cast, person, item, now=item.starts_at - timedelta(hours=12, seconds=1)) == "too_early"
    assert record(cast, person, item, now=item.starts_at - timedelta(hours=12))[1] is True


def test_nothing_is_rewritten_under_a_valid_certificate(cast: Any) -> None:
    program = running_program(cast)
    person, item = confirmed(cast, program), credited(program)
    kept, _new = record(cast, person, item)
    certificate = certify(cast, person)
    for attempt in (lambda: record(cast, person, item, "absent"), lambda: rules.undo(records=[kept], by=cast.organiser)):
        with pytest.raises(RuleViolation) as refusal:
            attempt()
        assert (refusal.value.code, refusal.value.params) == ("certificate_issued", {"registrations": [person.pk]})
    assert AttendanceRecord.objects.get().state == "present"
    assert record(cast, person, item)[1] is False  # saying the same again is no correction
    type(certificate).objects.filter(pk=certificate.pk).update(status="revoked")
    assert record(cast, person, item, "absent")[0].state == "absent"


def test_roll_call_is_all_or_none_and_names_whom_it_refuses(cast: Any) -> None:
    program = running_program(cast)
    good, waiting, item = confirmed(cast, program, "甲"), confirmed(cast, program, "乙", status="endorsed"), credited(program)
    marks = {good.pk: rules.Mark("present"), waiting.pk: rules.Mark("present")}
    with pytest.raises(RuleViolation) as refusal:
        rules.record_many(item=item, marks=marks, by=cast.organiser, now=timezone.now())
    assert (refusal.value.code, refusal.value.params) == ("not_confirmed", {"registrations": [waiting.pk]})
    assert not AttendanceRecord.objects.exists()


def test_roll_call_counts_what_it_changes(cast: Any) -> None:
    program = running_program(cast)
    people, item = [confirmed(cast, program, name) for name in "甲乙丙"], credited(program)
    mark(people[0], item), mark(people[1], item, "absent")
    marks = {person.pk: rules.Mark("present") for person in people}
    assert rules.record_many(item=item, marks=marks, by=cast.organiser, now=timezone.now()) == 2
    assert set(AttendanceRecord.objects.values_list("registration_id", "state")) == {(person.pk, "present") for person in people}


def test_roll_call_needs_the_same_queries_for_one_and_three(cast: Any) -> None:
    program = running_program(cast)
    people = [confirmed(cast, program)]
    items = iter([credited(program, 0, hour=hour) for hour in (8, 9, 10, 11)])

    def call() -> None:
        rules.record_many(item=next(items), marks={person.pk: rules.Mark("present") for person in people}, by=cast.organiser, now=timezone.now())

    same_queries(call, lambda: people.extend([confirmed(cast, program, "甲"), confirmed(cast, program, "乙")]))


def test_undo_removes_and_is_recorded(cast: Any) -> None:
    program = running_program(cast)
    person, item = confirmed(cast, program), credited(program)
    kept, _new = record(cast, person, item, "late")
    assert rules.undo(records=[kept], by=cast.organiser) == 1
    assert not AttendanceRecord.objects.exists()
    assert AuditEvent.objects.get(action="attendance.undo").changes == {"item": [None, item.pk], "state": ["late", None]}
