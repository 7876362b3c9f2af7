"""Workbooks out: the template to fill in, and the uploaded sheet with its problems marked."""

import io
from collections.abc import Sequence
from typing import Any

from django.http import FileResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from events.programs.models import Program
from exchange import audit, house_dates
from exchange.spreadsheets import EMPTY, Column, Mark, write_workbook
from exchange.states import STATES
from participants.directory.models import Organisation
from participants.people import consent
from participants.rosters.import_masking import Reader, in_full, reader_of
from participants.rosters.import_state import ImportRow, ImportState, loaded
from participants.rosters.models import Allocation, Registration, RosterImport
from participants.rosters.round_trip import TEMPLATE_VERSION, key_of, key_title, values_of
from participants.rosters.sheet.cleaning import ETHNIC_GROUPS
from participants.rosters.sheet.columns import FIELDS, STAGE_WORDS, TITLES, UNSHOWN, title_of
from participants.rosters.sheet.issues import RowIssue
from participants.rosters.status import ENDED

WIDTHS = {"number": 6, "name": 16, "gender": 6, "ethnicity": 10, "national_id": 22, "district": 16, "unit": 28, "phone": 15, "email": 24, "memo": 24}
ROLES = ("领队", "副领队", "联络员", "组长", "学员")
DIETS = ("无", "清真", "素食")
LODGINGS = ("双人标间", "单人间", "不住宿")
EXAMPLE = {
    "number": "示例",
    "name": "阿依古丽·买买提",
    "gender": "女",
    "ethnicity": "维吾尔族",
    "birth_on": "1975-05-08",
    "national_id": "110115197505089969",
    "position": "教师",
    "professional_title": "高级教师",
    "stage": "高中",
    "subject": "历史",
    "phone": "15400000000",
    "email": "name@school.example",
    "role": "学员",
    "diet": "清真",
    "lodging": "双人标间",
    "emergency_contact": "家属（配偶）",
    "emergency_phone": "15400000001",
    "memo": "本行是示例，导入时会跳过",
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOVED_TO = ("role", "memo", "emergency_phone")  # for instance what stood in brackets behind a name
COLOURS = ("rejected", "warning", "fixed")


def choices(program: Program) -> dict[str, Sequence[str]]:
    return {
        "gender": ("男", "女"),
        "ethnicity": ETHNIC_GROUPS,
        "professional_title": TITLES,
        "stage": STAGE_WORDS,
        "role": ROLES,
        "diet": DIETS,
        "lodging": LODGINGS,
        "group": list(program.groups.order_by("number").values_list("name", flat=True)),
    }


def template_for(program: Program, organisation: Organisation | None, by: Any) -> bytes:
    """The sign-up sheet of a unit, with its people of this program filled in: their numbers are shown in full, so who took it is recorded.

    Children whose guardian has not consented are left out of this file as of every other.
    """
    found = list(registered(program, organisation)) if organisation else []
    admitted = consent.admitted(found)
    people = [row for row in found if row.pk in admitted]
    if people:
        audit.record("program.template", program, by=by, changes={"people": [None, len(people)], "left_out": [None, len(found) - len(people)]})
    return template(program, organisation, people, len(found) - len(people))


def template(program: Program, organisation: Organisation | None, people: Sequence[Registration], left_out: int = 0) -> bytes:
    lists = choices(program)
    columns = [Column(title_of(name), WIDTHS.get(name, 14), tuple(lists.get(name, ()))) for name in FIELDS if name != "key"]
    columns.append(Column(key_title(), is_hidden=True))
    example = EXAMPLE | {"unit": organisation.name_zh if organisation else "", "district": place_of(organisation)}
    rows = [[example.get(name, "") for name in FIELDS], *(filled(index, row) for index, row in enumerate(people, start=1))]
    return write_workbook(columns, rows, sheet="报名表", title=f"{program.title_zh}报名表", notes=notes(program, organisation, left_out), locked_header=True)


def registered(program: Program, organisation: Organisation) -> Any:
    rows = Registration.objects.filter(program=program, organisation__path__startswith=organisation.path)
    return rows.exclude(status__in=ENDED).select_related("person", "organisation__division", "group", "program")


def place_of(organisation: Organisation | None) -> str:
    return organisation.division.full_name if organisation and organisation.division else ""


def filled(number: int, registration: Registration) -> list[str]:
    unit = registration.organisation
    key = key_of(registration.program_id, registration.organisation_id, registration.pk)
    values = values_of(registration) | {"number": str(number), "district": place_of(unit), "unit": unit.name_zh, "key": key}
    return [values[name] for name in FIELDS]


def notes(program: Program, organisation: Organisation | None, left_out: int = 0) -> list[str]:
    """The second sheet: always in Chinese, as the form itself is."""
    with override("zh-hans"):
        lines = [
            _("Fill in one row for each person; leave the header as it is."),
            _("ID number and phone columns are text: all digits stay as they are typed."),
            _("The row that begins with 示例 is an example and is not imported."),
            _("People who are registered already stand in the sheet. Change what has changed; the rest stays."),
            _("To take somebody off the roster, delete the whole row; after the upload you are asked about everybody who is missing."),
        ]
        if left_out:
            lines.append(
                ngettext(
                    "%(number)s child without a guardian's consent is not in this sheet; it stays on the roster.",
                    "%(number)s children without a guardian's consent are not in this sheet; they stay on the roster.",
                    left_out,
                )
                % {"number": left_out}
            )
        allocation = Allocation.objects.filter(delegation__program=program, organisation=organisation).first() if organisation else None
        if allocation:
            lines.append(_("%(unit)s has %(quota)s places.") % {"unit": organisation.name_zh, "quota": allocation.quota})  # type: ignore[union-attr]
        if program.registration_closes_at:
            lines.append(_("Registration closes on %(when)s.") % {"when": house_dates.moment(program.registration_closes_at)})
        lines.append(_("Template version %(version)s") % {"version": TEMPLATE_VERSION})
    return lines


# The sheet back, with marks ----------------------------------------------------------------------------------------------


def annotated_for(roster_import: RosterImport, user: Any) -> bytes:
    return annotated(loaded(roster_import.reading), reader_of(roster_import, user))


def annotated_name(roster_import: RosterImport) -> str:
    stem = roster_import.file_name.rsplit(".", 1)[0] or "roster"
    return _("%(name)s (with remarks)") % {"name": stem} + ".xlsx"


def annotated(state: ImportState, read: Reader = in_full) -> bytes:
    """The sheet's people with coloured cells, comments, and a last column that says what is wrong."""
    fields = shown_columns(state)
    columns = [Column(_("Row"), 6), *(Column(title_of(name), WIDTHS.get(name, 14)) for name in fields), Column(_("Result"), 12), Column(_("What to do"), 60)]
    people = [row for row in state.rows if row.given.counts]
    rows = [[row.row, *(read(name, shown(row, name)) for name in fields), result_word(row.status), reasons(row)] for row in people]
    marks = [
        Mark(index, 1 + fields.index(column), severity, note)
        for index, row in enumerate(people)
        for column, (severity, note) in marks_of(row).items()
        if column in fields
    ]
    return write_workbook(columns, rows, sheet=_("Roster"), marks=marks)


def shown_columns(state: ImportState) -> list[str]:
    """The columns of the sheet in its own order, those that something is missing from, and those that something was moved to."""
    own = [name for name in state.layout.columns if name and name not in UNSHOWN]
    extra = {issue.column for row in state.rows for issue in row.read.issues if issue.column not in own}
    extra |= {name for row in state.rows for name in MOVED_TO if name in row.read.values}
    return own + [name for name in FIELDS if name in extra and name not in own]


def shown(row: ImportRow, column: str) -> str:
    """What was read, or else what stands in the sheet."""
    return row.read.values.get(column) or row.given.current.get(column, EMPTY).text


def marks_of(row: ImportRow) -> dict[str, tuple[str, str]]:
    """Column → (worst severity, everything that is said about it)."""
    found: dict[str, list[RowIssue]] = {}
    for issue in row.read.issues:
        found.setdefault(issue.column, []).append(issue)
    return {column: (min((i.severity for i in issues), key=COLOURS.index), "\n".join(i.message for i in issues)) for column, issues in found.items()}


def reasons(row: ImportRow) -> str:
    """Only what the sender has to look at; what was put right needs no work."""
    return " ".join(issue.message for issue in row.read.issues if issue.severity != "fixed")


def result_word(status: str) -> str:
    return str(STATES["row"][status].word)


def template_name(program: Program) -> str:
    return f"{program.title_zh}报名表.xlsx"


def download(book: bytes, name: str) -> FileResponse:
    answer = FileResponse(io.BytesIO(book), as_attachment=True, filename=name, content_type=XLSX)
    answer.headers["Cache-Control"] = "no-store, private"
    return answer
