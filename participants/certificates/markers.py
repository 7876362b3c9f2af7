"""What stands in a template where a person's characters will be: rare ideographs, each in one place."""

import functools
import re

from exchange import documents

FIELDS = ("name", "unit", "position", "work")
CODE = "7K4M-Q2XH-9TBD-0Z3C"
# Ideographs of one width, one line-breaking class and no other form; iteration marks and compatibility forms go the long way.
IDEOGRAPH = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
MARKERS = 260
USUAL = 48  # markers that most shapes can do with: the fonts of the templates have them from the start


def blanked_number(number: str) -> str:
    """The number with zeros for a serial."""
    head, mark, serial = number.rpartition("第")
    return head + mark + re.sub("[0-9]", "0", serial)


@functools.cache
def markers() -> tuple[str, ...]:
    """Ideographs that all our fonts have in full width, and that hardly any text uses: none of GB 2312."""
    found = []
    for char in map(chr, range(0x4E00, 0x9FA6)):
        if not is_common(char) and documents.is_full_width(char):
            found.append(char)
            if len(found) == MARKERS:
                break
    return tuple(found)


def is_common(char: str) -> bool:
    try:
        return bool(char.encode("gb2312"))
    except UnicodeEncodeError:
        return False
