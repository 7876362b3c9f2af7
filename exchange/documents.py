"""HTML → PDF: the only importer of WeasyPrint."""

import contextlib
import ctypes.util
import functools
import io
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.loader import render_to_string

from exchange import font_subsets

if TYPE_CHECKING:
    from weasyprint.text.fonts import FontConfiguration

LIBRARIES = {"pango": "pango-1.0", "pangoft2": "pangoft2-1.0", "harfbuzz-subset": "harfbuzz-subset"}
FONT_FAMILIES = ("LXGW WenKai", "Noto Serif CJK SC", "Noto Sans CJK SC")
SUBSET_FACES = (("LXGW WenKai", False), ("Noto Serif CJK SC", False), ("Noto Serif CJK SC", True), ("Noto Sans CJK SC", False))
PDF_VARIANT = "pdf/ua-1"
MM_PER_PX = 25.4 / 96
MERGED_AT_ONCE = 200  # open files


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


def _fetcher(fonts: Mapping[str, bytes] | None = None) -> Any:
    """`fonts` are subsets in memory, by their address."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class ProjectFiles(URLFetcher):
        """Opens files of the project's own folders and nothing else: no network, no other path, no data of strangers."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if fonts and url in fonts:
                return URLFetcherResponse(url, fonts[url])
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
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    faces, files = _subset_faces(frozenset(map(ord, html + html.upper())))  # text-transform may ask for capitals
    fetcher = _fetcher(files)
    return _source(html, fetcher).render(font_config=fonts, pdf_variant=PDF_VARIANT, stylesheets=[CSS(string=faces, font_config=fonts, url_fetcher=fetcher)])


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


def merge_pdfs(sources: list[bytes]) -> bytes:
    """One print file from many PDFs, in order."""
    out = io.BytesIO()
    _merge([io.BytesIO(source) for source in sources], out)
    return out.getvalue()


def merge_files(paths: list[Path], target: Any, *, title: str = "") -> None:
    """Write one print file from many, in order, into an open file; memory stays flat, whatever their number."""
    with contextlib.ExitStack() as stack:
        parts: list[Any] = list(paths)
        while len(parts) > MERGED_AT_ONCE:
            groups = [parts[start : start + MERGED_AT_ONCE] for start in range(0, len(parts), MERGED_AT_ONCE)]
            parts = [stack.enter_context(tempfile.TemporaryFile()) for _ in groups]
            for group, part in zip(groups, parts, strict=True):
                _merge(group, part)
        _merge(parts, target, title=title)


def _merge(sources: list[Any], target: Any, *, title: str = "") -> None:
    import pikepdf

    with contextlib.ExitStack() as stack:  # a source must stay open until its pages are written
        merged = stack.enter_context(pikepdf.new())
        for source in sources:
            merged.pages.extend(stack.enter_context(pikepdf.open(source)).pages)
        if title:
            merged.docinfo["/Title"] = title
            merged.Root.Lang = pikepdf.String("zh-Hans")
        merged.save(target)
