"""From the rows of an import to people and registrations, in a handful of statements however many rows there are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange import audit
from exchange.encryption import blind_index, token_hash
from exchange.insertion import insert, take_keys
from exchange.transitions import RuleViolation
from participants.directory.models import Organisation
from participants.people.models import Gender, Person
from participants.people.rules import identity_index, link_token, normal_phone, prepare
from participants.rosters.import_state import ImportRow
from participants.rosters.models import Allocation, Delegation, Registration
from participants.rosters.parts import delegations_of, keeping_parts
from participants.rosters.sheet.columns import STAGE_OF
from participants.rosters.status import ENDED

GENDERS = {"男": Gender.MALE, "女": Gender.FEMALE}
TEXTS: tuple[str, ...] = (
    "name",
    "ethnicity",
    "national_id",
    "phone",
    "email",
    "position",
    "professional_title",
    "subject",
    "diet",
    "lodging",
    "emergency_contact",
)
TEXTS += ("emergency_phone", "memo")
COMPUTED = ("pinyin", "initials", "national_id_index", "phone_index", "updated_at")
UPDATED = (*TEXTS, "gender", "stage", "birth_on", *COMPUTED)
BATCH = 1000


@dataclass(frozen=True)
class Outcome:
    """What a commit did; `registrations` maps the sheet's row to the registration."""

    created: int
    updated: int
    skipped: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    registrations: dict[int, Registration] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        return {"created": self.created, "updated": self.updated, "left_out": self.skipped, "unchanged": self.unchanged, "withdrawn": self.withdrawn}


def write(program: Program, rows: Sequence[ImportRow], *, by: Any) -> Outcome:
    """Reuse known people of the same unit, add the others, and give each a draft. Raises RuleViolation "changed_meanwhile", "quota_full"."""
    units = Organisation.objects.in_bulk({row.read.unit for row in rows})
    # The same lock as every registration takes, in the same order: nobody registers one of these people meanwhile. Known people may be counted elsewhere too.
    concerned = {row.read.delegation for row in rows if row.read.delegation} | delegations_of(organisation__in=units)
    try:
        with transaction.atomic(), keeping_parts(concerned) as delegations:
            people, known = write_people(rows, units, by=by)
            return write_registrations(program, rows, people, active_of(program, known), units, delegations, by=by)
    except IntegrityError as error:
        raise RuleViolation("changed_meanwhile", _("The roster was changed at the same moment. Look at the preview again, then import.")) from error


# People ----------------------------------------------------------------------------------------------------------------


def write_people(rows: Sequence[ImportRow], units: dict[int, Organisation], *, by: Any) -> tuple[dict[int, Person], list[Person]]:
    """(row → person, saved; those who were known before)."""
    known = KnownPeople(rows)
    people = {row.row: prepare(fill(known.take(row) or Person(organisation=units[row.read.unit]), row.read.values)) for row in rows}  # type: ignore[index]
    changed = [person for person in people.values() if not person._state.adding]
    add_people([person for person in people.values() if person._state.adding], by=by)
    update_people(changed, UPDATED)
    return people, changed


class KnownPeople:
    """People of the rows' units: found by the ID number, or without one by name and phone."""

    def __init__(self, rows: Sequence[ImportRow]) -> None:
        keys = [row.known.registration for row in rows if row.known]
        self.by_registration = {r.pk: r.person for r in Registration.objects.filter(pk__in=keys).select_related("person__organisation")}
        units = {row.read.unit for row in rows}
        indexes = {identity_index(row.read.values.get("national_id", "")) for row in rows} - {""}
        names = {row.read.values["name"] for row in rows if not row.read.values.get("national_id")}
        self.by_id = {(p.organisation_id, p.national_id_index): p for p in self.of(units, national_id_index__in=indexes)}
        self.by_name: dict[tuple[Any, ...], list[Person]] = defaultdict(list)
        for person in self.of(units, name__in=names) if names else ():
            self.by_name[person.organisation_id, person.name, person.phone_index].append(person)

    @staticmethod
    def of(units: Iterable[Any], **where: Any) -> Any:
        return Person.objects.select_for_update(of=("self",)).select_related("organisation").filter(organisation_id__in=units, **where).order_by("pk")

    def take(self, row: ImportRow) -> Person | None:
        """The person whom a row means; two rows of one name get two people."""
        values = row.read.values
        if row.known:
            return self.by_registration[row.known.registration]
        if values.get("national_id"):
            return self.by_id.get((row.read.unit, identity_index(values["national_id"])))
        namesakes = self.by_name[row.read.unit, values["name"], blind_index("phone", normal_phone(values.get("phone", "")))]
        return namesakes.pop(0) if namesakes else None


