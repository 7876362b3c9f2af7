"""Locked, numbered versions of a delegation's roster, and what has changed since.

A version keeps no full number: masked ones to read, and the blind indexes to notice a change.
Each row names the format in which it says what it says; those of an earlier format stay as they are, and so do their hashes.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from events.programs.status import ProgramStatus
from exchange import access, audit
from exchange.masking import mask_national_id, mask_phone
from exchange.transitions import RuleViolation
from participants.people import fields
from participants.people.models import TeachingStage
from participants.rosters.models import Delegation, PartKind, Registration, RosterVersion
from participants.rosters.parts import value_of
from participants.rosters.quota import locked_delegation
from participants.rosters.status import RegistrationStatus

Values = Mapping[str, Any]
FORMAT = 2  # raised when a row says more. Rows of the first format name none, and no stage

# What a difference may name, and in which words; the indexes stand for the numbers that are masked.
FIELDS: dict[str, Any] = {
    "name": gettext_lazy("name"),
    "gender": gettext_lazy("gender"),
    "birth_on": gettext_lazy("date of birth"),
    "national_id": gettext_lazy("ID number"),
    "phone": gettext_lazy("mobile"),
    "unit": gettext_lazy("unit"),
    "position": gettext_lazy("position"),
    "professional_title": gettext_lazy("professional title"),
    "stage": gettext_lazy("stage"),
    "subject": gettext_lazy("subject"),
    "role": gettext_lazy("role"),
    "group": gettext_lazy("group"),
    "status": gettext_lazy("status"),
}
OF_PLACE = ("role", "group", "status")  # what else can differ where somebody replaced another
INDEXES = {"national_id": "national_id_index", "phone": "phone_index"}


# Rows -------------------------------------------------------------------------------------------------------------------


def values_of(row: Registration) -> dict[str, Any]:
    """What a version keeps of one person: plain values, equal as long as nothing changed."""
    person = row.person
    return {
        "format": FORMAT,
        "registration": row.pk,
        "name": person.name,
        "gender": person.gender,
        "birth_on": person.birth_on.isoformat() if person.birth_on else "",
        "national_id": mask_national_id(person.national_id),
        "national_id_index": person.national_id_index,
        "phone": mask_phone(person.phone),
        "phone_index": person.phone_index,
        "unit": row.organisation.name_zh,  # not str(): that follows the language of the reader
        "position": person.position,
        "professional_title": person.professional_title,
        "stage": stage_of(row),
        "subject": person.subject,
        "role": row.role,
        "group": row.group.name if row.group else "",
        "status": str(row.status),
    }


def stage_of(row: Registration) -> str:
    """As a part of the quota counts it; of a school of several stages that is nobody's own."""
    stage = value_of(row, PartKind.STAGE)
    return stage if stage in TeachingStage.values else ""


def roster_rows(delegations: Iterable[Delegation]) -> Any:
    """Registrations that hold a place, in the order of the printed roster."""
    rows = Registration.objects.filter(delegation__in=delegations).taking_place()
    return rows.select_related("person", "organisation", "group").order_by("delegation_id", "position", "pk")


def digest(values: Values) -> str:
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def seal(rows: Iterable[Values]) -> list[dict[str, Any]]:
    return [{"digest": digest(values), "values": values} for values in rows]


def hash_of(rows: Iterable[Mapping[str, Any]]) -> str:
    return hashlib.sha256("\n".join(row["digest"] for row in rows).encode()).hexdigest()


def values_in(version: RosterVersion) -> list[Values]:
    return [row["values"] for row in version.rows]


def is_intact(version: RosterVersion) -> bool:
    """The rows still say what they said when they were locked."""
    return hash_of(version.rows) == version.sha256 and all(digest(row["values"]) == row["digest"] for row in version.rows)


# Locking ----------------------------------------------------------------------------------------------------------------


@transaction.atomic
def lock_roster(*, delegation: Delegation, by: Any, now: datetime, note: str = "") -> RosterVersion:
    """Lock the roster as it is now as the next version. Raises RuleViolation "program_not_published", "empty_roster", "nothing_changed"."""
    delegation = locked_delegation(delegation.pk)
    if delegation.program.status not in (ProgramStatus.PUBLISHED, ProgramStatus.COMPLETED):
        raise RuleViolation("program_not_published", _("The roster of a program can be locked once the program is published."))
    rows = seal(values_of(row) for row in roster_rows([delegation]))
    if not rows:
        raise RuleViolation("empty_roster", _("Nobody holds a place yet; there is nothing to lock."))
    last = latest(delegation)
    if last is not None and last.sha256 == hash_of(rows):
        raise RuleViolation("nothing_changed", _("Nothing has changed since version %(number)s.") % {"number": last.number}, version=last.number)
    version = RosterVersion(delegation=delegation, number=last.number + 1 if last else 1, locked_at=now, people=len(rows), rows=rows, note=note.strip())
    version.sha256, version.locked_by, version.locked_by_name = hash_of(rows), by, getattr(by, "display_name", "")
    version.save()
    audit.record("delegation.lock", delegation, by=by, changes={"number": [last.number if last else None, version.number], "rows": [None, len(rows)]})
    return version


def latest(delegation: Delegation) -> RosterVersion | None:
    return RosterVersion.objects.filter(delegation=delegation).first()


def latest_of(delegations: Iterable[Delegation]) -> dict[int, RosterVersion]:
    """The newest version of each delegation that has one, in one query."""
    newest = RosterVersion.objects.filter(delegation__in=delegations).order_by().values("delegation").annotate(key=Max("pk")).values("key")
    return {version.delegation_id: version for version in RosterVersion.objects.filter(pk__in=newest)}


# Differences ------------------------------------------------------------------------------------------------------------


