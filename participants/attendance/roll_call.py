"""The list of an item: who is expected, what is noted of them, and finding somebody in it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from participants.attendance.models import AttendanceRecord, AttendanceState
from participants.rosters.models import Registration, RegistrationQuerySet

NO_GROUP = "none"


@dataclass(frozen=True)
class Entry:
    """One person of the list with the record, if there is one yet."""

    registration: Registration
    record: AttendanceRecord | None

    @property
    def state(self) -> str:
        return self.record.state if self.record else ""

    @property
    def takes_reason(self) -> bool:
        return self.state not in ("", AttendanceState.PRESENT)


def confirmed_in(program: Program | int) -> RegistrationQuerySet:
    """The confirmed people of a program, in the order of groups and of the roster."""
    people = Registration.objects.confirmed().filter(program=program)
    return people.select_related("person", "organisation", "group").order_by("group__number", "delegation_id", "position", "pk")


def expected_at(item: ItineraryItem) -> RegistrationQuerySet:
    """Those of them an item is for."""
    people = confirmed_in(item.program_id)
    groups = [group.pk for group in item.groups.all()]
    return people.filter(group_id__in=groups) if groups else people


def of_group(people: RegistrationQuerySet, group: str) -> RegistrationQuerySet:
    """Narrow to a group by its id, or to those without one; "" leaves all."""
    if group == NO_GROUP:
        return people.filter(group=None)
    return people.filter(group_id=int(group)) if re.fullmatch(r"[0-9]{1,18}", group) else people


def unrecorded(people: RegistrationQuerySet, item: ItineraryItem) -> RegistrationQuerySet:
    return people.exclude(pk__in=AttendanceRecord.objects.filter(item=item).values("registration_id"))


def find(people: RegistrationQuerySet, words: str) -> RegistrationQuerySet:
    """Those whose name, pinyin, initials or last four digits of the phone match. Phones are encrypted, so they are compared here."""
    text = re.sub(r"\s+", "", words)[:60]
    if not text:
        return people
    if re.fullmatch(r"[0-9]{4}", text):
        return people.filter(pk__in=[row.pk for row in people if row.person.phone.endswith(text)])
    latin = text.lower()
    return people.filter(Q(person__name__icontains=text) | Q(person__pinyin__startswith=latin) | Q(person__initials__startswith=latin))


def entries(people: Iterable[Registration], item: ItineraryItem) -> list[Entry]:
    rows = list(people)
    records = {row.registration_id: row for row in AttendanceRecord.objects.filter(item=item, registration_id__in=[row.pk for row in rows])}
    return [Entry(row, records.get(row.pk)) for row in rows]
