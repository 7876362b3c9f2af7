"""Reading, validating and committing a roster, on both databases.

    python benchmarks/rosters.py [--quick] [--whole]

Ratios are measured in one run on the same workbook: the product's reader against openpyxl and against a plain unzip-and-parse, the import's commit
against saving each person through the rules. `--whole` instead takes one long sheet from its upload to its people, job by job, with time and memory.
"""

import contextlib
import gc
import io
import os
import resource
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import databases

ROWS, QUICK_ROWS, MANY, QUICK_MANY, SAVED_EACH = 5_000, 500, 100_000, 10_000, 300
HEAD = ["序号", "姓名", "性别", "民族", "身份证号", "手机号码", "所在单位", "职务", "学科", "团内角色", "饮食", "备注"]
SCHOOLS = ["天津市北辰区辰光高级中学", "天津市北辰区运河湾中学"]
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"


def roster(number: int) -> Iterator[list[str]]:
    """Invented people with valid ID numbers; every tenth name is spaced, every seventh phone has blanks."""
    from tests.cast import fictional_id

    for index in range(number):
        name = SURNAMES[index % 20] + GIVEN[index // 20 % 20] + GIVEN[index // 400 % 20]
        born = date(1965, 1, 1) + timedelta(days=index % 12_000)
        phone = f"154{index:08d}"
        yield [
            str(index + 1),
            " ".join(name) if index % 10 == 0 else name,
            "男" if (900 + index // 12_000) % 2 else "女",
            "汉族",
            fictional_id(born, 900 + index // 12_000),
            f"{phone[:3]} {phone[3:7]} {phone[7:]}" if index % 7 == 0 else phone,
            SCHOOLS[index % 2],
            "教师",
            "数学",
            "学员",
            "无",
            "",
        ]


def workbook(number: int) -> bytes:
    from exchange.spreadsheets import Column, write_workbook

    return write_workbook([Column(title) for title in HEAD], roster(number), sheet="报名表")


# Reading ----------------------------------------------------------------------------------------------------------------


def read_ours(data: bytes) -> int:
    """What the reader's process does, without the start of that process."""
    from exchange import spreadsheet_child
    from exchange.spreadsheets import MOST_ROWS

    return sum(len(part) for part in spreadsheet_child.workbook(data, MOST_ROWS, "") if isinstance(part, list))


def read_wholly(data: bytes) -> int:
    """From the bytes to cells in the process of the site, with the start of the reader's process."""
    from exchange.spreadsheets import read_parts

    return sum(1 for _row in read_parts(data, "roster.xlsx").rows)


def read_openpyxl(data: bytes, read_only: bool = False) -> int:
    import openpyxl

    return sum(1 for _row in openpyxl.load_workbook(io.BytesIO(data), read_only=read_only).worksheets[0].iter_rows(values_only=True))


def read_openpyxl_only(data: bytes) -> int:
    """openpyxl's fastest way, which needs to be asked for."""
    return read_openpyxl(data, read_only=True)


def read_plainly(data: bytes) -> int:
    """The least that must be done in Python: unzip, parse the strings and the sheet, and put the cells into rows."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        strings = ["".join(item.itertext()) for item in ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))]
        rows = []
        for row in ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml")).iter(f"{space}row"):
            rows.append([strings[int(cell[0].text or 0)] if cell.get("t") == "s" and len(cell) else "" for cell in row])
    return len(rows)


def best(call: Callable[[], Any], times: int = 3) -> float:
    """Seconds of CPU, of this process and of those that it has started and seen end."""
    spent = []
    for _index in range(times):
        begun = cpu_seconds()
        call()
        spent.append(cpu_seconds() - begun)
    return min(spent)


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure_reading(number: int, many: int) -> bool:
    small, large = workbook(number), workbook(many)
    assert read_ours(small) == read_openpyxl(small) == read_plainly(small) == read_wholly(small) == number + 1
    reach = [compare(number, small, 5), compare(many, large, 1 if many > QUICK_MANY else 3)]
    print(f"  cost of a row at {many}: {reach[1][0] / reach[0][0]:.2f} × that at {number}", flush=True)
    more = [memory_of(data) for data in (small, large)]
    print(f"  memory: reader's process {more[0][0]:.0f} and {more[1][0]:.0f} MB at its peak, process of the site {more[0][1]:.0f} and {more[1][1]:.0f} MB more")
    return all(good for _row, good in reach) and max(found for pair in more for found in pair) <= 200


def compare(number: int, data: bytes, times: int) -> tuple[float, bool]:
    """(seconds of CPU per row, whether the figures are reached)."""
    gc.disable()  # as the reader's own process does
    ours, slow, faster, plain = (best(lambda: read(data), times) for read in (read_ours, read_openpyxl, read_openpyxl_only, read_plainly))  # noqa: B023
    gc.enable()
    whole = best(lambda: read_wholly(data), times)
    print(
        f"  reading {number} rows: {number / ours:.0f} a second, {slow / ours:.1f} × openpyxl ({faster / ours:.1f} × its read-only mode), "
        f"{ours / plain:.2f} × the time of unzip-and-parse; with the start of its process and the way back {number / whole:.0f} a second, "
        f"{slow / whole:.1f} × openpyxl",
        flush=True,
    )
    return ours / number, slow / ours >= 10 and ours / plain <= 2.5


def memory_of(data: bytes) -> tuple[float, float]:
    """Peak MB of the reader's process, and what the process of the site needs more: measured in a process of its own, which has read nothing before."""
    code = (
        "import sys; from benchmarks.rosters import read_wholly; from tests.participants.rosters.imports import costs;"
        "data = sys.stdin.buffer.read(); line = lambda: next(line for line in open('/proc/self/status') if line.startswith('VmHWM'));"
        "peak = lambda: int(line().split()[1]) / 1024; before = peak();\n"  # not ru_maxrss, which begins with what the parent had
        "with costs() as found: read_wholly(data)\n"
        "print(found.megabytes, peak() - before)"
    )
    setup = "import django; django.setup();"
    more = {"DJANGO_SETTINGS_MODULE": "exchange.settings", "PYTHONPATH": f"{databases.ROOT}:{databases.ROOT / 'benchmarks'}"}
    out = subprocess.run([sys.executable, "-c", setup + code], input=data, stdout=subprocess.PIPE, check=True, env={**os.environ, **more}, cwd=databases.ROOT)
    reader, site = map(float, out.stdout.split())
    return reader, site


# Import -----------------------------------------------------------------------------------------------------------------


def measure_import(number: int) -> bool:
    from django.utils import timezone

    from exchange.spreadsheets import read_cells
    from participants.people.names import pinyin_of
    from participants.rosters import imports
    from participants.rosters.import_directory import roster_directory, roster_rules
    from participants.rosters.models import Registration
    from participants.rosters.sheet.layout import lay_out
    from participants.rosters.sheet.reading import read_rows
    from tests.cast import make_cast, make_delegation, make_program

    cast, now = make_cast(), timezone.now()
    pinyin_of("王")  # a server has loaded the dictionaries already
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen, number)
    data, by = workbook(number - 1), cast.district_beichen
    layout = lay_out(read_cells(data, "roster.xlsx"))
    directory, rules = roster_directory(program, by, None), roster_rules(program, now)
    validation = best(lambda: read_rows(layout.rows, layout.columns, directory=directory, rules=rules))
    found = imports.start_import(program=program, data=data, name="roster.xlsx", by=by, now=now)
    together = costs_of(lambda: imports.commit_import(roster_import=found, by=by, now=now), number - 1)
    assert Registration.objects.filter(program=program).count() == number - 1, found.counts
    each = save_each(cast, min(SAVED_EACH, number), now)
    print(f"  validation of {number} rows: {validation:.2f} s CPU")
    clock, cpu, own = (slow / fast for slow, fast in zip(each, together, strict=True))
    print(f"  saving each: {1 / each[0]:.0f} rows a second, {each[1] * 1e6:.0f} µs CPU a row, {each[2] * 1e6:.0f} of them outside of the database")
    print(f"  commit: {1 / together[0]:.0f} rows a second, {together[1] * 1e6:.0f} µs CPU a row, {together[2] * 1e6:.0f} of them outside of the database")
    print(f"  commit against saving each: {clock:.1f} × by the clock, {cpu:.1f} × by CPU with the database's, {own:.1f} × by that of this process", flush=True)
    return validation < 1 and (clock >= 10 or databases.label() != "PostgreSQL")


def costs_of(call: Callable[[], Any], number: int) -> tuple[float, float, float]:
    """Seconds by the clock, of CPU with the database's, and of CPU of this process, for each of `number`; other work shows in the first alone."""
    begun, cpu, database = time.perf_counter(), cpu_seconds(), databases.cpu_seconds()
    call()
    clock, cpu, database = time.perf_counter() - begun, cpu_seconds() - cpu, databases.cpu_seconds() - database
    return clock / number, (cpu + database) / number, cpu / number


def save_each(cast: Any, number: int, now: Any) -> tuple[float, float, float]:
    """The costs of a person through the rules that the form uses, each in its own transaction."""
    from participants.people.rules import create_person
    from participants.rosters.rules import create_registration
    from tests.cast import make_delegation, make_program

    program = make_program(cast)
    make_delegation(cast, program, cast.daxing, number)

    def save() -> None:
        for row in roster(number):
            person = create_person(by=cast.admin, organisation=cast.school_c, name=row[1], national_id=row[4], phone=row[5], position=row[7], subject=row[8])
            create_registration(program=program, person=person, by=cast.organiser, now=now, role=row[9])

    return costs_of(save, number)


# A long sheet from end to end ----------------------------------------------------------------------------------------------


def measure_whole(number: int) -> bool:
    """Upload, reading by the job, checking again, importing in parts: what each step takes, and the memory of the process that does it."""
    from django.utils import timezone

    from participants.people.names import pinyin_of
    from participants.rosters import import_large, imports
    from participants.rosters.models import Registration, RosterImport
    from tests.cast import make_cast, make_delegation, make_program

    cast = make_cast()
    pinyin_of("王")
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen, number)
    data, by = workbook_from_elsewhere(number), cast.organiser
    base = resident()

    def found() -> RosterImport:
        return RosterImport.objects.defer("file", "reading").get(parent=None)

    with steps(number) as step:
        step("upload and reading", lambda: imports.start_import(program=program, data=data, name="roster.xlsx", by=by, now=timezone.now()))
        step("checking again", lambda: import_large.begin(found(), "read_again", by=by, now=timezone.now(), confirm=1))
        step("importing", lambda: import_large.begin(found(), "write", by=by, now=timezone.now()))
    done, counts = Registration.objects.filter(program=program).count(), found().counts
    print(f"  {counts['parts']} parts, {done} people registered, memory at most {step.peak - base:.0f} MB more than before the upload", flush=True)
    return found().status == "committed" and done == number and step.peak - base <= 200


def workbook_from_elsewhere(number: int) -> bytes:
    """Made in another process, whose memory is not ours."""
    code = f"import sys, django; django.setup(); from rosters import workbook; sys.stdout.buffer.write(workbook({number}))"
    path = f"{databases.ROOT}:{databases.ROOT / 'benchmarks'}"
    return subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True, env={**os.environ, "PYTHONPATH": path}).stdout


