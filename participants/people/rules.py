"""Changes to people, and their private links."""

import re
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.programs.status import ProgramStatus
from exchange import access, audit
from exchange.encryption import blind_index, derive_token, token_hash
from exchange.transitions import RuleViolation
from participants.people.consent import NEEDED_IN
from participants.people.models import Person
from participants.people.names import pinyin_of
from participants.rosters.parts import COUNTED, delegations_of, keeping_parts

PERSONAL = frozenset({"national_id", "phone", "emergency_phone"})
STAYS_IN_UNIT = gettext_lazy("A person stays in the unit. Add the person anew at the other unit.")


def normal_id(value: str) -> str:
    return value.strip().upper()


def normal_phone(value: str) -> str:
    return re.sub(r"\D", "", value)


def identity_index(national_id: str) -> str:
    return blind_index("national_id", normal_id(national_id))


def prepare(person: Person) -> Person:
    """Fill in what is computed from the name and numbers; call before every save or bulk_create."""
    person.pinyin, person.initials = pinyin_of(person.name)
    person.national_id = normal_id(person.national_id)
    person.national_id_index = identity_index(person.national_id)
    person.phone_index = blind_index("phone", normal_phone(person.phone))
    return person


def link_token(person: Person) -> str:
    """The token of a person's private link: derived, so that it can be shown again, and stored only as a hash."""
    return derive_token("my", person.pk, person.link_version)


def link_url(person: Person) -> str:
    return f"{settings.SITE_URL}/my/{link_token(person)}/"


def feed_url(person: Person) -> str:
    return f"{settings.SITE_URL}/calendars/{link_token(person)}.ics"


def person_by_token(token: str) -> Person | None:
    return Person.objects.select_related("organisation").filter(link_hash=token_hash(token)).first()


@transaction.atomic
def create_person(*, by: Any, **fields: Any) -> Person:
    """Add a person to an organisation. Raises RuleViolation "person_exists"."""
    person = prepare(Person(**fields))
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:
        raise RuleViolation("person_exists", _("This unit has a person with this ID number already."), field="national_id") from error
    set_link(person)
    audit.record("person.create", person, by=by)
    return person


@transaction.atomic
def change_person(*, person: Person, by: Any, **fields: Any) -> Person:
    """Change a person's details; the audit names the fields, never the values. Raises RuleViolation "person_exists", "quota_full", "somebody_else".

    Stage and subject may be counted where the person holds a place: those delegations are locked first, and their parts asked afterwards.
    """
    with keeping_parts(delegations_of(person=person.pk) if COUNTED & fields.keys() else ()):
        return write_person(Person.objects.select_for_update().get(pk=person.pk), by=by, **fields)


def check_same_person(person: Person, by: Any, fields: dict[str, Any]) -> None:
    """Whom an office has passed is corrected by the school, but not turned into somebody else. Raises RuleViolation "somebody_else"."""
    new = {"name": fields.get("name", person.name), "national_id": normal_id(fields.get("national_id", person.national_id))}
    if by is None or not person.national_id or any(value == getattr(person, name) for name, value in new.items()):
        return
    passed = person.registrations.filter(status__in=NEEDED_IN, program__status=ProgramStatus.PUBLISHED)
    for row in passed.select_related("program__organiser", "delegation__organisation", "organisation"):
        if not access.may(by, "registration.confirm" if row.status == "confirmed" else "registration.endorse", row):
            words = _("%(name)s has been passed for “%(program)s”. Name and ID number together make somebody else: replace the person on the roster instead.")
            raise RuleViolation("somebody_else", words % {"name": person.name, "program": row.program}, field="name")


def write_person(person: Person, *, by: Any, **fields: Any) -> Person:
    check_same_person(person, by, fields)
    changed = sorted(name for name, value in fields.items() if getattr(person, name) != value)
    for name, value in fields.items():
        setattr(person, name, value)
    try:
        with transaction.atomic():
            prepare(person).save()
            # Registrations carry the index too: one place per ID number and program.
            person.registrations.update(identity_index=person.national_id_index)
    except IntegrityError as error:
        raise RuleViolation("person_exists", _("Somebody with this ID number is known already."), field="national_id") from error
    if changed:
        audit.record("person.change", person, by=by, changes={name: ["…", "…"] for name in changed})
    return person


@transaction.atomic
def remove_person(*, person: Person, by: Any) -> None:
    """Delete somebody who was never registered for anything. Raises RuleViolation "in_use"."""
    if person.registrations.exists():
        raise RuleViolation("in_use", _("This person is on a roster; the record is kept."))
    audit.record("person.remove", person, by=by)
    person.delete()


def set_link(person: Person) -> None:
    person.link_hash = token_hash(link_token(person))
    person.save(update_fields=["link_hash", "link_version"])


@transaction.atomic
def reset_link(*, person: Person, by: Any) -> Person:
    """Make every private link and feed of the person invalid at once, and give a new one."""
    person = Person.objects.select_for_update().get(pk=person.pk)
    person.link_version += 1
    set_link(person)
    audit.record("person.reset_link", person, by=by)
    return person


@transaction.atomic
def reveal(*, person: Person, by: Any) -> dict[str, str]:
    """The unmasked numbers of a person; who looked is recorded."""
    audit.record("person.reveal", person, by=by)
    return {name: getattr(person, name) for name in sorted(PERSONAL)}
