"""From paper or a scanner's file to a plan of what will be recorded: read, shown row by row, and only then written, all or nothing.

The readers are pure: they take text and the people of an item, and give rows with what is wrong beside each of them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from events.itineraries.models import ItineraryItem
from exchange import house_dates
from exchange.spreadsheets import SheetCells
from exchange.transitions import RuleViolation
from participants.attendance import rules
from participants.attendance.codes import code_of, registration_id
from participants.attendance.models import AttendanceRecord, AttendanceState
from participants.attendance.roll_call import Entry

SALT = "attendance-plan"
VALID_FOR = timedelta(hours=12)
# A scan at the door on leaving still belongs to the item; a file may hold the scans of a whole week.
AFTER_THE_END = timedelta(hours=1)
THIS_CENTURY = range(2000, 2100)


@dataclass(frozen=True)
class PlanRow:
    """One row of the paper or file: `state` will be recorded of `entry` at `at` (None = now), unless a `problem` stands in the way.

    `note` says why a row changes nothing although nothing is wrong with it.
    """

    number: int
    label: str
    entry: Entry | None = None
    state: str = ""
    at: datetime | None = None
    problem: str = ""
    note: str = ""

    @property
    def word(self) -> str:
        return str(AttendanceState(self.state).label) if self.state else ""

    @property
    def before(self) -> str:
        return str(AttendanceState(self.entry.state).label) if self.entry and self.entry.state else ""

    @property
    def is_taken(self) -> bool:
        return not self.problem and not self.note and bool(self.state)


# The paper sheet -------------------------------------------------------------------------------------------------------


def numbers(text: str) -> tuple[list[int], list[str]]:
    """Row numbers such as “3 7-9，12”, and the pieces that are none."""
    found: list[int] = []
    wrong: list[str] = []
    for piece in re.split(r"[\s,，、;；]+", text.strip()):
        match = re.fullmatch(r"([0-9]{1,4})(?:[-—–~～至]([0-9]{1,4}))?", piece)
        if match is None:
            wrong += [piece] if piece else []
            continue
        first, last = int(match[1]), int(match[2] or match[1])
        found += range(first, last + 1) if first <= last else []
        wrong += [] if first <= last else [piece]
    return found, wrong


def sheet_rows(entries: Sequence[Entry], lists: Mapping[str, str], rest: str) -> list[PlanRow]:
    """The rows of a sign-in sheet: `lists` gives row numbers by state, `rest` the state of all others ("" leaves them)."""
    claims, problems = _claims(lists, len(entries))
    rows = []
    for number, entry in enumerate(entries, start=1):
        states = claims.get(number, [])
        problem = _("This row is in two lists.") if len(states) > 1 else ""
        state = states[0] if states else rest
        if state or problem:
            rows.append(_unchanged(PlanRow(number, entry.registration.person.name, entry, state, problem=problem)))
    return problems + rows


def _claims(lists: Mapping[str, str], last: int) -> tuple[dict[int, list[str]], list[PlanRow]]:
    claims: dict[int, list[str]] = {}
    problems: list[PlanRow] = []
    for state, text in lists.items():
        found, wrong = numbers(text)
        problems += [PlanRow(0, piece, state=state, problem=_("This is not a row number.")) for piece in wrong]
        for number in dict.fromkeys(found):
            if 1 <= number <= last:
                claims.setdefault(number, []).append(state)
            else:
                problems.append(PlanRow(number, "", state=state, problem=_("The sheet has no such row.")))
    return claims, problems


def _unchanged(row: PlanRow) -> PlanRow:
    same = not row.problem and row.entry is not None and row.entry.state == row.state
    return replace(row, note=_("Noted already")) if same else row


# A scanner's file ------------------------------------------------------------------------------------------------------

COLUMNS = {
    "code": {"code", "qr", "barcode", "签到码", "二维码", "条码", "编码", "内容", "扫描内容", "data"},
    "time": {"time", "datetime", "date", "时间", "扫描时间", "签到时间", "日期时间", "打卡时间"},
    "name": {"name", "姓名"},
    "digits": {"id", "last4", "id last four", "身份证后四位", "证件后四位", "身份证号后四位", "证件号后四位", "身份证末四位", "后四位"},
}
FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y年%m月%d日 %H:%M", "%H:%M:%S", "%H:%M")


class UnknownColumns(Exception):
    """Neither a column of codes nor names with the last four digits."""


def columns_of(sheet: SheetCells) -> tuple[dict[str, int], int]:
    """Which column is what, and the index of the first row of data. Without a head, codes are found by their look. Raises UnknownColumns."""
    for index, cells in enumerate(sheet.rows[:10]):
        named = {name: column for column, cell in enumerate(cells) for name, words in COLUMNS.items() if cell.text.strip().lower() in words}
        if "code" in named or {"name", "digits"} <= set(named):
            return named, index + 1
        codes = [column for column, cell in enumerate(cells) if registration_id(cell.text) is not None]
        if codes:
            times = [column for column, cell in enumerate(cells) if read_time(cell.text, timezone.localdate()) is not None]
            return {"code": codes[0]} | ({"time": times[0]} if times else {}), index
    raise UnknownColumns


def read_time(text: str, day: Any) -> datetime | None:
    """A moment as scanners write it: here, unless it names its zone; a time alone belongs to `day`. None = cannot be read, or of another century."""
    found = _zoned(text.strip()) or _local(text, day)
    return found if found and found.year in THIS_CENTURY else None


def _local(text: str, day: Any) -> datetime | None:
    plain = text.strip().replace("T", " ").split(".")[0]
    for form in FORMATS:
        try:
            found = datetime.strptime(plain, form)
        except ValueError:
            continue
        return timezone.make_aware(datetime.combine(day, found.time()) if form.startswith("%H") else found)
    return None


def _zoned(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:  # 2026-02-31
        return None
    return found if found is not None and found.tzinfo else None


def file_rows(sheet: SheetCells, entries: Sequence[Entry], item: ItineraryItem, late_after: int | None, now: datetime) -> list[PlanRow]:
    """The rows of a scanner's file: each person once, at the earliest scan; late when more than `late_after` minutes into the item."""
    columns, first = columns_of(sheet)
    people = _Finder(entries)
    rows = []
    for index, cells in enumerate(sheet.rows[first:], start=first + 1):
        values = {name: cells[column].text.strip() if column < len(cells) else "" for name, column in columns.items()}
        if not any(values.values()):
            continue
        rows.append(_file_row(index, values, people, item, late_after, now))
    return _each_once(rows)


