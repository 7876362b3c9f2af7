"""Text as calendars need it: clean of control characters, escaped by RFC 5545 §3.3.11, on one line where a client shows one."""

import re

from icalendar import vText, vUri

from exchange.validators import CONTROL

LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
SPACES = re.compile(r"\s+")
SAFE_URI = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+")  # printable ASCII without " < > \ ^ ` { | }


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
