"""Public holidays and the working days that make up for them, from a table that a new notice is added to.

`data/holidays.csv` holds what the State Council's office has announced (column `source`), one line a day: `off`, or `work` for a weekend
on which people work. A year without a line is not announced yet.
"""

import csv
import functools
from dataclasses import dataclass
from datetime import date
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "holidays.csv"


@dataclass(frozen=True)
class SpecialDay:
    name: str
    is_off: bool


@functools.cache
def table() -> tuple[dict[date, SpecialDay], frozenset[int]]:
    """The special days, and the years that are announced."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    days = {date.fromisoformat(row["day"]): SpecialDay(row["name"], row["kind"] == "off") for row in rows}
    return days, frozenset(int(row["year"]) for row in rows)


def special_day(day: date) -> SpecialDay | None:
    return table()[0].get(day)


def is_announced(year: int) -> bool:
    return year in table()[1]


def is_holiday(day: date) -> bool:
    """A day off by announcement; ordinary weekends are none."""
    special = special_day(day)
    return special is not None and special.is_off
