"""Signed files: accepted by poppler's pdfsig, rejected with one byte changed, and found again by their signature."""

import io
import subprocess
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from participants.certificates import files, rules, signatures, verification
from participants.certificates.rendering import certificate_pdf, fitted, plain_pdf
from tests.cast import Cast
from tests.participants.certificates.making import make_certificate, paper, text_of
from tests.participants.certificates.test_commands import run


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys") / "new"
    call_command("make_signing_key", folder, "--password", "北辰", stdout=io.StringIO())
    return folder


@pytest.fixture
def key(keys: Path, settings: Any) -> Path:
    settings.CERTIFICATE_SIGNING_KEY, settings.CERTIFICATE_SIGNING_PASSWORD = str(keys / "signing.p12"), "北辰"
    return keys


def pdfsig(content: bytes, tmp_path: Path) -> str:
    source = tmp_path / "signed.pdf"
    source.write_bytes(content)
    return subprocess.run(["pdfsig", "-nocert", str(source)], capture_output=True, text=True, check=False).stdout


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_a_key_is_made_once_and_locked(keys: Path) -> None:
    assert (keys / "signing.p12").stat().st_mode & 0o077 == 0
    assert (keys / "authority.pem").read_text().startswith("-----BEGIN CERTIFICATE-----")
    with pytest.raises(CommandError):
        call_command("make_signing_key", keys)


def test_pdfsig_accepts_the_signature_and_rejects_a_flipped_byte(key: Path, tmp_path: Path) -> None:
    content = signatures.signed(certificate_pdf(fitted(paper("honour"))))
    assert "Signature is Valid" in pdfsig(content, tmp_path) and "Total document signed" in pdfsig(content, tmp_path)
    assert "Digest Mismatch" in pdfsig(flipped(content, 3000), tmp_path)
    assert "欧阳若川" in text_of(content, tmp_path)


def test_our_own_check_says_the_same(key: Path) -> None:
    content = signatures.signed(certificate_pdf(fitted(paper("honour"))))
    assert signatures.check(content).holds
    for altered in (flipped(content, 100), flipped(content, 3000), flipped(content, len(content) - 300), content + b"\n%more"):
        assert not signatures.check(altered).holds
    for stranger in (b"", b"%PDF-1.7", content[:5000], b"<html>", certificate_pdf(fitted(paper("honour")))):
        assert not signatures.check(stranger).holds


def test_a_signature_of_somebody_else_is_not_ours(key: Path, tmp_path: Path, settings: Any) -> None:
    call_command("make_signing_key", tmp_path / "other", "--password", "x", stdout=io.StringIO())
    ours = settings.CERTIFICATE_SIGNING_KEY
    settings.CERTIFICATE_SIGNING_KEY, settings.CERTIFICATE_SIGNING_PASSWORD = str(tmp_path / "other" / "signing.p12"), "x"
    content = signatures.signed(certificate_pdf(fitted(paper("honour"))))
    settings.CERTIFICATE_SIGNING_KEY, settings.CERTIFICATE_SIGNING_PASSWORD = ours, "北辰"
    found = signatures.check(content)
    assert (found.is_signed, found.is_intact, found.is_ours) == (True, True, False)


def test_without_a_key_files_are_not_signed() -> None:
    content = certificate_pdf(fitted(paper("honour")))
    assert signatures.signed(content) == content and not signatures.check(content).is_signed


@pytest.mark.parametrize("make", [certificate_pdf, plain_pdf])
def test_the_facts_are_attached_once_and_the_file_claims_pdf_a(make: Any) -> None:
    with pikepdf.open(io.BytesIO(make(fitted(paper("completion"))))) as opened:
        assert len(opened.Root.AF) == 1 and list(opened.attachments) == ["certificate.json"]
        attached = opened.attachments["certificate.json"].get_file()
        assert '"name":"欧阳若川"' in attached.read_bytes().decode() and '"identity_tail"' not in attached.read_bytes().decode()
        assert opened.Root.OutputIntents[0].S == pikepdf.Name.GTS_PDFA1
        packet = opened.Root.Metadata.read_bytes().decode()
        assert 'pdfaid:part="3"' in packet and 'pdfaid:conformance="A"' in packet and 'pdfuaid:part="1"' in packet


