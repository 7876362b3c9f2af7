"""The base of the API: problem+json, guarded input, and no 500 for whatever is sent."""

import json
from typing import Any

import pytest
from django.http import Http404
from rest_framework import exceptions

from exchange.problems import field_errors, problem_response, server_error
from exchange.transitions import RuleViolation
from participants.directory.models import Organisation
from tests.cast import Cast

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/organisations/"


def post(client: Any, raw: bytes | str, content_type: str = "application/json") -> Any:
    return client.generic("POST", ADDRESS, raw, content_type=content_type)


@pytest.fixture
def officer(cast: Cast, api: Any) -> Any:
    return api(cast.district_beichen)


def valid(cast: Cast, **more: Any) -> dict[str, Any]:
    return {"parent": cast.beichen.pk, "level": "school", "name_zh": "天津市北辰区新校", **more}


# Shape of refusals -----------------------------------------------------------------------------------------------------


def test_a_refusal_of_a_rule_is_409_with_code_field_and_figures() -> None:
    answer = problem_response(RuleViolation("quota_full", "名额已用完。", field="quota", quota=30), {})
    assert answer is not None
    assert (answer.status_code, answer.content_type) == (409, "application/problem+json")
    assert answer.data == {
        **{"type": "about:blank", "title": "quota full", "status": 409, "code": "quota_full", "detail": "名额已用完。"},
        **{"field": "quota", "params": {"quota": 30}},
    }


def test_bad_fields_are_400_with_every_field_named(officer: Any) -> None:
    answer = officer.post(ADDRESS, {"level": "castle", "aliases": ["a", "x" * 81]})
    assert (answer.status_code, answer.headers["Content-Type"], answer.json()["code"]) == (400, "application/problem+json", "invalid")
    assert {(row["field"], row["code"]) for row in answer.json()["errors"]} == {
        ("level", "invalid_choice"),
        ("name_zh", "required"),
        ("aliases.1", "max_length"),
    }


def test_nested_errors_are_flattened_with_their_path() -> None:
    detail = exceptions.ValidationError({"rows": [{"name": ["x"]}, {}]}).detail
    assert [row["field"] for row in field_errors(detail)] == ["rows.name"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.PermissionDenied(), 403, "forbidden"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.Throttled(30), 429, "throttled"),
    ],
)
def test_codes_are_stable(error: Exception, status: int, code: str) -> None:
    answer = problem_response(error, {})
    assert answer is not None
    assert (answer.status_code, answer.data["code"]) == (status, code)
    if status == 429:
        assert answer["Retry-After"] == "30"


def test_unknown_exceptions_stay_errors() -> None:
    assert problem_response(ValueError("a bug"), {}) is None


def test_who_is_not_signed_in_is_told_so_in_the_same_form(api: Any, cast: Cast) -> None:
    answer = api().get(ADDRESS)
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
    assert answer.json()["code"] == "not_authenticated"


def test_foreign_is_404_and_own_but_forbidden_is_403(cast: Cast, api: Any) -> None:
    client = api(cast.coordinator_a)
    assert client.patch(f"{ADDRESS}{cast.school_c.pk}/", {"short_name": "x"}).json()["code"] == "not_found"  # though a coordinator may change none at all
    assert client.patch(f"{ADDRESS}{cast.school_a.pk}/", {"short_name": "x"}).json()["code"] == "forbidden"
    assert api(cast.district_beichen).patch(f"{ADDRESS}{cast.school_c.pk}/", {"short_name": "x"}).json()["code"] == "not_found"
    assert api(cast.district_beichen).patch(f"{ADDRESS}{cast.tianjin.pk}/", {"short_name": "x"}).json()["code"] == "forbidden"


# Guarded JSON ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("[" * 20_000, "too_deep"),
        ('{"a":' * 20_000, "too_deep"),
        ("[" * 20_000 + "]" * 20_000, "too_deep"),
        ('{"name_zh": NaN}', "malformed"),
        ('{"name_zh": Infinity}', "malformed"),
        ('{"parent": 1e999}', "malformed"),
        ('{"name_zh": "\\ud800"}', "malformed"),
        (b'{"name_zh": "\xff"}', "malformed"),
        ('{"parent": ' + "9" * 5000 + "}", "malformed"),
        ("{", "malformed"),
        ("[]", "malformed"),
        ('"text"', "malformed"),
        ("null", "malformed"),
        ("\x00", "malformed"),
    ],
)
def test_broken_json_is_400(officer: Any, raw: bytes | str, code: str) -> None:
    answer = post(officer, raw)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_an_empty_body_names_the_missing_fields(officer: Any) -> None:
    assert {row["field"] for row in post(officer, "").json()["errors"]} == {"level", "name_zh"}


def test_brackets_inside_of_text_are_text(officer: Any, cast: Cast) -> None:
    assert officer.post(ADDRESS, valid(cast, name_en='["' + "[" * 60)).status_code == 201


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "nonsense"])
def test_another_content_type_is_415(officer: Any, content_type: str) -> None:
    answer = post(officer, "level=school", content_type)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


