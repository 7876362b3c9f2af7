"""/api/v1/programs/ and /api/v1/series/."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from events.programs.models import Program, Series
from tests.cast import Cast, make_program, same_queries
from tests.events.programs.factories import json_data, make_hidden_program, make_series

URL = "/api/v1/programs/"


def titles(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["title_zh"] for row in answer.json()["results"]]


def refusal(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json", answer.content
    return answer.status_code, answer.json()["code"]


def test_create_returns_the_draft_as_it_is_read(cast: Cast, api: Any) -> None:
    answer = api(cast.organiser).post(URL, json_data(cast))
    assert answer.status_code == 201, answer.content
    body = answer.json()
    program = Program.objects.get(pk=body["id"])
    assert body["organiser"] == {"id": cast.tianjin.pk, "name": "天津市教育委员会"}
    assert body["co_organisers"] == [{"id": cast.daxing.pk, "name": "北京市大兴区教育委员会"}]
    assert body["host_division"] == {"code": "320200", "name": "江苏省无锡市"}
    assert body["details"] == {"theme_zh": "看课堂", "theme_en": "", "coaches": 2, "lodging": "", "insurance": ""}
    assert (body["status"], body["phase"], body["kind_name"], body["series"], body["issuer"]) == ("draft", "draft", "学访", None, None)
    assert body["urls"] == {
        "page": f"{settings.SITE_URL}/programs/{program.pk}/",
        "calendar": f"{settings.SITE_URL}/programs/{program.pk}/itinerary.ics",
    }


def test_create_speaks_the_callers_language(cast: Cast, api: Any) -> None:
    answer = api(cast.organiser).post(URL, json_data(cast), headers={"Accept-Language": "en"})
    assert (answer.json()["kind_name"], answer.json()["organiser"]["name"]) == ("Study visit", "Tianjin Municipal Education Commission")


@pytest.mark.parametrize("name", ["viewer", "coordinator_a"])
def test_create_is_refused_without_an_office(name: str, cast: Cast, api: Any) -> None:
    assert refusal(api(getattr(cast, name)).post(URL, json_data(cast))) == (403, "forbidden")
    assert not Program.objects.exists()


def test_create_needs_an_account(cast: Cast, api: Any) -> None:
    assert refusal(api().post(URL, json_data(cast))) == (401, "not_authenticated")
    assert not Program.objects.exists()


@pytest.mark.parametrize("field", ["organiser", "issuer"])
def test_create_refuses_an_office_of_others_but_hides_their_schools(field: str, cast: Cast, api: Any) -> None:
    client = api(cast.organiser)
    assert refusal(client.post(URL, json_data(cast, **{field: cast.beijing.pk}))) == (403, "forbidden")
    hidden = client.post(URL, json_data(cast, **{field: cast.school_c.pk}))
    assert refusal(hidden) == (400, "invalid")
    assert [(row["field"], row["code"]) for row in hidden.json()["errors"]] == [(field, "does_not_exist")]
    assert not Program.objects.exists()


def test_create_refuses_a_foreign_season(cast: Cast, api: Any) -> None:
    foreign = make_series(cast, organiser=cast.outside)
    answer = api(cast.organiser).post(URL, json_data(cast, series=foreign.pk))
    assert refusal(answer) == (409, "foreign_season")
    assert api(cast.organiser).post(URL, json_data(cast, series=make_series(cast).pk)).status_code == 201


def test_rules_refuse_with_409(cast: Cast, api: Any) -> None:
    client = api(cast.organiser)
    assert refusal(client.post(URL, json_data(cast, ends_on="2027-02-01"))) == (409, "dates_reversed")
    window = {"registration_opens_at": "2027-01-02T09:00:00+08:00", "registration_closes_at": "2027-01-01T09:00:00+08:00"}
    assert refusal(client.post(URL, json_data(cast, **window))) == (409, "registration_dates_reversed")
    program = make_program(cast)
    assert refusal(client.patch(f"{URL}{program.pk}/", {"kind": "choir"})) == (409, "kind_fixed")
    assert refusal(client.post(f"{URL}{program.pk}/publish/")) == (409, "wrong_status")
    assert refusal(client.post(f"{URL}{program.pk}/complete/")) == (409, "not_over")
    assert refusal(client.post(f"{URL}{program.pk}/cancel/", {})) == (409, "reason_required")


def test_patch_changes_only_what_is_sent(cast: Cast, api: Any) -> None:
    program = make_program(cast, details={"theme_zh": "看课堂", "coaches": 2})
    program.co_organisers.set([cast.daxing])
    answer = api(cast.organiser).patch(f"{URL}{program.pk}/", {"title_zh": "新标题", "details": {"coaches": 3}})
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["title_zh"], body["details"]["coaches"], body["details"]["theme_zh"]) == ("新标题", 3, "看课堂")
    assert [row["id"] for row in body["co_organisers"]] == [cast.daxing.pk]


def test_patch_keeps_an_issuer_that_was_named_by_someone_above(cast: Cast, api: Any) -> None:
    program = make_program(cast, organiser=cast.beichen, issuer=cast.tianjin)
    client = api(cast.district_beichen)
    assert client.patch(f"{URL}{program.pk}/", {"issuer": cast.tianjin.pk}).status_code == 200
    assert refusal(client.patch(f"{URL}{program.pk}/", {"issuer": cast.beijing.pk})) == (403, "forbidden")


def test_the_life_of_a_program(cast: Cast, api: Any) -> None:
    client = api(cast.organiser)
    program = make_program(cast, status="draft", starts_in=-10)
    assert client.post(f"{URL}{program.pk}/publish/").json()["phase"] == "over"
    assert client.post(f"{URL}{program.pk}/complete/").json()["status"] == "completed"
    other = make_program(cast)
    cancelled = client.post(f"{URL}{other.pk}/cancel/", {"reason": "台风"}).json()
    assert (cancelled["status"], cancelled["status_reason"]) == ("cancelled", "台风")


def test_copy_makes_a_draft(cast: Cast, api: Any) -> None:
    program = make_program(cast, details={"coaches": 2})
    answer = api(cast.organiser).post(f"{URL}{program.pk}/copy/", {"starts_on": "2027-05-01", "title_zh": "五月再来"})
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["title_zh"], body["starts_on"], body["ends_on"], body["status"]) == ("五月再来", "2027-05-01", "2027-05-05", "draft")
    assert body["details"]["coaches"] == 2


@pytest.mark.parametrize("verb", ["", "publish/", "complete/", "cancel/", "copy/"])
@pytest.mark.parametrize(("name", "visibility", "status"), [("outsider", "invited", 404), ("outsider", "public", 403), ("district_beichen", "invited", 403)])
def test_verbs_of_others_are_404_unseen_and_403_seen(verb: str, name: str, visibility: str, status: int, cast: Cast, api: Any) -> None:
    program = make_hidden_program(cast)
    Program.objects.filter(pk=program.pk).update(visibility=visibility)
    client = api(getattr(cast, name))
    body = {"reason": "x", "starts_on": "2027-01-01", "title_zh": "x"}
    answer = client.post(f"{URL}{program.pk}/{verb}", body) if verb else client.patch(f"{URL}{program.pk}/", body)
    assert answer.status_code == status
    assert Program.objects.get().title_zh == program.title_zh


@pytest.mark.parametrize("name", ["viewer", "coordinator_a"])
@pytest.mark.parametrize("verb", ["", "publish/", "complete/", "cancel/", "copy/"])
def test_viewers_and_coordinators_change_nothing(name: str, verb: str, cast: Cast, api: Any) -> None:
    program = make_hidden_program(cast)
    client = api(getattr(cast, name))
    answer = client.post(f"{URL}{program.pk}/{verb}", {}) if verb else client.patch(f"{URL}{program.pk}/", {"title_zh": "x"})
    assert refusal(answer) == (403, "forbidden")


def test_anyone_reads_public_programs_and_no_others(cast: Cast, api: Any) -> None:
    shown = make_program(cast)
    hidden = make_hidden_program(cast)
    draft = make_program(cast, status="draft", title_zh="草稿")
    for user in (None, cast.outsider):
        answer = api(user).get(URL)
        assert titles(answer) == [shown.title_zh]
        assert answer.json()["count"] == 1
        assert api(user).get(f"{URL}{shown.pk}/").json()["id"] == shown.pk
        assert refusal(api(user).get(f"{URL}{hidden.pk}/")) == (404, "not_found")
        assert refusal(api(user).get(f"{URL}{draft.pk}/")) == (404, "not_found")
    assert set(titles(api(cast.coordinator_a).get(URL))) == {shown.title_zh, hidden.title_zh}
    assert set(titles(api(cast.viewer).get(URL))) == {shown.title_zh, hidden.title_zh, draft.title_zh}


def test_filters(cast: Cast, api: Any) -> None:
    series = make_series(cast)
    first = make_program(cast, title_zh="甲", starts_on=date(2027, 3, 1), series=series)
    second = make_program(cast, title_zh="乙", title_en="Second", kind="choir", starts_on=date(2027, 5, 1), organiser=cast.beichen, host_division_id="110000")
    closed = make_program(cast, title_zh="丙", starts_on=date(2027, 7, 1), registration_closes_at=timezone.now() - timedelta(days=1))
    client = api()

    def found(**query: Any) -> list[str]:
        return titles(client.get(URL, {"ordering": "starts_on", **query}))

    assert found() == ["甲", "乙", "丙"]
    assert found(kind="choir") == ["乙"]
    assert found(series=series.pk) == ["甲"]
    assert found(organiser=cast.beichen.pk) == ["乙"]
    assert found(host_division="110000") == ["乙"]
    assert found(starts_after="2027-05-01") == ["乙", "丙"]
    assert found(starts_before="2027-05-01") == ["甲", "乙"]
    assert found(open_for_registration="true") == ["甲", "乙"]
    assert found(open_for_registration="false") == ["丙"]
    assert found(search="second") == ["乙"]
    assert found(search="无锡") == ["甲", "乙", "丙"]
    assert found(status="completed") == []
    assert found(ordering="-starts_on") == ["丙", "乙", "甲"]
    assert {first.pk, second.pk, closed.pk} == {row["id"] for row in client.get(URL).json()["results"]}


BAD_QUERIES = [
    "kind=opera",
    "status=banana",
    "series=x",
    "series=99999999999999999999999",
    "series=NaN",
    "organiser=-1",
    "host_division=1234567",
    "starts_after=0001-01-01",
    "starts_before=9999-12-31",
    "starts_after=tomorrow",
    "open_for_registration=maybe",
    "ordering=contact_phone",
    "ordering=status_reason",
    "search=%00",
    "kind=%00",
]


@pytest.mark.parametrize("query", BAD_QUERIES)
def test_bad_filters_are_refused(query: str, cast: Cast, api: Any) -> None:
    assert api().get(f"{URL}?{query}").status_code == 400


BAD_BODIES: list[dict[str, Any]] = [
    {"title_zh": "甲\x00乙"},
    {"title_zh": "甲\x07乙"},
    {"title_zh": ""},
    {"title_zh": "长" * 121},
    {"title_zh": ["甲"]},
    {"title_zh": {"a": 1}},
    {"kind": "opera"},
    {"kind": None},
    {"kind": {}},
    {"starts_on": "0001-01-01"},
    {"starts_on": "9999-12-31"},
    {"starts_on": 5},
    {"registration_opens_at": "0001-01-01T00:00:00Z"},
    {"organiser": 10**30},
    {"organiser": "x"},
    {"organiser": True},
    {"organiser": 1.5},
    {"organiser": {"id": 1}},
    {"co_organisers": [10**30]},
    {"co_organisers": "all"},
    {"co_organisers": [None]},
    {"co_organisers": {"id": 1}},
    {"issuer": -5},
    {"series": 10**30},
    {"host_division": "999999"},
    {"host_division": "32\x000200"},
    {"host_division": 10**30},
    {"host_division": ["320200"]},
    {"minimum_attendance_percent": 101},
    {"minimum_attendance_percent": -1},
    {"minimum_attendance_percent": 10**30},
    {"credit_hours_cap": "NaN"},
    {"credit_hours_cap": -1},
    {"credit_hours_cap": 10**9},
    {"visibility": "secret"},
    {"details": "x"},
    {"details": []},
    {"details": {"coaches": "two"}},
    {"details": {"coaches": 10**30}},
    {"details": {"theme_zh": "甲\x00"}},
    {"details": {"lessons": 3}},
    {"details": {"\x00": 1}},
]


@pytest.mark.parametrize("fields", BAD_BODIES, ids=str)
def test_bad_bodies_are_refused_and_change_nothing(fields: dict[str, Any], cast: Cast, api: Any) -> None:
    client = api(cast.organiser)
    assert refusal(client.post(URL, json_data(cast, **fields))) == (400, "invalid")
    assert not Program.objects.exists()
    program = make_program(cast)
    assert refusal(client.patch(f"{URL}{program.pk}/", fields)) == (400, "invalid")
    assert Program.objects.get().updated_at == program.updated_at


@pytest.mark.parametrize("body", ['{"organiser": 1e999, "title_zh": "x"}', "[" * 20000, "{", '"x"', "\ud800".encode("utf-8", "surrogatepass"), b"\xff"])
def test_malformed_json_is_refused(body: Any, cast: Cast, api: Any) -> None:
    assert api(cast.organiser).post(URL, data=body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("pk", ["0", "999999999999999999", "9" * 30, "x", "1.5", "-1"])
def test_unknown_ids_are_404(pk: str, cast: Cast, api: Any) -> None:
    assert api(cast.organiser).get(f"{URL}{pk}/").status_code == 404
    assert api(cast.organiser).post(f"{URL}{pk}/publish/").status_code == 404


@pytest.mark.parametrize(
    "body", [{"starts_on": "0001-01-01", "title_zh": "x"}, {"starts_on": "2027-01-01"}, {"title_zh": "x"}, {"starts_on": "x", "title_zh": "\x00"}]
)
def test_bad_copies_are_refused(body: dict[str, Any], cast: Cast, api: Any) -> None:
    program = make_program(cast)
    assert refusal(api(cast.organiser).post(f"{URL}{program.pk}/copy/", body)) == (400, "invalid")
    assert Program.objects.count() == 1


def test_the_list_needs_the_same_queries_for_every_length(cast: Cast, api: Any) -> None:
    series = make_series(cast)

    def add(number: int = 2) -> None:
        for _ in range(number):
            for kind in ("study_visit", "choir", "joint_course"):
                make_program(cast, kind=kind, series=series).co_organisers.set([cast.daxing])

    add(1)
    same_queries(lambda: api().get(URL), add)


def test_series_are_made_changed_and_listed(cast: Cast, api: Any) -> None:
    client = api(cast.organiser)
    made = client.post("/api/v1/series/", {"name_zh": "交流季", "name_en": "Season", "year": 2026, "organiser": cast.beichen.pk})
    assert made.status_code == 201, made.content
    series = Series.objects.get()
    expected = {
        "id": series.pk,
        "name": "交流季",
        "name_zh": "交流季",
        "name_en": "Season",
        "year": 2026,
        "organiser": {"id": cast.beichen.pk, "name": "天津市北辰区教育局"},
        "page": f"{settings.SITE_URL}/series/{series.pk}/",
    }
    assert made.json() == expected
    assert api().get("/api/v1/series/").json()["results"] == [expected]
    assert client.patch(f"/api/v1/series/{series.pk}/", {"year": 2027}).json()["year"] == 2027
    assert refusal(client.post("/api/v1/series/", {"name_zh": "交流季", "year": 2027, "organiser": cast.beichen.pk})) == (409, "name_taken")


def test_series_of_others_are_read_only(cast: Cast, api: Any) -> None:
    series = make_series(cast)
    body = {"name_zh": "x", "year": 2026, "organiser": cast.tianjin.pk}
    assert refusal(api(cast.outsider).patch(f"/api/v1/series/{series.pk}/", {"year": 2030})) == (403, "forbidden")
    assert refusal(api(cast.outsider).post("/api/v1/series/", body)) == (403, "forbidden")
    assert refusal(api(cast.coordinator_a).post("/api/v1/series/", body)) == (403, "forbidden")
    assert refusal(api(cast.organiser).patch(f"/api/v1/series/{series.pk}/", {"organiser": cast.beijing.pk})) == (403, "forbidden")
    assert Series.objects.get().organiser == cast.tianjin


@pytest.mark.parametrize(
    "fields", [{"year": 1}, {"year": 10**30}, {"year": "x"}, {"name_zh": "\x00"}, {"name_zh": None}, {"organiser": 10**30}, {"organiser": []}], ids=str
)
def test_bad_series_are_refused(fields: dict[str, Any], cast: Cast, api: Any) -> None:
    body = {"name_zh": "交流季", "year": 2026, "organiser": cast.tianjin.pk} | fields
    assert refusal(api(cast.organiser).post("/api/v1/series/", body)) == (400, "invalid")
    assert not Series.objects.exists()


def test_the_series_list_needs_the_same_queries_for_every_length(cast: Cast, api: Any) -> None:
    make_series(cast, "甲")
    same_queries(lambda: api().get("/api/v1/series/"), lambda: [make_series(cast, name) for name in "乙丙"])


def test_co_organisers_are_offices(cast: Cast, api: Any) -> None:
    answer = api(cast.organiser).post(URL, json_data(cast, co_organisers=[cast.school_a.pk]))
    assert refusal(answer) == (400, "invalid")
