"""Files of personal data: asked for with a reason, recorded, the requester's alone, gone after a day."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from exchange import audit
from exchange.transitions import RuleViolation
from participants.people.models import Export

HOURS = 24
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@transaction.atomic
def keep(
    *, program: Any, by: Any, content: bytes, file_name: str, rows: int, reason: str, now: datetime, full_numbers: bool = False, left_out: int = 0
) -> Export:
    """Store a workbook for its requester; who asked, for how many rows, with which numbers and why is recorded. Raises RuleViolation "reason_required"."""
    if not reason.strip():
        raise RuleViolation("reason_required", _("Say what the list is for."), field="reason")
    export = Export.objects.create(
        user=by,
        program=program,
        file_name=file_name,
        content_type=XLSX,
        content=content,  # type: ignore[misc]  # the field takes bytes
        rows=rows,
        left_out=left_out,
        full_numbers=full_numbers,
        reason=reason.strip(),
        created_at=now,
        expires_at=now + timedelta(hours=HOURS),
    )
    audit.record("roster.export", program, by=by, changes={"rows": [None, rows], "full_numbers": [None, full_numbers]}, reason=reason)
    return export


@transaction.atomic
def download(*, export: Export, by: Any) -> Export:
    """Count and record a download."""
    Export.objects.filter(pk=export.pk).update(downloads=F("downloads") + 1)
    audit.record("export.download", export, by=by)
    return export
