"""Check-in at the desk: who gets in, what the buttons do, papers, and what hostile names do (nothing)."""

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pypdf
import pytest
from django.utils import timezone

from events.itineraries.models import ItineraryItem
from exchange.audit import AuditEvent
from participants.attendance.models import AttendanceRecord
from tests.cast import make_group, make_item, same_queries
from tests.participants.attendance.factories import certify, confirmed, credited, mark, running_program
from tests.reading import taken

pytestmark = pytest.mark.django_db
CANARY = "<script>alert(1)</script>"


@pytest.fixture
def scene(cast: Any) -> Any:
    """A running program with one confirmed person and one item."""
    program = running_program(cast, visibility="invited")
    return program, confirmed(cast, program), credited(program)


def pages_of(program: Any, item: Any) -> list[str]:
    return [f"/desk/programs/{program.pk}/check-in/", f"/desk/check-in/items/{item.pk}/", f"/desk/check-in/items/{item.pk}/sheet.pdf"]


def test_organisers_get_in_and_nobody_else(cast: Any, sign_in: Any, scene: Any) -> None:
    program, _person, item = scene
    expected = {"organiser": 200, "admin": 200, "district_beichen": 403, "coordinator_a": 403, "viewer": 403, "outsider": 404, "organiser_other": 404}
    for name, status in expected.items():
        client = sign_in(getattr(cast, name))
        assert {client.get(url).status_code for url in pages_of(program, item)} == {status}, name


def test_anonymous_is_sent_to_sign_in(client: Any, scene: Any) -> None:
    program, _person, item = scene
    for url in [*pages_of(program, item), "/desk/check-in/", f"/desk/programs/{program.pk}/hours/"]:
        assert client.get(url)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("action", ["record", "undo", "all-present", "undo-all"])
def test_actions_have_the_same_walls_and_change_nothing(cast: Any, sign_in: Any, scene: Any, action: str) -> None:
    _program, person, item = scene
    for name, status in {"viewer": 403, "coordinator_a": 403, "district_beichen": 403, "outsider": 404}.items():
        answer = sign_in(getattr(cast, name)).post(f"/desk/check-in/items/{item.pk}/{action}/", {"registration": person.pk, "state": "present"})
        assert answer.status_code == status
    assert sign_in(cast.organiser).get(f"/desk/check-in/items/{item.pk}/{action}/").status_code == 405
    assert not AttendanceRecord.objects.exists()


def test_todays_items_come_first(cast: Any, sign_in: Any) -> None:
    program = running_program(cast)
    confirmed(cast, program)
    item = make_item(program, timezone.now(), 60, "晨会")
    text = sign_in(cast.organiser).get("/desk/check-in/").content.decode()
    assert f"/desk/check-in/items/{item.pk}/" in text
    assert text.index("晨会") < text.index(f"/desk/programs/{program.pk}/check-in/")
    assert "晨会" not in sign_in(cast.organiser_other).get("/desk/check-in/").content.decode()


def test_old_programs_are_under_all(cast: Any, sign_in: Any) -> None:
    program = running_program(cast, starts_on=timezone.localdate() - timedelta(days=200))
    client = sign_in(cast.organiser)
    assert program.title_zh not in client.get("/desk/check-in/").content.decode()
    assert program.title_zh in client.get("/desk/check-in/?view=all").content.decode()


