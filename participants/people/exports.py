"""Files of personal data: asked for with a reason, recorded, the requester's alone, gone after a day.

docs/decisions/0004-personal-data.md says which files come this way, and which papers of names and schools are handed out at once.
"""

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
PDF = "application/pdf"


@transaction.atomic
def keep(
    *,
    by: Any,
    content: bytes,
    file_name: str,
    rows: int,
    reason: str,
    now: datetime,
    program: Any = None,
    about: Any = None,
    content_type: str = XLSX,
    action: str = "roster.export",
    full_numbers: bool = False,
    left_out: int = 0,
) -> Export:
    """Store a file for its requester; who asked, for how many rows, with which numbers and why is recorded of `about` (the program, unless given).

    Raises RuleViolation "reason_required".
    """
    if not reason.strip():
        raise RuleViolation("reason_required", _("Say what the list is for."), field="reason")
    export = Export.objects.create(
        user=by,
        program=program,
        file_name=file_name,
        content_type=content_type,
        content=content,  # type: ignore[misc]  # the field takes bytes
        rows=rows,
        left_out=left_out,
        full_numbers=full_numbers,
        reason=reason.strip(),
        created_at=now,
        expires_at=now + timedelta(hours=HOURS),
    )
    changes = {"rows": [None, rows], "left_out": [None, left_out], "full_numbers": [None, full_numbers]}
    audit.record(action, about or program, by=by, changes=changes, reason=reason.strip())
    return export


@transaction.atomic
def download(*, export: Export, by: Any) -> Export:
    """Count and record a download."""
    Export.objects.filter(pk=export.pk).update(downloads=F("downloads") + 1)
    audit.record("export.download", export, by=by)
    return export
