"""The file to print and the list to hand out by, in the order of the reader's choice: page, API and command."""

import hashlib
import io
import re
import subprocess
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from participants.certificates import award_batches, batches, bundles, contact_sheets, files
from participants.certificates.models import Certificate, CertificateBatch
from tests.cast import Cast
from tests.participants.certificates.making import make_finished, make_participant
from tests.participants.certificates.results import make_award, make_contest

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
    for what, pages in (("print", 6), ("list", 1), ("contacts", 1)):
        answer = client.get(f"/desk/programs/{batch.program_id}/certificates/{what}/?order={order}")
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        content = body(answer)
        assert len(PdfReader(io.BytesIO(content)).pages) == pages
        assert names_in(content, tmp_path) == ORDERS[order]


def test_the_api_prints_and_lists_and_names_a_wrong_order(cast: Cast, batch: CertificateBatch, client: Client, tmp_path: Path) -> None:
    client.force_login(cast.organiser)
    for what in ("print", "list", "contacts"):
        assert names_in(body(client.get(f"/api/v1/certificate-batches/{batch.pk}/{what}/?order=strokes")), tmp_path) == ORDERS["strokes"]
        answer = client.get(f"/api/v1/certificate-batches/{batch.pk}/{what}/?order=zodiac")
        assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == "order"


def test_a_list_has_only_papers_that_the_reader_may_see(cast: Cast, batch: CertificateBatch, client: Client, tmp_path: Path) -> None:
    client.force_login(cast.outsider)
    for what in ("list", "contacts"):
        assert client.get(f"/desk/programs/{batch.program_id}/certificates/{what}/").status_code in (302, 404)
        assert client.get(f"/api/v1/certificate-batches/{batch.pk}/{what}/").status_code == 404
    client.force_login(cast.coordinator_a)
    for what in ("list", "contacts"):
        answer = client.get(f"/desk/programs/{batch.program_id}/certificates/{what}/")
        assert names_in(body(answer), tmp_path) == ["单小明", "王䶮", "仇和"]


def test_the_list_says_number_name_and_unit(batch: CertificateBatch, tmp_path: Path) -> None:
    with bundles.list_file(Certificate.objects.all(), "学访", "strokes") as file:
        (tmp_path / "list.pdf").write_bytes(file.read())
    text = subprocess.run(["pdftotext", "-layout", str(tmp_path / "list.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    first = next(line.split() for line in text.splitlines() if "王䶮" in line)
    certificate = Certificate.objects.get(holder_name="王䶮")
    assert first == ["1", "王䶮", certificate.facts["unit"], certificate.number]
    assert "证书发放清单" in text and "按姓氏笔画" in text and "领取人签字" in text


def words_at(content: bytes, folder: Path) -> list[tuple[str, float, float]]:
    """(word, x, y) as poppler finds them, on all pages."""
    (folder / "sheet.pdf").write_bytes(content)
    html = subprocess.run(["pdftotext", "-bbox", str(folder / "sheet.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    found = re.findall(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="[\d.]+" yMax="[\d.]+">([^<]*)</word>', html)
    return [(word, float(x), float(y)) for x, y, word in found]


def test_a_contact_sheet_has_each_paper_above_its_name(batch: CertificateBatch, tmp_path: Path) -> None:
    with contact_sheets.contact_sheet(Certificate.objects.all(), "学访", "pinyin") as file:
        content = file.read()
    words = words_at(content, tmp_path)
    for row in Certificate.objects.all():
        below = max(((x, y) for word, x, y in words if word == row.number), key=lambda found: found[1])  # the paper says it, too
        printed = next((x, y) for word, x, y in words if row.code in word)
        assert -70 < printed[0] - below[0] < 60 and 10 < below[1] - printed[1] < 100, row.holder_name  # the code is in the paper's lower part
        assert any(word == row.facts["unit"] and abs(y - below[1]) < 12 for word, x, y in words)
    opened = pikepdf.open(io.BytesIO(content))
    streams = [hashlib.sha256(one.read_raw_bytes()).digest() for one in opened.objects if isinstance(one, pikepdf.Stream) and len(one.read_raw_bytes()) > 2000]
    assert len(streams) == len(set(streams)) and len(content) < sum(len(files.read(row)) for row in Certificate.objects.all())


def test_wide_papers_stand_fifteen_to_a_page(cast: Cast) -> None:
    program = make_contest(cast)
    for index in range(16):
        make_award(cast, program, name=f"阎小{'甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳'[index]}")
    made = award_batches.create_batch(program=program, by=cast.organiser, now=timezone.now(), in_background=False)
    batches.run(made.pk, timezone.now)
    with contact_sheets.contact_sheet(Certificate.objects.all(), "书画展") as file:
        assert len(PdfReader(file).pages) == 2


def test_the_command_writes_each(batch: CertificateBatch, tmp_path: Path) -> None:
    for option in ([], ["--list"], ["--contacts"]):
        target = tmp_path / "out.pdf"
        call_command("print_certificates", str(batch.program_id), str(target), "--order", "pinyin", *option)
        assert names_in(target.read_bytes(), tmp_path) == ORDERS["pinyin"]
    with pytest.raises(CommandError, match="no program"):
        call_command("print_certificates", "999999", str(tmp_path / "none.pdf"))


def test_the_page_offers_the_orders(cast: Cast, batch: CertificateBatch, client: Client) -> None:
    client.force_login(cast.organiser)
    page = client.get(f"/desk/programs/{batch.program_id}/certificates/").content.decode()
    assert all(f'<option value="{order}">' in page for order in ORDERS) and "按姓氏笔画" in page
