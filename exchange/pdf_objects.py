"""The few kinds of PDF objects that we write ourselves, as bytes: strings, streams, fonts, the table of objects."""

import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exchange.font_subsets import SmallFont

TO_UNICODE = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
%s
endcmap
CMapName currentdict /CMap defineresource pop
end
end"""
CMAP_BLOCK = 100  # the most entries that one block may have
SYMBOLIC = 4


@dataclass(frozen=True)
class FontFace:
    """How a font is named and measured on the page, whatever characters it holds."""

    name: str
    family: str
    ascent: int
    descent: int


def text(value: str) -> bytes:
    return b"<feff" + value.encode("utf-16-be").hex().encode() + b">"


def stream(content: bytes, entries: bytes = b"") -> bytes:
    packed = zlib.compress(content)
    return b"<<%s/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (entries, len(packed), packed)


def numbered(number: int, body: bytes) -> bytes:
    return b"%d 0 obj\n%s\nendobj\n" % (number, body)


def font(face: FontFace, small: SmallFont, tag: str, numbers: tuple[int, ...]) -> dict[int, bytes]:
    """The five objects of a composite font, under the five numbers; the first is the font itself."""
    whole, inner, descriptor, file, unicode_map = numbers
    name = f"/{tag}+{face.name}".encode()
    kind = b"/CIDFontType0" if small.is_cff else b"/CIDFontType2/CIDToGIDMap/Identity"
    return {
        whole: b"<</Type/Font/Subtype/Type0/BaseFont%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>" % (name, inner, unicode_map),
        inner: b"<</Type/Font/Subtype%s/BaseFont%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        b"/FontDescriptor %d 0 R/W[%s]>>" % (kind, name, descriptor, widths(small)),
        descriptor: b"<</Type/FontDescriptor/FontName%s/FontFamily%s/Flags %d/FontBBox[0 %d 1000 %d]/ItalicAngle 0/Ascent %d/Descent %d"
        b"/CapHeight %d/StemV 80/StemH 80/%s %d 0 R>>"
        % (name, text(face.family), SYMBOLIC, face.descent, face.ascent, face.ascent, face.descent, face.ascent, file_key(small), file),
        file: stream(small.content, b"/Subtype/CIDFontType0C" if small.is_cff else b"/Length1 %d" % len(small.content)),
        unicode_map: stream(to_unicode(small)),
    }


def file_key(small: SmallFont) -> bytes:
    return b"FontFile3" if small.is_cff else b"FontFile2"


def widths(small: SmallFont) -> bytes:
    return b"".join(b"%d[%d]" % pair for pair in sorted({(glyph.number, glyph.width) for glyph in small.glyphs.values()}))


def to_unicode(small: SmallFont) -> bytes:
    named = {glyph.number: char for char, glyph in sorted(small.glyphs.items(), reverse=True)}  # the lower character, where two share a glyph
    rows = [f"<{number:04x}> <{char.encode('utf-16-be').hex()}>" for number, char in sorted(named.items())]
    blocks = [rows[start : start + CMAP_BLOCK] for start in range(0, len(rows), CMAP_BLOCK)]
    return (TO_UNICODE % "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)).encode()


def object_stream(bodies: Mapping[int, bytes]) -> bytes:
    """Many small objects in one compressed stream."""
    places, start = [], 0
    for number, body in bodies.items():
        places.append(b"%d %d" % (number, start))
        start += len(body) + 1
    head = b" ".join(places) + b"\n"
    return stream(head + b"\n".join(bodies.values()), b"/Type/ObjStm/N %d/First %d" % (len(bodies), len(head)))


def cross_references(places: Mapping[int, tuple[int, int, int]], entries: bytes) -> bytes:
    """The table of all objects: number → (1, offset, 0), or (2, number of the object stream, index)."""
    size = max(places) + 1
    rows: Iterable[tuple[int, int, int]] = (places.get(number, (0, 0, 65535)) for number in range(size))
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    return stream(table, b"/Type/XRef/Size %d/W[1 4 2]%s" % (size, entries))
