"""The QR code of a paper: the address of its verification page, as SVG and as a path in a PDF."""

import functools
from collections.abc import Iterator

from django.utils.html import format_html
from django.utils.safestring import SafeString

from participants.certificates import masks
from participants.certificates.codes import verify_url

INK = "#1B232C"
MARK = "M7 7.125h3"  # stands in templates for the path of a code: exchange/stencils.py exchanges it


@functools.lru_cache(maxsize=32)
def matrix(code: str) -> tuple[bytes, ...]:
    """Rows of modules, error level M; the quiet zone is the paper around it."""
    return masks.best_rows(verify_url(code))


def runs(code: str) -> Iterator[tuple[int, int, int]]:
    """(x, y, length) of the dark bars, row by row."""
    for y, row in enumerate(matrix(code)):
        x = row.find(1)
        while x >= 0:
            end = row.find(0, x)
            end = len(row) if end < 0 else end
            yield x, y, end - x
            x = row.find(1, end)


def path_data(code: str) -> str:
    return "".join(f"M{x} {y}.5h{length}" for x, y, length in runs(code))


def pdf_path(code: str) -> bytes:
    """The same bars as WeasyPrint writes them."""
    return b"".join(b"%d %d.5 m\n%d %d.5 l\n" % (x, y, x + length, y) for x, y, length in runs(code))


def svg(code: str, data: str) -> SafeString:
    size = len(matrix(code))
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}"><title>扫码核验 {}</title><path stroke="{}" d="{}"/></svg>', size, size, code, INK, data
    )
