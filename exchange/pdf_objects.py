"""The few kinds of PDF objects that we write ourselves, as bytes: strings, streams, fonts, the table of objects."""

import itertools
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from exchange.font_subsets import SmallFont
from exchange.reflow import Unfit

TO_UNICODE = """/CIDInit/ProcSet findresource begin 12 dict begin begincmap/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def
/CMapName/Adobe-Identity-UCS def/CMapType 2 def
1 begincodespacerange
<0000><ffff>
endcodespacerange
%s
endcmap CMapName currentdict/CMap defineresource pop end end"""
CMAP_BLOCK = 100  # the most entries that one block may have
SYMBOLIC = 4
USUAL_WIDTH = 1000  # of a glyph of which a PDF says nothing
QUICK, BEST = 5, 9  # for one document, for all
FEW_REPEATS = zlib.Z_FILTERED  # for a page of numbers and glyphs: 3 % smaller at the same cost
PLACE = struct.Struct(">BIH")


@dataclass(frozen=True)
class FontFace:
    """How a font is named and measured on the page, whatever characters it holds."""

    name: str
    ascent: int
    descent: int


def text(value: str) -> bytes:
    return b"<feff" + value.encode("utf-16-be").hex().encode() + b">"


def stream(content: bytes, entries: bytes = b"", level: int = QUICK, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    packer = zlib.compressobj(level, strategy=strategy)
    packed = packer.compress(content) + packer.flush()
    return b"<<%s/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (entries, len(packed), packed)


def numbered(number: int, body: bytes) -> bytes:
    return b"%d 0 obj\n%s\nendobj\n" % (number, body)


def font(face: FontFace, small: SmallFont, tag: str, numbers: tuple[int, ...], unicode_map: int) -> dict[int, bytes]:
    """The four objects of a composite font, under the four numbers; the first is the font itself."""
    whole, inner, descriptor, file = numbers
    name = f"/{tag}+{face.name}".encode()
    kind = b"/CIDFontType0" if small.is_cff else b"/CIDFontType2/CIDToGIDMap/Identity"
    return {
        whole: b"<</Type/Font/Subtype/Type0/BaseFont%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>" % (name, inner, unicode_map),
        inner: b"<</Type/Font/Subtype%s/BaseFont%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        b"/FontDescriptor %d 0 R/W[%s]>>" % (kind, name, descriptor, widths(small)),
        descriptor: b"<</Type/FontDescriptor/FontName%s/Flags %d/FontBBox[0 %d 1000 %d]/ItalicAngle 0/Ascent %d/Descent %d"
        b"/CapHeight %d/StemV 80/%s %d 0 R>>" % (name, SYMBOLIC, face.descent, face.ascent, face.ascent, face.descent, face.ascent, file_key(small), file),
        file: stream(small.content, b"/Subtype/CIDFontType0C" if small.is_cff else b"/Length1 %d" % len(small.content)),
    }


def file_key(small: SmallFont) -> bytes:
    return b"FontFile3" if small.is_cff else b"FontFile2"


def widths(small: SmallFont) -> bytes:
    """Of the glyphs that are not as wide as an ideograph."""
    found = {glyph.number: glyph.width for glyph in small.glyphs.values() if glyph.width != USUAL_WIDTH}
    return b"".join(b"%d[%s]" % (run[0], b" ".join(b"%d" % found[number] for number in run)) for run in runs(sorted(found)))


def to_unicode(fonts: Iterable[SmallFont]) -> bytes:
    """One map for all of them. Raises Unfit where two number their glyphs alike."""
    named: dict[int, str] = {}
    for small in fonts:
        mine = {glyph.number: char for char, glyph in sorted(small.glyphs.items(), reverse=True)}  # the lower character, where two share a glyph
        if named.keys() & mine.keys():
            raise Unfit("two fonts that cannot share a map")
        named |= mine
    codes = {number: f"<{char.encode('utf-16-be').hex()}>" for number, char in named.items()}
    rows = [f"<{run[0]:04x}><{run[-1]:04x}>[{''.join(codes[number] for number in run)}]" for run in runs(sorted(named))]
    blocks = [rows[start : start + CMAP_BLOCK] for start in range(0, len(rows), CMAP_BLOCK)]
    return (TO_UNICODE % "\n".join(f"{len(block)} beginbfrange\n" + "\n".join(block) + "\nendbfrange" for block in blocks)).encode()


def runs(numbers: list[int]) -> Iterator[list[int]]:
    """What one range of a Unicode map may hold: consecutive numbers with the same high byte."""
    for _, run in itertools.groupby(enumerate(numbers), key=lambda pair: (pair[1] - pair[0], pair[1] >> 8)):
        yield [number for _, number in run]


def object_stream(bodies: Mapping[int, bytes], level: int = QUICK) -> bytes:
    """Many small objects in one compressed stream."""
    places, start = [], 0
    for number, body in bodies.items():
        places.append(b"%d %d" % (number, start))
        start += len(body) + 1
    head = b" ".join(places) + b"\n"
    return stream(head + b"\n".join(bodies.values()), b"/Type/ObjStm/N %d/First %d" % (len(bodies), len(head)), level)


def cross_references(places: Mapping[int, tuple[int, int, int]], entries: bytes) -> bytes:
    """The table of all objects: number → (1, offset, 0), or (2, number of the object stream, index)."""
    size = max(places) + 1
    table = b"".join(PLACE.pack(*places.get(number, (0, 0, 65535))) for number in range(size))
    changes = bytes((new - old) & 255 for new, old in zip(table, bytes(PLACE.size) + table, strict=False))
    rows = b"".join(b"\x02" + changes[start : start + PLACE.size] for start in range(0, len(changes), PLACE.size))  # each as its change from the last
    return stream(rows, b"/Type/XRef/Size %d/W[1 4 2]/DecodeParms<</Predictor 12/Columns %d>>%s" % (size, PLACE.size, entries))
