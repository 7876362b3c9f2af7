"""From rows to people: cleaned, matched with the directory, duplicates named. Pure; touches no table."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from exchange.spreadsheets import Cell, SheetCells
from participants.rosters.sheet import cleaning, identity
from participants.rosters.sheet.cleaning import NOTHING_WORDS, RowDraft, plain, visible
from participants.rosters.sheet.columns import STAGE_OF, STAGE_WORDS, stage_word
from participants.rosters.sheet.issues import RowIssue
from participants.rosters.sheet.layout import RowInput, lay_out
from participants.rosters.sheet.names import clean_name
from participants.rosters.sheet.places import RosterDirectory, Unit, covers

DITTOS = frozenset({"同上", "〃", "″", "''", '"', "”", "同前", "ditto"})
STATED = re.compile(r"(?:单位|学校)(?:名称)?(?:[(（][^)）]{0,10}[)）])?\s*[:：][\s_]*([^\s:：]{3,40})")
FORMULA_ERROR = re.compile(r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!)")
SECTION = re.compile(r"^(?:[（(]?[一二三四五六七八九十\d]{1,3}[、.．)）])?\s*([^\s:：]{4,40})$")
UNIT_LINE = re.compile(r".{2,30}(?:学校|[中小]学|高中|幼儿园|学院|大学|教育局|教委|中心)")  # one that is not known, too, ends the people of the last
STATUSES = ("ok", "fixed", "warning", "rejected", "skipped")


@dataclass(frozen=True)
class RosterRules:
    """What this program asks of a row."""

    today: date
    id_required: bool = True
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class SheetRow:
    """A row as read. `status` is ok, fixed, warning, rejected or skipped; `unit` and `delegation` are primary keys."""

    row: int
    status: str
    values: dict[str, str] = field(default_factory=dict)
    issues: tuple[RowIssue, ...] = ()
    unit: int | None = None
    delegation: int | None = None

    def with_issue(self, issue: RowIssue) -> "SheetRow":
        issues = (*self.issues, issue)
        return replace(self, issues=issues, status=status_of(issues))


@dataclass(frozen=True)
class SheetReading:
    """`header_row` is the row number of the header, `columns` the field of each column ("" = not used)."""

    header_row: int
    columns: tuple[str, ...]
    rows: tuple[SheetRow, ...]

    @property
    def counts(self) -> dict[str, int]:
        return counts_of(row.status for row in self.rows)


def counts_of(statuses: Iterable[str]) -> dict[str, int]:
    found = Counter(statuses)
    return {status: found[status] for status in STATUSES} | {"total": sum(found.values())}


def status_of(issues: Iterable[RowIssue]) -> str:
    severities = {issue.severity for issue in issues}
    return next((severity for severity in ("rejected", "warning", "fixed") if severity in severities), "ok")


def read_roster(cells: SheetCells, *, directory: RosterDirectory, rules: RosterRules) -> SheetReading:
    """Every row of the sheet, each with its status and all its issues. Raises SpreadsheetError "no_header"."""
    layout = lay_out(cells)
    return SheetReading(layout.header_row, layout.columns, read_rows(layout.rows, layout.columns, directory=directory, rules=rules))


@dataclass
class Seen:
    """Row numbers by what must not come twice: ID number, phone, and name with unit."""

    ids: dict[str, int] = field(default_factory=dict)
    phones: dict[str, int] = field(default_factory=dict)
    names: dict[tuple[str, str], int] = field(default_factory=dict)


def read_rows(
    rows: Sequence[RowInput], columns: Sequence[str], *, directory: RosterDirectory, rules: RosterRules, seen: Seen | None = None
) -> tuple[SheetRow, ...]:
    """The rows with the user's corrections and decisions; read again as a whole, because duplicates concern several rows.

    `seen` are the rows of earlier parts of the sheet; those of this part are added to it.
    """
    present = frozenset(columns)
    drafts = {row.row: draft_of(row, present) for row in rows if row.counts}
    fill_dittos(drafts.values())
    stated = {} if "unit" in present else stated_units(rows, directory)
    units = {number: clean_row(draft, directory, rules, stated.get(number)) for number, draft in drafts.items()}
    mark_duplicates(drafts.values(), Seen() if seen is None else seen)
    return tuple(finished(drafts[row.row], units[row.row]) if row.row in drafts else SheetRow(row.row, "skipped") for row in rows)


def draft_of(row: RowInput, present: frozenset[str]) -> RowDraft:
    """The row before cleaning, with a remark on what the sheet strikes out or hides."""
    draft = RowDraft(row.row, row.current, columns=present, is_confirmed=row.is_confirmed, is_undecided=row.is_undecided)
    if row.is_undecided:
        draft.note("name", f"row_{row.mark}")
    for column in row.struck:
        if column not in row.edits:
            draft.note(column, "cell_struck")
    return draft


def fill_dittos(drafts: Iterable[RowDraft]) -> None:
    """“同上” means what stands in the row above."""
    above: dict[str, Cell] = {}
    for draft in drafts:
        for column in [column for column, cell in draft.cells.items() if cell.text.strip() in DITTOS and above.get(column)]:
            draft.note(column, "ditto_filled", after=above[column].text)
            draft.cells[column] = above[column]
        above = draft.cells


def stated_units(rows: Sequence[RowInput], directory: RosterDirectory) -> dict[int, Unit]:
    """Row → the unit that a line above it names, as “填报单位（盖章）：辰光高级中学” does, or the school alone above its people; only when it is certain."""
    found: dict[int, Unit] = {}
    current: Unit | None = None
    for row in rows:
        if not row.counts:
            current = named_unit(row.text, directory, is_first=not found) or (None if UNIT_LINE.fullmatch(row.text.strip()) else current)
        elif current is not None:
            found[row.row] = current
    return found


def named_unit(line: str, directory: RosterDirectory, is_first: bool) -> Unit | None:
    named = (STATED.search(line) if is_first else None) or SECTION.match(line.strip())
    units, how = directory.match_unit(named[1].strip(" _"), "") if named else ([], "")
    is_own = len(units) == 1 and (directory.own_paths is None or units[0].path.startswith(directory.own_paths))
    return units[0] if is_own and how in ("exact", "known") else None


def clean_row(draft: RowDraft, directory: RosterDirectory, rules: RosterRules, stated: Unit | None) -> Unit | None:
    drop_formula_errors(draft)
    swap_numbers(draft, rules)
    cleaning.clean_text(draft, "memo")
    role_from_memo(draft)
    clean_name(draft)
    cleaning.clean_national_id(draft, rules.id_required, rules.today)
    cleaning.clean_gender(draft)
    cleaning.check_gender(draft)
    cleaning.clean_birth(draft, rules.today)
    cleaning.clean_ethnicity(draft)
    cleaning.clean_phone(draft, "phone")
    cleaning.clean_phone(draft, "emergency_phone")
    cleaning.clean_email(draft)
    cleaning.clean_diet(draft)
    for column in ("position", "professional_title", "subject", "role", "lodging", "emergency_contact"):
        cleaning.clean_text(draft, column)
    cleaning.clean_contact(draft)
    clean_stage(draft)
    clean_group(draft, rules)
    return match_places(draft, directory, stated)


def drop_formula_errors(draft: RowDraft) -> None:
    """#REF! and its kin say nothing; what ought to stand there is missing."""
    for column in [column for column, cell in draft.cells.items() if cell.text[:1] == "#" and FORMULA_ERROR.fullmatch(cell.text.strip())]:
        draft.note(column, "formula_error")
        del draft.cells[column]


