"""The paper sheet typed in by row numbers, and files of scanners: read, shown with their problems, recorded all or nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from participants.attendance import plans
from participants.attendance.codes import code_of
from participants.attendance.models import AttendanceRecord
from tests.cast import make_group
from tests.participants.attendance.factories import certify, confirmed, credited, mark, running_program

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(cast: Any) -> Any:
    """An item two days ago at nine, with four people in the order of the sheet."""
    program = running_program(cast, visibility="invited")
    people = [confirmed(cast, program, name, position=index) for index, name in enumerate(["甲一", "乙二", "丙三", "丁四"], start=1)]
    return program, credited(program), people


def noted() -> dict[str, str]:
    return dict(AttendanceRecord.objects.values_list("registration__person__name", "state"))


def plan_of(answer: Any) -> str:
    found = re.search(r'name="plan" value="([^"]*)"', answer.content.decode())
    assert found, answer.content.decode()[-2000:]
    return found[1]


def confirm(client: Any, item: Any, answer: Any) -> None:
    client.post(f"/desk/check-in/items/{item.pk}/record-plan/", {"plan": plan_of(answer)})


def upload(client: Any, item: Any, text: str, name: str = "scans.csv", **fields: Any) -> Any:
    file = SimpleUploadedFile(name, text.encode())
    return client.post(f"/desk/check-in/items/{item.pk}/import/", {"file": file, **fields})


def stamp(item: Any, minutes: int) -> str:
    return f"{timezone.localtime(item.starts_at + timedelta(minutes=minutes)):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("text", "found", "wrong"),
    [
        ("3 7-9，12", [3, 7, 8, 9, 12], []),
        ("1、2;3", [1, 2, 3], []),
        ("5—6 7至8", [5, 6, 7, 8], []),
        ("", [], []),
        ("x 9-7 12345", [], ["x", "9-7", "12345"]),
    ],
)
def test_row_numbers(text: str, found: list[int], wrong: list[str]) -> None:
    assert plans.numbers(text) == (found, wrong)


# The sheet -------------------------------------------------------------------------------------------------------------


def test_a_sheet_is_shown_first_and_recorded_when_confirmed(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, item, _people = scene
    client, url = sign_in(cast.organiser), f"/desk/check-in/items/{item.pk}/enter-sheet/"
    assert "丁四" in client.get(url).content.decode()
    answer = client.post(url, {"absent": "2", "late": "3", "leave": "", "present": "", "rest": "present"})
    assert answer.status_code == 200 and noted() == {}
    confirm(client, item, answer)
    assert noted() == {"甲一": "present", "乙二": "absent", "丙三": "late", "丁四": "present"}


def test_problems_of_a_sheet_are_named_by_row(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, item, people = scene
    mark(people[0], item)
    client = sign_in(cast.organiser)
    answer = client.post(f"/desk/check-in/items/{item.pk}/enter-sheet/", {"absent": "2 9 x", "late": "2", "present": "1", "rest": "leave_alone"})
    rows = [(row.number, row.label, bool(row.problem), bool(row.note)) for row in answer.context["rows"]]
    assert rows == [(0, "x", True, False), (9, "", True, False), (1, "甲一", False, True), (2, "乙二", True, False)]
    confirm(client, item, answer)
    assert noted() == {"甲一": "present"}


def test_a_group_sheet_counts_its_own_rows(cast: Any, sign_in: Any, scene: Any) -> None:
    program, item, _people = scene
    group = make_group(program)
    confirmed(cast, program, "组员", group=group)
    client = sign_in(cast.organiser)
    answer = client.post(f"/desk/check-in/items/{item.pk}/enter-sheet/?group={group.pk}", {"late": "1", "rest": "present"})
    confirm(client, item, answer)
    assert noted() == {"组员": "late"}


# Files -----------------------------------------------------------------------------------------------------------------


def test_a_file_of_codes_and_times(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, item, people = scene
    client = sign_in(cast.organiser)
    lines = [
        "扫描内容,时间",
        f"{code_of(people[0])},{stamp(item, -5)}",
        f"{code_of(people[1]).lower()},{stamp(item, 25)}",
        f"{code_of(people[0])},{stamp(item, 30)}",
    ]
    answer = upload(client, item, "\n".join(lines), late_after="15")
    assert [(row.number, row.label, row.state, bool(row.note)) for row in answer.context["rows"]] == [
        (2, "甲一", "present", False),
        (3, "乙二", "late", False),
        (4, "甲一", "late", True),
    ]
    confirm(client, item, answer)
    assert noted() == {"甲一": "present", "乙二": "late"}
    assert AttendanceRecord.objects.get(registration=people[0]).recorded_at == item.starts_at - timedelta(minutes=5)


def test_a_file_without_a_head_and_one_of_names(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, item, people = scene
    client = sign_in(cast.organiser)
    confirm(client, item, upload(client, item, f"1,{code_of(people[0])},09:02\n2,{code_of(people[1])},09:03\n"))
    assert noted() == {"甲一": "present", "乙二": "present"}
    last = people[2].person.national_id[-4:]
    answer = upload(client, item, f"姓名,身份证后四位,签到时间\n丙三,{last},09:04\n丁四,0000,09:05\n")
    assert [(row.label, bool(row.problem)) for row in answer.context["rows"]] == [("丙三", False), ("丁四", True)]
    confirm(client, item, answer)
    assert noted() == {"甲一": "present", "乙二": "present", "丙三": "present"}


def test_problems_of_a_file_are_named_and_the_rest_is_taken(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, item, people = scene
    AttendanceRecord.objects.create(registration=people[2], item=item, state="leave", recorded_at=timezone.now())
    certify(cast, people[3])
    client = sign_in(cast.organiser)
    lines = [
        "code,time",
        f"{code_of(people[0])},soon",
        "QD1-AAAAAAAAAA,09:00",
        f"{code_of(people[1])},2099-01-01 09:00",
        f"{code_of(people[2])},09:00",
        f"{code_of(people[3])},09:00",
        "=cmd|' /C calc'!A0,09:00",
        f"{code_of(people[0])},09:01",
    ]
    answer = upload(client, item, "\n".join(lines))
    assert [(row.number, bool(row.problem), bool(row.note)) for row in answer.context["rows"]] == [
        (2, True, False),
        (3, True, False),
        (4, True, False),
        (5, False, True),
        (6, True, False),
        (7, True, False),
        (8, False, False),
    ]
    confirm(client, item, answer)
    assert noted() == {"甲一": "present", "丙三": "leave"}


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(-13 * 60, "outside"), (-12 * 60, ""), (150, ""), (151, "outside"), (24 * 60, "outside"), (-3 * 24 * 60, "outside")],
)
def test_scans_of_other_days_and_items_do_not_count_for_this_one(cast: Any, sign_in: Any, scene: Any, minutes: int, shown: str) -> None:
    """The item takes 90 minutes; who leaves later than an hour after it was scanned somewhere else."""
    _program, item, people = scene
    (row,) = upload(sign_in(cast.organiser), item, f"code,time\n{code_of(people[0])},{stamp(item, minutes)}").context["rows"]
    assert ("不在这项日程的时间内" in row.problem) == bool(shown)


def test_a_file_may_name_zones_and_begin_with_the_newest_scan(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, item, people = scene
    utc = f"{item.starts_at + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"
    lines = ["code,time", *(f"{code_of(people[0])},{moment}" for moment in (stamp(item, 40), utc, stamp(item, 20)))]
    lines += [f"{code_of(people[1])},{moment}" for moment in ("0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "2026-02-31 09:00")]
    client = sign_in(cast.organiser)
    answer = upload(client, item, "\n".join([*lines, f",{stamp(item, 1)}"]), late_after="15")
    assert [(row.state, row.note or row.problem) for row in answer.context["rows"]] == [
        ("late", "重复扫码"),
        ("present", ""),
        ("late", "重复扫码"),
        *[("", "时间无法识别。")] * 3,
        ("", "这一行没有签到码，也没有姓名。"),
    ]
    confirm(client, item, answer)
    assert AttendanceRecord.objects.get().recorded_at == item.starts_at + timedelta(minutes=5)


@pytest.mark.parametrize(("text", "name"), [("", "a.csv"), ("红,绿\n1,2\n", "a.csv"), ("%PDF-1.7", "a.csv"), ("PK\x03\x04", "a.xlsx")])
def test_unreadable_files_are_refused_beside_the_field(cast: Any, sign_in: Any, scene: Any, text: str, name: str) -> None:
    answer = upload(sign_in(cast.organiser), scene[1], text, name)
    assert answer.status_code == 422 and "file" in answer.context["form"].errors


# Walls -----------------------------------------------------------------------------------------------------------------


def test_a_plan_serves_its_item_and_its_maker_only(cast: Any, sign_in: Any, scene: Any) -> None:
    program, item, people = scene
    other = credited(program, 1)
    client = sign_in(cast.organiser)
    answer = upload(client, item, f"code\n{code_of(people[0])}\n")
    confirm(client, other, answer)
    confirm(sign_in(cast.admin), item, answer)
    for text in ("", "x", plan_of(answer)[:-2] + "zz"):
        client.post(f"/desk/check-in/items/{item.pk}/record-plan/", {"plan": text})
    assert noted() == {}


def test_a_newer_note_made_since_the_preview_stands(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, item, people = scene
    client = sign_in(cast.organiser)
    answer = upload(client, item, f"code,time\n{code_of(people[0])},09:00\n")
    mark(people[0], item, "leave")
    confirm(client, item, answer)
    assert noted() == {"甲一": "leave"}


@pytest.mark.parametrize("action", ["enter-sheet", "import", "record-plan"])
def test_forms_have_the_same_walls(cast: Any, sign_in: Any, scene: Any, action: str) -> None:
    _program, item, _people = scene
    for name, status in {"viewer": 403, "coordinator_a": 403, "district_beichen": 403, "outsider": 404}.items():
        assert sign_in(getattr(cast, name)).post(f"/desk/check-in/items/{item.pk}/{action}/", {"rest": "present"}).status_code == status
    assert noted() == {}
