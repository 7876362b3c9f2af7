"""The desk's pages of programs and seasons."""

from typing import Any

import pytest
from django.test import Client

from events.programs.models import Program, Series
from tests.cast import Cast, at, make_delegation, make_person, make_program, make_registration, same_queries
from tests.events.programs.factories import form_data, make_hidden_program, make_series


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


def test_desk_needs_an_account(cast: Cast, client: Client) -> None:
    program = make_program(cast)
    for address in ("/desk/programs/", f"/desk/programs/{program.pk}/", "/desk/programs/new/", "/desk/series/"):
        assert client.get(address)["Location"].startswith("/accounts/login/?next=")


def test_desk_lists_what_concerns_the_user(cast: Cast, sign_in: Any) -> None:
    mine, draft = make_program(cast, title_zh="甲"), make_program(cast, title_zh="乙", status="draft")
    invited = make_program(cast, title_zh="丙", organiser=cast.beijing)
    make_delegation(cast, invited, cast.beichen)

    def listed(user: Any, query: str = "") -> list[str]:
        return sorted(program.title_zh for program in sign_in(user).get(f"/desk/programs/{query}").context["programs"])

    assert listed(cast.organiser) == sorted(["甲", "乙", "丙"])
    assert listed(cast.organiser, "?view=mine") == sorted(["甲", "乙"])
    assert listed(cast.organiser, "?view=invited") == ["丙"]
    assert listed(cast.organiser, "?state=draft") == ["乙"]
    assert listed(cast.organiser, "?q=甲") == ["甲"]
    assert listed(cast.coordinator_a) == ["丙"]
    assert listed(cast.outsider) == []
    assert listed(cast.admin) == sorted(["甲", "乙", "丙"])
    assert {mine.pk, draft.pk, invited.pk} == set(Program.objects.values_list("pk", flat=True))


def test_desk_list_sorts_by_the_head_of_the_table(cast: Cast, sign_in: Any) -> None:
    for title, days in (("b", 30), ("a", 20), ("c", 10)):
        make_program(cast, title_zh=title, starts_in=days)
    client = sign_in(cast.organiser)
    for order, expected in (("title_zh", "abc"), ("-title_zh", "cba"), ("starts_on", "cab"), ("-starts_on", "bac")):
        assert "".join(program.title_zh for program in client.get(f"/desk/programs/?order={order}").context["programs"]) == expected


def test_desk_list_counts_only_delegations_that_the_user_sees(cast: Cast, sign_in: Any) -> None:
    program = make_program(cast)
    for bureau, school in ((cast.beichen, cast.school_a), (cast.daxing, cast.school_c)):
        make_delegation(cast, program, bureau)
        make_registration(cast, program, make_person(cast, school), "submitted")

    def taken(user: Any) -> dict[str, int]:
        return sign_in(user).get("/desk/programs/").context["programs"][0].taken

    assert taken(cast.organiser) == {"beijing": 1, "tianjin": 1, "hebei": 0, "other": 0}
    assert taken(cast.district_daxing) == {"beijing": 1, "tianjin": 0, "hebei": 0, "other": 0}
    assert taken(cast.coordinator_b) == {"beijing": 0, "tianjin": 1, "hebei": 0, "other": 0}
    assert "京1" in text(sign_in(cast.organiser), "/desk/programs/")
    district = text(sign_in(cast.district_daxing), "/desk/programs/")
    assert "我方1/30" in district and "京1" not in district


def test_desk_list_needs_the_same_queries_for_every_length(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)

    def add(number: int = 2) -> None:
        for _ in range(number):
            program = make_program(cast)
            make_delegation(cast, program, cast.beichen)
            make_registration(cast, program, make_person(cast, cast.school_a), "submitted")

    add(1)
    same_queries(lambda: client.get("/desk/programs/"), add)


def test_desk_list_is_empty_in_the_words_of_the_role(cast: Cast, sign_in: Any) -> None:
    assert "新建活动" in text(sign_in(cast.organiser), "/desk/programs/")
    page = text(sign_in(cast.coordinator_a), "/desk/programs/")
    assert "还没有邀请本单位的活动" in page and "新建活动" not in page