def swap_numbers(draft: RowDraft, rules: RosterRules) -> None:
    """An ID number in the column of the phone, while the phone or nothing stands in its own: there is one way only to understand that."""
    if len(draft.raw("phone")) < 18:
        return
    number, phone = plain(draft.raw("phone")).replace(" ", "").upper(), plain(draft.raw("national_id")).replace(" ", "")
    if len(number) != 18 or identity.problem_of(number, rules.today) or not (draft.has("national_id") is False or cleaning.PLAIN_MOBILE.fullmatch(phone)):
        return
    draft.note("national_id", "numbers_swapped", after=number)
    draft.note("phone", "numbers_swapped", after=phone)
    draft.cells |= {"national_id": Cell(number, "text"), "phone": Cell(phone, "text")}


def role_from_memo(draft: RowDraft) -> None:
    memo = draft.values.get("memo", "")
    if memo in cleaning.ROLE_WORDS and not draft.has("role"):
        draft.values["role"] = draft.values.pop("memo")
        draft.note("memo", "role_from_memo", after=memo)


def clean_stage(draft: RowDraft) -> None:
    text = plain(draft.raw("stage")).replace(" ", "")
    if text.lower() in NOTHING_WORDS:
        return
    if text not in STAGE_OF:
        draft.note("stage", "stage_unknown", choices="、".join(STAGE_WORDS))
        return
    draft.values["stage"] = stage_word(STAGE_OF[text])
    if draft.values["stage"] != draft.raw("stage").strip():
        draft.note("stage", "stage_normalised", after=draft.values["stage"])


def clean_group(draft: RowDraft, rules: RosterRules) -> None:
    """One of the program's groups, found by its name or by its number; without groups in the program the entry is left alone."""
    text = plain(draft.raw("group")).replace(" ", "")
    if text.lower() in NOTHING_WORDS or not rules.groups:
        return
    found = next((name for name in rules.groups if name == text), None) or group_of_number(text, rules.groups)
    if found is None:
        draft.note("group", "group_unknown")
        return
    draft.values["group"] = found
    if found != draft.raw("group").strip():
        draft.note("group", "group_matched", after=found)


