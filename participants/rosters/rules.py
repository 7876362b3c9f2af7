"""Changes to registrations, each under the lock of its delegation. The quota tree itself is in quota.py, many at once in bulk.py."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from events.kinds.registry import KINDS
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import access, audit
from exchange.transitions import RuleViolation, check, move
from participants.directory.models import Organisation
from participants.notices.rules import tell
from participants.people import consent
from participants.people.models import Person
from participants.rosters.models import Allocation, Delegation, Registration
from participants.rosters.parts import keeping_parts
from participants.rosters.quota import Places, promote_waiting
from participants.rosters.quota import add_allocation as add_allocation
from participants.rosters.quota import add_delegation as add_delegation
from participants.rosters.quota import remove_empty as remove_empty
from participants.rosters.quota import set_allocation as set_allocation
from participants.rosters.quota import set_delegation as set_delegation
from participants.rosters.returns import check_deadline, check_own_deadline, is_time_to_confirm, is_time_to_endorse
from participants.rosters.status import ENDED, STAGES, TAKES_PLACE, TRANSITIONS, UNSEEN, RegistrationStatus
from participants.rosters.undo import memory

S = RegistrationStatus
KEPT_BY_SUBSTITUTE = ("program", "organisation", "delegation", "allocation", "role", "group", "position")


# Registration -----------------------------------------------------------------------------------------------------------


def delegation_for(program: Program, organisation: Organisation) -> Delegation:
    """The delegation that a unit belongs to: its own bureau's, or the nearest above. Raises RuleViolation "not_invited"."""
    found = (
        Delegation.objects.filter(program=program, organisation_id__in=organisation.lineage)
        .select_related("organisation")
        .order_by("-organisation__path")
        .first()
    )
    if found is None:
        raise RuleViolation("not_invited", _("%(unit)s has no places in this program.") % {"unit": organisation}, field="person")
    return found


def check_open(program: Program, by: Any, now: datetime) -> None:
    """Senders keep to the window; the organiser may still add people. Raises RuleViolation "registration_closed"."""
    if program.status != ProgramStatus.PUBLISHED:
        raise RuleViolation("registration_closed", _("Registration is not open: the program is not published, or it is over."))
    if not program.is_open_for_registration(now) and not access.may(by, "program.change", program):
        raise RuleViolation("registration_closed", _("Registration is not open now. Ask the organiser to open it."))


def check_complete(program: Program, person: Person) -> None:
    """Raise RuleViolation "national_id_required" where the kind of program needs the number (lodging, insurance)."""
    if KINDS[program.kind].needs_national_id and not person.national_id_index:
        raise RuleViolation("national_id_required", _("This program needs the ID number of each participant, for lodging and insurance."), field="person")


@transaction.atomic
def create_registration(*, program: Program, person: Person, by: Any, now: datetime, **fields: Any) -> Registration:
    """Make a draft for a person; delegation and allocation follow from the person's unit.

    Raises RuleViolation "registration_closed", "not_invited", "already_registered".
    """
    check_open(program, by, now)
    delegation = delegation_for(program, person.organisation)
    allocation = Allocation.objects.filter(delegation=delegation, organisation=person.organisation).first()
    registration = Registration(
        program=program,
        person=person,
        organisation=person.organisation,
        delegation=delegation,
        allocation=allocation,
        identity_index=person.national_id_index,
        **fields,
    )
    save_new(registration)
    audit.record("registration.create", registration, by=by)
    return registration


def save_new(registration: Registration) -> None:
    try:
        with transaction.atomic():
            registration.save()
    except IntegrityError as error:
        raise RuleViolation("already_registered", _("This person is registered for the program already."), field="person") from error


def lock(registration: Registration) -> Registration:
    """Lock in one order for every rule: delegation, then registration. Evaluated at once, or it would lock nothing.

    `no_key`: foreign keys are checked at commit and share the referenced row; a full lock would wait for them in a circle.
    """
    Delegation.objects.select_for_update(no_key=True).get(pk=registration.delegation_id)
    return (
        Registration.objects.select_for_update(of=("self",), no_key=True)
        .select_related("program__organiser", "person", "organisation", "delegation__organisation")
        .get(pk=registration.pk)
    )


