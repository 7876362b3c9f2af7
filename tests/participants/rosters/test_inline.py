"""The roster as a table: saving single rows, adding rows, and pasting rows from a spreadsheet."""

import json
from typing import Any

import pytest

from exchange.masking import mask_national_id
from participants.people import rules as people
from participants.people.models import Person
from participants.rosters import inline
from participants.rosters.models import Registration, RosterImport
from participants.rosters.sheet.guessing import guess_fields
from tests.cast import Cast, make_delegation, make_person, make_program, make_registration, same_queries

JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def program(cast: Cast) -> Any:
    program = make_program(cast, organiser=cast.beijing)
    make_delegation(cast, program, cast.beichen, 10)
    return program


def row(cast: Cast, program: Any, name: str = "王小明", status: str = "draft", school: Any = None) -> Registration:
    return make_registration(cast, program, make_person(cast, school or cast.school_a, name), status, role="学员")


def posted(one: Registration, **changed: str) -> dict[str, str]:
    person = one.person
    values = {
        "name": person.name,
        "national_id": "",
        "gender": person.gender,
        "phone": "",
        "position": person.position,
        "subject": person.subject,
        "role": one.role,
    }
    return {f"r{one.pk}-{name}": value for name, value in (values | changed).items()}


def test_table_shows_drafts_and_returned_rows_of_the_unit(cast: Cast, program: Any, sign_in: Any) -> None:
    row(cast, program, "王小明")
    row(cast, program, "何书钰", "returned")
    row(cast, program, "赵景衡", "submitted")
    row(cast, program, "李他校", school=cast.school_b)
    page = sign_in(cast.coordinator_a).get(f"/desk/programs/{program.pk}/roster/edit/").content.decode()
    assert "王小明" in page and "何书钰" in page and "身份证号有误" in page
    assert "赵景衡" not in page and "李他校" not in page


def test_a_cell_is_saved_and_the_rest_stays(cast: Cast, program: Any, sign_in: Any) -> None:
    one = row(cast, program)
    Person.objects.filter(pk=one.person_id).update(email="a@example.org", memo="备注")
    client = sign_in(cast.coordinator_a)
    answer = client.post(f"/desk/registrations/{one.pk}/row/", posted(one, subject="语文", role="领队"), **JSON)
    assert (answer.status_code, answer.json()["saved"], answer.json()["errors"], answer.json()["word"]) == (200, True, {}, "已保存")
    assert (answer.json()["cells"]["subject"], answer.json()["cells"]["national_id"]) == ("语文", mask_national_id(one.person.national_id))
    one = Registration.objects.select_related("person").get(pk=one.pk)
    assert (one.person.subject, one.role, one.person.email, one.person.memo) == ("语文", "领队", "a@example.org", "备注")
    assert one.person.national_id and one.person.phone


def test_two_at_once_on_one_row_keep_what_each_has_typed(cast: Cast, program: Any, sign_in: Any) -> None:
    one = row(cast, program)
    client, address = sign_in(cast.coordinator_a), f"/desk/registrations/{one.pk}/row/"
    seen = {f"r{one.pk}-seen": json.dumps(inline.cells_of(one))}
    people.change_person(person=one.person, by=cast.district_beichen, position="年级主任", phone="15400009999")
    answer = client.post(address, posted(one, subject="语文") | seen, **JSON)  # the page still shows the earlier position
    assert answer.json()["cells"]["position"] == "年级主任"
    one.person.refresh_from_db()
    assert (one.person.subject, one.person.position, one.person.phone) == ("语文", "年级主任", "15400009999")
    for cell, value in (("position", "教务主任"), ("phone", "15400008888")):
        answer = client.post(address, posted(one, position="教师") | {f"r{one.pk}-{cell}": value} | seen, **JSON)
        assert answer.status_code == 422 and list(answer.json()["errors"]) == [cell] and "别人" in answer.json()["errors"][cell]
    seen = {f"r{one.pk}-seen": json.dumps(answer.json()["cells"])}
    assert client.post(address, posted(one, position="教务主任") | seen, **JSON).status_code == 200
    one.person.refresh_from_db()
    assert one.person.position == "教务主任"
    for nonsense in ("[]", "{", '{"name": 3}', "null"):
        assert client.post(address, posted(one) | {f"r{one.pk}-seen": nonsense}, **JSON).status_code == 200