def group_of_number(text: str, groups: Sequence[str]) -> str | None:
    """第1组 for 1, 1组 or 第一组."""
    number = number_in(text)
    return next((name for name in groups if number and number_in(name) == number), None)


def number_in(text: str) -> int:
    """The number of a group's name, in digits or in Chinese up to 十; 0 when there is none."""
    found = re.search(r"\d{1,4}|[一二三四五六七八九十]", text)
    if found is None:
        return 0
    return int(found[0]) if found[0].isdigit() else "一二三四五六七八九十".index(found[0]) + 1


# Places ----------------------------------------------------------------------------------------------------------------


def match_places(draft: RowDraft, directory: RosterDirectory, stated: Unit | None = None) -> Unit | None:
    """Match district and unit; returns the unit when it is certain enough and may be registered."""
    code = match_district(draft, directory)
    if code is None and draft.has("district"):
        return None
    text = visible(draft.raw("unit"))
    if text.lower() in NOTHING_WORDS:
        return home_unit(draft, directory, stated)
    units, how = directory.match_unit(plain(text) if text.isascii() else text, code or "")
    if not units:
        draft.note("unit", "unit_unknown")
        return None
    if len(units) > 1:
        draft.note("unit", "unit_ambiguous", choices="、".join(unit.name for unit in units[:4]))
        return None
    return accept_unit(draft, directory, units[0], how, code or "")


def home_unit(draft: RowDraft, directory: RosterDirectory, stated: Unit | None) -> Unit | None:
    """A sheet without a column for the unit is about the one that its title names, or that it was uploaded for; an empty cell is a gap."""
    home = stated or directory.home
    if home is None or "unit" in draft.columns:
        draft.note("unit", "unit_missing")
        return None
    draft.values["unit"] = home.name
    draft.note("unit", "unit_from_title" if stated else "unit_from_upload", after=home.name)
    if home.delegation is None:
        draft.note("unit", "unit_not_invited")
        return None
    return home


def accept_unit(draft: RowDraft, directory: RosterDirectory, unit: Unit, how: str, code: str) -> Unit | None:
    draft.values["unit"] = unit.name
    if how == "fuzzy":
        draft.note("unit", "unit_confirmed" if draft.is_confirmed else "unit_fuzzy", after=unit.name, unit=unit.name)
    elif how == "known":
        draft.note("unit", "unit_matched", after=unit.name)
    if directory.own_paths is not None and not unit.path.startswith(directory.own_paths):
        draft.note("unit", "unit_not_yours")
        return None
    if unit.delegation is None:
        draft.note("unit", "unit_not_invited")
        return None
    place = directory.by_code.get(unit.division)
    if code and place and not (covers(code, unit.division) or covers(unit.division, code)):
        draft.note("district", "unit_other_district", district=place.full)
    elif not code and place:
        draft.values["district"] = place.full
        if "district" in draft.columns:
            draft.note("district", "district_from_unit", after=place.full)
    return unit


def match_district(draft: RowDraft, directory: RosterDirectory) -> str | None:
    """The division code of the district cell, None when empty or refused (then noted)."""
    if not draft.has("district"):
        return None
    text = visible(draft.raw("district"))
    places = directory.match_place(plain(text))
    if not places:
        draft.note("district", "district_unknown")
        return None
    if len(places) > 1:
        draft.note("district", "district_ambiguous", choices="、".join(place.full for place in places[:4]))
        return None
    place = places[0]
    draft.values["district"] = place.full
    if directory.invited and not directory.is_invited(place.code) and not any(covers(place.code, code) for code in directory.invited):
        draft.note("district", "district_not_in_program", district=place.full)
        return None
    if text not in (place.full, place.name):
        draft.note("district", "district_matched", after=place.full)
    return place.code


# Duplicates and the result ---------------------------------------------------------------------------------------------


def mark_duplicates(drafts: Iterable[RowDraft], seen: Seen) -> None:
    """Name the earlier row: same ID is refused; same phone, or same name in one unit without IDs, is a warning."""
    for draft in drafts:
        number, phone = draft.values.get("national_id", ""), draft.values.get("phone", "")
        person = (draft.values.get("name", ""), draft.values.get("unit", ""))
        if number and number in seen.ids:
            draft.note("national_id", "duplicate_row", row=seen.ids[number])
            continue
        if phone and phone in seen.phones:
            draft.note("phone", "phone_shared", row=seen.phones[phone])
        if all(person) and not draft.has("national_id") and person in seen.names:
            draft.note("name", "name_twice", row=seen.names[person])
        if draft.is_undecided:
            continue  # perhaps it was struck out because the person stands below once more
        for key, rows in ((number, seen.ids), (phone, seen.phones)):
            if key:
                rows.setdefault(key, draft.row)
        seen.names.setdefault(person, draft.row)


def finished(draft: RowDraft, unit: Unit | None) -> SheetRow:
    return SheetRow(draft.row, status_of(draft.issues), draft.values, tuple(draft.issues), unit.pk if unit else None, unit.delegation if unit else None)
