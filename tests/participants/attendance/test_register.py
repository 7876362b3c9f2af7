"""The register of continuing education, the year's hours and the history: exact rows, and nothing to those it does not concern."""

import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.utils import timezone

from exchange.audit import AuditEvent
from participants.attendance import register, rules
from participants.people.models import Person
from participants.rosters.models import Registration
from tests.cast import make_delegation, same_queries
from tests.participants.attendance.factories import certify, confirmed, credited, mark, running_program
from tests.reading import taken

pytestmark = pytest.mark.django_db


def sheet(content: bytes) -> list[list[Any]]:
    rows = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    return [["" if cell is None else cell for cell in row] for row in rows]


@pytest.fixture
def scene(cast: Any) -> Any:
    """Two people at an item of four hours; the first was there and has a certificate, the second was not."""
    program = running_program(cast, visibility="invited", title_zh="赴无锡学访")
    item = credited(program)
    first, second = confirmed(cast, program, "甲一"), confirmed(cast, program, "乙二", school=cast.school_b)
    mark(first, item), mark(second, item, "absent")
    certify(cast, first)
    return program, item, first, second


def address(program: Any) -> str:
    return f"/desk/programs/{program.pk}/hours/register/"


def test_the_register_holds_who_is_sufficient_with_masked_numbers(cast: Any, sign_in: Any, scene: Any) -> None:
    program, _item, first, _second = scene
    client = sign_in(cast.organiser)
    assert client.get(address(program)).status_code == 200
    rows = sheet(taken(client, client.post(address(program), {"purpose": "register"})))
    number = first.person.national_id
    masked = f"{number[:3]}***********{number[-4:]}"
    assert rows[1] == ["序号", "姓名", "身份证号", "单位", "活动", "起止日期", "学时", "证书编号"]
    assert rows[2:] == [["1", "甲一", masked, str(first.organisation), "赴无锡学访", rows[2][5], 4, "津北教交证〔2026〕第0001号"]]
    assert str(program.starts_on.year) in rows[2][5]


def test_the_register_needs_a_reason_and_is_recorded(cast: Any, sign_in: Any, scene: Any) -> None:
    program, _item, first, _second = scene
    client = sign_in(cast.organiser)
    for given in ({}, {"purpose": "other", "reason": " "}, {"purpose": "none of them", "reason": "试"}):
        assert client.post(address(program), {"full_numbers": "on", **given}).status_code == 422
    rows = sheet(taken(client, client.post(address(program), {"full_numbers": "on", "purpose": "register", "reason": "录入市平台"})))
    assert rows[2][2] == first.person.national_id
    event = AuditEvent.objects.get(action="attendance.export")
    assert (event.reason, event.changes) == ("继续教育登记：录入市平台", {"rows": [None, 1], "left_out": [None, 0], "full_numbers": [None, True]})


def test_viewers_get_no_file(cast: Any, sign_in: Any, scene: Any) -> None:
    program, year = scene[0], scene[0].ends_on.year
    client = sign_in(cast.viewer)
    for url in (address(program), f"/desk/programs/{program.pk}/hours/export/", f"/desk/hours/{year}/export/"):
        assert client.get(url).status_code == client.post(url, {"purpose": "register"}).status_code == 403
    for page in (f"/desk/programs/{program.pk}/hours/", f"/desk/hours/{year}/"):
        assert "export/" not in client.get(page).content.decode()


def test_schools_export_their_own_people_and_outsiders_nothing(cast: Any, sign_in: Any, scene: Any) -> None:
    program, _item, _first, _second = scene
    for name, names in (("coordinator_a", ["甲一"]), ("coordinator_b", [])):
        client = sign_in(getattr(cast, name))
        assert [row[1] for row in sheet(taken(client, client.post(address(program), {"purpose": "register"})))[2:]] == names
    assert sign_in(cast.outsider).post(address(program), {"purpose": "register"}).status_code == 404


# The year --------------------------------------------------------------------------------------------------------------


def test_the_year_sums_sufficient_programs_of_its_own(cast: Any, scene: Any) -> None:
    program, _item, first, second = scene
    year = program.ends_on.year
    again = running_program(cast, hours_rule="day")
    other = Registration.objects.get(pk=confirmed_again(cast, again, first).pk)
    mark(other, credited(again))
    before = running_program(cast, starts_on=date(year - 1, 5, 4))
    confirmed_again(cast, before, first)
    found = register.years_of(register.people_of_year(cast.organiser, year), cast.organiser, year)
    assert [(one.person.name, one.hours, one.certificates, len(one.rows)) for one in found] == [("甲一", 12, 1, 2), ("乙二", 0, 0, 1)]
    assert second.person_id == found[1].person.pk


