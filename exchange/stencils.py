"""A laid-out page as a stencil. WeasyPrint places every character once; for each further document of the same shape only the characters
in the slots are exchanged, with a small font of their own: no glyph of anybody else is in the file.

A template is written with *markers* where characters will be exchanged: Han characters that occur nowhere else on the page, one for each
slot. Which font, size and place a character gets is read from what WeasyPrint wrote. A run of markers in a paragraph may also give way to
a text of another length; the paragraph is then broken into lines anew (exchange/reflow.py).
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pikepdf

from exchange import pdf_objects
from exchange.filling import QR, Fill, Filling, Part, Piece, tag_of
from exchange.page_texts import PageTexts, read_face
from exchange.reflow import Block, Flow, Show, Slot

# A path that stands for the QR code until each document brings its own.
QR_MARK = b"7 7.125 m\n10 7.125 l\n"
OBJECTS_OF_A_FONT = 4
HEADER = b"%PDF-1.7\n%\xe5\xad\xa6\xe4\xb9\xa0\n"


class Stencil:
    """Made once from a PDF of one page; `filled` may then be called for each document."""

    def __init__(
        self,
        pdf: bytes,
        *,
        markers: Iterable[str],
        texts: Iterable[str],
        faces: Mapping[str, tuple[str, bool]],
        free: str = "",
        blocks: Iterable[Block] = (),
        groups: Iterable[str] = (),
    ) -> None:
        """`faces` are the families by the name they have in the PDF. `free` is the text whose characters may differ in width: it ends its line.

        `groups` are runs of markers, and `blocks` the paragraphs in which texts of another length may stand for them.
        """
        self.markers, self.texts, self.free = frozenset(markers), tuple(filter(None, texts)), free
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            page = opened.pages[0]
            fonts = enumerate(page.Resources.Font.items(), start=1)
            self.faces = {name.lstrip("/"): read_face(font, faces, place) for place, (name, font) in fonts}
            read = PageTexts(page.Contents.read_bytes(), self.faces, markers=self.markers, texts=self.texts, free=free)
            self.flows = dict(self.flows_of(read.found, blocks, tuple(groups)))
            self.pieces = self.encode(read.found)
            self.slots = [slot for piece in self.pieces for slot in slots_of(piece)]
            self.collect(opened)

    # Reading the page ---------------------------------------------------------------------------------------------------

    def flows_of(self, found: list[bytes | Show], blocks: Iterable[Block], groups: tuple[str, ...]) -> Iterator[tuple[int, tuple[Flow, int | None]]]:
        """Number of a show on the page → its flow, and the leaf that is written there."""
        shows = [(number, item) for number, item in enumerate(found) if isinstance(item, Show)]
        for block in blocks:
            at = place_of(block, [show for _, show in shows])
            if at is not None:
                found_there = shows[at : at + block.shown]
                flow = Flow(block, [show for _, show in found_there], groups)
                yield from zip([number for number, _ in found_there], ((flow, leaf) for leaf in flow.owners), strict=True)

    def encode(self, found: list[bytes | Show]) -> list[Piece]:
        pieces: list[Piece] = []
        for number, item in enumerate(found):
            if isinstance(item, bytes):
                before, mark, after = item.partition(QR_MARK)
                pieces += [before, QR, after] if mark else [item]
            elif number in self.flows:
                pieces.append(Part(*self.flows[number], tuple(joined(self.encode_show(item)))))
            else:
                pieces += self.encode_show(item)
        return joined(pieces)

    def encode_show(self, show: Show) -> list[Any]:
        """Switches to the document's own font and back where markers stand."""
        if not show.items:
            return []
        pieces: list[Any] = [b"1 0 0 -1 %s Tm\n" % show.place] if show.place else []
        current, opening = None, b"[" + show.head
        for item, shift in show.items:
            wanted = isinstance(item, str) and item in self.markers
            if wanted != current:
                pieces.append((b"" if current is None else b"] TJ\n") + b"/%s%s %s Tf\n" % (show.font.encode(), b"Own" if wanted else b"", show.size) + opening)
                current, opening = wanted, b"["
            pieces += [b"<", self.code(show.font, item), b">" + shift]
        return [*pieces, b"] TJ"]

    def code(self, name: str, item: Any) -> Any:
        if isinstance(item, Slot):
            return item
        if item in self.markers:
            return Slot(name, item, True)
        return b"%04x" % self.faces[name].cut.glyphs[item].number

    # Collecting the objects ---------------------------------------------------------------------------------------------

    def collect(self, opened: pikepdf.Pdf) -> None:
        """Sort the objects into those that stay and those that each document brings itself."""
        own = sorted({slot.font for slot in self.slots if slot.is_own})
        opened.pages[0].Contents = opened.make_stream(b"", Pieces=True)
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
        self.unicode_map, self.own_map = len(settled.objects) + 1, len(settled.objects) + 2
        self.next_number = self.own_map + 1
        self.small_objects: dict[int, bytes] = {}
        self.streams: dict[int, bytes] = {}
        self.dynamic: dict[int, tuple[str, Any]] = {}
        self.own_fonts: dict[str, tuple[int, ...]] = {}
        for number, item in enumerate(settled.objects, start=1):
            self.sort_object(number, item, settled)
        self.root = settled.Root.objgen[0]
        self.info = settled.trailer["/Info"].objgen[0]
        self.bundle = self.next_number
        self.streams[self.unicode_map] = pdf_objects.stream(pdf_objects.to_unicode(face.cut for face in self.faces.values()), level=pdf_objects.BEST)
        self.static = self.lay_static()

    def sort_object(self, number: int, item: Any, settled: pikepdf.Pdf) -> None:
        if isinstance(item, pikepdf.Stream):
            self.sort_stream(number, item, settled)
        elif isinstance(item, pikepdf.Dictionary) and "/Font" in item and isinstance(item["/Font"], pikepdf.String):
            face = self.faces[str(item["/Font"])]
            self.small_objects |= self.take(pdf_objects.font(face.face, face.cut, tag_of(face.fixed), self.numbers(number), self.unicode_map))
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
        is_fax = item.get("/Filter") == pikepdf.Name.CCITTFaxDecode
        entries = {key: value for key, value in item.items() if is_fax or key not in ("/Length", "/Filter", "/DecodeParms", "/Params")}
        head = b"".join(key.encode() + b" " + unparse(value) for key, value in entries.items())
        if is_fax:
            self.streams[number] = b"<<%s>>stream\n%s\nendstream" % (head, item.read_raw_bytes())
        elif "/Pieces" in item:
            self.dynamic[number] = ("content", self.pieces)
        elif item.get("/Type") == pikepdf.Name.EmbeddedFile:
            self.dynamic[number] = ("attachment", head + b"/Params<</ModDate %s" % unparse(item["/Params"]["/ModDate"]))
        elif item.get("/Type") == pikepdf.Name.Metadata:
            self.dynamic[number] = ("metadata", (head, item.read_bytes().decode()))
        else:
            self.streams[number] = pdf_objects.stream(item.read_bytes(), head, pdf_objects.BEST)

    def is_variable(self, value: str) -> bool:
        return any(char in self.markers for char in value) or any(text in value for text in self.texts)

    def lay_static(self) -> bytes:
        """What every document begins with, and where its objects are."""
        self.places: dict[int, tuple[int, int, int]] = {number: (2, self.bundle, index) for index, number in enumerate(self.small_objects)}
        laid = bytearray(HEADER)
        for number, body in {**self.streams, self.bundle: pdf_objects.object_stream(self.small_objects, pdf_objects.BEST)}.items():
            self.places[number] = (1, len(laid), 0)
            laid += pdf_objects.numbered(number, body)
        return bytes(laid)

    def filled(self, fill: Fill) -> bytes:
        """One document. Raises Unfit where a character has no glyph in the font of its slot, another width, or a line an unclear end."""
        return Filling(self, fill).document()

    def line_counts(self, fill: Fill) -> tuple[tuple[int, int], ...]:
        """How many lines each paragraph takes with these texts, and how many it has. Raises Unfit."""
        return Filling(self, fill).line_counts()


