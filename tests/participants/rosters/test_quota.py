"""The quota tree: what each level may give and take, and who moves up from the waiting list."""

from typing import Any

import pytest
from django.utils import timezone

from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.rosters import bulk, quota, rules
from participants.rosters.models import Allocation, Delegation, Registration
from tests.cast import Cast, make_delegation, make_person, make_program, make_registration


@pytest.fixture
def program(cast: Cast) -> Any:
    return make_program(cast)


@pytest.fixture
def beichen(cast: Cast, program: Any) -> Delegation:
    return make_delegation(cast, program, cast.beichen, 5)


def refusal(call: Any, **arguments: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as caught:
        call(**arguments)
    return caught.value


def wait(cast: Cast, program: Any, school: Any, name: str = "") -> Registration:
    row = make_registration(cast, program, make_person(cast, school, name))
    row = rules.submit(registration=row, by=cast.organiser, now=timezone.now(), waitlist=True)
    assert row.status == "waitlisted"
    return row


def statuses(*rows: Registration) -> list[str]:
    return [Registration.objects.get(pk=row.pk).status for row in rows]


def test_delegation_is_given_to_bureaus_only(cast: Cast, program: Any) -> None:
    found = refusal(quota.set_delegation, program=program, organisation=cast.school_a, quota=3, by=cast.organiser)
    assert (found.code, found.field) == ("not_a_bureau", "organisation")
    assert not Delegation.objects.exists()


def test_second_delegation_is_refused(cast: Cast, program: Any, beichen: Delegation) -> None:
    assert refusal(quota.add_delegation, program=program, organisation=cast.beichen, quota=3, by=cast.organiser).code == "delegation_exists"


def test_allocations_never_exceed_the_delegation(cast: Cast, beichen: Delegation) -> None:
    quota.set_allocation(delegation=beichen, organisation=cast.school_a, quota=3, by=cast.district_beichen)
    found = refusal(quota.set_allocation, delegation=beichen, organisation=cast.school_b, quota=3, by=cast.district_beichen)
    assert (found.code, found.params) == ("quota_exceeded", {"left": 2})
    assert sum(Allocation.objects.values_list("quota", flat=True)) == 3


def test_allocation_leaves_what_units_of_the_pool_hold(cast: Cast, program: Any, beichen: Delegation) -> None:
    for _number in range(3):
        make_registration(cast, program, make_person(cast, cast.school_b), "submitted")
    found = refusal(quota.set_allocation, delegation=beichen, organisation=cast.school_a, quota=3, by=cast.district_beichen)
    assert found.params == {"left": 2}
    quota.set_allocation(delegation=beichen, organisation=cast.school_a, quota=2, by=cast.district_beichen)
    assert refusal(quota.set_allocation, delegation=beichen, organisation=cast.school_b, quota=2, by=cast.district_beichen).code == "quota_below_used"


def test_allocation_to_a_foreign_unit_is_refused(cast: Cast, beichen: Delegation) -> None:
    assert refusal(quota.set_allocation, delegation=beichen, organisation=cast.school_c, quota=1, by=cast.admin).code == "foreign_unit"


def test_lowering_below_used_is_refused_with_the_numbers(cast: Cast, program: Any, beichen: Delegation) -> None:
    quota.set_allocation(delegation=beichen, organisation=cast.school_a, quota=2, by=cast.district_beichen)
    make_registration(cast, program, make_person(cast, cast.school_a), "confirmed")
    make_registration(cast, program, make_person(cast, cast.school_b), "submitted")
    found = refusal(quota.set_delegation, program=program, organisation=cast.beichen, quota=2, by=cast.organiser)
    assert (found.code, found.field, found.params) == ("quota_below_used", "quota", {"used": 1, "allocated": 2, "quota": 2})
    assert "3" in found.message
    found = refusal(quota.set_allocation, delegation=beichen, organisation=cast.school_a, quota=0, by=cast.district_beichen)
    assert found.params == {"used": 1, "allocated": 0, "quota": 0}
    assert quota.set_delegation(program=program, organisation=cast.beichen, quota=3, by=cast.organiser).quota == 3


def test_unit_with_an_allocation_cannot_take_from_the_pool(cast: Cast, program: Any, beichen: Delegation) -> None:
    quota.set_allocation(delegation=beichen, organisation=cast.school_a, quota=1, by=cast.district_beichen)
    make_registration(cast, program, make_person(cast, cast.school_a), "submitted")
    row = make_registration(cast, program, make_person(cast, cast.school_a))
    found = refusal(rules.submit, registration=row, by=cast.coordinator_a, now=timezone.now())
    assert (found.code, found.params) == ("quota_full", {"quota": 1, "used": 1, "left": 0})
    assert cast.school_a.name_zh in found.message
    assert statuses(row) == ["draft"]


def test_pool_is_what_was_not_given_away(cast: Cast, program: Any, beichen: Delegation) -> None:
    quota.set_allocation(delegation=beichen, organisation=cast.school_a, quota=4, by=cast.district_beichen)
    make_registration(cast, program, make_person(cast, cast.school_b), "submitted")
    row = make_registration(cast, program, make_person(cast, cast.school_b))
    found = refusal(rules.submit, registration=row, by=cast.coordinator_b, now=timezone.now())
    assert (found.code, found.params) == ("quota_full", {"quota": 1, "used": 1, "left": 0})


def test_remove_refuses_what_is_used_and_keeps_drafts(cast: Cast, program: Any, beichen: Delegation) -> None:
    allocation = quota.set_allocation(delegation=beichen, organisation=cast.school_a, quota=1, by=cast.district_beichen)
    taken = make_registration(cast, program, make_person(cast, cast.school_a), "submitted")
    draft = make_registration(cast, program, make_person(cast, cast.school_a))
    assert refusal(quota.remove_empty, row=allocation, by=cast.district_beichen).code == "in_use"
    rules.withdraw(registration=taken, by=cast.coordinator_a, now=timezone.now())
    quota.remove_empty(row=Allocation.objects.get(), by=cast.district_beichen)
    draft.refresh_from_db()
    assert (draft.allocation_id, draft.delegation_id, Allocation.objects.count()) == (None, beichen.pk, 0)
    assert refusal(quota.remove_empty, row=beichen, by=cast.organiser).code == "in_use"


# Moving up --------------------------------------------------------------------------------------------------------------


def test_longest_waiting_moves_up_after_a_withdrawal(cast: Cast, program: Any) -> None:
    make_delegation(cast, program, cast.beichen, 1)
    holder = make_registration(cast, program, make_person(cast, cast.school_a), "confirmed")
    first, second = wait(cast, program, cast.school_a), wait(cast, program, cast.school_a)
    rules.withdraw(registration=holder, by=cast.coordinator_a, now=timezone.now())
    assert statuses(holder, first, second) == ["withdrawn", "submitted", "waitlisted"]
    event = AuditEvent.objects.filter(action="registration.promote").get()
    assert (event.target_id, event.actor_id, event.changes) == (first.pk, None, {"status": ["waitlisted", "submitted"]})


def test_place_of_the_pool_goes_to_another_unit_of_the_pool(cast: Cast, program: Any) -> None:
    make_delegation(cast, program, cast.beichen, 1)
    holder = make_registration(cast, program, make_person(cast, cast.school_a), "submitted")
    other = wait(cast, program, cast.school_b)
    rules.decline(registration=holder, by=cast.district_beichen, now=timezone.now(), reason="不符合条件")
    assert statuses(other) == ["submitted"]


def test_place_of_an_allocation_stays_with_the_unit(cast: Cast, program: Any) -> None:
    delegation = make_delegation(cast, program, cast.beichen, 1)
    quota.set_allocation(delegation=delegation, organisation=cast.school_a, quota=1, by=cast.district_beichen)
    holder = make_registration(cast, program, make_person(cast, cast.school_a), "submitted")
    other = wait(cast, program, cast.school_b)
    rules.withdraw(registration=holder, by=cast.coordinator_a, now=timezone.now())
    assert statuses(other) == ["waitlisted"]
    quota.set_allocation(delegation=delegation, organisation=cast.school_a, quota=0, by=cast.district_beichen)
    assert statuses(other) == ["submitted"]


def test_larger_quota_lets_the_waiting_move_up_in_order(cast: Cast, program: Any) -> None:
    make_delegation(cast, program, cast.beichen, 0)
    rows = [wait(cast, program, school) for school in (cast.school_a, cast.school_b, cast.school_a)]
    make_delegation(cast, program, cast.beichen, 2)
    assert statuses(*rows) == ["submitted", "submitted", "waitlisted"]


# Many at once -----------------------------------------------------------------------------------------------------------


def test_submit_many_fills_the_places_in_order_and_refuses_the_rest(cast: Cast, program: Any) -> None:
    make_delegation(cast, program, cast.beichen, 2)
    rows = [make_registration(cast, program, make_person(cast, cast.school_a), position=number) for number in (3, 1, 2)]
    done, refused = bulk.decide_many(action="submit", registrations=rows, by=cast.coordinator_a, now=timezone.now())
    assert [row.position for row in done] == [1, 2]
    assert [(row.position, violation.code) for row, violation in refused] == [(3, "quota_full")]
    done, refused = bulk.decide_many(action="submit", registrations=rows, by=cast.coordinator_a, now=timezone.now(), waitlist=True)
    assert ([row.status for row in done], [violation.code for _row, violation in refused]) == (["waitlisted"], ["wrong_status"] * 2)


def test_decide_many_costs_the_same_for_two_and_for_ten(cast: Cast, program: Any, django_assert_num_queries: Any) -> None:
    make_delegation(cast, program, cast.beichen, 30)
    now = timezone.now()
    assert cast.district_beichen.scopes  # read once per user
    for number in (2, 10):
        rows = [make_registration(cast, program, make_person(cast, cast.school_a), "submitted") for _index in range(number)]
        with django_assert_num_queries(10):  # begin, delegation ids, their lock, rows, update, audit, what undo needs, readers, notices, commit
            done, refused = bulk.decide_many(action="endorse", registrations=rows, by=cast.district_beichen, now=now)
        assert (len(done), refused) == (number, [])
        assert {row.endorsed_at for row in Registration.objects.filter(pk__in=[row.pk for row in rows])} == {now}
    assert AuditEvent.objects.filter(action="registration.endorse").count() == 12


def test_return_many_needs_a_reason_and_frees_places(cast: Cast, program: Any) -> None:
    make_delegation(cast, program, cast.beichen, 2)
    rows = [make_registration(cast, program, make_person(cast, cast.school_a), status) for status in ("submitted", "confirmed")]
    waiting = wait(cast, program, cast.school_b)
    found = refusal(bulk.decide_many, action="return", registrations=rows, by=cast.district_beichen, now=timezone.now(), reason="  ")
    assert found.code == "reason_required"
    done, refused = bulk.decide_many(action="return", registrations=rows, by=cast.district_daxing, now=timezone.now(), reason="号码有误")
    assert ([row.pk for row in done], [violation.code for _row, violation in refused]) == ([rows[0].pk], ["confirmed_already"])
    assert statuses(*rows, waiting) == ["returned", "confirmed", "submitted"]
    assert Registration.objects.get(pk=rows[0].pk).status_reason == "号码有误"
