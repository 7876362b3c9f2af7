"""Lists of programs on pages: filters that live in the address, views with counts, and how many come from which place."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.db.models import Case, Count, F, Q, Sum, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.kinds.registry import KIND_CHOICES, KINDS
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import access

# What a list calls a phase → the phases of Program it shows.
PHASE_VIEWS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "open": (pgettext_lazy("program", "Open for registration"), ("open",)),
    "upcoming": (pgettext_lazy("program", "Coming soon"), ("upcoming",)),
    "running": (pgettext_lazy("program", "Under way"), ("running",)),
    "past": (pgettext_lazy("program", "Ended"), ("over", "completed")),
    "cancelled": (pgettext_lazy("program", "Cancelled"), ("cancelled",)),
    "draft": (pgettext_lazy("program", "Draft"), ("draft",)),
}
ORDERS = ["starts_on", "-starts_on", "title_zh", "-title_zh"]


class ListFilter(forms.Form):
    """The parameters of a list's address."""

    kind = forms.ChoiceField(choices=KIND_CHOICES, required=False)
    state = forms.ChoiceField(choices=[(name, label) for name, (label, _phases) in PHASE_VIEWS.items()], required=False)
    view = forms.ChoiceField(choices=[("mine", ""), ("invited", "")], required=False)
    order = forms.ChoiceField(choices=[(order, order) for order in ORDERS], required=False)
    q = forms.CharField(max_length=100, required=False)


def filters(request: HttpRequest) -> dict[str, str]:
    """The filters of the address; a value that no filter knows is a bad request (400)."""
    form = ListFilter(request.GET)
    if not form.is_valid():
        raise BadRequest("unknown filter value")
    return form.cleaned_data


def address(request: HttpRequest, **changes: str | None) -> str:
    """The current list with some parameters changed (None takes one away), from its first page."""
    query = request.GET.copy()
    query.pop("page", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"{request.path}?{query.urlencode()}" if query else request.path


def phase_views(request: HttpRequest, counts: dict[str, int], names: Iterable[str], current: str) -> list[dict[str, Any]]:
    """The segmented views over phases, with counts; views without rows are left out."""
    everything = {"label": _("All"), "url": address(request, state=None), "count": sum(counts.values()), "current": not current}
    found = [everything]
    for name in names:
        label, inside = PHASE_VIEWS[name]
        count = sum(counts[phase] for phase in inside)
        if count or name == current:
            found.append({"label": label, "url": address(request, state=name), "count": count, "current": name == current})
    return found


def in_view(rows: Any, view: str, now: Any) -> Any:
    """Rows of the phases that `view` shows."""
    condition = Q()
    for phase in PHASE_VIEWS[view][1]:
        condition |= Q(pk__in=rows.order_by().in_phase(phase, now).values("pk"))
    return rows.filter(condition)


def current_first(rows: Any, today: date) -> Any:
    """What is still to come in order of time, then what is over, the latest first."""
    over = Q(ends_on__lt=today) | Q(status=ProgramStatus.COMPLETED)
    return (
        rows.alias(ahead=Case(When(over, then=Value(None)), default=F("starts_on")))
        .annotate(is_past=Case(When(over, then=Value(True)), default=Value(False)))
        .order_by("is_past", F("ahead").asc(nulls_last=True), "-starts_on", "-pk")
    )


def chips(request: HttpRequest, wanted: dict[str, str]) -> list[dict[str, Any]]:
    """The filters that are on, each with the address without it."""
    found = []
    if wanted["kind"]:
        found.append({"label": KINDS[wanted["kind"]].name, "url": address(request, kind=None)})
    if wanted["q"]:
        found.append({"label": wanted["q"], "url": address(request, q=None)})
    return found


# Numbers beside programs; the rows of participants are reached through the related names of Program only. ---------------


def add_place_counts(programs: list[Any], user: Any) -> None:
    """Give each program `taken` (places taken by 京, 津, 冀 and others) and `quota`, over the delegations that the user sees.

    `sees_all` tells whether those are all delegations: only then do the three places compare.
    """
    delegations: Any = Program._meta.get_field("delegations").related_model
    seen = delegations.objects.visible_to(user).filter(program__in=[program.pk for program in programs]).order_by()
    quotas = dict(seen.values_list("program_id").annotate(Sum("quota")))
    taken: dict[int, dict[str, int]] = defaultdict(lambda: {"beijing": 0, "tianjin": 0, "hebei": 0, "other": 0})
    for program_id, code, number in places_taken(seen).values_list("program_id", "delegation__organisation__division_id").annotate(Count("pk")):
        taken[program_id][PLACES.get(str(code)[:2], "other")] += number
    for program in programs:
        program.quota, program.taken = quotas.get(program.pk, 0), taken[program.pk]
        program.taken_total = sum(program.taken.values())
        program.sees_all = user.is_superuser or access.has_role(user, program.organiser, access.OFFICER, access.VIEWER)


PLACES = {"11": "beijing", "12": "tianjin", "13": "hebei"}


def places_taken(delegations: Any) -> Any:
    """Registrations that hold a place in these delegations: to be counted, never listed."""
    registrations: Any = Program._meta.get_field("registrations").related_model
    return registrations.objects.taking_place().filter(delegation__in=delegations).order_by()


def delegations_with_counts(program: Program, user: Any) -> list[Any]:
    """The delegations that the user sees, each with the numbers `confirmed` and `in_review`."""
    rows: list[Any] = list(program.delegations.visible_to(user).select_related("organisation__division"))
    counts: dict[int, dict[bool, int]] = defaultdict(lambda: {True: 0, False: 0})
    for delegation_id, status, number in places_taken(rows).values_list("delegation_id", "status").annotate(Count("pk")):
        counts[delegation_id][status == "confirmed"] += number
    for row in rows:
        row.confirmed, row.in_review = counts[row.pk][True], counts[row.pk][False]
    return rows
