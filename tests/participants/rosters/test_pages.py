"""The pages of rosters: what each person sees, what the buttons do, and that names are never markup."""

import io
from typing import Any

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from exchange import house_dates
from exchange.audit import AuditEvent
from participants.people.models import Person
from participants.rosters import quota, rules
from participants.rosters.models import Allocation, Delegation, Registration
from participants.rosters.next_steps import next_steps
from participants.rosters.review import waiting_count
from tests.cast import Cast, fictional_id, make_delegation, make_group, make_person, make_program, make_registration, same_queries
from tests.reading import taken

CANARY = "<script>金丝雀</script>"
ESCAPED = "&lt;script&gt;金丝雀&lt;/script&gt;"


@pytest.fixture
def program(cast: Cast) -> Any:
    program = make_program(cast, organiser=cast.beijing)
    make_delegation(cast, program, cast.beichen, 5)
    make_delegation(cast, program, cast.daxing, 5)
    return program


def row(cast: Cast, program: Any, status: str = "draft", name: str = "", school: Any = None, **fields: Any) -> Registration:
    return make_registration(cast, program, make_person(cast, school or cast.school_a, name), status, **fields)


def url(name: str, *args: Any) -> str:
    return reverse(f"rosters:{name}", args=args)


def fresh(registration: Registration) -> Registration:
    return Registration.objects.get(pk=registration.pk)


# Who sees what ----------------------------------------------------------------------------------------------------------


def test_pages_escape_names_and_show_no_number(cast: Cast, program: Any, sign_in: Any) -> None:
    found = row(cast, program, "submitted", CANARY)
    pages = {
        "district_beichen": [url("review"), url("program", program.pk), url("registration", found.pk), url("return", found.pk), url("withdraw", found.pk)],
        "coordinator_a": [
            url("program", program.pk),
            url("replace", found.pk),
            url("edit", found.pk),
            reverse("people:list"),
            reverse("people:person", args=[found.person_id]),
        ],
    }
    for who, addresses in pages.items():
        client = sign_in(getattr(cast, who))
        for address in addresses:
            text = client.get(address).content.decode()
            assert ESCAPED in text, address
            assert CANARY not in text, address
            assert found.person.national_id not in text, address


@pytest.mark.parametrize("who", ["coordinator_b", "district_daxing", "outsider"])
def test_foreign_registration_is_not_there(cast: Cast, program: Any, sign_in: Any, who: str) -> None:
    found = row(cast, program, "submitted", "金丝雀")
    client = sign_in(getattr(cast, who))
    assert client.get(url("registration", found.pk)).status_code == 404
    assert client.post(url("withdraw", found.pk)).status_code == 404
    assert client.post(reverse("people:reveal", args=[found.person_id])).status_code == 404
    for address in (url("review"), f"{url('review')}?person={found.pk}&view=all", reverse("people:list")):
        assert "金丝雀" not in client.get(address).content.decode()
    client.post(url("bulk"), {"action": "withdraw", "ids": [found.pk], "asked": "1"})
    assert fresh(found).status == "submitted"


@pytest.mark.parametrize(
    ("who", "roster", "places"), [("outsider", 404, 404), ("viewer", 404, 404), ("coordinator_c", 200, 200), ("organiser_other", 200, 200)]
)
def test_who_opens_the_roster_of_a_program(cast: Cast, program: Any, sign_in: Any, who: str, roster: int, places: int) -> None:
    row(cast, program, "submitted", "金丝雀")
    client = sign_in(getattr(cast, who) if who != "viewer" else cast.district_langfang)
    answer = client.get(url("program", program.pk))
    assert (answer.status_code, client.get(url("quota", program.pk)).status_code) == (roster, places)
    assert ("金丝雀" in answer.content.decode()) is (who == "organiser_other")