def test_two_programs_over_new_year_and_a_move_between_schools(cast: Any, sign_in: Any, scene: Any) -> None:
    """The year is that in which a program ended; each line names the unit of its time, the person that of today. Half hours stay halves."""
    program, _item, first, _second = scene
    year = program.ends_on.year
    over = running_program(cast, starts_on=date(year - 1, 12, 28), ends_on=date(year, 1, 2), title_zh="跨年研修")
    mark(confirmed_again(cast, over, first), credited(over, 0, "1.5"))
    Person.objects.filter(pk=first.person_id).update(organisation=cast.school_b)
    client = sign_in(cast.organiser)
    lines = sheet(taken(client, client.post(f"/desk/hours/{year}/export/?q=甲一", {"purpose": "register"})))[2:]
    assert [(line[0], line[1], line[2], line[4]) for line in lines] == [
        ("甲一", str(cast.school_a), "跨年研修", 1.5),
        ("甲一", str(cast.school_a), str(program), 4),
    ]
    text = client.get(f"/desk/hours/{year}/?q=甲一").content.decode()
    assert ">5.5</b>" in text and text.count(f" · {cast.school_a.short}") == 2 and f'class="sub">{cast.school_b.short}' in text
    assert "跨年研修" not in client.get(f"/desk/hours/{year - 1}/").content.decode()


def confirmed_again(cast: Any, program: Any, registration: Registration) -> Registration:
    from tests.cast import make_registration

    if not program.delegations.exists():
        make_delegation(cast, program, cast.beichen)
    return make_registration(cast, program, registration.person, "confirmed")


def test_the_year_page_and_workbook_show_what_the_user_sees(cast: Any, sign_in: Any, scene: Any) -> None:
    program = scene[0]
    url = f"/desk/hours/{program.ends_on.year}/"
    seen = {
        "organiser": ["甲一", "乙二"],
        "district_beichen": ["甲一", "乙二"],
        "coordinator_a": ["甲一"],
        "coordinator_b": ["乙二"],
        "outsider": [],
        "organiser_other": [],
    }
    for name, names in seen.items():
        client = sign_in(getattr(cast, name))
        text = client.get(url).content.decode()
        assert [word for word in ("甲一", "乙二") if f'scope="row">{word}' in text] == names, name
        assert [row[0] for row in sheet(taken(client, client.post(f"{url}export/", {"purpose": "archive"})))[2:]] == names, name
    assert sign_in(cast.organiser).get("/desk/hours/")["Location"] == f"/desk/hours/{timezone.localdate().year}/"


def test_years_without_sense_are_404_and_search_narrows(cast: Any, sign_in: Any, scene: Any) -> None:
    client, year = sign_in(cast.organiser), scene[0].ends_on.year
    for wrong in (1, 1999, 9999, 10**12):
        assert client.get(f"/desk/hours/{wrong}/").status_code == client.get(f"/desk/hours/{wrong}/export/").status_code == 404
    text = client.get(f"/desk/hours/{year}/?q=甲").content.decode()
    assert "甲一" in text and "乙二" not in text
    assert client.get(f"/desk/hours/{year}/?q=%27%22&page=x").status_code == 200


def test_the_year_page_costs_the_same_for_more_people(cast: Any, sign_in: Any, scene: Any) -> None:
    program, item, *_people = scene
    client = sign_in(cast.organiser)
    same_queries(
        lambda: client.get(f"/desk/hours/{program.ends_on.year}/"),
        lambda: [mark(confirmed(cast, program, f"又{number}"), item) for number in range(3)],
    )


# History ---------------------------------------------------------------------------------------------------------------


def test_history_tells_every_note_and_correction(cast: Any, sign_in: Any) -> None:
    program = running_program(cast, visibility="invited")
    person, item = confirmed(cast, program), credited(program)
    for state in ("present", "late"):
        record, _new = rules.record(registration=person, item=item, state=state, by=cast.organiser, now=timezone.now())
    rules.undo(records=[record], by=cast.admin)
    found = [(row.who, row.item, row.before, row.after, row.is_change) for row in register.history_of(person)]
    assert found == [("平台管理员", item, "late", "", True), ("陈望舟", item, "present", "late", True), ("陈望舟", item, "", "present", False)]
    url = f"/desk/registrations/{person.pk}/attendance/"
    expected = {"organiser": 200, "viewer": 200, "district_beichen": 200, "coordinator_a": 200, "coordinator_b": 404, "outsider": 404}
    assert {name: sign_in(getattr(cast, name)).get(url).status_code for name in expected} == expected
    same_queries(
        lambda: sign_in(cast.organiser).get(url),
        lambda: rules.record(registration=person, item=credited(program, 1), state="late", by=cast.organiser, now=timezone.now()),
    )
