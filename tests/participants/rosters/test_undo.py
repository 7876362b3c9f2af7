"""A step taken back: where it leads, until when, by whom, and how many at once."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.notices.models import Notice
from participants.people import rules as people
from participants.rosters import bulk, rules
from participants.rosters.models import Registration
from participants.rosters.undo import may_undo, undo
from tests.cast import Cast, make_delegation, make_person, make_program, make_registration, same_queries

STEPS = {"submit": "draft", "endorse": "submitted", "confirm": "endorsed", "send_back": "endorsed", "decline": "confirmed", "withdraw": "submitted"}


@pytest.fixture
def program(cast: Cast) -> Any:
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen, 3)
    return program


def row_of(cast: Cast, program: Any, status: str = "submitted") -> Registration:
    return make_registration(cast, program, make_person(cast, cast.school_a), status)


def step(name: str, row: Registration, by: Any) -> Registration:
    reason = {"reason": "号码有误"} if name in ("send_back", "decline") else {}
    return getattr(rules, name)(registration=row, by=by, now=timezone.now(), **reason)


def refusal(row: Registration, by: Any) -> str:
    with pytest.raises(RuleViolation) as caught:
        undo(registration=row, by=by, now=timezone.now())
    return caught.value.code


@pytest.mark.parametrize("name", STEPS)
def test_each_step_is_taken_back_whole(cast: Cast, program: Any, name: str) -> None:
    before = row_of(cast, program, STEPS[name])
    step(name, before, cast.organiser)
    row = undo(registration=before, by=cast.organiser, now=timezone.now())
    row.refresh_from_db()
    kept = ("status", "submitted_at", "endorsed_at", "confirmed_at", "allocation_id")
    assert [getattr(row, field) for field in kept] == [getattr(before, field) for field in kept]
    event = AuditEvent.objects.filter(action="registration.undo").get()
    assert (event.target_id, event.actor_id, event.changes["status"][1]) == (row.pk, cast.organiser.pk, STEPS[name])
    assert row.last_step is None
    assert refusal(row, cast.organiser) == "nothing_to_undo"


def test_the_school_hears_that_the_return_was_a_mistake(cast: Cast, program: Any) -> None:
    row = step("send_back", row_of(cast, program), cast.district_beichen)
    undo(registration=row, by=cast.district_beichen, now=timezone.now())
    assert list(Notice.objects.filter(user=cast.coordinator_a).values_list("kind", flat=True)) == ["restored", "returned"]
    assert not Notice.objects.filter(user=cast.organiser).exists()  # who had never heard of it


def test_not_once_the_school_has_acted(cast: Cast, program: Any) -> None:
    corrected, submitted = (step("send_back", row_of(cast, program), cast.district_beichen) for _number in range(2))
    people.change_person(person=corrected.person, by=cast.coordinator_a, position="主任")
    step("submit", submitted, cast.coordinator_a)
    assert refusal(corrected, cast.district_beichen) == "school_acted"
    assert refusal(submitted, cast.district_beichen) == "other_office"  # its last step is the school's


def test_not_when_the_place_has_gone_to_somebody_else(cast: Cast, program: Any) -> None:
    rows = [row_of(cast, program) for _number in range(3)]
    waiting = rules.submit(registration=row_of(cast, program, "draft"), by=cast.coordinator_a, now=timezone.now(), waitlist=True)
    step("send_back", rows[0], cast.district_beichen)
    assert Registration.objects.get(pk=waiting.pk).status == "submitted"
    assert refusal(rows[0], cast.district_beichen) == "quota_full"
    assert Registration.objects.taking_place().filter(program=program).count() == 3


def test_a_district_takes_back_its_own_step_and_not_the_organisers(cast: Cast, program: Any) -> None:
    by_organiser = step("send_back", row_of(cast, program, "endorsed"), cast.organiser)
    by_district = step("send_back", row_of(cast, program), cast.district_beichen)
    assert refusal(by_organiser, cast.district_beichen) == "other_office"
    assert not may_undo(by_organiser, cast.district_beichen)
    assert not may_undo(by_district, cast.coordinator_a)
    assert not may_undo(by_district, cast.district_daxing)
    assert undo(registration=by_district, by=cast.organiser, now=timezone.now()).status == "submitted"


def test_somebody_registered_anew_keeps_the_new_registration(cast: Cast, program: Any) -> None:
    row = step("decline", row_of(cast, program), cast.organiser)
    make_registration(cast, program, row.person)
    assert refusal(row, cast.organiser) == "already_registered"


def test_many_returned_by_mistake_come_back_with_one_button(cast: Cast, program: Any, sign_in: Any) -> None:
    rows = [row_of(cast, program) for _number in range(3)]
    client = sign_in(cast.district_beichen)
    answer = client.post(reverse("rosters:bulk"), {"action": "return", "ids": [row.pk for row in rows], "asked": "1", "reason": "号码有误"}, follow=True)
    address = next(tag for message in answer.context["messages"] for tag in message.extra_tags.split()).removeprefix("undo:")
    assert answer.content.decode().count(address) == 1
    people.change_person(person=rows[2].person, by=cast.coordinator_a, position="主任")
    answer = client.post(address, follow=True)
    assert list(Registration.objects.order_by("pk").values_list("status", flat=True)) == ["submitted", "submitted", "returned"]
    assert [str(message) for message in answer.context["messages"]] == [
        "2人已回到上一步。",
        f"{rows[2].person.name}：学校已经在修改这条报名，改好后会再次提交。",
    ]


def test_the_moment_of_somebody_else_is_nothing(cast: Cast, program: Any, sign_in: Any) -> None:
    rows = [row_of(cast, program)]
    now = timezone.now()
    bulk.decide_many(action="return", registrations=rows, by=cast.district_beichen, now=now, reason="号码有误")
    moment = int(now.timestamp() * 1_000_000 + 0.5)
    for user in (cast.organiser, cast.coordinator_b, cast.district_daxing):
        sign_in(user).post(reverse("rosters:undo_many", args=[moment]))
    assert Registration.objects.get().status == "returned"
    assert sign_in(cast.organiser).post(reverse("rosters:undo_many", args=[10**17])).status_code == 404


def test_the_queue_offers_it_on_the_row_and_the_api_does_it(cast: Cast, program: Any, sign_in: Any, api: Any) -> None:
    row = step("send_back", row_of(cast, program), cast.district_beichen)
    page = sign_in(cast.district_beichen).get(f"{reverse('rosters:review')}?view=returned").content.decode()
    assert page.count(reverse("rosters:undo", args=[row.pk])) == 2  # on the row and in the panel
    address = f"/api/v1/registrations/{row.pk}/undo/"
    assert api(cast.coordinator_a).post(address).json()["code"] == "other_office"
    assert api(cast.outsider).post(address).status_code == 404
    assert api(cast.viewer).post(address).status_code == 403
    assert api(cast.district_beichen).post(address).json()["status"] == "submitted"


def test_the_returned_view_costs_the_same_for_one_and_three(cast: Cast, program: Any, sign_in: Any) -> None:
    def returned() -> None:
        step("send_back", row_of(cast, program), cast.district_beichen)

    returned()
    client = sign_in(cast.district_beichen)
    same_queries(lambda: client.get(f"{reverse('rosters:review')}?view=returned"), lambda: [returned(), returned()])
