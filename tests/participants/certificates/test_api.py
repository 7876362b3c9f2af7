"""/api/v1/certificates/ and /api/v1/certificate-batches/."""

import io
import zipfile
from typing import Any

import pytest
from django.utils import timezone

from participants.certificates import rules
from participants.certificates.models import Certificate, CertificateBatch
from tests.cast import Cast, make_delegation, same_queries
from tests.participants.certificates.making import make_certificate, make_finished, make_participant

pytestmark = pytest.mark.django_db
LIST, BATCHES = "/api/v1/certificates/", "/api/v1/certificate-batches/"


@pytest.fixture
def certificate(cast: Cast) -> Certificate:
    return make_certificate(cast)


def url(certificate: Certificate, verb: str = "") -> str:
    return f"{LIST}{certificate.pk}/{verb}"


def test_the_organiser_sees_it_all(cast: Cast, certificate: Certificate, api: Any) -> None:
    row = api(cast.organiser).get(LIST).json()["results"][0]
    assert (row["number"], row["code"], row["holder_name"], row["hours"], row["status"]) == (certificate.number, certificate.code, "欧阳若川", "16", "issued")
    assert row["verify_url"] == f"http://testserver/verify/{certificate.code}/"


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("admin", 1),
        ("organiser", 1),
        ("viewer", 1),
        ("district_beichen", 1),
        ("coordinator_a", 1),
        ("coordinator_b", 0),
        ("coordinator_c", 0),
        ("district_daxing", 0),
        ("organiser_other", 0),
        ("outsider", 0),
    ],
)
def test_senders_see_their_own_people(cast: Cast, certificate: Certificate, api: Any, who: str, seen: int) -> None:
    client = api(getattr(cast, who))
    assert client.get(LIST).json()["count"] == seen
    assert client.get(url(certificate)).status_code == (200 if seen else 404)
    answer = client.get(url(certificate, "pdf/"), HTTP_ACCEPT="application/pdf")
    assert answer.status_code == (200 if seen else 404)
    if seen:
        assert (answer["Content-Type"], b"".join(answer.streaming_content)[:4]) == ("application/pdf", b"%PDF")


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("district_beichen", 403), ("coordinator_a", 403), ("district_daxing", 404), ("outsider", 404)])
@pytest.mark.parametrize("verb", ["revoke/", "reissue/"])
def test_only_the_organiser_revokes_and_prints_again(cast: Cast, certificate: Certificate, api: Any, who: str, status: int, verb: str) -> None:
    assert api(getattr(cast, who)).post(url(certificate, verb), {"reason": "x"}).status_code == status
    certificate.refresh_from_db()
    assert certificate.status == "issued"


def test_revoke_and_reissue(cast: Cast, certificate: Certificate, api: Any) -> None:
    client = api(cast.organiser)
    assert client.post(url(certificate, "reissue/")).json()["number"] == certificate.number
    answer = client.post(url(certificate, "revoke/"), {})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (409, "reason_required", "reason")
    assert client.post(url(certificate, "revoke/"), {"reason": "姓名有误"}).json()["status"] == "revoked"
    assert client.post(url(certificate, "reissue/")).json()["code"] == "wrong_status"
    assert client.post(url(certificate, "revoke/"), {"reason": "a\x00b"}).status_code == 400


def test_filters_and_search(cast: Cast, certificate: Certificate, api: Any) -> None:
    client = api(cast.organiser)
    other = make_certificate(cast, name="王䶮", school=cast.school_b)
    rules.revoke(certificate=other, by=cast.organiser, now=timezone.now(), reason="错")

    def found(**query: Any) -> list[int]:
        return [row["id"] for row in client.get(LIST, query).json()["results"]]

    assert found(program=certificate.registration.program_id) == [certificate.pk]
    assert found(registration=other.registration_id) == [other.pk]
    assert found(organisation=cast.school_b.pk) == [other.pk]
    assert found(status="revoked") == [other.pk]
    assert found(number=certificate.number) == [certificate.pk]
    assert found(search="欧阳") == [certificate.pk]
    assert found(search="第0002号") == [other.pk]
    assert found(ordering="-holder_name") == [other.pk, certificate.pk]


@pytest.mark.parametrize("query", ["status=x", "program=0", "program=a", "program=99999999999999999999999", "ordering=facts", "number=%00"])
def test_bad_filters_are_400(cast: Cast, certificate: Certificate, api: Any, query: str) -> None:
    assert api(cast.organiser).get(f"{LIST}?{query}").status_code == 400


def test_the_list_needs_the_same_queries_for_more_rows(cast: Cast, certificate: Certificate, api: Any) -> None:
    client, program = api(cast.organiser), certificate.registration.program
    same_queries(lambda: client.get(LIST), lambda: [make_certificate(cast, program, name) for name in ("王䶮", "孙㛃")])


