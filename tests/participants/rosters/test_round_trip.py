"""Our own workbook out and in again: keys, what was changed, and who is no longer in the sheet."""

import io
from datetime import date
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from events.programs.models import Program
from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.people.models import Person
from participants.rosters import imports, quota, round_trip, rules
from participants.rosters.import_book import template_for
from participants.rosters.models import Registration, RosterImport
from participants.rosters.status import RegistrationStatus as S
from tests.cast import Cast, fictional_id, make_delegation, make_person, make_program, make_registration
from tests.participants.rosters.imports import make_visit, rows_of, upload

NOW = timezone.now()
HEAD = 2  # the row of the titles; the example stands below it, people from row 4 on


@pytest.fixture
def program(cast: Cast) -> Program:
    program = make_visit(cast)
    for day, name in enumerate(("许知遥", "赵景衡", "林听雨"), start=1):
        born = date(1980, 1, day)  # an odd sequence number: a man's
        person = make_person(cast, cast.school_a, name, birth_on=born, national_id=fictional_id(born, 901), professional_title="一级教师", stage="senior")
        make_registration(cast, program, person, "draft", role="学员")
    return program


class Form:
    """The template of school A, filled in by hand."""

    def __init__(self, cast: Cast, program: Program, organisation: Any = None) -> None:
        self.book = load_workbook(io.BytesIO(template_for(program, organisation or cast.school_a, cast.coordinator_a)))
        self.page = self.book["报名表"]
        self.titles = [cell.value for cell in self.page[HEAD]]

    def row(self, name: str) -> int:
        return next(cell.row for cell in self.page[self.column("姓名")] if cell.value == name)

    def column(self, title: str) -> str:
        return self.page.cell(HEAD, self.titles.index(title) + 1).column_letter

    def set(self, name: str, **cells: str) -> None:
        row = self.row(name)
        for title, value in cells.items():
            self.page[f"{self.column(title)}{row}"] = value

    def drop(self, name: str) -> None:
        self.page.delete_rows(self.row(name))

    def content(self) -> bytes:
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()

    def upload(self, program: Program, by: Any) -> RosterImport:
        return upload(program, self.content(), by, name="报名表.xlsx")


def people_in(roster_import: RosterImport) -> dict[str, Any]:
    """Name → stored row."""
    return {row["values"]["name"]: row for row in rows_of(roster_import).values() if row["status"] != "skipped"}


def commit(roster_import: RosterImport, by: Any, **more: Any) -> Any:
    return imports.commit_import(roster_import=roster_import, by=by, now=NOW, **more)


def test_the_workbook_has_lists_text_columns_a_hidden_key_and_its_version(cast: Cast, program: Program) -> None:
    form = Form(cast, program)
    lists = {}
    for rule in form.page.data_validations.dataValidation:
        column, last = rule.formula1.removeprefix("lists!$").split("$")[0], int(rule.formula1.rsplit("$", 1)[1])
        lists[form.page[f"{column}{HEAD}"].value] = [form.book["lists"][f"{column}{row}"].value for row in range(1, last + 1)]
    assert list(lists) == ["性别", "民族", "职称", "学段", "团内角色", "组别", "饮食要求", "住宿要求"]
    assert lists["学段"] == ["幼儿园", "小学", "初中", "高中", "中职", "大学"]
    assert lists["职称"][:4] == ["正高级教师", "高级教师", "一级教师", "二级教师"]
    key = form.column(f"行标识（{round_trip.TEMPLATE_VERSION}）")
    assert form.page.column_dimensions[key].hidden and form.page.protection.sheet and form.page.freeze_panes == f"C{HEAD + 1}"
    keys = [form.page[f"{key}{row}"].value for row in range(HEAD + 2, HEAD + 5)]
    assert len(set(keys)) == 3 and all(len(text) == round_trip.KEY_LENGTH for text in keys) and not form.page[f"{key}{HEAD + 1}"].value
    assert [form.page[f"{form.column(title)}4"].number_format for title in ("身份证号", "手机号码", "紧急联系电话")] == ["@"] * 3
    assert any("模板版本" in str(cell.value) for cell in form.book.worksheets[-1]["A"] + form.book.worksheets[1]["A"])


