"""Sheets of many rows: parts, one job for reading and one for importing, killed and taken up again. The size of a part is made small here."""

import io
import json
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from exchange import jobs
from exchange.spreadsheets import SpreadsheetError
from exchange.transitions import RuleViolation
from participants.people.models import Person
from participants.rosters import import_large, import_view, imports
from participants.rosters.models import Registration, RosterImport
from tests.cast import fictional_id, same_queries
from tests.participants.rosters.imports import csv_bytes, make_visit, rows_of, upload

SCHOOL = "天津市北辰区辰光高级中学"
HEAD = ["姓名", "性别", "身份证号", "单位", "手机号码", "政治面貌"]
PART = 40


@pytest.fixture(autouse=True)
def short_parts(monkeypatch):
    for module in (import_large, import_view):
        monkeypatch.setattr(module, "PART_ROWS", PART)
    monkeypatch.setattr(imports, "MAX_ROWS", PART)
    monkeypatch.setattr(imports, "MARGIN", 0)


def line(index: int, **changes: str) -> list[str]:
    number = fictional_id(date(1970, 1, 1) + timedelta(days=index), 997)
    row = dict(zip(HEAD, ["许知遥", "男", number, SCHOOL, f"1543300{index:04}", "群众"], strict=True))
    return list((row | changes).values())


def long_sheet(number: int = 100, **changed: dict[str, str]) -> bytes:
    """A title, the header in row 2, and people from row 3 on; changed={"r90": {…}} changes sheet row 90."""
    rows = [line(index, **changed.get(f"r{index + 3}", {})) for index in range(number)]
    return csv_bytes([["汇总表"], HEAD, *rows])


@pytest.fixture
def read(cast, django_capture_on_commit_callbacks):
    def read(content: bytes, by=None, program=None) -> RosterImport:
        with django_capture_on_commit_callbacks(execute=True):
            whole = upload(program or make_visit(cast), content, by or cast.organiser)
        whole.refresh_from_db()
        return whole

    return read


@pytest.fixture
def begin(django_capture_on_commit_callbacks):
    def begin(whole: RosterImport, name: str, by, **marks: int) -> RosterImport:
        with django_capture_on_commit_callbacks(execute=True):
            import_large.begin(whole, name, by=by, now=timezone.now(), **marks)
        whole.refresh_from_db()
        return whole

    return begin


def test_a_long_sheet_is_read_in_parts_with_the_row_numbers_of_the_whole(cast, read):
    whole = read(long_sheet())
    parts = list(whole.parts.order_by("part"))
    assert (whole.status, whole.counts["parts"], [part.part for part in parts]) == ("preview", 3, [1, 2, 3])
    assert [(min(rows_of(part)), max(rows_of(part))) for part in parts] == [(1, 40), (41, 80), (81, 102)]
    assert {name: whole.counts[name] for name in ("ok", "skipped", "importable", "rejected")} == {"ok": 100, "skipped": 1, "importable": 100, "rejected": 0}
    assert (whole.reading["header_row"], whole.reading["unused"]) == (2, ["政治面貌"])
    assert not Person.objects.exists()


def test_what_comes_twice_is_found_across_parts(cast, read):
    whole = read(long_sheet(r90={"身份证号": line(2)[2]}, r95={"手机号码": line(3)[4]}))
    rows = rows_of(whole.parts.get(part=3))
    assert [(issue["code"], issue["params"]) for issue in rows[90]["issues"]] == [("duplicate_row", {"row": 5})]
    assert [(issue["code"], issue["params"]) for issue in rows[95]["issues"]] == [("phone_shared", {"row": 6})]
    # Correcting a row of this part still knows the parts above it.
    part = whole.parts.get(part=3)
    imports.correct_cell(roster_import=part, row=91, column="national_id", value=line(2)[2], by=cast.organiser, now=timezone.now())
    part.refresh_from_db()
    assert "duplicate_row" in [issue["code"] for issue in rows_of(part)[91]["issues"]]


