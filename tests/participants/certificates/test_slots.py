"""Papers by stencil: the same picture as the paper laid out by itself, nobody else's glyphs, and a way back for what does not fit."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.conf import settings
from PIL import Image, ImageChops

from exchange import cff_coarse
from participants.certificates import elastic, masks, slots
from participants.certificates.facts import CertificateFacts
from participants.certificates.layouts import PAPERS
from participants.certificates.rendering import certificate_pdf, fitted, plain_pdf
from tests.participants.certificates.making import page_count, paper, picture_of, text_of

KINDS = sorted(PAPERS)
ROSTER = Path(settings.BASE_DIR) / "tests" / "data" / "roster-study-visit.csv"
CODE = "9H2P-AAWW-0Z3C-7K%02d"


def of_roster(kind: str) -> list[CertificateFacts]:
    """The 68 people of the study visit."""
    with ROSTER.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        paper(
            kind,
            name=row["姓名"],
            unit=row["所在单位"],
            position=row["职务"],
            identity_tail=row["身份证号"][-4:],
            number=f"津北教交证〔2023〕第{number:04d}号",
            code=CODE % number,
        )
        for number, row in enumerate(rows, start=1)
    ]


def difference(first: bytes, second: bytes, tmp_path: Path) -> int:
    """The largest difference of two pages in any pixel, of 255."""
    pictures: list[Image.Image] = [picture_of(pdf, tmp_path, dpi=100).convert("RGB") for pdf in (first, second)]
    assert pictures[0].size == pictures[1].size
    return max(high for _, high in ImageChops.difference(*pictures).getextrema())


@pytest.fixture
def fine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Outlines as the fonts have them, so that pictures differ in nothing else."""

    def refuse(*arguments: Any) -> None:
        raise cff_coarse.Unknown

    forget()
    monkeypatch.setattr("exchange.cff_bare.on_grid", refuse)
    yield
    forget()


def forget() -> None:
    for kept in (slots.laid_stencil, slots.pattern_of, elastic.laid, elastic.with_lines, elastic.with_lines_for):
        kept.cache_clear()


def test_the_coarser_grid_moves_no_edge_that_anybody_sees(tmp_path: Path) -> None:
    for kind in KINDS:
        facts = fitted(paper(kind))
        ours, plain = (picture_of(pdf, tmp_path).convert("L") for pdf in (certificate_pdf(facts), plain_pdf(facts)))
        found = ImageChops.difference(ours, plain).histogram()
        assert sum(found[48:]) == 0 and sum(found[16:]) < 2000  # of 2.2 million pixels: a fifth of a shade at the edges of the title


def check_equal(facts: CertificateFacts, tmp_path: Path) -> None:
    facts = fitted(facts)
    quick = slots.pdf_of(facts)
    assert quick is not None, facts.name
    plain = plain_pdf(facts)
    assert difference(quick, plain, tmp_path) <= 2, facts.name
    assert text_of(quick, tmp_path).split() == text_of(plain, tmp_path).split()


@pytest.mark.slow
@pytest.mark.one_database
@pytest.mark.parametrize("kind", KINDS)
def test_both_ways_give_the_same_picture_for_the_whole_roster(kind: str, tmp_path: Path, fine: None) -> None:
    people = of_roster(kind)
    assert len(people) == 68
    for facts in people:
        check_equal(facts, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_both_ways_give_the_same_picture(kind: str, tmp_path: Path, fine: None) -> None:
    different = {len(facts.name): facts for facts in of_roster(kind)}
    for facts in different.values():
        check_equal(facts, tmp_path)
    check_equal(paper(kind, name="王", work="校园的一天", award="一等奖", identity_tail="907X"), tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_has_no_glyph_of_anybody_else(kind: str) -> None:
    first, second = (fitted(facts) for facts in of_roster(kind)[:2])
    slots.pdf_of(first)
    content = slots.pdf_of(second)
    assert content is not None and first.name == "陈望舟"
    shown = "".join(unicode_maps(content))
    assert not set("陈望舟") & set(shown) and "㛃" in shown
    assert not set(slots.markers()) & set(shown)


def unicode_maps(content: bytes) -> list[str]:
    """The characters that the fonts of a file have, in the arrays of their Unicode maps."""
    with pikepdf.open(io.BytesIO(content)) as opened:
        maps = [font.ToUnicode.read_bytes().decode() for font in opened.pages[0].Resources.Font.values()]
    arrays = [array for unicode_map in maps for array in re.findall(r"\[([^\]]*)\]", unicode_map)]
    return [bytes.fromhex(code).decode("utf-16-be") for array in arrays for code in re.findall("<([0-9a-f]+)>", array)]


@pytest.mark.parametrize("kind", KINDS)
def test_title_number_tags_and_language_are_the_persons_own(kind: str) -> None:
    facts = fitted(of_roster(kind)[1])
    content = certificate_pdf(facts)
    assert page_count(content) == 1 and len(content) < 40_000
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert str(opened.docinfo["/Title"]).endswith("孙㛃")
        assert str(opened.docinfo["/Keywords"]) == facts.number
        assert str(opened.Root.Lang) == "zh-Hans" and opened.Root.MarkInfo.Marked and "/StructTreeRoot" in opened.Root
        packet = opened.Root.Metadata.read_bytes().decode()
        assert "孙㛃" in packet and facts.number in packet
        alternatives = [str(item["/Alt"]) for item in opened.objects if isinstance(item, pikepdf.Dictionary) and "/Alt" in item]
        assert alternatives == [f"扫码核验 {facts.code}"]


@pytest.mark.parametrize("name", ["刘𰻝𰻝", "Jean-Luc", "王é", "व्यक्ति", "李々花"])
def test_names_that_no_slot_takes_are_laid_out_by_themselves(name: str, tmp_path: Path, fine: None) -> None:
    facts = fitted(paper("honour", name=name))
    assert page_count(certificate_pdf(facts)) == 1
    slow = slots.pdf_of(facts)
    assert slow is None or difference(slow, plain_pdf(facts), tmp_path) <= 2


def test_a_title_that_uses_a_marker_gets_no_stencil() -> None:
    marker = slots.markers()[0]
    facts = fitted(paper("honour", program=f"{marker}的活动"))
    assert slots.pdf_of(facts) is None


def test_the_stencil_of_a_wide_number_is_another_one() -> None:
    facts = fitted(paper("completion"))
    wide = replace(facts, number="津北教交证〔2023〕第10001号")
    assert slots.shape(wide) != slots.shape(facts)
    assert slots.pdf_of(wide) is not None


def test_the_same_facts_give_the_same_bytes_whatever_came_before() -> None:
    facts = fitted(paper("hours", name="孙㛃"))
    first = certificate_pdf(facts)
    slots.laid_stencil.cache_clear()
    slots.pattern_of.cache_clear()
    certificate_pdf(fitted(paper("completion", name="阿依古丽·买买提")))
    assert certificate_pdf(facts) == first


def test_the_mask_of_a_qr_code_is_the_one_that_the_standard_chooses() -> None:
    for number in range(60):
        address = f"https://exchange.example/verify/{number:04d}-Q2XH-9TBD-0Z3C/{'x' * number}"
        assert masks.best_rows(address) == masks.encode(address)