def test_rows_can_be_deleted_and_the_sheet_prints_on_one_page_across(cast: Cast, program: Program) -> None:
    """A locked cell anywhere in a row, also right of the table, forbids deleting it: LibreOffice showed it, and Excel says so."""
    page = Form(cast, program).page
    columns = page.column_dimensions.values()
    assert not any(column.protection.locked for column in columns) and max(column.max for column in columns) == 16_384
    assert page["A2"].protection.locked and not page.protection.deleteRows  # False = not forbidden
    assert (page.page_setup.orientation, page.page_setup.fitToHeight, page.print_title_rows) == ("landscape", 0, "$2:$2")
    assert page.sheet_properties.pageSetUpPr.fitToPage  # one page across, as many as needed down


def test_calamine_reads_the_same(cast: Cast, program: Program) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(template_for(program, cast.school_a, cast.coordinator_a)))
    rows = book.get_sheet_by_name("报名表").to_python()
    assert rows[HEAD - 1] == Form(cast, program).titles
    assert [row[1] for row in rows[HEAD:]] == ["阿依古丽·买买提", "许知遥", "赵景衡", "林听雨"]


def test_sent_back_untouched_it_changes_nothing(cast: Cast, program: Program) -> None:
    people = dict(Person.objects.values_list("pk", "updated_at"))
    found = Form(cast, program).upload(program, cast.coordinator_a)
    assert (found.counts["unchanged"], found.counts["importable"], found.counts["warning"]) == (3, 0, 0)
    before = AuditEvent.objects.count()
    outcome = commit(found, cast.coordinator_a)
    assert (outcome.created, outcome.updated, outcome.unchanged, outcome.skipped) == (0, 0, 3, 2)  # the title and the example
    assert dict(Person.objects.values_list("pk", "updated_at")) == people
    assert AuditEvent.objects.count() == before + 1  # the import itself


def test_only_what_was_changed_is_changed(cast: Cast, program: Program) -> None:
    form = Form(cast, program)
    form.set("赵景衡", 手机号码="15400007777", 学段="初级中学", 职称="高级教师")
    person = Person.objects.get(name="赵景衡")
    found = form.upload(program, cast.coordinator_a)
    row = people_in(found)["赵景衡"]
    assert row["known"][2] == (("professional_title", "一级教师", "高级教师"), ("stage", "高中", "初中"), ("phone", person.phone, "15400007777"))
    assert [issue["code"] for issue in row["issues"]] == ["stage_normalised", "already_registered"]
    outcome = commit(found, cast.coordinator_a)
    assert (outcome.created, outcome.updated, outcome.unchanged) == (0, 1, 2)
    person.refresh_from_db()
    assert (person.phone, person.stage, person.professional_title) == ("15400007777", "junior", "高级教师")
    assert AuditEvent.objects.filter(action="registration.change").count() == 1


def test_a_corrected_id_number_or_name_doubles_nobody(cast: Cast, program: Program) -> None:
    form = Form(cast, program)
    other = make_person(cast, cast.school_b).national_id
    form.set("许知遥", 身份证号=other, 性别="", 出生日期="")
    form.set("林听雨", 姓名="林听雪")
    outcome = commit(form.upload(program, cast.coordinator_a), cast.coordinator_a)
    assert (outcome.created, outcome.updated, Registration.objects.count()) == (0, 2, 3)
    assert Person.objects.get(organisation=cast.school_a, name="许知遥").national_id == other
    assert Registration.objects.get(person__name="林听雪").identity_index


