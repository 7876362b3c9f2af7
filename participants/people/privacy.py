"""The rights of a person: a copy of everything that is kept of them, and its erasure."""

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.forms.models import model_to_dict
from django.utils import timezone
from django.utils.translation import gettext as _

from exchange import audit
from exchange.transitions import RuleViolation
from participants.attendance.models import AttendanceRecord
from participants.certificates import files
from participants.certificates.award_models import Award
from participants.certificates.models import Certificate
from participants.people import traces
from participants.people.models import ERASED, Person
from participants.people.rules import prepare
from participants.rosters.models import RosterVersion
from participants.rosters.versions import values_in

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
        "named_results": [named_in(award) for award in traces.results_naming(person)[0]],
        "roster_versions": [without_secrets(row) for version in versions_of(person) for row in values_in(version) if row["registration"] in keys],
        "invitations": [{**plain(guest), "answers": [plain(row) for row in guest.invites.all()]} for guest in traces.guests_of(person)],
        "letters": list(traces.letters_to(person).values("kind", "state", "created_at", "sent_at")),
        "log": list(log_of(person, keys)),
    }


def named_in(award: Award) -> dict[str, Any]:
    """A result that names the person, linked or by the name alone, without the names of the others."""
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
def erase_person(*, person: Person, by: Any, now: datetime, reason: str, with_certificates: bool = False) -> int:
    """Blank everything of a person that no record has to keep; links stop, the audit keeps the reason.

    Returns how many results were left alone because they may mean a namesake of the unit.

    Names in the certificate ledger stay as evidence of what was issued, unless `with_certificates`: then those are revoked and blanked too.
    Locked roster versions stay as they are; docs/personal-data.md gives the grounds. Raises RuleViolation "reason_required", "still_taking_part".
    """
    if not reason.strip():
        raise RuleViolation("reason_required", _("Say why the data is erased."), field="reason")
    person = Person.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=person.pk)
    check_over(person, now)
    traces.erase_traces(person)
    if with_certificates:
        for certificate in certificates_of(person):
            traces.erase_certificate(certificate, by=by, now=now, reason=reason)
    doubtful = traces.erase_results(person, by=by, now=now, reason=reason, with_certificates=with_certificates)
    erase_details(person)
    audit.record("person.erase", person, by=by, changes={"certificates": [None, with_certificates]}, reason=reason)
    return doubtful


def erase_details(person: Person) -> None:
    """Blank each column, and make every private link dead."""
    for field in person._meta.concrete_fields:
        if field.name in model_to_dict(person) and field.name not in ("id", "organisation", "name", "birth_on"):
            setattr(person, field.name, "")
    person.name, person.birth_on = ERASED, None
    prepare(person)
    person.link_hash, person.link_version = None, person.link_version + 1
    person.save()
