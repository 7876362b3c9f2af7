"""Parts of the places by role, stage and subject; and the organiser's own deadline."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from events.programs.models import Program
from exchange.transitions import RuleViolation
from participants.people.merging import merge_people
from participants.people.models import Person
from participants.rosters import bulk, inline, quota, returns, rules
from participants.rosters.models import Delegation, QuotaPart, Registration
from tests.cast import Cast, make_delegation, make_person, make_program, make_registration, same_queries


@pytest.fixture
def beichen(cast: Cast) -> Delegation:
    return make_delegation(cast, make_program(cast), cast.beichen, 10)


def limit(cast: Cast, delegation: Delegation, kind: str, value: str, number: int) -> QuotaPart:
    return quota.set_part(delegation=delegation, kind=kind, value=value, quota=number, by=cast.organiser)


def draft(cast: Cast, delegation: Delegation, role: str = "学员", school: Any = None, **person: Any) -> Registration:
    return make_registration(cast, delegation.program, make_person(cast, school or cast.school_a, **person), role=role)


def submit(row: Registration, by: Any, **more: Any) -> Registration:
    return rules.submit(registration=row, by=by, now=timezone.now(), **more)


def refusal(call: Any, **arguments: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as caught:
        call(**arguments)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "value", "first", "other"),
    [
        ("role", "领队", {"role": "领队"}, {"role": "学员"}),
        ("subject", "数学", {"subject": "数学"}, {"subject": "语文"}),
        ("stage", "junior", {"stage": "junior"}, {"stage": "primary"}),
        ("stage", "senior", {}, {"stage": "junior"}),  # without a stage of their own the school's counts
    ],
)
def test_one_too_many_of_a_kind_is_refused_with_the_numbers(
    cast: Cast, beichen: Delegation, kind: str, value: str, first: dict[str, str], other: dict[str, str]
) -> None:
    limit(cast, beichen, kind, value, 1)
    submit(draft(cast, beichen, **first), cast.coordinator_a)
    second = draft(cast, beichen, **first)
    found = refusal(submit, row=second, by=cast.coordinator_a)
    assert (found.code, found.params) == ("quota_full", {"quota": 1, "used": 1, "left": 0, "part": value})
    assert submit(draft(cast, beichen, **other), cast.coordinator_a).status == "submitted"
    assert submit(second, cast.coordinator_a, waitlist=True).status == "waitlisted"


def test_many_at_once_stop_at_the_limit(cast: Cast, beichen: Delegation) -> None:
    limit(cast, beichen, "role", "领队", 2)
    rows = [draft(cast, beichen, role="领队") for _number in range(4)]
    done, refused = bulk.decide_many(action="submit", registrations=rows, by=cast.coordinator_a, now=timezone.now())
    assert (len(done), [violation.code for _row, violation in refused]) == (2, ["quota_full"] * 2)
    assert Registration.objects.taking_place().count() == 2


def test_a_raised_or_lifted_limit_moves_the_waiting_up(cast: Cast, beichen: Delegation) -> None:
    part = limit(cast, beichen, "role", "领队", 1)
    rows = [submit(draft(cast, beichen, role="领队"), cast.coordinator_a, waitlist=True) for _number in range(3)]
    limit(cast, beichen, "role", "领队", 2)
    assert [Registration.objects.get(pk=row.pk).status for row in rows] == ["submitted", "submitted", "waitlisted"]
    quota.remove_part(part=part, by=cast.organiser)
    assert Registration.objects.get(pk=rows[2].pk).status == "submitted"


def test_a_limit_is_not_below_what_is_used_nor_above_all_places(cast: Cast, beichen: Delegation) -> None:
    for _number in range(2):
        submit(draft(cast, beichen, role="领队"), cast.coordinator_a)
    found = refusal(limit, cast=cast, delegation=beichen, kind="role", value="领队", number=1)
    assert (found.code, found.params["used"]) == ("quota_below_used", 2)
    assert not QuotaPart.objects.exists()
    assert refusal(limit, cast=cast, delegation=beichen, kind="role", value="领队", number=11).code == "quota_exceeded"
    assert refusal(limit, cast=cast, delegation=beichen, kind="stage", value="老年", number=1).code == "unknown_stage"


def test_changes_of_those_who_hold_a_place_keep_to_the_limit(cast: Cast, beichen: Delegation, sign_in: Any) -> None:
    limit(cast, beichen, "role", "领队", 1)
    limit(cast, beichen, "subject", "语文", 0)
    submit(draft(cast, beichen, role="领队"), cast.coordinator_a)
    row = submit(draft(cast, beichen), cast.coordinator_a)
    assert refusal(rules.change_registration, registration=row, by=cast.organiser, role="领队").code == "quota_full"
    chinese = make_person(cast, cast.school_a, subject="语文")
    assert refusal(rules.replace, registration=row, person=chinese, by=cast.coordinator_a, now=timezone.now()).code == "quota_full"
    form = {"name": row.person.name, "gender": "male", "subject": "语文", "role": "学员"}
    answer = sign_in(cast.coordinator_a).post(reverse("rosters:edit", args=[row.pk]), form)
    assert answer.status_code == 422 and "“语文”" in answer.content.decode()
    row.person.refresh_from_db()
    assert row.person.subject == "数学"


def test_stage_and_subject_of_a_person_keep_to_the_limit_on_every_way(cast: Cast, beichen: Delegation, sign_in: Any, api: Any) -> None:
    limit(cast, beichen, "stage", "primary", 1)
    limit(cast, beichen, "subject", "语文", 0)
    submit(draft(cast, beichen, stage="primary"), cast.coordinator_a)
    row = submit(draft(cast, beichen, stage="senior"), cast.coordinator_a)
    again = make_registration(cast, make_one_more(cast), row.person)  # a draft of the same person elsewhere, which the table may edit
    numbers = {"quota": 1, "used": 1, "wanted": 2, "left": 0, "part": "primary"}

    answer = api(cast.coordinator_a).patch(f"/api/v1/people/{row.person_id}/", {"stage": "primary"}, format="json")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"], answer.json()["params"]) == (409, "quota_full", "stage", numbers)
    form = {"name": row.person.name, "gender": "male", "stage": "senior"}
    for page in (reverse("people:person", args=[row.person_id]), reverse("rosters:edit", args=[again.pk])):
        answer = sign_in(cast.coordinator_a).post(page, form | {"subject": "语文", "role": ""})
        assert answer.status_code == 422 and "“语文”" in answer.content.decode(), page
    for values in ({"stage": "primary"}, {"subject": "语文"}):
        assert refusal(inline.save_row, registration=again, person=values, place={}, by=cast.coordinator_a).code == "quota_full"
    twin = make_person(cast, cast.school_a, row.person.name, national_id="", stage="primary")
    Person.objects.filter(pk=row.person_id).update(stage="")  # the stage is filled from the other record, and was counted by the school's
    assert refusal(merge_people, keep=row.person, gone=twin, by=cast.coordinator_a).code == "quota_full"
    row.person.refresh_from_db()
    assert (row.person.stage, row.person.subject, Person.objects.filter(pk=twin.pk).exists()) == ("", "数学", True)


def make_one_more(cast: Cast) -> Any:
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen, 10)
    return program


def test_what_makes_nothing_worse_is_not_refused(cast: Cast, beichen: Delegation, api: Any) -> None:
    row, other = (submit(draft(cast, beichen, stage="primary"), cast.coordinator_a) for _number in range(2))
    over = QuotaPart.objects.create(delegation=beichen, kind="stage", value="primary", quota=1)  # from before the limit was asked
    assert api(cast.coordinator_a).patch(f"/api/v1/people/{row.person_id}/", {"stage": "primary", "subject": "语文"}, format="json").status_code == 200
    assert rules.change_registration(registration=other, by=cast.organiser, role="组长").role == "组长"
    assert api(cast.coordinator_a).patch(f"/api/v1/people/{row.person_id}/", {"stage": "junior"}, format="json").status_code == 200
    over.quota = 0
    over.save()
    yesterday = timezone.localdate() - timedelta(days=1)
    Program.objects.filter(pk=beichen.program_id).update(starts_on=yesterday, ends_on=yesterday)  # over: pupils grow up
    assert api(cast.coordinator_a).patch(f"/api/v1/people/{row.person_id}/", {"stage": "primary"}, format="json").status_code == 200


def test_the_tree_shows_and_sets_the_limits(cast: Cast, beichen: Delegation, sign_in: Any) -> None:
    submit(draft(cast, beichen, role="领队"), cast.coordinator_a)
    client, page = sign_in(cast.organiser), reverse("rosters:quota", args=[beichen.program_id])
    for kind, value, number in (("role", "领队", 2), ("stage", "高中", 8)):
        client.post(reverse("rosters:part", args=[beichen.pk]), {"kind": kind, "value": value, "quota": number})
    text = client.get(page).content.decode()
    assert "领队 1/2" in text and "高中 1/8" in text
    assert "领队 1/2" in sign_in(cast.district_beichen).get(page).content.decode()
    part = QuotaPart.objects.get(kind="stage")
    assert part.value == "senior"
    assert sign_in(cast.district_beichen).post(reverse("rosters:remove_part", args=[part.pk])).status_code == 403
    assert sign_in(cast.outsider).post(reverse("rosters:remove_part", args=[part.pk])).status_code == 404
    client.post(reverse("rosters:remove_part", args=[part.pk]))
    assert list(QuotaPart.objects.values_list("kind", flat=True)) == ["role"]
    same_queries(lambda: client.get(page), lambda: [limit(cast, beichen, "subject", name, 3) for name in ("数学", "语文")])


def test_the_api_shows_and_sets_the_limits(cast: Cast, beichen: Delegation, api: Any) -> None:
    address = f"/api/v1/delegations/{beichen.pk}/"
    body = {"kind": "role", "value": "领队", "quota": 2}
    assert api(cast.district_beichen).post(f"{address}parts/", body, format="json").status_code == 403
    answer = api(cast.organiser).post(f"{address}parts/", body, format="json").json()
    assert [(part["kind"], part["value"], part["quota"], part["used"]) for part in answer["parts"]] == [("role", "领队", 2, 0)]
    assert api(cast.organiser).post(f"{address}parts/", body | {"kind": "age"}, format="json").status_code == 400
    assert api(cast.organiser).delete(f"{address}parts/?part=x").status_code == 400
    part = answer["parts"][0]["id"]
    assert api(cast.organiser).delete(f"{address}parts/?part={part}").json()["parts"] == []


def test_another_stage_of_the_school_counts_for_its_people_without_one(cast: Cast, beichen: Delegation, sign_in: Any, api: Any) -> None:
    for stage in ("", "", "primary"):
        submit(draft(cast, beichen, stage=stage), cast.coordinator_a)
    limit(cast, beichen, "stage", "junior", 1)
    address = f"/api/v1/organisations/{cast.school_a.pk}/"
    answer = api(cast.district_beichen).patch(address, {"stage": "junior"}, format="json")
    numbers = {"quota": 1, "used": 0, "wanted": 2, "left": 1, "part": "junior"}
    assert (answer.status_code, answer.json()["code"], answer.json()["field"], answer.json()["params"]) == (409, "quota_full", "stage", numbers)
    form = {"level": "school", "name_zh": cast.school_a.name_zh, "parent": cast.beichen.pk, "division": "120113", "stage": "junior", "is_active": "on"}
    page = sign_in(cast.district_beichen).post(reverse("directory:edit_organisation", args=[cast.school_a.pk]), form)
    assert page.status_code == 422 and "限额为1人，这样修改后将有2人" in page.content.decode()
    assert api(cast.district_beichen).patch(address, {"stage": "vocational"}, format="json").status_code == 200  # no part is fuller
    Program.objects.filter(pk=beichen.program_id).update(status="completed")
    assert api(cast.district_beichen).patch(address, {"stage": "junior"}, format="json").status_code == 200


# The organiser's deadline -----------------------------------------------------------------------------------------------


def test_after_its_own_deadline_the_organiser_moves_it_first(cast: Cast, beichen: Delegation) -> None:
    rows = [make_registration(cast, beichen.program, make_person(cast, cast.school_a), "endorsed") for _number in range(2)]
    now = timezone.now()
    returns.set_deadlines(delegation=beichen, confirm_by=now - timedelta(hours=1), by=cast.organiser)
    assert refusal(rules.confirm, registration=rows[0], by=cast.organiser, now=now).code == "deadline_passed"
    _done, refused = bulk.decide_many(action="confirm", registrations=rows, by=cast.organiser, now=now)
    assert [violation.code for _row, violation in refused] == ["deadline_passed"] * 2
    returns.set_deadlines(delegation=beichen, confirm_by=now + timedelta(hours=1), by=cast.organiser)
    assert rules.confirm(registration=rows[0], by=cast.organiser, now=now).status == "confirmed"


def test_deadlines_stand_in_order_and_are_shown_to_whom_they_concern(cast: Cast, beichen: Delegation, sign_in: Any, api: Any) -> None:
    now = timezone.now()
    returns.set_deadlines(delegation=beichen, endorse_by=now + timedelta(days=3), by=cast.organiser)
    found = refusal(returns.set_deadlines, delegation=beichen, confirm_by=now + timedelta(days=2), by=cast.organiser)
    assert (found.code, found.field) == ("deadlines_out_of_order", "confirm_by")
    answer = api(cast.organiser).patch(f"/api/v1/delegations/{beichen.pk}/", {"confirm_by": (now + timedelta(days=5)).isoformat()}, format="json")
    assert answer.status_code == 200 and answer.json()["endorse_by"] and answer.json()["confirm_by"]
    make_registration(cast, beichen.program, make_person(cast, cast.school_a), "endorsed")
    queue = sign_in(cast.organiser).get(reverse("rosters:review")).content.decode()
    assert "主办方截止：" in queue
    roster = sign_in(cast.coordinator_a).get(reverse("rosters:program", args=[beichen.program_id])).content.decode()
    assert "1人待主办方审核" in roster or "截止" in roster
