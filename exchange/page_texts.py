"""What WeasyPrint wrote into a page's content, as texts: which characters stand where, in which font."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from exchange import font_subsets
from exchange.pdf_objects import FontFace
from exchange.reflow import Show, Slot, Unfit

SHOWN = re.compile(rb"(?:1 0 0 -1 ([\d.]+ [\d.]+) Tm\n)?/(\w+) ([\d.]+) Tf\n\[([^\]]*)\] TJ")
ITEM = re.compile(rb"<([0-9a-f]*)>|(-?[\d.]+(?:e-?\d+)?)")
PATH_OR_COLOUR = re.compile(rb"^[\d. -]+ (?:m|l|re|c|rg|RG)$", re.MULTILINE)
DIGITS = re.compile(rb"-?\d+\.\d{4,}")
CODE_LINE = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]+)>")
# Characters of numbers and codes: in the font of every document that has such a slot, so that nothing of a person shows there.
FIGURES = "0123456789X"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ-"
# Each font of a page numbers its glyphs in a range of its own, so that one Unicode map serves them all.
RANGE, OWN_RANGE = 0x1000, 0x800
# Up to this size (24 pt) a grid of 250 units to the em is finer than a tenth of a point, beyond it one of 500.
SMALL = 32


@dataclass
class Face:
    """A font of the template: what WeasyPrint's codes mean, and where our own subsets come from."""

    face: FontFace
    source: font_subsets.FontSource
    decoded: dict[int, str]
    before: int = 0  # its glyphs are numbered behind this
    fixed: set[str] = field(default_factory=set)
    largest: float = 0.0  # the size of its largest text, in pixels
    small: font_subsets.SmallFont | None = None

    @property
    def cut(self) -> font_subsets.SmallFont:
        """The small font with the fixed characters."""
        if self.small is None:
            self.small = self.source.embeddable(frozenset(map(ord, self.fixed)), self.before, coarser=4 if self.largest <= SMALL else 2)
            if self.fixed - self.small.glyphs.keys():
                raise Unfit("a character without a glyph of its own")
        return self.small

    def own(self, characters: Iterable[str]) -> font_subsets.SmallFont:
        """That of one document."""
        return self.source.embeddable(frozenset(map(ord, characters)), self.before + OWN_RANGE)


class PageTexts:
    """The content of a page in order: bytes as they are, and a `Show` for each text."""

    def __init__(self, content: bytes, faces: Mapping[str, Face], *, markers: frozenset[str], texts: Iterable[str], free: str) -> None:
        """Characters of `texts` become slots; all but those and `markers` are noted as fixed. `free` is the text that ends its line."""
        self.faces, self.markers, self.texts, self.free = faces, markers, tuple(text for text in texts if text), free
        self.found: list[bytes | Show] = []
        end = 0
        for match in SHOWN.finditer(content):
            self.found += [rounded(content[end : match.start()]), self.show(match)]
            end = match.end()
        self.found.append(rounded(content[end:]))

    def show(self, match: re.Match[bytes]) -> Show:
        name = match[2].decode()
        self.faces[name].largest = max(self.faces[name].largest, float(match[3]))
        head, items = self.items(name, match[4])
        return Show(match[1] or b"", name, match[3], tuple(self.marked(name, items)), head)

    def items(self, name: str, shown: bytes) -> tuple[bytes, list[tuple[Any, bytes]]]:
        """Characters of one TJ operator, each with the shift behind it, and the shift before the first."""
        characters, shifts = [], [0.0]
        for codes, shift in ITEM.findall(shown):
            shifts[-1] += float(shift or 0)
            for start in range(0, len(codes), 4):
                characters.append(self.decode(name, int(codes[start : start + 4], 16)))
                shifts.append(0.0)
        return written(shifts[0]), [(char, written(shift)) for char, shift in zip(characters, shifts[1:], strict=True)]

    def decode(self, name: str, code: int) -> str:
        char = self.faces[name].decoded.get(code, "")
        if len(char) != 1:
            raise Unfit("a glyph stands for several characters")
        return char

    def marked(self, name: str, items: list[tuple[Any, bytes]]) -> list[tuple[Any, bytes]]:
        line = "".join(char for char, _ in items)
        for text in self.texts:
            start = line.find(text)
            while start >= 0:
                self.faces[name].fixed |= set(text) | set(ALPHABET if text == self.free else FIGURES)
                for offset in range(len(text)):
                    items[start + offset] = (Slot(name, (text, offset), False), items[start + offset][1])
                start = line.find(text, start + len(text))
        self.faces[name].fixed |= {char for char, _ in items if isinstance(char, str)} - self.markers
        return items


def written(shift: float) -> bytes:
    return f"{shift:.4f}".rstrip("0").rstrip(".").encode() if round(shift, 4) else b""


def rounded(content: bytes) -> bytes:
    """Paths and colours to a thousandth of a pixel, or of the range: the rest is digits that nobody sees."""
    return PATH_OR_COLOUR.sub(lambda line: DIGITS.sub(lambda number: b"%.3f" % float(number[0]), line[0]), content)


def read_face(font: Any, faces: Mapping[str, tuple[str, bool]], place: int) -> Face:
    """Raises Unfit for a font that was not cut by us, such as a fallback for rare characters."""
    name = str(font.BaseFont).partition("+")[2]
    source = font_subsets.source(*faces[name]) if name in faces else None
    if source is None:
        raise Unfit(f"the font {name}")
    descriptor = font.DescendantFonts[0].FontDescriptor
    decoded = {int(code, 16): bytes.fromhex(char.decode()).decode("utf-16-be") for code, char in CODE_LINE.findall(font.ToUnicode.read_bytes())}
    return Face(FontFace(name.replace("-Subset", ""), int(descriptor.Ascent), int(descriptor.Descent)), source, decoded, place * RANGE)
