"""Certificates as verifiable credentials, read by an independent library."""

import base64
import gzip
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from django.urls import reverse
from django.utils import timezone
from joserfc.jwk import OKPKey
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier

from participants.certificates import credentials, rules, verification
from participants.certificates.models import Certificate
from participants.people.rules import link_token
from tests.cast import Cast
from tests.participants.certificates.making import make_certificate

pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate(cast: Cast) -> Certificate:
    return make_certificate(cast)


def public_pem(client: Any, token: str) -> bytes:
    """The key as a stranger finds it: by the address in the header."""
    header = json.loads(padded(token.split(".")[0]))
    found = client.get(header["kid"].removeprefix(origin()))
    assert found.status_code == 200
    return OKPKey.import_key(found.json()).public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def origin() -> str:
    return credentials.key_url().split("/credentials/")[0]


def padded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def payload(token: str) -> Any:
    return json.loads(padded(token.split(".")[1]))


def bit(client: Any, entry: dict[str, str]) -> int:
    """The status as a verifier reads it."""
    answer = client.get(entry["statusListCredential"].removeprefix(origin()))
    assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (200, "application/vc+jwt", "no-store")
    encoded = payload(answer.content.decode())["credentialSubject"]["encodedList"]
    assert encoded[0] == "u"
    bits, index = gzip.decompress(padded(encoded[1:])), int(entry["statusListIndex"])
    assert len(bits) * 8 == credentials.SHORTEST_LIST
    return bits[index // 8] >> (7 - index % 8) & 1


def test_an_independent_verifier_reads_it(client: Any, cast: Cast, certificate: Certificate) -> None:
    client.force_login(cast.organiser)
    answer = client.get(reverse("certificates:credential", args=[certificate.pk]))
    assert answer.headers["Content-Type"] == "application/vc+jwt"
    token = answer.content.decode()
    found = OB3Verifier(public_pem(client, token)).verify(token)
    assert found.issuer.name == certificate.issuer.name_zh
    said = payload(token)
    assert said["id"] == said["jti"] == f"{origin()}/verify/{certificate.code}/"
    assert said["iss"] == said["issuer"]["id"]
    assert said["credentialSubject"]["identifier"][0]["identityHash"] == "欧阳若川"
    assert said["credentialSubject"]["creditsEarned"] == float(certificate.facts["hours"])
    assert certificate.facts["program"] in found.achievement.name
    issuer = client.get(said["iss"].removeprefix(origin())).json()
    assert (issuer["id"], issuer["type"], issuer["name"]) == (said["iss"], ["Profile"], certificate.issuer.name_zh)


def test_a_changed_letter_breaks_it(client: Any, certificate: Certificate) -> None:
    token = credentials.certificate_jwt(certificate)
    head, body, signature = token.split(".")
    changed = json.loads(padded(body)) | {"name": "荣誉证书"}
    forged = f"{head}.{base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip('=')}.{signature}"
    with pytest.raises(OB3VerificationError):
        OB3Verifier(public_pem(client, token)).verify(forged)
    assert verification.look_at(token.encode()).certificate == certificate
    assert verification.look_at(forged.encode()).certificate is None


@pytest.mark.parametrize("token", ["eyJ", "eyJhbGciOiJub25lIn0.e30.", "eyJ" + "a" * 5000, "eyJhbGciOiJFZERTQSJ9.eyJqdGkiOiIvLyJ9.AAAA", "eyJ\x00\xff"])
def test_nonsense_is_not_from_here(certificate: Certificate, token: str) -> None:
    assert verification.look_at(token.encode("latin-1")).kind == "unknown"


def test_revocation_shows_at_once(client: Any, cast: Cast, certificate: Certificate) -> None:
    entry = payload(credentials.certificate_jwt(certificate))["credentialStatus"]
    assert bit(client, entry) == 0
    rules.revoke(certificate=certificate, by=cast.organiser, now=timezone.now(), reason="姓名有误")
    assert bit(client, entry) == 1


def test_an_independent_verifier_follows_the_status_list(client: Any, cast: Cast, certificate: Certificate) -> None:
    token = credentials.certificate_jwt(certificate)
    verifier = OB3Verifier(public_pem(client, token))

    def download(url: str) -> bytes:
        return client.get(url.removeprefix(origin())).content

    verifier.verify(token, check_status=True, download=download)
    rules.revoke(certificate=certificate, by=cast.organiser, now=timezone.now(), reason="姓名有误")
    with pytest.raises(OB3VerificationError, match="revocation"):
        verifier.verify(token, check_status=True, download=download)


def test_the_same_certificate_gives_the_same_bytes(cast: Cast, certificate: Certificate) -> None:
    first = credentials.certificate_jwt(certificate)
    rules.reissue(certificate=certificate, by=cast.organiser, now=timezone.now())
    assert credentials.certificate_jwt(Certificate.objects.get(pk=certificate.pk)) == first


def test_offices_that_issued_nothing_are_not_told(client: Any, cast: Cast, certificate: Certificate) -> None:
    assert client.get(f"/credentials/issuers/{cast.school_a.pk}/").status_code == 404
    assert client.get(f"/credentials/status/{certificate.issuer_id}/1999/").status_code == 404
    assert client.get("/credentials/keys/none/").status_code == 404


def test_the_holder_takes_it_by_the_private_link(client: Any, cast: Cast, certificate: Certificate) -> None:
    token = link_token(certificate.registration.person)
    address = f"/my/{token}/certificates/{certificate.pk}.jwt"
    assert verification.look_at(client.get(address).content).certificate == certificate
    rules.revoke(certificate=certificate, by=cast.organiser, now=timezone.now(), reason="姓名有误")
    assert client.get(address).status_code == 404
    assert client.get(f"/my/{'x' * 26}/certificates/{certificate.pk}.jwt").status_code == 404
