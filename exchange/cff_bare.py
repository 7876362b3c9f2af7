"""A cut CFF font as a PDF needs it: without names, notices and the picture of a missing glyph, which take some 300 bytes of each font.

Adobe Technical Note 5176. A font with CIDs is put together anew from its glyphs; others stay as they are.
"""

import contextlib
import itertools
import struct
from collections.abc import Iterator

from exchange import cff_charset, cff_coarse
from exchange.cff_charset import index_end, number_at

ROS, FONT_NAME, FD_ARRAY, FD_SELECT = b"\x0c\x1e", b"\x0c\x26", b"\x0c\x24", b"\x0c\x25"
CHARSET, CHAR_STRINGS, PRIVATE, SUBROUTINES = b"\x0f", b"\x11", b"\x12", b"\x13"
FONT_MATRIX = b"\x0c\x07"
CID_COUNT = b"\x0c\x22"
FONT_BOX = b"\x05"
KEPT = (FONT_BOX, FONT_MATRIX, CID_COUNT)
STRINGS = [b"Adobe", b"Identity"]
SYSTEM = b"\xf8\x1b\xf8\x1c\x8b" + ROS  # these two strings, and supplement 0
NAME = b"\xf8\x18" + FONT_NAME  # the standard string "Regular": each Font DICT has to have a name
NOTHING = b"\x0e"  # a glyph that ends at once
HEADER = b"\x01\x00\x04\x02"

Dict = dict[bytes, bytes]


def bare(cff: bytes, first: int = 1, *, coarser: int = 1) -> bytes | None:
    """The same glyphs, under CIDs from `first` on, on a grid so many times coarser where that is possible; None for a font without CIDs, or with subroutines."""
    top_start = index_end(cff, cff[2])
    top = dict(entries(next(items(cff, top_start))))
    if ROS not in top:
        return None
    fonts = [dict(entries(item)) for item in items(cff, offset(top, FD_ARRAY))]
    privates = [private_of(cff, font) for font in fonts]
    subroutines = index_end(cff, index_end(cff, top_start))
    if index_end(cff, subroutines) > subroutines + 2 or any(SUBROUTINES in dict(entries(private)) for private in privates):
        return None
    glyphs = [NOTHING, *list(items(cff, offset(top, CHAR_STRINGS)))[1:]]
    select = selection(cff, offset(top, FD_SELECT), len(glyphs))
    kept = b"".join(top[operator] + operator for operator in KEPT if operator in top)
    if coarser > 1 and FONT_MATRIX not in top | fonts[0]:
        with contextlib.suppress(cff_coarse.Unknown):
            privates, glyphs = on_grid(coarser, privates, glyphs, select)
            kept = cff_coarse.box(top[FONT_BOX], coarser) + FONT_BOX + cff_coarse.matrix(coarser) + FONT_MATRIX + top[CID_COUNT] + CID_COUNT
    return assembled(cff[cff[2] : top_start], kept, cff_charset.charset(len(glyphs), first), select, privates, index(glyphs))


def on_grid(coarser: int, privates: list[bytes], glyphs: list[bytes], select: bytes) -> tuple[list[bytes], list[bytes]]:
    """Raises cff_coarse.Unknown for a glyph with more than plain outlines."""
    grids = [cff_coarse.Grid(dict(entries(private)), coarser) for private in privates]
    coarse = [grids[font].glyph(program) for program, font in zip(glyphs, chosen(select), strict=False)]
    return [grid.private() for grid in grids], coarse


def assembled(names: bytes, kept: bytes, charset: bytes, select: bytes, privates: list[bytes], glyphs: bytes) -> bytes:
    """Every offset is five bytes long, so the lengths are known before the offsets."""
    strings = index(STRINGS)
    top_length = len(index([top_dict(kept, 0, 0, 0, 0)]))
    charset_at = len(HEADER) + len(names) + top_length + len(strings) + 2  # after an empty list of subroutines
    select_at = charset_at + len(charset)
    array_at = select_at + len(select)
    glyphs_at = array_at + len(index([font_dict(private, 0) for private in privates]))
    fonts, end = [], glyphs_at + len(glyphs)
    for private in privates:
        fonts.append(font_dict(private, end))
        end += len(private)
    top = index([top_dict(kept, charset_at, select_at, glyphs_at, array_at)])
    return b"".join((HEADER, names, top, strings, b"\x00\x00", charset, select, index(fonts), glyphs, *privates))


def top_dict(kept: bytes, charset: int, select: int, glyphs: int, array: int) -> bytes:
    offsets = {CHARSET: charset, FD_SELECT: select, CHAR_STRINGS: glyphs, FD_ARRAY: array}
    return SYSTEM + kept + b"".join(five(value) + operator for operator, value in offsets.items())


def font_dict(private: bytes, at: int) -> bytes:
    return NAME + five(len(private)) + five(at) + PRIVATE


def private_of(cff: bytes, font: Dict) -> bytes:
    size, at = number_at(font[PRIVATE], 0)
    start = number_at(font[PRIVATE], at)[0]
    return cff[start : start + size]


def selection(cff: bytes, at: int, glyphs: int) -> bytes:
    """Which Font DICT each glyph belongs to, in format 0 or 3."""
    length = 1 + glyphs if cff[at] == 0 else 5 + 3 * int.from_bytes(cff[at + 1 : at + 3], "big")
    return cff[at : at + length]


def chosen(select: bytes) -> Iterator[int]:
    """The Font DICT of each glyph."""
    if select[0] == 0:
        yield from select[1:]
        return
    starts = [int.from_bytes(select[at : at + 2], "big") for at in range(3, len(select), 3)]
    for place, (start, end) in enumerate(itertools.pairwise(starts)):
        yield from itertools.repeat(select[5 + 3 * place], end - start)


def offset(entry: Dict, operator: bytes) -> int:
    return number_at(entry[operator], 0)[0]


def five(number: int) -> bytes:
    """A number in the form that is five bytes long whatever it is."""
    return b"\x1d" + struct.pack(">i", number)


def index(contents: list[bytes]) -> bytes:
    offsets = [1]
    for content in contents:
        offsets.append(offsets[-1] + len(content))
    size = (offsets[-1].bit_length() + 7) // 8
    return struct.pack(">HB", len(contents), size) + b"".join(place.to_bytes(size, "big") for place in offsets) + b"".join(contents)


def items(cff: bytes, at: int) -> Iterator[bytes]:
    """What an INDEX holds."""
    (count,) = struct.unpack(">H", cff[at : at + 2])
    size = cff[at + 2]
    places = [int.from_bytes(cff[place : place + size], "big") for place in range(at + 3, at + 3 + (count + 1) * size, size)]
    base = at + 2 + (count + 1) * size
    yield from (cff[base + start : base + end] for start, end in itertools.pairwise(places))


def entries(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Operator and operands of a DICT, as written."""
    start = place = 0
    while place < len(content):
        if content[place] > 21:
            place = number_at(content, place)[1]
            continue
        end = place + (2 if content[place] == 12 else 1)
        yield content[place:end], content[start:place]
        start = place = end
