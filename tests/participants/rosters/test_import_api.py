"""The import over the API: the contract of roster-imports, its refusals, and who sees what."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from exchange.audit import AuditEvent
from participants.rosters.models import Registration, RosterImport
from tests.cast import make_program, same_queries
from tests.participants.rosters.imports import GOOD, HEADER, csv_bytes, data, dirty_rows, make_visit, sheet, upload
from tests.participants.rosters.test_messy_sheets import excel, lines

URL = "/api/v1/roster-imports/"
FULL = GOOD[4]
BAD_ID = {4: "120113197102029970"}


def post(client, program, content, name="roster.csv", **fields):
    return client.post(
        URL, {"program": program if isinstance(program, (int, str)) else program.pk, "file": SimpleUploadedFile(name, content), **fields}, format="multipart"
    )


def test_create_shows_every_row_with_its_issues(cast, api):
    answer = post(api(cast.organiser), make_visit(cast), sheet({}, {0: "许 知遥", 4: "120113197102029970"}))
    body = answer.json()
    assert answer.status_code == 201 and body["status"] == "preview"
    assert {name: body["counts"][name] for name in ("ok", "rejected", "total", "importable")} == {"ok": 1, "rejected": 1, "total": 2, "importable": 1}
    first, second = body["rows"]
    assert (first["row"], first["status"], first["issues"], first["values"]["national_id"]) == (2, "ok", [], FULL)
    assert (second["row"], second["status"]) == (3, "rejected")
    fixed, rejected, shared = second["issues"]
    assert fixed == {"column": "name", "code": "text_cleaned", "severity": "fixed", "message": fixed["message"], "before": "许 知遥", "after": "许知遥"}
    assert (rejected["code"], rejected["severity"], rejected["before"]) == ("id_checksum", "rejected", "120113197102029970")
    assert "校验码" in rejected["message"] and shared["code"] == "phone_shared"


def test_messages_follow_the_language(cast, api):
    client, program = api(cast.organiser), make_visit(cast)
    pk = post(client, program, sheet(BAD_ID)).json()["id"]
    english = client.get(f"{URL}{pk}/", headers={"Accept-Language": "en"}).json()
    assert english["rows"][0]["issues"][0]["message"].startswith("The last digit of the ID number does not match.")


def test_commit_makes_drafts_once(cast, api):
    client = api(cast.organiser)
    pk = post(client, make_visit(cast), data("roster-study-visit.csv")).json()["id"]
    answer = client.post(f"{URL}{pk}/commit/")
    body = answer.json()
    assert answer.status_code == 200
    assert (body["status"], body["created"], body["updated"], body["skipped"], len(body["registrations"])) == ("committed", 68, 0, 0, 68)
    first = body["registrations"][0]
    assert first["row"] == 2 and Registration.objects.get(pk=first["registration"]).person_id == first["person"]
    again = client.post(f"{URL}{pk}/commit/")
    assert (again.status_code, again.json()["code"], Registration.objects.count()) == (409, "already_committed", 68)


def test_the_dirty_sheet_imports_what_is_not_rejected(cast, api):
    client = api(cast.organiser)
    body = post(client, make_visit(cast), csv_bytes([cells for _r, cells, _d, _e in dirty_rows()])).json()
    committed = client.post(f"{URL}{body['id']}/commit/").json()
    expected = sum(expected in ("ok", "warning", "fixed") for row, _c, _d, expected in dirty_rows() if 4 <= row <= 39)
    assert committed["created"] == expected == body["counts"]["importable"]


def test_commit_takes_only_the_named_rows(cast, api):
    client = api(cast.organiser)
    pk = post(client, make_visit(cast), sheet({}, {0: "高远山", 3: "", 4: "120113197203039981", 1: "女", 7: ""})).json()["id"]
    body = client.post(f"{URL}{pk}/commit/", {"rows": [3]}).json()
    assert [row["row"] for row in body["registrations"]] == [3]
    assert client.post(f"{URL}{pk}/commit/", {"rows": ["x"]}).status_code == 400


@pytest.mark.parametrize("method", ["post", "patch"])
def test_a_row_is_corrected_undone_skipped_and_confirmed(cast, api, method):
    client = api(cast.coordinator_a)
    pk = post(client, make_visit(cast), sheet(BAD_ID)).json()["id"]

    def change(**body):
        answer = getattr(client, method)(f"{URL}{pk}/rows/2/", body)
        assert answer.status_code == 200, answer.json()
        return answer.json()["rows"][0]["status"]

    assert change(column="national_id", value=FULL) == "ok"
    assert change(column="national_id", value=None) == "rejected"
    assert change(skip=True) == "skipped"
    assert change(skip=False) == "rejected"
    assert change(confirm=True) == "rejected"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid"),
        ({"column": "name"}, 400, "invalid"),
        ({"column": "name", "value": "x" * 301}, 400, "invalid"),
        ({"column": "name", "value": "a\x00b"}, 400, "invalid"),
        ({"column": "name", "value": ["x"]}, 400, "invalid"),
        ({"column": "password", "value": "x"}, 409, "no_such_column"),
        ({"skip": "perhaps"}, 400, "invalid"),
    ],
)
def test_bad_changes_of_a_row(cast, api, body, status, code):
    client = api(cast.organiser)
    pk = post(client, make_visit(cast), sheet({})).json()["id"]
    answer = client.post(f"{URL}{pk}/rows/2/", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert client.post(f"{URL}{pk}/rows/77/", {"skip": True}).json()["code"] == "no_such_row"


def test_discard_then_commit_is_refused(cast, api):
    client = api(cast.organiser)
    pk = post(client, make_visit(cast), sheet({})).json()["id"]
    assert client.post(f"{URL}{pk}/discard/").json()["status"] == "discarded"
    answer = client.post(f"{URL}{pk}/commit/")
    assert (answer.status_code, answer.json()["code"]) == (409, "import_discarded")


def test_the_annotated_workbook_marks_and_explains(cast, api):
    client = api(cast.organiser)
    pk = post(client, make_visit(cast), sheet({}, BAD_ID)).json()["id"]
    answer = client.get(f"{URL}{pk}/annotated.xlsx")
    assert answer.status_code == 200 and answer.headers["Content-Type"].endswith("spreadsheetml.sheet")
    page = load_workbook(io.BytesIO(answer.getvalue()))["名册"]
    head = [cell.value for cell in page[1]]
    cell = page.cell(3, head.index("身份证号") + 1)
    assert cell.value == "120113197102029970" and cell.fill.start_color.rgb.endswith("FBEAE6") and "校验码" in cell.comment.text
    assert (page.cell(3, 1).value, page.cell(3, head.index("结果") + 1).value) == ("3", "不能导入")
    assert "校验码" in page.cell(3, head.index("怎么改") + 1).value
    assert page.cell(2, head.index("怎么改") + 1).value in (None, "")


def test_the_annotated_workbook_can_be_mended_and_sent_again(cast, api):
    client, program = api(cast.organiser), make_visit(cast)
    pk = post(client, program, sheet({}, {**BAD_ID, 0: "高远山", 7: ""})).json()["id"]
    book = load_workbook(io.BytesIO(client.get(f"{URL}{pk}/annotated.xlsx").getvalue()))
    page = book["名册"]
    for column, value in {"身份证号": "120113197203039981", "性别": "女", "出生日期": "1972-03-03"}.items():
        page.cell(3, [cell.value for cell in page[1]].index(column) + 1).value = value
    out = io.BytesIO()
    book.save(out)
    body = post(client, program, out.getvalue(), "mended.xlsx").json()
    assert [(row["row"], row["status"]) for row in body["rows"]] == [(2, "ok"), (3, "ok")]


def test_the_template_can_be_filled_in_and_comes_back(cast, api):
    program = make_visit(cast)
    client = api(cast.coordinator_a)
    client.post(f"{URL}{post(client, program, sheet({8: '晕车'})).json()['id']}/commit/")
    answer = client.get(f"{URL}template.xlsx?program={program.pk}")
    filled_in = answer.getvalue()
    book = load_workbook(io.BytesIO(filled_in))
    page = book["报名表"]
    assert page.freeze_panes is not None and page.protection.sheet and book["lists"].sheet_state == "hidden"
    assert len(page.data_validations.dataValidation) == 8  # gender, ethnicity, title, stage, role, group, diet, lodging
    lines = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
    assert lines[1][0] == "示例" and lines[2][1] == "许知遥" and FULL in lines[2]
    assert page.cell(4, lines[0].index("身份证号") + 1).number_format == "@"
    body = post(client, program, filled_in, "template.xlsx").json()
    assert [(row["status"], row["issues"], row["changes"]) for row in body["rows"] if row["status"] != "skipped"] == [("ok", [], [])]
    done = client.post(f"{URL}{body['id']}/commit/").json()
    assert (done["created"], done["updated"], done["unchanged"], len(done["registrations"])) == (0, 0, 1, 1)
    event = AuditEvent.objects.get(action="program.template")
    assert (event.actor_id, event.program_id, event.changes) == (cast.coordinator_a.pk, program.pk, {"people": [None, 1], "left_out": [None, 0]})


def test_the_organisers_template_holds_nobody(cast, api):
    program = make_visit(cast)
    upload_and_commit = api(cast.coordinator_a)
    upload_and_commit.post(f"{URL}{post(upload_and_commit, program, sheet({})).json()['id']}/commit/")
    book = load_workbook(io.BytesIO(api(cast.organiser).get(f"{URL}template.xlsx?program={program.pk}").getvalue()))
    assert FULL not in str([[cell.value for cell in row] for row in book["报名表"].iter_rows()])


def test_the_template_of_another_program_is_not_there(cast, api):
    program = make_visit(cast)
    assert api(cast.outsider).get(f"{URL}template.xlsx?program={program.pk}").status_code == 404
    assert api(cast.viewer).get(f"{URL}template.xlsx?program={program.pk}").status_code == 403
    assert api(cast.organiser).get(f"{URL}template.xlsx").status_code == 400
    assert api(cast.organiser).get(f"{URL}template.xlsx?program={2**70}").status_code == 400


# Who -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "status"), [("outsider", 404), ("viewer", 403), (None, 401), ("coordinator_c", 201), ("admin", 201), ("organiser_other", 201)])
def test_who_may_upload(cast, api, who, status):
    answer = post(api(getattr(cast, who) if who else None), make_visit(cast), sheet({}))
    assert answer.status_code == status
    assert RosterImport.objects.count() == int(status == 201)


@pytest.mark.parametrize(
    ("who", "status"), [("outsider", 404), ("viewer", 404), ("coordinator_b", 404), ("coordinator_c", 404), ("district_daxing", 404), (None, 401)]
)
@pytest.mark.parametrize(
    ("method", "tail"), [("get", ""), ("post", "commit/"), ("post", "discard/"), ("post", "confirm/"), ("post", "rows/2/"), ("get", "annotated.xlsx")]
)
def test_a_foreign_import_is_not_there(cast, api, who, status, method, tail):
    roster_import = upload(make_visit(cast), sheet({0: "金丝雀"}), cast.coordinator_a)
    answer = getattr(api(getattr(cast, who) if who else None), method)(f"{URL}{roster_import.pk}/{tail}")
    assert answer.status_code == status and "金丝雀" not in answer.content.decode()
    roster_import.refresh_from_db()
    assert roster_import.status == "preview"


@pytest.mark.parametrize("who", ["district_beichen", "organiser", "admin"])
def test_others_see_numbers_masked(cast, api, who):
    roster_import = upload(make_visit(cast), sheet({7: "1543300014"}, {4: "120113197102029970"}), cast.coordinator_a)
    answer = api(getattr(cast, who)).get(f"{URL}{roster_import.pk}/")
    assert answer.status_code == 200
    text = answer.content.decode()
    for secret in (FULL, "120113197102029970", "15433000149", "1543300014"):
        assert secret not in text
    assert answer.json()["rows"][0]["values"]["national_id"] == "120***********9979"
    book = load_workbook(io.BytesIO(api(getattr(cast, who)).get(f"{URL}{roster_import.pk}/annotated.xlsx").getvalue()))
    assert FULL not in str([[cell.value for cell in row] for row in book["名册"].iter_rows()])


def test_lists_have_no_rows_and_only_ones_own(cast, api):
    program = make_visit(cast)
    mine = upload(program, sheet({}), cast.coordinator_a)
    upload(program, sheet({6: "天津市北辰区运河湾中学"}), cast.coordinator_b)
    answer = api(cast.coordinator_a).get(URL).json()
    assert [row["id"] for row in answer["results"]] == [mine.pk] and "rows" not in answer["results"][0]
    assert api(cast.outsider).get(URL).json()["count"] == 0
    assert api(cast.organiser).get(f"{URL}?program={program.pk}&status=preview&ordering=id").json()["count"] == 2
    assert api(cast.organiser).get(f"{URL}?ordering=reading").status_code == 400
    assert api(cast.organiser).get(f"{URL}?program=x").status_code == 400


def test_a_list_of_three_takes_as_many_queries_as_a_list_of_one(cast, api):
    program, client = make_visit(cast), api(cast.organiser)
    upload(program, sheet({}), cast.organiser)
    same_queries(lambda: client.get(URL), lambda: [upload(program, sheet({8: memo}), cast.organiser) for memo in ("一", "二")])


# Refusals --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{}, {"program": "x"}, {"program": "0"}, {"program": str(2**70)}, {"program": "1\x00"}, {"program": "-1"}])
def test_a_bad_program_is_a_bad_request(cast, api, fields):
    answer = api(cast.organiser).post(URL, {"file": SimpleUploadedFile("r.csv", sheet({})), **fields}, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "program" in {error["field"] for error in answer.json()["errors"]}


def test_a_missing_file_is_a_bad_request(cast, api):
    client, program = api(cast.organiser), make_visit(cast)
    for format in ("multipart", "json"):
        answer = client.post(URL, {"program": program.pk}, format=format)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "file")
    assert client.post(URL, {"program": program.pk, "file": "text"}, format="multipart").status_code == 400


def test_an_unknown_or_hidden_program_is_not_found(cast, api):
    assert post(api(cast.organiser), 999_999, sheet({})).status_code == 404
    hidden = make_program(cast, status="draft")
    assert post(api(cast.district_daxing), hidden, sheet({})).status_code == 404


def test_a_foreign_or_unknown_unit(cast, api):
    program, client = make_visit(cast), api(cast.coordinator_a)
    assert post(client, program, sheet({}), organisation=cast.school_b.pk).status_code == 400
    assert post(client, program, sheet({}), organisation=cast.daxing.pk).json()["code"] == "foreign_unit"
    assert post(client, program, sheet({}), organisation="x").status_code == 400
    assert RosterImport.objects.count() == 0


def test_closed_registration_is_a_conflict(cast, api):
    program = make_visit(cast, status="completed")
    answer = post(api(cast.organiser), program, sheet({}))
    assert (answer.status_code, answer.json()["code"]) == (409, "registration_closed")


def test_more_than_ten_megabytes_is_too_large(cast, api):
    answer = post(api(cast.organiser), make_visit(cast), b"x" * (10 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_an_idempotency_key_gives_one_import(cast, api):
    program, client = make_visit(cast), api(cast.organiser)
    client.credentials(HTTP_IDEMPOTENCY_KEY="k-1")
    assert {post(client, program, sheet({})).json()["id"] for _ in range(2)} == {RosterImport.objects.get().pk}


def test_another_sheet_is_shown_instead(cast, api):
    book = excel(("旧名单", lines(1, HEADER, GOOD, GOOD), []), ("报名表", lines(1, HEADER, GOOD), []))
    client, program = api(cast.coordinator_a), make_visit(cast)
    first = post(client, program, book, name="名单.xlsx").json()
    assert (first["other_sheets"], first["counts"]["total"]) == (["报名表"], 2)
    second = client.post(f"{URL}{first['id']}/sheet/", {"sheet": "报名表"}, format="json").json()
    assert (second["other_sheets"], second["counts"]["total"]) == (["旧名单"], 1)
    assert client.post(f"{URL}{first['id']}/sheet/", {"sheet": "没有"}, format="json").json()["code"] == "no_such_sheet"
