"""Public holidays and the working days that make up for them, from a table that is completed when a new notice appears.

`data/holidays.csv` comes with a release and holds what the State Council's office has announced (column `source`), one line a day: `off`, or
`work` for a weekend on which people work. The administrator edits years at the desk; an edited year stands in a file of the same form
below MEDIA_ROOT and goes before the one of the release. A year without a line is not announced yet.
"""

import csv
import functools
import io
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from exchange import audit
from exchange.transitions import RuleViolation

TABLE = Path(__file__).parent / "data" / "holidays.csv"
COLUMNS = ("year", "day", "kind", "name", "source")
KINDS = {"休": "off", "off": "off", "班": "work", "work": "work"}
LINE = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})(?:\s*(?:—|–|~|至|to)\s*(\d{4}-\d{1,2}-\d{1,2}))?\s+(休|班|off|work)\s+(\S.{0,29})", re.IGNORECASE)
LONGEST = 30  # days in one line


@dataclass(frozen=True)
class SpecialDay:
    day: date
    name: str
    is_off: bool
    year: int  # of the notice: 31 December may belong to the next one
    source: str = ""


def table() -> tuple[dict[date, SpecialDay], frozenset[int]]:
    """The special days, and the years that are announced."""
    return _table(own_table(), stamp(own_table()))


@functools.lru_cache(maxsize=4)
def _table(own: Path, _edition: int) -> tuple[dict[date, SpecialDay], frozenset[int]]:
    edited = rows_of(own) if own.is_file() else []
    years = {row.year for row in edited}
    rows = [*edited, *(row for row in rows_of(TABLE) if row.year not in years)]
    return {row.day: row for row in rows}, frozenset(row.year for row in rows)


def own_table() -> Path:
    return Path(settings.MEDIA_ROOT) / "planning" / "holidays.csv"


def stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def rows_of(path: Path) -> list[SpecialDay]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [SpecialDay(date.fromisoformat(row["day"]), row["name"], row["kind"] == "off", int(row["year"]), row["source"]) for row in csv.DictReader(lines)]


def special_day(day: date) -> SpecialDay | None:
    return table()[0].get(day)


def is_announced(year: int) -> bool:
    return year in table()[1]


def is_holiday(day: date) -> bool:
    """A day off by announcement; ordinary weekends are none."""
    special = special_day(day)
    return special is not None and special.is_off


def days_in(year: int) -> list[SpecialDay]:
    """The days of a year's notice."""
    return sorted((row for row in table()[0].values() if row.year == year), key=lambda row: row.day)


# Editing ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """Days in a row with the same name and kind."""

    first: date
    last: date
    name: str
    is_off: bool


def spans(days: Iterable[SpecialDay]) -> list[Span]:
    found: list[Span] = []
    for row in days:
        before = found[-1] if found else None
        if before and (before.last + timedelta(days=1), before.name, before.is_off) == (row.day, row.name, row.is_off):
            found[-1] = Span(before.first, row.day, row.name, row.is_off)
        else:
            found.append(Span(row.day, row.day, row.name, row.is_off))
    return found


def as_text(days: Iterable[SpecialDay]) -> str:
    """Lines as `read_text` reads them."""
    rows = ((row, f"{row.first}" if row.first == row.last else f"{row.first}—{row.last}") for row in spans(days))
    return "\n".join(f"{days} {'休' if row.is_off else '班'} {row.name}" for row, days in rows)


def read_text(text: str, year: int, source: str) -> list[SpecialDay]:
    """The days of lines such as “2027-01-01 休 元旦” and “2027-02-05—2027-02-11 休 春节”. Raises RuleViolation "bad_line", "twice"."""
    found: dict[date, SpecialDay] = {}
    for number, line in enumerate(text.splitlines(), 1):
        for row in read_line(line.strip(), number, year, source) if line.strip() else ():
            if row.day in found:
                raise RuleViolation("twice", _("Line %(number)s: %(day)s stands there twice.") % {"number": number, "day": row.day}, field="lines")
            found[row.day] = row
    return sorted(found.values(), key=lambda row: row.day)


def read_line(line: str, number: int, year: int, source: str) -> list[SpecialDay]:
    match = LINE.fullmatch(line)
    first, last = (day_of(match[1]), day_of(match[2] or match[1])) if match else (None, None)
    if not match or not first or not last or not 0 <= (last - first).days < LONGEST or year not in (first.year, last.year, first.year + 1):
        words = _("Line %(number)s is not understood. Write it as: 2027-10-01—2027-10-07 off National Day")
        raise RuleViolation("bad_line", words % {"number": number}, field="lines")
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return [SpecialDay(day, match[4].strip(), KINDS[match[3].lower()] == "off", year, source) for day in days]


def day_of(text: str) -> date | None:
    try:
        return date(*(int(part) for part in text.split("-")))
    except ValueError:
        return None


def save_year(*, year: int, text: str, source: str, by: Any) -> list[SpecialDay]:
    """Write a year anew; without lines the year of the release stands again. Raises RuleViolation "bad_line", "twice"."""
    days = read_text(text, year, source)
    path = own_table()
    kept = [row for row in (rows_of(path) if path.is_file() else ()) if row.year != year]
    audit.record("holidays.change", by, by=by, changes={str(year): ["…", str(len(days))]})
    write(path, [*kept, *days])
    return days


def write(path: Path, rows: Iterable[SpecialDay]) -> None:
    """Readers see the old file or the whole new one."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerows([COLUMNS, *((row.year, row.day, "off" if row.is_off else "work", row.name, row.source) for row in rows)])
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text.getvalue())
    os.replace(temporary, path)
