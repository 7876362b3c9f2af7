"""Many certificates as one download: a ZIP by school that is written while it is sent, and one file to print."""

import re
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import IO, Any

from django.utils.translation import gettext as _

from exchange.documents import merge_files
from exchange.transitions import RuleViolation
from participants.certificates import files
from participants.certificates.models import Certificate

NOT_IN_FILE_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]+')
LONGEST_NAME = 60
CHUNK = 200


def file_name(text: str) -> str:
    """Text as part of a file name that Windows, too, will take."""
    return NOT_IN_FILE_NAMES.sub("_", text).strip(" .")[:LONGEST_NAME].strip(" .") or "_"


def pdf_name(certificate: Certificate) -> str:
    return f"{file_name(certificate.holder_name)}_{file_name(certificate.number)}.pdf"


def in_order(certificates: Any) -> Iterator[Certificate]:
    return certificates.for_list().in_roster_order().iterator(chunk_size=CHUNK)


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


def print_file(certificates: Iterable[Certificate], title: str) -> IO[bytes]:
    """All of them in roster order as one PDF, in a temporary file that goes away when it is closed."""
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    merge_files([files.ensure(certificate) for certificate in in_order(certificates)], target, title=title)
    target.seek(0)
    return target
