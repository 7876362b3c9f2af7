"""One document from a stencil: its characters in the slots, its paragraphs in their lines, a small font and a QR code of its own."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from exchange import pdf_objects
from exchange.font_subsets import SmallFont
from exchange.reflow import Atom, Flow, Slot, Unfit

if TYPE_CHECKING:
    from exchange.stencils import Stencil


@dataclass(frozen=True)
class Fill:
    """What one document says: a character for each marker, or a text of any length for each run of markers (`groups`);
    a text for each text of the template (equally long), the QR path, an attachment.
    """

    characters: Mapping[str, str]
    texts: Mapping[str, str]
    qr: bytes
    identifier: bytes
    attachment: bytes = b""
    groups: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, value: str) -> str:
        value = value.translate({ord(marker): char for marker, char in self.characters.items()})
        exchanged = {**self.texts, **self.groups}
        return re.sub("|".join(map(re.escape, exchanged)), lambda found: exchanged[found[0]], value) if exchanged else value


@dataclass(frozen=True)
class Part:
    """A text of a paragraph that may be broken anew: as the template has it, and which of its flow is written there instead, if any."""

    flow: Flow
    leaf: int | None
    pieces: tuple[bytes | Slot, ...]


Piece = bytes | Slot | Part
QR = Slot("", "qr", False)


class Filling:
    """The making of one document."""

    def __init__(self, stencil: "Stencil", fill: Fill) -> None:
        self.stencil, self.fill = stencil, fill

    def document(self) -> bytes:
        objects = {number: self.written(kind, body) for number, (kind, body) in self.stencil.dynamic.items()}
        for name, numbers in self.stencil.own_fonts.items():
            objects |= pdf_objects.font(self.stencil.faces[name].face, self.fonts[name], tag_of(self.fonts[name].glyphs), numbers, self.stencil.own_map)
        objects[self.stencil.own_map] = pdf_objects.stream(pdf_objects.to_unicode(self.fonts.values()))
        return self.assembled(objects)

    # Paragraphs ---------------------------------------------------------------------------------------------------------

    @cached_property
    def lines(self) -> dict[Flow, list[list[Atom]]]:
        """Of each paragraph, where texts of another length stand in it."""
        flows = dict.fromkeys(flow for flow, _ in self.stencil.flows.values()) if self.fill.groups else {}
        return {flow: flow.lines(flow.atoms(self.fill.groups, self.fill.texts, self.width)) for flow in flows}

    def line_counts(self) -> tuple[tuple[int, int], ...]:
        return tuple((len(lines), len(flow.block.baselines)) for flow, lines in self.lines.items())

    def width(self, font: str, char: str) -> int:
        width = self.stencil.faces[font].source.width(char)
        if width is None:
            raise Unfit("a character that the font does not have")
        return width

    @cached_property
    def broken(self) -> dict[Flow, dict[int, bytes]]:
        return {flow: flow.written(lines, self.code_of) for flow, lines in self.lines.items()}

    def code_of(self, font: str, atom: Atom) -> tuple[bytes, bytes]:
        """Font on the page, and number in it."""
        is_own = atom.is_own and not self.is_shared(font, atom.char)
        return font.encode() + (b"Own" if is_own else b""), self.code(font, atom.char, is_own)

    def is_shared(self, font: str, char: str) -> bool:
        """Whether the page says the character anyway, to everybody."""
        return char in self.stencil.faces[font].cut.glyphs

    # Fonts --------------------------------------------------------------------------------------------------------------

    @cached_property
    def fonts(self) -> dict[str, SmallFont]:
        """The document's own."""
        wanted: dict[str, set[str]] = {name: set() for name in self.stencil.own_fonts}
        for font, char in self.own_characters():
            wanted[font].add(char)
        return {name: self.stencil.faces[name].own(chars) for name, chars in wanted.items()}

    def own_characters(self) -> Iterator[tuple[str, str]]:
        for flow, lines in self.lines.items():
            own = ((flow.shows[atom.leaf].font, atom.char) for line in lines for atom in line if atom.is_own)
            yield from ((font, char) for font, char in own if not self.is_shared(font, char))
        for slot in self.slots():
            char = self.character(slot)
            self.check_width(slot, char)
            if slot.is_own:
                yield slot.font, char

    def slots(self) -> list[Slot]:
        """Those that keep their places."""
        if not self.lines:
            return self.stencil.slots
        return [piece for piece in self.stencil.pieces if isinstance(piece, Slot) and piece is not QR]

    def character(self, slot: Slot) -> str:
        if not slot.is_own:
            text, index = slot.key
            return self.fill.texts[text][index]
        if slot.key not in self.fill.characters:
            raise Unfit("a text of another length outside a paragraph")
        return self.fill.characters[slot.key]

    def check_width(self, slot: Slot, char: str) -> None:
        template = slot.key if slot.is_own else slot.key[0][slot.key[1]]
        if self.width(slot.font, char) != self.width(slot.font, template) and (slot.is_own or slot.key[0] != self.stencil.free):
            raise Unfit("a character of another width")

    def code(self, font: str, char: str, is_own: bool) -> bytes:
        glyph = (self.fonts[font] if is_own else self.stencil.faces[font].cut).glyphs.get(char)
        if glyph is None:
            raise Unfit("a character that this place does not take")
        return b"%04x" % glyph.number

    # Objects ------------------------------------------------------------------------------------------------------------

    def written(self, kind: str, body: Any) -> bytes:
        if kind == "content":
            return pdf_objects.stream(b"".join(self.content(body)).replace(b"><", b""), strategy=pdf_objects.FEW_REPEATS)
        if kind == "attachment":
            digest = hashlib.md5(self.fill.attachment, usedforsecurity=False).hexdigest().encode()
            return pdf_objects.stream(self.fill.attachment, body + b"/Size %d/CheckSum<%s>>>" % (len(self.fill.attachment), digest))
        if kind == "metadata":
            head, packet = body
            return pdf_objects.stream(self.fill(packet).encode(), head)
        return b"".join(pdf_objects.text(self.fill(part)) if isinstance(part, str) else part for part in body)

    def content(self, pieces: Iterable[Piece]) -> Iterator[bytes]:
        for piece in pieces:
            if isinstance(piece, bytes):
                yield piece
            elif isinstance(piece, Part):
                yield from self.part(piece) if self.lines else self.content(piece.pieces)
            elif piece is QR:
                yield self.fill.qr
            else:
                yield self.code(piece.font, self.character(piece), piece.is_own)

    def part(self, part: Part) -> Iterator[bytes]:
        if part.leaf is not None:
            yield self.broken[part.flow][part.leaf]

    def assembled(self, objects: Mapping[int, bytes]) -> bytes:
        laid, places = bytearray(self.stencil.static), dict(self.stencil.places)
        streams = {number: body for number, body in objects.items() if body.endswith(b"endstream")}
        others = {number: body for number, body in objects.items() if number not in streams}
        bundle = self.stencil.bundle + 1
        places |= {number: (2, bundle, index) for index, number in enumerate(others)}
        for number, body in (*streams.items(), (bundle, pdf_objects.object_stream(others))):
            places[number] = (1, len(laid), 0)
            laid += pdf_objects.numbered(number, body)
        start = len(laid)
        places[bundle + 1] = (1, start, 0)
        digest = hashlib.sha256(bytes(laid)).hexdigest()[:32].encode()
        entries = b"/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]" % (self.stencil.root, self.stencil.info, self.fill.identifier.hex().encode(), digest)
        laid += pdf_objects.numbered(bundle + 1, pdf_objects.cross_references(places, entries))
        return bytes(laid + b"startxref\n%d\n%%%%EOF\n" % start)


def tag_of(characters: Iterable[str]) -> str:
    """The six letters before the name of a subset font: another one for other characters."""
    digest = hashlib.sha256("".join(sorted(characters)).encode()).digest()
    return "".join(chr(65 + byte % 26) for byte in digest[:6])