# Values ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["\x00", "甲\x07", "甲\u2028乙", "\ufffe", "甲\x1b[31m"])
def test_control_characters_are_400(officer: Any, cast: Cast, text: str) -> None:
    for field in ("name_zh", "short_name"):
        answer = officer.post(ADDRESS, valid(cast, **{field: text}))
        assert answer.status_code == 400
        assert field in {row["field"] for row in answer.json()["errors"]}


@pytest.mark.parametrize("key", [10**18, 10**30, -1, 0, "9" * 400, "abc", "\x00", True, 1.5, [], {}, [1], "１２", "1e5", " "])
def test_any_key_that_is_none_of_ours_is_400(officer: Any, cast: Cast, key: Any) -> None:
    before = Organisation.objects.count()
    for field in ("parent", "division"):
        answer = officer.post(ADDRESS, valid(cast, **{field: key}))
        assert (answer.status_code, [row["field"] for row in answer.json()["errors"]]) == (400, [field]), key
    assert Organisation.objects.count() == before


@pytest.mark.parametrize("value", [[], {}, True, 5, 10**400, "x" * 5000])
def test_any_value_of_another_kind_is_no_server_error(officer: Any, cast: Cast, value: Any) -> None:
    for field in ("name_zh", "level", "aliases", "is_active", "stage"):
        assert officer.post(ADDRESS, valid(cast, **{field: value})).status_code in (201, 400, 409), field


@pytest.mark.parametrize("pk", ["0", "9" * 18])
def test_an_unknown_id_is_404(officer: Any, pk: str) -> None:
    assert officer.get(f"{ADDRESS}{pk}/").status_code == 404


@pytest.mark.parametrize("pk", ["9" * 19, "9" * 400, "-1", "1.5", "%00", "abc"])
def test_an_impossible_id_is_no_address(officer: Any, pk: str) -> None:
    answer = officer.get(f"{ADDRESS}{pk}/")
    assert (answer.status_code, answer.headers["Content-Type"], answer.json()["code"]) == (404, "application/problem+json", "not_found")


def test_an_error_of_ours_is_a_problem_in_the_api_and_a_page_elsewhere(rf: Any) -> None:
    answer, page = server_error(rf.get(ADDRESS)), server_error(rf.get("/desk/"))
    assert (answer.status_code, answer.headers["Content-Type"], json.loads(answer.content)["code"]) == (500, "application/problem+json", "server_error")
    assert (page.status_code, page.headers["Content-Type"].partition(";")[0]) == (500, "text/html")


@pytest.mark.parametrize(
    "query",
    [
        "parent=abc",
        "parent=99999999999999999999999",
        "parent=1e400",
        "parent=NaN",
        "under=99999999999999999999",
        "under=-99999999999999999999",
        "under=-3.7e161",
        "parent=1.5",
        "level=castle",
        "search=%00",
        "%00=1",
        "ordering=contact_phone",
        "ordering=parent__parent__path",
        "ordering=-pk,id",
        "parent=%00",
    ],
)
def test_bad_parameters_are_400(officer: Any, query: str) -> None:
    answer = officer.get(f"{ADDRESS}?{query}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


def test_a_year_out_of_range_has_its_code(officer: Any) -> None:
    assert officer.get("/api/v1/programs/?starts_after=0001-01-01").json()["errors"][0]["code"] == "year_out_of_range"


@pytest.mark.parametrize("query", ["page=0", "page=99999999999999999999", "page=x"])
def test_a_page_that_is_not_there_is_404(officer: Any, query: str) -> None:
    assert officer.get(f"{ADDRESS}?{query}").json()["code"] == "not_found"


@pytest.mark.parametrize("query", ["page_size=0", "page_size=100000", "search=" + "(" * 500, "unknown=1"])
def test_odd_parameters_are_harmless(officer: Any, query: str) -> None:
    assert officer.get(f"{ADDRESS}?{query}").status_code == 200


def test_pages_hold_at_most_two_hundred_rows(officer: Any, cast: Cast) -> None:
    Organisation.objects.bulk_create(
        [Organisation(parent=cast.beichen, path=f"{cast.beichen.path}9{n}/", level="school", name_zh=f"校{n}") for n in range(210)]
    )
    answer = officer.get(f"{ADDRESS}?page_size=1000").json()
    assert (len(answer["results"]), set(answer)) == (200, {"count", "next", "previous", "results"})


@pytest.mark.parametrize("year", ["0001-01-01", "9999-12-31", "1899-12-31", "2200-01-01"])
def test_absurd_years_are_400(api: Any, cast: Cast, year: str) -> None:
    data = {
        "kind": "study_visit",
        "title_zh": "学访",
        "organiser": cast.tianjin.pk,
        "starts_on": year,
        "ends_on": year,
        "registration_opens_at": f"{year}T00:00:00Z",
    }
    answer = api(cast.organiser).post("/api/v1/programs/", data)
    assert answer.status_code == 400
    assert {"starts_on", "ends_on", "registration_opens_at"} <= {row["field"] for row in answer.json()["errors"]}


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_methods_that_are_not_there_are_405(officer: Any, method: str) -> None:
    answer = getattr(officer, method)(ADDRESS, {})
    assert answer.status_code in (403, 405)
    assert answer.headers["Content-Type"] == "application/problem+json"
