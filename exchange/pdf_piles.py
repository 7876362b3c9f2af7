"""Many PDFs as one, written while they are read: memory holds one of them at a time, whatever their number."""

from typing import Any

from exchange.pdf_objects import text

CATALOG, PAGES, ABOUT = 1, 2, 3
LEFT_OUT = frozenset({"/Parent", "/Annots", "/StructParents", "/Tabs"})  # they lead out of the page: to its tree, signatures, tags
INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")


class Pile:
    """A PDF that grows by the pages of others. Their tags, attachments and signatures stay behind: a pile is for the printer."""

    def __init__(self, target: Any, title: str = "") -> None:
        self.target, self.title = target, title
        self.places: list[int] = [0, 0, 0]  # where each object begins; the first three are written last
        self.pages: list[int] = []
        self.length = 0
        self._write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def add(self, source: Any) -> None:
        """All pages of a PDF (a path or an open file)."""
        import pikepdf

        with pikepdf.open(source) as opened:
            copied = Copied(self)
            for page in opened.pages:
                self.pages.append(self._add_page(page.obj, copied))
                copied.write_waiting()

    def finish(self) -> None:
        self._put(CATALOG, b"<</Type/Catalog/Pages %d 0 R/Lang(zh-Hans)>>" % PAGES)
        self._put(PAGES, b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(self.pages), b" ".join(b"%d 0 R" % number for number in self.pages)))
        self._put(ABOUT, b"<</Title %s>>" % text(self.title))
        begins = self.length
        rows = b"".join(b"%010d 00000 n \n" % place for place in self.places)
        self._write(b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(self.places) + 1, rows))
        self._write(b"trailer<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(self.places) + 1, CATALOG, ABOUT, begins))

    def reserve(self) -> int:
        """The number of an object to come."""
        self.places.append(0)
        return len(self.places)

    def _put(self, number: int, body: bytes) -> None:
        self.places[number - 1] = self.length
        self._write(b"%d 0 obj\n%s\nendobj\n" % (number, body))

    def _write(self, content: bytes) -> None:
        self.target.write(content)
        self.length += len(content)

    def _add_page(self, page: Any, copied: "Copied") -> int:
        entries = {key: value for key, value in page.items() if key not in LEFT_OUT}
        above = page.get("/Parent")
        while above is not None:
            entries = {key: above[key] for key in INHERITED if key in above} | entries
            above = above.get("/Parent")
        number = self.reserve()
        self._put(number, b"<</Parent %d 0 R%s>>" % (PAGES, copied.entries(entries)))
        return number


class Copied:
    """The objects of one source: each is written once, under a number of the pile."""

    def __init__(self, pile: Pile) -> None:
        self.pile = pile
        self.numbers: dict[tuple[int, int], int] = {}
        self.waiting: list[tuple[int, Any]] = []

    def entries(self, pairs: dict[str, Any]) -> bytes:
        import pikepdf

        return b"".join(b"%s %s" % (pikepdf.Name(key).unparse(), self.value(value)) for key, value in pairs.items())

    def value(self, value: Any) -> bytes:
        """As it stands in an object: a reference, or the value itself."""
        import pikepdf

        if not isinstance(value, pikepdf.Object):
            return bytes(pikepdf.Array([value]).unparse()[1:-1])
        if value.is_indirect:
            return b"%d 0 R" % self._number(value)
        return self.body(value)

    def body(self, value: Any) -> bytes:
        import pikepdf

        if isinstance(value, pikepdf.Dictionary):
            return b"<<%s>>" % self.entries(dict(value.items()))
        if isinstance(value, pikepdf.Array):
            plain = bytes(value.unparse(resolved=True)) if value.is_indirect else bytes(value.unparse())
            return plain if b" R" not in plain else b"[%s]" % b" ".join(self.value(one) for one in value)
        if isinstance(value, pikepdf.Stream):
            content = value.read_raw_bytes()
            held = {key: one for key, one in value.items() if key != "/Length"}
            return b"<<%s/Length %d>>stream\n%s\nendstream" % (self.entries(held), len(content), content)
        return bytes(value.unparse(resolved=True))

    def write_waiting(self) -> None:
        while self.waiting:
            number, value = self.waiting.pop()
            self.pile._put(number, self.body(value))

    def _number(self, value: Any) -> int:
        if value.objgen not in self.numbers:
            self.numbers[value.objgen] = self.pile.reserve()
            self.waiting.append((self.numbers[value.objgen], value))
        return self.numbers[value.objgen]
