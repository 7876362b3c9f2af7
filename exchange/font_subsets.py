"""Small fonts with just the characters of one document, cut by HarfBuzz out of the installed ones.

A PDF writer copies and cuts every font that a page names; with the 16–27 MB of a Chinese font that is most of the work, and most of
the file. A subset depends on nothing but the font and the characters, whatever was cut before: equal documents stay equal files.
"""

import contextlib
import ctypes
import ctypes.util
import functools
import subprocess
from collections.abc import Iterable, Iterator
from ctypes import POINTER, byref, c_char_p, c_int, c_uint, c_void_p
from dataclasses import dataclass, replace
from typing import Any

from exchange import cff_bare, cff_charset

NO_HINTING, DESUBROUTINIZE = 0x1, 0x4
DROP_TABLE_TAG = 3  # HB_SUBSET_SETS_DROP_TABLE_TAG
# Substitution and vertical writing: not used by our papers, and costly to carry along.
DROPPED = ("GSUB", "GPOS", "GDEF", "BASE", "DSIG", "VORG", "vhea", "vmtx", "JSTF", "STAT")
# What a layout needs and a PDF does not, which has names and measures of its own.
NOT_EMBEDDED = ("name", "OS/2", "post", "gasp")
# How many characters the intermediate font may hold before it starts again.
POOL = 6000

SIGNATURES: dict[str, dict[str, tuple[Any, list[Any]]]] = {
    "harfbuzz": {
        "hb_blob_create_from_file_or_fail": (c_void_p, [c_char_p]),
        "hb_blob_create": (c_void_p, [c_char_p, c_uint, c_int, c_void_p, c_void_p]),
        "hb_blob_get_data": (c_void_p, [c_void_p, POINTER(c_uint)]),
        "hb_blob_destroy": (None, [c_void_p]),
        "hb_face_create": (c_void_p, [c_void_p, c_uint]),
        "hb_face_reference_blob": (c_void_p, [c_void_p]),
        "hb_face_destroy": (None, [c_void_p]),
        "hb_set_add": (None, [c_void_p, c_uint]),
        "hb_font_create": (c_void_p, [c_void_p]),
        "hb_font_destroy": (None, [c_void_p]),
        "hb_font_get_nominal_glyph": (c_int, [c_void_p, c_uint, POINTER(c_uint)]),
        "hb_font_get_glyph_h_advance": (c_int, [c_void_p, c_uint]),
        "hb_face_get_upem": (c_uint, [c_void_p]),
    },
    "harfbuzz-subset": {
        "hb_subset_input_create_or_fail": (c_void_p, []),
        "hb_subset_input_unicode_set": (c_void_p, [c_void_p]),
        "hb_subset_input_set": (c_void_p, [c_void_p, c_int]),
        "hb_subset_input_set_flags": (None, [c_void_p, c_uint]),
        "hb_subset_input_destroy": (None, [c_void_p]),
        "hb_subset_or_fail": (c_void_p, [c_void_p, c_void_p]),
    },
}


class SubsetFailed(Exception):
    """HarfBuzz could not read or cut the font."""


@dataclass(frozen=True)
class Glyph:
    number: int
    width: int  # in thousandths of the font size


@dataclass(frozen=True)
class SmallFont:
    """A font file with a few characters, and where they are in it."""

    content: bytes
    glyphs: dict[str, Glyph]

    @property
    def is_opentype(self) -> bool:
        """With CFF outlines, in a file with other tables."""
        return self.content[:4] == b"OTTO"

    @property
    def is_cff(self) -> bool:
        """The outlines alone."""
        return self.content[:2] == b"\x01\x00" and self.content[2] == 4


@functools.cache
def harfbuzz() -> dict[str, Any]:
    """The functions of the two libraries, with their signatures; empty where one of them is missing."""
    found: dict[str, Any] = {}
    for library, functions in SIGNATURES.items():
        name = ctypes.util.find_library(library)
        if not name:
            return {}
        loaded = ctypes.CDLL(name)
        for function, (result, arguments) in functions.items():
            found[function] = getattr(loaded, function)
            found[function].restype, found[function].argtypes = result, arguments
    return found


def bytes_of(face: int) -> bytes:
    hb, length = harfbuzz(), c_uint()
    blob = hb["hb_face_reference_blob"](face)
    try:
        return ctypes.string_at(hb["hb_blob_get_data"](blob, byref(length)), length.value)
    finally:
        hb["hb_blob_destroy"](blob)


def cut_face(face: int, code_points: Iterable[int], flags: int, dropped_tables: Iterable[str] = DROPPED) -> int:
    """A new face with these characters only; the caller destroys it."""
    hb = harfbuzz()
    wanted = hb["hb_subset_input_create_or_fail"]()
    try:
        characters = hb["hb_subset_input_unicode_set"](wanted)
        for code_point in code_points:
            hb["hb_set_add"](characters, code_point)
        dropped = hb["hb_subset_input_set"](wanted, DROP_TABLE_TAG)
        for tag in dropped_tables:
            hb["hb_set_add"](dropped, int.from_bytes(tag.encode(), "big"))
        hb["hb_subset_input_set_flags"](wanted, flags)
        result = hb["hb_subset_or_fail"](face, wanted)
    finally:
        hb["hb_subset_input_destroy"](wanted)
    if not result:
        raise SubsetFailed
    return int(result)