@transaction.atomic
def submit(*, registration: Registration, by: Any, now: datetime, waitlist: bool = False) -> Registration:
    """Take a place, or join the waiting list when the quota is used up and `waitlist` is set.

    Raises RuleViolation "wrong_status", "registration_closed", "national_id_required", "quota_full".
    """
    registration = lock(registration)
    check(registration, TRANSITIONS, "submit")
    check_open(registration.program, by, now)
    check_complete(registration.program, registration.person)
    places = Places(registration.delegation)
    try:
        allocation = places.take(registration)
    except RuleViolation:
        if not waitlist:
            raise
        move(registration, TRANSITIONS, "wait", by=by, at=now, submitted_at=now, last_step=memory(registration, S.WAITLISTED, by))
        tell("waitlisted", registration, by=by, now=now)
        return registration
    move(registration, TRANSITIONS, "submit", by=by, at=now, submitted_at=now, allocation=allocation, last_step=memory(registration, S.SUBMITTED, by))
    tell("submitted", registration, by=by, now=now)
    return registration


@transaction.atomic
def endorse(*, registration: Registration, by: Any, now: datetime) -> Registration:
    """The district agrees. Raises RuleViolation "wrong_status", "deadline_passed", "consent_missing", "birth_date_needed"."""
    registration = lock(registration)
    check(registration, TRANSITIONS, "endorse")
    check_deadline(registration, by, now)
    consent.check(registration)
    move(registration, TRANSITIONS, "endorse", by=by, at=now, endorsed_at=now, last_step=memory(registration, S.ENDORSED, by))
    tell("endorsed", registration, by=by, now=now)
    return registration


@transaction.atomic
def confirm(*, registration: Registration, by: Any, now: datetime) -> Registration:
    """The organiser agrees: the person takes part. Raises RuleViolation "wrong_status", "deadline_passed", "consent_missing", "birth_date_needed"."""
    registration = lock(registration)
    check(registration, TRANSITIONS, "confirm")
    check_own_deadline(registration, now)
    consent.check(registration)
    move(registration, TRANSITIONS, "confirm", by=by, at=now, confirmed_at=now, last_step=memory(registration, S.CONFIRMED, by))
    tell("confirmed", registration, by=by, now=now)
    return registration


def check_stage(registration: Registration, by: Any) -> None:
    """After the organiser confirmed, only the organiser sends back. Raises RuleViolation "confirmed_already"."""
    if registration.status == S.CONFIRMED and not access.may(by, "registration.confirm", registration):
        raise RuleViolation("confirmed_already", _("The organiser has confirmed this person; ask the organiser."))


@transaction.atomic
def send_back(*, registration: Registration, by: Any, now: datetime, reason: str) -> Registration:
    """Return for correction; the place becomes free. Raises RuleViolation "wrong_status", "reason_required", "confirmed_already"."""
    registration = lock(registration)
    check_stage(registration, by)
    end_place(registration, "return", by=by, now=now, reason=reason)
    return registration


@transaction.atomic
def decline(*, registration: Registration, by: Any, now: datetime, reason: str) -> Registration:
    """Refuse for good; the place becomes free. Raises RuleViolation "wrong_status", "reason_required", "confirmed_already"."""
    registration = lock(registration)
    check_stage(registration, by)
    end_place(registration, "decline", by=by, now=now, reason=reason)
    return registration


@transaction.atomic
def withdraw(*, registration: Registration, by: Any, now: datetime, reason: str = "") -> Registration:
    """The sender takes the person back. Raises RuleViolation "wrong_status"."""
    registration = lock(registration)
    end_place(registration, "withdraw", by=by, now=now, reason=reason)
    return registration


def end_place(registration: Registration, arrow: str, *, by: Any, now: datetime, reason: str, to: Sequence[str] = ()) -> None:
    """Leave a place and hand it to the first who waits for it; `to` are those who hear of it, if not the usual ones."""
    had_place, was_seen = registration.status in TAKES_PLACE, registration.status not in UNSEEN
    step = memory(registration, TRANSITIONS[arrow].target, by)
    move(registration, TRANSITIONS, arrow, by=by, at=now, reason=reason, endorsed_at=None, confirmed_at=None, last_step=step)
    if was_seen:
        tell(TRANSITIONS[arrow].target, registration, by=by, now=now, reason=reason, to=to)
    if had_place:
        promote_waiting(registration.delegation, now)


