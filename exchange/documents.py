"""HTML → PDF: the only importer of WeasyPrint."""

import atexit
import ctypes.util
import functools
import subprocess
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.loader import render_to_string

from exchange import filling, font_subsets, paragraphs, stencils
from exchange.archiving import Attachment, archived
from exchange.pdf_piles import Pile

if TYPE_CHECKING:
    from weasyprint.text.fonts import FontConfiguration

LIBRARIES = {"pango": "pango-1.0", "pangoft2": "pangoft2-1.0", "harfbuzz-subset": "harfbuzz-subset"}
FONT_FAMILIES = ("LXGW WenKai", "Noto Serif CJK SC", "Noto Sans CJK SC")
SUBSET_FACES = (("LXGW WenKai", False), ("Noto Serif CJK SC", False), ("Noto Serif CJK SC", True), ("Noto Sans CJK SC", False))
PDF_VARIANT = "pdf/ua-1"
MM_PER_PX = 25.4 / 96
MOST_PICTURES = 64  # kept in memory


@functools.cache
def missing_libraries() -> tuple[str, ...]:
    """Shared libraries and required fonts that this machine lacks."""
    missing = [name for name, library in LIBRARIES.items() if not ctypes.util.find_library(library)]
    try:
        listed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return (*missing, "fontconfig")
    return (*missing, *(family for family in FONT_FAMILIES if family not in listed))


def allowed_folders() -> tuple[Path, ...]:
    """The only places a document may take files from."""
    return (Path(settings.BASE_DIR) / "static", Path(settings.BASE_DIR) / "templates")


_pictures: OrderedDict[str, bytes] = OrderedDict()


def offer_picture(address: str, content: bytes) -> None:
    """Make a picture that we encoded ourselves available to documents, under an address with the scheme "picture:"."""
    _pictures[address] = content
    _pictures.move_to_end(address)
    while len(_pictures) > MOST_PICTURES:
        _pictures.popitem(last=False)


def _fetcher(fonts: Mapping[str, bytes] | None = None) -> Any:
    """`fonts` are subsets in memory, by their address."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class ProjectFiles(URLFetcher):
        """Opens files of the project's own folders and nothing else: no network, no other path, no data of strangers."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if fonts and url in fonts:
                return URLFetcherResponse(url, fonts[url])
            if url in _pictures:
                return URLFetcherResponse(url, _pictures[url], {"Content-Type": "image/png"})
            if url.startswith("file://"):
                path = Path(url.removeprefix("file://")).resolve()
                if any(path.is_relative_to(folder.resolve()) for folder in allowed_folders()):
                    return super().fetch(url, headers)
            raise ValueError("This document may not load that address.")

    return ProjectFiles(allowed_protocols={"file"})


@functools.cache
def _fonts() -> "FontConfiguration":
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


# Pango's font map serves one thread at a time.
_typesetting = threading.Lock()


@dataclass(frozen=True)
class LaidOut:
    """A document after layout and before it is written: what it measures, so that the caller may choose another size."""

    document: Any
    identifier: bytes

    @property
    def page_count(self) -> int:
        return len(self.document.pages)

    def _box(self, element_id: str) -> Any:
        boxes = self.document.pages[0]._page_box.descendants(placeholders=True)
        return next(box for box in boxes if box.element is not None and box.element.get("id") == element_id)

    def bottom_mm(self, element_id: str) -> float:
        """Where the first box of an element ends, from the top of its page."""
        box = self._box(element_id)
        return float((box.position_y + box.margin_height()) * MM_PER_PX)

    def line_count(self, element_id: str) -> int:
        """How many lines of text stand in an element."""
        return sum(type(box).__name__ == "LineBox" for box in self._box(element_id).descendants())

    def pdf(self) -> bytes:
        """Write the tagged PDF (PDF/UA-1)."""
        with _typesetting:
            written = self.document.write_pdf(pdf_variant=PDF_VARIANT, pdf_identifier=self.identifier)
        return bytes(written)


def lay_out_template(html: str, more: str = "") -> LaidOut:
    """Lay out a page that becomes a stencil, with subset fonts kept from one template to the next. `more` are characters to come."""
    with _typesetting:
        return LaidOut(_kept_fonts.render(html, frozenset(map(ord, html + html.upper() + more))), b"template")


def stencil_of(page: LaidOut, *, markers: str, texts: Sequence[str], free: str, attachment: Attachment, groups: Sequence[str] = ()) -> stencils.Stencil:
    """The stencil of a page whose slots hold `markers` and `texts`, with a place for an attachment like this one. Raises reflow.Unfit.

    In its paragraphs texts of any length may stand for the runs of markers in `groups`.
    """
    written = archived(page.pdf(), attachment)
    blocks = paragraphs.blocks_of(page.document.pages[0]._page_box, frozenset("".join(groups))) if groups else ()
    with _typesetting:
        return stencils.Stencil(written, markers=markers, texts=texts, faces=stencil_faces(), free=free, blocks=blocks, groups=groups)


