"""A locked version on paper and as a workbook: what leaves, without the children whose guardian has not consented by now."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from exchange.documents import lay_out
from exchange.spreadsheets import Column, write_workbook
from participants.people import consent, exports
from participants.people.models import Export
from participants.rosters.models import Registration, RosterVersion
from participants.rosters.versions import Values, in_words, says_stage, shown, values_in

TYPES = {"pdf": exports.PDF, "xlsx": exports.XLSX}


def admitted(version: RosterVersion) -> list[Values]:
    """The rows that may leave. A row whose registration is no more goes by the date of birth that was locked."""
    rows = values_in(version)
    known = {row.pk: row for row in Registration.objects.filter(delegation=version.delegation_id).select_related("person", "program")}
    open_ones = consent.admitted(known.values())
    first_day = version.delegation.program.starts_on
    return [row for row in rows if (row["registration"] in open_ones if row["registration"] in known else not was_child(row, first_day))]


def was_child(row: Values, first_day: date) -> bool:
    return bool(row["birth_on"]) and consent.age_on(date.fromisoformat(row["birth_on"]), first_day) < consent.AGE


def pdf(version: RosterVersion, rows: Sequence[Values]) -> bytes:
    """The printable roster (名册); equal versions give equal files."""
    left_out = version.people - len(rows)
    context = {"version": version, "program": version.delegation.program, "rows": in_words(rows), "left_out": left_out, "has_stage": says_stage(version)}
    html = render_to_string("rosters/version_pdf.html", context)
    return lay_out(html, identifier=version.sha256.encode(), with_subsets=True).pdf()


def columns(version: RosterVersion) -> list[Column]:
    """Titles and widths; versions of the first format know no stage."""
    stage = [Column(_("stage"), 8)] if says_stage(version) else []
    return [
        Column(_("No."), 6),
        Column(_("name"), 14),
        Column(_("gender"), 6),
        Column(_("date of birth"), 12),
        Column(_("ID number"), 22),
        Column(_("mobile"), 14),
        Column(_("unit"), 30),
        Column(_("position"), 14),
        Column(_("professional title"), 12),
        *stage,
        Column(_("subject"), 10),
        Column(_("role"), 8),
        Column(_("group"), 10),
        Column(_("status"), 14),
    ]


KEYS = ("name", "gender", "birth_on", "national_id", "phone", "unit", "position", "professional_title", "stage", "subject", "role", "group", "status")


def workbook(version: RosterVersion, rows: Sequence[Values]) -> bytes:
    """The same roster as .xlsx, its version and hash on the notes sheet."""
    keys = [key for key in KEYS if key != "stage" or says_stage(version)]
    lines: list[list[Any]] = [[index, *(shown(key, row[key]) for key in keys)] for index, row in enumerate(rows, start=1)]
    title = _("%(program)s: %(unit)s, roster version %(number)s") % {
        "program": version.delegation.program,
        "unit": version.delegation.organisation.short,
        "number": version.number,
    }
    notes = [_("Locked at: %(time)s") % {"time": version.locked_at.isoformat()}, f"SHA-256: {version.sha256}", *filter(None, [version.note])]
    return write_workbook(columns(version), lines, sheet=_("Roster"), title=title, notes=notes)


@transaction.atomic
def export_version(*, version: RosterVersion, kind: str, by: Any, reason: str, now: datetime) -> Export:
    """The file for the requester alone, for a day. Raises RuleViolation "reason_required"."""
    rows = admitted(version)
    return exports.keep(
        program=version.delegation.program,
        about=version.delegation,
        action="delegation.print",
        by=by,
        content=pdf(version, rows) if kind == "pdf" else workbook(version, rows),
        content_type=TYPES[kind],
        file_name=f"{_('Roster')}-{version.delegation.organisation.short}-v{version.number}.{kind}",
        rows=len(rows),
        left_out=version.people - len(rows),
        reason=reason,
        now=now,
    )
