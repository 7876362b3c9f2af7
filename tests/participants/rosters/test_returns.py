"""Unused places go back and on to those who wait; the district's deadline."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.rosters import bulk, quota, returns, rules
from participants.rosters.models import Allocation, Delegation, Registration
from tests.cast import Cast, make_delegation, make_person, make_program, make_registration


@pytest.fixture
def beichen(cast: Cast) -> Delegation:
    return make_delegation(cast, make_program(cast), cast.beichen, 10)


@pytest.fixture
def daxing(cast: Cast, beichen: Delegation) -> Delegation:
    return make_delegation(cast, beichen.program, cast.daxing, 1)


def give_back(row: Any, count: int, cast: Cast) -> Any:
    return returns.return_places(row=row, count=count, by=cast.organiser, now=timezone.now())


def quotas(*rows: Delegation | Allocation) -> list[int]:
    return [type(row).objects.get(pk=row.pk).quota for row in rows]


def waiting(cast: Cast, delegation: Delegation, school: Any) -> Registration:
    row = make_registration(cast, delegation.program, make_person(cast, school))
    return rules.submit(registration=row, by=cast.organiser, now=timezone.now(), waitlist=True)


def test_a_unit_gives_back_to_its_district_and_the_pool_moves_up(cast: Cast, beichen: Delegation) -> None:
    unit = quota.set_allocation(delegation=beichen, organisation=cast.school_a, quota=10, by=cast.district_beichen)
    make_registration(cast, beichen.program, make_person(cast, cast.school_a), "submitted")
    row = waiting(cast, beichen, cast.school_b)
    assert row.status == "waitlisted"
    with pytest.raises(RuleViolation) as caught:
        give_back(unit, 10, cast)
    assert (caught.value.code, caught.value.params) == ("places_in_use", {"free": 9})
    give_back(unit, 4, cast)
    assert quotas(unit, beichen) == [6, 10]
    assert Registration.objects.get(pk=row.pk).status == "submitted"


def test_a_district_gives_back_only_what_it_neither_uses_nor_gave_away(cast: Cast, beichen: Delegation) -> None:
    quota.set_allocation(delegation=beichen, organisation=cast.school_a, quota=6, by=cast.district_beichen)
    make_registration(cast, beichen.program, make_person(cast, cast.school_b), "submitted")
    with pytest.raises(RuleViolation) as caught:
        give_back(beichen, 4, cast)
    assert caught.value.params == {"free": 3}
    found = give_back(beichen, 3, cast)
    assert (found.quota, found.returned) == (7, 3)
    assert AuditEvent.objects.get(action="delegation.give_back").changes == {"quota": [10, 7]}


def test_returned_places_reach_the_waiting_list_of_another_district(cast: Cast, beichen: Delegation, daxing: Delegation) -> None:
    make_registration(cast, beichen.program, make_person(cast, cast.school_c), "submitted")
    rows = [waiting(cast, daxing, cast.school_c) for _number in range(3)]
    give_back(beichen, 2, cast)
    beichen.refresh_from_db()
    moved = returns.pass_on(source=beichen, target=daxing, count=2, by=cast.organiser, now=timezone.now())
    assert [row.pk for row in moved] == [row.pk for row in rows[:2]]
    assert quotas(beichen, daxing) == [8, 3] and Delegation.objects.get(pk=beichen.pk).returned == 0
    assert [Registration.objects.get(pk=row.pk).status for row in rows] == ["submitted", "submitted", "waitlisted"]


def test_passing_on_is_refused(cast: Cast, beichen: Delegation, daxing: Delegation) -> None:
    elsewhere = make_delegation(cast, make_program(cast), cast.daxing, 3)
    for target, count, code in ((daxing, 1, "places_in_use"), (beichen, 1, "same_delegation"), (elsewhere, 1, "other_program")):
        with pytest.raises(RuleViolation) as caught:
            returns.pass_on(source=beichen, target=target, count=count, by=cast.organiser, now=timezone.now())
        assert caught.value.code == code
    assert quotas(beichen, daxing) == [10, 1]


def test_after_the_deadline_only_the_organiser_endorses(cast: Cast, beichen: Delegation) -> None:
    now = timezone.now()
    rows = [make_registration(cast, beichen.program, make_person(cast, cast.school_a), "submitted") for _number in range(3)]
    returns.set_deadlines(delegation=beichen, endorse_by=now - timedelta(hours=1), by=cast.organiser)
    with pytest.raises(RuleViolation) as caught:
        rules.endorse(registration=rows[0], by=cast.district_beichen, now=now)
    assert caught.value.code == "deadline_passed"
    done, refused = bulk.decide_many(action="endorse", registrations=rows[1:], by=cast.district_beichen, now=now)
    assert (done, [refusal.code for _row, refusal in refused]) == ([], ["deadline_passed"] * 2)
    assert rules.endorse(registration=rows[0], by=cast.organiser, now=now).status == "endorsed"
    returns.set_deadlines(delegation=beichen, endorse_by=now + timedelta(hours=1), by=cast.organiser)
    assert rules.endorse(registration=rows[1], by=cast.district_beichen, now=now).status == "endorsed"
    with pytest.raises(RuleViolation) as caught:
        returns.set_deadlines(delegation=beichen, endorse_by=now - timedelta(days=30), by=cast.organiser)
    assert caught.value.code == "deadline_before_opening"


def test_api(cast: Cast, beichen: Delegation, daxing: Delegation, api: Any) -> None:
    unit = quota.set_allocation(delegation=beichen, organisation=cast.school_a, quota=6, by=cast.district_beichen)
    school, district, organiser = api(cast.coordinator_a), api(cast.district_beichen), api(cast.organiser)
    answer = school.post(f"/api/v1/allocations/{unit.pk}/return/", {"count": 2})
    assert (answer.status_code, answer.json()["quota"]) == (200, 4)
    assert api(cast.coordinator_b).post(f"/api/v1/allocations/{unit.pk}/return/", {"count": 1}).status_code == 404
    assert school.post(f"/api/v1/delegations/{beichen.pk}/return/", {"count": 1}).status_code == 403
    assert api(cast.viewer).post(f"/api/v1/delegations/{beichen.pk}/return/", {"count": 1}).status_code == 403
    answer = district.post(f"/api/v1/delegations/{beichen.pk}/return/", {"count": 5})
    assert (answer.json()["quota"], answer.json()["returned"]) == (5, 5)
    assert district.post(f"/api/v1/delegations/{beichen.pk}/pass-on/", {"count": 1, "target": daxing.pk}).status_code == 403
    assert organiser.post(f"/api/v1/delegations/{beichen.pk}/pass-on/", {"count": 9, "target": daxing.pk}).json()["code"] == "places_in_use"
    assert organiser.post(f"/api/v1/delegations/{beichen.pk}/pass-on/", {"count": 5, "target": daxing.pk}).json()["quota"] == 6
    for bad in ({}, {"count": 0}, {"count": "x"}, {"count": 10**30}):
        assert organiser.post(f"/api/v1/delegations/{beichen.pk}/return/", bad, format="json").status_code == 400
    answer = organiser.patch(f"/api/v1/delegations/{beichen.pk}/", {"endorse_by": "2099-01-01T12:00:00+08:00"}, format="json")
    assert answer.json()["endorse_by"].startswith("2099-01-01") and answer.json()["quota"] == 5
    assert organiser.patch(f"/api/v1/delegations/{beichen.pk}/", {}, format="json").status_code == 400


def test_pages(cast: Cast, beichen: Delegation, daxing: Delegation, sign_in: Any) -> None:
    unit = quota.set_allocation(delegation=beichen, organisation=cast.school_a, quota=6, by=cast.district_beichen)
    make_registration(cast, beichen.program, make_person(cast, cast.school_a), "submitted")
    tree = f"/desk/programs/{beichen.program_id}/quota/"
    assert "退回名额" in sign_in(cast.coordinator_a).get(tree).content.decode()
    answer = sign_in(cast.coordinator_a).post(f"/desk/allocations/{unit.pk}/give-back/", {"count": "2"}, follow=True)
    assert "退回了2个名额" in answer.content.decode() and quotas(unit) == [4]
    organiser = sign_in(cast.organiser)
    organiser.post(f"/desk/delegations/{beichen.pk}/give-back/", {"count": "5"})
    page = organiser.get(tree).content.decode()
    assert "转出退回的5个名额" in page
    page = organiser.post(f"/desk/delegations/{beichen.pk}/pass-on/", {"count": "5", "target": daxing.pk}, follow=True).content.decode()
    assert "增加了5个名额" in page and quotas(beichen, daxing) == [5, 6]
    page = organiser.post(f"/desk/delegations/{beichen.pk}/pass-on/", {"count": "5", "target": "x"}, follow=True).content.decode()
    assert quotas(beichen, daxing) == [5, 6] and "选择" in page
    organiser.post(f"/desk/delegations/{beichen.pk}/deadline/", {"endorse_by": "2099-01-02T18:00"})
    assert "区级审核截止2099年1月2日 18:00" in organiser.get(tree).content.decode()
    assert "区级审核截止2099年1月2日 18:00" in sign_in(cast.district_beichen).get("/desk/review/").content.decode()
    assert "截止2099年1月2日 18:00" in sign_in(cast.district_beichen).get(f"/desk/programs/{beichen.program_id}/roster/").content.decode()
    assert sign_in(cast.district_beichen).post(f"/desk/delegations/{beichen.pk}/deadline/", {}).status_code == 403