def test_own_but_forbidden(cast: Cast, program: Any, sign_in: Any) -> None:
    found = row(cast, program, "submitted")
    assert sign_in(cast.coordinator_a).post(url("endorse", found.pk)).status_code == 403
    assert sign_in(cast.district_beichen).post(url("confirm", found.pk)).status_code == 403
    assert sign_in(cast.viewer).get(url("review")).status_code == 200
    assert sign_in(cast.viewer).post(url("bulk"), {"action": "approve", "ids": [found.pk]}).status_code == 403
    assert fresh(found).status == "submitted"


def test_visitors_are_asked_to_sign_in(cast: Cast, program: Any, client: Any) -> None:
    for address in (url("review"), url("program", program.pk), url("quota", program.pk), reverse("people:list")):
        assert client.get(address).status_code == 302


# Review -----------------------------------------------------------------------------------------------------------------


def test_queue_is_what_waits_for_me(cast: Cast, program: Any, sign_in: Any) -> None:
    submitted, endorsed = row(cast, program, "submitted", "何书钰"), row(cast, program, "endorsed", "曹砺锋")
    row(cast, program, "draft", "田稼轩")
    district = sign_in(cast.district_beichen).get(url("review"))
    organiser = sign_in(cast.organiser_other).get(url("review"))
    assert [entry["registration"] for entry in district.context["rows"]] == [submitted]
    assert [entry["registration"] for entry in organiser.context["rows"]] == [endorsed]
    assert {view["label"]: view["count"] for view in organiser.context["views"]} == {"待我审核": 1, "等待区级": 1, "全部": 2, "退回": 0, "候补": 0}
    assert waiting_count(cast.district_beichen) == waiting_count(cast.organiser_other) == (1, True)
    assert waiting_count(cast.coordinator_a) == waiting_count(cast.outsider) == (0, True)


def test_counter_costs_one_query(cast: Cast, program: Any, django_assert_num_queries: Any) -> None:
    assert cast.district_beichen.scopes
    with django_assert_num_queries(1):
        waiting_count(cast.district_beichen)


def test_next_person_opens_after_a_decision(cast: Cast, program: Any, sign_in: Any) -> None:
    first, second = row(cast, program, "submitted"), row(cast, program, "submitted")
    client = sign_in(cast.district_beichen)
    panel = client.get(f"{url('review')}?person={first.pk}").context["panel"]
    assert (panel["registration"], panel["number"], panel["approval"]) == (first, 1, "endorse")
    assert panel["after"] == f"{url('review')}?person={second.pk}"
    answer = client.post(url("endorse", first.pk), {"next": panel["after"]})
    assert (answer.status_code, answer.url, fresh(first).status) == (302, panel["after"], "endorsed")


def test_next_goes_nowhere_else(cast: Cast, program: Any, sign_in: Any) -> None:
    found = row(cast, program, "submitted")
    answer = sign_in(cast.district_beichen).post(url("endorse", found.pk), {"next": "https://example.org/"})
    assert answer.url == url("registration", found.pk)


def test_return_asks_for_the_reason_and_keeps_what_was_typed(cast: Cast, program: Any, sign_in: Any) -> None:
    found = row(cast, program, "submitted")
    client = sign_in(cast.district_beichen)
    assert client.post(url("return", found.pk), {"reason": " "}).status_code == 422
    assert client.post(url("return", found.pk), {"reason": "号码\x07有误"}).status_code == 422
    assert fresh(found).status == "submitted"
    client.post(url("return", found.pk), {"reason": "手机号码少一位"})
    assert (fresh(found).status, fresh(found).status_reason) == ("returned", "手机号码少一位")


def test_bulk_passes_both_stages_and_names_refusals(cast: Cast, program: Any, sign_in: Any) -> None:
    submitted, draft = row(cast, program, "submitted"), row(cast, program, name="何书钰")
    answer = sign_in(cast.district_beichen).post(url("bulk"), {"action": "approve", "ids": [submitted.pk, draft.pk], "next": url("review")}, follow=True)
    assert fresh(submitted).status == "endorsed"
    said = [str(message) for message in answer.context["messages"]]
    assert said[0] == "已通过1人。"
    assert said[1].startswith("何书钰：")