def test_a_new_person_typed_over_a_row_is_a_new_person(cast: Cast, program: Program) -> None:
    form = Form(cast, program)
    number = make_person(cast, cast.school_b).national_id
    form.set("林听雨", 姓名="沈若谷", 身份证号=number, 性别="", 出生日期="")
    found = form.upload(program, cast.coordinator_a)
    assert "known" not in people_in(found)["沈若谷"]
    absent = round_trip.missing(program, imports.loaded(found.reading).present, found.organisation)
    assert [row.person.name for row in absent] == ["林听雨"]
    assert commit(found, cast.coordinator_a).created == 1
    assert Person.objects.get(name="林听雨").national_id != number


def test_a_copied_row_takes_no_key_twice(cast: Cast, program: Program) -> None:
    form = Form(cast, program)
    copied = [cell.value for cell in form.page[form.row("许知遥")]]
    number = make_person(cast, cast.school_b).national_id
    copied[form.titles.index("身份证号")] = number
    for title in ("性别", "出生日期"):
        copied[form.titles.index(title)] = ""
    form.page.append(copied)
    outcome = commit(form.upload(program, cast.coordinator_a), cast.coordinator_a)
    assert (outcome.created, outcome.unchanged) == (1, 3)
    assert Person.objects.filter(name="许知遥").count() == 2


def test_whoever_is_missing_stays_unless_ticked(cast: Cast, program: Program, sign_in: Any) -> None:
    form = Form(cast, program)
    form.drop("赵景衡")
    form.drop("林听雨")
    found = form.upload(program, cast.coordinator_a)
    client = sign_in(cast.coordinator_a)
    page = client.get(f"/desk/imports/{found.pk}/").content.decode()
    assert "名册上有2人不在这份表里" in page and "赵景衡" in page and "林听雨" in page
    gone = Registration.objects.get(person__name="赵景衡")
    client.post(f"/desk/imports/{found.pk}/commit/", {"withdraw": [gone.pk]})
    assert dict(Registration.objects.values_list("person__name", "status")) == {"许知遥": S.DRAFT, "赵景衡": S.WITHDRAWN, "林听雨": S.DRAFT}
    assert Registration.objects.get(pk=gone.pk).status_reason == "不在重新上传的表里"


def test_a_child_without_consent_stood_not_in_the_form_and_is_not_missing(cast: Cast, program: Program) -> None:
    born = program.starts_on.replace(year=program.starts_on.year - 10)
    child = make_person(cast, cast.school_a, "小雨", birth_on=born, national_id=fictional_id(born, 901), position="学生")
    make_registration(cast, program, child)
    form = Form(cast, program)
    assert "小雨" not in [cell.value for cell in form.page[form.column("姓名")]]
    found = form.upload(program, cast.coordinator_a)
    assert not round_trip.missing(program, imports.loaded(found.reading).present, found.organisation).exists()


def test_only_the_missing_can_be_withdrawn_this_way(cast: Cast, program: Program, api: Any) -> None:
    form = Form(cast, program)
    form.drop("赵景衡")
    found = form.upload(program, cast.coordinator_a)
    client = api(cast.coordinator_a)
    body = client.get(f"/api/v1/roster-imports/{found.pk}/").json()
    missing = Registration.objects.get(person__name="赵景衡").pk
    assert (body["template"], body["missing"]) == (round_trip.TEMPLATE_VERSION, [missing])
    present = Registration.objects.get(person__name="许知遥").pk
    answer = client.post(f"/api/v1/roster-imports/{found.pk}/commit/", {"withdraw": [present]}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "still_in_sheet")
    assert client.post(f"/api/v1/roster-imports/{found.pk}/commit/", {"withdraw": [missing]}, format="json").json()["withdrawn"] == 1


