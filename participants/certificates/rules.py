"""Who gets a certificate, and the ledger: numbers without gaps, facts that never change, papers that can be withdrawn but not deleted."""

from dataclasses import replace as replace_facts
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import audit
from exchange.transitions import RuleViolation, check, move
from participants.attendance.hours import HoursSummary, summaries
from participants.certificates import files, glyphs, teams
from participants.certificates.award_models import Award
from participants.certificates.codes import new_code
from participants.certificates.facts import CertificateFacts, gather, gather_award, in_chinese
from participants.certificates.models import Certificate, NumberSeries
from participants.certificates.refusals import refuse
from participants.certificates.rendering import fitted
from participants.certificates.sealed_codes import sealed_content
from participants.certificates.status import TRANSITIONS, CertificateStatus
from participants.notices.rules import tell_holder
from participants.people import consent
from participants.rosters.models import Registration
from participants.rosters.status import RegistrationStatus

AWARD_RELATED = ("program__organiser", "program__issuer", "organisation", "registration__person")
HELD = (ProgramStatus.PUBLISHED, ProgramStatus.COMPLETED)


# May this person have one? ---------------------------------------------------------------------------------------------


def check_program(program: Program, today: date) -> None:
    """Raise RuleViolation "program_not_held" or "no_number_prefix"."""
    if program.status not in HELD or today < program.starts_on:
        raise refuse("program_not_held")
    if not program.certificate_issuer.number_prefix:
        raise refuse("no_number_prefix", office=str(program.certificate_issuer))


def check_earned(registration: Registration, summary: HoursSummary) -> None:
    """Raise RuleViolation "not_confirmed", "consent_missing", "no_attendance", "attendance_too_low" or "already_issued"."""
    if registration.status != RegistrationStatus.CONFIRMED:
        raise refuse("not_confirmed")
    check_attended(registration, summary)
    if registration.certificates.filter(status=CertificateStatus.ISSUED).exists():
        raise refuse("already_issued")


def check_attended(registration: Registration, summary: HoursSummary, known: frozenset[int] | None = None) -> None:
    """The part that asks the database nothing where `known` says who has a consent."""
    consent.check(registration, known)
    if not summary.is_eligible:
        raise RuleViolation(summary.reason, summary.message, **figures(registration, summary))


def figures(registration: Registration, summary: HoursSummary) -> dict[str, Any]:
    """What the sentence on the hours says, so that it can be said in another language, too."""
    return {"percent": summary.percent, "minimum": registration.program.minimum_attendance_percent}


def check_printable(facts: CertificateFacts) -> None:
    """Raise RuleViolation "missing_glyph" with the characters that would print as boxes."""
    absent = glyphs.missing("".join(facts.printed))
    if absent:
        raise refuse("missing_glyph", characters=absent)


def earned(registration: Registration, now: datetime) -> CertificateFacts:
    """All checks, then the facts as the records have them now."""
    check_program(registration.program, timezone.localdate(now))
    with in_chinese():
        summary = summaries([registration])[registration.pk]
        facts = gather(registration, summary, timezone.localdate(now))
    check_earned(registration, summary)
    check_printable(facts)
    return facts


def prepare(registration: Registration, now: datetime) -> CertificateFacts:
    """The facts in the size that fits: everything that may be refused is refused before a number is taken."""
    return fitted_for(registration.program, earned(registration, now))


def fitted_for(program: Program, facts: CertificateFacts) -> CertificateFacts:
    return fitted(facts, number_of(program.certificate_issuer, program.ends_on.year, 1))


def still_true(prepared: CertificateFacts, now: CertificateFacts, program: Program) -> CertificateFacts:
    """The prepared facts where the records still say the same, else those of now, in their size."""
    return prepared if replace_facts(prepared, level=0) == now else fitted_for(program, now)


# The ledger ------------------------------------------------------------------------------------------------------------


def for_issuing(pk: int) -> Registration:
    related = ("program__organiser", "program__issuer", "person", "organisation", "delegation__organisation")
    return Registration.objects.select_related(*related).get(pk=pk)


def issue(*, registration: Registration, by: Any, now: datetime) -> Certificate:
    """Issue the certificate of a registration and write its file.

    Raises RuleViolation "program_not_held", "no_number_prefix", "not_confirmed", "no_attendance", "attendance_too_low",
    "consent_missing", "already_issued", "missing_glyph", "text_too_long", "number_taken".
    """
    certificate = enter(registration_id=registration.pk, facts=prepare(for_issuing(registration.pk), now), by=by, now=now)
    files.ensure(certificate)
    return certificate


@transaction.atomic
def enter(*, registration_id: int, facts: CertificateFacts, by: Any, now: datetime) -> Certificate:
    """Enter prepared facts into the ledger: lock the person's place, look again, take the next number.

    Attendance is written under the same lock: what was corrected since the facts were prepared is on the paper. Raises the same as `issue`.
    """
    Registration.objects.select_for_update(of=("self",), no_key=True).get(pk=registration_id)
    registration = for_issuing(registration_id)
    facts = still_true(facts, earned(registration, now), registration.program)
    return take_number(facts, by=by, now=now, program=registration.program, organisation=registration.organisation, registration=registration)


