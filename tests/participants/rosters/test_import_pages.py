"""The import as pages: upload, preview, correction in place, import, downloads."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from exchange.audit import AuditEvent
from participants.rosters.models import Registration, RosterImport
from tests.participants.rosters.imports import GOOD, HEADER, csv_bytes, make_visit, sheet, upload
from tests.participants.rosters.test_import_rules import people_sheet
from tests.participants.rosters.test_messy_sheets import excel, lines

BAD_ID = {4: "120113197102029970"}


def send(client, program, content, name="报名表.csv", **fields):
    return client.post(f"/desk/programs/{program.pk}/import/", {"file": SimpleUploadedFile(name, content), **fields})


def change(client, pk, row=2, **fields):
    return client.post(f"/desk/imports/{pk}/rows/{row}/", fields)


def test_upload_leads_to_the_preview(cast, sign_in):
    client, program = sign_in(cast.coordinator_a), make_visit(cast)
    form = client.get(f"/desk/programs/{program.pk}/import/")
    assert form.status_code == 200 and "上传报名表，逐行核对" in form.content.decode()
    answer = send(client, program, sheet({}, BAD_ID))
    roster_import = RosterImport.objects.get()
    assert (answer.status_code, answer.url, roster_import.organisation) == (302, f"/desk/imports/{roster_import.pk}/", cast.school_a)
    page = client.get(answer.url)
    text = page.content.decode()
    assert "核对报名表，再导入" in text and "导入1人" in re.sub(r"\s", "", text) and "还有1处需要改正" in re.sub(r"\s", "", text)
    assert page.headers["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "文件是空的"),
        ("a.xlsx", b"%PDF-1.4", "不是"),
        ("a.csv", csv_bytes([["a", "b"], ["c", "d"]]), "没有找到表头"),
        ("a.csv", b"x" * (10 * 1024 * 1024 + 1), "10"),
    ],
)
def test_a_bad_file_comes_back_with_words_beside_the_field(cast, sign_in, name, content, words):
    answer = send(sign_in(cast.coordinator_a), make_visit(cast), content, name)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not RosterImport.objects.exists()


def test_a_closed_registration_is_told_on_the_form(cast, sign_in):
    answer = send(sign_in(cast.organiser), make_visit(cast, status="completed"), sheet({}))
    assert answer.status_code == 422 and not RosterImport.objects.exists()


def test_an_officer_chooses_the_unit_and_a_coordinator_need_not(cast, sign_in):
    program = make_visit(cast)
    assert 'name="organisation"' not in sign_in(cast.coordinator_a).get(f"/desk/programs/{program.pk}/import/").content.decode()
    client = sign_in(cast.district_beichen)
    assert cast.school_b.name_zh in client.get(f"/desk/programs/{program.pk}/import/").content.decode()
    send(client, program, sheet({}), organisation=cast.school_b.pk)
    assert RosterImport.objects.get().organisation == cast.school_b
    assert send(client, program, sheet({}), organisation=cast.school_c.pk).status_code == 422


def test_cells_carry_their_marks(cast, sign_in):
    roster_import = upload(make_visit(cast), sheet({0: "许 知遥"}, BAD_ID, {1: "女", 4: "120113197203039981", 3: ""}), cast.coordinator_a)
    text = sign_in(cast.coordinator_a).get(f"/desk/imports/{roster_import.pk}/").content.decode()
    assert 'class="cell-fixed' in text and "<del>许 知遥</del>" in text
    assert 'class="cell-rejected' in text and 'aria-invalid="true"' in text and "校验码" in text


def test_an_open_cell_says_what_is_wrong_and_takes_a_value(cast, sign_in):
    client = sign_in(cast.coordinator_a)
    pk = upload(make_visit(cast), sheet(BAD_ID, {0: "", 4: "120113197203039981", 1: "女", 3: "", 7: ""}), cast.coordinator_a).pk
    page = client.get(f"/desk/imports/{pk}/?cell=2-national_id").content.decode()
    assert 'id="editor-value"' in page and "改好，看下一处" in page and "第1处，共2处" in page
    wrong = change(client, pk, do="save", column="national_id", value="120113197102029971")
    assert wrong.url == f"/desk/imports/{pk}/?cell=2-national_id#r2"
    right = change(client, pk, do="save", column="national_id", value=GOOD[4])
    assert right.url == f"/desk/imports/{pk}/?cell=3-name#r3"
    last = change(client, pk, row=3, do="save", column="name", value="高远山")
    assert last.url == f"/desk/imports/{pk}/?#r3"
    assert RosterImport.objects.get().counts["importable"] == 2
    assert "没有需要改正的地方了" in client.get(last.url).content.decode()


def test_undo_skip_and_take_back(cast, sign_in):
    client = sign_in(cast.coordinator_a)
    pk = upload(make_visit(cast), sheet(BAD_ID), cast.coordinator_a).pk
    change(client, pk, do="save", column="national_id", value=GOOD[4])
    assert "表里原为：120113197102029970" in client.get(f"/desk/imports/{pk}/?cell=2-national_id").content.decode()
    change(client, pk, do="undo", column="national_id")
    assert RosterImport.objects.get().counts["rejected"] == 1
    change(client, pk, do="skip")
    assert RosterImport.objects.get().counts["skipped"] == 1
    assert "导入这一行" in client.get(f"/desk/imports/{pk}/?show=skipped").content.decode()
    change(client, pk, do="unskip")
    assert RosterImport.objects.get().counts["rejected"] == 1


def test_fuzzy_units_are_confirmed_one_by_one_or_all_at_once(cast, sign_in):
    client = sign_in(cast.district_beichen)
    fuzzy = {6: "天津市北辰区运河弯中学"}
    pk = upload(make_visit(cast), sheet(fuzzy, {**fuzzy, 0: "高远山", 1: "女", 3: "", 4: "120113197203039981", 7: ""}), cast.district_beichen).pk
    assert "就是这个单位" in client.get(f"/desk/imports/{pk}/?cell=2-unit").content.decode()
    assert change(client, pk, do="confirm", column="unit").url.startswith(f"/desk/imports/{pk}/?cell=3-unit")
    assert RosterImport.objects.get().counts["importable"] == 1
    page = client.post(f"/desk/imports/{pk}/confirm-units/", follow=True).content.decode()
    assert RosterImport.objects.get().counts["importable"] == 2
    undo = f"/desk/imports/{pk}/doubt-units/?rows=3"
    assert undo in page
    client.post(undo)
    assert RosterImport.objects.get().counts["importable"] == 1  # the one confirmed by itself stays
    assert client.post(f"/desk/imports/{pk}/doubt-units/?rows=99").status_code == 302


def test_enter_agrees_to_a_unit_unless_another_is_typed_over_it(cast, sign_in):
    client, fuzzy = sign_in(cast.district_beichen), "天津市北辰区运河弯中学"
    pk = upload(make_visit(cast), sheet({6: fuzzy}, BAD_ID), cast.district_beichen).pk
    page = client.get(f"/desk/imports/{pk}/?cell=2-unit").content.decode()
    assert page.index('value="confirm"') < page.index('value="save"') and f'name="was" value="{fuzzy}"' in page
    change(client, pk, do="confirm", column="unit", value="没有这所学校", was=fuzzy)
    assert RosterImport.objects.get().counts["importable"] == 0
    change(client, pk, do="undo", column="unit")
    change(client, pk, do="confirm", column="unit", value=fuzzy, was=fuzzy)
    assert RosterImport.objects.get().counts["importable"] == 1
    assert "已导入1人，现为草稿。下一步：提交名册。 1人没有导入" in client.post(f"/desk/imports/{pk}/commit/", follow=True).content.decode()


def test_import_leads_to_the_roster_with_a_message(cast, sign_in):
    client, program = sign_in(cast.coordinator_a), make_visit(cast)
    pk = upload(program, sheet({}), cast.coordinator_a).pk
    answer = client.post(f"/desk/imports/{pk}/commit/")
    assert (answer.status_code, answer.url) == (302, f"/desk/programs/{program.pk}/roster/")
    assert "已导入1人" in client.get(answer.url).content.decode()
    assert Registration.objects.get().status == "draft"
    again = client.post(f"/desk/imports/{pk}/commit/")
    assert again.url == f"/desk/imports/{pk}/" and Registration.objects.count() == 1
    page = client.get(again.url).content.decode()
    assert "这份报名表已经导入" in page and "cell-open" not in page


def test_discard_leads_back_to_the_upload(cast, sign_in):
    client, program = sign_in(cast.coordinator_a), make_visit(cast)
    pk = upload(program, sheet({}), cast.coordinator_a).pk
    assert client.post(f"/desk/imports/{pk}/discard/").url == f"/desk/programs/{program.pk}/import/"
    assert client.get(f"/desk/imports/{pk}/").status_code == 200


def test_tabs_paging_and_problems_first(cast, sign_in):
    client = sign_in(cast.coordinator_a)
    content = people_sheet(120).decode().splitlines()
    content[100] = content[100].replace("北辰区", "北城区", 1)
    pk = upload(make_visit(cast), "\n".join(content).encode(), cast.coordinator_a).pk

    def rows(query):
        return [int(row) for row in re.findall(r'<tr id="r(\d+)"', client.get(f"/desk/imports/{pk}/{query}").content.decode())]

    assert (rows("")[0], len(rows("")), rows("?page=3")[-1]) == (2, 50, 121)
    assert rows("?show=rejected") == [101] and rows("?first=problems")[0] == 101
    assert 101 in rows("?cell=101-district") and rows("?page=99") == rows("?page=3")
    assert rows("?show=nonsense&page=x&cell=zzz") == rows("")


def test_a_page_of_three_rows_takes_as_many_queries_as_one_of_one(cast, sign_in, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, program = sign_in(cast.coordinator_a), make_visit(cast)
    counts = []
    for number in (1, 3):
        pk = upload(program, people_sheet(number, number * 10), cast.coordinator_a).pk
        client.get(f"/desk/imports/{pk}/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/desk/imports/{pk}/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_another_reader_sees_masked_numbers(cast, sign_in):
    pk = upload(make_visit(cast), sheet({}, BAD_ID), cast.coordinator_a).pk
    for who in (cast.district_beichen, cast.organiser, cast.admin):
        for query in ("", "?cell=3-national_id", "?cell=2-phone"):
            text = sign_in(who).get(f"/desk/imports/{pk}/{query}").content.decode()
            assert not {GOOD[4], BAD_ID[4], GOOD[7]} & set(re.findall(r"\d{11,18}", text))


@pytest.mark.parametrize("who", ["outsider", "coordinator_b", "coordinator_c", "district_daxing"])
def test_foreign_imports_are_not_there(cast, sign_in, who):
    program = make_visit(cast)
    pk = upload(program, sheet({}), cast.coordinator_a).pk
    client = sign_in(getattr(cast, who))
    for address in (f"/desk/imports/{pk}/", f"/desk/imports/{pk}/annotated.xlsx"):
        assert client.get(address).status_code == 404
    for tail in ("rows/2/", "commit/", "discard/", "confirm-units/", "refresh/"):
        assert client.post(f"/desk/imports/{pk}/{tail}", {"do": "skip"}).status_code == 404
    assert RosterImport.objects.get().counts["ok"] == 1


def test_the_outsider_finds_no_upload_and_the_viewer_may_not(cast, sign_in):
    program = make_visit(cast)
    for tail in ("import/", "roster-template.xlsx"):
        assert sign_in(cast.outsider).get(f"/desk/programs/{program.pk}/{tail}").status_code == 404
        assert sign_in(cast.viewer).get(f"/desk/programs/{program.pk}/{tail}").status_code == 403


def test_a_visitor_is_asked_to_sign_in(cast, client):
    program = make_visit(cast)
    pk = upload(program, sheet({}), cast.coordinator_a).pk
    for address in (f"/desk/programs/{program.pk}/import/", f"/desk/imports/{pk}/", f"/desk/programs/{program.pk}/roster-template.xlsx"):
        assert client.get(address).url.startswith("/accounts/login/")


def test_bad_changes_are_told_and_change_nothing(cast, sign_in):
    client = sign_in(cast.coordinator_a)
    pk = upload(make_visit(cast), sheet({}), cast.coordinator_a).pk
    before = RosterImport.objects.get().reading
    for fields in ({"do": "explode"}, {"do": "save", "column": "name", "value": "x" * 301}, {"do": "save", "column": "password", "value": "x"}, {}):
        assert change(client, pk, **fields).url == f"/desk/imports/{pk}/"
    assert change(client, pk, row=999, do="skip").url == f"/desk/imports/{pk}/"
    assert RosterImport.objects.get().reading == before


def test_downloads(cast, sign_in):
    client, program = sign_in(cast.coordinator_a), make_visit(cast)
    pk = upload(program, sheet(BAD_ID), cast.coordinator_a).pk
    for address in (
        f"/desk/imports/{pk}/annotated.xlsx",
        f"/desk/programs/{program.pk}/roster-template.xlsx",
        f"/desk/programs/{program.pk}/roster-template.xlsx?organisation={2**80}",
    ):
        answer = client.get(address)
        assert answer.status_code == 200 and answer.getvalue().startswith(b"PK") and "no-store" in answer.headers["Cache-Control"]


def test_no_address_carries_a_number(cast, sign_in):
    pk = upload(make_visit(cast), sheet({}, BAD_ID), cast.coordinator_a).pk
    text = sign_in(cast.coordinator_a).get(f"/desk/imports/{pk}/?cell=3-national_id").content.decode()
    assert not [link for link in re.findall(r'(?:href|action)="([^"]*)"', text) if re.search(r"\d{11}", link)]


def test_english(cast, sign_in):
    client = sign_in(cast.coordinator_a)
    pk = upload(make_visit(cast), sheet(BAD_ID), cast.coordinator_a).pk
    text = client.get(f"/desk/imports/{pk}/?lang=en&cell=2-national_id").content.decode()
    assert "Check the sheet, then import" in text and "two digits are often swapped" in text and "ID number" in text


def test_the_audit_names_no_value(cast, sign_in):
    client = sign_in(cast.coordinator_a)
    send(client, make_visit(cast), sheet({}))
    assert not [event for event in AuditEvent.objects.all() if GOOD[4] in str(event.changes) or GOOD[7] in str(event.changes)]


def test_columns_and_lists_that_were_not_read_are_named(cast, sign_in):
    from tests.participants.rosters.test_messy_sheets import branches, pupils

    client, program = sign_in(cast.organiser), make_visit(cast)
    text = client.get(send(client, program, pupils(), "学生.csv").url).content.decode()
    assert "没有读取的列：家长姓名、家长电话、年级班级、过敏史" in text and "没有读取的名单" not in text
    text = client.get(send(client, program, branches(), "北辰.xlsx").url).content.decode()
    assert "没有读取的名单：初中" in text and "没有读取的列" not in text


def test_what_was_moved_to_another_column_is_shown_there(cast, sign_in):
    from tests.participants.rosters.test_messy_sheets import receipt

    client, program = sign_in(cast.organiser), make_visit(cast)
    text = client.get(send(client, program, receipt(), "回执.xlsx").url).content.decode()
    assert re.search(r"<th[^>]*>\s*角色", text) and re.search(r">\s*领队\s*<", text)


def test_another_sheet_of_the_workbook_is_shown_instead(cast, sign_in):
    book = excel(("旧名单", lines(1, HEADER, GOOD, GOOD), []), ("报名表", lines(1, HEADER, [*GOOD]), []))
    program, client = make_visit(cast), sign_in(cast.coordinator_a)
    row = upload(program, book, cast.coordinator_a, "名单.xlsx")
    page = client.get(f"/desk/imports/{row.pk}/").content.decode()
    assert "文件里还有没有读取的名单：报名表" in page and "改读“报名表”" in page
    assert client.post(f"/desk/imports/{row.pk}/sheet/", {"sheet": "没有的表"}).status_code == 302
    row.refresh_from_db()
    assert (row.reading["sheet"], row.counts["total"]) == ("旧名单", 2)
    client.post(f"/desk/imports/{row.pk}/sheet/", {"sheet": "报名表"})
    row.refresh_from_db()
    assert (row.reading["sheet"], row.reading["other_sheets"], row.counts["total"]) == ("报名表", ["旧名单"], 1)
    assert sign_in(cast.coordinator_b).post(f"/desk/imports/{row.pk}/sheet/", {"sheet": "旧名单"}).status_code == 404


def test_the_next_problem_is_the_next_on_the_screen(cast, sign_in):
    doubtful = {6: "天津市北辰区辰光高级中"}
    roster_import = upload(make_visit(cast), sheet(doubtful, BAD_ID, {4: "120113196807059970"}, doubtful | {4: "120113197003189969"}, BAD_ID), cast.organiser)
    client, address = sign_in(cast.organiser), f"/desk/imports/{roster_import.pk}/"

    def next_on(query):
        return re.search(r'href="([^"]*)" data-import-next', client.get(address + query).content.decode())[1].replace("&amp;", "&")

    assert [next_on(f"?cell={cell}") for cell in ("2-unit", "3-national_id", "4-phone")] == ["?cell=3-national_id", "?cell=5-unit", "?cell=5-unit"]
    first = "?first=problems&cell="
    assert [next_on(first + cell) for cell in ("3-national_id", "6-national_id", "5-unit", "4-phone")] == [
        first + cell for cell in ("6-national_id", "2-unit", "3-national_id", "5-unit")
    ]
    assert next_on("?show=rejected&cell=6-national_id") == "?show=rejected&cell=2-unit"
    answer = change(client, roster_import.pk, 3, do="save", column="national_id", value="120113196901089973", first="problems")
    assert answer.url.endswith("?first=problems&cell=6-national_id#r6")
    assert change(client, roster_import.pk, 6, do="skip", column="national_id", first="problems").url.endswith("&cell=2-unit#r2")
