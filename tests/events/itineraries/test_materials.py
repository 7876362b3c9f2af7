"""Files of items: told from their bytes, kept away from the web, fetched by those whom they concern."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from events.itineraries import drafts
from events.itineraries.materials import rules
from events.itineraries.materials.contents import MAX_BYTES, PDF, kind_of, safe_name
from events.itineraries.materials.models import Material
from events.itineraries.models import ItineraryItem
from events.itineraries.rules import delete_item
from exchange.transitions import RuleViolation
from participants.people.rules import link_token
from participants.rosters.models import Registration
from tests.cast import Cast, at, make_delegation, make_group, make_item, make_person, make_program, make_registration, same_queries

NINE = at("2026-12-14 09:00")
PAPER = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(30) + b"IEND\xaeB`\x82"
PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(30) + b"\xff\xd9"


def office(main: str, *more: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        for name in ("[Content_Types].xml", main, *more):
            parts.writestr(name, "<x/>")
    return file.getvalue()


def add(item: ItineraryItem, cast: Cast, data: bytes = PAPER, name: str = "讲义.pdf", *, is_public: bool = False) -> Material:
    return rules.add_material(item=item, name=name, data=data, is_public=is_public, by=cast.organiser, at=timezone.now())


@pytest.fixture
def item(cast: Cast) -> ItineraryItem:
    program = make_program(cast, starts_on=NINE.date())
    make_delegation(cast, program, cast.beichen)
    return make_item(program, NINE, title="专题报告")


# Contents -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "extension"),
    [
        (PAPER, "pdf"),
        (PICTURE, "png"),
        (PHOTO, "jpg"),
        (office("word/document.xml"), "docx"),
        (office("xl/workbook.xml"), "xlsx"),
        (office("ppt/presentation.xml"), "pptx"),
    ],
)
def test_what_is_taken(data: bytes, extension: str) -> None:
    kind = kind_of(data)
    assert kind and kind.extension == extension


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"MZ\x90\x00",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"%PDF-1.7 cut off",
        b"%PDF-1.7\n<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>\n%%EOF",
        b"%PDF-1.7\n<</Type/EmbeddedFile>>\n%%EOF",
        b"PK\x03\x04broken",
        office("readme.txt"),
        office("word/document.xml", "word/vbaProject.bin"),
        office("xl/workbook.xml", "xl/activeX/activeX1.bin"),
        office("word/document.xml", *(f"x{number}" for number in range(3001))),
        b"GIF89a" + PAPER,
    ],
)
def test_what_is_refused_whatever_it_is_called(cast: Cast, item: ItineraryItem, data: bytes) -> None:
    assert kind_of(data) is None
    with pytest.raises(RuleViolation) as refusal:
        add(item, cast, data, "讲义.pdf")
    assert (refusal.value.code, refusal.value.field) == ("wrong_kind", "file")


def test_a_folder_that_unpacks_to_gigabytes_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        for name in ("[Content_Types].xml", "word/document.xml", "word/media/a.xml"):
            parts.writestr(name, bytes(100_000_000))
    assert kind_of(file.getvalue()) is None


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("讲义.pdf", "讲义.pdf"),
        ("..\\..\\windows\\报告.exe", "报告.pdf"),
        ("/etc/passwd", "passwd.pdf"),
        ("a\r\nSet-Cookie: x=1.html", "a Set-Cookie x=1.pdf"),
        ("发\u202efdp.exe", "发 fdp.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("", "材料.pdf"),
        ("长" * 300 + ".pdf", "长" * 80 + ".pdf"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name, PDF) == safe


# Keeping ------------------------------------------------------------------------------------------------------------------


def test_files_lie_outside_the_web_and_go_with_their_item(cast: Cast, settings: Any, django_capture_on_commit_callbacks: Any) -> None:
    program = make_program(cast, status="draft", starts_on=NINE.date())
    item = make_item(program, NINE)
    material = add(item, cast)
    path = Path(material.file.path)
    assert path.is_relative_to(settings.MEDIA_ROOT) and path.read_bytes() == PAPER and "讲义" not in path.name
    assert (path.stat().st_mode & 0o077) == 0 and Client().get(f"/media-is-never-served/{material.file.name}").status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        delete_item(item=item, by=cast.organiser)
    assert not path.exists() and not Material.objects.exists()


@pytest.mark.parametrize(("data", "code"), [(PAPER, "known_already"), (PAPER + b" " * MAX_BYTES, "too_large")])
def test_the_same_file_and_too_large_ones_are_refused(cast: Cast, item: ItineraryItem, data: bytes, code: str) -> None:
    add(item, cast)
    with pytest.raises(RuleViolation) as refusal:
        add(item, cast, data)
    assert refusal.value.code == code


def test_an_item_has_at_most_twenty(cast: Cast, item: ItineraryItem) -> None:
    for number in range(20):
        add(item, cast, PAPER + bytes([65 + number]))
    with pytest.raises(RuleViolation) as refusal:
        add(item, cast, PAPER + b"more")
    assert refusal.value.code == "too_many"


# Fetching -----------------------------------------------------------------------------------------------------------------


def test_a_download_is_never_a_page(cast: Cast, item: ItineraryItem, sign_in: Any) -> None:
    answer = sign_in(cast.organiser).get(f"/materials/{add(item, cast).pk}/")
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, PAPER)
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%E8%AE%B2%E4%B9%89.pdf"
    assert (answer["X-Content-Type-Options"], answer["Content-Type"], answer["Cache-Control"]) == ("nosniff", "application/pdf", "private, no-store")
    assert "sandbox" in answer["Content-Security-Policy"]


def test_who_may_fetch_what_is_not_public(cast: Cast, item: ItineraryItem, sign_in: Any, client: Client) -> None:
    address = f"/materials/{add(item, cast).pk}/"
    users = (cast.organiser, cast.viewer, cast.coordinator_a, cast.district_beichen, cast.outsider, cast.organiser_other)
    assert [sign_in(user).get(address).status_code for user in users] == [200, 200, 200, 200, 404, 404]
    assert client.get(address).status_code == 404
    assert "讲义.pdf" not in client.get(f"/programs/{item.program_id}/").content.decode()


def test_public_ones_stand_on_the_public_page(cast: Cast, item: ItineraryItem, client: Client) -> None:
    material = add(item, cast, is_public=True)
    assert f'href="/materials/{material.pk}/"' in client.get(f"/programs/{item.program_id}/").content.decode()
    answer = client.get(f"/materials/{material.pk}/")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "public, max-age=300")
    ItineraryItem.objects.filter(pk=item.pk).update(is_public=False)
    assert client.get(f"/materials/{material.pk}/").status_code == 404
    assert f"/materials/{material.pk}/" not in client.get(f"/programs/{item.program_id}/").content.decode()


def test_participants_fetch_what_their_group_needs(cast: Cast, item: ItineraryItem, client: Client) -> None:
    program = item.program
    mine, theirs = make_group(program, 1), make_group(program, 2)
    person = make_person(cast, cast.school_a)
    registration = make_registration(cast, program, person, "confirmed", group=mine)
    own = add(make_item(program, NINE, groups=[mine]), cast)
    shared, foreign = add(item, cast), add(make_item(program, NINE, groups=[theirs]), cast)
    page = f"/my/{link_token(person)}/"
    assert [client.get(f"{page}materials/{row.pk}/").status_code for row in (own, shared, foreign)] == [200, 200, 404]
    text = client.get(page).content.decode()
    assert [f"{page}materials/{row.pk}/" in text for row in (own, shared, foreign)] == [True, True, False]
    answer = client.get(f"{page}materials/{own.pk}/")
    assert (answer["Referrer-Policy"], "attachment" in answer["Content-Disposition"]) == ("no-referrer", True)
    assert client.get(f"/my/no-such-token/materials/{own.pk}/").status_code == 404
    Registration.objects.filter(pk=registration.pk).update(status="withdrawn")
    assert client.get(f"{page}materials/{own.pk}/").status_code == 404


def test_files_of_a_new_draft_wait_with_it(cast: Cast, item: ItineraryItem, sign_in: Any) -> None:
    facts = {"program": item.program, "by": cast.organiser, "at": timezone.now(), "groups": []}
    draft = drafts.hold_new(title_zh="新", starts_at=NINE, ends_at=at("2026-12-14 10:00"), **facts)
    address = f"/materials/{add(draft, cast, is_public=True).pk}/"
    assert [sign_in(user).get(address).status_code for user in (cast.organiser, cast.coordinator_a)] == [200, 404]
    drafts.publish(program=item.program, by=cast.organiser, at=timezone.now())
    assert sign_in(cast.coordinator_a).get(address).status_code == 200


def test_a_file_that_is_gone_is_404(cast: Cast, item: ItineraryItem, sign_in: Any) -> None:
    material = add(item, cast)
    Path(material.file.path).unlink()
    assert sign_in(cast.organiser).get(f"/materials/{material.pk}/").status_code == 404


# Pages and API ------------------------------------------------------------------------------------------------------------


def test_the_page_adds_shows_and_removes_after_asking(cast: Cast, item: ItineraryItem, sign_in: Any) -> None:
    address, client = f"/desk/itinerary-items/{item.pk}/materials/", sign_in(cast.organiser)
    page = client.post(address, {"file": SimpleUploadedFile("讲义.exe", PAPER)}, follow=True).content.decode()
    material = Material.objects.get()
    assert "已添加“讲义.pdf”" in page and not material.is_public
    assert "有材料" in client.get(f"/desk/programs/{item.program_id}/itinerary/").content.decode()
    assert "讲义.pdf" in client.get(f"/desk/itinerary-items/{item.pk}/edit/").content.decode()
    assert "讲义.pdf" in sign_in(cast.coordinator_a).get(f"/desk/itinerary-items/{item.pk}/").content.decode()
    client.post(f"/desk/materials/{material.pk}/public/", {"public": "1"})
    material.refresh_from_db()
    assert material.is_public
    client.post(f"/desk/materials/{material.pk}/public/")
    material.refresh_from_db()
    assert not material.is_public
    assert "无法恢复" in client.get(f"/desk/materials/{material.pk}/delete/").content.decode() and Material.objects.exists()
    client.post(f"/desk/materials/{material.pk}/delete/")
    assert not Material.objects.exists()


@pytest.mark.parametrize("data", [b"", b"MZ", b"<html>"])
def test_the_page_says_what_is_wrong(cast: Cast, item: ItineraryItem, sign_in: Any, data: bytes) -> None:
    answer = sign_in(cast.organiser).post(f"/desk/itinerary-items/{item.pk}/materials/", {"file": SimpleUploadedFile("a.pdf", data)})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["file"])


def test_only_organisers_change_materials(cast: Cast, item: ItineraryItem, sign_in: Any) -> None:
    material = add(item, cast)
    users = (cast.viewer, cast.coordinator_a, cast.outsider)
    for address, outside in ((f"itinerary-items/{item.pk}/materials", 403), (f"materials/{material.pk}/delete", 404), (f"materials/{material.pk}/public", 404)):
        assert [sign_in(user).post(f"/desk/{address}/").status_code for user in users] == [403, 403, outside]  # anybody sees the public item
    assert Material.objects.count() == 1


def test_the_api(cast: Cast, item: ItineraryItem, api: Any) -> None:
    root, client = "/api/v1/materials/", api(cast.organiser)
    added = client.post(root, {"item": item.pk, "file": SimpleUploadedFile("讲义.pdf", PAPER)}, format="multipart")
    assert (added.status_code, added.json()["name"], added.json()["kind"], added.json()["is_public"]) == (201, "讲义.pdf", "pdf", False)
    one = f"{root}{added.json()['id']}/"
    assert [api(user).get(root).json()["count"] for user in (None, cast.outsider, cast.coordinator_a, cast.organiser)] == [0, 0, 1, 1]
    assert client.get(f"{root}?item={item.pk}").json()["count"] == 1
    assert b"".join(client.get(f"{one}file/").streaming_content) == PAPER
    assert [api(user).patch(one, {"is_public": True}, format="json").status_code for user in (cast.coordinator_a, cast.outsider, cast.organiser)] == [
        403,
        404,
        200,
    ]
    assert api(None).get(root).json()["count"] == 1
    wrong = [
        {"file": SimpleUploadedFile("a.pdf", b"MZ")},
        {"file": SimpleUploadedFile("a.pdf", PAPER)},
        {"file": SimpleUploadedFile("a.pdf", bytes(MAX_BYTES + 1))},
    ]
    assert [client.post(root, {"item": item.pk} | row, format="multipart").status_code for row in wrong] == [409, 409, 413]
    assert client.post(root, {"item": item.pk}, format="multipart").status_code == 400
    outside = {"item": item.pk, "file": SimpleUploadedFile("b.pdf", PAPER + b"x")}
    assert [api(user).post(root, outside, format="multipart").status_code for user in (cast.viewer, cast.coordinator_a)] == [403, 403]
    assert client.delete(one).status_code == 204 and not Material.objects.exists()


def test_pages_cost_the_same_for_one_and_three(cast: Cast, item: ItineraryItem, sign_in: Any, client: Client) -> None:
    desk = sign_in(cast.organiser)
    for visit in (
        lambda: desk.get(f"/desk/programs/{item.program_id}/itinerary/"),
        lambda: desk.get(f"/desk/itinerary-items/{item.pk}/materials/"),
        lambda: client.get(f"/programs/{item.program_id}/"),
        lambda: desk.get("/api/v1/materials/"),
    ):
        Material.objects.all().delete()
        add(item, cast, is_public=True)
        same_queries(visit, lambda: [add(item, cast, PAPER + mark, is_public=True) for mark in (b"1", b"2")])
