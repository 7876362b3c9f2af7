"""A writer of the smallest .xls that readers accept: a BIFF8 stream inside a compound file. Only for tests."""

import struct
from collections.abc import Sequence

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def text(value: str, size: str = "<H") -> bytes:
    return struct.pack(size, len(value)) + b"\x01" + value.encode("utf-16-le")


def stream_of(rows: Sequence[Sequence[str | float]], sheet: str) -> bytes:
    """BOF, one BOUNDSHEET, and the cells as LABEL and NUMBER records."""
    start = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)) + record(0x0042, struct.pack("<H", 0x04B0))
    name = struct.pack("<B", len(sheet)) + b"\x01" + sheet.encode("utf-16-le")
    end = record(0x000A, b"")
    offset = len(start) + 4 + 6 + len(name) + len(end)
    cells = b"".join(cell(index, column, value) for index, row in enumerate(rows) for column, value in enumerate(row) if value != "")
    head = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
    size = record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    return start + record(0x0085, struct.pack("<IBB", offset, 0, 0) + name) + end + head + size + cells + end


def cell(row: int, column: int, value: str | float) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    return record(0x0204, place + text(value)) if isinstance(value, str) else record(0x0203, place + struct.pack("<d", value))


def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    raw = name.encode("utf-16-le")
    length = len(raw) + 2 if name else 0
    return raw.ljust(64, b"\0") + struct.pack("<HBB III", length, kind, 1, FREE, FREE, child) + b"\0" * 36 + struct.pack("<IQ", start, size)


def xls(rows: Sequence[Sequence[str | float]], sheet: str = "报名表") -> bytes:
    """Header, one FAT sector, one directory sector, then the stream (at least 4,096 bytes, so that no mini stream is needed)."""
    stream = stream_of(rows, sheet)
    stream = stream.ljust(max(4096, -(-len(stream) // SECTOR) * SECTOR), b"\0")
    sectors = len(stream) // SECTOR
    fat = [FAT, END, *range(3, sectors + 2), END]
    fat += [FREE] * (SECTOR // 4 - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0) + struct.pack("<I", 0) + struct.pack("<I", FREE) * 108
    directory = entry("Root Entry", 5, 1, END, 0) + entry("Workbook", 2, FREE, 2, len(stream)) + entry("", 0, FREE, 0, 0) * 2
    return header + struct.pack(f"<{SECTOR // 4}I", *fat) + directory + stream
