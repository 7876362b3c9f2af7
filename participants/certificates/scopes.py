"""For whom an officer issues at once: the whole program, one delegation or one unit."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from participants.certificates.roster import BLOCKED, READY, Standing


@dataclass(frozen=True)
class Scope:
    """`value` names it in a form and an address; `order` is what `batches.create_batch` takes."""

    value: str
    name: str
    order: dict[str, Any]
    rows: tuple[Standing, ...]

    @property
    def ready(self) -> int:
        return sum(row.state == READY for row in self.rows)

    @property
    def blocked(self) -> int:
        return sum(row.state == BLOCKED for row in self.rows)


def scopes(rows: Iterable[Standing]) -> list[Scope]:
    """The whole program, then its delegations and units where somebody waits for a certificate."""
    everyone = tuple(rows)
    whole = Scope("", _("Everyone in the program"), {}, everyone)
    delegations = {row.registration.delegation for row in everyone}
    units = {row.registration.organisation for row in everyone}
    parts = [_of_delegation(delegation, everyone) for delegation in sorted(delegations, key=lambda found: found.pk)]
    parts += [_of_unit(unit, everyone) for unit in sorted(units, key=lambda found: (found.path, found.pk))]
    return [whole, *(part for part in parts if part.ready)]


def _of_delegation(delegation: Any, rows: tuple[Standing, ...]) -> Scope:
    name = _("Delegation of %(name)s") % {"name": delegation.organisation}
    return Scope(f"delegation-{delegation.pk}", name, {"delegation": delegation}, tuple(row for row in rows if row.registration.delegation_id == delegation.pk))


def _of_unit(unit: Any, rows: tuple[Standing, ...]) -> Scope:
    """With the units below it, as `create_batch` counts them."""
    return Scope(f"unit-{unit.pk}", str(unit), {"organisation": unit}, tuple(row for row in rows if row.registration.organisation.path.startswith(unit.path)))
