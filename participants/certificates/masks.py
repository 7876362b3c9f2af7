"""The choice among the eight masks of a QR code (ISO/IEC 18004:2015, 7.8), exactly as segno makes it, in half the time.

Two masks differ in the same modules in every code of one size and error level, so one code is encoded once and the seven others are
made by exchanging those modules; the penalties are counted over whole rows instead of module by module.
"""

import functools
import itertools
import re

import segno

MASKS = 8
LARGEST = 41  # modules of version 6; from version 7 on there are places for the version too
RUN = re.compile(rb"\x00{5,}|\x01{5,}")
FINDER = bytes((1, 0, 1, 1, 1, 0, 1))
EDGE = bytes((2, 2, 2, 2))  # between two rows; counts as light around a finder
DIGITS = bytes.maketrans(b"\x00\x01", b"01")

Rows = tuple[bytes, ...]


def encode(content: str, mask: int | None = None) -> Rows:
    """Modules of a code of error level M, row by row; with segno's own choice of the mask where none is given."""
    return tuple(map(bytes, segno.make(content, error="m", micro=False, boost_error=False, mask=mask).matrix))


def best_rows(content: str) -> Rows:
    """The code with the mask of the lowest penalty."""
    first = encode(content, mask=0)
    size = len(first)
    if size > LARGEST:
        return encode(content)
    whole, counted = int.from_bytes(b"".join(first), "big"), counted_cells(size)
    candidates = [whole ^ change for change in changes(size)]
    best = min(candidates, key=lambda candidate: penalty(rows_of(candidate & counted, size)))
    return rows_of(best, size)


def rows_of(whole: int, size: int) -> Rows:
    flat = whole.to_bytes(size * size, "big")
    return tuple(flat[start : start + size] for start in range(0, size * size, size))


@functools.cache
def changes(size: int) -> tuple[int, ...]:
    """What to exchange in a code with mask 0 to get each of the masks."""
    sample = next("x" * length for length in range(1, 200) if len(encode("x" * length, 0)) == size)
    codes = [int.from_bytes(b"".join(encode(sample, mask)), "big") for mask in range(MASKS)]
    return tuple(code ^ codes[0] for code in codes)


@functools.cache
def counted_cells(size: int) -> int:
    """Everything but the places of the format information, which comes in only after the choice."""
    rows = [bytearray(b"\x01" * size) for _ in range(size)]
    for index in range(9):
        if index != 6:  # the timing pattern
            rows[8][index] = rows[index][8] = 0
    for index in range(1, 9):
        rows[8][-index] = rows[-index][8] = 0
    return int.from_bytes(b"".join(rows), "big")


def penalty(rows: Rows) -> int:
    columns = tuple(bytes(column) for column in zip(*rows, strict=True))
    dark = sum(map(sum, rows))
    balance = 10 * int(abs(dark / len(rows) ** 2 * 100 - 50) / 5)
    return sum(lines_penalty(EDGE.join(lines)) for lines in (rows, columns)) + blocks_penalty(rows) + balance


def lines_penalty(lines: bytes) -> int:
    """Runs of one colour, and what looks like a finder."""
    runs = sum(found.end() - found.start() - 2 for found in RUN.finditer(lines))
    finders, at = 0, lines.find(FINDER)
    while at >= 0:
        is_finder = 1 not in lines[max(at - 4, 0) : at] or 1 not in lines[at + 7 : at + 11]
        finders += is_finder
        at = lines.find(FINDER, at + (7 if is_finder else 4))
    return runs + 40 * finders


def blocks_penalty(rows: Rows) -> int:
    """Squares of two by two in one colour."""
    numbers = [int(row.translate(DIGITS), 2) for row in rows]
    full = (1 << (len(rows) - 1)) - 1
    blocks = 0
    for above, below in itertools.pairwise(numbers):
        same = ~(above ^ below)
        blocks += (~(above ^ (above >> 1)) & full & same & (same >> 1)).bit_count()
    return 3 * blocks
