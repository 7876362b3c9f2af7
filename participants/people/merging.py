"""Two records of one person in one unit: found, compared, and made one."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from exchange import audit
from exchange.house_dates import full_day
from exchange.masking import mask_national_id, mask_phone
from exchange.transitions import RuleViolation
from participants.people.models import GuardianConsent, Person
from participants.people.rules import prepare
from participants.rosters.parts import delegations_of, keeping_parts

# What the kept record takes over where it is empty itself.
FILLED = (
    *("gender", "ethnicity", "birth_on", "national_id", "phone", "email", "position", "professional_title", "stage", "subject"),
    *("diet", "lodging", "emergency_contact", "emergency_phone", "memo"),
)
SHOWN = {"national_id": mask_national_id, "phone": mask_phone, "emergency_phone": mask_phone, "birth_on": full_day}


def candidates(person: Person) -> QuerySet[Person]:
    """Other records of the unit with the same name or mobile; those with another ID number are other people."""
    same = Q(name=person.name) | (Q(phone_index=person.phone_index) if person.phone_index else Q(pk__in=[]))
    rows = Person.objects.filter(same, organisation=person.organisation_id).exclude(pk=person.pk)
    return rows.filter(national_id_index__in=["", person.national_id_index]) if person.national_id_index else rows


def readable(person: Person, name: str) -> Any:
    value = getattr(person, f"get_{name}_display")() if name in ("gender", "stage") else getattr(person, name)
    return SHOWN[name](value) if name in SHOWN else value


def preview(keep: Person, gone: Person) -> list[dict[str, Any]]:
    """Field by field: what each record says and what stays; numbers are masked. Fields that are empty in both are left out."""
    rows = []
    for name in ("name", *FILLED):
        kept, other = readable(keep, name), readable(gone, name)
        if kept or other:
            rows.append({"label": keep._meta.get_field(name).verbose_name, "kept": kept, "other": other, "is_taken": not kept})
    return rows


@transaction.atomic
def merge_people(*, keep: Person, gone: Person, by: Any) -> Person:
    """Make `gone` part of `keep`: registrations with their certificates and attendance, and consents, point to it; empty fields are filled.

    Raises RuleViolation "same_person", "other_unit", "different_people", "both_registered", "quota_full".
    """
    if keep.pk == gone.pk:
        raise RuleViolation("same_person", _("Choose another record to merge."), field="other")
    with keeping_parts(delegations_of(person__in=[keep.pk, gone.pk])):  # the stage or subject that stays may be counted
        return make_one(keep, gone, by=by)


def make_one(keep: Person, gone: Person, *, by: Any) -> Person:
    locked = {row.pk: row for row in Person.objects.select_for_update(of=("self",)).filter(pk__in=[keep.pk, gone.pk]).order_by("pk")}
    keep, gone = locked[keep.pk], locked[gone.pk]
    if keep.organisation_id != gone.organisation_id:
        raise RuleViolation("other_unit", _("Only records of the same unit can be merged."), field="other")
    if keep.national_id and gone.national_id and keep.national_id != gone.national_id:
        raise RuleViolation("different_people", _("The ID numbers differ: these are two people. Correct the wrong number first."), field="other")
    filled = [name for name in FILLED if not getattr(keep, name) and getattr(gone, name)]
    for name in filled:
        setattr(keep, name, getattr(gone, name))
    number = move_registrations(keep, gone)
    GuardianConsent.objects.filter(person=gone).update(person=keep)
    key = gone.pk
    gone.delete()
    prepare(keep).save()
    keep.registrations.update(identity_index=keep.national_id_index)
    audit.record("person.merge", keep, by=by, changes={"person": [key, keep.pk], "rows": [None, number], **{name: ["…", "…"] for name in filled}})
    return keep


def move_registrations(keep: Person, gone: Person) -> int:
    try:
        with transaction.atomic():
            return int(gone.registrations.update(person=keep))
    except IntegrityError as error:
        raise RuleViolation("both_registered", _("Both records are on the roster of the same program. Withdraw one of them first."), field="other") from error