def test_all_parts_are_imported_once(cast, read, begin):
    program = make_visit(cast)
    whole = read(long_sheet(r50={"姓名": ""}), program=program)
    assert whole.counts["rejected"] == 1
    begin(whole, "write", cast.organiser)
    assert (whole.status, whole.counts["created"], whole.counts["left_out"]) == ("committed", 99, 2)
    assert sorted(Registration.objects.filter(program=program).values_list("position", flat=True)) == [row for row in range(3, 103) if row != 50]
    import_large.work(whole.pk, cast.organiser, timezone.now)
    with pytest.raises(RuleViolation) as refusal:
        begin(whole, "write", cast.organiser)
    assert refusal.value.code == "already_committed" and Registration.objects.filter(program=program).count() == 99


def test_a_job_killed_while_importing_goes_on_where_it_stopped(cast, read, begin, monkeypatch, django_capture_on_commit_callbacks):
    program = make_visit(cast)
    whole = read(long_sheet(r90={"身份证号": line(2)[2]}), program=program)
    real, calls = imports.commit_import, []

    def dies_at_the_second(**arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(**arguments)

    monkeypatch.setattr(imports, "commit_import", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        begin(whole, "write", cast.organiser)
    whole.refresh_from_db()
    assert (whole.status, whole.counts["done"], Registration.objects.filter(program=program).count()) == ("writing", 1, 38)
    assert any(start.__name__ == "resume_imports" for start in jobs.ON_START)
    with django_capture_on_commit_callbacks(execute=True):
        assert import_large.resume_unfinished() == 1
    whole.refresh_from_db()
    assert (whole.status, whole.counts["created"], Registration.objects.filter(program=program).count()) == ("committed", 99, 99)


def test_a_job_killed_while_reading_begins_anew(cast, read, monkeypatch, django_capture_on_commit_callbacks):
    real, calls = imports.read_into, []

    def dies_at_the_second(*rows, **arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*rows, **arguments)

    monkeypatch.setattr(imports, "read_into", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        read(long_sheet())
    whole = RosterImport.objects.get(parent=None)
    assert (whole.status, whole.parts.count(), whole.counts["done"]) == ("reading", 1, 1)
    with django_capture_on_commit_callbacks(execute=True):
        import_large.resume_unfinished()
    whole.refresh_from_db()
    assert (whole.status, whole.parts.count(), whole.counts["ok"]) == ("preview", 3, 100)


def test_a_registration_that_closes_stops_the_import_with_the_reason(cast, read, begin):
    program = make_visit(cast)
    whole = read(long_sheet(), by=cast.district_beichen, program=program)
    program.registration_closes_at = timezone.now() - timedelta(minutes=1)
    program.save()
    begin(whole, "write", cast.district_beichen)
    assert (whole.status, Registration.objects.filter(program=program).count()) == ("preview", 0) and whole.status_reason


def test_inexact_units_are_confirmed_in_all_parts(cast, read, begin):
    wrong = {f"r{row}": {"单位": "天津市北辰区辰光高级中孛"} for row in (5, 60, 100)}
    whole = read(long_sheet(**wrong))
    assert (whole.counts["unconfirmed"], whole.counts["importable"]) == (3, 97)
    begin(whole, "read_again", cast.organiser, confirm=1)
    assert (whole.status, whole.counts["unconfirmed"], whole.counts["importable"]) == ("preview", 0, 100)


def test_nothing_is_changed_while_a_job_is_at_work(cast, read):
    whole = read(long_sheet())
    RosterImport.objects.filter(pk=whole.pk).update(status="writing")
    for row in (whole, whole.parts.first()):
        with pytest.raises(RuleViolation) as refusal:
            imports.skip_row(roster_import=row, row=5, by=cast.organiser, now=timezone.now())
        assert refusal.value.code == "import_running"


def test_the_whole_is_corrected_in_its_parts(cast, read):
    with pytest.raises(RuleViolation) as refusal:
        imports.skip_row(roster_import=read(long_sheet()), row=5, by=cast.organiser, now=timezone.now())
    assert refusal.value.code == "import_in_parts"


def test_a_school_has_no_sheet_that_long(cast, read):
    with pytest.raises(SpreadsheetError) as refusal:
        read(long_sheet(), by=cast.coordinator_a)
    assert refusal.value.code == "too_many_rows" and not RosterImport.objects.exists()


def test_a_long_sheet_without_a_header_is_refused_at_once(cast, read):
    with pytest.raises(SpreadsheetError) as refusal:
        read(csv_bytes([["许知遥", "男", "群众"]] * 100))
    assert refusal.value.code == "no_header" and not RosterImport.objects.exists()


def test_discarding_takes_the_parts_along(cast, read):
    whole = read(long_sheet())
    imports.discard_import(roster_import=whole, by=cast.organiser, now=timezone.now())
    assert list(RosterImport.objects.values_list("status", "part")) == [("discarded", 0)]


def test_the_same_file_comes_back_as_the_same_upload(cast, read):
    program = make_visit(cast)
    assert read(long_sheet(), program=program).pk == read(long_sheet(), program=program).pk


# Faces ------------------------------------------------------------------------------------------------------------------


def test_the_pages_of_a_long_sheet(cast, sign_in, django_capture_on_commit_callbacks):
    client, program = sign_in(cast.organiser), make_visit(cast)
    content = SimpleUploadedFile("汇总.csv", long_sheet(r90={"姓名": ""}))
    address = client.post(f"/desk/programs/{program.pk}/import/", {"file": content}).url
    whole = RosterImport.objects.get(parent=None)
    text = client.get(address).content.decode()
    assert whole.status == "reading" and "正在读取：已完成0/3个部分" in text and 'hx-trigger="every 1s"' in text
    import_large.work(whole.pk, cast.organiser, timezone.now)
    text = client.get(address).content.decode()
    assert "有1行还不能导入" in text and "导入99人" in text.replace(" ", "") and "41–80" in text and "81–102" in text and "every 1s" not in text
    part = whole.parts.get(part=3)
    page = client.get(f"/desk/imports/{part.pk}/").content.decode()
    assert "第3部分" in page and "返回全部" in page and f'action="/desk/imports/{part.pk}/commit/"' not in page
    assert client.get(f"/desk/programs/{program.pk}/import/").content.decode().count("汇总.csv") == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/desk/imports/{whole.pk}/commit/").url == address
    assert "新建草稿99人" in client.get(address).content.decode().replace(" ", "")


def test_the_page_of_a_long_sheet_takes_as_many_queries_for_more_parts(cast, sign_in, read):
    client, program = sign_in(cast.organiser), make_visit(cast)
    addresses = iter([f"/desk/imports/{read(long_sheet(number), program=program).pk}/" for number in (50, 50, 100)])
    shown = [next(addresses)]
    same_queries(lambda: client.get(shown[-1]), lambda: shown.extend(addresses))


def test_the_api_of_a_long_sheet(cast, api, django_capture_on_commit_callbacks):
    client, program = api(cast.organiser), make_visit(cast)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/api/v1/roster-imports/", {"program": program.pk, "file": SimpleUploadedFile("a.csv", long_sheet())}, format="multipart")
    assert (answer.status_code, answer.json()["status"], answer.json()["rows"]) == (201, "reading", [])
    whole = client.get(f"/api/v1/roster-imports/{answer.json()['id']}/").json()
    assert (whole["status"], len(whole["parts"]), whole["counts"]["importable"]) == ("preview", 3, 100)
    part = client.get(f"/api/v1/roster-imports/{whole['parts'][2]}/").json()
    assert (part["parent"], part["part"], part["rows"][0]["row"]) == (whole["id"], 3, 81)
    assert [row["id"] for row in client.get("/api/v1/roster-imports/").json()["results"]] == [whole["id"]]
    assert len(client.get(f"/api/v1/roster-imports/?parent={whole['id']}").json()["results"]) == 3
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"/api/v1/roster-imports/{whole['id']}/commit/")
    assert (answer.status_code, answer.json()["status"]) == (202, "writing")
    assert client.get(f"/api/v1/roster-imports/{whole['id']}/").json()["counts"]["created"] == 100
    assert api(cast.outsider).get(f"/api/v1/roster-imports/{whole['parts'][0]}/").status_code == 404


def test_the_command_works_on_a_long_sheet_itself(cast, tmp_path):
    path, out = tmp_path / "roster.csv", io.StringIO()
    path.write_bytes(long_sheet(r90={"姓名": ""}))
    with pytest.raises(CommandError, match="1 rows were not imported"):
        call_command("import_roster", str(make_visit(cast).pk), str(path), commit=True, json=tmp_path / "out.json", stdout=out)
    body = json.loads((tmp_path / "out.json").read_text())
    assert "99 new" in out.getvalue() and "   90  rejected name_missing" in out.getvalue()
    assert (body["status"], len(body["rows"]), Registration.objects.count()) == ("committed", 101, 99)
