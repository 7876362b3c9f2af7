"""What other tables hold of a person: results that spell the name, recipients of invitations, reasons, letters, uploads. Found for the copy, blanked for the erasure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from participants.attendance.models import AttendanceRecord
from participants.certificates import rules as certificates
from participants.certificates.award_models import Award, Holder
from participants.certificates.models import Certificate, CertificateBatchItem
from participants.certificates.status import CertificateStatus
from participants.invitations.models import Guest
from participants.notices.models import Notice, OutboxMail
from participants.people.models import ERASED, Export, GuardianConsent, Person
from participants.rosters.models import ImportStatus, Registration, RosterImport

# Found --------------------------------------------------------------------------------------------------------------------


def guests_of(person: Person) -> QuerySet[Guest]:
    return Guest.objects.filter(registration__person=person).order_by("pk")


def letters_to(person: Person) -> QuerySet[OutboxMail]:
    addresses = {person.email, *guests_of(person).values_list("email", flat=True)} - {""}
    return OutboxMail.objects.filter(recipient__in=addresses).order_by("pk")


def spells(award: Award, name: str) -> bool:
    """The result names somebody so, without a link to the roster."""
    own = award.holder == Holder.PERSON and award.registration_id is None and award.name == name
    return own or name in award.members or name in award.instructors


def results_naming(person: Person) -> tuple[list[Award], list[Award]]:
    """Results of the unit that spell the name: those that mean this person, and those that may as well mean a namesake of the unit.

    With a namesake, the person is meant in programs in which only this one of them was on the roster.
    """
    found = [
        award for award in Award.objects.filter(organisation=person.organisation_id).select_related("program").order_by("pk") if spells(award, person.name)
    ]
    others = Person.objects.filter(organisation=person.organisation_id, name=person.name).exclude(pk=person.pk)
    if not found or not others.exists():
        return found, []
    rows = Registration.objects.filter(person__in=[person.pk, *others.values_list("pk", flat=True)]).values_list("program_id", "person_id")
    mine, theirs = ({program for program, key in rows if (key == person.pk) is own} for own in (True, False))
    meant = [award for award in found if award.program_id in mine - theirs]
    return meant, [award for award in found if award not in meant]


# Blanked ------------------------------------------------------------------------------------------------------------------


def erase_traces(person: Person) -> None:
    """Papers, letters, reasons, and files that may name the person."""
    rows = list(person.registrations.values_list("pk", "program_id"))
    keys, programs = [key for key, _program in rows], {program for _key, program in rows}
    GuardianConsent.objects.filter(person=person).delete()
    letters_to(person).delete()
    guests_of(person).delete()
    Registration.objects.filter(pk__in=keys).update(status_reason="", identity_index="", last_step=None)
    AttendanceRecord.objects.filter(registration_id__in=keys).update(reason="")
    CertificateBatchItem.objects.filter(registration_id__in=keys).update(error="", error_params={})
    Export.objects.filter(Q(program_id__in=programs) | Q(program=None)).delete()
    sheets = RosterImport.objects.filter(Q(organisation=None) | Q(organisation_id__in=person.organisation.lineage), program_id__in=programs)
    sheets.filter(status__in=[ImportStatus.COMMITTED, ImportStatus.DISCARDED]).delete()
    for notice in Notice.objects.filter(program_id__in=programs).exclude(reason=""):
        if set(notice.people) & set(keys):
            Notice.objects.filter(pk=notice.pk).update(reason="")


def erase_results(person: Person, *, by: Any, now: datetime, reason: str, with_certificates: bool) -> int:
    """Results without a paper name the person no more. Those with one are part of the ledger: a paper of the person's own goes with it, if asked for,
    and one of a team then forgets the member and stays valid for the others. Not asked for, both keep their link to the blanked person, so that it can
    still be asked for later. Returns how many may mean a namesake and were left alone."""
    own, teams = Award.objects.filter(registration__person=person), Award.objects.filter(roster_members__person=person).distinct()
    spelt, doubtful = results_naming(person)
    for award in {award.pk: award for award in (*own, *teams, *spelt)}.values():
        papers = list(award.certificates.all())
        if with_certificates or not papers:
            forget(award, person, papers, by=by, now=now, reason=reason)
    return len(doubtful)


def forget(award: Award, person: Person, papers: Iterable[Certificate], *, by: Any, now: datetime, reason: str) -> None:
    """Take one person out of a result and of its papers."""
    is_own = award.registration.person_id == person.pk if award.registration else award.holder == Holder.PERSON and award.name == person.name
    award.roster_members.remove(*award.roster_members.filter(person=person))
    award.members, award.instructors = without(award.members, person.name), without(award.instructors, person.name)
    if is_own:
        award.name, award.name_en, award.work, award.work_en, award.members, award.instructors = ERASED, "", "", "", [], []
    award.members_statement = award.members_statement if award.unlisted_names and not is_own else ""
    award.save()
    CertificateBatchItem.objects.filter(award=award).update(error="", error_params={})
    for certificate in papers:
        if is_own:
            erase_certificate(certificate, by=by, now=now, reason=reason)
        else:
            forget_member(certificate, person.name, award.member_names)


def without(names: Iterable[str], name: str) -> list[str]:
    return [other for other in names if other != name]


def forget_member(certificate: Certificate, name: str, others: Iterable[str]) -> None:
    """The paper of others no longer names the person. Where the name on it was another one, or is erased already, only those who are known to stay are left."""
    named = {column: certificate.facts[column] for column in ("members", "instructors") if certificate.facts.get(column)}
    if any(name in names for names in named.values()):
        certificate.facts |= {column: without(names, name) for column, names in named.items()}
    else:
        certificate.facts |= {"members": [other for other in named.get("members", ()) if other in others]}
    drop_file(certificate, "facts")


def erase_certificate(certificate: Certificate, *, by: Any, now: datetime, reason: str) -> None:
    """Revoke a paper that is valid, and blank who holds it; number and program stay in the ledger."""
    if certificate.status == CertificateStatus.ISSUED:
        certificate = certificates.revoke(certificate=certificate, by=by, now=now, reason=reason)
    blank: dict[str, Any] = {"name": ERASED, "name_en": "", "position": "", "identity_tail": "", "work": "", "work_en": "", "members": [], "instructors": []}
    blank["qr"] = ""  # a sealed code spells the name
    certificate.facts |= {name: value for name, value in blank.items() if name in certificate.facts}
    certificate.holder_name = ERASED
    drop_file(certificate, "facts", "holder_name")


def drop_file(certificate: Certificate, *changed: str) -> None:
    """Save the changed columns; the file is made anew from them, when somebody asks for it."""
    certificate.pdf.delete(save=False)
    certificate.pdf_sha256 = ""
    certificate.save(update_fields=[*changed, "pdf", "pdf_sha256"])
