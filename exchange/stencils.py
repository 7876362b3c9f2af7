"""A laid-out page as a stencil. WeasyPrint places every character once; for each further document of the same shape only the characters
in the slots are exchanged, with a small font of their own: no glyph of anybody else is in the file.

A template is written with *markers* where characters will be exchanged: Han characters that occur nowhere else on the page, one for each
slot. Which font, size and place a character gets is read from what WeasyPrint wrote.
"""

import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from exchange import font_subsets, pdf_objects
from exchange.pdf_objects import FontFace

SHOWN = re.compile(rb"/(\w+) ([\d.]+) Tf\n\[([^\]]*)\] TJ")
ITEM = re.compile(rb"<([0-9a-f]*)>|(-?[\d.]+(?:e-?\d+)?)")
CODE_LINE = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]+)>")
# A path that stands for the QR code until each document brings its own.
QR_MARK = b"7 7.125 m\n10 7.125 l\n"
# Characters of numbers and codes: in the font of every document that has such a slot, so that nothing of a person shows there.
FIGURES = "0123456789X"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ-"
OBJECTS_OF_A_FONT = 5
HEADER = b"%PDF-1.7\n%\xe5\xad\xa6\xe4\xb9\xa0\n"


class Unfit(Exception):
    """This page or this text cannot be done with a stencil; the usual way can."""


@dataclass(frozen=True)
class Slot:
    """A place for one character: `key` is a marker, or (text, index) for a character of a text."""

    font: str
    key: Any
    is_own: bool  # from the document's own font, or from the one that all documents share


@dataclass(frozen=True)
class Fill:
    """What one document says: a character for each marker, a text for each text of the template (equally long), the QR path, an attachment."""

    characters: Mapping[str, str]
    texts: Mapping[str, str]
    qr: bytes
    identifier: bytes
    attachment: bytes = b""

    def __call__(self, value: str) -> str:
        value = value.translate({ord(marker): char for marker, char in self.characters.items()})
        return re.sub("|".join(map(re.escape, self.texts)), lambda found: self.texts[found[0]], value) if self.texts else value


@dataclass
class Face:
    """A font of the template: what WeasyPrint's codes mean, and where our own subsets come from."""

    face: FontFace
    source: font_subsets.FontSource
    decoded: dict[int, str]
    fixed: set[str] = field(default_factory=set)
    small: font_subsets.SmallFont | None = None


Piece = bytes | Slot
QR = Slot("", "qr", False)