def test_bulk_return_asks_first(cast: Cast, program: Any, sign_in: Any) -> None:
    rows = [row(cast, program, "submitted") for _number in range(2)]
    client, ids = sign_in(cast.district_beichen), [found.pk for found in rows]
    asked = client.post(url("bulk"), {"action": "return", "ids": ids})
    assert (asked.status_code, fresh(rows[0]).status) == (200, "submitted")
    assert client.post(url("bulk"), {"action": "return", "ids": ids, "asked": "1", "reason": ""}).status_code == 422
    client.post(url("bulk"), {"action": "return", "ids": ids, "asked": "1", "reason": "缺少学科"})
    assert {fresh(found).status_reason for found in rows} == {"缺少学科"}
    assert client.post(url("bulk"), {"action": "erase", "ids": ids}).status_code == 400


def test_full_numbers_are_shown_once_and_recorded(cast: Cast, program: Any, sign_in: Any) -> None:
    found = row(cast, program, "submitted")
    answer = sign_in(cast.organiser_other).post(reverse("people:reveal", args=[found.person_id]), headers={"HX-Request": "true"})
    assert found.person.national_id in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert list(AuditEvent.objects.filter(action="person.reveal").values_list("actor_id", "target_id")) == [(cast.organiser_other.pk, found.person_id)]


@pytest.mark.parametrize("query", ["person=abc", "person=99999999999999999999", "view=%3Cb%3E", "page=0", "program=-1", "delegation=x&order=;drop", "q=%25'"])
def test_odd_addresses_still_show_the_queue(cast: Cast, program: Any, sign_in: Any, query: str) -> None:
    row(cast, program, "submitted")
    client = sign_in(cast.district_beichen)
    assert client.get(f"{url('review')}?{query}").status_code == 200
    assert client.get(f"{url('program', program.pk)}?{query.replace('view', 'status')}&unit=x&group=9{'9' * 30}").status_code in (200, 404)


# Entry ------------------------------------------------------------------------------------------------------------------


def entry(cast: Cast, **fields: Any) -> dict[str, Any]:
    from datetime import date

    return {
        "organisation": cast.school_a.pk,
        "name": "王䶮",
        "national_id": fictional_id(date(1980, 5, 6), 901),
        "phone": "15400000001",
        "role": "学员",
    } | fields


def test_person_is_added_by_hand(cast: Cast, program: Any, sign_in: Any) -> None:
    answer = sign_in(cast.coordinator_a).post(url("add", program.pk), entry(cast))
    assert answer.status_code == 302
    found = Registration.objects.get()
    assert (found.person.name, str(found.person.birth_on), found.person.gender, found.role, found.status) == ("王䶮", "1980-05-06", "male", "学员", "draft")


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"national_id": "120113198005069011"}, "national_id"), ({"phone": "1234"}, "phone"), ({"name": ""}, "name"), ({"birth_on": "1990-01-01"}, "birth_on")],
)
def test_mistakes_stand_beside_their_field(cast: Cast, program: Any, sign_in: Any, fields: dict[str, str], field: str) -> None:
    answer = sign_in(cast.coordinator_a).post(url("add", program.pk), entry(cast, **fields))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not Person.objects.exists()


def test_unit_of_others_cannot_be_chosen(cast: Cast, program: Any, sign_in: Any) -> None:
    assert sign_in(cast.coordinator_a).post(url("add", program.pk), entry(cast, organisation=cast.school_b.pk)).status_code == 422
    assert sign_in(cast.organiser_other).get(url("add", program.pk)).status_code == 200  # Daxing is below Beijing
    assert not Person.objects.exists()


def test_known_people_are_picked(cast: Cast, program: Any, sign_in: Any) -> None:
    people = [make_person(cast, cast.school_a) for _number in range(2)]
    foreign = make_person(cast, cast.school_b)
    client = sign_in(cast.coordinator_a)
    assert list(client.get(url("pick", program.pk)).context["shown"]) == sorted(people, key=lambda person: (person.pinyin, person.pk))
    assert client.post(url("pick", program.pk), {"people": [foreign.pk]}).status_code == 422
    client.post(url("pick", program.pk), {"people": [person.pk for person in people]})
    assert set(Registration.objects.values_list("person_id", flat=True)) == {person.pk for person in people}


