"""The desk pages: list, program, issue, batch, detail, revoke, and the holder's file."""

from typing import Any

import pytest
from django.utils import timezone

from participants.certificates import batches, rules
from participants.certificates.models import Certificate, CertificateBatch
from participants.people.rules import link_token
from tests.cast import Cast, same_queries
from tests.participants.certificates.making import make_certificate, make_finished, make_participant, text_of

pytestmark = pytest.mark.django_db
DESK = "/desk/certificates/"


@pytest.fixture
def certificate(cast: Cast) -> Certificate:
    return make_certificate(cast)


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def program_url(certificate: Certificate, rest: str = "") -> str:
    return f"/desk/programs/{certificate.registration.program_id}/certificates/{rest}"


def test_the_list_shows_filters_and_finds(cast: Cast, certificate: Certificate, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    other = make_certificate(cast, name="王䶮", school=cast.school_b)
    rules.revoke(certificate=other, by=cast.organiser, now=timezone.now(), reason="错")

    def names(query: str) -> set[str]:
        answer = client.get(f"{DESK}?{query}")
        assert answer.status_code == 200
        return {row.holder_name for row in answer.context["page_obj"]}

    assert names("") == {"欧阳若川", "王䶮"}
    assert names("status=revoked") == {"王䶮"}
    assert names("q=欧阳") == names("status=issued") == names(f"program={certificate.registration.program_id}") == {"欧阳若川"}
    assert names("q=第0002号") == {"王䶮"}
    assert names("q=nobody") == set()
    assert names("program=x&status=y") == {"欧阳若川", "王䶮"}
    assert client.get(f"{DESK}?page=z").status_code == 404
    assert "没有符合条件的证书" in client.get(f"{DESK}?q=nobody").content.decode()


@pytest.mark.parametrize(("who", "seen"), [("viewer", 1), ("coordinator_a", 1), ("district_beichen", 1), ("coordinator_b", 0), ("outsider", 0)])
def test_senders_see_their_own(cast: Cast, certificate: Certificate, sign_in: Any, who: str, seen: int) -> None:
    client = sign_in(getattr(cast, who))
    answer = client.get(DESK)
    assert (answer.status_code, answer.context["page_obj"].paginator.count) == (200, seen)
    assert client.get(f"{DESK}{certificate.pk}/").status_code == (200 if seen else 404)
    assert client.get(f"{DESK}{certificate.pk}.pdf").status_code == (200 if seen else 404)
    if seen:
        assert body(client.get(program_url(certificate, "zip/")))[:2] == b"PK"
        assert body(client.get(program_url(certificate, "print/")))[:4] == b"%PDF"


def test_the_list_needs_the_same_queries(cast: Cast, certificate: Certificate, sign_in: Any) -> None:
    client, program = sign_in(cast.organiser), certificate.registration.program
    same_queries(lambda: client.get(DESK), lambda: [make_certificate(cast, program, name) for name in ("王䶮", "孙㛃")])
    same_queries(lambda: client.get(program_url(certificate)), lambda: [make_participant(cast, program, name) for name in ("周𬍛", "吴𫖯")])


def test_the_program_page_says_who_and_why_not(cast: Cast, certificate: Certificate, sign_in: Any) -> None:
    program, client = certificate.registration.program, sign_in(cast.organiser)
    make_participant(cast, program, "王䶮")
    make_participant(cast, program, "郑佩文", attended=False)
    make_participant(cast, program, "田稼轩", status="endorsed")
    make_participant(cast, program, "\U0001f9ff")
    answer = client.get(program_url(certificate))
    assert {row.registration.person.name: row.state for row in answer.context["page_obj"]} == {
        "欧阳若川": "issued",
        "王䶮": "ready",
        "郑佩文": "blocked",
        "田稼轩": "blocked",
        "\U0001f9ff": "blocked",
    }
    text = answer.content.decode()
    assert all(words in text for words in ("可以签发1张证书", "还没有签到记录", "主办方还没有通过", "字体都打印不出", certificate.number))
    assert [row.registration.person.name for row in client.get(program_url(certificate, "?view=ready")).context["page_obj"]] == ["王䶮"]
    assert [row.registration.person.name for row in client.get(program_url(certificate, "?q=郑")).context["page_obj"]] == ["郑佩文"]


@pytest.mark.parametrize(("who", "status"), [("viewer", 200), ("coordinator_a", 403), ("district_beichen", 403), ("outsider", 404)])
def test_who_may_open_the_program_page(cast: Cast, sign_in: Any, who: str, status: int) -> None:
    certificate = make_certificate(cast, make_finished(cast, days=1, visibility="invited"))
    client = sign_in(getattr(cast, who))
    assert client.get(program_url(certificate)).status_code == status
    assert client.get(program_url(certificate, "preview.pdf")).status_code == status
    assert client.get(program_url(certificate, "issue/")).status_code == (403 if status == 200 else status)
    assert client.post(program_url(certificate, "issue/")).status_code == (403 if status == 200 else status)
    assert client.post(f"{DESK}{certificate.pk}/revoke/", {"reason": "x"}).status_code == (404 if status == 404 else 403)
    assert client.post(f"{DESK}{certificate.pk}/reissue/").status_code == (404 if status == 404 else 403)
    assert not CertificateBatch.objects.exists()


def test_the_preview_is_the_real_paper_without_a_number(cast: Cast, sign_in: Any, tmp_path: Any) -> None:
    registration = make_participant(cast, make_finished(cast), "王䶮")
    client = sign_in(cast.organiser)
    answer = client.get(f"/desk/programs/{registration.program_id}/certificates/preview.pdf?registration={registration.pk}")
    assert answer["Content-Type"] == "application/pdf"
    text = text_of(answer.content, tmp_path)
    assert "王䶮" in text and "签发单位印章" in text and "〔" not in text
    assert not Certificate.objects.exists()
    for bad in ("0", "x", "9" * 40):
        assert client.get(f"/desk/programs/{registration.program_id}/certificates/preview.pdf?registration={bad}").status_code == 404


def test_issuing_asks_first_then_shows_progress_and_the_result(cast: Cast, sign_in: Any, django_capture_on_commit_callbacks: Any) -> None:
    program, client = make_finished(cast), sign_in(cast.organiser)
    make_participant(cast, program, "王䶮")
    make_participant(cast, program, "郑佩文", attended=False)
    address = f"/desk/programs/{program.pk}/certificates/issue/"
    asked = client.get(address).content.decode()
    assert "签发1张证书？" in asked and f"津北教交证〔{program.ends_on.year}〕第0001号" in asked
    assert not CertificateBatch.objects.exists()
    answer = client.post(address)
    batch = CertificateBatch.objects.get()
    assert answer.url == f"/desk/certificate-batches/{batch.pk}/"
    working = client.get(answer.url).content.decode()
    assert 'hx-trigger="every 1s"' in working and "已完成1/2" in working
    fragment = client.get(answer.url, HTTP_HX_REQUEST="true")
    assert "<html" not in fragment.content.decode() and "HX-Refresh" not in fragment
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{answer.url}resume/").url == answer.url
    assert client.get(answer.url, HTTP_HX_REQUEST="true")["HX-Refresh"] == "true"
    result = client.get(answer.url).content.decode()
    assert "已签发1张证书" in result and "郑佩文" in result and "hx-trigger" not in result
    again = client.post(address)  # the absentee alone
    assert again.status_code == 422 and "现在没有人可以签发证书。还没有签到记录（1人）。" in again.content.decode()
    assert client.post(f"{answer.url}resume/", follow=True).context["messages"]


def test_issuing_for_one_delegation_or_unit(cast: Cast, sign_in: Any) -> None:
    program, client = make_finished(cast), sign_in(cast.organiser)
    make_participant(cast, program, "王䶮")
    make_participant(cast, program, "孙㛃", school=cast.school_c)
    make_participant(cast, program, "郑佩文", school=cast.school_c, attended=False)
    address = f"/desk/programs/{program.pk}/certificates/issue/"
    unit = f"unit-{cast.school_c.pk}"
    everyone, part = client.get(address).content.decode(), client.get(f"{address}?for={unit}").content.decode()
    assert "签发2张证书？" in everyone and f'value="{unit}"' in everyone and f'value="delegation-{program.delegations.first().pk}"' in everyone
    assert "签发1张证书？" in part and "另有1人这次不签发" in part
    assert client.post(address, {"for": "unit-0"}).status_code == 422
    client.post(address, {"for": unit})
    batch = CertificateBatch.objects.get()
    assert (batch.organisation, batch.delegation, batch.total) == (cast.school_c, None, 2)


def test_issuing_is_refused_in_words(cast: Cast, sign_in: Any) -> None:
    program = make_finished(cast, days=1, issuer=cast.tianjin)
    make_participant(cast, program)
    client = sign_in(cast.organiser)
    assert "还没有设置证书编号前缀" in client.get(f"/desk/programs/{program.pk}/certificates/").content.decode()
    answer = client.post(f"/desk/programs/{program.pk}/certificates/issue/")
    assert (answer.status_code, "还没有设置证书编号前缀" in answer.content.decode()) == (422, True)


def test_empty_states(cast: Cast, sign_in: Any) -> None:
    program = make_finished(cast, days=1)
    assert "还没有签发过证书" in sign_in(cast.organiser).get(DESK).content.decode()
    assert "本单位的人员还没有证书" in sign_in(cast.coordinator_a).get(DESK).content.decode()
    client = sign_in(cast.organiser)
    assert "还没有人报名" in client.get(f"/desk/programs/{program.pk}/certificates/").content.decode()
    assert client.get(f"/desk/programs/{program.pk}/certificates/zip/").status_code == 302


def test_detail_revoke_and_reissue(cast: Cast, certificate: Certificate, sign_in: Any) -> None:
    client, address = sign_in(cast.organiser), f"{DESK}{certificate.pk}/"
    assert all(words in client.get(address).content.decode() for words in (certificate.number, certificate.code, "补发", "撤销"))
    assert client.post(f"{address}reissue/").url == address
    assert "已补发" in client.get(address).content.decode()
    empty = client.post(f"{address}revoke/", {"reason": ""})
    assert (empty.status_code, "请" in empty.content.decode()) == (422, True)
    assert client.post(f"{address}revoke/", {"reason": "姓名有误"}).url == address
    shown = client.get(address).content.decode()
    assert "姓名有误" in shown and "reissue/" not in shown and "revoke/" not in shown
    certificate.refresh_from_db()
    assert certificate.status == "revoked"
    assert client.post(f"{address}reissue/").status_code == 302
    assert rules.reissues(certificate) == 1


def test_the_holders_link_opens_only_their_own_valid_file(cast: Cast, certificate: Certificate, client: Any) -> None:
    other = make_certificate(cast, certificate.registration.program, "王䶮")
    mine, theirs = (link_token(row.registration.person) for row in (certificate, other))
    answer = client.get(f"/my/{mine}/certificates/{certificate.pk}.pdf")
    assert (answer.status_code, body(answer)[:4], answer["X-Robots-Tag"]) == (200, b"%PDF", "noindex, nofollow")
    assert client.get(f"/my/{theirs}/certificates/{certificate.pk}.pdf").status_code == 404
    assert client.get(f"/my/nonsense/certificates/{certificate.pk}.pdf").status_code == 404
    rules.revoke(certificate=certificate, by=cast.organiser, now=timezone.now(), reason="错")
    assert client.get(f"/my/{mine}/certificates/{certificate.pk}.pdf").status_code == 404


def test_a_foreign_batch_is_not_there(cast: Cast, sign_in: Any) -> None:
    program = make_finished(cast, days=1, visibility="invited")
    make_participant(cast, program)
    batch = batches.create_batch(program=program, by=cast.organiser, now=timezone.now())
    expected = {"organiser": 200, "viewer": 200, "district_beichen": 404, "outsider": 404, "coordinator_a": 403}
    assert {who: sign_in(getattr(cast, who)).get(f"/desk/certificate-batches/{batch.pk}/").status_code for who in expected} == expected
    assert sign_in(cast.viewer).post(f"/desk/certificate-batches/{batch.pk}/resume/").status_code == 403


def test_visitors_are_asked_to_sign_in(client: Any, certificate: Certificate) -> None:
    for address in (DESK, f"{DESK}{certificate.pk}/", f"{DESK}{certificate.pk}.pdf", program_url(certificate)):
        assert client.get(address).status_code == 302
