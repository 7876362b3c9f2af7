"""Results that earn a paper: entered by officers, issued through the same ledger as papers for taking part."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange import audit
from exchange.transitions import RuleViolation
from participants.certificates import rules
from participants.certificates.award_models import Award, Holder
from participants.certificates.facts import CertificateFacts, gather_award, in_chinese
from participants.certificates.models import Certificate
from participants.certificates.rendering import fitted
from participants.certificates.status import CertificateStatus
from participants.people import consent

MOST_NAMES = 40
NEEDS_WORK = ("work",)
NEEDS_PRIZE = ("award",)


def for_issuing(pk: int) -> Award:
    return Award.objects.select_related("program__organiser", "program__issuer", "organisation", "registration__person").get(pk=pk)


def check_words(values: Mapping[str, Any]) -> None:
    """Raise RuleViolation "work_missing", "prize_missing", "members_missing" or "too_many_names": a paper without them says nothing."""
    if values["kind"] in NEEDS_WORK and not values.get("work"):
        raise RuleViolation("work_missing", _("Name the work."), field="work")
    if values["kind"] in NEEDS_PRIZE and not values.get("prize"):
        raise RuleViolation("prize_missing", _("Name the prize or rank."), field="prize")
    if len(values.get("members") or ()) > MOST_NAMES or len(values.get("instructors") or ()) > MOST_NAMES:
        raise RuleViolation("too_many_names", _("%(most)s names at most.") % {"most": MOST_NAMES}, field="members")


def check_registration(program: Program, values: Mapping[str, Any]) -> None:
    """Raise RuleViolation "foreign_registration" where the roster does not know this person in this program."""
    registration = values.get("registration")
    if registration is not None and (registration.program_id != program.pk or values["holder"] != Holder.PERSON):
        raise RuleViolation("foreign_registration", _("Only a person on the roster of this program can be chosen."), field="registration")


@transaction.atomic
def add(*, program: Program, by: Any, **values: Any) -> Award:
    """Enter a result.

    Raises RuleViolation "work_missing", "prize_missing", "too_many_names", "foreign_registration", "already_entered".
    """
    Program.objects.select_for_update(of=("self",), no_key=True).get(pk=program.pk)
    check(program, values)
    last = program.awards.aggregate(last=Max("position"))["last"] or 0
    award = Award.objects.create(program=program, created_by=by, position=last + 1, **values)
    audit.record("award.add", award, by=by)
    return award


def check(program: Program, values: Mapping[str, Any], own: int | None = None) -> None:
    check_words(values)
    check_registration(program, values)
    same = {name: values.get(name, "") for name in ("kind", "name", "organisation", "work", "prize", "category")}
    if program.awards.filter(**same).exclude(pk=own).exists():
        raise RuleViolation("already_entered", _("This result is on the list already."), field="name")


@transaction.atomic
def change(*, award: Award, by: Any, **values: Any) -> Award:
    """Correct a result that has no valid paper. Raises the same as `add`, and "certificate_issued"."""
    award = lock(award)
    refuse_certified(award)
    check(award.program, values, own=award.pk)
    changed = sorted(name for name, value in values.items() if getattr(award, name) != value)
    for name in changed:
        setattr(award, name, values[name])
    award.save(update_fields=changed)
    if changed:
        audit.record("award.change", award, by=by, changes={name: [] for name in changed})
    return award


@transaction.atomic
def remove(*, award: Award, by: Any) -> None:
    """Take a result off the list that never had a paper. Raises RuleViolation "certificate_issued"."""
    award = lock(award)
    if award.certificates.exists():
        raise RuleViolation("certificate_issued", _("A certificate was issued for this result; the ledger keeps both."))
    audit.record("award.remove", award, by=by)
    award.delete()


def lock(award: Award) -> Award:
    Award.objects.select_for_update(of=("self",)).get(pk=award.pk)
    return for_issuing(award.pk)


def refuse_certified(award: Award) -> None:
    if award.certificates.filter(status=CertificateStatus.ISSUED).exists():
        raise RuleViolation("certificate_issued", _("A certificate stands for this result. Revoke or replace that."))


# Issuing ----------------------------------------------------------------------------------------------------------------


def facts_of(award: Award, on: date) -> CertificateFacts:
    with in_chinese():
        return gather_award(award, on)


def check_earned(award: Award) -> None:
    """Raise RuleViolation "consent_missing" or "already_issued"."""
    if award.registration is not None:
        consent.check(award.registration)
    if award.certificates.filter(status=CertificateStatus.ISSUED).exists():
        raise RuleViolation("already_issued", _("There is a valid certificate for this result already."))


def prepare(award_id: int, now: datetime) -> CertificateFacts:
    """All checks, then the facts in the size that fits.

    Raises RuleViolation "program_not_held", "no_number_prefix", "consent_missing", "already_issued", "missing_glyph", "text_too_long".
    """
    award = for_issuing(award_id)
    rules.check_program(award.program, timezone.localdate(now))
    check_earned(award)
    return fitted_facts(award, now)


def fitted_facts(award: Award, now: datetime) -> CertificateFacts:
    facts = facts_of(award, timezone.localdate(now))
    rules.check_printable(facts)
    return fitted(facts, rules.number_of(award.program.certificate_issuer, award.program.ends_on.year, 1))


@transaction.atomic
def enter(*, award_id: int, facts: CertificateFacts, by: Any, now: datetime) -> Certificate:
    """Enter prepared facts into the ledger, under a lock on the result. Raises RuleViolation "already_issued", "number_taken"."""
    Award.objects.select_for_update(of=("self",)).get(pk=award_id)
    award = for_issuing(award_id)
    check_earned(award)
    return rules.take_number(facts, by=by, now=now, program=award.program, organisation=award.organisation, award=award)