def test_returned_row_is_corrected_and_submitted_in_one_step(cast: Cast, program: Any, sign_in: Any) -> None:
    found = row(cast, program, "returned")
    number = found.person.national_id
    body = {"name": "王䶮", "gender": "male", "birth_on": found.person.birth_on.isoformat(), "subject": "物理", "submit": "1"}
    assert sign_in(cast.coordinator_a).post(url("edit", found.pk), body).status_code == 302
    found = fresh(found)
    assert (found.status, found.person.name, found.person.subject, found.person.national_id) == ("submitted", "王䶮", "物理", number)


def test_refused_submission_keeps_nothing_half_done(cast: Cast, program: Any, sign_in: Any) -> None:
    found = row(cast, program, name="何书钰")
    for _number in range(5):
        row(cast, program, "submitted", school=cast.school_b)
    body = {"name": "王䶮", "gender": found.person.gender, "birth_on": found.person.birth_on.isoformat(), "submit": "1"}
    answer = sign_in(cast.coordinator_a).post(url("edit", found.pk), body)
    assert (answer.status_code, fresh(found).person.name, fresh(found).status) == (422, "何书钰", "draft")


def test_submit_all_fills_places_and_lets_the_rest_wait(cast: Cast, program: Any, sign_in: Any) -> None:
    rows = [row(cast, program, position=number) for number in range(7)]
    client = sign_in(cast.coordinator_a)
    assert client.get(url("submit_all", program.pk)).context["rows"] == rows
    client.post(url("submit_all", program.pk), {"waitlist": "on"})
    assert [fresh(found).status for found in rows] == ["submitted"] * 5 + ["waitlisted"] * 2


def test_substitute_is_chosen_among_the_unit(cast: Cast, program: Any, sign_in: Any) -> None:
    found, person, foreign = row(cast, program, "endorsed"), make_person(cast, cast.school_a), make_person(cast, cast.school_b)
    client = sign_in(cast.coordinator_a)
    assert list(client.get(url("replace", found.pk)).context["shown"]) == [person]
    assert client.post(url("replace", found.pk), {"person": foreign.pk}).status_code == 422
    client.post(url("replace", found.pk), {"person": person.pk})
    assert (fresh(found).status, Registration.objects.get(person=person).status) == ("replaced", "submitted")


def test_groups_are_set_in_bulk(cast: Cast, program: Any, sign_in: Any) -> None:
    group, found = make_group(program), row(cast, program, "confirmed")
    sign_in(cast.organiser_other).post(url("bulk"), {"action": "group", "ids": [found.pk], "group": group.pk})
    assert fresh(found).group == group


def exported(client: Any, program: Any, **values: str) -> Any:
    """The workbook that one asks for, downloaded from the own exports."""
    return openpyxl.load_workbook(io.BytesIO(taken(client, client.post(url("export", program.pk), values))))


def test_export_needs_a_reason_masks_and_is_recorded(cast: Cast, program: Any, sign_in: Any) -> None:
    found = row(cast, program, "confirmed", "=王䶮")
    client = sign_in(cast.organiser_other)
    assert client.post(url("export", program.pk), {"reason": ""}).status_code == 422
    book = exported(client, program, reason="订房")
    cells = [cell.value for cell in book.worksheets[0][3]]
    assert cells[1:2] + cells[4:5] == ["=王䶮", f"{found.person.national_id[:3]}{'*' * 11}{found.person.national_id[-4:]}"]
    assert book.worksheets[0]["B3"].data_type == "s"
    full = exported(client, program, reason="投保", full_numbers="on")
    assert full.worksheets[0]["E3"].value == found.person.national_id
    assert list(AuditEvent.objects.filter(action="roster.export").order_by("id").values_list("reason", flat=True)) == ["订房", "投保"]