def cut(face: int, code_points: Iterable[int], flags: int) -> bytes:
    """The font `face` with these characters only."""
    result = cut_face(face, code_points, flags)
    try:
        return bytes_of(result)
    finally:
        harfbuzz()["hb_face_destroy"](result)


def measure(face: int, code_points: Iterable[int]) -> dict[str, Glyph]:
    """Glyph and width, in thousandths of the size, of each character that the face has."""
    hb, number = harfbuzz(), c_uint()
    units = hb["hb_face_get_upem"](face)
    font = hb["hb_font_create"](face)
    found: dict[str, Glyph] = {}
    try:
        for code_point in code_points:
            if hb["hb_font_get_nominal_glyph"](font, code_point, byref(number)):
                advance = hb["hb_font_get_glyph_h_advance"](font, number.value)
                found[chr(code_point)] = Glyph(number.value, round(advance * 1000 / units))
    finally:
        hb["hb_font_destroy"](font)
    return found


@contextlib.contextmanager
def opened(font: bytes) -> Iterator[int]:
    """The face of a font in memory, for as long as the block lasts."""
    hb = harfbuzz()
    blob = hb["hb_blob_create"](font, len(font), 0, None, None)
    face = hb["hb_face_create"](blob, 0)
    try:
        yield face
    finally:
        hb["hb_face_destroy"](face)
        hb["hb_blob_destroy"](blob)


def cut_bytes(font: bytes, code_points: Iterable[int], flags: int = DESUBROUTINIZE, dropped_tables: Iterable[str] = DROPPED) -> SmallFont:
    code_points = sorted(code_points)
    with opened(font) as face:
        small = cut_face(face, code_points, flags, dropped_tables)
        try:
            return SmallFont(cff_charset.numbered(bytes_of(small)), measure(small, code_points))
        finally:
            harfbuzz()["hb_face_destroy"](small)


class FontSource:
    """An installed font. Between it and the small ones stands one with all characters asked for so far, which is quick to cut again.

    Not for several threads at once: exchange/documents.py holds its lock around every use.
    """

    def __init__(self, file: str, index: int) -> None:
        self.file, self.index = file, index
        self.pooled: frozenset[int] = frozenset()
        self.pool = b""
        self.measured: dict[str, Glyph | None] = {}

    @contextlib.contextmanager
    def opened(self) -> Iterator[int]:
        """The face of the whole font, whose file is mapped into memory only for as long as the block lasts."""
        hb = harfbuzz()
        blob = hb["hb_blob_create_from_file_or_fail"](self.file.encode())
        if not blob:
            raise SubsetFailed(self.file)
        face = hb["hb_face_create"](blob, self.index)
        try:
            yield face
        finally:
            hb["hb_face_destroy"](face)
            hb["hb_blob_destroy"](blob)

    def gather(self, code_points: frozenset[int]) -> None:
        """Make ready for these characters: once for many documents is quicker than once for each."""
        if not code_points <= self.pooled:
            together = self.pooled | code_points
            self.pooled = together if len(together) <= POOL else code_points
            with self.opened() as face:
                self.pool = cut(face, self.pooled, DESUBROUTINIZE)
                self.measured |= {**dict.fromkeys(map(chr, self.pooled)), **measure(face, self.pooled)}

    def subset(self, code_points: frozenset[int]) -> SmallFont:
        self.gather(code_points)
        return cut_bytes(self.pool, code_points)

    def embeddable(self, code_points: frozenset[int], before: int = 0, *, coarser: int = 1) -> SmallFont:
        """The same for a PDF, without what only a layout needs. The glyphs of a font with CFF outlines are numbered behind `before`.

        `coarser` (2 or 4) lays these on a grid so many times coarser: slower, for fonts that many documents share.
        """
        self.gather(code_points)
        small = cut_bytes(self.pool, code_points, DESUBROUTINIZE | NO_HINTING, (*DROPPED, *NOT_EMBEDDED))
        if not small.is_opentype:
            return small
        outlines = cff_charset.table(small.content, b"CFF ")
        bare = cff_bare.bare(outlines, before + 1, coarser=coarser)
        if bare is None:
            return replace(small, content=outlines)
        return SmallFont(bare, {char: Glyph(glyph.number + before, glyph.width) for char, glyph in small.glyphs.items()})

    def width(self, char: str) -> int | None:
        """How wide a character is, in thousandths of the size; None where the font does not have it."""
        if char not in self.measured:
            with self.opened() as face:
                self.measured[char] = measure(face, [ord(char)]).get(char)
        glyph = self.measured[char]
        return glyph.width if glyph else None


@functools.cache
def source(family: str, is_bold: bool) -> FontSource | None:
    """The installed font of a family, or None where it, or HarfBuzz, is missing."""
    if not harfbuzz():
        return None
    asked = ["fc-match", "--format", "%{family}|%{file}|%{index}", f"{family}:style={'Bold' if is_bold else 'Regular'}"]
    matched, file, index = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=True).stdout.split("|")
    return FontSource(file, int(index) & 0xFFFF) if family in matched.split(",") else None
