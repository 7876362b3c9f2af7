"""Results, words and pictures at the desk and over the API."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from exchange.audit import AuditEvent
from participants.certificates import awards
from participants.certificates.award_models import Award, PaperPicture, PaperTemplate
from participants.certificates.models import Certificate, CertificateBatch
from tests.cast import Cast, same_queries
from tests.participants.certificates.making import make_certificate, make_finished, text_of
from tests.participants.certificates.results import drawing, make_award, make_contest, words

pytestmark = pytest.mark.django_db
AWARDS, TEMPLATES, PICTURES = "/api/v1/awards/", "/api/v1/paper-templates/", "/api/v1/paper-pictures/"


def form_of(cast: Cast, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "award",
        "holder": "person",
        "name": "阎小满",
        "unit": cast.school_a.name_zh,
        "work": "早晨",
        "prize": "一等奖",
        "members_statement": "of_age",
        **fields,
    }


def paper_form(program: Any, **fields: Any) -> dict[str, Any]:
    return {name: "" if value is None else value for name, value in words(program, **fields).items()}


def test_a_result_is_entered_changed_issued_and_stays(cast: Cast, sign_in: Any, django_capture_on_commit_callbacks: Any) -> None:
    client, program = sign_in(cast.organiser), make_contest(cast)
    desk = f"/desk/programs/{program.pk}/awards/"
    assert "尚未登记结果" in client.get(desk).content.decode()
    answer = client.post(f"{desk}new/", form_of(cast, instructors="沈知夏、高远", with_instructors="on"))
    assert answer.status_code == 302 and [row.name for row in program.awards.all()] == ["阎小满", "沈知夏", "高远"]
    award = program.awards.first()
    assert client.get(f"/desk/awards/{award.pk}/").context["form"]["unit"].value() == cast.school_a.name_zh
    assert client.post(f"/desk/awards/{award.pk}/", form_of(cast, prize="二等奖")).status_code == 302
    assert Award.objects.get(pk=award.pk).prize == "二等奖"
    assert "签发3张证书" in client.get(f"{desk}issue/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        batch_url = client.post(f"{desk}issue/").headers["Location"]
    assert CertificateBatch.objects.get().done == 3 and desk in client.get(batch_url).content.decode()
    assert {row.award.name for row in Certificate.objects.all()} == {"阎小满", "沈知夏", "高远"}
    assert client.post(f"/desk/awards/{award.pk}/remove/").status_code == 302 and program.awards.count() == 3
    answer = client.post(f"/desk/awards/{award.pk}/", form_of(cast, prize="三等奖"))
    assert answer.status_code == 422 and "已有有效证书" in answer.content.decode()
    certificate = Certificate.objects.get(award=award)
    assert "二等奖" in client.get(f"/desk/certificates/{certificate.pk}/").content.decode()
    assert client.get("/desk/certificates/").context["page_obj"].paginator.count == 3


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"unit": "没有的学校"}, "unit"),
        ({"unit": ""}, "unit"),
        ({"prize": ""}, "prize"),
        ({"kind": "hours"}, "kind"),
        ({"registration": "9" * 30}, "registration"),
    ],
)
def test_a_wrong_result_comes_back_with_the_error_beside_its_field(cast: Cast, sign_in: Any, fields: dict[str, Any], field: str) -> None:
    program = make_contest(cast)
    answer = sign_in(cast.organiser).post(f"/desk/programs/{program.pk}/awards/new/", form_of(cast, **fields))
    assert answer.status_code == 422 and field in answer.context["form"].errors and not Award.objects.exists()
    assert answer.context["form"]["work"].value() == "早晨"


def test_a_result_without_paper_is_taken_off_the_list(cast: Cast, sign_in: Any) -> None:
    award = make_award(cast, make_contest(cast))
    assert sign_in(cast.organiser).post(f"/desk/awards/{award.pk}/remove/").status_code == 302
    assert not Award.objects.exists() and AuditEvent.objects.filter(action="award.remove").count() == 1


def test_pasted_rows_are_seen_before_they_are_entered(cast: Cast, sign_in: Any) -> None:
    client, program = sign_in(cast.organiser), make_contest(cast)
    address = f"/desk/programs/{program.pk}/awards/import/"
    assert client.get(address).status_code == 200
    text = f"获奖者\t单位\t奖项\n阎小满、周沐阳\t{cast.school_a.name_zh}\t一等奖\n谁\t没有的学校\t一等奖"
    answer = client.post(address, {"kind": "award", "text": text})
    assert (answer.status_code, answer.context["papers"], answer.context["problems"]) == (200, 2, 1) and not Award.objects.exists()
    answer = client.post(address, {"kind": "award", "text": answer.context["text"], "confirm": "1"})
    assert answer.status_code == 302 and program.awards.count() == 2
    answer = client.post(address, {"kind": "award", "text": "没有表头"})
    assert answer.status_code == 422 and "没有找到表头" in answer.content.decode()
    damaged = SimpleUploadedFile("x.xlsx", b"PK\x03\x04nonsense")
    assert client.post(address, {"kind": "award", "text": "", "file": damaged}).status_code == 422
    assert client.post(address, {"kind": "award", "text": ""}).status_code == 422


def test_the_list_takes_the_same_queries_for_many_rows(cast: Cast, sign_in: Any, api: Any) -> None:
    program = make_contest(cast)
    make_award(cast, program)
    for client, address in ((sign_in(cast.organiser), f"/desk/programs/{program.pk}/awards/"), (api(cast.organiser), f"{AWARDS}?program={program.pk}")):
        number = program.awards.count()
        same_queries(lambda c=client, a=address: c.get(a), lambda n=number: [make_award(cast, program, name=f"选手{n}{i}") for i in "甲乙"])


@pytest.mark.parametrize(("who", "sees"), [("outsider", 404), ("organiser_other", 403), ("coordinator_a", 403), ("viewer", 200), ("organiser", 200)])
def test_who_sees_results_and_words(cast: Cast, sign_in: Any, who: str, sees: int) -> None:
    program = make_contest(cast, visibility="invited")
    award = make_award(cast, program)
    client = sign_in(getattr(cast, who))
    assert client.get(f"/desk/programs/{program.pk}/awards/").status_code == sees
    assert client.get(f"/desk/programs/{program.pk}/papers/").status_code == sees
    officers = {200: 200 if who == "organiser" else 403}.get(sees, sees)
    assert client.get(f"/desk/programs/{program.pk}/papers/award/").status_code == officers
    assert client.get(f"/desk/programs/{program.pk}/awards/new/").status_code == officers
    assert client.get(f"/desk/awards/{award.pk}/").status_code == (404 if who == "organiser_other" else officers)


def test_viewers_read_no_name_of_a_winner_of_unknown_age(cast: Cast, sign_in: Any, api: Any) -> None:
    program = make_contest(cast)
    award = make_award(cast, program, kind="award", members=["周沐阳"])
    for text in (sign_in(cast.viewer).get(f"/desk/programs/{program.pk}/awards/").content.decode(), api(cast.viewer).get(AWARDS).content.decode()):
        assert "阎**" in text and "阎小满" not in text and "周沐阳" not in text
    assert sign_in(cast.viewer).get(f"/desk/awards/{award.pk}/preview.pdf").status_code == 403
    assert api(cast.viewer).get(f"{AWARDS}?search=阎小满").json()["count"] == 0


# Words and look -----------------------------------------------------------------------------------------------------------


def test_words_are_previewed_on_a_real_name_and_saved_as_the_next_version(cast: Cast, sign_in: Any, tmp_path: Any) -> None:
    client, program = sign_in(cast.organiser), make_contest(cast)
    make_award(cast, program)
    other = make_award(cast, program, name="周沐阳")
    address = f"/desk/programs/{program.pk}/papers/award/"
    assert "{姓名}" in client.get(address).content.decode()
    sent = paper_form(program, main_zh="{您}荣获{奖项}，特此鼓励。", language="both", sample=other.pk)
    answer = client.post(address, {**sent, "preview": "1"})
    assert answer["Content-Type"] == "application/pdf" and not PaperTemplate.objects.exists()
    said = text_of(answer.content, tmp_path)
    assert "周沐阳" in said and "特此鼓励" in said and "Zhou Muyang" in said
    assert client.post(address, sent).status_code == 302
    assert (PaperTemplate.objects.get().version, PaperTemplate.objects.get().program) == (1, program)
    assert client.post(address, {**sent, "closing_zh": "特颁此证。", "for_office": "on"}).status_code == 302
    assert PaperTemplate.objects.filter(program=None).get().organisation == program.certificate_issuer
    listed = client.get(f"/desk/programs/{program.pk}/papers/").content.decode()
    assert "特此鼓励" in listed and "第 1 版" in listed


def test_the_page_shows_the_preview_in_a_frame_of_its_own(cast: Cast, sign_in: Any, tmp_path: Any) -> None:
    client, program = sign_in(cast.organiser), make_contest(cast)
    address = f"/desk/programs/{program.pk}/papers/award/"
    empty = client.get(f"{address}?preview=frame")
    assert empty.status_code == 422 and "还没有可用于预览的人员" in empty.content.decode() and "{姓名}" not in empty.content.decode()
    make_award(cast, program)
    page, shown = client.get(address), client.get(f"{address}?preview=frame")
    assert "frame-src 'self'" in page["Content-Security-Policy"] and 'name="paper-preview"' in page.content.decode()
    assert (shown["Content-Type"], shown["X-Frame-Options"]) == ("application/pdf", "SAMEORIGIN")
    assert "frame-ancestors 'self'" in shown["Content-Security-Policy"] and "阎小满" in text_of(shown.content, tmp_path)
    sent = client.post(address, {**paper_form(program, main_zh="{您}荣获{奖项}，可喜可贺。"), "preview": "frame"})
    assert "可喜可贺" in text_of(sent.content, tmp_path) and not PaperTemplate.objects.exists()
    wrong = client.post(address, {**paper_form(program, main_zh="{您}获{奖頂}"), "preview": "frame"})
    assert wrong.status_code == 422 and "没有字段 {奖頂}" in wrong.content.decode() and "<form" not in wrong.content.decode()


def test_an_unknown_field_comes_back_with_its_place(cast: Cast, sign_in: Any) -> None:
    program = make_contest(cast)
    make_award(cast, program)
    for more in ({}, {"preview": "1"}):
        answer = sign_in(cast.organiser).post(f"/desk/programs/{program.pk}/papers/award/", {**paper_form(program, main_zh="{您}获{奖頂}"), **more})
        assert answer.status_code == 422 and "第 5 个字：没有字段 {奖頂}" in answer.content.decode()


def test_papers_of_other_kinds_and_without_anybody(cast: Cast, sign_in: Any) -> None:
    client, program = sign_in(cast.organiser), make_contest(cast)
    assert client.get(f"/desk/programs/{program.pk}/papers/completion/").status_code == 404
    answer = client.post(f"/desk/programs/{program.pk}/papers/award/", {**paper_form(program), "preview": "1"})
    assert answer.status_code == 422 and "还没有可用于预览的人员" in answer.content.decode()


def test_pictures_are_added_shown_and_retired(cast: Cast, sign_in: Any) -> None:
    client, office = sign_in(cast.organiser), cast.tianjin
    address = f"/desk/organisations/{office.pk}/pictures/"
    answer = client.post(address, {"role": "seal", "name": "公章", "file": SimpleUploadedFile("a.png", drawing())})
    assert answer.status_code == 302
    picture = PaperPicture.objects.get()
    assert client.get(f"/desk/pictures/{picture.pk}.png").content.startswith(b"\x89PNG")
    assert "公章" in client.get(address).content.decode()
    answer = client.post(address, {"role": "seal", "name": "x", "file": SimpleUploadedFile("a.svg", b"<svg/>")})
    assert answer.status_code == 422 and "file" in answer.context["form"].errors
    assert client.post(f"/desk/pictures/{picture.pk}/retire/").status_code == 302
    assert PaperPicture.objects.get().retired_at is not None
    outsider = sign_in(cast.outsider)
    assert [outsider.get(place).status_code for place in (f"/desk/pictures/{picture.pk}.png", address)] == [404, 403]


def test_a_wrong_name_is_replaced_at_the_desk(cast: Cast, sign_in: Any, client: Any) -> None:
    certificate = make_certificate(cast, make_finished(cast), "欧阳若穿")
    desk = sign_in(cast.organiser)
    address = f"/desk/certificates/{certificate.pk}/replace/"
    assert "记录与证书内容一致" in desk.get(address).content.decode()
    person = certificate.registration.person
    person.name = "欧阳若川"
    person.save()
    shown = desk.get(address).content.decode()
    assert "欧阳若穿" in shown and "欧阳若川" in shown
    assert desk.post(address, {"reason": ""}).status_code == 422
    assert desk.post(address, {"reason": "姓名写错"}).status_code == 302
    right = Certificate.objects.get(replaces=certificate)
    assert (right.holder_name, right.serial, bool(right.pdf)) == ("欧阳若川", 2, True)
    old, new = (desk.get(f"/desk/certificates/{row.pk}/").content.decode() for row in (certificate, right))
    assert right.number in old and certificate.number in new and "姓名写错" in new
    public = client.get(f"/verify/{certificate.code}/").content.decode()
    assert "这张证书已更换" in public and f"已由 {right.number} 替换" in public and "姓名写错" not in public and right.code not in public
    holder = client.post(f"/verify/{certificate.code}/", {"name": "欧阳若穿"}).content.decode()
    assert f"/verify/{right.code}/" in holder  # who knows the name is led to the new one
    assert "已下载" not in new
    desk.get(f"/desk/certificates/{right.pk}.pdf")
    assert "已下载" in desk.get(f"/desk/certificates/{right.pk}/").content.decode()


def test_the_public_page_names_a_team_and_its_prize_but_no_member(cast: Cast, client: Any) -> None:
    award = make_award(cast, make_contest(cast), holder="team", name="辰光合唱团", members=["周沐阳"])
    certificate = awards.enter(award_id=award.pk, facts=awards.prepare(award.pk, timezone.now()), by=cast.organiser, now=timezone.now())
    public = client.get(f"/verify/{certificate.code}/").content.decode()
    assert "辰光合唱团" in public and "小学组一等奖" in public and "潮白河的早晨" in public and "周沐阳" not in public


# API ----------------------------------------------------------------------------------------------------------------------


def test_results_over_the_api(cast: Cast, api: Any, django_capture_on_commit_callbacks: Any) -> None:
    client, program = api(cast.organiser), make_contest(cast)
    sent = {"program": program.pk, "kind": "award", "name": "阎小满", "organisation": cast.school_a.pk, "prize": "一等奖", "instructors": ["沈知夏"]}
    sent["members_statement"] = "of_age"
    answer = client.post(AWARDS, sent, format="json")
    assert answer.status_code == 201, answer.json()
    pk = answer.json()["id"]
    answer = client.post(AWARDS, sent, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_entered")
    assert client.patch(f"{AWARDS}{pk}/", {"prize": "二等奖"}, format="json").json()["prize"] == "二等奖"
    assert client.post(AWARDS, sent | {"kind": "hours"}, format="json").status_code == 400
    assert client.post(AWARDS, sent | {"organisation": 10**30}, format="json").status_code == 400
    text = f"获奖者\t单位\t奖项\n周沐阳\t{cast.school_a.name_zh}\t一等奖\n谁\t没有\t一等奖"
    answer = client.post(f"{AWARDS}sheet/", {"program": program.pk, "text": text}, format="json")
    assert [(row["row"], row["papers"], bool(row["problem"])) for row in answer.json()["rows"]] == [(2, ["周沐阳"], False), (3, [], True)]
    assert answer.json()["entered"] == [] and program.awards.count() == 1
    stated = {"program": program.pk, "text": text, "commit": True, "members_statement": "on_paper"}
    assert len(client.post(f"{AWARDS}sheet/", stated, format="json").json()["entered"]) == 1
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"{AWARDS}issue/", {"program": program.pk}, format="json")
    assert (answer.status_code, answer.json()["total"], CertificateBatch.objects.get().done) == (202, 2, 2)
    answer = client.delete(f"{AWARDS}{pk}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "certificate_issued")
    row = client.get(f"/api/v1/certificates/?program={program.pk}").json()["results"][0]
    assert (row["kind"], row["registration"], row["program"]) == ("award", None, program.pk)
    batch = CertificateBatch.objects.get()
    assert {item["holder_name"] for item in client.get(f"/api/v1/certificate-batches/{batch.pk}/").json()["items"]} == {"阎小满", "周沐阳"}


def test_others_may_not_enter_results(cast: Cast, api: Any) -> None:
    program = make_contest(cast, visibility="invited")
    award = make_award(cast, program)
    sent = {"program": program.pk, "kind": "award", "name": "x", "organisation": cast.school_a.pk, "prize": "一等奖"}
    assert api(cast.viewer).post(AWARDS, sent, format="json").status_code == 403
    assert api(cast.outsider).post(AWARDS, sent, format="json").status_code == 400
    assert api(cast.outsider).get(f"{AWARDS}{award.pk}/").status_code == 404
    assert api(cast.viewer).delete(f"{AWARDS}{award.pk}/").status_code == 403


def test_words_and_pictures_over_the_api(cast: Cast, api: Any) -> None:
    client, program = api(cast.organiser), make_contest(cast)
    file = SimpleUploadedFile("a.png", drawing(), "image/png")
    answer = client.post(PICTURES, {"organisation": program.certificate_issuer.pk, "role": "seal", "name": "章", "file": file}, format="multipart")
    assert answer.status_code == 201, answer.json()
    seal = answer.json()["id"]
    answer = client.post(TEMPLATES, {"program": program.pk, "kind": "award", "main_zh": "{您}获{奖项}。", "seal": seal}, format="json")
    assert (answer.status_code, answer.json()["mark"]) == (201, f"award-p{program.pk}-v1"), answer.json()
    answer = client.post(TEMPLATES, {"program": program.pk, "kind": "award", "main_zh": "{无}"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "unknown_field")
    assert client.post(TEMPLATES, {"program": program.pk, "kind": "completion"}, format="json").status_code == 409
    assert client.get(TEMPLATES).json()["count"] == 1 and api(cast.outsider).get(TEMPLATES).json()["count"] == 0
    assert client.get(f"{PICTURES}{seal}/png/").content.startswith(b"\x89PNG")
    assert client.post(f"{PICTURES}{seal}/retire/").json()["retired_at"]
    assert (client.post(f"{PICTURES}{seal}/retire/").status_code, api(cast.viewer).post(f"{PICTURES}{seal}/retire/").status_code) == (409, 403)
    bad = SimpleUploadedFile("a.png", b"nothing", "image/png")
    answer = client.post(PICTURES, {"organisation": cast.tianjin.pk, "role": "seal", "name": "章", "file": bad}, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_a_picture")


def test_a_certificate_is_replaced_over_the_api(cast: Cast, api: Any) -> None:
    award = make_award(cast, make_contest(cast))
    certificate = awards.enter(award_id=award.pk, facts=awards.prepare(award.pk, timezone.now()), by=cast.organiser, now=timezone.now())
    Award.objects.filter(pk=award.pk).update(prize="二等奖")
    answer = api(cast.organiser).post(f"/api/v1/certificates/{certificate.pk}/replace/", {"reason": "错"}, format="json")
    assert (answer.status_code, answer.json()["replaces"], answer.json()["serial"]) == (200, certificate.pk, 2)
    answer = api(cast.organiser).post(f"/api/v1/certificates/{certificate.pk}/replace/", {"reason": "错"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_status")