def test_hub_shows_each_role_what_it_may_do(cast: Cast, sign_in: Any) -> None:
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen)
    address = f"/desk/programs/{program.pk}/"
    organiser = text(sign_in(cast.organiser), address)
    for words in (f"{address}edit/", f"{address}cancel/", f"{address}copy/", "最近变更", "发布了活动", "天津市北辰区教育局"):
        assert words in organiser, words
    for user in (cast.viewer, cast.coordinator_a, cast.district_beichen):
        page = text(sign_in(user), address)
        assert program.title_zh in page and f"{address}edit/" not in page and f"{address}cancel/" not in page
    assert "最近变更" not in text(sign_in(cast.coordinator_a), address)
    assert "最近变更" in text(sign_in(cast.viewer), address)


def test_hub_is_closed_to_those_not_concerned(cast: Cast, sign_in: Any) -> None:
    for program in (make_program(cast), make_hidden_program(cast)):
        for user in (cast.outsider, cast.coordinator_c):
            assert program.title_zh not in text(sign_in(user), f"/desk/programs/{program.pk}/", 404)


def test_hub_counts_only_delegations_that_the_user_sees(cast: Cast, sign_in: Any) -> None:
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen, 30)
    make_delegation(cast, program, cast.daxing, 20)
    make_registration(cast, program, make_person(cast, cast.school_a), "confirmed")
    make_registration(cast, program, make_person(cast, cast.school_b), "submitted")

    def counts(user: Any) -> list[tuple[int, int]]:
        return [(row.confirmed, row.in_review) for row in sign_in(user).get(f"/desk/programs/{program.pk}/").context["delegations"]]

    assert counts(cast.organiser) == [(0, 0), (1, 1)]
    assert counts(cast.district_beichen) == counts(cast.coordinator_a) == [(1, 1)]
    assert counts(cast.district_daxing) == [(0, 0)]


def test_hub_needs_the_same_queries_for_every_length(cast: Cast, sign_in: Any) -> None:
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen)
    client = sign_in(cast.organiser)
    same_queries(lambda: client.get(f"/desk/programs/{program.pk}/"), lambda: [make_delegation(cast, program, row) for row in (cast.daxing, cast.langfang)])


def test_new_program_from_choosing_the_kind_to_the_hub(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    assert "/desk/programs/new/choir/" in text(client, "/desk/programs/new/")
    assert client.get("/desk/programs/new/opera/").status_code == 404
    page = text(client, "/desk/programs/new/study_visit/")
    assert f'<option value="{cast.tianjin.pk}" selected>' in page and '<option value="江苏省无锡市">' in page
    answer = client.post("/desk/programs/new/study_visit/", form_data(cast))
    program = Program.objects.get()
    assert answer["Location"] == f"/desk/programs/{program.pk}/"
    assert (program.kind, program.status, program.host_division_id, program.details.coaches) == ("study_visit", "draft", "320200", 2)
    assert program.registration_closes_at == at("2027-02-10 18:00")
    assert list(program.co_organisers.all()) == [cast.daxing]


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"ends_on": "2027-02-01"}, "ends_on", "结束日期早于开始日期"),
        ({"registration_closes_at": "2027-01-01T09:00"}, "registration_closes_at", "报名截止时间早于开始时间"),
        ({"host_division": "桃花源"}, "host_division", "没有找到这个地方"),
        ({"starts_on": "0001-01-01"}, "starts_on", "1900"),
        ({"ends_on": "9999-12-31"}, "ends_on", "1900"),
        ({"registration_opens_at": "0001-01-01T00:00"}, "registration_opens_at", "1900"),
        ({"title_zh": ""}, "title_zh", ""),
        ({"title_zh": "甲\x00"}, "title_zh", ""),
        ({"title_zh": "甲\x07"}, "title_zh", ""),
        ({"minimum_attendance_percent": 101}, "minimum_attendance_percent", ""),
        ({"minimum_attendance_percent": "9" * 5000}, "minimum_attendance_percent", ""),
        ({"credit_hours_cap": "NaN"}, "credit_hours_cap", ""),
        ({"credit_hours_cap": "-1"}, "credit_hours_cap", ""),
        ({"organiser": "9" * 30}, "organiser", ""),
        ({"organiser": "x"}, "organiser", ""),
        ({"co_organisers": ["9" * 30]}, "co_organisers", ""),
        ({"visibility": "secret"}, "visibility", ""),
        ({"summary_zh": "长" * 5001}, "summary_zh", ""),
    ],
    ids=str,
)
def test_new_program_keeps_what_was_typed_and_says_what_is_wrong(fields: dict[str, Any], field: str, message: str, cast: Cast, sign_in: Any) -> None:
    answer = sign_in(cast.organiser).post("/desk/programs/new/study_visit/", form_data(cast, place_zh="太湖边") | fields)
    assert answer.status_code == 422
    assert message in "".join(answer.context["form"].errors[field])
    assert "太湖边" in answer.content.decode()
    assert not Program.objects.exists()