# Quota ------------------------------------------------------------------------------------------------------------------


def test_quota_is_set_in_place_and_refused_with_numbers(cast: Cast, program: Any, sign_in: Any) -> None:
    beichen, client, page = Delegation.objects.get(organisation=cast.beichen), sign_in(cast.organiser_other), url("quota", program.pk)
    row(cast, program, "submitted")
    key = f"delegation-{beichen.pk}"
    refused = client.post(page, {"row": key, f"{key}-quota": "0"})
    assert (refused.status_code, "已使用1个名额，不能改为0个。" in refused.content.decode()) == (422, True)
    assert client.post(page, {"row": key, f"{key}-quota": "9"}).status_code == 302
    beichen.refresh_from_db()
    assert beichen.quota == 9
    client.post(page, {"row": "new-0", "new-delegation-organisation": cast.langfang.pk, "new-delegation-quota": "4"})
    assert Delegation.objects.get(organisation=cast.langfang).quota == 4
    assert client.post(page, {"row": "nonsense"}).status_code == 400


def test_district_splits_its_quota(cast: Cast, program: Any, sign_in: Any) -> None:
    beichen, client, page = Delegation.objects.get(organisation=cast.beichen), sign_in(cast.district_beichen), url("quota", program.pk)
    key = f"new-allocation-{beichen.pk}"
    client.post(page, {"row": key, f"{key}-organisation": cast.school_a.pk, f"{key}-quota": "3"})
    found = Allocation.objects.get()
    assert (found.organisation, found.quota) == (cast.school_a, 3)
    assert client.post(page, {"row": f"allocation-{found.pk}", f"allocation-{found.pk}-quota": "99"}).status_code == 422
    assert client.post(page, {"row": f"delegation-{beichen.pk}", f"delegation-{beichen.pk}-quota": "99"}).status_code == 403
    client.post(url("remove_allocation", found.pk))
    assert not Allocation.objects.exists()


# What to do next --------------------------------------------------------------------------------------------------------


def test_next_steps_of_a_school(cast: Cast, program: Any) -> None:
    row(cast, program, "returned", "何书钰")
    row(cast, program)
    row(cast, program, "submitted")
    found = [(step.code, step.count, step.is_mine, step.note) for step in next_steps(cast.coordinator_a, program)]
    until = f"截止{house_dates.moment(program.registration_closes_at)}"
    assert found == [("returned", 1, True, "何书钰：身份证号有误"), ("drafts", 1, True, until), ("district", 1, False, "")]
    assert [(step.code, step.count) for step in next_steps(cast.district_beichen, program)][1] == ("review", 1)
    assert next_steps(cast.outsider, program) == []


@pytest.mark.parametrize("page", ["review", "program", "quota", "people"])
def test_lists_cost_the_same_for_one_and_three_rows(cast: Cast, program: Any, sign_in: Any, page: str) -> None:
    beichen = Delegation.objects.get(organisation=cast.beichen)
    quota.set_allocation(delegation=beichen, organisation=cast.school_a, quota=1, by=cast.admin)
    group = make_group(program)
    row(cast, program, "submitted", group=group)
    client = sign_in(cast.district_beichen)
    address = {"review": url("review"), "people": reverse("people:list")}.get(page) or url(page, program.pk)

    def more() -> None:
        for school in (cast.school_b, cast.beichen):
            quota.set_allocation(delegation=beichen, organisation=school, quota=1, by=cast.admin)
            row(cast, program, "submitted", school=school, group=group)

    same_queries(lambda: client.get(address), more)


def test_history_tells_who_when_and_why(cast: Cast, program: Any, sign_in: Any) -> None:
    found = row(cast, program, "submitted")
    rules.send_back(registration=found, by=cast.district_beichen, now=timezone.now(), reason="缺少学科")
    history = sign_in(cast.coordinator_a).get(url("registration", found.pk)).context["history"]
    assert (history[0]["who"], str(history[0]["what"]), history[0]["reason"]) == ("林知遥", "退回修改", "缺少学科")
