"""Text as calendars need it: read from whatever encoding, clean of control characters, escaped by RFC 5545 §3.3.11, on one line where a client shows one."""

import codecs
import re

from icalendar import vText, vUri

from exchange.validators import CONTROL

LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
FOLD = re.compile(rb"\r?\n[ \t]")
SPACES = re.compile(r"\s+")
SAFE_URI = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+")  # printable ASCII without " < > \ ^ ` { | }


def as_utf8(data: bytes, charset: str | None = None) -> bytes:
    """A calendar or mail part as unfolded UTF-8 with line feeds, from UTF-16, from `charset`, or from what Chinese Windows writes.

    Folded lines are put together first, because some writers fold inside a character.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", "replace").encode()
    data = FOLD.sub(b"", data.removeprefix(codecs.BOM_UTF8))
    return decoded(data, charset).replace("\r\n", "\n").replace("\r", "\n").encode()


def decoded(data: bytes, charset: str | None) -> str:
    """UTF-8 goes before `charset`: whoever pastes a mail has the characters right, but not what it says about them."""
    for name in ("utf-8", charset, "gb18030"):
        try:
            return data.decode(name or "utf-8")
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode(errors="replace")


def clean(text: str) -> str:
    """Text with line feeds only, and without what a calendar may not contain."""
    return CONTROL.sub("", LINE_ENDS.sub("\n", text)).replace("\ufeff", "").strip()


def one_line(text: str) -> str:
    return SPACES.sub(" ", clean(text))


def parameter(text: str) -> str:
    """The value of a property parameter: no quotation mark can stand in it (RFC 5545 §3.1)."""
    return one_line(text).replace('"', "”")


class Text(vText):
    """A TEXT value. The library's own escaping turns a backslash before N into a line break; this one keeps it."""

    def to_ical(self) -> bytes:
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return escaped.encode()


def uri(address: str) -> vUri | None:
    """An address as a URI value, or None when it is not one that a calendar may carry."""
    return vUri(address) if SAFE_URI.fullmatch(address) else None
