"""Sheets whose columns are not titled, or not in words that are known: a question with a guess, then the usual preview."""

from participants.people.models import Person
from participants.rosters.models import RosterImport
from tests.participants.rosters.imports import GOOD, HEADER, csv_bytes, make_visit, rows_of
from tests.participants.rosters.test_import_pages import send

BARE = [["1", "许知遥", "男", "120113197102029979", "15433000149", "辰光高级中学"], ["2", "高远山", "女", "120113197003189969", "15433000150", "辰光高级中学"]]
FIELDS = ["number", "name", "gender", "national_id", "phone", "unit"]


def chosen_in(page: str) -> list[str]:
    """What is chosen over each column."""
    lists = page.split('<select class="form-select form-select-sm" name="columns">')[1:]
    return [part.split("</select>")[0].partition(" selected")[0].rpartition('value="')[2].rstrip('"') if " selected" in part else "" for part in lists]


def test_a_list_without_titles_asks_for_its_columns_and_is_read(cast, sign_in):
    client = sign_in(cast.coordinator_a)
    answer = send(client, make_visit(cast), csv_bytes([["北辰区教师名单"], *BARE]))
    roster_import = RosterImport.objects.get()
    address = f"/desk/imports/{roster_import.pk}/columns/"
    assert client.get(answer.url).url == address
    page = client.get(address)
    assert page.status_code == 200 and chosen_in(page.content.decode()) == FIELDS and "按此读取" in page.content.decode()
    assert client.post(address, {"columns": FIELDS}).url == answer.url
    rows = rows_of(RosterImport.objects.get())
    assert {row: rows[row]["status"] for row in rows} == {1: "skipped", 2: "fixed", 3: "fixed"}
    assert "各列的内容由人工指定" in client.get(answer.url).content.decode()
    client.post(f"/desk/imports/{roster_import.pk}/commit/")
    assert set(Person.objects.values_list("name", flat=True)) == {"许知遥", "高远山"}


def test_titles_in_unknown_words_are_left_out_and_an_answer_is_checked(cast, sign_in):
    client = sign_in(cast.coordinator_a)
    send(client, make_visit(cast), csv_bytes([["#", "Nom", "Sexe", "Carte", "Portable", "École"], *BARE]))
    address = f"/desk/imports/{RosterImport.objects.get().pk}/columns/"
    for said, words in ((["", "", "gender"], "哪一列是姓名"), (["name", "name"], "只能选一次"), (["name", "key"], "没有这一列")):
        answer = client.post(address, {"columns": said})
        assert answer.status_code == 422 and words in answer.content.decode(), said
    client.post(address, {"columns": FIELDS})
    assert [row["status"] for row in rows_of(RosterImport.objects.get()).values()] == ["skipped", "fixed", "fixed"]
    assert sign_in(cast.outsider).get(address).status_code == 404


def test_a_single_column_is_named_and_corrections_stay(cast, sign_in):
    client = sign_in(cast.coordinator_a)
    answer = send(client, make_visit(cast), csv_bytes([[*HEADER, "微信或电话二"], [*GOOD[:7], "154", "", "15433000188"]]))
    pk = RosterImport.objects.get().pk
    client.post(f"/desk/imports/{pk}/rows/2/", {"do": "save", "column": "phone", "value": "15433000149"})
    assert f"/desk/imports/{pk}/columns/" in client.get(answer.url).content.decode()
    fields = chosen_in(client.get(f"/desk/imports/{pk}/columns/").content.decode())
    assert fields == ["name", "gender", "ethnicity", "birth_on", "national_id", "district", "unit", "phone", "memo", ""]
    client.post(f"/desk/imports/{pk}/columns/", {"columns": [*fields[:-1], "emergency_phone"]})
    row = rows_of(RosterImport.objects.get())[2]
    assert (row["values"]["phone"], row["values"]["emergency_phone"]) == ("15433000149", "15433000188")


def test_a_sheet_that_lies_on_its_side_is_read_turned(cast, sign_in):
    client = sign_in(cast.coordinator_a)
    answer = send(client, make_visit(cast), csv_bytes([list(column) for column in zip(HEADER, GOOD, strict=True)]))
    address = client.get(answer.url).url
    assert "行列对调后读取" in client.get(address).content.decode()
    assert client.post(address, {"turn": "1"}).url == answer.url
    assert rows_of(RosterImport.objects.get())[2]["values"]["national_id"] == GOOD[4]
    assert "第2行即表中的B列" in client.get(answer.url).content.decode()
    assert chosen_in(client.get(address).content.decode())[0] == "name"


def test_the_api_takes_the_columns_with_the_file(cast, api):
    from django.core.files.uploadedfile import SimpleUploadedFile

    program = make_visit(cast)

    def post(**fields):
        return api(cast.coordinator_a).post(
            "/api/v1/roster-imports/", {"program": program.pk, "file": SimpleUploadedFile("a.csv", csv_bytes(BARE)), **fields}, format="multipart"
        )

    assert (post().status_code, post().json()["code"]) == (400, "no_header")
    assert (post(columns=["gender"]).status_code, post(columns=["gender"]).json()["code"]) == (409, "no_name_column")
    created = post(columns=FIELDS)
    assert created.status_code == 201 and [row["status"] for row in created.json()["rows"]] == ["fixed", "fixed"]
    again = post(columns=["", *FIELDS[1:]])
    assert (again.status_code, again.json()["id"]) == (201, created.json()["id"])
