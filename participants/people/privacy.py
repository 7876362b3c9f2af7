"""The rights of a person: a copy of everything that is kept of them, and its erasure."""

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.forms.models import model_to_dict
from django.utils import timezone
from django.utils.translation import gettext as _

from exchange import audit
from exchange.transitions import RuleViolation
from participants.attendance.models import AttendanceRecord
from participants.certificates import files
from participants.certificates import rules as certificates
from participants.certificates.award_models import Award
from participants.certificates.models import Certificate, CertificateBatchItem
from participants.certificates.status import CertificateStatus
from participants.notices.models import Notice, OutboxMail
from participants.people.models import Export, GuardianConsent, Person
from participants.people.rules import prepare
from participants.rosters.models import Registration, RosterVersion
from participants.rosters.versions import values_in

ERASED = "（已删除）"
HIDDEN = frozenset({"link_hash", "link_version", "national_id_index", "phone_index", "identity_index", "token_hash"})
PAPER_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


# A copy -------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def export_person(*, person: Person, by: Any = None) -> bytes:
    """A ZIP with data.json, the certificates and the papers that guardians signed; that it was made is recorded."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(everything_of(person), ensure_ascii=False, indent=1, default=str))
        for certificate in certificates_of(person):
            archive.write(files.ensure(certificate), f"certificate-{certificate.pk}.pdf")
        for given in person.consents.all():
            if given.paper:
                archive.writestr(f"consent-{given.pk}.{PAPER_ENDINGS[given.paper_type]}", given.paper)
    audit.record("person.export", person, by=by)
    return packed.getvalue()


def certificates_of(person: Person) -> Any:
    return Certificate.objects.for_list().of_person(person).order_by("pk")


def everything_of(person: Person) -> dict[str, Any]:
    """Plain values of each table that speaks of the person."""
    rows = person.registrations.select_related("program", "organisation", "group").order_by("pk")
    keys = [row.pk for row in rows]
    return {
        "person": {**plain(person), "organisation": str(person.organisation)},
        "registrations": [
            {**plain(row), "program": row.program.title_zh, "organisation": row.organisation.name_zh, "group": str(row.group or "")} for row in rows
        ],
        "attendance": [plain(row) for row in AttendanceRecord.objects.filter(registration_id__in=keys).order_by("pk")],
        "certificates": [plain(row, "pdf") for row in certificates_of(person)],
        "consents": [plain(row, "paper") for row in person.consents.order_by("pk")],
        "awards": [plain(row) for row in Award.objects.filter(registration_id__in=keys).order_by("pk")],
        "team_results": [named_in(award) for award in Award.objects.filter(roster_members__in=keys).select_related("program").order_by("pk")],
        "roster_versions": [without_secrets(row) for version in versions_of(person) for row in values_in(version) if row["registration"] in keys],
        "letters": list(letters_to(person).values("kind", "state", "created_at", "sent_at")),
        "log": list(log_of(person, keys)),
    }


def named_in(award: Award) -> dict[str, Any]:
    """A team's result that names the person as a member, without the names of the others."""
    numbers = list(award.certificates.order_by("pk").values_list("number", flat=True))
    return {"id": award.pk, "program": award.program.title_zh, "team": award.name, "work": award.work, "prize": award.prize, "certificates": numbers}


def plain(row: Any, *left_out: str) -> dict[str, Any]:
    """A row's columns, without secrets and what is attached as a file."""
    names = [field.name for field in row._meta.concrete_fields if field.name not in HIDDEN and field.name not in left_out]
    return {"id": row.pk, **{name: row.serializable_value(name) for name in names}}


def without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in HIDDEN}


def versions_of(person: Person) -> Any:
    """Locked rosters of the delegations that the person belonged to."""
    return RosterVersion.objects.filter(delegation__registrations__person=person).distinct().order_by("pk")


def letters_to(person: Person) -> Any:
    return OutboxMail.objects.filter(recipient=person.email).order_by("pk") if person.email else OutboxMail.objects.none()


def log_of(person: Person, registrations: list[int]) -> Any:
    mine = audit.AuditEvent.objects.filter(target_type="participants.Person", target_id=person.pk)
    theirs = audit.AuditEvent.objects.filter(target_type="participants.Registration", target_id__in=registrations)
    return (mine | theirs).order_by("id").values("at", "actor_name", "action", "changes", "reason")


# Erasure ------------------------------------------------------------------------------------------------------------------


