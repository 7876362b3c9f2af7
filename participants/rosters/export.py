"""The roster as a workbook for hotels, insurers and files. Numbers are masked unless the reader may see them and asks to."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange import access
from exchange.masking import mask_national_id, mask_phone
from exchange.spreadsheets import Column, write_workbook
from participants.people import consent, exports
from participants.people.fields import shield_registrations
from participants.people.models import Export
from participants.rosters.models import Registration


def columns() -> list[Column]:
    return [
        Column(_("No."), 6),
        Column(_("name"), 14),
        Column(_("gender"), 6),
        Column(_("date of birth"), 12),
        Column(_("ID number"), 22),
        Column(_("mobile"), 14),
        Column(_("sending bureau"), 24),
        Column(_("unit"), 28),
        Column(_("position"), 14),
        Column(_("professional title"), 12),
        Column(_("subject"), 10),
        Column(_("role"), 8),
        Column(_("group"), 10),
        Column(_("status"), 14),
        Column(_("diet"), 14),
        Column(_("lodging"), 14),
        Column(_("memo"), 24),
    ]


def line(index: int, row: Registration, full: bool) -> list[Any]:
    person = row.person
    return [
        index,
        person.name,
        person.get_gender_display() if person.gender else "",
        person.birth_on or "",
        person.national_id if full else mask_national_id(person.national_id),
        person.phone if full else mask_phone(person.phone),
        row.delegation.organisation,
        row.organisation,
        person.position,
        person.professional_title,
        person.subject,
        row.role,
        row.group.name if row.group else "",
        row.get_status_display(),
        person.diet,
        person.lodging,
        person.memo,
    ]


@transaction.atomic
def export_roster(*, program: Program, registrations: Iterable[Registration], by: Any, reason: str, now: datetime, full_numbers: bool = False) -> Export:
    """A workbook for the requester alone, for a day. Children whose guardian has not consented are left out. Raises RuleViolation "reason_required"."""
    found = list(registrations)
    admitted = consent.admitted(found)
    rows = [row for row in found if row.pk in admitted]
    shield_registrations(rows, by)
    lines = [line(index, row, full_numbers and access.may(by, "person.reveal", row)) for index, row in enumerate(rows, start=1)]
    return exports.keep(
        program=program,
        by=by,
        content=write_workbook(columns(), lines, sheet=_("Roster"), title=str(program)),
        file_name=f"{_('Roster')}-{program.pk}-{timezone.localdate(now):%Y%m%d}.xlsx",
        rows=len(rows),
        left_out=len(found) - len(rows),
        full_numbers=full_numbers,
        reason=reason,
        now=now,
    )