def test_a_button_records_and_goes_back_to_the_row(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, person, item = scene
    body = {"registration": person.pk, "state": "late", "reason": "堵车", "back_query": "q=chen&group=none"}
    answer = sign_in(cast.organiser).post(f"/desk/check-in/items/{item.pk}/record/", body)
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/check-in/items/{item.pk}/?q=chen&group=none#r{person.pk}")
    record = AttendanceRecord.objects.get()
    assert (record.state, record.reason, record.recorded_by) == ("late", "堵车", cast.organiser)


def test_htmx_gets_the_row_and_the_figures(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, person, item = scene
    answer = sign_in(cast.organiser).post(f"/desk/check-in/items/{item.pk}/record/", {"registration": person.pk, "state": "present"}, HTTP_HX_REQUEST="true")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert f'id="r{person.pk}"' in text and f'data-notes="{item.pk}:present"' in text and 'hx-swap-oob="true"' in text
    assert "<html" not in text


def test_a_refusal_is_told_and_changes_nothing(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, person, item = scene
    ItineraryItem.objects.filter(pk=item.pk).update(status="cancelled")
    client, body = sign_in(cast.organiser), {"registration": person.pk, "state": "present"}
    page = client.post(f"/desk/check-in/items/{item.pk}/record/", body, follow=True).content.decode()
    row = client.post(f"/desk/check-in/items/{item.pk}/record/", body, HTTP_HX_REQUEST="true").content.decode()
    assert "这项日程已经取消，不再签到。" in page and "这项日程已经取消，不再签到。" in row
    assert not AttendanceRecord.objects.exists()


def test_undo_takes_back(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, person, item = scene
    mark(person, item)
    assert sign_in(cast.organiser).post(f"/desk/check-in/items/{item.pk}/undo/", {"registration": person.pk}).status_code == 302
    assert not AttendanceRecord.objects.exists()


def test_undo_under_a_certificate_is_refused(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, person, item = scene
    mark(person, item)
    certify(cast, person)
    page = sign_in(cast.organiser).post(f"/desk/check-in/items/{item.pk}/undo/", {"registration": person.pk}, follow=True)
    assert "要更正签到，请先撤销证书。" in page.content.decode()
    assert AttendanceRecord.objects.count() == 1


def test_all_present_fills_a_group_only_where_nothing_is_noted_and_can_be_undone(cast: Any, sign_in: Any) -> None:
    program = running_program(cast)
    first, second = make_group(program, 1), make_group(program, 2)
    people = [confirmed(cast, program, name, group=group) for name, group in (("甲", first), ("乙", first), ("丙", second))]
    item, client = credited(program), sign_in(cast.organiser)
    mark(people[0], item, "absent")
    page = client.post(f"/desk/check-in/items/{item.pk}/all-present/", {"group": first.pk}, follow=True).content.decode()
    assert "已登记1人到场。" in page and f"/desk/check-in/items/{item.pk}/undo-all/" in page
    assert dict(AttendanceRecord.objects.values_list("registration_id", "state")) == {people[0].pk: "absent", people[1].pk: "present"}
    client.post(f"/desk/check-in/items/{item.pk}/undo-all/")
    assert dict(AttendanceRecord.objects.values_list("registration_id", "state")) == {people[0].pk: "absent"}
    client.post(f"/desk/check-in/items/{item.pk}/undo-all/")
    assert AttendanceRecord.objects.count() == 1


@pytest.mark.parametrize("words", ["王䶮", "wangyan", "wy", "WY", "7788", "王"])
def test_people_are_found_by_name_pinyin_initials_and_phone(cast: Any, sign_in: Any, words: str) -> None:
    from participants.people.rules import change_person

    program = running_program(cast)
    wanted, other, item = confirmed(cast, program, "王䶮"), confirmed(cast, program, "林知遥"), credited(program)
    change_person(person=wanted.person, by=cast.organiser, phone="15412347788")
    text = sign_in(cast.organiser).get(f"/desk/check-in/items/{item.pk}/", {"q": words}).content.decode()
    assert f'id="r{wanted.pk}"' in text and f'id="r{other.pk}"' not in text
    assert "15412347788" not in text


def test_show_open_leaves_those_not_noted(cast: Any, sign_in: Any) -> None:
    program = running_program(cast)
    done, waiting, item = confirmed(cast, program, "甲"), confirmed(cast, program, "乙"), credited(program)
    mark(done, item)
    text = sign_in(cast.organiser).get(f"/desk/check-in/items/{item.pk}/?show=open").content.decode()
    assert f'id="r{waiting.pk}"' in text and f'id="r{done.pk}"' not in text


@pytest.mark.parametrize(
    "body", [{}, {"registration": "x", "state": "present"}, {"registration": "1", "state": "gone"}, {"registration": str(10**30), "state": "late"}]
)
def test_bad_input_is_400(cast: Any, sign_in: Any, scene: Any, body: dict[str, str]) -> None:
    item = scene[2]
    assert sign_in(cast.organiser).post(f"/desk/check-in/items/{item.pk}/record/", body).status_code == 400


def test_control_characters_and_long_reasons_are_400(cast: Any, sign_in: Any, scene: Any) -> None:
    _program, person, item = scene
    for reason in ("a\x07b", "x" * 201):
        body = {"registration": person.pk, "state": "late", "reason": reason}
        assert sign_in(cast.organiser).post(f"/desk/check-in/items/{item.pk}/record/", body).status_code == 400


def test_a_person_of_another_program_is_404(cast: Any, sign_in: Any, scene: Any) -> None:
    item = scene[2]
    stranger = confirmed(cast, running_program(cast), "王䶮")
    for action in ("record", "undo"):
        assert sign_in(cast.organiser).post(f"/desk/check-in/items/{item.pk}/{action}/", {"registration": stranger.pk, "state": "late"}).status_code == 404


@pytest.mark.parametrize("query", ["page=99999", "page=x", "group=x", "group=99999999999999999999", "q=%F0%9F%98%80", "show=%3Cscript%3E"])
def test_odd_queries_are_no_server_error(cast: Any, sign_in: Any, scene: Any, query: str) -> None:
    assert sign_in(cast.organiser).get(f"/desk/check-in/items/{scene[2].pk}/?{query}").status_code == 200


def test_huge_numbers_in_addresses_are_404(cast: Any, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    for url in (f"/desk/check-in/items/{10**25}/", f"/desk/programs/{10**25}/check-in/", f"/desk/programs/{10**25}/hours/"):
        assert client.get(url).status_code == 404


def test_hostile_names_stay_text(cast: Any, sign_in: Any) -> None:
    program = running_program(cast, title_zh=f"学访{CANARY}")
    person, item = confirmed(cast, program, f"王{CANARY}"), credited(program, title=f"观摩{CANARY}")
    mark(person, item, "leave")
    AttendanceRecord.objects.update(reason=f"{CANARY}")
    client = sign_in(cast.organiser)
    for url in (
        "/desk/check-in/",
        f"/desk/programs/{program.pk}/check-in/",
        f"/desk/check-in/items/{item.pk}/?q={CANARY}",
        f"/desk/programs/{program.pk}/hours/",
    ):
        assert CANARY not in client.get(url).content.decode()


def test_the_sheet_has_25_rows_a_page_and_its_head_on_each(cast: Any, sign_in: Any) -> None:
    program = running_program(cast)
    item = credited(program, title="开班仪式")
    for number in range(26):
        confirmed(cast, program, f"学员{number:02d}")
    answer = sign_in(cast.organiser).get(f"/desk/check-in/items/{item.pk}/sheet.pdf")
    assert answer["Content-Type"] == "application/pdf"
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages]
    assert len(pages) == 2
    assert all("开班仪式" in page and "签名" in page for page in pages)
    assert "学员24" in pages[0] and "学员25" in pages[1]


def test_the_longest_names_and_titles_leave_25_rows_on_the_sheet(cast: Any, sign_in: Any) -> None:
    program = running_program(cast, title_zh="京津冀普通高中干部教师赴江苏省无锡市开展跨区域教育教学协同发展学访交流活动暨校长论坛及书画作品联展")
    item = credited(program, title="校园管理观摩与跨区域普通高中教育教学协同发展专题研讨及现场交流活动（第二场）", location="图书馆三楼报告厅" * 8)
    for number in range(26):
        confirmed(cast, program, f"Alexandra Konstantinopolskaya-Montgomery{number:02d}")
    answer = sign_in(cast.organiser).get(f"/desk/check-in/items/{item.pk}/sheet.pdf")
    pages = [page.extract_text().replace("\n", "") for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages]
    assert ["Montgomery24" in pages[0], "Montgomery25" in pages[1], len(pages)] == [True, True, 2]
    assert all("（第二场）" in page and "应到26人" in page for page in pages)


def test_hours_are_for_the_office_and_for_senders(cast: Any, sign_in: Any) -> None:
    program = running_program(cast)
    own, other = confirmed(cast, program, "甲校老师"), confirmed(cast, program, "乙校老师", school=cast.school_b)
    item = credited(program)
    mark(own, item), mark(other, item, "absent")
    url = f"/desk/programs/{program.pk}/hours/"
    text = sign_in(cast.organiser).get(url).content.decode()
    assert "甲校老师" in text and "乙校老师" in text and "出勤0%，未达到活动要求的80%。" in text
    text = sign_in(cast.coordinator_a).get(url).content.decode()
    assert "甲校老师" in text and "乙校老师" not in text
    assert sign_in(cast.viewer).get(url).status_code == 200
    assert sign_in(cast.outsider).get(url).status_code == 403
    assert sign_in(cast.outsider).get(f"/desk/programs/{program.pk}/hours/export/").status_code == 403
    text = sign_in(cast.organiser).get(f"{url}?show=eligible").content.decode()
    assert "甲校老师" in text and "乙校老师" not in text


def test_the_workbook_says_the_same_and_is_recorded(cast: Any, sign_in: Any) -> None:
    program = running_program(cast)
    person = confirmed(cast, program, "=王䶮")
    item = credited(program, hours="2.5")
    mark(person, item)
    client, url = sign_in(cast.organiser), f"/desk/programs/{program.pk}/hours/export/"
    assert "有1人" in client.get(url).content.decode()
    sheet = openpyxl.load_workbook(io.BytesIO(taken(client, client.post(url, {"purpose": "leadership"})))).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert rows[0][:6] == ["序号", "姓名", "单位", "派出区", "组别", "学时"]
    assert [value or "" for value in rows[1]] == [
        "1", "=王䶮", "天津市北辰区辰光高级中学", "天津市北辰区教育局", "", 2.5, 2.5, "100%", "是", "", "出席 2.5",
    ]  # fmt: skip
    assert AuditEvent.objects.filter(action="attendance.export", program_id=program.pk, actor_id=cast.organiser.pk).count() == 1


def test_lists_need_the_same_queries_for_one_and_three(cast: Any, sign_in: Any) -> None:
    program = running_program(cast)
    item = credited(program)
    mark(confirmed(cast, program), item)
    make_item(program, timezone.now(), 60, "晨会")
    client = sign_in(cast.organiser)
    urls = ["/desk/check-in/", f"/desk/programs/{program.pk}/check-in/", f"/desk/check-in/items/{item.pk}/", f"/desk/programs/{program.pk}/hours/"]

    def more() -> None:
        for index, name in enumerate("甲乙"):
            mark(confirmed(cast, program, name), credited(program, 0, hour=12 + index))
            make_item(running_program(cast), timezone.now(), 60, "晨会")

    same_queries(lambda: [client.get(url) for url in urls], more)


def test_htmx_answers_need_the_same_queries_whatever_the_list(cast: Any, sign_in: Any) -> None:
    program = running_program(cast)
    person, item = confirmed(cast, program), credited(program)
    client, states = sign_in(cast.organiser), iter(["present", "late", "absent", "leave"])
    url = f"/desk/check-in/items/{item.pk}/record/"
    client.post(url, {"registration": person.pk, "state": next(states)}, HTTP_HX_REQUEST="true")
    same_queries(
        lambda: client.post(url, {"registration": person.pk, "state": next(states)}, HTTP_HX_REQUEST="true"),
        lambda: [confirmed(cast, program, name) for name in "甲乙"],
    )