def test_errors_of_the_kind_stand_beside_its_fields(cast: Cast, sign_in: Any) -> None:
    answer = sign_in(cast.organiser).post("/desk/programs/new/study_visit/", form_data(cast, **{"details-coaches": "两辆"}))
    assert answer.status_code == 422
    assert set(answer.context["details_form"].errors) == {"coaches"}
    assert 'id="id_details-coaches_error"' in answer.content.decode()


@pytest.mark.parametrize("organisation", ["beijing", "school_c", "outside"])
def test_forms_offer_only_own_offices(organisation: str, cast: Cast, sign_in: Any) -> None:
    foreign = getattr(cast, organisation).pk
    answer = sign_in(cast.organiser).post("/desk/programs/new/study_visit/", form_data(cast, organiser=foreign, issuer=foreign))
    assert answer.status_code == 422
    assert {"organiser", "issuer"} <= set(answer.context["form"].errors)


@pytest.mark.parametrize("name", ["viewer", "coordinator_a"])
def test_viewers_and_coordinators_create_and_change_nothing(name: str, cast: Cast, sign_in: Any) -> None:
    program = make_hidden_program(cast)
    client = sign_in(getattr(cast, name))
    for address in ("new/", "new/study_visit/", f"{program.pk}/edit/", f"{program.pk}/publish/", f"{program.pk}/cancel/", f"{program.pk}/copy/"):
        assert client.get(f"/desk/programs/{address}").status_code == 403
    assert client.post("/desk/programs/new/study_visit/", form_data(cast)).status_code == 403
    assert client.post(f"/desk/programs/{program.pk}/cancel/", {"reason": "x"}).status_code == 403
    assert client.get("/desk/series/").status_code == 403
    assert Program.objects.get().status == "published"


@pytest.mark.parametrize("step", ["edit", "publish", "complete", "cancel", "copy"])
def test_steps_of_others_are_404_unseen_and_403_seen(step: str, cast: Cast, sign_in: Any) -> None:
    hidden = make_hidden_program(cast)
    shown = make_program(cast)
    body = {"reason": "x", "starts_on": "2027-01-01", "title_zh": "x"}
    for method in ("get", "post"):
        assert getattr(sign_in(cast.outsider), method)(f"/desk/programs/{hidden.pk}/{step}/", body).status_code == 404
        assert getattr(sign_in(cast.outsider), method)(f"/desk/programs/{shown.pk}/{step}/", body).status_code == 403
        assert getattr(sign_in(cast.district_beichen), method)(f"/desk/programs/{hidden.pk}/{step}/", body).status_code == 403
    assert set(Program.objects.values_list("status", flat=True)) == {"published"}


def test_edit_shows_and_saves(cast: Cast, sign_in: Any) -> None:
    program = make_program(cast, details={"theme_zh": "旧主题"})
    client = sign_in(cast.organiser)
    page = text(client, f"/desk/programs/{program.pk}/edit/")
    assert program.title_zh in page and "旧主题" in page and 'value="江苏省无锡市"' in page
    answer = client.post(f"/desk/programs/{program.pk}/edit/", form_data(cast, issuer=cast.beichen.pk, **{"details-theme_zh": "新主题"}))
    assert answer["Location"] == f"/desk/programs/{program.pk}/"
    program = Program.objects.get()
    assert (program.title_zh, program.details.theme_zh, program.issuer) == ("赴无锡学访", "新主题", cast.beichen)


