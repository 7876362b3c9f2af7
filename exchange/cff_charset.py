"""Makes the CIDs of a cut CFF font equal to its glyph numbers.

HarfBuzz renumbers glyphs and leaves each its old CID in the charset. Poppler follows /CIDToGIDMap and never looks there, but readers
that go by the standard (ISO 32000-2, 9.7.4.2: Ghostscript, Acrobat) find glyphs by CID, and would print boxes.
"""

import struct

CHARSET = 15  # operator of the Top DICT, Adobe Technical Note 5176, table 9


def numbered(font: bytes) -> bytes:
    """The same OpenType font with the charset 1, 2, 3 …; fonts without CFF outlines come back as they are."""
    if font[:4] != b"OTTO":
        return font
    start, length = tables_of(font)[b"CFF "]
    (glyphs,) = struct.unpack(">H", table(font, b"maxp")[4:6])
    place = charset_offset(font[start : start + length])
    if place <= 2 or glyphs < 2:  # one of the charsets that every reader knows
        return font
    written = charset(glyphs)
    return font[: start + place] + written + font[start + place + len(written) :]


def tables_of(font: bytes) -> dict[bytes, tuple[int, int]]:
    """Offset and length of each table."""
    (count,) = struct.unpack(">H", font[4:6])
    return {font[at : at + 4]: struct.unpack(">II", font[at + 8 : at + 16]) for at in range(12, 12 + 16 * count, 16)}


def table(font: bytes, tag: bytes) -> bytes:
    start, length = tables_of(font)[tag]
    return font[start : start + length]


def charset(glyphs: int, first: int = 1) -> bytes:
    """One range, never longer than what it replaces."""
    if glyphs == 2:
        return struct.pack(">BH", 0, first)
    left = glyphs - 2
    return struct.pack(">BHB", 1, first, left) if left < 256 else struct.pack(">BHH", 2, first, left)


def charset_offset(cff: bytes) -> int:
    names_end = index_end(cff, cff[2])
    return operand(cff, names_end, CHARSET)


def index_end(cff: bytes, at: int) -> int:
    (count,) = struct.unpack(">H", cff[at : at + 2])
    if not count:
        return at + 2
    size = cff[at + 2]
    last = at + 3 + count * size
    return last + size - 1 + int.from_bytes(cff[last : last + size], "big")


def operand(cff: bytes, at: int, wanted: int) -> int:
    """The last number before an operator in the first DICT of the INDEX that starts at `at`; 0 where it is missing."""
    end, size = index_end(cff, at), cff[at + 2]
    at += 3 + 2 * size
    number = 0
    while at < end:
        byte = cff[at]
        if byte <= 21:
            if byte == wanted:
                return number
            at += 2 if byte == 12 else 1
        else:
            number, at = number_at(cff, at)
    return 0


def number_at(cff: bytes, at: int) -> tuple[int, int]:
    """A number of a DICT and where the next one starts; reals count as 0."""
    byte = cff[at]
    if byte == 28:
        return struct.unpack(">h", cff[at + 1 : at + 3])[0], at + 3
    if byte == 29:
        return struct.unpack(">i", cff[at + 1 : at + 5])[0], at + 5
    if byte == 30:
        at += 1
        while cff[at] & 0x0F != 0x0F:
            at += 1
        return 0, at + 1
    if byte <= 246:
        return byte - 139, at + 1
    high = (byte - 247) * 256 + 108 if byte <= 250 else -(byte - 251) * 256 - 108
    return high + cff[at + 1] if byte <= 250 else high - cff[at + 1], at + 2
