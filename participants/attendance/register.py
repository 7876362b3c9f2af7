"""Hours beyond one program: the workbook for the continuing-education register, hours per teacher and year, and who noted what of a person."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import access, audit, house_dates
from exchange.audit import AuditEvent
from exchange.masking import mask_national_id
from exchange.spreadsheets import Column, write_workbook
from exchange.transitions import RuleViolation
from participants.attendance.hours import HoursSummary, summaries
from participants.attendance.models import AttendanceState
from participants.certificates.models import Certificate
from participants.people.models import Person
from participants.rosters.models import Registration, RegistrationQuerySet

Row = tuple[Registration, HoursSummary]


def plain(hours: Decimal) -> str:
    """4.0 → 4, 20 → 20, 2.5 → 2.5."""
    return f"{hours.normalize():f}"


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
    return [Column(title, width) for title, width in titles]


@transaction.atomic
def export_register(*, program: Program, rows: Sequence[Row], by: Any, reason: str, full_numbers: bool = False) -> bytes:
    """The workbook of those whose attendance suffices; who took it, with which numbers and why is recorded.

    Full numbers only of people whose numbers the user may look at. Raises RuleViolation "reason_required".
    """
    if full_numbers and not reason.strip():
        raise RuleViolation("reason_required", _("Say what the full ID numbers are needed for."), field="reason")
    sufficient = [row for row in rows if row[1].is_eligible]
    numbers = certificate_numbers([row[0].pk for row in sufficient])
    lines = [_line(index, row, numbers, full_numbers and access.may(by, "person.reveal", row[0])) for index, row in enumerate(sufficient, start=1)]
    audit.record("attendance.export", program, by=by, changes={"rows": [None, len(lines)], "full_numbers": [None, full_numbers]}, reason=reason.strip())
    return write_workbook(register_columns(), lines, sheet=_("Credit hours"), title=str(program))


def _line(index: int, row: Row, numbers: dict[int, str], full: bool) -> list[Any]:
    registration, summary = row
    person, program = registration.person, registration.program
    return [
        index,
        person.name,
        person.national_id if full else mask_national_id(person.national_id),
        registration.organisation,
        program,
        house_dates.full_date_range(program.starts_on, program.ends_on),
        plain(summary.hours),
        numbers.get(registration.pk, ""),
    ]


def certificate_numbers(registrations: Iterable[int]) -> dict[int, str]:
    """registration → number of its valid certificate."""
    return dict(Certificate.objects.valid().filter(registration_id__in=list(registrations)).values_list("registration_id", "number"))


# A year ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class YearOfPerson:
    """One teacher's year: programs, the hours of those where attendance sufficed, and how many of them have a certificate."""

    person: Person
    rows: tuple[tuple[Registration, HoursSummary, str], ...]

    @property
    def hours(self) -> Decimal:
        return sum((summary.hours for _row, summary, _number in self.rows if summary.is_eligible), Decimal(0))

    @property
    def certificates(self) -> int:
        return sum(bool(number) for _row, _summary, number in self.rows)


def registrations_of_year(user: Any, year: int) -> RegistrationQuerySet:
    """Confirmed people whom the user sees, in programs that ended in the year and were not called off."""
    seen = Registration.objects.visible_to(user).confirmed().filter(program__ends_on__year=year)
    return seen.exclude(program__status__in=[ProgramStatus.DRAFT, ProgramStatus.CANCELLED])


def people_of_year(user: Any, year: int) -> Any:
    """The people concerned, in the order of their units."""
    people = Person.objects.filter(pk__in=registrations_of_year(user, year).values("person_id")).select_related("organisation")
    return people.order_by("organisation__path", "pinyin", "pk")


def years_of(people: Iterable[Person], user: Any, year: int) -> list[YearOfPerson]:
    """The year of each of these people, with the same few queries whatever their number."""
    persons = list(people)
    rows = list(registrations_of_year(user, year).filter(person__in=[person.pk for person in persons]).for_list().order_by("program__starts_on", "pk"))
    found, numbers = summaries(rows), certificate_numbers([row.pk for row in rows])
    own: dict[int, list[tuple[Registration, HoursSummary, str]]] = defaultdict(list)
    for row in rows:
        own[row.person_id].append((row, found[row.pk], numbers.get(row.pk, "")))
    return [YearOfPerson(person, tuple(own[person.pk])) for person in persons]


@transaction.atomic
def export_year(*, user: Any, year: int, people: Iterable[Person]) -> bytes:
    """The year as a workbook, one line per teacher and program; that it was taken is recorded."""
    years = years_of(people, user, year)
    columns = [Column(_("Name"), 14), Column(_("Unit"), 30), Column(_("Program"), 36), Column(_("Dates"), 24)]
    columns += [Column(_("Credit hours"), 10), Column(_("Certificate number"), 28), Column(_("Note"), 40)]
    lines = [
        [
            one.person.name,
            one.person.organisation,
            row.program,
            house_dates.full_date_range(row.program.starts_on, row.program.ends_on),
            plain(summary.hours) if summary.is_eligible else "0",
            number,
            summary.message,
        ]
        for one in years
        for row, summary, number in one.rows
    ]
    audit.record("attendance.export", user, by=user, changes={"rows": [None, len(lines)]})
    return write_workbook(columns, lines, sheet=str(year), title=_("Credit hours %(year)s") % {"year": year})


# History ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Correction:
    """One entry of the history: when, who, at which item, from which state to which ("" = nothing noted)."""

    at: datetime
    who: str
    item: ItineraryItem | None
    before: str
    after: str

    @property
    def is_change(self) -> bool:
        return bool(self.before)


def history_of(registration: Registration) -> list[Correction]:
    """Every note and correction of a person's attendance, newest first, from the audit."""
    events = AuditEvent.objects.filter(target_type="participants.Registration", target_id=registration.pk, action__in=["attendance.record", "attendance.undo"])
    rows = list(events.order_by("-id")[:500])
    items = ItineraryItem.objects.in_bulk([event.changes["item"][1] for event in rows])
    return [Correction(event.at, event.actor_name, items.get(event.changes["item"][1]), *_states(event)) for event in rows]


def _states(event: AuditEvent) -> tuple[str, str]:
    before, after = event.changes["state"]
    return (before if before in AttendanceState.values else ""), (after if after in AttendanceState.values else "")
