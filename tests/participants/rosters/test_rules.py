"""One registration's way: every arrow, who may still go it, and what substitution keeps."""

from typing import Any

import pytest
from django.utils import timezone

from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.people import rules as people
from participants.rosters import rules
from participants.rosters.models import Registration
from participants.rosters.status import TRANSITIONS, RegistrationStatus
from tests.cast import Cast, make_delegation, make_group, make_person, make_program, make_registration

RULES = {
    "submit": rules.submit,
    "endorse": rules.endorse,
    "confirm": rules.confirm,
    "return": rules.send_back,
    "decline": rules.decline,
    "withdraw": rules.withdraw,
    "replace": rules.replace,
}
NOT_IN_THE_TABLE = [(name, status) for name in RULES for status in RegistrationStatus if status not in TRANSITIONS[name].sources]
IN_THE_TABLE = [(name, status) for name in RULES for status in sorted(TRANSITIONS[name].sources)]


@pytest.fixture
def program(cast: Cast) -> Any:
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen, 10)
    return program


def row_in(cast: Cast, program: Any, status: str) -> Registration:
    """A registration put into any status, also those to which no single rule leads."""
    row = make_registration(cast, program, make_person(cast, cast.school_a))
    Registration.objects.filter(pk=row.pk).update(status=status)
    return Registration.objects.get(pk=row.pk)


def arguments_of(name: str, cast: Cast) -> dict[str, Any]:
    more = {"return": {"reason": "号码有误"}, "decline": {"reason": "不符合条件"}}.get(name, {})
    return more | ({"person": make_person(cast, cast.school_a)} if name == "replace" else {})


