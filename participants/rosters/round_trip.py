"""Our own workbook on its way back: which row is which registration, what was changed in it, and who is no longer in the sheet.

Each row carries a key that is derived from the program, the unit and the registration: it cannot be guessed, and does nothing for another unit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange.encryption import derive_token
from participants.directory.models import Organisation
from participants.people import consent
from participants.people.rules import identity_index, normal_phone
from participants.rosters.models import Registration
from participants.rosters.sheet.columns import FIELDS, UNSHOWN, stage_word
from participants.rosters.sheet.layout import RowInput, SheetLayout
from participants.rosters.sheet.reading import SheetRow
from participants.rosters.status import ENDED

TEMPLATE_VERSION = "2026.2"  # raised when columns are added or mean something else
KEY_LENGTH = 20  # of base 32: 100 bits
MAX_PROGRAMS = 200  # whose titles are compared with the one above the list
GENDERS = {"male": "男", "female": "女"}
COMPARED = tuple(name for name in FIELDS if name not in UNSHOWN and name not in ("district", "unit"))


@dataclass(frozen=True)
class Known:
    """The registration that a row is about, and what the row would change of it: (column, before, after)."""

    registration: int
    status: str
    changes: tuple[tuple[str, str, str], ...] = ()


def key_of(program: int, organisation: int, registration: int) -> str:
    return derive_token("roster row", program, organisation, registration)[:KEY_LENGTH]


def key_title() -> str:
    return f"{FIELDS['key'][0]}（{TEMPLATE_VERSION}）"


def values_of(registration: Registration) -> dict[str, str]:
    """The registration as a row of the sheet says it; where the unit lies is not part of it."""
    person = registration.person
    values = {name: getattr(person, name, "") for name in COMPARED} | {
        "gender": GENDERS.get(person.gender, ""),
        "birth_on": person.birth_on.isoformat() if person.birth_on else "",
        "stage": stage_word(person.stage),
        "role": registration.role,
        "group": registration.group.name if registration.group else "",
    }
    return {name: str(value or "") for name, value in values.items()}


# Recognising ------------------------------------------------------------------------------------------------------------


def recognise(read: Sequence[SheetRow], found: "Candidates") -> dict[int, Known]:
    """Row → what it is known as: by its key while name or ID number still agree, else by the ID number in the same unit."""
    known: dict[int, Known] = {}
    taken: set[int] = set()
    for row in read:
        index = found.indexes.get(row.row, "")
        registration = found.by_key.get(found.keys.get(row.row, ""))
        if registration is None or registration.pk in taken or not is_still(registration, row, index):
            registration = found.by_id.get((row.unit, index))
        if registration is None or registration.pk in taken:
            continue
        taken.add(registration.pk)
        known[row.row] = Known(registration.pk, registration.status, changes_of(registration, row.values))
    return known


class Candidates:
    """Registrations of the program that the rows may mean: by the ID number, and by the keys of the unit that the sheet was uploaded for.

    `indexes` are the blind indexes of the rows' ID numbers, `holders` the registration that has each of them now.
    """

    def __init__(self, program: Program, inputs: Sequence[RowInput], read: Sequence[SheetRow], organisation: Organisation | None) -> None:
        self.indexes = {row.row: identity_index(row.values.get("national_id", "")) for row in read if row.status != "skipped"}
        self.keys = {row.row: row.cells["key"].text.strip() for row in inputs if "key" in row.cells}
        keys = set(self.keys.values()) - {""}
        rows = Registration.objects.filter(program=program).exclude(status__in=ENDED)
        meant = {pk: key for pk, key in self.keyed(rows, organisation) if key in keys} if keys else {}
        chosen = list(rows.filter(identity_index__in=set(self.indexes.values()) - {""}).select_related("person", "group"))
        self.holders = {row.identity_index: row.pk for row in chosen}
        known = {row.pk for row in chosen}
        chosen += rows.filter(pk__in=[pk for pk in meant if pk not in known]).select_related("person", "group")
        self.by_id: dict[tuple[int | None, str], Registration] = {(row.organisation_id, row.identity_index): row for row in chosen if row.identity_index}
        self.by_key = {meant[row.pk]: row for row in chosen if row.pk in meant}

    @staticmethod
    def keyed(rows: Any, organisation: Organisation | None) -> Iterable[tuple[int, str]]:
        own = rows.filter(organisation__path__startswith=organisation.path) if organisation else rows
        return ((pk, key_of(program, unit, pk)) for pk, program, unit in own.order_by().values_list("pk", "program_id", "organisation_id"))


def is_still(registration: Registration, row: SheetRow, index: str) -> bool:
    """A row that somebody has typed another person into is no longer the registration whose key it carries."""
    if row.status == "skipped":
        return True
    if row.unit not in (None, registration.organisation_id):
        return False
    return row.values.get("name") == registration.person.name or (bool(index) and index == registration.identity_index)


def changes_of(registration: Registration, values: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """What the row says otherwise; empty cells leave what is known."""
    before = values_of(registration)
    return tuple((name, before[name], values[name]) for name in COMPARED if values.get(name) and plain(name, values[name]) != plain(name, before[name]))


def plain(name: str, value: str) -> str:
    return normal_phone(value) if name.endswith("phone") else value.upper() if name == "national_id" else value


# Who is not in the sheet -------------------------------------------------------------------------------------------------


def missing(program: Program, present: Iterable[int], organisation: Organisation | None) -> Any:
    """Registrations of the sheet's units that no row speaks of; `present` are those that some row does. Nobody, when the sheet has no keys.

    Children whose guardian has not consented never stood in the sheet that was handed out, so they are not missing from it.
    """
    keys = list(present)
    rows = Registration.objects.filter(program=program).exclude(status__in=ENDED).exclude(pk__in=keys)
    units = Registration.objects.filter(pk__in=keys).values("organisation_id")
    own = rows.filter(organisation__path__startswith=organisation.path) if organisation else rows.filter(organisation_id__in=units)
    return own.for_list().exclude(pk__in=consent.barred(own)) if keys else rows.none()


def form_note(program: Program, layout: SheetLayout, by: Any) -> str:
    """A sentence about a sheet that was made for another program, or on another version of the form; "" when there is nothing to say."""
    named = other_program(program, " ".join(row.text for row in layout.rows if row.row < layout.header_row), by)
    if named is not None:
        words = {"named": named, "program": program}
        return _("The title above the list names “%(named)s”. Import it here only if these people are meant for “%(program)s”.") % words
    return version_note(layout.template)


def other_program(program: Program, title: str, by: Any) -> Program | None:
    """The program that the title names; longer names first, because one may contain another."""
    if not title or program.title_zh in title:
        return None
    others = Program.objects.visible_to(by).exclude(pk=program.pk).order_by("-starts_on")[:MAX_PROGRAMS]
    return max((other for other in others if other.title_zh in title), key=lambda other: len(other.title_zh), default=None)


def version_note(version: str) -> str:
    """A sentence about a workbook of another version; "" for ours, and for sheets that are none of ours."""
    if not version or version == TEMPLATE_VERSION:
        return ""
    words = {"version": version, "ours": TEMPLATE_VERSION}
    if _order(version) < _order(TEMPLATE_VERSION):
        return (
            _("This sheet was filled in on an older form (%(version)s; now %(ours)s). Everything in it was read; download the current one next time.") % words
        )
    return _("This sheet was filled in on a newer form (%(version)s) than this site knows (%(ours)s). Check that no column is missing below.") % words


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
