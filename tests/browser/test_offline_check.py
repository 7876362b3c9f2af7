"""Sealed QR codes, checked by a phone that has lost its network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import segno

from participants.certificates.facts import CertificateFacts
from participants.certificates.models import Certificate
from participants.certificates.sealed_codes import sealed_content
from tests.cast import make_cast
from tests.participants.certificates.making import make_certificate

pytestmark = pytest.mark.browser


@pytest.fixture
def certificate(committed: None) -> Certificate:
    return make_certificate(make_cast())


def photo(content: str, path: Path) -> Path:
    segno.make(content, error="m", micro=False, boost_error=False).save(str(path), scale=6, border=4)
    return path


def scan(page: Any, content: str, folder: Path, verdict: str) -> None:
    page.set_input_files("[data-offline-photo]", photo(content, folder / f"{verdict}.png"))
    page.wait_for_selector(f"[data-verdict={verdict}]:visible")


def test_a_paper_is_checked_without_a_network(certificate: Certificate, visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit(phone=True)
    page.goto("/verify/offline/")
    page.wait_for_selector("[data-offline-state]:not(:empty)")
    assert page.evaluate("navigator.serviceWorker.getRegistration().then((found) => Boolean(found.active))")
    page.context.set_offline(True)
    page.reload()
    content = sealed_content(CertificateFacts.from_json(certificate.facts), certificate.issuer_id, certificate.year, certificate.serial)
    scan(page, content, tmp_path, "genuine")
    assert page.inner_text("[data-fact=name]") == "欧阳若川"
    assert page.inner_text("[data-fact=number]") == certificate.number
    assert page.inner_text("[data-fact=issuer]") == certificate.issuer.name_zh
    assert page.inner_text("[data-fact=hours]").startswith(certificate.facts["hours"])
    address, _, sealed = content.partition("#")
    scan(page, f"{address}#{sealed[:30]}{'A' if sealed[30] != 'A' else 'B'}{sealed[31:]}", tmp_path, "forged")
    assert not page.is_visible("[data-fact=name]")
    scan(page, f"{address[:-5]}0000/#{sealed}", tmp_path, "forged")
    scan(page, address, tmp_path, "unsealed")
    scan(page, "https://example.org/", tmp_path, "foreign")