def refusal(call: Any, **arguments: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as caught:
        call(**arguments)
    return caught.value


@pytest.mark.parametrize(("name", "status"), NOT_IN_THE_TABLE)
def test_arrow_that_is_not_in_the_table_is_refused(cast: Cast, program: Any, name: str, status: str) -> None:
    row = row_in(cast, program, status)
    arguments = arguments_of(name, cast)
    before = AuditEvent.objects.count()
    found = refusal(RULES[name], registration=row, by=cast.organiser, now=timezone.now(), **arguments)
    assert found.code == "wrong_status"
    assert Registration.objects.get(pk=row.pk).status == status
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(("name", "status"), IN_THE_TABLE)
def test_arrow_of_the_table_is_followed_and_recorded(cast: Cast, program: Any, name: str, status: str) -> None:
    row = row_in(cast, program, status)
    RULES[name](registration=row, by=cast.organiser, now=timezone.now(), **arguments_of(name, cast))
    assert Registration.objects.get(pk=row.pk).status == TRANSITIONS[name].target
    event = AuditEvent.objects.get(action=f"registration.{name}", target_id=row.pk)
    assert (event.actor_id, event.changes) == (cast.organiser.pk, {"status": [status, str(TRANSITIONS[name].target)]})


@pytest.mark.parametrize("rule", [rules.send_back, rules.decline])
def test_return_and_decline_need_a_reason(cast: Cast, program: Any, rule: Any) -> None:
    row = row_in(cast, program, "submitted")
    found = refusal(rule, registration=row, by=cast.organiser, now=timezone.now(), reason=" \n")
    assert (found.code, found.field) == ("reason_required", "reason")


def test_unit_without_a_delegation_is_not_invited(cast: Cast, program: Any) -> None:
    found = refusal(rules.create_registration, program=program, person=make_person(cast, cast.school_outside), by=cast.admin, now=timezone.now())
    assert found.code == "not_invited"


def test_person_is_registered_once_and_again_after_withdrawing(cast: Cast, program: Any) -> None:
    person = make_person(cast, cast.school_a)
    row = make_registration(cast, program, person, "submitted")
    assert refusal(rules.create_registration, program=program, person=person, by=cast.admin, now=timezone.now()).code == "already_registered"
    rules.withdraw(registration=row, by=cast.coordinator_a, now=timezone.now())
    assert make_registration(cast, program, person).status == "draft"


def test_same_id_number_of_another_unit_is_registered_already(cast: Cast, program: Any) -> None:
    person = make_person(cast, cast.school_a)
    make_registration(cast, program, person)
    twin = make_person(cast, cast.school_b, national_id=person.national_id, birth_on=person.birth_on)
    assert refusal(rules.create_registration, program=program, person=twin, by=cast.admin, now=timezone.now()).code == "already_registered"


def test_senders_keep_to_the_window_and_the_organiser_may_add(cast: Cast) -> None:
    now = timezone.now()
    program = make_program(cast, registration_closes_at=now)
    make_delegation(cast, program, cast.beichen, 10)
    person = make_person(cast, cast.school_a)
    assert refusal(rules.create_registration, program=program, person=person, by=cast.coordinator_a, now=now).code == "registration_closed"
    row = rules.create_registration(program=program, person=person, by=cast.organiser, now=now)
    assert refusal(rules.submit, registration=row, by=cast.coordinator_a, now=now).code == "registration_closed"


def test_id_number_is_needed_where_lodging_asks_for_it(cast: Cast, program: Any) -> None:
    row = make_registration(cast, program, make_person(cast, cast.school_a, national_id=""))
    assert refusal(rules.submit, registration=row, by=cast.coordinator_a, now=timezone.now()).code == "national_id_required"


def test_district_cannot_undo_what_the_organiser_confirmed(cast: Cast) -> None:
    program = make_program(cast, organiser=cast.beijing)
    make_delegation(cast, program, cast.beichen, 10)
    row = row_in(cast, program, "confirmed")
    for rule in (rules.send_back, rules.decline):
        assert refusal(rule, registration=row, by=cast.district_beichen, now=timezone.now(), reason="号码有误").code == "confirmed_already"
    assert rules.send_back(registration=row, by=cast.organiser_other, now=timezone.now(), reason="号码有误").status == "returned"


def test_substitution_keeps_place_and_group(cast: Cast, program: Any) -> None:
    group = make_group(program)
    row = make_registration(cast, program, make_person(cast, cast.school_a), "confirmed", role="领队", group=group, position=7)
    person = make_person(cast, cast.school_a)
    new = rules.replace(registration=row, person=person, by=cast.coordinator_a, now=timezone.now())
    kept = ("role", "group_id", "position", "delegation_id", "allocation_id")
    assert [getattr(new, name) for name in kept] == [getattr(row, name) for name in kept]
    assert (new.person, new.replaces, new.identity_index) == (person, row, person.national_id_index)
    assert Registration.objects.get(pk=row.pk).status == "replaced"
    assert Registration.objects.taking_place().count() == 1


def test_substitute_is_of_the_same_unit_not_registered_and_somebody_else(cast: Cast, program: Any) -> None:
    row = make_registration(cast, program, make_person(cast, cast.school_a), "submitted")
    other = make_registration(cast, program, make_person(cast, cast.school_a))
    for person, code in ((make_person(cast, cast.school_b), "other_unit"), (other.person, "already_registered"), (row.person, "already_registered")):
        assert refusal(rules.replace, registration=row, person=person, by=cast.coordinator_a, now=timezone.now()).code == code
    assert Registration.objects.get(pk=row.pk).status == "submitted"


def test_group_of_another_program_is_refused(cast: Cast, program: Any) -> None:
    row = make_registration(cast, program, make_person(cast, cast.school_a))
    assert refusal(rules.change_registration, registration=row, by=cast.organiser, group=make_group(make_program(cast))).code == "foreign_group"


def test_only_a_draft_is_removed(cast: Cast, program: Any) -> None:
    row = make_registration(cast, program, make_person(cast, cast.school_a))
    stale = Registration.objects.get(pk=row.pk)
    rules.submit(registration=row, by=cast.coordinator_a, now=timezone.now())
    assert refusal(rules.remove_draft, registration=stale, by=cast.coordinator_a).code == "wrong_status"
    draft = make_registration(cast, program, make_person(cast, cast.school_a))
    rules.remove_draft(registration=draft, by=cast.coordinator_a)
    assert list(Registration.objects.all()) == [row]


def test_person_on_a_roster_is_kept(cast: Cast, program: Any) -> None:
    row = make_registration(cast, program, make_person(cast, cast.school_a))
    assert refusal(people.remove_person, person=row.person, by=cast.coordinator_a).code == "in_use"
