"""What the tests of the import share: the 18 units of the study visit, sheets as bytes, and the labelled rows."""

import contextlib
import csv
import io
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from events.programs.models import Program
from participants.directory.models import Organisation
from participants.rosters import imports
from participants.rosters.models import RosterImport
from tests.cast import Cast, make_delegation, make_group, make_organisation, make_program

DATA = Path(__file__).parents[2] / "data"
HEADER = ["姓名", "性别", "民族", "出生日期", "身份证号", "区县", "单位", "手机号码", "备注"]
GOOD = ["许知遥", "男", "汉族", "1971-02-02", "120113197102029979", "北辰区", "天津市北辰区辰光高级中学", "15433000149", ""]
SCHOOLS = {
    "beichen": ["天津市北辰区丁字沽畔中学", "天津市北辰区双河第一高级中学", "天津市北辰区大张河中学", "天津市北辰区瑞景湾实验中学"],
    "daxing": ["北京市大兴区京南星河高级中学", "北京市大兴区凤河源实验学校", "北京市大兴区瀛海青云中学"],
    "langfang": ["三河市潮白湾高级中学", "固安县孔雀湖中学", "廊坊市广阳区银杏里中学", "霸州市益津湾高级中学"],
}


def data(name: str) -> bytes:
    return (DATA / name).read_bytes()


def make_visit(cast: Cast, groups: int = 6, **fields: Any) -> Program:
    """A study visit with the three delegations, six groups, and all 18 units of the sheets."""
    program = make_program(cast, **fields)
    for bureau in ("beichen", "daxing", "langfang"):
        organisation: Organisation = getattr(cast, bureau)
        make_delegation(cast, program, organisation, 80)
        for name in SCHOOLS[bureau]:
            if not Organisation.objects.filter(name_zh=name).exists():
                make_organisation("school", name, organisation, division_of(name) or organisation.division_id, stage="senior")
    for number in range(1, groups + 1):
        make_group(program, number)
    return program


def division_of(name: str) -> str | None:
    towns = {"三河市": "131082", "固安县": "131022", "霸州市": "131081", "廊坊市广阳区": "131003"}
    return next((code for town, code in towns.items() if name.startswith(town)), None)


def csv_bytes(rows: Sequence[Sequence[str]], encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


def sheet(*changes: dict[int, str], header: Sequence[str] = tuple(HEADER)) -> bytes:
    """A CSV of GOOD with some cells changed in each row: sheet({0: "王䶮"}) has one row."""
    return csv_bytes([header, *([change.get(index, text) for index, text in enumerate(GOOD)] for change in changes)])


def upload(program: Program, content: bytes, by: Any, name: str = "roster.csv", **fields: Any) -> RosterImport:
    return imports.start_import(program=program, data=content, name=name, by=by, now=timezone.now(), **fields)


def rows_of(roster_import: RosterImport) -> dict[int, dict[str, Any]]:
    """Sheet row → stored row."""
    return {row["row"]: row for row in roster_import.reading["rows"]}


def codes_of(roster_import: RosterImport, row: int) -> list[str]:
    return [issue["code"] for issue in rows_of(roster_import)[row].get("issues", [])]


def dirty_rows() -> list[tuple[int, list[str], str, str]]:
    """(sheet row, cells without the labels, defect, expected) of roster-dirty.csv."""
    lines = list(csv.reader(io.StringIO(data("roster-dirty.csv").decode("utf-8-sig"))))
    return [(number, line[:-3], line[-3], line[-2]) for number, line in enumerate(lines, start=1)]


# What a file may cost -----------------------------------------------------------------------------------------------------


class Costs:
    """Seconds, and the peak memory in MB of the processes that read sheets, while a file is taken in."""

    def __init__(self) -> None:
        self.seconds, self.megabytes, self.stopped = 0.0, 0.0, threading.Event()

    def watch(self) -> None:
        while not self.stopped.wait(0.004):
            for child in Path("/proc/self/task").glob("*/children"):
                with contextlib.suppress(OSError):  # the thread, or the child, has just ended
                    for pid in child.read_text().split():
                        self.look_at(Path("/proc") / pid)

    def look_at(self, process: Path) -> None:
        """Before it has become a program of its own, a child shows the memory of its parent."""
        with contextlib.suppress(OSError):
            if b"spreadsheet_child" in (process / "cmdline").read_bytes():
                found = next((line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
                self.megabytes = max(self.megabytes, int(found.split()[1]) / 1024)


@contextlib.contextmanager
def costs() -> Iterator[Costs]:
    found = Costs()
    watcher = threading.Thread(target=found.watch, daemon=True)
    watcher.start()
    began = time.monotonic()
    try:
        yield found
    finally:
        found.seconds = time.monotonic() - began
        found.stopped.set()
        watcher.join()


@contextlib.contextmanager
def within_limits(seconds: float = 10, megabytes: float = 200) -> Iterator[None]:
    """The limits of a single file, also of one that is refused."""
    with contextlib.ExitStack() as stack:
        found = stack.enter_context(costs())
        try:
            yield
        finally:
            stack.close()
            assert found.seconds < seconds and found.megabytes < megabytes, (found.seconds, found.megabytes)
