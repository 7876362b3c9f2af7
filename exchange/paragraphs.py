"""Reads the paragraphs of a laid-out page from WeasyPrint's boxes: their lines, and what stands in them."""

from collections.abc import Iterator
from typing import Any

from exchange.reflow import Block, Leaf

TEXT, LINE = "TextBox", "LineBox"


def blocks_of(page: Any, markers: frozenset[str]) -> Iterator[Block]:
    """The paragraphs with markers in them, as far as they may be broken into lines anew."""
    for box in page.descendants(placeholders=True):
        lines = getattr(box, "children", ())
        if lines and all(type(line).__name__ == LINE for line in lines) and markers & set(text_of(box)) and is_plain(box, lines):
            yield read(box, lines)


def text_of(box: Any) -> str:
    return "".join(leaf.text for leaf in box.descendants() if type(leaf).__name__ == TEXT)


def is_plain(box: Any, lines: Any) -> bool:
    """Set from the left, each line ending with a character, and no space lost at the end of one."""
    leaves = [list(leaves_of(line)) for line in lines]
    if box.style["text_align_all"] not in ("start", "left") or any(type(line[end]).__name__ != TEXT for line in leaves for end in (0, -1)):
        return False
    return len(lines) == 1 or "".join(text_of(box).split()) == text_of(box) == "".join("".join(box.element.itertext()).splitlines())


def leaves_of(line: Any) -> Iterator[Any]:
    for child in line.children:
        if type(child).__name__ == "InlineBox":
            yield from leaves_of(child)
        else:
            yield child


def read(box: Any, lines: Any) -> Block:
    first = next(leaves_of(lines[0]))
    left = float(box.content_box_x())
    baselines = tuple(float(line.position_y + line.baseline) for line in lines)
    return Block(left, left + float(box.width), float(first.position_x) - left, baselines, tuple(leaf for line in read_lines(lines) for leaf in line))


def read_lines(lines: Any) -> Iterator[list[Leaf]]:
    before = None
    for line in lines:
        found, end = [], None
        for leaf in leaves_of(line):
            goes_on = end is None and before is not None and before.element is leaf.element and before.style is leaf.style
            found.append(read_leaf(leaf, 0.0 if end is None else round(float(leaf.position_x) - end, 6), goes_on))
            end, before = float(leaf.position_x) + width_of(leaf), leaf
        yield found


def width_of(leaf: Any) -> float:
    return float(leaf.width if type(leaf).__name__ == TEXT else leaf.margin_width())


def read_leaf(leaf: Any, lead: float, goes_on: bool) -> Leaf:
    is_text = type(leaf).__name__ == TEXT
    spacing = leaf.style["letter_spacing"] if is_text else 0
    is_unbroken = leaf.style["white_space"] in ("nowrap", "pre")
    return Leaf(leaf.text if is_text else "", lead, width_of(leaf), 0.0 if spacing == "normal" else float(spacing), is_unbroken, goes_on)
