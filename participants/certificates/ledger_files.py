"""The ledger as a workbook: every number with its holder, its state and what came of it. It goes to the requester alone, with a reason, for a day."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from exchange import house_dates
from exchange.spreadsheets import Column, write_workbook
from participants.certificates import sight
from participants.certificates.files import facts_of
from participants.certificates.models import Certificate
from participants.certificates.wording import titles_of
from participants.people import exports
from participants.people.models import Export

MOST = 20_000  # of one workbook
ACTION = "certificate.export"


def ledger_columns() -> list[Column]:
    titles = [
        (_("Certificate number"), 28),
        (_("Holder"), 16),
        (_("Kind of certificate"), 16),
        (_("Unit"), 30),
        (_("Program"), 36),
        (_("Issued on"), 14),
        (_("Status"), 10),
        (_("Reason"), 30),
        (_("Replaced by"), 28),
    ]
    return [Column(title, width) for title, width in titles]


def admitted(certificates: Any) -> Any:
    """Those that may leave, in the order of their numbers: children whose guardian has not consented stand in no file."""
    return certificates.exclude(pk__in=sight.without_consent(certificates)).order_by("issuer_id", "year", "serial")


@transaction.atomic
def export_ledger(*, certificates: Any, by: Any, reason: str, now: datetime, program: Any = None) -> Export:
    """The first MOST of these, as this user may read them. Raises RuleViolation "reason_required"."""
    found = list(admitted(certificates)[:MOST])
    sight.shield(found, by)
    content = write_workbook(ledger_columns(), map(_line, found), sheet=_("Certificates"), title=str(program or ""))
    return exports.keep(
        program=program,
        about=program or by,
        action=ACTION,
        by=by,
        content=content,
        file_name=f"{program or ''}{'-' if program else ''}{_('Ledger of certificates')}.xlsx",
        rows=len(found),
        left_out=min(certificates.count(), MOST) - len(found),
        reason=reason,
        now=now,
    )


def _line(row: Certificate) -> list[Any]:
    replaced_by = getattr(row, "replaced_by", None)
    return [
        row.number,
        row.holder_name,
        titles_of(facts_of(row))[0],
        row.organisation,
        row.program,
        house_dates.day(row.issued_at),
        row.get_status_display(),
        row.status_reason,
        replaced_by.number if replaced_by else "",
    ]