def test_mistakes_stay_with_their_cell_and_nothing_is_saved(cast: Cast, program: Any, sign_in: Any) -> None:
    one = row(cast, program)
    client = sign_in(cast.coordinator_a)
    answer = client.post(f"/desk/registrations/{one.pk}/row/", posted(one, phone="123", subject="语文"), **JSON)
    assert answer.status_code == 422 and list(answer.json()["errors"]) == ["phone"]
    assert Person.objects.get(pk=one.person_id).subject == "数学"
    other = row(cast, program, "李明")
    answer = client.post(f"/desk/registrations/{one.pk}/row/", posted(one, national_id=other.person.national_id, gender="", name="李明"), **JSON)
    assert answer.status_code == 422


def test_without_a_script_the_browser_comes_back_to_the_row(cast: Cast, program: Any, sign_in: Any) -> None:
    one = row(cast, program)
    answer = sign_in(cast.coordinator_a).post(f"/desk/registrations/{one.pk}/row/", posted(one, subject="语文"))
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/programs/{program.pk}/roster/edit/#line-{one.pk}")


def test_submitted_rows_and_foreign_rows_are_refused(cast: Cast, program: Any, sign_in: Any) -> None:
    one = row(cast, program, status="submitted")
    answer = sign_in(cast.coordinator_a).post(f"/desk/registrations/{one.pk}/row/", posted(one, subject="语文"), **JSON)
    assert answer.status_code == 422 and Person.objects.get(pk=one.person_id).subject == "数学"
    for user, status in ((cast.coordinator_b, 404), (cast.outsider, 404)):
        assert sign_in(user).post(f"/desk/registrations/{one.pk}/row/", posted(one), **JSON).status_code == status
    assert sign_in(cast.outsider).get(f"/desk/programs/{program.pk}/roster/edit/").status_code == 404
    assert sign_in(cast.district_langfang).get(f"/desk/programs/{program.pk}/roster/edit/").status_code in (403, 404)


def test_a_row_is_added_and_a_known_person_is_taken_again(cast: Cast, program: Any, sign_in: Any) -> None:
    client, table = sign_in(cast.coordinator_a), f"/desk/programs/{program.pk}/roster/edit/"
    new = {"new-organisation": str(cast.school_a.pk), "new-name": "新来的", "new-role": "学员"}
    assert client.post(table, new).status_code == 302
    assert Registration.objects.get(person__name="新来的").role == "学员"
    known = make_person(cast, cast.school_a, "老朋友", subject="语文")
    answer = client.post(table, new | {"new-name": "老朋友", "new-national_id": known.national_id})
    assert answer.status_code == 302 and Registration.objects.get(person=known).status == "draft"
    assert Person.objects.filter(name="老朋友").count() == 1 and Person.objects.get(pk=known.pk).subject == "语文"
    answer = client.post(table, new | {"new-name": ""})
    assert answer.status_code == 422
    answer = client.post(table, new | {"new-organisation": str(cast.school_b.pk)})
    assert answer.status_code == 422


def test_pasted_rows_become_a_preview_with_fixes(cast: Cast, program: Any, sign_in: Any) -> None:
    good = make_person(cast, cast.school_b).national_id
    text = f"张　三\t男\t{good}\t154 0000 1234\t教师\n李四\t女\t123\t15400001235\t教师\n"
    answer = sign_in(cast.coordinator_a).post(f"/desk/programs/{program.pk}/roster/paste/", {"text": text})
    found = RosterImport.objects.get()
    assert answer["Location"] == f"/desk/imports/{found.pk}/"
    rows = found.reading["rows"]
    assert len(rows) == 2 and "张三" in str(rows[0]) and found.counts["rejected"] == 1
    assert Person.objects.filter(name="张三").count() == 0


