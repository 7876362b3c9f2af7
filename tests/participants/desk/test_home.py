"""Homes by role: what each sees first, that nobody sees what is not theirs, and constant queries."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from participants.desk.pages import office_heading
from participants.desk.school import school_home
from participants.desk.tasks import Task, tasks_for
from participants.rosters import rules as rosters
from participants.rosters.models import Registration
from tests.cast import make_delegation, make_item, make_person, make_program, make_registration, make_user, make_venue, same_queries
from tests.participants.attendance.factories import certify, confirmed, credited, mark

pytestmark = pytest.mark.django_db


def titles(user: Any) -> list[tuple[int, str, str]]:
    return [(task.count, task.title, task.url) for task in tasks_for(user, timezone.now())]


def open_program(cast: Any, **fields: Any) -> Any:
    program = make_program(cast, **fields)
    make_delegation(cast, program, cast.beichen, 10)
    return program


def test_people_wait_for_the_office_whose_turn_it_is(cast: Any) -> None:
    program = open_program(cast, registration_closes_at=timezone.now() + timedelta(days=18), starts_in=30)
    for status in ("endorsed", "endorsed", "submitted", "draft"):
        make_registration(cast, program, make_person(cast, cast.school_a), status)
    url = f"/desk/review/?program={program.pk}"
    assert titles(cast.organiser) == [(2, "人等待主办方审核", url), (1, "人等待区级审核", url)]
    assert titles(cast.district_beichen) == [(1, "人等待区级审核", url)]
    assert titles(cast.district_daxing) == titles(cast.outsider) == titles(cast.viewer) == []


def test_the_sentence_names_units_and_waiting_time(cast: Any) -> None:
    program = open_program(cast, registration_closes_at=timezone.now() + timedelta(days=18), starts_in=30, title_zh="赴无锡学访")
    registration = make_registration(cast, program, make_person(cast, cast.school_a), "endorsed")
    Registration.objects.filter(pk=registration.pk).update(status_changed_at=timezone.now() - timedelta(days=3, hours=1))
    task = tasks_for(cast.organiser, timezone.now())[0]
    assert task.detail == "赴无锡学访：北辰区教育局1人，最早一份已等3天"
    assert task.tone == "zhu"


def test_clashes_of_items_ahead(cast: Any) -> None:
    program, venue = make_program(cast, starts_in=5), make_venue(cast)
    begin = timezone.now() + timedelta(days=5)
    for title in ("观摩", "座谈"):
        make_item(program, begin, 60, title, venue=venue)
    assert (1, "处日程冲突", f"/desk/programs/{program.pk}/itinerary/") in [(count, title, url.split("?")[0]) for count, title, url in titles(cast.organiser)]
    assert not any("冲突" in title for _count, title, _url in titles(cast.district_beichen))


def test_places_not_taken_before_the_deadline(cast: Any) -> None:
    program = open_program(cast, registration_closes_at=timezone.now() + timedelta(days=4, hours=1), title_zh="赴无锡学访")
    make_registration(cast, program, make_person(cast, cast.school_a), "confirmed")
    task = tasks_for(cast.organiser, timezone.now())[0]
    assert task == Task(
        9, "teng", "个名额尚未上报", "赴无锡学访：北辰区教育局9个，报名截止还有4天", f"/desk/programs/{program.pk}/quota/", "查看名额", program.pk
    )
    assert [task.title for task in tasks_for(cast.district_beichen, timezone.now())] == ["个名额尚未上报"]
    assert tasks_for(cast.district_daxing, timezone.now()) == []


def test_a_far_deadline_or_a_full_delegation_is_no_task(cast: Any) -> None:
    open_program(cast, registration_closes_at=timezone.now() + timedelta(days=15))
    full = make_program(cast)
    make_delegation(cast, full, cast.beichen, 1)
    make_registration(cast, full, make_person(cast, cast.school_a), "confirmed")
    assert tasks_for(cast.organiser, timezone.now()) == []


def test_places_of_the_district_without_a_school(cast: Any) -> None:
    program = open_program(cast, registration_closes_at=timezone.now() + timedelta(days=4))
    rosters.set_allocation(delegation=program.delegations.get(), organisation=cast.school_a, quota=7, by=cast.district_beichen)
    assert (3, "个名额还没有分到学校", f"/desk/programs/{program.pk}/quota/") in titles(cast.district_beichen)


def test_certificates_can_be_issued_to_those_who_earned_one_and_have_none(cast: Any) -> None:
    program = make_program(cast, starts_in=-20)
    make_delegation(cast, program, cast.beichen)
    item = credited(program)
    earned, absent, holder = (confirmed(cast, program, name) for name in "甲乙丙")
    mark(earned, item), mark(absent, item, "absent"), mark(holder, item)
    certify(cast, holder)
    assert titles(cast.organiser) == [(1, "份证书可以签发", f"/desk/programs/{program.pk}/certificates/")]


@pytest.mark.parametrize(
    ("number", "words"), [(0, "今天没有要办的事"), (1, "今天有一件事要办"), (2, "今天有两件事要办"), (10, "今天有十件事要办"), (11, "今天有11件事要办")]
)
def test_the_heading_counts_in_words(number: int, words: str) -> None:
    assert office_heading(number) == words


def test_each_role_has_its_home(cast: Any, sign_in: Any) -> None:
    open_program(cast)
    expected = {
        "organiser": "desk/home_office.html",
        "district_beichen": "desk/home_office.html",
        "admin": "desk/home_office.html",
        "viewer": "desk/home_viewer.html",
        "coordinator_a": "desk/home_school.html",
        "outsider": "desk/home_office.html",
    }
    for name, template in expected.items():
        answer = sign_in(getattr(cast, name)).get("/desk/")
        assert (answer.status_code, answer.templates[0].name) == (200, template), name


def test_an_account_without_a_role_is_told_so(cast: Any, sign_in: Any) -> None:
    user = make_user("nobody", "新同事")
    answer = sign_in(user).get("/desk/")
    assert answer.templates[0].name == "desk/home_nobody.html"
    assert "您的账号还没有角色" in answer.content.decode()


def test_homes_tell_outsiders_nothing(cast: Any, sign_in: Any) -> None:
    program = open_program(cast, title_zh="内部学访金丝雀", visibility="invited")
    make_registration(cast, program, make_person(cast, cast.school_a, "金丝雀老师"), "endorsed")
    for name in ("outsider", "organiser_other", "coordinator_c", "district_daxing"):
        assert "金丝雀" not in sign_in(getattr(cast, name)).get("/desk/").content.decode(), name
    assert "金丝雀老师" not in sign_in(cast.coordinator_b).get("/desk/").content.decode()
    assert "金丝雀老师" in sign_in(cast.coordinator_a).get("/desk/").content.decode()


def test_empty_homes_say_what_to_do(cast: Any, sign_in: Any) -> None:
    assert "目前没有邀请本校的活动" in sign_in(cast.coordinator_a).get("/desk/").content.decode()
    text = sign_in(cast.organiser).get("/desk/").content.decode()
    assert "今天没有要办的事" in text and "近期没有活动。" in text


def test_the_schools_home_begins_with_what_came_back(cast: Any, sign_in: Any) -> None:
    program = open_program(cast)
    rosters.set_allocation(delegation=program.delegations.get(), organisation=cast.school_a, quota=6, by=cast.district_beichen)
    for name, status in (("甲", "confirmed"), ("乙", "returned"), ("丙", "returned"), ("丁", "endorsed"), ("戊", "submitted")):
        make_registration(cast, program, make_person(cast, cast.school_a, name), status)
    home = school_home(cast.coordinator_a, timezone.now())
    assert home.heading == "有两人的信息需要改正"
    card = home.cards[0]
    assert (card.quota, card.confirmed, card.in_review, card.left, card.is_open) == (6, 1, 2, 3, True)
    assert [(step["state"], step["note"]) for step in card.steps] == [("now", "改正2人后再次提交"), ("now", "北辰区教育局，待审核1人"), ("now", "待审核1人")]
    assert [row.status for row in card.people[:2]] == ["returned", "returned"]
    text = sign_in(cast.coordinator_a).get("/desk/").content.decode()
    for part in (
        "身份证号有误",
        f"/desk/programs/{program.pk}/roster/?status=returned",
        f"/desk/programs/{program.pk}/roster-template.xlsx",
        f"/desk/programs/{program.pk}/import/",
    ):
        assert part in text


@pytest.mark.parametrize(("statuses", "heading"), [(["draft"], "有一人还没有提交"), (["confirmed"], "还可以报五人"), ([], "还可以报六人")])
def test_the_schools_heading_follows_the_situation(cast: Any, statuses: list[str], heading: str) -> None:
    program = open_program(cast)
    rosters.set_allocation(delegation=program.delegations.get(), organisation=cast.school_a, quota=6, by=cast.district_beichen)
    for status in statuses:
        make_registration(cast, program, make_person(cast, cast.school_a), status)
    assert school_home(cast.coordinator_a, timezone.now()).heading == heading


def test_with_two_open_programs_each_has_its_own_way_in_and_drafts_come_first(cast: Any, sign_in: Any) -> None:
    sooner, later = (open_program(cast, registration_closes_at=timezone.now() + timedelta(days=days)) for days in (3, 9))
    ways = [f'href="/desk/programs/{program.pk}/import/">' for program in (sooner, later)]
    text = sign_in(cast.coordinator_a).get("/desk/").content.decode()
    assert [text.partition("<h2")[0].count(way) for way in ways] == [0, 0] and all(way in text for way in ways)
    make_registration(cast, later, make_person(cast, cast.school_a), "draft")
    assert [card.program for card in school_home(cast.coordinator_a, timezone.now()).cards] == [later, sooner]
    assert f'href="/desk/programs/{later.pk}/roster/submit/"' in sign_in(cast.coordinator_a).get("/desk/").content.decode()


def test_past_programs_count_people_and_certificates(cast: Any) -> None:
    program = make_program(cast, starts_in=-20)
    make_delegation(cast, program, cast.beichen)
    first = confirmed(cast, program, "甲")
    confirmed(cast, program, "乙")
    certify(cast, first)
    past = school_home(cast.coordinator_a, timezone.now()).past
    assert [(row.program.pk, row.people, row.certificates) for row in past] == [(program.pk, 2, 1)]


@pytest.mark.parametrize("name", ["organiser", "district_beichen", "coordinator_a", "viewer", "admin"])
def test_homes_need_the_same_queries_for_one_and_three(cast: Any, sign_in: Any, name: str) -> None:
    def one_more() -> None:
        program = open_program(cast, registration_closes_at=timezone.now() + timedelta(days=4))
        rosters.set_allocation(delegation=program.delegations.get(), organisation=cast.school_a, quota=6, by=cast.district_beichen)
        for status in ("returned", "submitted", "endorsed", "confirmed"):
            make_registration(cast, program, make_person(cast, cast.school_a), status)
        venue = make_venue(cast)
        for title in ("观摩", "座谈"):
            make_item(program, timezone.now() + timedelta(days=20), 60, title, venue=venue)
        over = make_program(cast, starts_in=-20)
        make_delegation(cast, over, cast.beichen)
        mark(confirmed(cast, over), credited(over))
        make_item(make_program(cast, starts_in=-1), timezone.now(), 60, "晨会")

    one_more()
    client = sign_in(getattr(cast, name))
    same_queries(lambda: client.get("/desk/"), lambda: [one_more(), one_more()])


def test_hostile_titles_stay_text(cast: Any, sign_in: Any) -> None:
    canary = "<script>alert(1)</script>"
    program = open_program(cast, title_zh=f"学访{canary}", registration_closes_at=timezone.now() + timedelta(days=4))
    make_registration(cast, program, make_person(cast, cast.school_a, f"王{canary}"), "endorsed")
    for name in ("organiser", "coordinator_a", "viewer"):
        assert canary not in sign_in(getattr(cast, name)).get("/desk/").content.decode()