def place_of(block: Block, shows: list[Show]) -> int | None:
    """The first of the shows with the text of a paragraph, where they follow each other just as its lines say."""
    texts = [leaf.text for leaf in block.leaves if leaf.text.strip()]
    for at in range(len(shows) - len(texts) + 1):
        if [show.text for show in shows[at : at + len(texts)]] == texts and shows[at].baseline == round(block.baselines[0], 3):
            return at
    return None


def slots_of(piece: Piece) -> list[Slot]:
    found = piece.pieces if isinstance(piece, Part) else (piece,)
    return [slot for slot in found if isinstance(slot, Slot) and slot is not QR]


def joined(pieces: list[Any]) -> list[Any]:
    """Neighbouring bytes as one."""
    found: list[Any] = []
    for piece in pieces:
        if isinstance(piece, bytes) and found and isinstance(found[-1], bytes):
            found[-1] += piece
        else:
            found.append(piece)
    return found


def unparse(value: Any) -> bytes:
    written = value.unparse() if isinstance(value, pikepdf.Object) else pikepdf.Array([value]).unparse()[1:-1]
    return bytes(written).strip()


def unparsed(value: Any, is_variable: Any, is_top: bool = True) -> list[Any]:
    """An object as PDF source: bytes, and `str` for the strings that differ from document to document."""
    if not isinstance(value, pikepdf.Object) or (value.is_indirect and not is_top):
        return [unparse(value), b" "]
    if isinstance(value, pikepdf.String) and is_variable(str(value)):
        return [str(value)]
    if isinstance(value, pikepdf.Dictionary):
        parts = [part for key, entry in value.items() for part in (key.encode() + b" ", *unparsed(entry, is_variable, False))]
        return joined([b"<<", *parts, b">>"])
    if isinstance(value, pikepdf.Array):
        return joined([b"[", *(part for entry in value for part in unparsed(entry, is_variable, False)), b"]"])
    return [bytes(value.unparse(resolved=True)), b" "]
