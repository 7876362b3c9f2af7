"""Results from a sheet: cells → rows with their problems → results. A row is one result; several holders of it get a paper each."""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange.transitions import RuleViolation
from participants.certificates import awards
from participants.certificates.award_models import Holder
from participants.certificates.units import find_unit
from participants.directory.models import Organisation
from participants.rosters.models import Registration

MOST_ROWS = 1000
# Column → headings that mean it.
HEADINGS: dict[str, tuple[str, ...]] = {
    "kind": ("证书", "证书类别", "证书种类", "kind"),
    "holder": ("类型", "获奖类型", "holder"),
    "names": ("姓名", "获奖者", "获奖人", "获奖者姓名", "团队", "团队名称", "作者", "name"),
    "unit": ("单位", "学校", "所在单位", "报送单位", "unit", "school"),
    "work": ("作品", "作品名称", "节目", "节目名称", "项目", "项目名称", "work", "entry"),
    "category": ("组别", "category"),
    "prize": ("奖项", "等级", "奖次", "名次", "获奖等级", "prize", "rank"),
    "members": ("成员", "团队成员", "members"),
    "instructors": ("指导教师", "指导老师", "instructors"),
}
COLUMNS = {heading: column for column, headings in HEADINGS.items() for heading in headings}
TITLES = ("证书", "类型", "获奖者", "单位", "作品", "组别", "奖项", "成员", "指导教师")
KINDS = {
    "award": ("获奖", "获奖证书", "奖状", "award"),
    "organiser": ("组织", "优秀组织", "优秀组织奖", "organiser"),
    "instructor": ("指导", "指导教师", "优秀指导教师", "instructor"),
    "performance": ("展演", "演出", "展演证书", "performance"),
    "work": ("入选", "展出", "参展", "入选证书", "work"),
}
HOLDERS = {"person": ("个人", "person"), "team": ("团队", "集体", "team"), "organisation": ("单位", "学校", "organisation")}
LONGEST = {"name": 60, "work": 100, "category": 40, "prize": 30}
_BETWEEN_NAMES = re.compile(r"[、，,；;/\n]+")


Known = Mapping[tuple[str, int], Registration]


@dataclass(frozen=True)
class SheetRow:
    """A row as it will be entered, or the problem that keeps it out. `number` is the row of the sheet, headings being row 1."""

    number: int
    values: list[dict[str, Any]] = field(default_factory=list)
    shown: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


def cells_of_text(text: str) -> list[list[str]]:
    """Rows pasted from a workbook: tabs between cells."""
    return [[cell.strip() for cell in line.split("\t")] for line in text.replace("\r\n", "\n").split("\n")]


def text_of_cells(cells: Sequence[Sequence[str]]) -> str:
    return "\n".join("\t".join(" ".join(cell.split()) for cell in row) for row in cells)


def names_in(text: str) -> list[str]:
    return [name.strip() for name in _BETWEEN_NAMES.split(text) if name.strip()]


def read(program: Program, cells: Sequence[Sequence[str]], kind: str) -> list[SheetRow]:
    """Every row with its results or its problem. Raises RuleViolation "no_headings", "too_many_rows", "empty_sheet"."""
    start = next((index for index, row in enumerate(cells) if {"names", "unit"} <= set(columns_of(row))), None)
    if start is None:
        raise RuleViolation("no_headings", _("No row of headings was found: 获奖者 and 单位 are needed."), field="text")
    columns = columns_of(cells[start])
    filled = [(number, row) for number, row in enumerate(cells[start + 1 :], start + 2) if any(row)]
    if not filled:
        raise RuleViolation("empty_sheet", _("There is nothing below the headings."), field="text")
    if len(filled) > MOST_ROWS:
        raise RuleViolation("too_many_rows", _("%(most)s rows at most; divide the sheet.") % {"most": MOST_ROWS}, field="text")
    known, find = registered(program), functools.cache(functools.partial(find_unit, program))
    rows = [_row(program, number, dict(zip(columns, row, strict=False)), kind, known, find) for number, row in filled]
    return _without_doubles(rows)


def _without_doubles(rows: list[SheetRow]) -> list[SheetRow]:
    """A result that stands in the sheet twice is entered once."""
    seen: dict[Any, int] = {}
    kept = []
    for row in rows:
        keys = [tuple(values[name] for name in ("kind", "name", "organisation", "work", "prize", "category")) for values in row.values]
        earlier = next((seen[key] for key in keys if key in seen), None)
        seen.update(dict.fromkeys(keys, row.number))
        kept.append(replace(row, values=[], problem=_("The same result stands in row %(row)s.") % {"row": earlier}) if earlier else row)
    return kept


def columns_of(row: Sequence[str]) -> list[str]:
    return [COLUMNS.get(cell.strip().casefold(), "") for cell in row]


def registered(program: Program) -> dict[tuple[str, int], Registration]:
    """(name, unit) → the confirmed registration, where only one has that name."""
    found: dict[tuple[str, int], Registration] = {}
    doubles = set()
    for row in program.registrations.confirmed().select_related("person"):
        key = (row.person.name, row.organisation_id)
        doubles |= {key} & found.keys()
        found[key] = row
    return {key: row for key, row in found.items() if key not in doubles}


def _row(program: Program, number: int, cells: Mapping[str, str], kind: str, known: Known, find: Callable[[str], Organisation]) -> SheetRow:
    shown = {column: cells.get(column, "") for column in HEADINGS}
    try:
        values = _values(shown, kind, known, find(shown["unit"]))
        for each in values:
            awards.check(program, each)
            _check_lengths(each)
    except RuleViolation as refusal:
        return SheetRow(number, [], shown, refusal.message)
    return SheetRow(number, values, shown)


def _values(cells: Mapping[str, str], kind: str, known: Known, unit: Organisation) -> list[dict[str, Any]]:
    members = names_in(cells["members"])
    shared = {
        "kind": _word(cells["kind"], KINDS, kind, _("There is no kind of paper called %(word)s.")),
        "holder": _word(cells["holder"], HOLDERS, Holder.TEAM if members else Holder.PERSON, _("The holder is 个人, 团队 or 单位, not %(word)s.")),
        "organisation": unit,
        "members": [name for name in members if (name, unit.pk) not in known],
        "roster_members": [known[name, unit.pk] for name in dict.fromkeys(members) if (name, unit.pk) in known],
        "instructors": names_in(cells["instructors"]),
        **{name: cells[name] for name in ("work", "category", "prize")},
    }
    if shared["holder"] != Holder.PERSON:
        return [shared | {"name": cells["names"] or (unit.name_zh if shared["holder"] == Holder.ORGANISATION else "")}]
    return [shared | {"name": name, "registration": known.get((name, unit.pk))} for name in names_in(cells["names"]) or [""]]


def _word(word: str, words: Mapping[str, Sequence[str]], usual: str, message: str) -> str:
    if not word:
        return usual
    found = next((code for code, named in words.items() if word.casefold() in named), None)
    if found is None:
        raise RuleViolation("unknown_word", message % {"word": word[:20]})
    return found


def _check_lengths(values: Mapping[str, Any]) -> None:
    if not values["name"]:
        raise RuleViolation("name_missing", _("The name of the holder is missing."))
    for name in LONGEST:
        longest = LONGEST[name]
        if len(values[name]) > longest:
            raise RuleViolation("too_long", _("“%(text)s…” is longer than %(longest)s characters.") % {"text": values[name][:10], "longest": longest})
