"""Many certificates as one download: a ZIP by school that is written while it is sent, one file to print, and a list to hand them out by."""

import contextlib
import itertools
import re
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from typing import IO, Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from exchange.documents import merge_files, render_template_pdf
from exchange.transitions import RuleViolation
from participants.certificates import files
from participants.certificates.models import Certificate
from participants.people.ordering import pinyin_key, stroke_key

NOT_IN_FILE_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]+')
LONGEST_NAME = 60
CHUNK = 200
LISTED_AT_ONCE = 240  # rows: ten full pages


def file_name(text: str) -> str:
    """Text as part of a file name that Windows, too, will take."""
    return NOT_IN_FILE_NAMES.sub("_", text).strip(" .")[:LONGEST_NAME].strip(" .") or "_"


def pdf_name(certificate: Certificate) -> str:
    return f"{file_name(certificate.holder_name)}_{file_name(certificate.number)}.pdf"


class Order(TextChoices):
    """How a pile of papers is sorted. Those that are equal come in roster order."""

    ROSTER = "roster", pgettext_lazy("order of papers", "As on the roster")
    UNIT = "unit", pgettext_lazy("order of papers", "By unit")
    STROKES = "strokes", pgettext_lazy("order of papers", "By strokes of the surname")
    PINYIN = "pinyin", pgettext_lazy("order of papers", "By pinyin")


KEYS: dict[str, Callable[[str, str], Any]] = {
    Order.UNIT: lambda name, unit: unit,
    Order.STROKES: lambda name, unit: stroke_key(name),
    Order.PINYIN: lambda name, unit: pinyin_key(name),
}


def in_order(certificates: Any, order: str = Order.ROSTER) -> Iterator[Certificate]:
    """Some at a time, whatever their number."""
    if order not in KEYS:
        yield from certificates.for_list().in_roster_order().iterator(chunk_size=CHUNK)
        return
    rows = list(certificates.in_roster_order().values_list("pk", "holder_name", "organisation__path"))
    rows.sort(key=lambda row: KEYS[order](row[1], row[2]))
    for start in range(0, len(rows), CHUNK):
        found = certificates.for_list().in_bulk([pk for pk, _, _ in rows[start : start + CHUNK]])
        yield from (found[pk] for pk, _, _ in rows[start : start + CHUNK])


def not_empty(certificates: Any) -> Any:
    """The same, or RuleViolation "nothing_issued": an empty archive would look like a fault."""
    if not certificates.exists():
        raise RuleViolation("nothing_issued", _("There is no certificate to download yet."))
    return certificates


class Outlet:
    """A file that only grows and is emptied by its reader: what zipfile writes into."""

    def __init__(self) -> None:
        self.pending: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.pending.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def drain(self) -> bytes:
        content, self.pending = b"".join(self.pending), []
        return content


def zip_stream(certificates: Any) -> Iterator[bytes]:
    """单位/001_姓名_编号.pdf, one file after the other."""
    outlet = Outlet()
    counted: Counter[str] = Counter()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload] # PDFs are compressed already
        for certificate in in_order(certificates):
            unit = file_name(files.facts_of(certificate).unit)
            counted[unit] += 1
            archive.writestr(f"{unit}/{counted[unit]:03d}_{pdf_name(certificate)}", files.read(certificate))
            yield outlet.drain()
    yield outlet.drain()


def print_file(certificates: Any, title: str, order: str = Order.ROSTER) -> IO[bytes]:
    """All of them as one PDF, in a temporary file that goes away when it is closed."""
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    merge_files((files.ensure(certificate) for certificate in in_order(certificates, order)), target, title=title)
    target.seek(0)
    return target


def list_file(certificates: Any, title: str, order: str = Order.ROSTER) -> IO[bytes]:
    """Number, name and unit of each paper in the order of the pile, with a place to sign for it; in a temporary file likewise."""
    rows = in_order(certificates, order)
    with contextlib.ExitStack() as stack:
        parts: list[Any] = []
        while chunk := list(itertools.islice(rows, LISTED_AT_ONCE)):
            context = {"title": title, "order": Order(order).label, "rows": list(enumerate(chunk, start=len(parts) * LISTED_AT_ONCE + 1))}
            parts.append(stack.enter_context(tempfile.TemporaryFile()))
            parts[-1].write(render_template_pdf("certificates/list_sheet.html", context, identifier=b"certificate-list"))
        target = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
        merge_files(parts, target, title=title)
    target.seek(0)
    return target
