"""A pile is a PDF that every reader opens, with each page as it was."""

import io
import subprocess
from pathlib import Path

import pikepdf
from pypdf import PdfReader

from exchange.pdf_piles import Pile


def make_pdf(words: str, pages: int = 2) -> io.BytesIO:
    """Pages that inherit their size and share a font, with all that makes copying hard: strings like references, cycles, annotations."""
    made = pikepdf.new()
    font = made.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name("/Helvetica")))
    font.Note = pikepdf.String("5 0 R (not a reference)")
    font["/A name#"] = pikepdf.Array([True, 1.5, -2, None, pikepdf.String("中\\("), font])
    for number in range(pages):
        page = made.add_blank_page(page_size=(200, 100))
        page.obj.Contents = made.make_stream(b"BT /F 20 Tf 10 50 Td (%s %d) Tj ET" % (words.encode(), number))
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
        page.obj.Annots = pikepdf.Array([made.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Annot, P=page.obj))])
    tree = made.Root.Pages
    tree.MediaBox = pikepdf.Array([0, 0, 200, 100])
    for page in made.pages:
        del page.obj["/MediaBox"]
    out = io.BytesIO()
    made.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out


def test_a_pile_keeps_pages_fonts_sizes_and_order(tmp_path: Path) -> None:
    target = io.BytesIO()
    pile = Pile(target, "合并")
    for words in ("first", "second", "third"):
        pile.add(make_pdf(words))
    pile.finish()
    read = PdfReader(io.BytesIO(target.getvalue()))
    assert [page.extract_text() for page in read.pages] == [f"{words} {number}" for words in ("first", "second", "third") for number in range(2)]
    assert {tuple(map(float, page.mediabox)) for page in read.pages} == {(0, 0, 200, 100)}
    with pikepdf.open(io.BytesIO(target.getvalue())) as opened:
        assert opened.check_pdf_syntax() == [] and str(opened.docinfo.Title) == "合并"
        fonts = {page.obj.Resources.Font.F.objgen for page in opened.pages}
        font = opened.pages[0].obj.Resources.Font.F
        assert len(fonts) == 3 and not any("/Annots" in page.obj for page in opened.pages)  # one a file, shared by its pages
        assert str(font.Note) == "5 0 R (not a reference)"
        assert (font["/A name#"][4], font["/A name#"][5].objgen) == (pikepdf.String("中\\("), font.objgen)
    (tmp_path / "pile.pdf").write_bytes(target.getvalue())
    checked = subprocess.run(["pdfinfo", str(tmp_path / "pile.pdf")], capture_output=True, text=True, check=True)
    assert "Pages:           6" in checked.stdout and not checked.stderr


def test_an_empty_pile_is_a_document_without_pages() -> None:
    target = io.BytesIO()
    Pile(target).finish()
    with pikepdf.open(target) as opened:
        assert len(opened.pages) == 0