def fill_stencil(stencil: stencils.Stencil, fill: filling.Fill) -> bytes:
    """One document from a stencil. Raises reflow.Unfit."""
    with _typesetting:
        return stencil.filled(fill)


def line_counts(stencil: stencils.Stencil, fill: filling.Fill) -> tuple[tuple[int, int], ...]:
    """How many lines each paragraph of a stencil takes with these texts, and how many it has. Raises reflow.Unfit."""
    with _typesetting:
        return stencil.line_counts(fill)


def gather_characters(text: str) -> None:
    """Make the small fonts ready for these characters: once for a batch is quicker than once for each document."""
    with _typesetting:
        for family, is_bold in SUBSET_FACES:
            source = font_subsets.source(family, is_bold)
            if source is not None:
                source.gather(frozenset(map(ord, text)))


def is_full_width(char: str) -> bool:
    """Whether every font that papers are set in has the character, one em wide."""
    sources = [font_subsets.source(family, is_bold) for family, is_bold in SUBSET_FACES]
    return all(source is not None and source.width(char) == 1000 for source in sources)


def stencil_faces() -> dict[str, tuple[str, bool]]:
    """Family and weight of the subset fonts, by the name that they have in a PDF."""
    return {f"{family.replace(' ', '-')}-Subset{'-Bold' if is_bold else ''}": (family, is_bold) for family, is_bold in SUBSET_FACES}


class KeptFonts:
    """Subset fonts for many layouts: cut again only when a character is missing. Their glyph numbers depend on what came before."""

    def __init__(self) -> None:
        self.code_points: frozenset[int] = frozenset()
        self.prepared: Any = None

    def render(self, html: str, code_points: frozenset[int]) -> Any:
        if not code_points <= self.code_points:
            self.code_points |= code_points
            self.prepared = _prepared_faces(self.code_points)
        fonts, style, fetcher = self.prepared
        return _source(html, fetcher).render(font_config=fonts, pdf_variant=PDF_VARIANT, stylesheets=[style])

    def forget(self) -> None:
        self.code_points, self.prepared = frozenset(), None


_kept_fonts = KeptFonts()
atexit.register(_kept_fonts.forget)  # WeasyPrint cleans up after its fonts, for which it needs modules that go away later


def lay_out(html: str, *, identifier: bytes = b"", with_subsets: bool = False) -> LaidOut:
    """Lay HTML out in pages. `identifier` makes the file's ID, so that equal input gives an equal file.

    `with_subsets` offers the required fonts cut down to the characters of this document, as "… Subset": name those first in font-family.
    """
    with _typesetting:
        document = _render_with_subsets(html) if with_subsets else _source(html).render(font_config=_fonts(), pdf_variant=PDF_VARIANT)
    return LaidOut(document, identifier or b"exchange-planner")


def _source(html: str, fetcher: Any = None) -> Any:
    from weasyprint import HTML

    return HTML(string=html, base_url=Path(settings.BASE_DIR).as_uri() + "/", url_fetcher=fetcher or _fetcher())


def _render_with_subsets(html: str) -> Any:
    fonts, style, fetcher = _prepared_faces(frozenset(map(ord, html + html.upper())))  # text-transform may ask for capitals
    return _source(html, fetcher).render(font_config=fonts, pdf_variant=PDF_VARIANT, stylesheets=[style])


def _prepared_faces(code_points: frozenset[int]) -> tuple[Any, Any, Any]:
    """Font configuration, style sheet and fetcher that offer the subset fonts with these characters."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    faces, files = _subset_faces(code_points)
    fetcher = _fetcher(files)
    return fonts, CSS(string=faces, font_config=fonts, url_fetcher=fetcher), fetcher


def _subset_faces(code_points: frozenset[int]) -> tuple[str, dict[str, bytes]]:
    """The @font-face rules, and the files they name; a font that is missing here is left to the installed families."""
    rules, files = [], {}
    for number, (family, is_bold) in enumerate(SUBSET_FACES):
        source = font_subsets.source(family, is_bold)
        if source is not None:
            address = f"subset:{number}"
            files[address] = source.subset(code_points).content
            rules.append(f'@font-face {{ font-family: "{family} Subset"; font-weight: {700 if is_bold else 400}; src: url({address}) }}')
    return "".join(rules), files


def render_pdf(html: str, *, identifier: bytes = b"") -> bytes:
    """Lay out HTML and write it as a tagged PDF (PDF/UA-1)."""
    return lay_out(html, identifier=identifier).pdf()


def render_template_pdf(template: str, context: dict[str, Any], *, identifier: bytes = b"") -> bytes:
    return render_pdf(render_to_string(template, context), identifier=identifier)


def merge_files(sources: Iterable[Any], target: Any, *, title: str = "") -> None:
    """Write one print file from many (paths or open files), in order, into an open file; memory stays flat, whatever their number."""
    pile = Pile(target, title)
    for source in sources:
        pile.add(source)
    pile.finish()
