"""Outlines of a CFF font on a coarser grid than 1000 units to the em, which takes an eighth to a quarter off what they weigh.

Adobe Technical Note 5177. A grid of 500 units moves no point by more than a thousandth of the size, one of 250 by two.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, cycle, repeat

from exchange.cff_charset import number_at

DEFAULT_WIDTH, NOMINAL_WIDTH = b"\x14", b"\x15"
SCALE = {2: b"\x1e\xa0\x02\xff", 4: b"\x1e\xa0\x04\xff"}  # .002 and .004
END, HORIZONTAL_MOVE, VERTICAL_MOVE, MOVE = 14, 22, 4, 21
ARGUMENTS = {END: 0, HORIZONTAL_MOVE: 1, VERTICAL_MOVE: 1, MOVE: 2}  # before them a glyph may begin with its width
FIXED = 255  # a number with 16 bits before and 16 behind the point
X, Y = 0, 1

Operation = tuple[int, list[float]]


class Unknown(Exception):
    """An operator of hints, flexes or subroutines."""


class Grid:
    """The glyphs of one Private DICT, `by` times coarser; their widths stay exact."""

    def __init__(self, private: dict[bytes, bytes], by: int) -> None:
        self.by = by
        self.default, self.nominal = (number_at(private[key], 0)[0] if key in private else 0 for key in (DEFAULT_WIDTH, NOMINAL_WIDTH))
        self.usual = self.default if self.default % by == 0 else 0  # what a DICT says has to be whole

    def private(self) -> bytes:
        return written(self.usual // self.by) + DEFAULT_WIDTH

    def glyph(self, program: bytes) -> bytes:
        """The same outline. Raises Unknown."""
        laid, at, is_first = bytearray(), [0.0, 0.0], True
        for operator, arguments in operations(program):
            if is_first:
                laid += self.width(operator, arguments)
                is_first = False
            for axis, distance in zip(axes(operator, len(arguments)), arguments, strict=False):
                before = coarse(at[axis], self.by)
                at[axis] += distance
                laid += written(coarse(at[axis], self.by) - before)
            laid.append(operator)
        return bytes(laid)

    def width(self, operator: int, arguments: list[float]) -> bytes:
        """What a glyph begins with, taken out of the arguments of its first operator."""
        has_own = len(arguments) > ARGUMENTS.get(operator, len(arguments))
        width = self.nominal + arguments.pop(0) if has_own else self.default
        return b"" if width == self.usual else written(width / self.by)


def matrix(by: int) -> bytes:
    """The operands of FontMatrix."""
    return SCALE[by] + b"\x8b\x8b" + SCALE[by] + b"\x8b\x8b"


def box(numbers: bytes, by: int) -> bytes:
    """The same of the operands of FontBBox."""
    ((_, found),) = operations(numbers + bytes((END,)))
    return b"".join(written(coarse(value, by)) for value in found)


def operations(program: bytes) -> Iterator[Operation]:
    place, arguments = 0, []
    while place < len(program):
        byte = program[place]
        if byte == FIXED:
            arguments.append(int.from_bytes(program[place + 1 : place + 5], "big", signed=True) / 65536)
            place += 5
        elif byte >= 32 or byte == 28:
            number, place = number_at(program, place)
            arguments.append(number)
        else:
            yield byte, arguments
            place, arguments = place + 1, []


def axes(operator: int, count: int) -> Iterable[int]:
    """Along which axis each argument of an operator goes."""
    if operator in (MOVE, 5, 8, 24, 25):  # lines and curves in any direction
        return cycle((X, Y))
    if operator in (HORIZONTAL_MOVE, VERTICAL_MOVE, END):
        return repeat(X if operator == HORIZONTAL_MOVE else Y)
    if operator in (6, 7):  # lines, in turns along one axis and the other
        return cycle((X, Y) if operator == 6 else (Y, X))
    if operator in (26, 27):  # curves that begin and end along the same axis
        along, across = (X, Y) if operator == 27 else (Y, X)
        return chain(repeat(across, count % 4), cycle((along, X, Y, along)))
    if operator in (30, 31):  # curves that begin along one axis and end along the other, in turns
        first, second = ((X, X, Y, Y), (Y, X, Y, X)) if operator == 31 else ((Y, X, Y, X), (X, X, Y, Y))
        curves = count // 4
        turns = chain.from_iterable(first if turn % 2 == 0 else second for turn in range(curves))
        last = first if curves % 2 else second
        return chain(turns, repeat(X if last[3] == Y else Y, count % 4))
    raise Unknown(operator)


def coarse(value: float, by: int) -> int:
    return int((value + by // 2) // by)


def written(number: float) -> bytes:
    if number % 1:
        return bytes((FIXED,)) + round(number * 65536).to_bytes(4, "big", signed=True)
    whole = int(number)
    if -107 <= whole <= 107:
        return bytes((whole + 139,))
    if 108 <= abs(whole) <= 1131:
        high, low = divmod(abs(whole) - 108, 256)
        return bytes(((247 if whole > 0 else 251) + high, low))
    return b"\x1c" + whole.to_bytes(2, "big", signed=True)
