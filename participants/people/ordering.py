"""The orders in which lists of names are printed: by strokes 姓氏笔画, and by pinyin with surnames read as surnames."""

import functools
from pathlib import Path

from participants.people.names import syllables

STROKES = Path(__file__).parent / "data" / "strokes.txt"
UNKNOWN = 1_000_000  # after every character that the table has, by code point


@functools.cache
def ranks() -> dict[str, int]:
    """Each character's place in the order of strokes."""
    lines = (line.split(" ", 1)[1] for line in STROKES.read_text(encoding="utf-8").splitlines())
    return {char: rank for rank, char in enumerate("".join(lines))}


def stroke_key(name: str) -> tuple[int, ...]:
    """Surnames of fewer strokes first; equal ones by their strokes in the order of writing, then the given names in the same way."""
    known = ranks()
    return tuple(known.get(char, UNKNOWN + ord(char)) for char in name)


def pinyin_key(name: str) -> tuple[str, ...]:
    """Syllable by syllable: 李安 (li an) comes before 梁 (liang)."""
    return (*syllables(name), name)
