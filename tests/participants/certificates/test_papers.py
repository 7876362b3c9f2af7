"""The four papers as files: one page, real text, readable QR, whatever the data."""

import io
import re
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pyzbar.pyzbar import decode

from exchange.transitions import RuleViolation
from participants.certificates.facts import CertificateFacts, DayFacts
from participants.certificates.layouts import PAPERS
from participants.certificates.rendering import certificate_pdf, fitted, plain_pdf, preview_pdf
from tests.participants.certificates.making import page_count, paper, picture_of, text_of

KINDS = sorted(PAPERS)
NAMES = [
    "王",
    "孙㛃",
    "王䶮",
    "周𬍛",
    "吴𫖯",
    "阿依古丽·买买提",
    "欧阳若川",
    "Jean-Luc O'Neill",
    "一二三四五六七八九十一二三四五六七八九十",
    "阿卜杜热合曼·麦麦提依明·吐尔逊江·买买提",
]
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=file:///etc/passwd>",
    "url(http://127.0.0.1:9/x)",
    "</style><b>x",
    "{{ 7*7 }}{% x %}",
    "&lt;b&gt;&amp;",
    "';--\"",
    "file:///etc/passwd",
    "<link rel=attachment href=/etc/passwd>",
]


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def made(kind: str, **fields: Any) -> bytes:
    return certificate_pdf(fitted(paper(kind, **fields)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_is_one_page_with_everything_on_it(kind: str, tmp_path: Path) -> None:
    pdf = made(kind, name="欧阳若川")
    text = squeezed(text_of(pdf, tmp_path))
    assert page_count(pdf) == 1
    for expected in ("欧阳若川", "津北教交证〔2023〕第0001号", "7K4M-Q2XH-9TBD-0Z3C", "天津市北辰区教育局"):
        assert expected in text
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert str(opened.Root.Lang) == "zh-Hans" and opened.Root.MarkInfo.Marked
        assert str(opened.docinfo["/Title"]).endswith("欧阳若川")


@pytest.mark.parametrize("kind", KINDS)
def test_the_qr_code_leads_to_the_verification_page(kind: str, tmp_path: Path, settings: Any) -> None:
    found = decode(picture_of(made(kind), tmp_path))
    assert [code.data.decode() for code in found] == [f"{settings.SITE_URL}/verify/7K4M-Q2XH-9TBD-0Z3C/"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_copying_the_name_gives_the_name(kind: str, name: str, tmp_path: Path) -> None:
    pdf = made(kind, name=name)
    assert squeezed(name) in squeezed(text_of(pdf, tmp_path))
    assert page_count(pdf) == 1


def test_short_names_come_out_without_any_space(tmp_path: Path) -> None:
    for kind in KINDS:
        assert "欧阳若川" in text_of(made(kind), tmp_path)


@pytest.mark.parametrize("payload", HOSTILE)
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text_is_text(kind: str, payload: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a certificate opened a connection")

    monkeypatch.setattr("socket.socket.connect", refuse)
    pdf = made(kind, name=payload, program=f"活动{payload}", unit=payload, position=payload, award=payload if kind in ("honour", "award") else "")
    text = squeezed(text_of(pdf, tmp_path))
    assert text.count(squeezed(payload)) >= 2
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert list(opened.attachments) == ["certificate.json"]
    assert "root:" not in text and page_count(pdf) == 1


def longest(kind: str) -> CertificateFacts:
    days = tuple(DayFacts(date.fromordinal(date(2023, 2, 1).toordinal() + index), "、".join(["很长的日程标题" * 5] * 4), "出席", "8") for index in range(16))
    return paper(
        kind,
        name="字" * 60,
        unit="单位" * 30,
        position="职务" * 10,
        program="活动名称很长" * 20,
        days=days,
        issuers=("天津市北辰区教育局与合作单位" * 3,),
        ends_on=date(2024, 3, 1),
    )


@pytest.mark.parametrize("kind", ["completion", "award", "hours"])
def test_the_longest_data_still_fit_one_page(kind: str) -> None:
    facts = fitted(longest(kind))
    assert facts.level > 0
    assert page_count(certificate_pdf(facts)) == 1


def test_an_honour_certificate_takes_four_lines_and_refuses_more() -> None:
    assert fitted(paper("honour", program="京津冀活动" * 7)).level == 0
    assert fitted(paper("honour", program="京津冀活动" * 14)).level == 1
    assert fitted(paper("honour", program="京津冀活动" * 22)).level == 2
    with pytest.raises(RuleViolation) as refusal:
        fitted(paper("honour", program="京津冀活动" * 24, work="作品名称" * 10, award="奖" * 20))
    assert (refusal.value.code, refusal.value.params) == ("text_too_long", {"lines": 6})


def test_a_preview_has_a_ring_and_neither_number_nor_code(tmp_path: Path) -> None:
    for kind in KINDS:
        shown = squeezed(text_of(preview_pdf(paper(kind)), tmp_path))
        kept = squeezed(text_of(made(kind), tmp_path))
        assert "签发单位印章" in shown and "第0001号" not in shown and "7K4M" not in shown
        assert "签发单位印章" not in kept


def test_the_same_facts_give_the_same_bytes() -> None:
    facts = fitted(paper("hours"))
    assert certificate_pdf(facts) == certificate_pdf(replace(facts))


def test_only_named_fonts_are_embedded(tmp_path: Path) -> None:
    source = tmp_path / "fonts.pdf"
    source.write_bytes(made("honour", name="孙㛃䶮𬍛𫖯"))
    lines = subprocess.run(["pdffonts", str(source)], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert lines and all("yes yes yes" in line for line in lines)  # embedded, subset, with a map to Unicode
    assert all(any(family in line for family in ("LXGW", "Noto")) for line in lines)


def test_a_pupil_is_addressed_as_one(tmp_path: Path) -> None:
    assert "同学：" in squeezed(text_of(made("award", is_pupil=True), tmp_path))


def test_readers_that_find_glyphs_by_cid_find_them_too() -> None:
    """Ghostscript and Acrobat go by the charset of a CFF font, poppler by glyph numbers: both must find each code of the page, and in one font only."""
    from fontTools.cffLib import CFFFontSet
    from fontTools.ttLib import TTFont

    facts = fitted(paper("hours"))
    for used, content in fonts_of(plain_pdf(facts), "/OpenType"):
        charset = TTFont(io.BytesIO(content))["CFF "].cff.topDictIndex[0].charset
        assert used and [charset[code] for code in used] == [f"cid{code:05d}" for code in used]
    known: list[str] = []
    for used, content in fonts_of(certificate_pdf(facts), "/CIDFontType0C"):
        outlines = CFFFontSet()
        outlines.decompile(io.BytesIO(content), None)
        names = outlines.topDictIndex[0].charset[1:]
        assert used and {f"cid{code:05d}" for code in used} <= set(names)
        known += names
    assert len(known) == len(set(known))  # one map to Unicode serves all fonts of the page


def fonts_of(pdf: bytes, kind: str) -> list[tuple[list[int], bytes]]:
    """The codes that the page shows, and the file, of each CFF font."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        page = opened.pages[0]
        shown: dict[str, set[int]] = {}
        font = ""
        for operands, operator in pikepdf.parse_content_stream(page):
            if str(operator) == "Tf":
                font = str(operands[0])
            elif str(operator) in ("Tj", "TJ"):
                parts = operands[0] if str(operator) == "TJ" else operands
                text = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
                shown.setdefault(font, set()).update(int.from_bytes(text[at : at + 2], "big") for at in range(0, len(text), 2))
        files = {name: entry.DescendantFonts[0].FontDescriptor.get("/FontFile3") for name, entry in page.Resources.Font.items()}
        found = [(sorted(shown[name]), file.read_bytes()) for name, file in files.items() if file is not None and file.Subtype == kind]
    assert len(found) >= 3
    return found
