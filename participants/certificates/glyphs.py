"""Which characters our fonts can print, so that no name becomes a box."""

import functools
import unicodedata

from exchange import font_subsets

# In the order in which the papers fall back (templates/certificates/paper/base.html names the same families).
FAMILIES = ("LXGW WenKai", "Noto Serif CJK SC", "BabelStone Han", "HanaMinA", "HanaMinB")


@functools.lru_cache(maxsize=20_000)
def is_covered(char: str) -> bool:
    """Whether one of the installed families has a glyph for it."""
    sources = (font_subsets.source(family, False) for family in FAMILIES)
    return any(source is not None and source.width(char) is not None for source in sources)


def missing(text: str) -> str:
    """The characters of `text` that none of our fonts can print, each once, in order.

    Characters for private use count as missing: fonts have glyphs there, but each another one than the writer meant.
    """
    return "".join(dict.fromkeys(char for char in text if not is_covered(char) or unicodedata.category(char) == "Co"))
