"""Public verification: verdict, masking, the typed name, limits, and answers that tell a guesser nothing."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from exchange.middleware import client_ip
from participants.certificates import files, rules, verification
from participants.certificates.codes import new_code
from participants.certificates.files import facts_of
from participants.certificates.models import Certificate
from participants.directory.models import Organisation
from tests.cast import Cast
from tests.participants.certificates.making import make_certificate, make_finished, text_of
from tests.participants.certificates.results import make_template

pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate(cast: Cast) -> Certificate:
    return make_certificate(cast, make_finished(cast, title_en="Study visit to Wuxi"))


def shown(client: Client, address: str) -> str:
    """What a reader sees: without the tokens and addresses of the form."""
    return re.sub(r'(value|href|content|hx-headers|action)=("[^"]*"|\'[^\']*\')', "", client.get(address).content.decode())


def test_a_valid_certificate(client: Client, certificate: Certificate) -> None:
    answer = client.get(f"/verify/{certificate.code}/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.index("证书真实有效") < text.index(certificate.number)
    assert all(words in text for words in ("欧阳**", "学时证明", "天津市北辰区教育局", "16学时", "未被撤销"))
    assert "欧阳若川" not in text
    assert certificate.registration.person.national_id[-4:] not in text
    assert (answer["X-Robots-Tag"], answer["Cache-Control"]) == ("noindex, nofollow", "private, no-store")
    assert '<meta name="robots" content="noindex' in text


def test_in_english(client: Client, certificate: Certificate) -> None:
    text = client.get(f"/verify/{certificate.code}/?lang=en").content.decode()
    assert all(
        words in text
        for words in ("This certificate is genuine", "欧阳** (Ouyang)", "Study visit to Wuxi", "Beichen District Education Bureau", "Statement of credit hours")
    )


def test_all_issuing_offices_come_in_the_language_of_the_reader(cast: Cast, client: Client) -> None:
    program = make_finished(cast)
    program.co_organisers.set([cast.daxing, cast.langfang])
    Organisation.objects.filter(pk=cast.langfang.pk).update(name_en="")
    make_template(cast, program, "completion", design="completion", main_zh="{您}参加{活动}。")
    certificate = make_certificate(cast, program)
    client.force_login(cast.organiser)
    pages = (f"/verify/{certificate.code}/", f"/desk/certificates/{certificate.pk}/")
    api = f"/api/v1/certificates/{certificate.pk}/"
    for language, names in (
        ("en", ["Beichen District Education Bureau", "Daxing District Education Commission", "廊坊市教育局"]),
        ("zh-hans", ["天津市北辰区教育局", "北京市大兴区教育委员会", "廊坊市教育局"]),
    ):
        for page in pages:
            assert ("; " if language == "en" else "、").join(names) in client.get(f"{page}?lang={language}").content.decode()
        assert client.get(api, headers={"Accept-Language": language}).json()["issuer_names"] == names


def test_a_paper_in_english_names_its_offices_in_english(cast: Cast, tmp_path: Any) -> None:
    program = make_finished(cast, title_en="Study visit to Wuxi")
    program.co_organisers.set([cast.daxing])
    make_template(cast, program, "completion", language="en", design="completion")
    certificate = make_certificate(cast, program)
    assert facts_of(certificate).issuers_en == ("Beichen District Education Bureau", "Daxing District Education Commission")
    said = text_of(files.read(certificate), tmp_path)
    assert "Daxing District" in said and "大兴区教育委员会" not in said


def test_a_revoked_certificate_says_so_at_once_and_keeps_the_reason_inside(cast: Cast, client: Client, certificate: Certificate) -> None:
    client.get(f"/verify/{certificate.code}/")
    rules.revoke(certificate=certificate, by=cast.organiser, now=timezone.now(), reason="内部原因")
    answer = client.get(f"/verify/{certificate.code}/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "证书已撤销" in text and "证书真实有效" not in text and "未被撤销" not in text and "内部原因" not in text


def test_unknown_and_impossible_codes_get_the_same_answer(client: Client, certificate: Certificate) -> None:
    addresses = [
        f"/verify/{new_code()}/",
        "/verify/x/",
        f"/verify/{certificate.number}/",
        f"/verify/{certificate.pk}/",
        "/verify/%00/",
        "/verify/" + "A" * 900 + "/",
    ]
    answers = {shown(client, address) for address in addresses}
    assert len(answers) == 1 and "没有查到这个编号" in answers.pop()
    assert {client.get(address).status_code for address in addresses} == {404}
    assert client.post(f"/verify/{new_code()}/", {"name": "欧阳若川"}).status_code == 404


def test_a_code_may_be_typed_without_hyphens_in_lower_case_and_with_look_alikes(client: Client, certificate: Certificate) -> None:
    Certificate.objects.filter(pk=certificate.pk).update(code="10VA-BCDE-FGHJ-KMNP")
    assert client.get("/verify/", {"code": "lou abcdefghjkmnp"}).url == "/verify/10VA-BCDE-FGHJ-KMNP/"
    assert client.get("/verify/iOUabcdefghjkmnp/").status_code == 200
    assert client.get("/verify/", {"code": "wrong"}).status_code == 404
    assert client.get("/verify/").status_code == 200


def test_the_full_name_is_confirmed_to_who_types_it(client: Client, certificate: Certificate) -> None:
    address = f"/verify/{certificate.code}/"
    right = client.post(address, {"name": " 欧阳 若川"}).content.decode()
    assert "您输入的姓名与持证人一致" in right
    wrong = client.post(address, {"name": "欧阳若水"}).content.decode()
    assert "您输入的姓名与持证人不一致" in wrong and "欧阳若川" not in wrong
    assert client.post(address, {"name": ""}).status_code == 422
    assert client.post(address, {"name": "a\x00b"}).status_code == 422


def test_names_cannot_be_tried_without_end(client: Client, certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "NAME_GUESSES_PER_HOUR", 3)
    statuses = [client.post(f"/verify/{certificate.code}/", {"name": "x"}, REMOTE_ADDR=f"10.0.0.{number}").status_code for number in range(5)]
    assert statuses == [200, 200, 200, 429, 429]


def test_an_address_may_ask_sixty_times_a_minute(client: Client, certificate: Certificate) -> None:
    statuses = [client.get("/verify/", {"code": new_code()}, REMOTE_ADDR="10.1.1.1").status_code for _ in range(64)]
    assert set(statuses[:56]) == {404}
    assert statuses[-1] == 429 or statuses.count(429) >= 1  # a new minute may have begun in between
    answer = client.get(f"/verify/{certificate.code}/", REMOTE_ADDR="10.1.1.2")
    assert answer.status_code == 200


def test_too_many_is_a_page_with_a_time_to_wait(client: Client, settings: Any) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"verify": "0/min", "token": "1/min"}}
    answer = client.get("/verify/")
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert client_ip(answer.wsgi_request) == "127.0.0.1"


def test_guessing_finds_nothing_and_each_guess_costs_one_query(certificate: Certificate, django_assert_num_queries: Any) -> None:
    for code in ("", "x", new_code()):
        with django_assert_num_queries(1):
            assert verification.find(code) is None
    assert not any(verification.find(new_code()) for _ in range(200))
