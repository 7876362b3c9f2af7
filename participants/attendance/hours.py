"""Credit hours and who has earned a certificate: computed from the records, never typed over."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from events.itineraries.credit import hours_of, planned_hours
from events.itineraries.models import ItemStatus, ItineraryItem
from events.programs.models import Program
from participants.attendance.models import ATTENDED, AttendanceRecord, AttendanceState
from participants.rosters.models import Registration
from participants.rosters.status import RegistrationStatus

REFUSALS = {
    "not_confirmed": _("The organiser has not confirmed this person."),
    "no_attendance": _("No attendance has been recorded."),
    "attendance_too_low": _("Attended %(percent)s%%; the program asks for %(minimum)s%%."),
}
# Up to this many people their records are asked for by id; beyond, by program.
BY_ID = 500


@dataclass(frozen=True)
class DayHours:
    """A day with credit hours on which the person was expected: the items attended, or the ones missed when there are none."""

    day: date
    titles: str
    state: str
    hours: Decimal


@dataclass(frozen=True)
class HoursSummary:
    """What one participant has earned. `reason` is "", not_confirmed, no_attendance or attendance_too_low; `message` says it in words.

    `hours` respects the program's cap; the sum over `days` may lie above it. Items count that are not cancelled and concern the person's group.
    """

    hours: Decimal
    planned: Decimal
    attended_items: int
    total_items: int
    percent: int
    days: tuple[DayHours, ...]
    is_eligible: bool
    reason: str
    message: str


def summaries(registrations: Iterable[Registration]) -> dict[int, HoursSummary]:
    """The summary of each registration by primary key, with the same few queries whatever their number."""
    rows = list(registrations)
    ids = {row.program_id for row in rows}
    programs = Program.objects.in_bulk(ids)
    items = _items(ids)
    expected = {key: concerning(key[1], items[key[0]]) for key in {(row.program_id, row.group_id) for row in rows}}
    states = _states(rows, ids)
    return {row.pk: _summary(row, programs[row.program_id], expected[row.program_id, row.group_id], states[row.pk]) for row in rows}


def eligibility(program: Program) -> list[tuple[Registration, HoursSummary]]:
    """Everyone who holds a place in the program, in roster order, with what they have earned and whether it suffices."""
    rows = list(Registration.objects.filter(program=program).taking_place().for_list())
    found = summaries(rows)
    return [(row, found[row.pk]) for row in rows]


def concerning(group_id: int | None, items: Iterable[ItineraryItem]) -> list[ItineraryItem]:
    """Those items at which somebody of this group (None = of no group) is expected. Their groups are prefetched."""
    return [item for item in items if is_expected(group_id, {group.pk for group in item.groups.all()})]


def is_expected(group_id: int | None, groups: set[int]) -> bool:
    """Whether somebody of a group is expected at an item for `groups`; an item without groups is for everyone."""
    return not groups or group_id in groups


def _items(programs: set[int]) -> dict[int, list[ItineraryItem]]:
    by_program: dict[int, list[ItineraryItem]] = defaultdict(list)
    for item in ItineraryItem.objects.filter(program_id__in=programs).exclude(status=ItemStatus.CANCELLED).prefetch_related("groups"):
        by_program[item.program_id].append(item)
    return by_program


def _states(rows: list[Registration], programs: set[int]) -> dict[int, dict[int, str]]:
    """registration → item → state."""
    records = AttendanceRecord.objects.filter(item__program_id__in=programs)
    if len(rows) <= BY_ID:
        records = records.filter(registration_id__in=[row.pk for row in rows])
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for registration, item, state in records.order_by().values_list("registration_id", "item_id", "state"):
        found[registration][item] = state
    return found


def _summary(registration: Registration, program: Program, items: list[ItineraryItem], states: Mapping[int, str]) -> HoursSummary:
    credited = [item for item in items if item.credit_hours > 0]
    counted = credited or items  # a program without credit hours asks for presence alone
    there = {item for item, state in states.items() if state in ATTENDED}
    attended = [item for item in counted if item.pk in there]
    percent = len(attended) * 100 // len(counted) if counted else 0
    reason = _reason(registration, program, percent, any(item.pk in states for item in counted))
    return HoursSummary(
        hours=_capped(hours_of(program.hours_rule, credited, there), program),
        planned=_capped(planned_hours(program.hours_rule, credited), program),
        attended_items=len(attended),
        total_items=len(counted),
        percent=percent,
        days=_days(program.hours_rule, credited, states),
        is_eligible=not reason,
        reason=reason,
        message=_message(reason, program, percent),
    )


def _capped(hours: Decimal, program: Program) -> Decimal:
    return hours if program.credit_hours_cap is None else min(hours, program.credit_hours_cap)


def _reason(registration: Registration, program: Program, percent: int, is_noted: bool) -> str:
    if registration.status != RegistrationStatus.CONFIRMED:
        return "not_confirmed"
    if percent >= program.minimum_attendance_percent:
        return ""
    return "attendance_too_low" if is_noted else "no_attendance"


def _message(reason: str, program: Program, percent: int) -> str:
    return str(REFUSALS[reason]) % {"percent": percent, "minimum": program.minimum_attendance_percent} if reason else ""


def _days(rule: str, credited: list[ItineraryItem], states: Mapping[int, str]) -> tuple[DayHours, ...]:
    by_day: dict[date, list[ItineraryItem]] = defaultdict(list)
    for item in credited:
        by_day[item.day].append(item)
    return tuple(_day(rule, day, by_day[day], states) for day in sorted(by_day))


def _day(rule: str, day: date, items: list[ItineraryItem], states: Mapping[int, str]) -> DayHours:
    attended = [item for item in items if states.get(item.pk) in ATTENDED]
    return DayHours(
        day=day,
        titles="、".join(str(item) for item in attended or items),
        state=_day_state({states[item.pk] for item in items if item.pk in states}),
        hours=hours_of(rule, items, {item.pk for item in attended}),
    )


def _day_state(states: set[str]) -> str:
    """One word for a day: late outweighs present, having been there outweighs leave, leave outweighs absence."""
    for state in (AttendanceState.LATE, AttendanceState.PRESENT, AttendanceState.LEAVE, AttendanceState.ABSENT):
        if state in states:
            return pgettext("hours", "Present") if state == AttendanceState.PRESENT else str(state.label)
    return pgettext("attendance", "Not recorded")
