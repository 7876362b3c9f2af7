"""The choice among the eight masks of a QR code (ISO/IEC 18004:2015, 7.8), exactly as segno makes it, in a tenth of the time.

Two masks differ in the same modules in every code of one size and error level, so one code is encoded once and the seven others are
made by exchanging those modules. A whole code is one long number, and the penalties are counted by shifting it against itself.
"""

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import segno

MASKS = 8
WITHOUT_VERSION = 41  # modules of version 6; from version 7 on there are places for the version too
GAP = 4  # cells between two lines, neither dark nor light; beside a finder they count as light
FINDER_LENGTH, HALF_A_FINDER = 7, 4
DIGITS = bytes.maketrans(b"\x00\x01", b"01")

Rows = tuple[bytes, ...]


def encode(content: str, mask: int | None = None) -> Rows:
    """Modules of a code of error level M, row by row; with segno's own choice of the mask where none is given."""
    return tuple(map(bytes, segno.make(content, error="m", micro=False, boost_error=False, mask=mask).matrix))


def best_rows(content: str) -> Rows:
    """The code with the mask of the lowest penalty."""
    first = encode(content, mask=0)
    size = len(first)
    frame, (along, down) = frame_of(size), both_ways(first)
    best = min(range(MASKS), key=lambda mask: frame.penalty(along ^ frame.changes[mask][0], down ^ frame.changes[mask][1]))
    return frame.rows(along ^ frame.changes[best][0])


def both_ways(rows: Rows) -> tuple[int, int]:
    """A code as two numbers: its rows one after the other, and its columns."""
    return number_of(rows), number_of(tuple(bytes(column) for column in zip(*rows, strict=True)))


def number_of(lines: Rows) -> int:
    """The first module is the lowest bit above a gap."""
    gap = "0" * GAP
    return int((gap + gap.join(line.translate(DIGITS).decode() for line in lines))[::-1], 2)


@dataclass(frozen=True)
class Frame:
    """What all codes of one size share: `changes` exchange mask 0 for another, by rows and by columns."""

    size: int
    cells: int
    counted: int  # without the format and version information, which come in only after the choice
    corners: int  # cells with a neighbour to the right and below
    changes: tuple[tuple[int, int], ...]

    def penalty(self, along: int, down: int) -> int:
        along, down = along & self.counted, down & self.counted  # those places are symmetrical
        balance = 10 * int(abs(along.bit_count() / self.size**2 * 100 - 50) / 5)
        return self.lines_penalty(along) + self.lines_penalty(down) + self.blocks_penalty(along) + balance

    def lines_penalty(self, dark: int) -> int:
        return runs_penalty(dark) + runs_penalty(self.cells ^ dark) + 40 * sum(1 for _ in finders(dark))

    def blocks_penalty(self, dark: int) -> int:
        """Squares of two by two in one colour."""
        pitch = self.size + GAP
        beside, below = dark ^ dark >> 1, dark ^ dark >> pitch
        return 3 * (self.corners & ~(beside | below | beside >> pitch)).bit_count()

    def rows(self, along: int) -> Rows:
        pitch, line = self.size + GAP, (1 << self.size) - 1
        numbers = (along >> (GAP + index * pitch) & line for index in range(self.size))
        return tuple(bytes(map(int, f"{number:0{self.size}b}"[::-1])) for number in numbers)


def runs_penalty(cells: int) -> int:
    """Five or more in a row: their number less two."""
    pairs = cells & cells >> 1
    fives = pairs & pairs >> 2 & cells >> 4
    return fives.bit_count() + 2 * (fives & ~(fives << 1)).bit_count()


def finders(dark: int) -> Iterator[int]:
    """Where a line looks like a finder: 1011101 with four light modules before or after it."""
    looks = dark & ~(dark >> 1) & dark >> 2 & dark >> 3 & dark >> 4 & ~(dark >> 5) & dark >> 6
    light = ~dark & ~(dark >> 1)
    light &= light >> 2
    found = looks & (light << GAP | light >> FINDER_LENGTH)
    free = 0
    while looks:
        at = (looks & -looks).bit_length() - 1
        looks &= looks - 1
        if at >= free:
            is_finder = found >> at & 1
            free = at + (FINDER_LENGTH if is_finder else HALF_A_FINDER)
            if is_finder:
                yield at


@functools.cache
def frame_of(size: int) -> Frame:
    codes = [both_ways(encode(sample_of(size), mask)) for mask in range(MASKS)]
    whole = [b"\x01" * size] * size
    inner = [b"\x01" * (size - 1) + b"\x00"] * (size - 1) + [bytes(size)]
    changes = tuple((along ^ codes[0][0], down ^ codes[0][1]) for along, down in codes)
    return Frame(size, number_of(tuple(whole)), number_of(counted_rows(size)), number_of(tuple(inner)), changes)


@functools.cache
def sample_of(size: int) -> str:
    """A content whose code has this size."""
    return next("x" * length for length in range(1, 3000) if len(encode("x" * length, 0)) == size)


def counted_rows(size: int) -> Rows:
    rows = [bytearray(b"\x01" * size) for _ in range(size)]
    for index in range(9):
        if index != 6:  # the timing pattern
            rows[8][index] = rows[index][8] = 0
    for index in range(1, 9):
        rows[8][-index] = rows[-index][8] = 0
    for along, across in itertools.product(range(6), range(9, 12)) if size > WITHOUT_VERSION else ():
        rows[along][-across] = rows[-across][along] = 0
    return tuple(map(bytes, rows))
