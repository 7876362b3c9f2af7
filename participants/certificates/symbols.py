"""The QR code of a paper, as SVG and as a path in a PDF."""

import functools
from collections.abc import Iterator

from django.utils.html import format_html
from django.utils.safestring import SafeString

from participants.certificates import masks

INK = "#1B232C"
MARK = "M7 7.125h3"  # stands in templates for the path of a code: exchange/stencils.py exchanges it


@functools.lru_cache(maxsize=32)
def matrix(content: str) -> tuple[bytes, ...]:
    """Rows of modules, error level M; the quiet zone is the paper around it."""
    return masks.best_rows(content)


def alike(content: str) -> str:
    """The same for all contents whose codes have the same size."""
    return masks.sample_of(len(matrix(content))) if content else ""


def runs(content: str) -> Iterator[tuple[int, int, int]]:
    """(x, y, length) of the dark bars, row by row."""
    for y, row in enumerate(matrix(content)):
        x = row.find(1)
        while x >= 0:
            end = row.find(0, x)
            end = len(row) if end < 0 else end
            yield x, y, end - x
            x = row.find(1, end)


def path_data(content: str) -> str:
    return "".join(f"M{x} {y}.5h{length}" for x, y, length in runs(content))


def pdf_path(content: str) -> bytes:
    """The same bars as WeasyPrint writes them."""
    return b"".join(b"%d %d.5 m\n%d %d.5 l\n" % (x, y, x + length, y) for x, y, length in runs(content))


def svg(code: str, content: str, data: str) -> SafeString:
    size = len(matrix(content))
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}"><title>扫码核验 {}</title><path stroke="{}" d="{}"/></svg>', size, size, code, INK, data
    )