def check_over(person: Person, now: datetime) -> None:
    """Raise RuleViolation "still_taking_part": who is on a roster that is not over withdraws first."""
    if person.registrations.active().filter(program__ends_on__gte=timezone.localdate(now), program__status__in=["draft", "published"]).exists():
        raise RuleViolation("still_taking_part", _("This person is on the roster of a program that is not over. Withdraw the registration first."))


@transaction.atomic
def erase_person(*, person: Person, by: Any, now: datetime, reason: str, with_certificates: bool = False) -> None:
    """Blank everything of a person that no record has to keep; links stop, the audit keeps the reason.

    Names in the certificate ledger stay as evidence of what was issued, unless `with_certificates`: then those are revoked and blanked too.
    Locked roster versions stay as they are; docs/personal-data.md gives the grounds. Raises RuleViolation "reason_required", "still_taking_part".
    """
    if not reason.strip():
        raise RuleViolation("reason_required", _("Say why the data is erased."), field="reason")
    person = Person.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=person.pk)
    check_over(person, now)
    erase_traces(person)
    if with_certificates:
        for certificate in certificates_of(person):
            erase_certificate(certificate, by=by, now=now, reason=reason)
    erase_awards(person, with_certificates=with_certificates)
    erase_details(person)
    audit.record("person.erase", person, by=by, changes={"certificates": [None, with_certificates]}, reason=reason)


def erase_traces(person: Person) -> None:
    """What other tables hold of the person: papers, letters, reasons, files that may name them."""
    rows = list(person.registrations.values_list("pk", "program_id"))
    keys = [key for key, _program in rows]
    GuardianConsent.objects.filter(person=person).delete()
    letters_to(person).delete()
    Registration.objects.filter(pk__in=keys).update(status_reason="", identity_index="")
    AttendanceRecord.objects.filter(registration_id__in=keys).update(reason="")
    Export.objects.filter(Q(program_id__in={program for _key, program in rows}) | Q(program=None)).delete()
    for notice in Notice.objects.filter(program_id__in={program for _key, program in rows}).exclude(reason=""):
        if set(notice.people) & set(keys):
            Notice.objects.filter(pk=notice.pk).update(reason="")


def erase_awards(person: Person, *, with_certificates: bool) -> None:
    """Results without a paper name nobody any more; those with one are part of the ledger and go with it."""
    rows = Award.objects.filter(registration__person=person)
    kept = Certificate.objects.none() if with_certificates else Certificate.objects.filter(award__in=rows)
    rows.exclude(pk__in=kept.values("award")).update(name=ERASED, name_en="", work="", work_en="", members=[], instructors=[])
    leave_teams(person, with_certificates=with_certificates)


def leave_teams(person: Person, *, with_certificates: bool) -> None:
    """A team's result forgets a member; papers of the team that name them do so only `with_certificates`, and stay valid for the others."""
    for award in Award.objects.filter(roster_members__person=person).distinct():
        papers = list(award.certificates.all())
        if papers and not with_certificates:
            continue
        award.roster_members.remove(*award.roster_members.filter(person=person))
        CertificateBatchItem.objects.filter(award=award).update(error="", error_params={})
        for certificate in papers:
            named = certificate.facts.get("members", [])
            certificate.facts["members"] = [name for name in named if name != person.name] if person.name in named else []  # renamed since
            certificate.pdf.delete(save=False)
            certificate.pdf_sha256 = ""
            certificate.save(update_fields=["facts", "pdf", "pdf_sha256"])


def erase_details(person: Person) -> None:
    """Blank each column, and make every private link dead."""
    for field in person._meta.concrete_fields:
        if field.name in model_to_dict(person) and field.name not in ("id", "organisation", "name", "birth_on"):
            setattr(person, field.name, "")
    person.name, person.birth_on = ERASED, None
    prepare(person)
    person.link_hash, person.link_version = None, person.link_version + 1
    person.save()


def erase_certificate(certificate: Certificate, *, by: Any, now: datetime, reason: str) -> None:
    """Revoke a paper that is valid, and blank who holds it; number and program stay in the ledger."""
    if certificate.status == CertificateStatus.ISSUED:
        certificate = certificates.revoke(certificate=certificate, by=by, now=now, reason=reason)
    certificate.facts |= {"name": ERASED, "name_en": "", "position": "", "identity_tail": "", "work": "", "work_en": ""}
    certificate.holder_name = ERASED
    certificate.pdf.delete(save=False)
    certificate.pdf_sha256 = ""
    certificate.save(update_fields=["facts", "holder_name", "pdf", "pdf_sha256"])
