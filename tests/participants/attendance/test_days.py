"""The roll-call by half-day and day: one tap notes every item that counts."""

from typing import Any

import pytest
from django.utils import timezone

from exchange.transitions import RuleViolation
from participants.attendance import days, rules
from participants.attendance.models import AttendanceRecord
from tests.cast import make_group, same_queries
from tests.participants.attendance.factories import certify, confirmed, credited, mark, running_program

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(cast: Any) -> Any:
    """A day with two items in the morning, one in the afternoon and one in the evening for the first group; a meal that counts nowhere."""
    program = running_program(cast, visibility="invited")
    group = make_group(program)
    items = [credited(program, 0, "2", "观摩", 8), credited(program, 0, "2", "座谈", 10), credited(program, 0, "4", "听课", 14)]
    items.append(credited(program, 0, "2", "读书分享", 19, groups=[group]))
    credited(program, 0, "0", "午餐", 12)
    credited(program, 1, "4", "次日", 9)
    return program, items, confirmed(cast, program, "组员", group=group), confirmed(cast, program, "散客")


def noted(person: Any) -> dict[str, str]:
    return dict(AttendanceRecord.objects.filter(registration=person).values_list("item__title_zh", "state"))


def url(program: Any, action: str = "record/") -> str:
    return f"/desk/programs/{program.pk}/check-in/day/{action}"


def test_parts_of_a_day(scene: Any) -> None:
    program, items, *_people = scene
    counted, day = days.counted_items(program), items[0].day
    titles = {part: [str(item) for item in days.of_part(counted, day, part)] for part in ("morning", "afternoon", "day")}
    assert titles == {"morning": ["观摩", "座谈"], "afternoon": ["听课", "读书分享"], "day": ["观摩", "座谈", "听课", "读书分享"]}
    assert days.parts_of(counted, day) == ["morning", "afternoon", "day"]
    assert days.parts_of(counted, days.counted_items(program)[-1].day) == ["morning"]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("morning", {"观摩": "present", "座谈": "present"}),
        ("afternoon", {"听课": "present", "读书分享": "present"}),
        ("day", {"观摩": "present", "座谈": "present", "听课": "present", "读书分享": "present"}),
    ],
)
def test_one_tap_notes_a_person_at_every_item_of_the_part(cast: Any, sign_in: Any, scene: Any, part: str, expected: dict[str, str]) -> None:
    program, items, member, single = scene
    body = {"day": items[0].day.isoformat(), "part": part, "state": "present", "registration": member.pk}
    answer = sign_in(cast.organiser).post(url(program), body)
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/programs/{program.pk}/check-in/day/#r{member.pk}")
    assert (noted(member), noted(single)) == (expected, {})


def test_a_group_tap_leaves_what_is_noted_and_can_be_taken_back(cast: Any, sign_in: Any, scene: Any) -> None:
    program, items, member, single = scene
    mark(member, items[0], "leave")
    client = sign_in(cast.organiser)
    client.post(url(program), {"day": items[0].day.isoformat(), "part": "morning", "state": "present", "group": ""})
    assert noted(member) == {"观摩": "leave", "座谈": "present"}
    assert noted(single) == {"观摩": "present", "座谈": "present"}
    client.post(url(program, "undo/"))
    assert (noted(member), noted(single)) == ({"观摩": "leave"}, {})
    client.post(url(program, "undo/"))
    assert noted(member) == {"观摩": "leave"}


def test_a_reason_is_kept_with_the_tap_and_not_lost_by_the_next(cast: Any, sign_in: Any, scene: Any) -> None:
    program, items, member, _single = scene
    client, body = sign_in(cast.organiser), {"day": items[0].day.isoformat(), "part": "morning", "state": "leave", "registration": member.pk}
    for reason in ("校内会议", ""):
        client.post(url(program), body | {"reason": reason})
        assert set(AttendanceRecord.objects.values_list("state", "reason")) == {("leave", "校内会议")}
    client.post(url(program), body | {"state": "late"})
    assert set(AttendanceRecord.objects.values_list("state", "reason")) == {("late", "")}