def resident() -> float:
    """MB of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


class Steps:
    """Runs steps and prints their costs; memory is looked at ten times a second, and said for the first and the last quarter of each step."""

    def __init__(self, number: int) -> None:
        self.number, self.seen, self.peak, self.stopped = number, [resident()], 0.0, threading.Event()

    def watch(self) -> None:
        while not self.stopped.wait(0.1):
            self.seen.append(resident())

    def __call__(self, name: str, call: Callable[[], Any]) -> None:
        begun, self.seen = time.perf_counter(), [resident()]
        cpu, database = cpu_seconds(), databases.cpu_seconds()
        call()
        seconds, cpu, database = time.perf_counter() - begun, cpu_seconds() - cpu, databases.cpu_seconds() - database
        self.peak = max(self.peak, *self.seen)
        quarter = max(len(self.seen) // 4, 1)
        memory = f"{max(self.seen[:quarter]):.0f} MB in the first quarter, {max(self.seen[-quarter:]):.0f} MB in the last"
        rows = f"{self.number / seconds:.0f} rows a second"
        print(f"  {name}: {seconds:.1f} s, {rows}; CPU {cpu:.1f} s and {database:.1f} s of the database; {memory}", flush=True)


@contextlib.contextmanager
def steps(number: int) -> Iterator[Steps]:
    found = Steps(number)
    watcher = threading.Thread(target=found.watch, daemon=True)
    watcher.start()
    yield found
    found.stopped.set()
    watcher.join()


def main() -> int:
    if not databases.is_child():
        return databases.run_on_both(__file__, sys.argv[1:])
    databases.start_django()
    is_quick = "--quick" in sys.argv
    print(databases.label(), flush=True)
    if "--whole" in sys.argv:
        return int(not measure_whole(QUICK_MANY if is_quick else MANY))
    good = measure_import(QUICK_ROWS if is_quick else ROWS)
    if databases.label() == "SQLite":  # reading has nothing to do with the database
        good = measure_reading(QUICK_ROWS if is_quick else ROWS, QUICK_MANY if is_quick else MANY) and good
    return int(not good and not is_quick)


if __name__ == "__main__":
    sys.exit(main())
