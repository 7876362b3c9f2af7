"""Which organisations and places a user may name in a program: the choices of forms, and the limits of the API."""

from typing import Any

from django.apps import apps
from django.db.models import Q
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange import access
from exchange.transitions import RuleViolation

OFFICES = ("commission", "bureau")


def own_offices(user: Any) -> Any:
    """Offices for which the user is an officer: they may organise, and their numbers and seals may be used."""
    mine = access.EVERYTHING if user.is_superuser else access.under(user, "", (access.OFFICER,))
    return apps.get_model("participants.Organisation").objects.filter(mine, level__in=OFFICES, is_active=True)


def known_offices(user: Any) -> Any:
    """Offices that the user may name as co-organisers."""
    return apps.get_model("participants.Organisation").objects.visible_to(user).filter(level__in=OFFICES, is_active=True)


def places() -> Any:
    """Prefectures and provinces: where a program may be held. Counties are found too, but not listed."""
    return apps.get_model("participants.Division").objects.exclude(level="county")


def find_place(words: str) -> Any:
    """The division with this code, full name, or name; None when there is none, or more than one."""
    divisions = apps.get_model("participants.Division").objects
    exact = list(divisions.filter(Q(code=words) | Q(full_name=words))[:2])
    found = exact or list(divisions.filter(Q(name=words) | Q(name=f"{words}市"))[:2]) or list(divisions.filter(full_name__endswith=words)[:2])
    return found[0] if len(found) == 1 else None


def check_named(user: Any, action: str, fields: dict[str, Any], program: Program | None = None) -> None:
    """Raise PermissionDenied for an organiser or issuer that is not the user's own, RuleViolation "foreign_season" for somebody else's season.

    What `program` names already may stay.
    """
    for name in ("organiser", "issuer"):
        organisation = fields.get(name)
        if organisation is not None and organisation != getattr(program, name, None):
            access.require(user, action, organisation)
    series = fields.get("series")
    if series is not None and series != getattr(program, "series", None) and not type(series).objects.joinable_by(user).filter(pk=series.pk).exists():
        raise RuleViolation("foreign_season", _("This season belongs to another office. Ask them to add the program."), field="series")