def test_a_batch_from_order_to_download(cast: Cast, api: Any, django_capture_on_commit_callbacks: Any) -> None:
    program, client = make_finished(cast, days=1), api(cast.organiser)
    make_participant(cast, program, "孙㛃")
    make_participant(cast, program, "王䶮", attended=False)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(BATCHES, {"program": program.pk})
    body = answer.json()
    assert (answer.status_code, body["status"], body["total"], body["done"], body["failed"]) == (202, "queued", 2, 0, 1)
    shown = client.get(f"{BATCHES}{body['id']}/").json()
    assert (shown["status"], shown["done"], shown["failed"]) == ("done", 1, 1)
    assert [(item["holder_name"], item["error_code"], bool(item["certificate"])) for item in shown["items"]] == [
        ("孙㛃", "", True),
        ("王䶮", "no_attendance", False),
    ]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(client.get(f"{BATCHES}{body['id']}/zip/", HTTP_ACCEPT="application/zip").streaming_content)))
    assert [name.split("/")[0] for name in archive.namelist()] == ["天津市北辰区辰光高级中学"]
    assert b"".join(client.get(f"{BATCHES}{body['id']}/print/").streaming_content).startswith(b"%PDF")
    assert client.post(f"{BATCHES}{body['id']}/resume/").json()["code"] == "wrong_status"
    again = client.post(BATCHES, {"program": program.pk})  # the absentee alone
    assert (again.status_code, again.json()["code"], "还没有签到记录" in again.json()["detail"]) == (409, "nobody_left", True)
    assert CertificateBatch.objects.count() == 1


def test_an_empty_batch_has_nothing_to_download(cast: Cast, api: Any) -> None:
    program, client = make_finished(cast, days=1), api(cast.organiser)
    make_participant(cast, program)
    pk = client.post(BATCHES, {"program": program.pk}).json()["id"]
    for verb in ("zip/", "print/"):
        answer = client.get(f"{BATCHES}{pk}/{verb}", HTTP_ACCEPT="application/zip")
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_issued")


@pytest.mark.parametrize(
    ("who", "status"),
    [("viewer", 403), ("district_beichen", 403), ("coordinator_a", 403), ("organiser_other", 403), ("outsider", 400)],
)
def test_who_may_not_order(cast: Cast, api: Any, who: str, status: int) -> None:
    program = make_finished(cast, days=1, visibility="invited")
    make_participant(cast, program)
    assert api(getattr(cast, who)).post(BATCHES, {"program": program.pk}).status_code == status
    assert not CertificateBatch.objects.exists()


def test_batches_are_for_the_organisers_office(cast: Cast, api: Any) -> None:
    program = make_finished(cast, days=1)
    make_participant(cast, program)
    pk = api(cast.organiser).post(BATCHES, {"program": program.pk}).json()["id"]
    expected = {"viewer": 200, "organiser": 200, "district_beichen": 404, "coordinator_a": 404, "organiser_other": 404, "outsider": 404}
    assert {who: api(getattr(cast, who)).get(f"{BATCHES}{pk}/").status_code for who in expected} == expected
    assert api(cast.viewer).post(f"{BATCHES}{pk}/resume/").status_code == 403
    assert api().get(LIST).status_code == api().get(BATCHES).status_code == 401


@pytest.mark.parametrize("body", [{}, {"program": "x"}, {"program": 10**30}, {"program": None}, {"program": [1]}, {"program": True}])
def test_bad_orders_are_400(cast: Cast, api: Any, body: Any) -> None:
    assert api(cast.organiser).post(BATCHES, body).status_code == 400


def test_orders_that_rules_refuse(cast: Cast, api: Any) -> None:
    client, program = api(cast.organiser), make_finished(cast, days=1)
    other = make_delegation(cast, make_finished(cast, days=1), cast.langfang)
    assert client.post(BATCHES, {"program": program.pk}).json()["code"] == "nobody_left"
    assert client.post(BATCHES, {"program": program.pk, "delegation": other.pk}).json()["code"] == "foreign_delegation"
    without = make_finished(cast, days=1, issuer=cast.tianjin)
    assert client.post(BATCHES, {"program": without.pk}).json()["code"] == "no_number_prefix"


def test_lists_of_batches_need_the_same_queries(cast: Cast, api: Any) -> None:
    program, client = make_finished(cast, days=1), api(cast.organiser)
    make_participant(cast, program, attended=False)
    client.post(BATCHES, {"program": program.pk})
    same_queries(lambda: client.get(BATCHES), lambda: [client.post(BATCHES, {"program": program.pk}) for _ in range(2)])
