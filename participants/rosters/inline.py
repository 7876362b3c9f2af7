"""The roster as a table to type into: save and add single rows, and take over rows pasted from a spreadsheet."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange.masking import mask_national_id, mask_phone
from exchange.transitions import RuleViolation
from participants.directory.models import Organisation
from participants.people import rules as people
from participants.people.models import Person
from participants.rosters import imports, rules
from participants.rosters.models import Registration, RosterImport
from participants.rosters.parts import delegations_of, lock_delegations
from participants.rosters.sheet.columns import field_of, title_of
from participants.rosters.sheet.guessing import guess_fields
from participants.rosters.status import RegistrationStatus

MOST_PASTED = 200_000  # characters
OPEN = (RegistrationStatus.RETURNED, RegistrationStatus.DRAFT)


def cells_of(registration: Registration) -> dict[str, str]:
    """What the cells of a row show; numbers are masked."""
    person = registration.person
    shown = {name: str(getattr(person, name)) for name in ("name", "gender", "position", "subject")}
    numbers = {"national_id": mask_national_id(person.national_id), "phone": mask_phone(person.phone)}
    return shown | numbers | {"role": registration.role, "group": str(registration.group_id or "")}


def typed(values: dict[str, Any], seen: Mapping[str, str], registration: Registration) -> dict[str, Any]:
    """The values that differ from what the typist saw: others have written the rest. Raises RuleViolation "changed_meanwhile" where two wrote into one cell."""
    mine, now = {}, cells_of(registration)
    words = {**now, "gender": registration.person.get_gender_display(), "group": str(registration.group or "")}
    for name, value in values.items():
        text = str(getattr(value, "pk", value) or "")
        if text == seen.get(name):
            continue
        if name in now and now[name] not in (seen.get(name, now[name]), text):
            sentence = _("Somebody else has changed this cell meanwhile; it says “%(value)s”. Save yours once more to replace it.")
            raise RuleViolation("changed_meanwhile", sentence % {"value": words[name]}, field=name)
        mine[name] = value
    return mine


@transaction.atomic
def save_row(*, registration: Registration, person: dict[str, Any], place: dict[str, Any], by: Any, seen: Mapping[str, str] | None = None) -> Registration:
    """Write what changed of the person and the place, against what the typist has `seen` in the cells.

    Raises RuleViolation "wrong_status", "changed_meanwhile", "person_exists", "foreign_group", "quota_full".
    """
    lock_delegations({registration.delegation_id, *delegations_of(person=registration.person_id)})  # all that the rules below lock, in one order
    registration = rules.lock(registration)
    if registration.status not in OPEN:
        raise RuleViolation("wrong_status", _("Only drafts and returned rows are edited in the table."))
    person, place = typed(person, seen or {}, registration), typed(place, seen or {}, registration)
    changed = {name: value for name, value in person.items() if getattr(registration.person, name) != value}
    if changed:
        people.change_person(person=registration.person, by=by, **changed)
    placed = {name: value for name, value in place.items() if getattr(registration, name) != value}
    return rules.change_registration(registration=registration, by=by, **placed) if placed else registration


@transaction.atomic
def add_row(
    *, program: Program, organisation: Organisation, person: dict[str, Any], place: dict[str, Any], by: Any, now: datetime, known: Person | None = None
) -> Registration:
    """A draft for `known`, for a person whom the unit knows by the ID number, or for a new one. Raises the refusals of both rules."""
    index = people.identity_index(person.get("national_id", ""))
    known = known or (Person.objects.filter(organisation=organisation, national_id_index=index).first() if index else None)
    found = known or people.create_person(by=by, organisation=organisation, **person)
    last = Registration.objects.filter(program=program, organisation=organisation).aggregate(last=Max("position"))["last"] or 0
    registration = rules.create_registration(program=program, person=found, by=by, now=now, position=last + 1, **place)  # next to the row where it was typed
    if known:
        people.change_person(person=known, by=by, **{name: value for name, value in person.items() if value})
    return registration


def acquainted(program: Program, units: Any) -> Any:
    """People whom the units know and who are not on the program's roster."""
    taken = Registration.objects.filter(program=program).active().values("person_id")
    return Person.objects.filter(organisation__in=units).exclude(pk__in=taken).select_related("organisation").order_by("pinyin", "pk")


def namesakes(program: Program, organisation: Organisation, name: str) -> tuple[list[Person], bool]:
    """People of this name whom the unit knows, and whether one is on the roster already."""
    free = list(acquainted(program, [organisation]).filter(name=name)[:5])
    return free, Registration.objects.active().filter(program=program, organisation=organisation, person__name=name).exists()


def note_of(person: Person) -> str:
    """What tells a person from a namesake."""
    tail = _("ID number ending in %(tail)s") % {"tail": person.national_id[-4:]} if person.national_id else ""
    return "，".join(filter(None, (person.position, person.subject, tail)))


def paste(*, program: Program, text: str, by: Any, now: datetime, organisation: Organisation | None = None) -> RosterImport:
    """Rows copied out of a spreadsheet become a preview, cleaned as an uploaded sheet is. Raises RuleViolation "nothing_pasted" and start_import's."""
    rows = [line for line in csv.reader(io.StringIO(text[:MOST_PASTED].replace("\r\n", "\n")), dialect="excel-tab") if any(cell.strip() for cell in line)]
    if not rows:
        raise RuleViolation("nothing_pasted", _("Copy the rows in Excel first, then paste them here."), field="text")
    if not has_header(rows[0]):
        # Titles by what the columns hold; the preview shows them, so that nobody is surprised. What is not recognised stays untitled.
        rows.insert(0, [title_of(field) if field else "" for field in guess_fields(rows)])
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    name = _("Pasted rows") + ".csv"
    return imports.start_import(program=program, data=out.getvalue().encode(), name=name, by=by, now=now, organisation=organisation)


def has_header(row: Sequence[str]) -> bool:
    return sum(field_of(cell) is not None for cell in row) >= 2
