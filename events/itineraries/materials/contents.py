"""What a file is, told from its bytes: the few kinds that are taken as materials. Pure; nothing of the file is run or shown."""

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

MAX_BYTES = 10_000_000
MOST_UNPACKED = 200_000_000
MOST_PARTS = 3_000


@dataclass(frozen=True)
class Kind:
    """A kind of file, with the extension and the media type that it gets whatever it was called."""

    extension: str
    media_type: str


OPEN_XML = "application/vnd.openxmlformats-officedocument."
PDF = Kind("pdf", "application/pdf")
PNG = Kind("png", "image/png")
JPEG = Kind("jpg", "image/jpeg")
OFFICE = {
    "word/document.xml": Kind("docx", f"{OPEN_XML}wordprocessingml.document"),
    "xl/workbook.xml": Kind("xlsx", f"{OPEN_XML}spreadsheetml.sheet"),
    "ppt/presentation.xml": Kind("pptx", f"{OPEN_XML}presentationml.presentation"),
}
KINDS = {kind.extension: kind for kind in (PDF, PNG, JPEG, *OFFICE.values())}
# A PDF that acts when it is opened, or carries files, is no handout.
ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFile|RichMedia|OpenAction\s*<<[^>]*/(?:URI|SubmitForm))\b")


def kind_of(data: bytes) -> Kind | None:
    """The kind of a file, or None for any other: old office files, macros, packed folders, web pages, drawings, programs …"""
    if data.startswith(b"%PDF-"):
        return PDF if b"%%EOF" in data[-2048:] and not ACTIVE.search(data) else None
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and b"IEND" in data[-64:]:
        return PNG
    if data.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in data[-64:]:
        return JPEG
    return office_kind(data) if data.startswith(b"PK\x03\x04") else None


def office_kind(data: bytes) -> Kind | None:
    """An Open XML file by its main part; none with macros, and none that unpacks to more than anybody needs."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            entries = parts.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    names = {entry.filename for entry in entries}
    is_sane = len(entries) <= MOST_PARTS and sum(entry.file_size for entry in entries) <= MOST_UNPACKED
    if not is_sane or "[Content_Types].xml" not in names or any("vbaproject" in name.lower() or "/activex/" in name.lower() for name in names):
        return None
    return next((kind for part, kind in OFFICE.items() if part in names), None)


def safe_name(name: str, kind: Kind) -> str:
    """The name as people gave it, without folders, control and direction characters, and with the extension of what the file is."""
    plain = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    kept = "".join(mark if unicodedata.category(mark)[0] not in "CZ" and mark not in '<>:"|?*%;' else " " for mark in plain)
    stem = re.sub(r"\.[0-9A-Za-z]{1,5}$", "", " ".join(kept.split())).strip(" .")
    return f"{stem[:80].strip(' .') or '材料'}.{kind.extension}"