class Stencil:
    """Made once from a PDF of one page; `filled` may then be called for each document."""

    def __init__(self, pdf: bytes, markers: Iterable[str], texts: Iterable[str], faces: Mapping[str, tuple[str, bool]], free: str = "") -> None:
        """`faces` are the families by the name they have in the PDF. `free` is the text whose characters may differ in width: it ends its line."""
        self.markers, self.texts, self.free = frozenset(markers), tuple(texts), free
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            page = opened.pages[0]
            self.faces = {name: read_face(font, faces) for name, font in fonts_of(page)}
            shows = self.parse(page.Contents.read_bytes())
            self.cut_fixed_fonts()
            self.pieces = self.encode(shows)
            self.slots = [piece for piece in self.pieces if isinstance(piece, Slot) and piece is not QR]
            self.collect(opened)

    # Reading the page ---------------------------------------------------------------------------------------------------

    def parse(self, content: bytes) -> list[Any]:
        """Bytes as they are, and (font, size, items) for each text that is shown."""
        found: list[Any] = []
        end = 0
        for match in SHOWN.finditer(content):
            found.append(content[end : match.start()])
            name = match[1].decode()
            found.append((name, match[2], self.mark_texts(name, self.items(name, match[3]))))
            end = match.end()
        return [*found, content[end:]]

    def items(self, name: str, shown: bytes) -> list[Any]:
        """Characters and shifts (as bytes) of one TJ operator."""
        found: list[Any] = []
        for codes, shift in ITEM.findall(shown):
            if shift:
                found.append(shift)
            for start in range(0, len(codes), 4):
                found.append(self.decode(name, int(codes[start : start + 4], 16)))
        return found

    def decode(self, name: str, code: int) -> str:
        char = self.faces[name].decoded.get(code, "")
        if len(char) != 1:
            raise Unfit("a glyph stands for several characters")
        return char

    def mark_texts(self, name: str, items: list[Any]) -> list[Any]:
        """Characters that belong to a text become slots; the others are noted as fixed, or are markers."""
        places = [index for index, item in enumerate(items) if isinstance(item, str)]
        line = "".join(items[index] for index in places)
        for text in self.texts:
            start = line.find(text)
            while text and start >= 0:
                self.faces[name].fixed |= set(text) | set(ALPHABET if text == self.free else FIGURES)
                for offset in range(len(text)):
                    items[places[start + offset]] = Slot(name, (text, offset), False)
                start = line.find(text, start + len(text))
        self.faces[name].fixed |= {item for item in items if isinstance(item, str)} - self.markers
        return items

    def cut_fixed_fonts(self) -> None:
        for face in self.faces.values():
            face.small = face.source.embeddable(frozenset(map(ord, face.fixed)))
            if face.fixed - face.small.glyphs.keys():
                raise Unfit("a character without a glyph of its own")

    def encode(self, shows: list[Any]) -> list[Piece]:
        pieces: list[Piece] = []
        for part in shows:
            if isinstance(part, bytes):
                before, mark, after = part.partition(QR_MARK)
                pieces += [before, QR, after] if mark else [part]
            else:
                pieces += self.encode_show(*part)
        return joined(pieces)

    def encode_show(self, name: str, size: bytes, items: list[Any]) -> list[Piece]:
        """Switches to the document's own font and back where markers stand."""
        pieces: list[Piece] = []
        current = None
        for item in items:
            wanted = isinstance(item, str) and item in self.markers
            if wanted != current and not isinstance(item, bytes):
                pieces.append((b"] TJ\n" if current is not None else b"") + b"/%s%s %s Tf\n[" % (name.encode(), b"Own" if wanted else b"", size))
                current = wanted
            pieces += [item if isinstance(item, bytes) else b"<", *([] if isinstance(item, bytes) else [self.code(name, item), b">"])]
        return [*pieces, b"] TJ"] if current is not None else [b"[", *pieces, b"] TJ"]

    def code(self, name: str, item: Any) -> Piece:
        if isinstance(item, Slot):
            return item
        if item in self.markers:
            return Slot(name, item, True)
        return b"%04x" % self.small(name).glyphs[item].number

    def small(self, name: str) -> font_subsets.SmallFont:
        small = self.faces[name].small
        assert small is not None
        return small

    # Collecting the objects ---------------------------------------------------------------------------------------------

    def collect(self, opened: pikepdf.Pdf) -> None:
        """Sort the objects into those that stay and those that each document brings itself."""
        own = sorted({slot.font for slot in self.slots if slot.is_own})
        resources = opened.pages[0].Resources.Font
        for name in list(self.faces):
            resources["/" + name] = opened.make_indirect(pikepdf.Dictionary(Font=pikepdf.String(name)))
        for name in own:
            resources[f"/{name}Own"] = opened.make_indirect(pikepdf.Dictionary(OwnFont=pikepdf.String(name)))
        plain = io.BytesIO()
        opened.save(plain, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
        with pikepdf.open(plain) as settled:
            self.sort_objects(settled)

    def sort_objects(self, settled: pikepdf.Pdf) -> None:
        self.next_number = len(settled.objects) + 1
        self.small_objects: dict[int, bytes] = {}
        self.streams: dict[int, bytes] = {}
        self.dynamic: dict[int, tuple[str, Any]] = {}
        self.own_fonts: dict[str, tuple[int, ...]] = {}
        for number, item in enumerate(settled.objects, start=1):
            self.sort_object(number, item, settled)
        self.root = settled.Root.objgen[0]
        self.info = settled.trailer["/Info"].objgen[0]
        self.bundle = self.next_number
        self.static = self.lay_static()

    def sort_object(self, number: int, item: Any, settled: pikepdf.Pdf) -> None:
        if isinstance(item, pikepdf.Stream):
            self.sort_stream(number, item, settled)
        elif isinstance(item, pikepdf.Dictionary) and "/Font" in item and isinstance(item["/Font"], pikepdf.String):
            name = str(item["/Font"])
            self.small_objects |= self.take(pdf_objects.font(self.faces[name].face, self.small(name), tag_of(self.faces[name].fixed), self.numbers(number)))
        elif isinstance(item, pikepdf.Dictionary) and "/OwnFont" in item:
            self.own_fonts[str(item["/OwnFont"])] = self.numbers(number)
        else:
            parts = unparsed(item, self.is_variable)
            if any(isinstance(part, str) for part in parts):
                self.dynamic[number] = ("object", parts)
            else:
                self.small_objects[number] = b"".join(parts)

    def numbers(self, first: int) -> tuple[int, ...]:
        start = self.next_number
        self.next_number += OBJECTS_OF_A_FONT - 1
        return (first, *range(start, self.next_number))

    def take(self, objects: dict[int, bytes]) -> dict[int, bytes]:
        """Keep the streams apart; give back the rest."""
        self.streams |= {number: body for number, body in objects.items() if body.endswith(b"endstream")}
        return {number: body for number, body in objects.items() if number not in self.streams}

    def sort_stream(self, number: int, item: pikepdf.Stream, settled: pikepdf.Pdf) -> None:
        entries = {key: value for key, value in item.items() if key not in ("/Length", "/Filter", "/DecodeParms", "/Params")}
        head = b"".join(key.encode() + b" " + unparse(value) for key, value in entries.items())
        if item.objgen == settled.pages[0].Contents.objgen:
            self.dynamic[number] = ("content", b"")
        elif item.get("/Type") == pikepdf.Name.EmbeddedFile:
            self.dynamic[number] = ("attachment", head + b"/Params<</ModDate %s" % unparse(item["/Params"]["/ModDate"]))
        elif item.get("/Type") == pikepdf.Name.Metadata:
            self.dynamic[number] = ("metadata", (head, item.read_bytes().decode()))
        else:
            self.streams[number] = pdf_objects.stream(item.read_bytes(), head)

    def is_variable(self, value: str) -> bool:
        return any(char in self.markers for char in value) or any(text and text in value for text in self.texts)

    def lay_static(self) -> bytes:
        """What every document begins with, and where its objects are."""
        self.places: dict[int, tuple[int, int, int]] = {number: (2, self.bundle, index) for index, number in enumerate(self.small_objects)}
        laid = bytearray(HEADER)
        for number, body in {**self.streams, self.bundle: pdf_objects.object_stream(self.small_objects)}.items():
            self.places[number] = (1, len(laid), 0)
            laid += pdf_objects.numbered(number, body)
        return bytes(laid)

    # Filling ------------------------------------------------------------------------------------------------------------

    def filled(self, fill: Fill) -> bytes:
        """One document. Raises Unfit where a character has no glyph in the font of its slot, or another width."""
        fonts = self.own_subsets(fill)
        objects = {number: self.written(kind, body, fill, fonts) for number, (kind, body) in self.dynamic.items()}
        for name, numbers in self.own_fonts.items():
            objects |= pdf_objects.font(self.faces[name].face, fonts[name], tag_of(fonts[name].glyphs), numbers)
        return self.assembled(objects, fill.identifier)

    def own_subsets(self, fill: Fill) -> dict[str, font_subsets.SmallFont]:
        wanted: dict[str, set[str]] = {name: set() for name in self.own_fonts}
        for slot in self.slots:
            char = self.character(slot, fill)
            self.check_width(slot, char)
            if slot.is_own:
                wanted[slot.font].add(char)
        return {name: self.faces[name].source.embeddable(frozenset(map(ord, chars))) for name, chars in wanted.items()}

    def character(self, slot: Slot, fill: Fill) -> str:
        if slot.is_own:
            return fill.characters[slot.key]
        text, index = slot.key
        return fill.texts[text][index]

    def check_width(self, slot: Slot, char: str) -> None:
        template = slot.key if slot.is_own else slot.key[0][slot.key[1]]
        source = self.faces[slot.font].source
        width = source.width(char)
        if width is None or (width != source.width(template) and (slot.is_own or slot.key[0] != self.free)):
            raise Unfit("a character of another width")
        if not slot.is_own and char not in self.small(slot.font).glyphs:
            raise Unfit("a character that this slot does not take")

    def written(self, kind: str, body: Any, fill: Fill, fonts: dict[str, font_subsets.SmallFont]) -> bytes:
        if kind == "content":
            return pdf_objects.stream(b"".join(self.content(fill, fonts)))
        if kind == "attachment":
            digest = hashlib.md5(fill.attachment, usedforsecurity=False).hexdigest().encode()
            return pdf_objects.stream(fill.attachment, body + b"/Size %d/CheckSum<%s>>>" % (len(fill.attachment), digest))
        if kind == "metadata":
            head, packet = body
            return pdf_objects.stream(fill(packet).encode(), head)
        return b"".join(pdf_objects.text(fill(part)) if isinstance(part, str) else part for part in body)

    def content(self, fill: Fill, fonts: dict[str, font_subsets.SmallFont]) -> Iterable[bytes]:
        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
            elif piece is QR:
                yield fill.qr
            else:
                small = fonts[piece.font] if piece.is_own else self.small(piece.font)
                yield b"%04x" % small.glyphs[self.character(piece, fill)].number

    def assembled(self, objects: Mapping[int, bytes], identifier: bytes) -> bytes:
        laid = bytearray(self.static)
        places = dict(self.places)
        for number, body in objects.items():
            places[number] = (1, len(laid), 0)
            laid += pdf_objects.numbered(number, body)
        last, start = max(places) + 1, len(laid)
        places[last] = (1, start, 0)
        digest = hashlib.sha256(bytes(laid)).hexdigest()[:32].encode()
        entries = b"/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]" % (self.root, self.info, identifier.hex().encode(), digest)
        laid += pdf_objects.numbered(last, pdf_objects.cross_references(places, entries))
        return bytes(laid + b"startxref\n%d\n%%%%EOF\n" % start)


def joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbouring bytes as one."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, bytes) and found and isinstance(found[-1], bytes):
            found[-1] += piece
        else:
            found.append(piece)
    return found


def fonts_of(page: Any) -> list[tuple[str, Any]]:
    return [(name.lstrip("/"), font) for name, font in page.Resources.Font.items()]


def read_face(font: Any, faces: Mapping[str, tuple[str, bool]]) -> Face:
    """Raises Unfit for a font that was not cut by us, such as a fallback for rare characters."""
    name = str(font.BaseFont).partition("+")[2]
    source = font_subsets.source(*faces[name]) if name in faces else None
    if source is None:
        raise Unfit(f"the font {name}")
    descriptor = font.DescendantFonts[0].FontDescriptor
    decoded = {int(code, 16): bytes.fromhex(char.decode()).decode("utf-16-be") for code, char in CODE_LINE.findall(font.ToUnicode.read_bytes())}
    return Face(FontFace(name.replace("-Subset", ""), faces[name][0], int(descriptor.Ascent), int(descriptor.Descent)), source, decoded)


def tag_of(characters: Iterable[str]) -> str:
    """The six letters before the name of a subset font: another one for other characters."""
    digest = hashlib.sha256("".join(sorted(characters)).encode()).digest()
    return "".join(chr(65 + byte % 26) for byte in digest[:6])


def unparse(value: Any) -> bytes:
    return bytes(value.unparse()) if isinstance(value, pikepdf.Object) else bytes(pikepdf.Array([value]).unparse()[1:-1])


def unparsed(value: Any, is_variable: Any, is_top: bool = True) -> list[Any]:
    """An object as PDF source: bytes, and `str` for the strings that differ from document to document."""
    if not isinstance(value, pikepdf.Object) or (value.is_indirect and not is_top):
        return [unparse(value), b" "]
    if isinstance(value, pikepdf.String) and is_variable(str(value)):
        return [str(value)]
    if isinstance(value, pikepdf.Dictionary):
        parts = [part for key, entry in value.items() for part in (key.encode() + b" ", *unparsed(entry, is_variable, False))]
        return joined_or_text([b"<<", *parts, b">>"])
    if isinstance(value, pikepdf.Array):
        return joined_or_text([b"[", *(part for entry in value for part in unparsed(entry, is_variable, False)), b"]"])
    return [bytes(value.unparse(resolved=True)), b" "]


def joined_or_text(parts: list[Any]) -> list[Any]:
    found: list[Any] = []
    for part in parts:
        if isinstance(part, bytes) and found and isinstance(found[-1], bytes):
            found[-1] += part
        else:
            found.append(part)
    return found
