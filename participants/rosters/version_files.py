"""A locked version on paper and as a workbook."""

from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from exchange import audit
from exchange.documents import lay_out
from exchange.spreadsheets import Column, write_workbook
from participants.rosters.models import RosterVersion
from participants.rosters.versions import labelled, shown, values_in


def pdf(version: RosterVersion) -> bytes:
    """The printable roster (名册); equal versions give equal files."""
    html = render_to_string("rosters/version_pdf.html", {"version": version, "program": version.delegation.program, "rows": labelled(version)})
    return lay_out(html, identifier=version.sha256.encode(), with_subsets=True).pdf()


def columns() -> list[Column]:
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
        Column(_("subject"), 10),
        Column(_("role"), 8),
        Column(_("group"), 10),
        Column(_("status"), 14),
    ]


FILES = {"pdf": "application/pdf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
KEYS = ("name", "gender", "birth_on", "national_id", "phone", "unit", "position", "professional_title", "subject", "role", "group", "status")


def workbook(version: RosterVersion) -> bytes:
    """The same roster as .xlsx, its version and hash on the notes sheet."""
    lines: list[list[Any]] = [[index, *(shown(key, row[key]) for key in KEYS)] for index, row in enumerate(values_in(version), start=1)]
    title = _("%(program)s: %(unit)s, roster version %(number)s") % {
        "program": version.delegation.program,
        "unit": version.delegation.organisation.short,
        "number": version.number,
    }
    notes = [_("Locked at: %(time)s") % {"time": version.locked_at.isoformat()}, f"SHA-256: {version.sha256}", *filter(None, [version.note])]
    return write_workbook(columns(), lines, sheet=_("Roster"), title=title, notes=notes)


def file_name(version: RosterVersion, suffix: str) -> str:
    return f"{_('Roster')}-{version.delegation.organisation.short}-v{version.number}.{suffix}"


def answer(version: RosterVersion, kind: str, user: Any) -> HttpResponse:
    """The file for the reader; who took it is recorded."""
    content = pdf(version) if kind == "pdf" else workbook(version)
    audit.record("delegation.print", version.delegation, by=user, changes={"number": [None, version.number], "rows": [None, version.people]})
    found = HttpResponse(content, content_type=FILES[kind])
    disposition = "inline" if kind == "pdf" else "attachment"
    found.headers["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{quote(file_name(version, kind))}"
    found.headers["Cache-Control"] = "no-store"
    return found
