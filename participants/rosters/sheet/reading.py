"""The whole sheet: header found → rows cleaned → matched with the directory → duplicates named. Pure; touches no table."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from exchange.spreadsheets import EMPTY, Cell, SheetCells, SpreadsheetError
from participants.rosters.sheet import cleaning
from participants.rosters.sheet.cleaning import NOTHING_WORDS, RowDraft, plain, visible
from participants.rosters.sheet.columns import HEADER_NEEDS, HEADER_SEARCH_ROWS, field_of
from participants.rosters.sheet.issues import RowIssue
from participants.rosters.sheet.places import RosterDirectory, Unit, covers

NO_HEADER = "No header row found. One row must contain 姓名, 性别 and 身份证号."
SKIP_STARTS = (
    "合计",
    "总计",
    "小计",
    "共计",
    "注：",
    "注:",
    "备注：",
    "说明",
    "填表人",
    "填报人",
    "审核人",
    "负责人",
    "联系人：",
    "（盖章）",
    "单位负责人",
    "total",
    "note",
)
EXAMPLE = re.compile(r"^(示例|样例|例|例如|example)")


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


@dataclass(frozen=True)
class SheetReading:
    """`header_row` is the row number of the header, `columns` the field of each column ("" = not used)."""

    header_row: int
    columns: tuple[str, ...]
    rows: tuple[SheetRow, ...]

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(row.status for row in self.rows)
        return {status: found[status] for status in ("ok", "fixed", "warning", "rejected", "skipped")} | {"total": len(self.rows)}


def find_header(rows: list[list[Cell]]) -> tuple[int, list[str]]:
    """Index of the header row and its fields: the row of the first 15 that names the most. Raises SpreadsheetError "no_header"."""
    best, fields = -1, []
    for index, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        found = header_fields(row)
        known = {name for name in found if name}
        if known >= HEADER_NEEDS and len(known) >= 3 and len(known) > len({name for name in fields if name}):
            best, fields = index, found
    if best < 0:
        raise SpreadsheetError("no_header", NO_HEADER)
    return best, fields


def header_fields(row: list[Cell]) -> list[str]:
    """Fields by column, each field once."""
    used: set[str] = set()
    fields = []
    for cell in row:
        name = field_of(cell.text) if cell.text.strip() else None
        if name == "phone" and "phone" in used and "emergency_contact" in used:
            name = "emergency_phone"
        fields.append(name if name and name not in used else "")
        used.update({name} if name else ())
    return fields


def read_roster(cells: SheetCells, *, directory: RosterDirectory, rules: RosterRules) -> SheetReading:
    """Every row below the header, each with its status and all its issues. Raises SpreadsheetError "no_header"."""
    header, fields = find_header(cells.rows)
    drafts: list[RowDraft | SheetRow] = []
    for index, row in enumerate(cells.rows[header + 1 :], start=header + 2):
        named = {name: cell for name, cell in zip(fields, row, strict=False) if name and cell.text}
        drafts.append(SheetRow(index, "skipped") if is_skipped(row, named, fields) else RowDraft(index, named))
    matched = {draft.row: clean_row(draft, directory, rules) for draft in drafts if isinstance(draft, RowDraft)}
    mark_duplicates([draft for draft in drafts if isinstance(draft, RowDraft)])
    rows = [draft if isinstance(draft, SheetRow) else finished(draft, matched[draft.row]) for draft in drafts]
    return SheetReading(header + 1, tuple(fields), tuple(rows))


def is_skipped(row: list[Cell], named: dict[str, Cell], fields: list[str]) -> bool:
    """Empty rows, totals, footnotes, repeated headers, and the example row of our own workbook."""
    texts = [visible(cell.text) for cell in row if visible(cell.text)]
    if not texts or not [name for name in named if name != "number"]:
        return True
    first = texts[0]
    if len(texts) <= 4 and first.lower().startswith(SKIP_STARTS):
        return True
    if EXAMPLE.match(first) or EXAMPLE.match(visible(named.get("name", EMPTY).text)):
        return True
    if len(texts) == 1 and (len(first) > 12 or "name" not in named):
        return True
    return sum(field_of(text) is not None for text in texts) >= 3


def clean_row(draft: RowDraft, directory: RosterDirectory, rules: RosterRules) -> Unit | None:
    cleaning.clean_text(draft, "memo")
    cleaning.clean_name(draft)
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
    clean_group(draft, rules)
    return match_places(draft, directory)


def clean_group(draft: RowDraft, rules: RosterRules) -> None:
    text = plain(draft.raw("group")).replace(" ", "")
    if text.lower() in NOTHING_WORDS:
        return
    number = re.search(r"\d+", text)
    found = next((name for name in rules.groups if name == text), None)
    found = found or (next((name for name in rules.groups if re.search(r"\d+", name) and re.search(r"\d+", name)[0] == number[0]), None) if number else None)  # type: ignore[index]
    if found:
        draft.values["group"] = found
    elif rules.groups:
        draft.note("group", "group_unknown")


def match_places(draft: RowDraft, directory: RosterDirectory) -> Unit | None:
    """Match district and unit; returns the unit when it is certain enough and may be registered."""
    code = match_district(draft, directory)
    if code is None and draft.raw("district").strip():
        return None
    text = visible(draft.raw("unit"))
    if text.lower() in NOTHING_WORDS:
        draft.note("unit", "unit_missing")
        return None
    units, how = directory.match_unit(plain(text) if text.isascii() else text, code or "")
    if not units:
        draft.note("unit", "unit_unknown")
        return None
    if len(units) > 1:
        draft.note("unit", "unit_ambiguous", choices="、".join(unit.name for unit in units[:4]))
        return None
    return accept_unit(draft, directory, units[0], how, code or "")


def accept_unit(draft: RowDraft, directory: RosterDirectory, unit: Unit, how: str, code: str) -> Unit | None:
    draft.values["unit"] = unit.name
    if how == "fuzzy":
        draft.note("unit", "unit_fuzzy", after=unit.name, unit=unit.name)
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
    return unit


def match_district(draft: RowDraft, directory: RosterDirectory) -> str | None:
    """The division code of the district cell, None when empty or refused (then noted)."""
    text = visible(draft.raw("district"))
    if text.lower() in NOTHING_WORDS:
        return None
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


def mark_duplicates(drafts: Iterable[RowDraft]) -> None:
    """Name the earlier row: same ID is refused; same phone, or same name in one unit without IDs, is a warning."""
    ids: dict[str, int] = {}
    phones: dict[str, int] = {}
    names: dict[tuple[str, str], int] = {}
    for draft in drafts:
        number, phone = draft.values.get("national_id", ""), draft.values.get("phone", "")
        person = (draft.values.get("name", ""), draft.values.get("unit", ""))
        if number and number in ids:
            draft.note("national_id", "duplicate_row", row=ids[number])
            continue
        if phone and phone in phones:
            draft.note("phone", "phone_shared", row=phones[phone])
        if all(person) and not number and person in names:
            draft.note("name", "name_twice", row=names[person])
        for key, seen in ((number, ids), (phone, phones)):
            if key:
                seen.setdefault(key, draft.row)
        names.setdefault(person, draft.row)


def finished(draft: RowDraft, unit: Unit | None) -> SheetRow:
    severities = {issue.severity for issue in draft.issues}
    status = next((severity for severity in ("rejected", "warning", "fixed") if severity in severities), "ok")
    return SheetRow(draft.row, status, draft.values, tuple(draft.issues), unit.pk if unit else None, unit.delegation if unit else None)
