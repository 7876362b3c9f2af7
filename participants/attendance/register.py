"""Hours beyond one program: hours per teacher and year, and who noted what of a person."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from events.itineraries.models import ItineraryItem
from events.programs.status import ProgramStatus
from exchange.audit import AuditEvent
from participants.attendance.hours import HoursSummary, summaries
from participants.attendance.models import AttendanceState
from participants.certificates.models import Certificate
from participants.people.fields import roles_in, shield, with_sight
from participants.people.models import Person
from participants.rosters.models import Registration, RegistrationQuerySet

Row = tuple[Registration, HoursSummary]


def plain(hours: Decimal) -> str:
    """4.0 → 4, 20 → 20, 2.5 → 2.5."""
    return f"{hours.normalize():f}"


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
    """The people concerned, in the order of their units, each with as what the user sees them."""
    people = Person.objects.filter(pk__in=registrations_of_year(user, year).values("person_id")).select_related("organisation")
    return with_sight(people, user).order_by("organisation__path", "pinyin", "pk")


def years_of(people: Iterable[Person], user: Any, year: int) -> list[YearOfPerson]:
    """The year of each of these people of `people_of_year`, with the same few queries whatever their number."""
    persons = list(people)
    rows = list(registrations_of_year(user, year).filter(person__in=[person.pk for person in persons]).for_list().order_by("program__starts_on", "pk"))
    found, numbers = summaries(rows), certificate_numbers([row.pk for row in rows])
    own: dict[int, list[tuple[Registration, HoursSummary, str]]] = defaultdict(list)
    for row in rows:
        own[row.person_id].append((row, found[row.pk], numbers.get(row.pk, "")))
    return [YearOfPerson(shield(person, roles_in(person)), tuple(own[person.pk])) for person in persons]


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