@pytest.mark.django_db
def test_an_earlier_print_is_known_by_its_signature(cast: Cast, key: Path, tmp_path: Path) -> None:
    certificate = make_certificate(cast)
    first = files.read(certificate)
    assert (verification.look_at(first).kind, verification.look_at(first).signature.holds) == ("issued", True)
    rules.reissue(certificate=certificate, by=cast.organiser, now=timezone.now())
    certificate.refresh_from_db()
    verification.Certificate.objects.filter(pk=certificate.pk).update(pdf_sha256="-")  # as if the signing time had made another file
    certificate.former_files.all().delete()
    found = verification.look_at(first)
    assert (found.kind, found.certificate) == ("signed", certificate)
    source = tmp_path / "first.pdf"
    source.write_bytes(first)
    status, words = run("verify_certificate", source)
    assert status == 0 and "signature: intact, by 京津冀教育交流 证书签章" in words and "earlier print" in words
    source.write_bytes(flipped(first, 3000))
    status, words = run("verify_certificate", source)
    assert status == 3 and "signature: broken" in words


@pytest.mark.django_db
def test_copies_from_before_there_was_a_key_stay_genuine(cast: Cast, client: Client, keys: Path, settings: Any, tmp_path: Path) -> None:
    certificate = make_certificate(cast)
    first = files.read(certificate)
    rules.reissue(certificate=certificate, by=cast.organiser, now=timezone.now())
    assert (verification.look_at(first).kind, certificate.former_files.count()) == ("issued", 0)
    settings.CERTIFICATE_SIGNING_KEY, settings.CERTIFICATE_SIGNING_PASSWORD = str(keys / "signing.p12"), "北辰"
    rules.reissue(certificate=certificate, by=cast.organiser, now=timezone.now())
    assert verification.look_at(first).kind == "former" and verification.look_at(flipped(first, 3000)).kind == "unknown"
    shown = client.post("/verify/", {"file": SimpleUploadedFile("证书.pdf", first, "application/pdf")}).content.decode()
    assert "证书真实有效" in shown and "文件是较早打印的一版，内容没有改动" in shown
    source = tmp_path / "first.pdf"
    source.write_bytes(first)
    assert run("verify_certificate", source)[0] == 0


@pytest.mark.django_db
def test_a_file_is_checked_on_the_page(cast: Cast, client: Client) -> None:
    certificate = make_certificate(cast)
    content = files.read(certificate)

    def upload(data: bytes) -> Any:
        return client.post("/verify/", {"file": SimpleUploadedFile("证书.pdf", data, "application/pdf")})

    genuine = upload(content).content.decode()
    assert "证书真实有效" in genuine and "文件与签发时一致" in genuine and "欧阳若川" not in genuine
    altered = upload(flipped(content, 3000))
    assert altered.status_code == 200 and "文件与签发时不一致" in altered.content.decode() and certificate.number not in altered.content.decode()
    assert "文件与签发时不一致" in upload(b"").content.decode() and "文件与签发时不一致" in upload(b"\x00" * 10).content.decode()
    assert upload(b"x" * (verification.LARGEST_FILE + 1)).status_code == 422
    assert client.post("/verify/", {}).status_code == client.post("/verify/", {"file": "text"}).status_code == 422
    rules.revoke(certificate=certificate, by=cast.organiser, now=timezone.now(), reason="误发")
    assert "证书已撤销" in upload(content).content.decode()


@pytest.mark.slow
@pytest.mark.django_db
def test_ten_thousand_guesses_find_nothing_and_are_stopped(cast: Cast, client: Client) -> None:
    """From one address; after the first minute's share the answers cost no query."""
    make_certificate(cast)
    started = timezone.now()
    statuses = [client.get(f"/verify/{number:04X}-Q2XH-9TBD-0Z3C/").status_code for number in range(10_000)]
    assert set(statuses) == {404, 429}
    minutes = (timezone.now() - started).total_seconds() // 60 + 2
    assert statuses.count(404) <= 60 * minutes
