"""Marks kept on a device: merged once each, by time, with conflicts returned and nothing lost."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.itineraries.models import ItineraryItem
from exchange.audit import AuditEvent
from participants.attendance import codes
from participants.attendance.models import AttendanceRecord, DeviceMark
from participants.people.rules import link_token, reset_link
from participants.rosters.models import Registration
from tests.cast import make_group
from tests.participants.attendance.factories import certify, confirmed, credited, running_program

pytestmark = pytest.mark.django_db
SYNC = "/api/v1/attendance/sync/"


@pytest.fixture
def scene(cast: Any) -> Any:
    program = running_program(cast, visibility="invited")
    return program, confirmed(cast, program), credited(program)


def sent(item: Any, person: Any = None, state: str = "present", minutes: int = -10, **fields: Any) -> dict[str, Any]:
    """A mark as the page sends it, made `minutes` from now."""
    who = {"registration": person.pk} if person is not None and "code" not in fields else {}
    at = timezone.now() + timedelta(minutes=minutes)
    return {"client_id": str(uuid.uuid4()), "item": getattr(item, "pk", item), "state": state, "at": at.isoformat(), **who, **fields}


def outcomes(client: Any, *marks: dict[str, Any], **more: Any) -> list[str]:
    answer = client.post(SYNC, {"marks": list(marks), **more}, format="json")
    assert answer.status_code == 200, answer.content
    return [row["code"] or row["outcome"] for row in answer.json()["results"]]


# Codes -----------------------------------------------------------------------------------------------------------------


def test_a_code_finds_its_registration_and_is_not_the_private_link(cast: Any, scene: Any) -> None:
    _program, person, _item = scene
    code = codes.code_of(person)
    everyone = Registration.objects.all()
    assert codes.found_by_code([code, code.lower()], everyone) == {code: person, code.lower(): person}
    assert link_token(person.person)[:10] not in code.lower()


@pytest.mark.parametrize(
    "forge", [lambda c: c[:-1] + ("A" if c[-1] != "A" else "B"), lambda c: c.replace("QD", "QD9"), lambda c: "QD1", lambda c: "\x00", lambda c: ""]
)
def test_forged_codes_find_nobody(cast: Any, scene: Any, forge: Any) -> None:
    assert codes.found_by_code([forge(codes.code_of(scene[1]))], Registration.objects.all()) == {}


def test_a_renewed_link_ends_the_code(cast: Any, scene: Any) -> None:
    _program, person, _item = scene
    old = codes.code_of(person)
    reset_link(person=person.person, by=cast.organiser)
    assert codes.found_by_code([old], Registration.objects.all()) == {}


# Merging ---------------------------------------------------------------------------------------------------------------


def test_a_scan_is_recorded_at_the_time_of_the_device(cast: Any, api: Any, scene: Any) -> None:
    _program, person, item = scene
    mark = sent(item, code=codes.code_of(person))
    result = api(cast.organiser).post(SYNC, {"marks": [mark]}, format="json").json()["results"]
    record = AttendanceRecord.objects.get()
    assert (record.state, record.recorded_by) == ("present", cast.organiser)
    assert record.recorded_at == datetime.fromisoformat(mark["at"])
    assert result == [
        {
            "client_id": mark["client_id"],
            "outcome": "recorded",
            "code": "",
            "message": "",
            "registration": person.pk,
            "person_name": "陈望舟",
            "unit": person.organisation.short,
            "state": "present",
            "recorded_at": timezone.localtime(record.recorded_at).isoformat(),
            "recorded_by": "陈望舟",
        }
    ]


def test_sent_again_it_changes_nothing_and_is_answered_the_same(cast: Any, api: Any, scene: Any) -> None:
    _program, person, item = scene
    client, mark = api(cast.organiser), sent(item, person)
    assert outcomes(client, mark) == ["recorded"]
    AttendanceRecord.objects.update(state="late", recorded_at=timezone.now())
    assert outcomes(client, mark) == ["recorded"]
    assert AttendanceRecord.objects.get().state == "late"
    assert AuditEvent.objects.filter(action="attendance.record").count() == DeviceMark.objects.count() == 1


def test_an_older_scan_does_not_overwrite_a_correction(cast: Any, api: Any, scene: Any) -> None:
    _program, person, item = scene
    client = api(cast.organiser)
    client.post("/api/v1/attendance/", {"registration": person.pk, "item": item.pk, "state": "absent"}, format="json")
    answer = client.post(SYNC, {"marks": [sent(item, person, minutes=-30)]}, format="json").json()["results"][0]
    assert (answer["outcome"], answer["state"], answer["recorded_by"]) == ("kept", "absent", "陈望舟")
    assert AttendanceRecord.objects.get().state == "absent"


def test_the_later_mark_wins_whatever_the_order_of_arrival(cast: Any, api: Any, scene: Any) -> None:
    _program, person, item = scene
    client = api(cast.organiser)
    early, late = sent(item, person, "absent", -60, is_explicit=True), sent(item, person, "present", -5)
    assert outcomes(client, late, early) == ["recorded", "recorded"]
    assert AttendanceRecord.objects.get().state == "present"
    assert outcomes(client, sent(item, person, "leave", -30, is_explicit=True)) == ["kept"]
    assert outcomes(client, sent(item, person, "leave", -1, is_explicit=True)) == ["recorded"]


def test_a_second_scan_leaves_lateness_standing(cast: Any, api: Any, scene: Any) -> None:
    _program, person, item = scene
    client = api(cast.organiser)
    assert outcomes(client, sent(item, person, "late", -20, is_explicit=True), sent(item, person, "present", -10)) == ["recorded", "same"]
    assert AttendanceRecord.objects.get().state == "late"
    assert outcomes(client, sent(item, person, "present", -5, is_explicit=True)) == ["recorded"]


def test_a_reason_travels_with_the_mark(cast: Any, api: Any, scene: Any) -> None:
    _program, person, item = scene
    client = api(cast.organiser)

    def standing() -> tuple[str, str]:
        return AttendanceRecord.objects.values_list("state", "reason").get()

    assert outcomes(client, sent(item, person, "late", -50, is_explicit=True, reason=" 列车晚点 ")) == ["recorded"]
    assert standing() == ("late", "列车晚点")
    assert outcomes(client, sent(item, person, "late", -45, is_explicit=True)) == ["same"]  # without one, the reason stands
    assert outcomes(client, sent(item, person, "late", -60, is_explicit=True, reason="旧")) == ["kept"]
    assert outcomes(client, sent(item, person, "leave", -40, is_explicit=True)) == ["recorded"]
    assert standing() == ("leave", "")
    assert outcomes(client, sent(item, person, "leave", -30, is_explicit=True, reason="校内会议")) == ["recorded"]
    assert outcomes(client, sent(item, person, "leave", -20, is_explicit=True, reason="")) == ["recorded"]
    assert standing() == ("leave", "")
    assert outcomes(client, sent(item, person, "present", -10, is_explicit=True, reason="多余")) == ["recorded"]
    assert standing() == ("present", "")
    assert client.post(SYNC, {"marks": [sent(item, person, "late", reason="长" * 201)]}, format="json").status_code == 400


def test_all_present_of_a_device_is_for_those_of_whom_nothing_is_noted(cast: Any, api: Any, scene: Any) -> None:
    program, person, item = scene
    client, others = api(cast.organiser), [confirmed(cast, program, name) for name in ("请假人", "迟到人")]
    for row, state in zip(others, ("leave", "late"), strict=True):
        assert outcomes(client, sent(item, row, state, -30, is_explicit=True)) == ["recorded"]
    assert outcomes(client, *(sent(item, row, minutes=-5, only_open=True) for row in (person, *others))) == ["recorded", "kept", "same"]
    assert list(AttendanceRecord.objects.order_by("registration").values_list("state", flat=True)) == ["present", "leave", "late"]


def test_undo_takes_the_record_back_unless_something_newer_stands(cast: Any, api: Any, scene: Any) -> None:
    _program, person, item = scene
    client = api(cast.organiser)
    assert outcomes(client, sent(item, person, "present", -10), sent(item, person, "undo", -9)) == ["recorded", "recorded"]
    assert not AttendanceRecord.objects.exists()
    assert outcomes(client, sent(item, person, "present", -5), sent(item, person, "undo", -8)) == ["recorded", "same"]
    assert outcomes(client, sent(item, person, "undo", -7)) == ["kept"]
    assert outcomes(client, sent(item, person, "undo", -1)) == ["recorded"]
    assert not AttendanceRecord.objects.exists()


def test_a_clock_that_runs_wrong_is_set_right(cast: Any, api: Any, scene: Any) -> None:
    _program, person, item = scene
    mark = sent(item, person, minutes=60 * 24 - 10)  # the device is a day ahead
    assert outcomes(api(cast.organiser), mark, sent_at=(timezone.now() + timedelta(days=1)).isoformat()) == ["recorded"]
    assert timedelta(minutes=9) < timezone.now() - AttendanceRecord.objects.get().recorded_at < timedelta(minutes=11)
    assert outcomes(api(cast.organiser), sent(item, person, "absent", 600, is_explicit=True)) == ["recorded"]
    assert AttendanceRecord.objects.get().recorded_at <= timezone.now()


def test_refusals_are_told_one_by_one_and_stop_nobody(cast: Any, api: Any, scene: Any) -> None:
    program, person, item = scene
    group = make_group(program)
    draft, stranger = confirmed(cast, program, "草稿人", status="submitted"), confirmed(cast, running_program(cast), "外人")
    grouped, off, future = credited(program, 0, groups=[group]), credited(program, 0), credited(program, 4)
    ItineraryItem.objects.filter(pk=off.pk).update(status="cancelled")
    holder = confirmed(cast, program, "持证人")
    certify(cast, holder)
    found = outcomes(
        api(cast.organiser),
        sent(item, draft),
        sent(item, stranger),
        sent(grouped, person),
        sent(off, person),
        sent(future, person),
        sent(item, holder),
        sent(item, code="QD1-AAAAAAAAAA"),
        sent(999999, person),
        sent(item, person, minutes=-60 * 24 * 40),
        sent(item, person),
    )
    assert found == [
        "not_confirmed",
        "foreign_item",
        "other_group",
        "item_cancelled",
        "too_early",
        "certificate_issued",
        "unknown_person",
        "unknown_item",
        "too_old",
        "recorded",
    ]
    assert [row.registration for row in AttendanceRecord.objects.all()] == [person]
    assert DeviceMark.objects.count() == 1


def test_others_are_told_nothing(cast: Any, api: Any, scene: Any) -> None:
    _program, person, item = scene
    for name in ("outsider", "organiser_other"):
        assert outcomes(api(getattr(cast, name)), sent(item, code=codes.code_of(person))) == ["unknown_item"]
    for name in ("viewer", "coordinator_a"):
        assert api(getattr(cast, name)).post(SYNC, {"marks": [sent(item, person)]}, format="json").status_code == 403
    assert outcomes(api(cast.district_beichen), sent(item, person)) == ["unknown_item"]
    assert not AttendanceRecord.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "x"},
        {"item": 10**30},
        {"state": "asleep"},
        {"at": "yesterday"},
        {"at": "0001-01-01T00:00:00Z"},
        {"registration": None},
        {"code": "QD1-AAAAAAAAAA"},
        {"code": "\x00", "registration": None},
    ],
)
def test_bad_marks_are_400(cast: Any, api: Any, scene: Any, change: dict[str, Any]) -> None:
    mark = sent(scene[2], scene[1]) | change
    assert api(cast.organiser).post(SYNC, {"marks": [mark]}, format="json").status_code == 400
    assert api(cast.organiser).post(SYNC, {"marks": []}, format="json").status_code == 400
    assert api(cast.organiser).post(SYNC, {"marks": [sent(scene[2], scene[1]) for _number in range(201)]}, format="json").status_code == 400
    assert api(cast.organiser).post(SYNC, {"marks": [sent(scene[2], scene[1])] * 2}, format="json").status_code == 400


def test_a_part_of_many_marks_costs_as_many_queries_as_one(cast: Any, api: Any, scene: Any) -> None:
    program, first, item = scene
    people = [first, *(confirmed(cast, program, f"第{number}人") for number in range(12))]
    client = api(cast.organiser)

    def cost(*marks: dict[str, Any]) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert set(outcomes(client, *marks)) == {"recorded"}
        return len(queries)

    cost(sent(item, people[0]))
    assert cost(*[sent(item, code=codes.code_of(person)) for person in people[2:]]) == cost(sent(item, code=codes.code_of(people[1])))
