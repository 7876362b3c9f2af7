"""A contact sheet of a pile: the papers themselves, small, with place, name, unit and number below each.

The page of each file is drawn as it is, scaled down, so it stays sharp however far one zooms in. What the files share, fonts and
pictures, is kept once for some pages, and those are written away before the next are begun.
"""

import contextlib
import hashlib
import io
import itertools
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO, Any

from django.template.loader import render_to_string

from exchange.documents import lay_out
from exchange.pdf_piles import Pile
from participants.certificates import files
from participants.certificates.bundles import Order, in_order
from participants.certificates.models import Certificate

PT_PER_MM = 72 / 25.4
PAGES_AT_ONCE = 8


@dataclass(frozen=True)
class Grid:
    """Where the papers stand on a page of A4; millimetres from its upper left corner."""

    columns: int
    rows: int
    paper_width: float  # the box into which a paper is scaled
    paper_height: float
    page_width: float = 210
    page_height: float = 297
    left: float = 12
    top: float = 21
    gap: float = 6
    caption_height: float = 14

    @property
    def cell_width(self) -> float:
        return (self.width + self.gap) / self.columns - self.gap

    @property
    def width(self) -> float:
        return self.page_width - 2 * self.left

    @property
    def papers(self) -> int:
        return self.columns * self.rows

    def corner(self, place: int) -> tuple[float, float]:
        """The upper left corner of a cell."""
        row, column = divmod(place, self.columns)
        return self.left + column * (self.cell_width + self.gap), self.top + row * (self.paper_height + self.caption_height + 3)


UPRIGHT, WIDE = Grid(4, 4, 36, 51), Grid(3, 5, 54, 38)


def contact_sheet(certificates: Any, title: str, order: str = Order.ROSTER) -> IO[bytes]:
    """As one PDF, in a temporary file that goes away when it is closed."""
    rows, total = in_order(certificates, order), certificates.count()
    first = next(rows, None)
    grid = grid_for(first)
    numbered = enumerate(itertools.chain([first] if first else [], rows), start=1)
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    pile = Pile(target, title)
    while chunk := list(itertools.islice(numbered, grid.papers * PAGES_AT_ONCE)):
        with tempfile.TemporaryFile() as part:
            draw(chunk, grid, part, {"title": title, "order": Order(order).label, "total": total, "grid": grid})
            pile.add(part)
    pile.finish()
    target.seek(0)
    return target


def grid_for(certificate: Certificate | None) -> Grid:
    """Papers of a pile mostly have one format; those of the other are scaled to fit."""
    import pikepdf

    if certificate is None:
        return UPRIGHT
    with pikepdf.open(files.ensure(certificate)) as opened:
        left, bottom, right, top = map(float, opened.pages[0].mediabox)
    return WIDE if right - left > top - bottom else UPRIGHT


def draw(chunk: Sequence[tuple[int, Certificate]], grid: Grid, target: Any, words: dict[str, Any]) -> None:
    """Some pages: the captions are laid out, then the papers are put above them."""
    import pikepdf

    pages = [chunk[start : start + grid.papers] for start in range(0, len(chunk), grid.papers)]
    html = render_to_string("certificates/contact_sheet.html", words | {"pages": [captions(page, grid) for page in pages]})
    with contextlib.ExitStack() as stack:  # a source must stay open until its pages are written
        sheet = stack.enter_context(pikepdf.open(io.BytesIO(lay_out(html, identifier=b"contact-sheet", with_subsets=True).pdf())))
        kept = Kept()
        for page, rows in zip(sheet.pages, pages, strict=True):
            page.contents_add(b"q", prepend=True)  # the captions are written in a coordinate system of their own
            page.contents_add(b"Q")
            for place, (_number, certificate) in enumerate(rows):
                source = stack.enter_context(pikepdf.open(files.ensure(certificate)))
                put(page, kept.once(sheet.copy_foreign(source.pages[0].as_form_xobject())), grid, place)
        sheet.save(target)


def captions(rows: Iterable[tuple[int, Certificate]], grid: Grid) -> dict[str, Any]:
    cells = []
    for place, (number, certificate) in enumerate(rows):
        left, top = grid.corner(place)
        cells.append({"place": number, "row": certificate, "left": round(left, 2), "caption": round(top + grid.paper_height + 1.5, 2)})
    return {"first": cells[0]["place"], "last": cells[-1]["place"], "cells": cells}


def put(page: Any, paper: Any, grid: Grid, place: int) -> None:
    """Draw a paper in its cell with a hairline around it; for screen readers it is decoration, the caption says what it is."""
    import pikepdf

    left, bottom, right, top = map(float, paper.BBox)
    scale = min(grid.paper_width * PT_PER_MM / (right - left), grid.paper_height * PT_PER_MM / (top - bottom))
    width, height = (right - left) * scale, (top - bottom) * scale
    x, y = grid.corner(place)
    x = (x + grid.cell_width / 2) * PT_PER_MM - width / 2
    y = (grid.page_height - y - grid.paper_height) * PT_PER_MM
    name = page.add_resource(paper, pikepdf.Name.XObject)
    drawn = f"/Artifact BMC q {scale:.5f} 0 0 {scale:.5f} {x - left * scale:.3f} {y - bottom * scale:.3f} cm {name} Do Q"
    page.contents_add(f"{drawn} q 0.6 G 0.4 w {x:.3f} {y:.3f} {width:.3f} {height:.3f} re S Q EMC".encode())


class Kept:
    """Streams that are the same in several papers, fonts and pictures above all, are kept once."""

    def __init__(self) -> None:
        self.by_content: dict[bytes, Any] = {}

    def once(self, holder: Any) -> Any:
        """A paper, or a part of it, with what was there before in the place of its own copies."""
        import pikepdf

        for key, value in list(enumerate(holder) if isinstance(holder, pikepdf.Array) else holder.items()):
            if isinstance(value, pikepdf.Stream):
                self.once(value)
                holder[key] = self.by_content.setdefault(fingerprint(value), value)
            elif isinstance(value, (pikepdf.Dictionary, pikepdf.Array)):
                self.once(value)
        return holder


def fingerprint(stream: Any) -> bytes:
    """Of content and dictionary, whose parts have been replaced by those kept."""
    import pikepdf

    described = pikepdf.Dictionary(dict(stream.items())).unparse()
    return hashlib.sha256(described + stream.read_raw_bytes()).digest()