def fill(person: Person, values: dict[str, str]) -> Person:
    """Empty cells leave what is known."""
    for name in TEXTS:
        if values.get(name):
            setattr(person, name, values[name])
    if values.get("gender"):
        person.gender = GENDERS[values["gender"]]
    if values.get("stage"):
        person.stage = STAGE_OF[values["stage"]]
    if values.get("birth_on"):
        person.birth_on = date.fromisoformat(values["birth_on"])
    return person


def add_people(people: list[Person], *, by: Any) -> None:
    take_keys(people)
    for person in people:  # the private link follows from the key
        person.link_hash = token_hash(link_token(person))
    insert(people)
    audit.record_many("person.create", people, by=by)


def update_people(people: list[Person], fields: Sequence[str]) -> None:
    """One upsert per thousand: far cheaper than a CASE with a branch for each row."""
    Person.objects.bulk_create(people, batch_size=BATCH, update_conflicts=True, unique_fields=["id"], update_fields=list(fields))


# Registrations ---------------------------------------------------------------------------------------------------------


def write_registrations(
    program: Program,
    rows: Sequence[ImportRow],
    people: dict[int, Person],
    active: dict[int, Registration],
    units: dict[int, Organisation],
    delegations: dict[int, Delegation],
    *,
    by: Any,
) -> Outcome:
    """Change the `active` registrations of people who have one, and make drafts for the others."""
    allocations = {(a.delegation_id, a.organisation_id): a for a in Allocation.objects.filter(delegation__in=delegations)}
    groups = {group.name: group for group in program.groups.all()}
    found: dict[int, Registration] = {}
    fresh: list[Registration] = []
    for row in rows:
        person = people[row.row]
        registration = active.get(person.pk)
        if registration is None:
            delegation = delegations[row.read.delegation]  # type: ignore[index]
            registration = Registration(organisation=units[row.read.unit], delegation=delegation)  # type: ignore[index]
            registration.allocation = allocations.get((delegation.pk, registration.organisation_id))
            fresh.append(registration)
        registration.program, registration.person = program, person
        found[row.row] = arranged(registration, row, groups)
    add_registrations(fresh, by=by)
    update_registrations([registration for registration in found.values() if registration.person_id in active], by=by)
    return Outcome(created=len(fresh), updated=len(rows) - len(fresh), registrations=found)


def registrations_of(rows: Sequence[ImportRow]) -> dict[int, Registration]:
    """Row → the registration that it is about, as it is."""
    found = Registration.objects.in_bulk([row.known.registration for row in rows if row.known])
    return {row.row: found[row.known.registration] for row in rows if row.known}


def active_of(program: Program, people: Sequence[Person]) -> dict[int, Registration]:
    """Person → registration, locked."""
    if not people:
        return {}
    rows = Registration.objects.select_for_update(of=("self",), no_key=True).select_related("organisation")
    return {row.person_id: row for row in rows.filter(program=program, person__in=[person.pk for person in people]).exclude(status__in=ENDED)}


def arranged(registration: Registration, row: ImportRow, groups: dict[str, Any]) -> Registration:
    """Role, group and order as in the sheet; empty cells leave what is known."""
    values = row.read.values
    registration.identity_index = registration.person.national_id_index
    registration.role = values.get("role") or registration.role
    if group := groups.get(values.get("group", "")):
        registration.group = group
    registration.position = registration.position or row.row
    return registration


def add_registrations(registrations: list[Registration], *, by: Any) -> None:
    take_keys(registrations)
    insert(registrations)
    audit.record_many("registration.create", registrations, by=by)


def update_registrations(registrations: list[Registration], *, by: Any) -> None:
    fields = ["identity_index", "role", "group", "position"]
    Registration.objects.bulk_create(registrations, batch_size=BATCH, update_conflicts=True, unique_fields=["id"], update_fields=fields)
    audit.record_many("registration.change", registrations, by=by)
