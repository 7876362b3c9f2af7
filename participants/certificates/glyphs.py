"""Which characters our fonts can print, so that no name becomes a box."""

import functools
import subprocess
import unicodedata

# In the order in which the papers fall back (templates/certificates/paper/base.html names the same families).
FAMILIES = ("LXGW WenKai", "Noto Serif CJK SC", "BabelStone Han", "HanaMinA", "HanaMinB")


@functools.cache
def covered() -> frozenset[int]:
    """Every code point that one of the installed families has a glyph for."""
    found: set[int] = set()
    for family in FAMILIES:
        found |= code_points(family)
    return frozenset(found)


def code_points(family: str) -> frozenset[int]:
    """The code points of one family; none when it is not installed."""
    from fontTools.ttLib import TTFont  # slow to import, and only issuing needs it

    asked = ["fc-match", "--format", "%{family}|%{file}|%{index}", family]
    matched, file, index = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=True).stdout.split("|")
    if family not in matched.split(","):
        return frozenset()
    with TTFont(file, fontNumber=int(index) & 0xFFFF, lazy=True) as font:
        return frozenset(font.getBestCmap())


def missing(text: str) -> str:
    """The characters of `text` that none of our fonts can print, each once, in order.

    Characters for private use count as missing: fonts have glyphs there, but each another one than the writer meant.
    """
    known = covered()
    return "".join(dict.fromkeys(char for char in text if ord(char) not in known or unicodedata.category(char) == "Co"))
