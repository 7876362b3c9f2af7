"""Substitution 换人: who may take somebody how far, what the reviewers see, and the way back."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.programs import rules as programs
from events.programs.models import Program
from exchange.transitions import RuleViolation
from participants.certificates import rules as certificates
from participants.invitations.rules import check_guest
from participants.notices.models import Notice
from participants.notices.words import lines
from participants.people.rules import feed_url, link_url
from participants.rosters import quota, returns, rules, versions
from participants.rosters.models import Delegation, Registration
from participants.rosters.undo import undo
from tests.cast import Cast, at, make_delegation, make_item, make_person, make_program, make_registration, same_queries

NOW = timezone.now
REVIEW = reverse("rosters:review")


@pytest.fixture
def program(cast: Cast) -> Program:
    return make_program(cast)


@pytest.fixture
def delegation(cast: Cast, program: Program) -> Delegation:
    return make_delegation(cast, program, cast.beichen, 2)


def placed(cast: Cast, delegation: Delegation, status: str = "confirmed", name: str = "", **fields: Any) -> Registration:
    return make_registration(cast, delegation.program, make_person(cast, cast.school_a, name, **fields), status)


def swap(cast: Cast, row: Registration, by: Any, name: str = "沈望舒", **fields: Any) -> Registration:
    return rules.replace(registration=row, person=make_person(cast, cast.school_a, name, **fields), by=by, now=NOW())


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(RuleViolation) as caught:
        call(**arguments)
    return caught.value.code


def statuses(*rows: Registration) -> list[str]:
    return [Registration.objects.get(pk=row.pk).status for row in rows]


def read(address: str) -> str:
    return Client().get(address.removeprefix("http://testserver").removeprefix("http://127.0.0.1:8000")).content.decode()


# How far ----------------------------------------------------------------------------------------------------------------

REACH = {
    ("coordinator_a", "submitted"): "submitted",
    ("coordinator_a", "endorsed"): "submitted",
    ("coordinator_a", "confirmed"): "submitted",
    ("district_beichen", "submitted"): "submitted",
    ("district_beichen", "endorsed"): "endorsed",
    ("district_beichen", "confirmed"): "endorsed",
    ("organiser_other", "submitted"): "submitted",
    ("organiser_other", "endorsed"): "endorsed",
    ("organiser_other", "confirmed"): "confirmed",
    ("admin", "confirmed"): "confirmed",
}


def test_as_far_as_one_could_pass_and_never_further_than_the_one_replaced(cast: Cast) -> None:
    delegation = make_delegation(cast, make_program(cast, organiser=cast.beijing), cast.beichen, len(REACH))
    for (who, stood), stage in REACH.items():
        row = placed(cast, delegation, stood)
        new = swap(cast, row, getattr(cast, who))
        assert statuses(row, new) == ["replaced", stage], (who, stood)
        stamps = [bool(new.submitted_at), bool(new.endorsed_at), bool(new.confirmed_at)]
        assert stamps == [True, stage != "submitted", stage == "confirmed"]


def test_after_a_deadline_nobody_passes_a_substitute_either(cast: Cast) -> None:
    program = make_program(cast, organiser=cast.beijing)
    delegation = make_delegation(cast, program, cast.beichen, 5)
    rows = [placed(cast, delegation) for _number in range(2)]
    passed = NOW() - timedelta(hours=1)
    returns.set_deadlines(delegation=delegation, by=cast.organiser_other, endorse_by=passed, confirm_by=passed)
    assert [swap(cast, row, by).status for row, by in zip(rows, (cast.district_beichen, cast.organiser_other), strict=True)] == ["submitted", "endorsed"]


def test_the_consent_of_a_guardian_is_asked_before_the_substitute_is_endorsed(cast: Cast, delegation: Delegation) -> None:
    child = {"birth_on": date(delegation.program.starts_on.year - 10, 1, 1), "national_id": "", "position": "学生"}
    program = make_program(cast, kind="exhibition")
    row = placed(cast, make_delegation(cast, program, cast.beichen, 2), "endorsed")
    assert refusal(swap, cast=cast, row=row, by=cast.district_beichen, **child) == "consent_missing"
    new = swap(cast, row, cast.coordinator_a, **child)
    assert new.status == "submitted"
    assert refusal(rules.endorse, registration=new, by=cast.district_beichen, now=NOW()) == "consent_missing"


def test_parts_of_the_quota_hold_and_a_program_that_is_over_is_left_alone(cast: Cast, delegation: Delegation) -> None:
    row = placed(cast, delegation, subject="语文")
    quota.set_part(delegation=delegation, kind="subject", value="数学", quota=0, by=cast.organiser)
    assert refusal(swap, cast=cast, row=row, by=cast.coordinator_a, subject="数学") == "quota_full"
    programs.cancel(program=delegation.program, by=cast.organiser, at=NOW(), reason="台风")
    assert refusal(swap, cast=cast, row=row, by=cast.coordinator_a, subject="语文") == "program_over"


def test_nobody_is_turned_into_somebody_else_once_an_office_passed_them(cast: Cast, delegation: Delegation, api: Any) -> None:
    row, other = placed(cast, delegation, "endorsed", "欧阳若川"), make_person(cast, cast.school_b)
    address, both = f"/api/v1/people/{row.person_id}/", {"name": "沈望舒", "national_id": other.national_id}
    answer = api(cast.coordinator_a).patch(address, both, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "somebody_else")
    assert api(cast.coordinator_a).patch(address, {"name": "欧阳若珊", "subject": "语文"}, format="json").status_code == 200  # a correction
    assert api(cast.district_beichen).patch(address, both, format="json").status_code == 200  # an office that could pass the new person


# The place, and rights --------------------------------------------------------------------------------------------------


def test_the_place_stays_held_until_the_substitute_is_sent_away(cast: Cast, delegation: Delegation) -> None:
    held, other = placed(cast, delegation), placed(cast, delegation)
    waiting = rules.submit(registration=placed(cast, delegation, "draft"), by=cast.coordinator_a, now=NOW(), waitlist=True)
    new = swap(cast, held, cast.coordinator_a)
    assert statuses(held, other, waiting) == ["replaced", "confirmed", "waitlisted"]
    assert Registration.objects.taking_place().count() == 2
    rules.send_back(registration=new, by=cast.district_beichen, now=NOW(), reason="职务不符")  # as for everybody: what is returned holds no place
    assert statuses(held, new, waiting) == ["replaced", "returned", "submitted"]
    assert refusal(rules.submit, registration=new, by=cast.coordinator_a, now=NOW()) == "quota_full"


def test_rights_end_at_once_and_begin_when_the_substitute_is_confirmed(cast: Cast) -> None:
    program = make_program(cast, starts_in=0, days=1)
    make_item(program, at(f"{timezone.localdate():%Y-%m-%d} 23:10"), 30, "开班仪式", credit_hours=4)
    row = placed(cast, make_delegation(cast, program, cast.beichen, 2))
    assert "开班仪式" in read(feed_url(row.person))
    new = swap(cast, row, cast.coordinator_a)
    for person in (row.person, new.person):
        assert "BEGIN:VEVENT" not in read(feed_url(person)) and "开班仪式" not in read(link_url(person))
    for registration in (Registration.objects.get(pk=row.pk), new):
        assert refusal(check_guest, program=program, registration=registration, organisation=None, wants="invitations") == "not_confirmed"
        assert refusal(certificates.issue, registration=registration, by=cast.organiser, now=NOW()) == "not_confirmed"
    new = rules.confirm(registration=rules.endorse(registration=new, by=cast.district_beichen, now=NOW()), by=cast.organiser, now=NOW())
    check_guest(program=program, registration=new, organisation=None, wants="invitations")
    assert "开班仪式" in read(feed_url(new.person)) and "BEGIN:VEVENT" not in read(feed_url(row.person))


def test_a_locked_version_tells_who_came_instead_and_how_far(cast: Cast, delegation: Delegation) -> None:
    row = placed(cast, delegation, name="欧阳若川")
    version = versions.lock_roster(delegation=delegation, by=cast.organiser, now=NOW())
    swap(cast, row, cast.coordinator_a)
    changes = versions.changes_since(version)
    assert [(change.kind, change.former, change.name) for change in changes] == [("replaced", "欧阳若川", "沈望舒")]
    assert changes[0].fields == (("状态", "主办方通过", "已提交"),)


# What the reviewers see -------------------------------------------------------------------------------------------------


def test_reviewers_find_the_substitute_first_with_the_name_of_the_one_replaced(cast: Cast, delegation: Delegation, sign_in: Any) -> None:
    early = placed(cast, delegation, "submitted")
    new = swap(cast, placed(cast, delegation, name="欧阳若川"), cast.coordinator_a)
    for user in (cast.district_beichen, cast.organiser):
        page = sign_in(user).get(REVIEW)
        assert [row["registration"] for row in page.context["rows"]] == [new, early]
        assert page.content.decode().count("欧阳若川") == 2  # on the row and in the panel
    told = {line.notice.user: (line.title, line.names) for line in lines(Notice.objects.filter(kind="replaced"))}
    assert told == dict.fromkeys((cast.district_beichen, cast.organiser), ("换人1人", "沈望舒（接替欧阳若川）"))


def test_before_any_office_passed_somebody_only_the_district_hears(cast: Cast, delegation: Delegation) -> None:
    row = placed(cast, delegation, "submitted")
    Notice.objects.all().delete()
    swap(cast, row, cast.coordinator_a)
    assert list(Notice.objects.values_list("kind", "user")) == [("submitted", cast.district_beichen.pk)]


def test_viewers_read_of_a_minor_who_was_replaced_no_name(cast: Cast, program: Program, sign_in: Any) -> None:
    minor = make_person(cast, cast.school_a, "欧阳若川", birth_on=date(program.starts_on.year - 16, 1, 1), position="学生")
    new = swap(cast, make_registration(cast, make_delegation(cast, program, cast.beichen, 2).program, minor, "confirmed"), cast.coordinator_a)
    for address in (f"{REVIEW}?view=all", reverse("rosters:registration", args=[new.pk])):
        page = sign_in(cast.viewer).get(address).content.decode()
        assert "沈望舒" in page and "欧阳若川" not in page and "欧阳" in page


def test_the_queue_costs_the_same_for_one_and_three_substitutes(cast: Cast, program: Program, sign_in: Any) -> None:
    delegation = make_delegation(cast, program, cast.beichen, 9)
    client = sign_in(cast.district_beichen)
    swap(cast, placed(cast, delegation), cast.coordinator_a)
    same_queries(lambda: client.get(REVIEW), lambda: [swap(cast, placed(cast, delegation), cast.coordinator_a, "") for _number in range(2)])


def test_the_page_says_before_and_after_what_follows(cast: Cast, sign_in: Any) -> None:
    delegation = make_delegation(cast, make_program(cast, organiser=cast.beijing), cast.beichen, 3)
    for who, outlook, done in (
        (cast.coordinator_a, "先由区里审核", "沈望舒接替欧阳若川的名额，等待区里审核。"),
        (cast.district_beichen, "再由主办方审核", "沈望舒接替欧阳若川的名额，等待主办方审核。"),
        (cast.admin, "直接参加", "沈望舒已替换欧阳若川。"),
    ):
        row, person, client = placed(cast, delegation, name="欧阳若川"), make_person(cast, cast.school_a, "沈望舒"), sign_in(who)
        address = reverse("rosters:replace", args=[row.pk])
        assert outlook in client.get(f"{address}?q=shenw").content.decode()
        answer = client.post(address, {"person": person.pk}, follow=True)
        message = next(iter(answer.context["messages"]))
        assert (str(message), message.extra_tags) == (done, f"undo:{reverse('rosters:undo', args=[row.pk])}")


def test_the_api_answers_with_the_stage(cast: Cast, delegation: Delegation, api: Any) -> None:
    row, person = placed(cast, delegation), make_person(cast, cast.school_a)
    answer = api(cast.coordinator_a).post(f"/api/v1/registrations/{row.pk}/replace/", {"person": person.pk}).json()
    assert (answer["status"], answer["replaces"], answer["confirmed_at"]) == ("submitted", row.pk, None)


# The way back -----------------------------------------------------------------------------------------------------------


def test_a_substitution_is_taken_back_whole(cast: Cast, delegation: Delegation, sign_in: Any, api: Any) -> None:
    row = placed(cast, delegation)
    new = swap(cast, row, cast.coordinator_a)
    assert api(cast.coordinator_b).post(f"/api/v1/registrations/{row.pk}/undo/").status_code == 404
    client = sign_in(cast.coordinator_a)
    address = reverse("rosters:undo", args=[row.pk])
    assert address in client.get(reverse("rosters:registration", args=[new.pk])).content.decode()
    client.post(address)
    assert statuses(row, new) == ["confirmed", "withdrawn"]
    row.refresh_from_db()
    assert row.confirmed_at and Registration.objects.taking_place().count() == 1
    again = swap(cast, row, cast.organiser, "林听雨")  # the place can be handed over once more
    assert (again.status, again.replaces) == ("confirmed", row)


def test_not_once_somebody_went_on_and_not_past_what_became_full(cast: Cast, delegation: Delegation) -> None:
    passed, second = placed(cast, delegation), placed(cast, delegation, subject="数学")
    rules.endorse(registration=swap(cast, passed, cast.coordinator_a), by=cast.district_beichen, now=NOW())
    assert refusal(undo, registration=passed, by=cast.coordinator_a, now=NOW()) == "nothing_to_undo"
    new = swap(cast, second, cast.coordinator_a, subject="语文")
    assert refusal(undo, registration=second, by=cast.district_beichen, now=NOW()) == "other_office"  # a school's step is the school's
    quota.set_part(delegation=delegation, kind="subject", value="数学", quota=1, by=cast.organiser)
    assert refusal(undo, registration=second, by=cast.coordinator_a, now=NOW()) == "quota_full"
    assert statuses(second, new) == ["replaced", "submitted"]
