"""Paragraphs of a stencil that are broken into lines anew: texts of another length stand in them without another layout.

WeasyPrint's own lines say where a paragraph begins, how wide it is and what stands in it. Lines end only where that is certain (between
ideographs, after a comma, before an opening bracket); wherever else a line would end, the paragraph is left to WeasyPrint.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

IDEOGRAPH = re.compile("[\u2e80\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]")
GAP = "\u2e80"  # for an inline block WeasyPrint, too, asks what would hold for an ideograph
CLOSING, OPENING = frozenset("，。、；：？！）》」』】〕"), frozenset("（《「『【〔")
WORD = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
PANGO_UNITS = 1024  # of a pixel: each character is as wide as a whole number of them
UNSURE = 0.05  # pixels within which WeasyPrint may see the edge of a line on the other side


class Unfit(Exception):
    """This page or this text cannot be done with a stencil; the usual way can."""


@dataclass(frozen=True)
class Slot:
    """A place for one character: `key` is a marker, or (text, index) for a character of a text."""

    font: str
    key: Any
    is_own: bool  # from the document's own font, or from the one that all documents share


@dataclass(frozen=True)
class Leaf:
    """A piece of a line that is not divided by elements: text, or a gap ("")."""

    text: str
    lead: float  # the distance from the piece before it
    width: float
    spacing: float
    is_unbroken: bool
    goes_on: bool  # the text of the piece before it, on the next line


@dataclass(frozen=True)
class Block:
    """A paragraph as it was laid out; all lengths in pixels."""

    left: float
    right: float
    indent: float
    baselines: tuple[float, ...]
    leaves: tuple[Leaf, ...]

    @property
    def shown(self) -> int:
        """How many pieces have ink."""
        return sum(bool(leaf.text.strip()) for leaf in self.leaves)


@dataclass(frozen=True)
class Show:
    """Text at a place of the page: characters or slots, each with the shifts that follow it."""

    place: bytes  # b"x y"; empty where it goes on after text in another font
    font: str
    size: bytes
    items: tuple[tuple[Any, bytes], ...]
    head: bytes = b""  # shifts before the first character

    @property
    def text(self) -> str:
        """As the template has it."""
        return "".join(item.key[0][item.key[1]] if isinstance(item, Slot) else item for item, _ in self.items)

    @property
    def baseline(self) -> float | None:
        return round(float(self.place.split()[1]), 3) if self.place else None


@dataclass(frozen=True)
class Atom:
    """A character of a document, or a gap; the smallest thing that a line break may stand before."""

    leaf: int
    char: str
    lead: float
    advance: float
    shifts: bytes = b""
    is_own: bool = False


def may_break(before: Atom, after: Atom, leaves: list[Leaf]) -> bool | None:
    """None = only WeasyPrint knows."""
    if before.leaf == after.leaf and leaves[before.leaf].is_unbroken:
        return False
    if before.char == " " or after.char == " " or after.lead or (leaves[before.leaf].is_unbroken and leaves[after.leaf].is_unbroken):
        return None
    if after.char in CLOSING or before.char in OPENING:
        return False
    if GAP in (before.char, after.char) and {before.char, after.char} & WORD:
        return True
    if (before.char in CLOSING or IDEOGRAPH.match(before.char)) and (after.char in OPENING or IDEOGRAPH.match(after.char)):
        return True
    return False if before.leaf == after.leaf and {before.char, after.char} <= WORD else None


class Flow:
    """A block and the texts that the page shows of it. `groups` are the texts of the template that others will stand in for."""

    def __init__(self, block: Block, shows: list[Show], groups: tuple[str, ...]) -> None:
        if any(show.head or not show.place for show in shows):
            raise Unfit("text that begins elsewhere")
        self.block, self.groups = block, groups
        self.leaves: list[Leaf] = []
        self.shows: dict[int, Show] = {}
        self.owners: list[int | None] = []  # for each show the leaf that is written there; None where it goes on from the line before
        waiting = iter(shows)
        for leaf in block.leaves:
            self.add(leaf, next(waiting) if leaf.text.strip() else None)

    def add(self, leaf: Leaf, show: Show | None) -> None:
        last = len(self.leaves) - 1
        if leaf.goes_on and show and last in self.shows:
            self.shows[last] = replace(self.shows[last], items=(*self.shows[last].items, *show.items))
            self.owners.append(None)
            if leaf.spacing:
                raise Unfit("spaced letters in several lines")
        else:
            self.leaves.append(leaf)
            if show:
                self.shows[last + 1] = show
                self.owners.append(last + 1)

    def atoms(self, groups: Mapping[str, str], texts: Mapping[str, str], width: Callable[[str, str], float]) -> list[Atom]:
        found: list[Atom] = []
        for index, leaf in enumerate(self.leaves):
            if index in self.shows:
                found += self.atoms_of(index, leaf, self.characters(self.shows[index], groups, texts), width)
            else:
                found.append(Atom(index, " " if leaf.text else GAP, leaf.lead, leaf.width))
        return found

    def atoms_of(self, index: int, leaf: Leaf, characters: list[tuple[str, bytes, bool]], width: Callable[[str, str], float]) -> Iterator[Atom]:
        show, lead = self.shows[index], leaf.lead
        units, spacing = round(float(show.size) * PANGO_UNITS), int(leaf.spacing * PANGO_UNITS)  # WeasyPrint adds the last spacing itself
        for place, (char, shifts, is_own) in enumerate(characters, start=1):
            if spacing and is_own and not IDEOGRAPH.match(char):
                raise Unfit("spaced letters of another width, which WeasyPrint rounds in its own way")
            after = leaf.spacing if place == len(characters) else spacing / PANGO_UNITS
            yield Atom(index, char, lead, round(width(show.font, char) * units / 1000) / PANGO_UNITS + after, shifts, is_own)
            lead = 0

    def characters(self, show: Show, groups: Mapping[str, str], texts: Mapping[str, str]) -> list[tuple[str, bytes, bool]]:
        """(character, shifts after it, from the document's own font) of one show."""
        between, found, at = show.items[0][1] if len(show.items) > 1 else b"", [], 0
        line = "".join(item if isinstance(item, str) else " " for item, _ in show.items)
        while at < len(line):
            item, shifts = show.items[at]
            group = next((group for group in self.groups if line.startswith(group, at)), "")
            if group:
                at += len(group)
                found += [(char, between, True) for char in groups[group]]
                found[-1] = (found[-1][0], show.items[at - 1][1], True)
            else:
                at += 1
                found.append((texts[item.key[0]][item.key[1]] if isinstance(item, Slot) else item, shifts, False))
        return found

    def lines(self, atoms: list[Atom]) -> list[list[Atom]]:
        """Raises Unfit where a line would end at a place that only WeasyPrint knows."""
        lines, start, x = [], 0, self.block.left + self.block.indent
        for at, atom in enumerate(atoms):
            x += (atom.lead if at > start else 0) + atom.advance
            if abs(x - self.block.right) < UNSURE:
                raise Unfit("a line that is just full")
            if x > self.block.right and atom.char.strip():
                end = self.line_end(atoms, start, at)
                lines.append(atoms[start:end])
                start, x = end, self.block.left + sum(kept.lead * (place > 0) + kept.advance for place, kept in enumerate(atoms[end : at + 1]))
        return [*lines, atoms[start:]]

    def line_end(self, atoms: list[Atom], start: int, at: int) -> int:
        for place in range(at, start, -1):
            allowed = may_break(atoms[place - 1], atoms[place], self.leaves)
            if allowed is None:
                break
            if allowed:
                return place
        raise Unfit("a line end that only WeasyPrint knows")

    def written(self, lines: list[list[Atom]], code: Callable[[str, Atom], tuple[bytes, bytes]]) -> dict[int, bytes]:
        """What each leaf writes, in all of its lines."""
        if len(lines) != len(self.block.baselines):
            raise Unfit("another number of lines")
        written, x = dict.fromkeys(self.shows, b""), self.block.left + self.block.indent
        for line, baseline in zip(lines, self.block.baselines, strict=True):
            for index, part in enumerate(parts_of(line)):
                x += part[0].lead if index else 0
                if part[0].leaf in self.shows:
                    written[part[0].leaf] += self.shown(part, x, baseline, code)
                x += sum(atom.advance for atom in part)
            x = self.block.left
        return written

    def shown(self, part: list[Atom], x: float, baseline: float, code: Callable[[str, Atom], tuple[bytes, bytes]]) -> bytes:
        show = self.shows[part[0].leaf]
        written, current = b"1 0 0 -1 %s %s Tm\n" % (f"{x:.6f}".encode(), f"{baseline:.6f}".encode()), b""
        for atom in part:
            font, number = code(show.font, atom)
            if font != current:
                written += (b"] TJ\n" if current else b"") + b"/%s %s Tf\n[" % (font, show.size)
                current = font
            written += b"<%s>" % number + (atom.shifts if atom is not part[-1] else b"")
        return written + b"] TJ\n"


def parts_of(line: list[Atom]) -> list[list[Atom]]:
    """The line, divided where another leaf begins."""
    parts: list[list[Atom]] = []
    for atom in line:
        if parts and parts[-1][0].leaf == atom.leaf:
            parts[-1].append(atom)
        else:
            parts.append([atom])
    return parts