def _each_once(rows: Sequence[PlanRow]) -> list[PlanRow]:
    """In whatever order the file has them; some scanners write the newest first."""
    counted: dict[int, PlanRow] = {}
    for row in rows:
        if row.entry is None or row.problem:
            continue
        earlier = counted.setdefault(row.entry.registration.pk, row)
        if row.at and earlier.at and row.at < earlier.at:
            counted[row.entry.registration.pk] = row
    kept = {row.number for row in counted.values()}
    return [replace(row, note=_("Scanned again")) if row.entry and not row.problem and row.number not in kept else row for row in rows]


class _Finder:
    """People of an item by code, and by name with the last four digits of the ID."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.by_code = {code_of(entry.registration): entry for entry in entries}
        self.by_name: dict[tuple[str, str], list[Entry]] = {}
        for entry in entries:
            person = entry.registration.person
            self.by_name.setdefault((person.name, person.national_id[-4:]), []).append(entry)

    def find(self, values: Mapping[str, str]) -> list[Entry]:
        if values.get("code"):
            return [entry for entry in [self.by_code.get(values["code"].upper())] if entry]
        return self.by_name.get((values.get("name", ""), values.get("digits", "").upper()[-4:]), [])


def _file_row(number: int, values: Mapping[str, str], people: _Finder, item: ItineraryItem, late_after: int | None, now: datetime) -> PlanRow:
    label = values.get("code") or values.get("name", "")
    found = people.find(values)
    if len(found) != 1:
        return PlanRow(number, label[:60], problem=_person_problem(values, len(found)))
    at = read_time(values.get("time", ""), item.day)
    row = PlanRow(number, found[0].registration.person.name, found[0], at=at)
    if problem := _time_problem(values.get("time", ""), at, item, now):
        return replace(row, problem=problem)
    is_late = at is not None and late_after is not None and at > item.starts_at + timedelta(minutes=late_after)
    return _older(replace(row, state=AttendanceState.LATE if is_late else AttendanceState.PRESENT))


def _person_problem(values: Mapping[str, str], hits: int) -> str:
    if hits:
        return _("Two people share this name and these digits.")
    if values.get("code"):
        return _("Nobody on this list has this code.")
    if values.get("name"):
        return _("Nobody on this list has this name with these last four digits.")
    return _("This row names nobody.")


def _time_problem(text: str, at: datetime | None, item: ItineraryItem, now: datetime) -> str:
    """What is wrong with the time of a row, "" when nothing is; a row without a time counts as scanned at the item."""
    if at is None:
        return _("The time cannot be read.") if text else ""
    if at > now:
        return _("The time lies ahead.")
    if not item.starts_at - rules.EARLIEST <= at <= item.ends_at + AFTER_THE_END:
        return _("Scanned on %(day)s at %(time)s, outside this item.") % {"day": house_dates.day(at), "time": house_dates.clock(at)}
    return ""


def _older(row: PlanRow) -> PlanRow:
    """As on devices: a scan leaves a newer note, and one of presence, alone."""
    assert row.entry is not None
    record = row.entry.record
    if record is None:
        return row
    if record.state in (AttendanceState.PRESENT, AttendanceState.LATE):
        return replace(row, note=_("Noted already"))
    return replace(row, note=_("A newer note stands")) if row.at is not None and row.at <= record.recorded_at else row


def without_certified(rows: Sequence[PlanRow]) -> list[PlanRow]:
    """The rows of people who hold a valid certificate become problems; their hours stand."""
    holders = rules.certified({row.entry.registration.pk for row in rows if row.is_taken and row.entry})
    message = rules.certificate_stands([]).message
    return [replace(row, problem=message) if row.is_taken and row.entry and row.entry.registration.pk in holders else row for row in rows]


# Carrying it out -------------------------------------------------------------------------------------------------------


def sealed(item: ItineraryItem, rows: Iterable[PlanRow], by: Any) -> str:
    """The plan as signed text for the hidden field: registrations, states and times, nothing of a person."""
    marks = [[row.entry.registration.pk, row.state, row.at.isoformat() if row.at else ""] for row in rows if row.is_taken and row.entry]
    return signing.dumps({"item": item.pk, "by": by.pk, "marks": marks}, salt=SALT, compress=True)


@transaction.atomic
def carry_out(*, text: str, item: ItineraryItem, by: Any, now: datetime) -> int:
    """Record a sealed plan, all or nothing; notes made since the preview that are newer than a scan stay. Returns how many are new or changed.

    Raises RuleViolation "plan_expired" and what `rules.record` raises.
    """
    try:
        plan = signing.loads(text, salt=SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        plan = {}
    if plan.get("item") != item.pk or plan.get("by") != by.pk:
        raise RuleViolation("plan_expired", _("This preview is out of date. Read the file or the sheet again."))
    marks = {pk: rules.Mark(state, at=parse_datetime(at) if at else None) for pk, state, at in plan["marks"]}
    standing = dict(AttendanceRecord.objects.filter(item=item, registration__in=list(marks)).values_list("registration_id", "recorded_at"))
    wanted = {pk: mark for pk, mark in marks.items() if mark.at is None or pk not in standing or standing[pk] < mark.at}
    return rules.record_many(item=item, marks=wanted, by=by, now=now) if wanted else 0
