"""Two ways of making a certificate that the project is compared with: drawn by reportlab, and written by pydyf with all that is common given."""

import functools
import io
import subprocess
from typing import Any

import pikepdf
import pydyf
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from exchange import font_subsets
from participants.certificates import symbols
from participants.certificates.codes import verify_url
from participants.certificates.facts import CertificateFacts
from participants.certificates.hours_table import rows_of
from participants.certificates.phrases import plain
from participants.certificates.typesetting import formal_date
from participants.certificates.wording import chinese_values, texts_of, titles_of

KAI = "LXGW WenKai"  # reportlab embeds TrueType outlines only


@functools.cache
def kai() -> str:
    """The font, read once for all documents."""
    asked = ["fc-match", "--format", "%{file}", f"{KAI}:style=Regular"]
    pdfmetrics.registerFont(TTFont("Kai", subprocess.run(asked, capture_output=True, text=True, check=True).stdout))
    return "Kai"


def reportlab_pdf(facts: CertificateFacts) -> bytes:
    """The same text, border, table and QR code."""
    out = io.BytesIO()
    size = A4 if facts.paper in ("completion", "hours") else landscape(A4)
    canvas = Canvas(out, pagesize=size, pageCompression=1)
    title = titles_of(facts)[0]
    canvas.setTitle(f"{title} · {facts.name}")
    border(canvas, size)
    lines_of_text(canvas, facts, title, size)
    if facts.paper == "hours":
        table(canvas, facts, size)
    qr(canvas, facts)
    canvas.save()
    return out.getvalue()


def border(canvas: Any, size: tuple[float, float]) -> None:
    for inset, width in ((14, 0.9), (16.7, 0.2)):
        canvas.setLineWidth(width * mm)
        canvas.rect(inset * mm, inset * mm, size[0] - 2 * inset * mm, size[1] - 2 * inset * mm)


def lines_of_text(canvas: Any, facts: CertificateFacts, title: str, size: tuple[float, float]) -> None:
    width, height = size
    canvas.setFont(kai(), 40)
    canvas.drawCentredString(width / 2, height - 70 * mm, title)
    canvas.setFont(kai(), 10)
    canvas.drawCentredString(width / 2, height - 78 * mm, facts.number)
    canvas.drawString(60 * mm, 36 * mm, f"扫码或输入核验码 {facts.code}")
    canvas.setFont(kai(), 14)
    texts, values = texts_of(facts), chinese_values(facts)
    words = f"{facts.name}：{plain(texts.main, values)}{plain(texts.closing, values)}"
    for index in range(0, len(words), 30):
        canvas.drawString(30 * mm, height - 92 * mm - index / 30 * 9 * mm, words[index : index + 30])
    canvas.drawRightString(width - 36 * mm, 50 * mm, facts.issuer)
    canvas.drawRightString(width - 36 * mm, 42 * mm, formal_date(facts.issued_on))


def table(canvas: Any, facts: CertificateFacts, size: tuple[float, float]) -> None:
    canvas.setFont(kai(), 11)
    for index, row in enumerate(rows_of(facts)):
        y = size[1] - 130 * mm - index * 10 * mm
        canvas.line(25 * mm, y - 3 * mm, size[0] - 25 * mm, y - 3 * mm)
        for x, text in zip((28, 60, 140, 175), (row.when, row.titles, row.state, row.hours), strict=True):
            canvas.drawString(x * mm, y, text)


def qr(canvas: Any, facts: CertificateFacts) -> None:
    widget = QrCodeWidget(verify_url(facts.code), barLevel="M")
    left, bottom, right, top = widget.getBounds()
    drawing = Drawing(20 * mm, 20 * mm, transform=[20 * mm / (right - left), 0, 0, 20 * mm / (top - bottom), 0, 0])
    drawing.add(widget)
    renderPDF.draw(drawing, canvas, 36 * mm, 33 * mm)


class Limit:
    """Raw pydyf with everything that is common given, and what each person needs made: a font, a QR code, a page, a file."""

    def __init__(self, example: bytes) -> None:
        with pikepdf.open(io.BytesIO(example)) as opened:
            page = opened.pages[0]
            page.contents_coalesce()
            self.content = page.Contents.read_bytes()
            files = [font.DescendantFonts[0].FontDescriptor for font in page.Resources.Font.values()]
            self.fonts = [bytes(file.get("/FontFile3", file.get("/FontFile2")).read_bytes()) for file in files]

    def __call__(self, facts: CertificateFacts) -> bytes:
        font = font_subsets.source(KAI, False)
        assert font is not None
        own = font.embeddable(frozenset(map(ord, facts.name + facts.unit + facts.position))).content
        pdf = pydyf.PDF()
        for file in (*self.fonts, own):
            pdf.add_object(pydyf.Stream([file], compress=True))
        content = pydyf.Stream([self.content, symbols.pdf_path(facts.code)], compress=True)
        pdf.add_object(content)
        media = pydyf.Array([0, 0, 595, 842])
        pdf.add_page(pydyf.Dictionary({"Type": "/Page", "Parent": pdf.pages.reference, "Contents": content.reference, "MediaBox": media}))
        out = io.BytesIO()
        pdf.write(out, version=b"1.7", compress=True)
        return out.getvalue()