def test_whoever_is_added_stands_last_next_to_the_empty_row(cast: Cast, program: Any, sign_in: Any) -> None:
    make_registration(cast, program, make_person(cast, cast.school_a, "何书钰"), position=3)
    client, address = sign_in(cast.coordinator_a), f"/desk/programs/{program.pk}/roster/edit/"
    typed = {"new-name": "王小明", "new-organisation": cast.school_a.pk}
    assert client.post(address, typed).headers["Location"] == f"{address}#id_new-name"
    assert [line["row"].person.name for line in client.get(address).context["lines"]] == ["何书钰", "王小明"]


def test_pasting_nothing_is_told(cast: Cast, program: Any, sign_in: Any) -> None:
    client = sign_in(cast.coordinator_a)
    for text in ("", " \n\t\n"):
        assert client.post(f"/desk/programs/{program.pk}/roster/paste/", {"text": text}).status_code == 422
    assert not RosterImport.objects.exists()


def test_header_is_taken_or_guessed() -> None:
    assert inline.has_header(["姓名", "性别", "手机"])
    assert not inline.has_header(["张三", "男", "15400001234"])
    rows = [["1", "张三", "男", "汉族", "120113198001019001", "15400001234", "辰光中学", "教务处主任", "学员"]]
    assert guess_fields(rows) == ["number", "name", "gender", "ethnicity", "national_id", "phone", "unit", "position", "role"]


def test_table_costs_the_same_for_one_and_three_rows(cast: Cast, program: Any, sign_in: Any) -> None:
    row(cast, program)
    client = sign_in(cast.coordinator_a)
    same_queries(lambda: client.get(f"/desk/programs/{program.pk}/roster/edit/"), lambda: [row(cast, program), row(cast, program)])


# People whom the unit knows -----------------------------------------------------------------------------------------------


def test_known_people_are_offered_and_taken_without_typing_again(cast: Cast, program: Any, sign_in: Any) -> None:
    known = make_person(cast, cast.school_a, "老朋友", subject="语文")
    row(cast, program, "王小明")
    make_person(cast, cast.school_b, "外校的")
    client, table = sign_in(cast.coordinator_a), f"/desk/programs/{program.pk}/roster/edit/"
    page = client.get(table).content.decode()
    assert f'data-person="{known.pk}" label="教师，语文，身份证尾号{known.national_id[-4:]}"' in page
    assert page.count("data-person=") == 1  # neither those on the roster nor those of other schools
    new = {"new-organisation": str(cast.school_a.pk), "new-name": "老朋友", "new-known": str(known.pk), "new-position": "主任"}
    assert client.post(table, new).status_code == 302
    assert Registration.objects.get(person=known).status == "draft"
    known.refresh_from_db()
    assert (known.position, known.subject) == ("主任", "语文")


def test_a_namesake_is_asked_about_and_never_guessed(cast: Cast, program: Any, sign_in: Any) -> None:
    known = make_person(cast, cast.school_a, "老朋友")
    client, table = sign_in(cast.coordinator_a), f"/desk/programs/{program.pk}/roster/edit/"
    new = {"new-organisation": str(cast.school_a.pk), "new-name": "老朋友", "new-known": ""}
    answer = client.post(table, new)
    page = answer.content.decode()
    assert answer.status_code == 422 and "本校已有同名人员。是同一人，还是另一人？" in page and f'value="{known.pk}"' in page
    assert not Registration.objects.exists()
    assert client.post(table, new | {"new-is_other": "1"}).status_code == 302
    assert Person.objects.filter(name="老朋友").count() == 2
    answer = client.post(table, new)
    assert "名册上已有同名人员。" in answer.content.decode()
    assert client.post(table, new | {"new-known": str(make_person(cast, cast.school_b).pk)}).status_code == 422
    assert Registration.objects.count() == 1