class ChangeKind:
    ADDED, LEFT, REPLACED, CHANGED = "added", "left", "replaced", "changed"


KIND_WORDS: dict[str, Any] = {
    ChangeKind.ADDED: pgettext_lazy("roster change", "Added"),
    ChangeKind.LEFT: pgettext_lazy("roster change", "Left"),
    ChangeKind.REPLACED: pgettext_lazy("roster change", "Replaced"),
    ChangeKind.CHANGED: pgettext_lazy("roster change", "Changed"),
}


@dataclass(frozen=True)
class Change:
    """One difference. `name` is who it is about now, `former` who held the place, `fields` what else is different: (label, before, after)."""

    kind: str
    registration: int
    name: str
    unit: str
    former: str = ""
    fields: tuple[tuple[str, str, str], ...] = ()
    note: str = ""

    @property
    def word(self) -> str:
        return str(KIND_WORDS[self.kind])


def shown(field: str, value: str) -> str:
    if field == "status":
        return str(RegistrationStatus(value).label)
    if field == "gender" and value:
        return _("Male") if value == "male" else _("Female")
    if field == "stage" and value:
        return str(TeachingStage(value).label)
    return value


def in_words(rows: Iterable[Values]) -> list[dict[str, Any]]:
    """Rows with status, gender and stage in words, for pages and papers."""
    return [{**row, **{f"{name}_label": shown(name, row.get(name, "")) for name in ("status", "gender", "stage")}} for row in rows]


def says_stage(version: RosterVersion) -> bool:
    return any("stage" in row for row in values_in(version))


def readable(rows: Iterable[Values], user: Any, delegation: Delegation) -> list[Values]:
    """The rows as this user may read them: all for those who may lock the roster; viewers as participants/people/fields.py rules."""
    if access.may(user, "roster.lock", delegation):
        return list(rows)
    today = timezone.localdate()
    return [{**row, **fields.shielded_values(row, today)} for row in rows]


def changed_fields(before: Values, after: Values, among: Iterable[str] = FIELDS) -> tuple[tuple[str, str, str], ...]:
    """The fields that differ, of those that both formats have; a number differs by its index, though both may look alike when masked."""
    columns = {name: INDEXES.get(name, name) for name in among}
    names = [name for name, column in columns.items() if column in before and column in after and before[column] != after[column]]
    return tuple((str(FIELDS[name]), shown(name, before[name]), shown(name, after[name])) for name in names)


def compare(before: Iterable[Values], after: Iterable[Values], replaced: Mapping[int, int], ends: Mapping[int, str]) -> list[Change]:
    """Differences between two lists of rows, in the order of the later one, those who left at the end.

    `replaced` maps a substitute's registration to the one it took over; `ends` says how registrations ended.
    """
    old = {row["registration"]: row for row in before}
    found, gone = [], dict(old)
    for row in after:
        origin = _origin(row["registration"], old, replaced)
        former = gone.pop(origin, None) if origin else None
        if former is None:
            found.append(Change(ChangeKind.ADDED, row["registration"], row["name"], row["unit"]))
        elif origin != row["registration"]:
            fields = changed_fields(former, row, OF_PLACE)
            found.append(Change(ChangeKind.REPLACED, row["registration"], row["name"], row["unit"], former=former["name"], fields=fields))
        elif fields := changed_fields(former, row):
            found.append(Change(ChangeKind.CHANGED, row["registration"], row["name"], row["unit"], fields=fields))
    found += [Change(ChangeKind.LEFT, key, row["name"], row["unit"], note=ends.get(key, "")) for key, row in gone.items()]
    return found


def _origin(key: int, old: Mapping[int, Values], replaced: Mapping[int, int]) -> int | None:
    """The registration of the older list whose place this one holds, over any number of substitutions."""
    step: int | None = key
    while step is not None and step not in old:
        step = replaced.get(step)
    return step


def substitutions(delegations: Iterable[Delegation]) -> dict[int, int]:
    rows = Registration.objects.filter(delegation__in=delegations, replaces__isnull=False)
    return dict(rows.order_by().values_list("pk", "replaces_id"))  # type: ignore[arg-type]


def endings(registrations: Iterable[int]) -> dict[int, str]:
    """How those who no longer hold a place ended, with the reason."""
    rows = Registration.objects.filter(pk__in=list(registrations))
    return {row.pk: "：".join(filter(None, (row.get_status_display(), row.status_reason))) for row in rows}


def changes_since(version: RosterVersion, later: RosterVersion | None = None, reader: Any = None) -> list[Change]:
    """What is different now, or in a later version of the same delegation; as the `reader` may read it, if one is given."""
    before = values_in(version)
    after = values_in(later) if later else [values_of(row) for row in roster_rows([version.delegation])]
    if reader is not None:
        before, after = (readable(rows, reader, version.delegation) for rows in (before, after))
    missing = {row["registration"] for row in before} - {row["registration"] for row in after}
    return compare(before, after, substitutions([version.delegation]), endings(missing) if missing else {})


def changes_of_many(versions: Iterable[RosterVersion]) -> dict[int, list[Change]]:
    """Delegation → what is different now from its version, in a fixed number of queries."""
    by_delegation = {version.delegation_id: version for version in versions}
    now: dict[int, list[Values]] = {key: [] for key in by_delegation}
    for row in roster_rows(list(by_delegation)):  # type: ignore[arg-type]
        now[row.delegation_id].append(values_of(row))
    taken_over = substitutions(list(by_delegation))  # type: ignore[arg-type]
    return {key: compare(values_in(version), now[key], taken_over, {}) for key, version in by_delegation.items()}


def counted(changes: Iterable[Change]) -> dict[str, int]:
    kinds = [change.kind for change in changes]
    return {kind: kinds.count(kind) for kind in KIND_WORDS}
