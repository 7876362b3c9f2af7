"""HTML → PDF: the only importer of WeasyPrint."""

import ctypes.util
import functools
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from weasyprint.text.fonts import FontConfiguration

LIBRARIES = {"pango": "pango-1.0", "pangoft2": "pangoft2-1.0", "harfbuzz-subset": "harfbuzz-subset"}
FONT_FAMILIES = ("LXGW WenKai", "Noto Serif CJK SC", "Noto Sans CJK SC")


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


def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher

    class ProjectFiles(URLFetcher):
        """Opens files of the project's own folders and nothing else: no network, no other path, no data of strangers."""

        def fetch(self, url: str, headers: Any = None) -> Any:
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


def render_pdf(html: str, *, identifier: bytes = b"") -> bytes:
    """Lay out HTML as a tagged PDF (PDF/UA-1). `identifier` makes the file's ID, so that equal input gives an equal file."""
    from weasyprint import HTML

    document = HTML(string=html, base_url=Path(settings.BASE_DIR).as_uri() + "/", url_fetcher=_fetcher())
    return document.write_pdf(font_config=_fonts(), pdf_variant="pdf/ua-1", pdf_identifier=identifier or b"exchange-planner")


def render_template_pdf(template: str, context: dict[str, Any], *, identifier: bytes = b"") -> bytes:
    return render_pdf(render_to_string(template, context), identifier=identifier)


def merge_pdfs(sources: list[bytes]) -> bytes:
    """One print file from many PDFs, in order."""
    import io

    import pikepdf

    out = io.BytesIO()
    with pikepdf.new() as merged:
        for source in sources:
            with pikepdf.open(io.BytesIO(source)) as part:
                merged.pages.extend(part.pages)
        merged.save(out)
    return out.getvalue()
