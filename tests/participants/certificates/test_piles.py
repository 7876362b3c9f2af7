"""The file to print and the list to hand out by, in the order of the reader's choice: page, API and command."""

import io
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from participants.certificates import batches, bundles
from participants.certificates.models import Certificate, CertificateBatch
from tests.cast import Cast
from tests.participants.certificates.making import make_finished, make_participant

ROSTER = ["单小明", "欧阳若川", "王䶮", "李安", "仇和", "陈望舟"]
ORDERS = {
    "roster": ROSTER,
    "unit": ["单小明", "王䶮", "仇和", "欧阳若川", "李安", "陈望舟"],
    "strokes": ["王䶮", "仇和", "李安", "陈望舟", "欧阳若川", "单小明"],
    "pinyin": ["陈望舟", "李安", "欧阳若川", "仇和", "单小明", "王䶮"],
}


@pytest.fixture
def batch(cast: Cast) -> CertificateBatch:
    program = make_finished(cast, days=1)
    for index, name in enumerate(ROSTER):
        make_participant(cast, program, name, school=[cast.school_a, cast.school_b][index % 2])
    batch = batches.create_batch(program=program, by=cast.organiser, now=timezone.now(), in_background=False)
    return batches.run(batch.pk, timezone.now)


def names_in(content: bytes, folder: Path) -> list[str]:
    """In the order in which poppler reads them."""
    (folder / "pile.pdf").write_bytes(content)
    text = subprocess.run(["pdftotext", "-raw", str(folder / "pile.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    return sorted((name for name in ROSTER if name in text), key=text.index)


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize("order", sorted(ORDERS))
def test_pages_print_and_list_in_the_same_order(cast: Cast, batch: CertificateBatch, client: Client, order: str, tmp_path: Path) -> None:
    client.force_login(cast.organiser)
    for what, pages in (("print", 6), ("list", 1)):
        answer = client.get(f"/desk/programs/{batch.program_id}/certificates/{what}/?order={order}")
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        content = body(answer)
        assert len(PdfReader(io.BytesIO(content)).pages) == pages
        assert names_in(content, tmp_path) == ORDERS[order]


def test_the_api_prints_and_lists_and_names_a_wrong_order(cast: Cast, batch: CertificateBatch, client: Client, tmp_path: Path) -> None:
    client.force_login(cast.organiser)
    for what in ("print", "list"):
        assert names_in(body(client.get(f"/api/v1/certificate-batches/{batch.pk}/{what}/?order=strokes")), tmp_path) == ORDERS["strokes"]
        answer = client.get(f"/api/v1/certificate-batches/{batch.pk}/{what}/?order=zodiac")
        assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == "order"


def test_a_list_has_only_papers_that_the_reader_may_see(cast: Cast, batch: CertificateBatch, client: Client, tmp_path: Path) -> None:
    client.force_login(cast.outsider)
    assert client.get(f"/desk/programs/{batch.program_id}/certificates/list/").status_code in (302, 404)
    assert client.get(f"/api/v1/certificate-batches/{batch.pk}/list/").status_code == 404
    client.force_login(cast.coordinator_a)
    answer = client.get(f"/desk/programs/{batch.program_id}/certificates/list/")
    assert names_in(body(answer), tmp_path) == ["单小明", "王䶮", "仇和"]


def test_the_list_says_number_name_and_unit(batch: CertificateBatch, tmp_path: Path) -> None:
    with bundles.list_file(Certificate.objects.all(), "学访", "strokes") as file:
        (tmp_path / "list.pdf").write_bytes(file.read())
    text = subprocess.run(["pdftotext", "-layout", str(tmp_path / "list.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    first = next(line.split() for line in text.splitlines() if "王䶮" in line)
    certificate = Certificate.objects.get(holder_name="王䶮")
    assert first == ["1", "王䶮", certificate.facts["unit"], certificate.number]
    assert "证书发放清单" in text and "按姓氏笔画" in text and "领取人签字" in text


def test_the_command_writes_both(batch: CertificateBatch, tmp_path: Path) -> None:
    for option in ([], ["--list"]):
        target = tmp_path / "out.pdf"
        call_command("print_certificates", str(batch.program_id), str(target), "--order", "pinyin", *option)
        assert names_in(target.read_bytes(), tmp_path) == ORDERS["pinyin"]
    with pytest.raises(CommandError, match="no program"):
        call_command("print_certificates", "999999", str(tmp_path / "none.pdf"))


def test_the_page_offers_the_orders(cast: Cast, batch: CertificateBatch, client: Client) -> None:
    client.force_login(cast.organiser)
    page = client.get(f"/desk/programs/{batch.program_id}/certificates/").content.decode()
    assert all(f'<option value="{order}">' in page for order in ORDERS) and "按姓氏笔画" in page