@transaction.atomic
def replace(*, registration: Registration, person: Person, by: Any, now: datetime) -> Registration:
    """Substitution 换人: another person of the same unit takes over place, role and group, and stands at `stage_of_substitute`.

    Raises RuleViolation "wrong_status", "program_over", "other_unit", "already_registered", "national_id_required",
    "consent_missing", "birth_date_needed", "quota_full".
    """
    with keeping_parts([registration.delegation_id]):
        return substitute_for(lock(registration), person, by=by, now=now)


def stage_of_substitute(registration: Registration, by: Any, now: datetime) -> RegistrationStatus:
    """As far as whoever substitutes could pass somebody now, and never further than the one replaced stood: nobody gets past a reviewer."""
    granted = S.SUBMITTED
    if access.may(by, "registration.endorse", registration) and is_time_to_endorse(registration, by, now):
        granted = S.ENDORSED
    if access.may(by, "registration.confirm", registration) and is_time_to_confirm(registration, now):
        granted = S.CONFIRMED
    return min(granted, S(registration.status), key=STAGES.index)


def check_substitute(registration: Registration, person: Person, stage: RegistrationStatus) -> None:
    if registration.program.status != ProgramStatus.PUBLISHED:
        raise RuleViolation("program_over", _("The program is over or cancelled: nobody takes over a place now."))
    check_complete(registration.program, person)
    if stage in consent.NEEDED_IN:
        consent.check_person(person, registration.program)
    if person.pk == registration.person_id:
        raise RuleViolation("already_registered", _("This person holds the place already. Choose somebody else."), field="person")
    if person.organisation_id != registration.organisation_id:
        raise RuleViolation("other_unit", _("The substitute must come from the same unit."), field="person")


def substitute_for(registration: Registration, person: Person, *, by: Any, now: datetime) -> Registration:
    check(registration, TRANSITIONS, "replace")
    stage, stood = stage_of_substitute(registration, by, now), registration.status
    check_substitute(registration, person, stage)
    kept = {name: getattr(registration, name) for name in KEPT_BY_SUBSTITUTE}
    substitute = Registration(
        person=person,
        replaces=registration,
        identity_index=person.national_id_index,
        status=stage,
        status_changed_at=now,
        submitted_at=now,
        endorsed_at=now if stage != S.SUBMITTED else None,
        confirmed_at=now if stage == S.CONFIRMED else None,
        **kept,
    )
    move(registration, TRANSITIONS, "replace", by=by, at=now, last_step=memory(registration, S.REPLACED, by))
    save_new(substitute)
    # Before an office has passed anybody, whom a school sends instead is one more registration to check.
    is_school_matter = stood == S.SUBMITTED and not access.may(by, "registration.endorse", registration)
    tell(S.SUBMITTED if is_school_matter else S.REPLACED, substitute, by=by, now=now)
    audit.record("registration.substitute", substitute, by=by, changes={"replaces": [None, registration.pk], "status": [None, stage]})
    return substitute


@transaction.atomic
def change_registration(*, registration: Registration, by: Any, **fields: Any) -> Registration:
    """Change role, group or order. Raises RuleViolation "foreign_group", "wrong_status", "quota_full"."""
    with keeping_parts([registration.delegation_id]):
        return write_place(lock(registration), by=by, **fields)


def write_place(registration: Registration, *, by: Any, **fields: Any) -> Registration:
    if registration.status in ENDED:
        raise RuleViolation("wrong_status", _("This registration has ended."))
    group = fields.get("group")
    if group is not None and group.program_id != registration.program_id:
        raise RuleViolation("foreign_group", _("The group belongs to another program."), field="group")
    changed = {name: [str(getattr(registration, name)), str(value)] for name, value in fields.items() if getattr(registration, name) != value}
    for name, value in fields.items():
        setattr(registration, name, value)
    registration.save(update_fields=list(fields))
    registration.person.save(update_fields=["updated_at"])  # the person's calendar has changed with the group
    audit.record("registration.change", registration, by=by, changes=changed)
    return registration


@transaction.atomic
def remove_draft(*, registration: Registration, by: Any) -> None:
    """Delete a draft that was never submitted. Raises RuleViolation "wrong_status"."""
    registration = lock(registration)
    if registration.status != S.DRAFT:
        raise RuleViolation("wrong_status", _("Only a draft can be deleted; withdraw this registration instead."))
    audit.record("registration.remove", registration, by=by)
    registration.delete()