def test_the_key_of_another_school_does_nothing(cast: Cast, program: Program) -> None:
    theirs = make_registration(cast, program, make_person(cast, cast.school_b, "郑佩文"), "draft")
    form = Form(cast, program)
    key = form.column(f"行标识（{round_trip.TEMPLATE_VERSION}）")
    form.page[f"{key}{form.row('林听雨')}"] = round_trip.key_of(program.pk, cast.school_b.pk, theirs.pk)
    form.set("林听雨", 手机号码="15400006666")
    commit(form.upload(program, cast.coordinator_a), cast.coordinator_a)
    theirs.person.refresh_from_db()
    assert theirs.person.phone != "15400006666" and theirs.person.name == "郑佩文"
    assert Person.objects.get(name="林听雨").phone == "15400006666"  # found by the ID number


def test_under_review_the_unchanged_are_quiet_and_the_changed_are_left(cast: Cast, program: Program) -> None:
    for name in ("许知遥", "赵景衡"):
        rules.submit(registration=Registration.objects.get(person__name=name), by=cast.coordinator_a, now=NOW)
    form = Form(cast, program)
    form.set("赵景衡", 手机号码="15400007777")
    rows = people_in(form.upload(program, cast.coordinator_a))
    assert {name: [issue["code"] for issue in row.get("issues", [])] for name, row in rows.items()} == {
        "许知遥": [],
        "赵景衡": ["registered_locked"],
        "林听雨": [],
    }


@pytest.mark.parametrize(("version", "words"), [("2025.3", "旧版"), ("2031.1", "新版"), (round_trip.TEMPLATE_VERSION, "")])
def test_another_version_of_the_form_is_said(cast: Cast, program: Program, sign_in: Any, version: str, words: str) -> None:
    form = Form(cast, program)
    form.page[f"{form.column(f'行标识（{round_trip.TEMPLATE_VERSION}）')}{HEAD}"] = f"行标识（{version}）"
    found = form.upload(program, cast.coordinator_a)
    page = sign_in(cast.coordinator_a).get(f"/desk/imports/{found.pk}/").content.decode()
    assert (words in page if words else "版报名表填的" not in page) and found.counts["unchanged"] == 3


def test_the_form_of_another_program_is_said(cast: Cast, program: Program, sign_in: Any) -> None:
    other = make_visit(cast, title_zh="京津冀普通高中干部教师赴苏州学访")
    form, client = Form(cast, program), sign_in(cast.coordinator_a)
    for target, said in ((program, False), (other, True)):
        text = client.get(f"/desk/imports/{form.upload(target, cast.coordinator_a).pk}/").content.decode()
        assert (f"表头上方写的是“{program}”" in text) is said
    assert round_trip.other_program(other, f"{program}（{other}的补充名单）", cast.coordinator_a) is None


def test_a_sheet_keeps_to_the_limits_of_a_kind_here_and_elsewhere(cast: Cast) -> None:
    """Also to that of another program, in which the person of the sheet holds a place."""
    here, elsewhere = (make_program(cast) for _number in range(2))
    delegation = make_delegation(cast, here, cast.beichen, 10)
    make_delegation(cast, elsewhere, cast.beichen, 10)
    quota.set_part(delegation=delegation, kind="subject", value="语文", quota=0, by=cast.organiser)
    row = make_registration(cast, here, make_person(cast, cast.school_a), "submitted")
    make_registration(cast, elsewhere, row.person)
    for program, by in ((here, cast.organiser), (elsewhere, cast.coordinator_a)):
        text = f"姓名,性别,身份证号,单位,学科\n{row.person.name},,{row.person.national_id},{cast.school_a.name_zh},语文\n".encode()
        made = imports.start_import(program=program, data=text, name="r.csv", by=by, now=NOW, organisation=cast.school_a)
        with pytest.raises(RuleViolation) as refusal:
            imports.commit_import(roster_import=made, by=by, now=NOW)
        assert (refusal.value.code, refusal.value.params["quota"], refusal.value.params["wanted"]) == ("quota_full", 0, 1), program
        row.person.refresh_from_db()
        assert row.person.subject == "数学"
