"""Files of hours: of a program, for the register of continuing education, of a year. They go to the requester alone, with a reason, for a day.

Children whose guardian has not consented stand in none of them; of minors, whoever is only a viewer gets no name.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange import access, house_dates
from exchange.masking import mask_national_id
from exchange.spreadsheets import Column, write_workbook
from participants.attendance.hours import HoursSummary
from participants.attendance.register import certificate_numbers, plain, years_of
from participants.people import consent, exports
from participants.people.fields import shield_registrations
from participants.people.models import Export, Person
from participants.rosters.models import Registration

Row = tuple[Registration, HoursSummary]
ACTION = "attendance.export"


def admitted(rows: Sequence[Row], by: Any) -> list[Row]:
    """The rows that may leave, as this user may read them."""
    open_ones = consent.admitted(row for row, _summary in rows)
    found = [row for row in rows if row[0].pk in open_ones]
    shield_registrations((row for row, _summary in found), by)
    return found


# A program -------------------------------------------------------------------------------------------------------------


def summed_titles() -> tuple[str, ...]:
    """Titles of the columns that offices add up."""
    return _("Credit hours"), _("Planned")


def hours_columns() -> list[Column]:
    titles = [
        (_("No."), 6),
        (_("Name"), 16),
        (_("Unit"), 30),
        (_("District"), 24),
        (_("Group"), 12),
        (_("Credit hours"), 10),
        (_("Planned"), 10),
        (_("Attendance"), 12),
        (_("Sufficient"), 10),
        (_("Note"), 40),
    ]
    return [Column(title, width, is_text=title not in summed_titles()) for title, width in titles]


@transaction.atomic
def export_hours(*, program: Program, rows: Sequence[Row], by: Any, reason: str, now: datetime) -> Export:
    """Everyone with days, hours and result. Raises RuleViolation "reason_required"."""
    found = admitted(rows, by)
    days = sorted({day.day for _row, summary in found for day in summary.days})
    columns = hours_columns() + [Column(house_dates.day(day), 14) for day in days]
    return exports.keep(
        program=program,
        action=ACTION,
        by=by,
        content=write_workbook(columns, _hours_lines(found, days), sheet=_("Credit hours"), title=str(program)),
        file_name=f"{program}-{_('Credit hours')}.xlsx",
        rows=len(found),
        left_out=len(rows) - len(found),
        reason=reason,
        now=now,
    )


def _hours_lines(rows: Iterable[Row], days: Sequence[Any]) -> Iterable[list[Any]]:
    for number, (registration, summary) in enumerate(rows, start=1):
        by_day = {day.day: day for day in summary.days}
        yield [
            number,
            registration.person.name,
            registration.organisation,
            registration.delegation.organisation,
            registration.group or "",
            summary.hours,
            summary.planned,
            f"{summary.percent}%",
            _("yes") if summary.is_eligible else _("no"),
            summary.message,
            *(f"{by_day[day].state} {plain(by_day[day].hours)}" if day in by_day else "" for day in days),
        ]


# The register ----------------------------------------------------------------------------------------------------------


def register_columns() -> list[Column]:
    titles = [
        (_("No."), 6),
        (_("Name"), 14),
        (_("ID number"), 22),
        (_("Unit"), 30),
        (_("Program"), 36),
        (_("Dates"), 24),
        (_("Credit hours"), 10),
        (_("Certificate number"), 28),
    ]
    return [Column(title, width, is_text=title not in summed_titles()) for title, width in titles]


@transaction.atomic
def export_register(*, program: Program, rows: Sequence[Row], by: Any, reason: str, now: datetime, full_numbers: bool = False) -> Export:
    """Those whose attendance suffices, for the register of continuing education.

    Full numbers only of people whose numbers the user may look at. Raises RuleViolation "reason_required".
    """
    sufficient = [row for row in rows if row[1].is_eligible]
    found = admitted(sufficient, by)
    numbers = certificate_numbers([row[0].pk for row in found])
    lines = [_register_line(index, row, numbers, full_numbers and access.may(by, "person.reveal", row[0])) for index, row in enumerate(found, start=1)]
    return exports.keep(
        program=program,
        action=ACTION,
        by=by,
        content=write_workbook(register_columns(), lines, sheet=_("Credit hours"), title=str(program)),
        file_name=f"{program}-{_('Register of continuing education')}.xlsx",
        rows=len(lines),
        left_out=len(sufficient) - len(found),
        full_numbers=full_numbers,
        reason=reason,
        now=now,
    )


def _register_line(index: int, row: Row, numbers: dict[int, str], full: bool) -> list[Any]:
    registration, summary = row
    person, program = registration.person, registration.program
    return [
        index,
        person.name,
        person.national_id if full else mask_national_id(person.national_id),
        registration.organisation,
        program,
        house_dates.full_date_range(program.starts_on, program.ends_on),
        summary.hours,
        numbers.get(registration.pk, ""),
    ]


# A year ----------------------------------------------------------------------------------------------------------------


def year_columns() -> list[Column]:
    columns = [Column(_("Name"), 14), Column(_("Unit"), 30), Column(_("Program"), 36), Column(_("Dates"), 24)]
    return [*columns, Column(_("Credit hours"), 10, is_text=False), Column(_("Certificate number"), 28), Column(_("Note"), 40)]


@transaction.atomic
def export_year(*, by: Any, year: int, people: Iterable[Person], reason: str, now: datetime) -> Export:
    """The year, one line per teacher and program, with the unit of that time. Raises RuleViolation "reason_required"."""
    rows = [(one.person, *row) for one in years_of(people, by, year) for row in one.rows]
    open_ones = consent.admitted(row for _person, row, _summary, _number in rows)
    lines = [
        [
            person.name,
            row.organisation,
            row.program,
            house_dates.full_date_range(row.program.starts_on, row.program.ends_on),
            summary.hours if summary.is_eligible else Decimal(0),
            number,
            summary.message,
        ]
        for person, row, summary, number in rows
        if row.pk in open_ones
    ]
    return exports.keep(
        about=by,
        action=ACTION,
        by=by,
        content=write_workbook(year_columns(), lines, sheet=str(year), title=_("Credit hours %(year)s") % {"year": year}),
        file_name=f"{year}-{_('Credit hours')}.xlsx",
        rows=len(lines),
        left_out=len(rows) - len(lines),
        reason=reason,
        now=now,
    )
