"""What a sheet is matched against: the units of a program as the uploader may register them, and its rules."""

import functools
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from events.kinds.registry import KINDS
from events.programs.models import Program
from exchange import access
from participants.directory.models import Division, Organisation
from participants.rosters.models import Allocation, Delegation, Registration
from participants.rosters.sheet.places import Place, RosterDirectory, Unit
from participants.rosters.sheet.reading import RosterRules

SENDING_LEVELS = ("commission", "bureau", "school")


def organises(user: Any, program: Program) -> bool:
    return access.may(user, "program.change", program)


def sending_paths(user: Any) -> tuple[str, ...]:
    """The subtrees that the user may register people for."""
    return tuple(scope.path for scope in user.scopes if scope.role in (access.OFFICER, access.COORDINATOR))


def delegations_by_organisation(program: Program) -> dict[int, Delegation]:
    return {delegation.organisation_id: delegation for delegation in program.delegations.select_related("organisation")}


def takes_part(user: Any, program: Program) -> bool:
    """The user organises the program, or one of its delegations lies on the user's branch of the tree."""
    if organises(user, program):
        return True
    paths = sending_paths(user)
    invited = [delegation.organisation.path for delegation in delegations_by_organisation(program).values()]
    return any(path.startswith(bureau) or bureau.startswith(path) for path in paths for bureau in invited)


def choices_of_unit(user: Any, program: Program) -> Any:
    """Organisations that the user may upload for: in a delegation of the program, and in the user's own subtree."""
    invited = Q(pk__in=[])
    for delegation in delegations_by_organisation(program).values():
        invited |= Q(path__startswith=delegation.organisation.path)
    own = Q() if organises(user, program) else access.under(user, "", (access.OFFICER, access.COORDINATOR))
    return Organisation.objects.filter(invited, own, is_active=True, level__in=SENDING_LEVELS)


def default_unit(user: Any, program: Program) -> Organisation | None:
    """The unit that an upload of this user is about: the first that the user works for; None for the organiser."""
    if organises(user, program):
        return None
    scope = next((scope for scope in user.scopes if scope.role in (access.OFFICER, access.COORDINATOR)), None)
    return Organisation.objects.get(pk=scope.organisation_id) if scope else None


def unit_of_template(program: Program, user: Any, pk: int | None) -> Organisation | None:
    """The unit whose template it is: the one asked for when the user may, else the user's own."""
    asked = choices_of_unit(user, program).filter(pk=pk).first() if pk else None
    return asked or default_unit(user, program)


@functools.lru_cache(maxsize=1)
def places() -> tuple[Place, ...]:
    """All divisions; loaded once by the installation and never changed while it runs."""
    return tuple(Place(*row) for row in Division.objects.values_list("code", "name", "full_name"))


def roster_directory(program: Program, user: Any, organisation: Organisation | None) -> RosterDirectory:
    """Units and places for one upload; `organisation` narrows it to that subtree."""
    bureaus = delegations_by_organisation(program)
    units = read_units({pk: delegation.pk for pk, delegation in bureaus.items()})
    if organisation is not None:
        own: tuple[str, ...] | None = (organisation.path,)
    else:
        own = None if organises(user, program) else sending_paths(user)
    return RosterDirectory(
        places=places() or load_places(),
        units=units,
        invited=tuple(delegation.organisation.division_id for delegation in bureaus.values() if delegation.organisation.division_id),
        own_paths=own,
        home=next((unit for unit in units if organisation is not None and unit.pk == organisation.pk), None),
    )


def load_places() -> tuple[Place, ...]:
    """Nothing was kept while the table was still empty: look again."""
    places.cache_clear()
    return places()


def read_units(delegations: dict[int, int]) -> tuple[Unit, ...]:
    """Every organisation that can send, each with the nearest delegation above it."""
    rows = Organisation.objects.filter(is_active=True, level__in=SENDING_LEVELS).prefetch_related("aliases").order_by("path")
    return tuple(
        Unit(
            pk=row.pk,
            name=row.name_zh,
            path=row.path,
            division=row.division_id or "",
            aliases=tuple(name for name in (row.short_name, row.name_en, *(alias.name for alias in row.aliases.all())) if name),
            delegation=next((delegations[pk] for pk in reversed(row.lineage) if pk in delegations), None),
        )
        for row in rows
    )


def roster_rules(program: Program, now: datetime) -> RosterRules:
    return RosterRules(
        today=timezone.localdate(now),
        id_required=KINDS[program.kind].needs_national_id,
        groups=tuple(program.groups.order_by("number").values_list("name", flat=True)),
    )


def beyond_quota(program: Program, rows: Sequence[tuple[int, int]]) -> int:
    """How many of the new people, given as (delegation, unit), have no place now. They may be imported all the same: drafts take no place."""
    held = Registration.objects.taking_place().filter(program=program).order_by().values_list("delegation_id", "organisation_id")
    taken = Counter({(delegation, unit): number for delegation, unit, number in held.annotate(Count("pk"))})
    new = Counter(rows)
    quotas = dict(program.delegations.values_list("pk", "quota"))
    allocations = {
        (d, o): quota for d, o, quota in Allocation.objects.filter(delegation__program=program).values_list("delegation_id", "organisation_id", "quota")
    }

    def over(delegation: int) -> int:
        by_unit = sum(max(new[key] + taken[key] - quota, 0) for key, quota in allocations.items() if key[0] == delegation and new[key])
        whole = sum(number for key, number in (new + taken).items() if key[0] == delegation) - quotas[delegation]
        return max(by_unit, whole, 0)

    return sum(min(over(delegation), sum(n for key, n in new.items() if key[0] == delegation)) for delegation in {delegation for delegation, _unit in new})