@transaction.atomic
def take_number(facts: CertificateFacts, *, by: Any, now: datetime, program: Program, organisation: Any, **whose: Any) -> Certificate:
    """The certificate with the next number of its series; `whose` names the registration or the award, which the caller has locked.

    Raises RuleViolation "number_taken".
    """
    series = next_in_series(program)
    certificate = create(series, facts, now, program=program, organisation=organisation, **whose)
    audit.record("certificate.issue", certificate, by=by, changes={"number": [None, certificate.number]})
    tell_holder(certificate, now=now)
    return certificate


def next_in_series(program: Program) -> NumberSeries:
    """Lock the counter of the issuer and the program's year, and raise it. The number is lost only together with the whole transaction."""
    key = {"issuer": program.certificate_issuer, "year": program.ends_on.year}
    NumberSeries.objects.get_or_create(**key)
    series = NumberSeries.objects.select_for_update().get(**key)
    series.last_serial += 1
    series.save(update_fields=["last_serial"])
    return series


def number_of(issuer: Any, year: int, serial: int) -> str:
    return f"{issuer.number_prefix}〔{year}〕第{serial:04d}号"


def create(series: NumberSeries, facts: CertificateFacts, now: datetime, *, program: Program, **whose: Any) -> Certificate:
    issuer = program.certificate_issuer
    number = number_of(issuer, series.year, series.last_serial)
    if Certificate.objects.filter(number=number).exists():
        raise refuse("number_taken", prefix=issuer.number_prefix)
    numbered = facts.numbered(number, new_code())
    if numbered.qr:
        numbered = replace_facts(numbered, qr=sealed_content(numbered, issuer.pk, series.year, series.last_serial))
    return Certificate.objects.create(
        **whose,
        program=program,
        issuer=issuer,
        year=series.year,
        serial=series.last_serial,
        number=number,
        code=numbered.code,
        facts=numbered.to_json(),
        holder_name=facts.name,
        issued_at=now,
    )


# Afterwards ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def replace(*, certificate: Certificate, facts: CertificateFacts, by: Any, now: datetime, reason: str) -> Certificate:
    """Put a certificate with the facts as they are now in the place of a wrong one, which is revoked; each leads to the other.

    Raises RuleViolation "wrong_status", "reason_required", "number_taken".
    """
    wrong = revoke(certificate=certificate, by=by, now=now, reason=reason)
    unit = wrong.registration.organisation if wrong.registration is not None else wrong.award.organisation if wrong.award is not None else wrong.organisation
    whose = {"registration": wrong.registration, "award": wrong.award, "replaces": wrong}
    right = take_number(facts, by=by, now=now, program=wrong.program, organisation=unit, **whose)
    audit.record("certificate.replace", right, by=by, changes={"replaces": [None, wrong.number]}, reason=reason)
    return right


def corrected(certificate: Certificate, now: datetime) -> CertificateFacts:
    """What the paper of this holder says with the records as they are now.

    Raises RuleViolation "missing_glyph", "text_too_long", "unchanged", and those of `teams.check`.
    """
    on = timezone.localdate(now)
    with in_chinese():
        if certificate.registration_id is not None:
            registration = for_issuing(certificate.registration_id)
            facts = gather(registration, summaries([registration])[registration.pk], on)
        else:
            award = Award.objects.select_related(*AWARD_RELATED).get(certificates=certificate)
            teams.check(award)
            facts = gather_award(award, on)
    if says_the_same(facts, certificate):
        raise RuleViolation("unchanged", _("The records say the same as the paper. Correct the name or the result first, then replace the paper."))
    check_printable(facts)
    return fitted_for(certificate.program, facts)


def says_the_same(facts: CertificateFacts, certificate: Certificate) -> bool:
    before = CertificateFacts.from_json(certificate.facts)
    return replace_facts(before, number="", code="", level=0, issued_on=facts.issued_on) == facts


def lock(certificate: Certificate) -> Certificate:
    Certificate.objects.select_for_update(of=("self",)).get(pk=certificate.pk)
    return Certificate.objects.for_list().get(pk=certificate.pk)


@transaction.atomic
def revoke(*, certificate: Certificate, by: Any, now: datetime, reason: str) -> Certificate:
    """Withdraw a certificate; its number stays taken, the reason stays inside. Raises RuleViolation "wrong_status", "reason_required"."""
    certificate = lock(certificate)
    move(certificate, TRANSITIONS, "revoke", by=by, at=now, reason=reason)
    return certificate


@transaction.atomic
def reissue(*, certificate: Certificate, by: Any, now: datetime) -> Certificate:
    """Print a lost paper again 补发: same number, same facts, a new file. Raises RuleViolation "wrong_status"."""
    certificate = lock(certificate)
    check(certificate, TRANSITIONS, "revoke", reason="-")  # what may be revoked is valid, and only that is printed again
    before = reissues(certificate)
    files.write(certificate, now)
    audit.record("certificate.reissue", certificate, by=by, changes={"reissues": [before, before + 1]})
    return certificate


def reissues(certificate: Certificate) -> int:
    """How often a certificate was printed again."""
    return audit.AuditEvent.objects.filter(action="certificate.reissue", target_type=certificate._meta.label, target_id=certificate.pk).count()
