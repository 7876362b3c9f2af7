"""Every kind of program keeps the same contract."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone, translation

from events.kinds.faces import own_fields
from events.kinds.registry import KIND_CHOICES, KINDS
from events.programs import rules
from events.programs.models import Program
from exchange.access import VISIBLE
from tests.cast import Cast, make_program

# Values of every kind's own fields as a form or a JSON body carries them.
DETAILS: dict[str, dict[str, Any]] = {
    "study_visit": {"theme_zh": "看课堂", "theme_en": "See lessons", "coaches": 2, "lodging": "湖滨会议中心", "insurance": "意外险"},
    "exhibition": {"works_per_unit": 6, "categories": "国画、书法", "open_hours": "9:00—17:00", "largest_size_cm": "180×97"},
    "choir": {"minutes_per_choir": 8, "singers_at_most": 40, "accompaniment": "钢琴"},
    "competition": {"subjects": "航模、机器人", "team_size": 3, "rules_zh": "每队三人", "rules_en": "Three in a team"},
    "sports": {"disciplines": "珍珠球、蹴球", "entries_per_unit": 12, "medical_certificate": True},
    "online_series": {"platform": "云课堂", "weekday": 3, "lessons": 18, "grades": "高一"},
    "joint_course": {"university": None, "sessions": 12, "syllabus_zh": "青年与国家", "syllabus_en": "Youth and country"},
}
# A piece of each kind's public section in both languages.
SHOWN = {
    "study_visit": ("看课堂", "See lessons"),
    "exhibition": ("作品类别", "Categories"),
    "choir": ("每队人数上限", "Singers, at most"),
    "competition": ("每队三人", "Three in a team"),
    "sports": ("每位参赛者都要提供", "Every athlete brings one"),
    "online_series": ("星期三", "Wednesday"),
    "joint_course": ("青年与国家", "Youth and country"),
}
every_kind = pytest.mark.parametrize("code", list(KINDS))


def values(code: str, cast: Cast) -> dict[str, Any]:
    return {**DETAILS[code], **({"university": cast.host.pk} if code == "joint_course" else {})}


def program_of_kind(cast: Cast, code: str, **fields: Any) -> Program:
    details = values(code, cast)
    if code == "joint_course":
        details["university"] = cast.host
    return make_program(cast, kind=code, details=details, **fields)


def test_the_registry_lists_seven_kinds_under_their_codes() -> None:
    assert len(KINDS) == 7
    assert [kind.code for kind in KINDS.values()] == list(KINDS) == [code for code, _name in KIND_CHOICES]


@every_kind
def test_details_are_visible_with_their_program(code: str) -> None:
    assert KINDS[code].details_model._meta.label in VISIBLE


@every_kind
def test_every_details_field_is_tried_here(code: str) -> None:
    assert set(DETAILS[code]) == set(own_fields(KINDS[code].details_model))


@every_kind
def test_form_takes_the_details_as_typed(code: str, cast: Cast) -> None:
    form = KINDS[code].form_class({name: value for name, value in values(code, cast).items() if value is not False})
    form.limit(cast.organiser)
    assert form.is_valid(), form.errors
    assert set(form.cleaned_data) == set(DETAILS[code])


@every_kind
def test_form_with_nothing_filled_in_makes_a_draft(code: str, cast: Cast) -> None:
    required = {"coaches": 0} if code == "study_visit" else {}
    form = KINDS[code].form_class(required)
    form.limit(cast.organiser)
    assert form.is_valid(), form.errors


@every_kind
def test_serializer_round_trip(code: str, cast: Cast, rf: Any) -> None:
    request = rf.get("/")
    request.user = cast.organiser
    serializer = KINDS[code].serializer_class(data=values(code, cast), context={"request": request})
    assert serializer.is_valid(), serializer.errors
    program = make_program(cast, kind=code, details=serializer.validated_data)
    assert KINDS[code].serializer_class(program.details).data == values(code, cast)


@every_kind
def test_serializer_refuses_details_of_no_kind(code: str) -> None:
    serializer = KINDS[code].serializer_class(data={"no_such_detail": 1})
    assert not serializer.is_valid()
    assert serializer.errors["no_such_detail"][0].code == "unknown_field"


@every_kind
def test_numbers_have_an_upper_limit_in_both_faces(code: str, cast: Cast) -> None:
    numbers = [name for name, value in DETAILS[code].items() if type(value) is int and name != "weekday"]
    too_many = dict.fromkeys(numbers, 10_000)
    assert numbers
    assert set(KINDS[code].form_class(too_many).errors) >= set(numbers)
    serializer = KINDS[code].serializer_class(data=too_many)
    assert not serializer.is_valid()
    assert set(serializer.errors) == set(numbers)


@every_kind
@pytest.mark.parametrize(("language", "index"), [("zh-hans", 0), ("en", 1)])
def test_public_section_speaks_both_languages(code: str, language: str, index: int, cast: Cast, client: Any) -> None:
    program = program_of_kind(cast, code)
    page = client.get(f"/programs/{program.pk}/?lang={language}").content.decode()
    with translation.override(language):
        assert str(KINDS[code].section_title) in page
        assert str(KINDS[code].name) in page
    assert SHOWN[code][index] in page


@every_kind
def test_public_section_is_left_out_while_empty(code: str, cast: Cast, client: Any) -> None:
    program = make_program(cast, kind=code, details={})
    page = client.get(f"/programs/{program.pk}/").content.decode()
    assert ('id="kind-title"' in page) == (code == "sports")  # a meet asks for medical certificates unless told otherwise


@every_kind
def test_copy_keeps_the_details(code: str, cast: Cast) -> None:
    program = program_of_kind(cast, code)
    copy = rules.copy_program(program=program, by=cast.organiser, starts_on=timezone.localdate(), title_zh="又一次")
    copied = Program.objects.get(pk=copy.pk)
    assert copied.kind == code
    assert KINDS[code].serializer_class(copied.details).data == values(code, cast)


@every_kind
def test_publishing_asks_the_kind(code: str, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    program = program_of_kind(cast, code, status="draft")
    asked: list[int] = []
    monkeypatch.setattr(type(KINDS[code]), "check_publish", lambda self, asked_program: asked.append(asked_program.pk))
    assert rules.publish(program=program, by=cast.organiser, at=timezone.now()).status == "published"
    assert asked == [program.pk]


def test_nothing_outside_of_kinds_compares_the_kind() -> None:
    pattern = re.compile(r"program\.kind\s*(==|!=|in\b)")
    folders = [Path(settings.BASE_DIR) / name for name in ("events", "participants", "exchange", "templates")]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".html") and "kinds" not in path.parts]
    assert [str(path) for path in files if pattern.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("name", ["school_c", "beichen"])
def test_a_course_names_a_partner_that_the_officer_sees(name: str, cast: Cast, rf: Any) -> None:
    request = rf.get("/")
    request.user = cast.organiser
    wrong = {"university": getattr(cast, name).pk}
    serializer = KINDS["joint_course"].serializer_class(data=wrong, context={"request": request})
    assert not serializer.is_valid()
    assert serializer.errors["university"][0].code == "does_not_exist"
    form = KINDS["joint_course"].form_class(wrong)
    form.limit(cast.organiser)
    assert set(form.errors) == {"university"}