def test_groups_are_noted_apart(cast: Any, sign_in: Any, scene: Any) -> None:
    program, items, member, single = scene
    sign_in(cast.organiser).post(url(program), {"day": items[0].day.isoformat(), "part": "day", "state": "late", "group": "none"})
    assert (noted(member), noted(single)) == ({}, {"观摩": "late", "座谈": "late", "听课": "late"})


def test_undo_of_a_person_clears_the_day(cast: Any, sign_in: Any, scene: Any) -> None:
    program, items, member, _single = scene
    client, body = sign_in(cast.organiser), {"day": items[0].day.isoformat(), "part": "day", "registration": member.pk}
    client.post(url(program), body | {"state": "absent"})
    text = client.post(url(program), body | {"state": "undo"}, headers={"HX-Request": "true"}).content.decode()
    assert noted(member) == {} and text.strip().startswith("<li") and "组员" in text


def test_all_or_none(cast: Any, sign_in: Any, scene: Any) -> None:
    program, items, member, single = scene
    certify(cast, single)
    with pytest.raises(RuleViolation) as refusal:
        days.record_part(items=items, people=[member, single], mark=rules.Mark("present"), by=cast.organiser, now=timezone.now())
    assert refusal.value.code == "certificate_issued"
    assert not AttendanceRecord.objects.exists()
    text = sign_in(cast.organiser).post(
        url(program),
        {"day": items[0].day.isoformat(), "part": "day", "state": "present", "registration": single.pk},
        headers={"HX-Request": "true"},
    )
    assert "撤销" in text.content.decode()


@pytest.mark.parametrize("body", [{"day": "x"}, {"part": "night"}, {"state": "asleep"}, {"registration": "99999999999999999999"}, {"day": "0001-01-01"}])
def test_bad_taps_are_400(cast: Any, sign_in: Any, scene: Any, body: dict[str, str]) -> None:
    program, items, member, _single = scene
    right = {"day": items[0].day.isoformat(), "part": "day", "state": "present", "registration": str(member.pk)}
    assert sign_in(cast.organiser).post(url(program), right | body).status_code == 400
    assert sign_in(cast.organiser).post(url(program), right | {"registration": "99999"}).status_code == 404


def test_the_day_page_and_its_walls(cast: Any, sign_in: Any, scene: Any) -> None:
    program, items, _member, _single = scene
    text = sign_in(cast.organiser).get(url(program, f"?day={items[0].day}&as=late")).content.decode()
    assert "组员" in text and "散客" in text and "上午" in text
    for bad in ("?day=2026-02-31", "?day=x&as=x&group=x&page=x", "?q=zy"):
        assert sign_in(cast.organiser).get(url(program, bad)).status_code == 200
    expected = {"organiser": 200, "district_beichen": 403, "coordinator_a": 403, "viewer": 403, "outsider": 404}
    assert {name: sign_in(getattr(cast, name)).get(url(program, "")).status_code for name in expected} == expected
    assert {name: sign_in(getattr(cast, name)).post(url(program)).status_code for name in expected} == expected | {"organiser": 400}


def test_the_day_page_costs_the_same_for_more_people(cast: Any, sign_in: Any, scene: Any) -> None:
    program, items, _member, _single = scene
    client = sign_in(cast.organiser)
    same_queries(lambda: client.get(url(program, f"?day={items[0].day}")), lambda: [mark(confirmed(cast, program, f"又{n}"), items[0]) for n in range(3)])


def test_noting_many_costs_as_much_as_noting_one(cast: Any, sign_in: Any, scene: Any, django_assert_max_num_queries: Any) -> None:
    """Noting many is set-based: the number of queries depends on the items alone."""
    program, items, *_people = scene
    people = [confirmed(cast, program, f"众{number}") for number in range(25)]
    with django_assert_max_num_queries(40):
        assert days.record_part(items=items[:3], people=people, mark=rules.Mark("present"), by=cast.organiser, now=timezone.now()) == 75