def test_edit_of_a_closed_program_is_refused_in_words(cast: Cast, sign_in: Any) -> None:
    program = make_program(cast, status="completed")
    answer = sign_in(cast.organiser).post(f"/desk/programs/{program.pk}/edit/", form_data(cast))
    assert answer.status_code == 422 and "不能再修改" in answer.content.decode()


def test_steps_ask_first_and_act_on_post(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    program = make_program(cast, status="draft", starts_in=-10)
    hub = f"/desk/programs/{program.pk}/"
    assert "发布后不能退回草稿" in text(client, f"{hub}publish/")
    assert Program.objects.get().status == "draft"
    assert client.post(f"{hub}publish/")["Location"] == hub
    assert Program.objects.get().status == "published"
    assert f"{hub}complete/" in text(client, hub)
    assert client.post(f"{hub}complete/")["Location"] == hub
    assert Program.objects.get().status == "completed"
    assert client.post(f"{hub}publish/").status_code == 422


def test_cancelling_needs_a_reason(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    program = make_program(cast)
    answer = client.post(f"/desk/programs/{program.pk}/cancel/", {"reason": " "})
    assert answer.status_code == 422 and "reason" in answer.context["form"].errors
    client.post(f"/desk/programs/{program.pk}/cancel/", {"reason": "台风"})
    assert (Program.objects.get().status, Program.objects.get().status_reason) == ("cancelled", "台风")


def test_copy_leads_to_the_copy(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    program = make_program(cast, title_zh="原活动")
    assert 'value="原活动"' in text(client, f"/desk/programs/{program.pk}/copy/")
    answer = client.post(f"/desk/programs/{program.pk}/copy/", {"title_zh": "新活动", "starts_on": "2027-05-01"})
    copy = Program.objects.get(title_zh="新活动")
    assert answer["Location"] == f"/desk/programs/{copy.pk}/"
    assert "原活动" in text(client, f"/desk/programs/{copy.pk}/")
    assert client.post(f"/desk/programs/{program.pk}/copy/", {"title_zh": "x", "starts_on": "0001-01-01"}).status_code == 422


def test_seasons_are_made_changed_and_listed(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    assert "系列把一季的几项活动放在一起" in text(client, "/desk/series/")
    body = {"name_zh": "交流季", "name_en": "", "year": 2026, "organiser": cast.tianjin.pk}
    assert client.post("/desk/series/new/", body)["Location"] == "/desk/series/"
    series = Series.objects.get()
    assert "交流季" in text(client, "/desk/series/")
    assert client.post("/desk/series/new/", body).status_code == 422
    assert client.post(f"/desk/series/{series.pk}/edit/", body | {"year": 2027})["Location"] == "/desk/series/"
    assert Series.objects.get().year == 2027
    for wrong in ({"year": 1}, {"year": "9" * 30}, {"name_zh": "\x00"}, {"organiser": cast.beijing.pk}):
        assert client.post("/desk/series/new/", body | wrong).status_code == 422
    assert sign_in(cast.outsider).post(f"/desk/series/{series.pk}/edit/", body).status_code == 403


def test_season_list_counts_only_visible_programs(cast: Cast, sign_in: Any) -> None:
    series = make_series(cast)
    make_program(cast, series=series)
    make_program(cast, series=series, visibility="invited")
    assert sign_in(cast.organiser).get("/desk/series/").context["seasons"][0].shown == 2
    assert sign_in(cast.district_beichen).get("/desk/series/").context["seasons"][0].shown == 1
    assert not sign_in(cast.outsider).get("/desk/series/").context["seasons"]


def test_season_list_needs_the_same_queries_for_every_length(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    make_series(cast, "甲")
    same_queries(lambda: client.get("/desk/series/"), lambda: [make_series(cast, name) for name in "乙丙"])
