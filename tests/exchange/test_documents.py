"""HTML → PDF: measuring, merging, and opening nothing but our own files."""

import io
import socket
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pypdf import PdfReader

from exchange import documents, font_subsets

PAGE = '<html lang="zh-Hans"><head><title>名册</title><style>@page {{ size: 100mm 100mm; margin: 0 }} * {{ margin: 0 }}{css}</style></head><body>{body}</body></html>'


def html(body: str, css: str = "") -> str:
    return PAGE.format(body=body, css=css)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_lay_out_measures_boxes_and_lines() -> None:
    page = documents.lay_out(html('<div id="a">a<br>b<br>c</div>', "#a { position: absolute; top: 10mm; font-size: 10mm; line-height: 20mm }"))
    assert page.page_count == 1
    assert page.line_count("a") == 3
    assert page.bottom_mm("a") == pytest.approx(70, abs=0.1)


def test_equal_input_gives_equal_files_which_are_tagged_and_titled() -> None:
    first, second = (documents.render_pdf(html("<h1>名册</h1>"), identifier=b"1") for _ in range(2))
    assert first == second
    with pikepdf.open(io.BytesIO(first)) as pdf:
        assert (str(pdf.docinfo["/Title"]), str(pdf.Root.Lang), bool(pdf.Root.MarkInfo.Marked)) == ("名册", "zh-Hans", True)


def test_merge_keeps_the_order(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.pdf" for number in range(5)]
    for number, path in enumerate(paths):
        path.write_bytes(documents.render_pdf(html(f"<p>page {number}</p>")))
    target = io.BytesIO()
    documents.merge_files(iter(paths), target, title="合并")
    assert [line for line in text_of(target.getvalue()).split() if line.isdigit()] == ["0", "1", "2", "3", "4"]


ATTEMPTS = [
    '<img src="file:///etc/passwd" alt="x">',
    '<img src="http://127.0.0.1:9/x.png" alt="x">',
    '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
    '<link rel="attachment" href="file:///etc/passwd">',
    "<style>@import url(file:///etc/passwd); body { background: url(http://127.0.0.1:9/y.png) }</style>",
    "<style>@font-face { font-family: x; src: url(file:///etc/hostname) } body { font-family: x }</style>",
    '<object data="file:///etc/passwd"></object><iframe src="http://127.0.0.1:9/"></iframe>',
    '<img src="file://{base}/exchange/settings.py" alt="x">',
    '<img src="file://{base}/static/../.env" alt="x">',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/><use href="http://127.0.0.1:9/z.svg#a"/></svg>',
]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_document_opens_nothing_of_strangers(attempt: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a document opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    pdf = documents.render_pdf(html(f"<p>Text</p>{attempt.replace('{base}', str(settings.BASE_DIR))}"))
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert not opened.attachments
        raw = b"".join(bytes(item.read_bytes()) for item in opened.objects if isinstance(item, pikepdf.Stream) and "/Subtype" not in item)
    assert b"root:" not in raw and b"SECRET_KEY" not in raw
    assert "Text" in text_of(pdf)


def test_a_subset_depends_only_on_its_characters() -> None:
    """So that a paper made again later, in another process, is the same file."""
    first = font_subsets.source("LXGW WenKai", False)
    assert first is not None
    alone = first.subset(frozenset(map(ord, "孙㛃")))
    first.subset(frozenset(map(ord, "阿依古丽·买买提的证书")))
    assert first.subset(frozenset(map(ord, "孙㛃"))) == alone
    assert len(alone.content) < 20_000
    assert sorted(alone.glyphs) == sorted("孙㛃") and {glyph.width for glyph in alone.glyphs.values()} == {1000}
    assert font_subsets.source("No Such Family", False) is None


def test_subsets_make_small_files_with_the_same_text() -> None:
    page = html("<h1>学时证明</h1>", 'h1 { font-family: "Noto Serif CJK SC Subset", "Noto Serif CJK SC"; font-weight: 700 }')
    small, large = (documents.lay_out(page, with_subsets=subsets).pdf() for subsets in (True, False))
    assert text_of(small).strip() == text_of(large).strip() == "学时证明"
    assert len(small) * 3 < len(large)
