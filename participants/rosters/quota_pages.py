"""The quota tree of a program: organiser → district → unit, with live figures and forms in place."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange import access
from exchange.pages import ActionView, Page
from exchange.transitions import RuleViolation
from participants.directory.models import Organisation
from participants.rosters import quota
from participants.rosters.forms import ROLES, NewQuotaForm, QuotaForm
from participants.rosters.listing import number
from participants.rosters.models import Allocation, Delegation, PartKind, QuotaPart
from participants.rosters.pages import program_or_404
from participants.rosters.sheet.columns import STAGE_WORDS


def bureaus_to_invite(program: Any, user: Any) -> Any:
    taken = program.delegations.values("organisation_id")
    bureaus = Organisation.objects.visible_to(user).filter(level__in=["bureau", "commission"], is_active=True)
    return bureaus.exclude(pk__in=taken).order_by("path")


def units_without(delegation: Delegation, user: Any) -> Any:
    units = Organisation.objects.visible_to(user).filter(path__startswith=delegation.organisation.path, is_active=True)
    return units.exclude(pk__in=delegation.allocations.values("organisation_id")).order_by("path")


def unused_of(row: Any, allocations: list[Any]) -> int:
    """Places of a delegation that no unit has and nobody holds; both lists carry figures, and all of the delegation's units are in them."""
    pool_used = row.used - sum(unit.used for unit in allocations)
    return max(row.quota - row.allocated - pool_used, 0)


def tools(row: Any, allocations: list[Any], all_rows: Any, user: Any) -> dict[str, Any]:
    """What quota_tools.html offers for a delegation."""
    may_set = access.may(user, "delegation.change", row)
    return {
        "key": f"d{row.pk}",
        "unused": unused_of(row, allocations) if access.may(user, "places.return", row) else 0,
        "returned": row.returned if may_set else 0,
        "targets": [other for other in all_rows if other.pk != row.pk] if may_set else [],
        "give_back_url": reverse("rosters:give_back", args=[row.pk]),
        "pass_on_url": reverse("rosters:pass_on", args=[row.pk]),
        "deadline_url": reverse("rosters:deadline", args=[row.pk]) if may_set else "",
        "part_url": reverse("rosters:part", args=[row.pk]) if may_set else "",
    }


def unit_tools(unit: Any, delegation: Any, user: Any) -> dict[str, Any]:
    unit.delegation = delegation  # with its organisations: the policy asks for them
    may_return = access.may(user, "places.return", unit)
    return {"key": f"a{unit.pk}", "unused": max(unit.left, 0) if may_return else 0, "give_back_url": reverse("rosters:give_back_allocation", args=[unit.pk])}


class QuotaPage(Page):
    """GET shows the tree. POST `row` says what is set: delegation-<id>, allocation-<id>, new-delegation, new-allocation-<id>."""

    access = "signed_in"
    template_name = "rosters/quota.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.program = program_or_404(self)
        target, _dash, key = request.POST.get("row", "").rpartition("-")
        handlers = {"delegation": self.set_delegation, "allocation": self.set_allocation, "new": self.add_delegation, "new-allocation": self.add_allocation}
        if target not in handlers:
            return self.answer(None, status=400)
        form, rule, arguments = handlers[target](int(key) if key.isascii() and key.isdigit() and len(key) <= 18 else 0)
        if form.is_valid():
            try:
                row = rule(**arguments, **form.cleaned_data, by=request.user)
                messages.success(request, _("%(unit)s has %(quota)s places now.") % {"unit": row.organisation.short, "quota": row.quota})
                return HttpResponseRedirect(request.path)
            except RuleViolation as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return self.answer(form, status=422)

    def answer(self, form: Any, status: int) -> HttpResponse:
        return self.render_to_response(self.get_context_data(failed=form), status=status)

    def set_delegation(self, pk: int) -> tuple[Any, Any, dict[str, Any]]:
        row = self.allowed(Delegation.objects.select_related("organisation", "program__organiser"), "delegation.change", pk=pk, program=self.program)
        form = QuotaForm(self.request.POST, prefix=f"delegation-{pk}")
        return form, quota.set_delegation, {"program": self.program, "organisation": row.organisation}

    def set_allocation(self, pk: int) -> tuple[Any, Any, dict[str, Any]]:
        rows = Allocation.objects.select_related("organisation", "delegation__organisation", "delegation__program__organiser")
        row = self.allowed(rows, "allocation.change", pk=pk, delegation__program=self.program)
        return QuotaForm(self.request.POST, prefix=f"allocation-{pk}"), quota.set_allocation, {"delegation": row.delegation, "organisation": row.organisation}

    def add_delegation(self, pk: int) -> tuple[Any, Any, dict[str, Any]]:
        access.require(self.request.user, "delegation.change", self.program)
        return self.new_delegation_form(self.request.POST), quota.add_delegation, {"program": self.program}

    def add_allocation(self, pk: int) -> tuple[Any, Any, dict[str, Any]]:
        row = self.allowed(Delegation.objects.select_related("organisation", "program__organiser"), "allocation.change", pk=pk, program=self.program)
        return self.new_allocation_form(row, self.request.POST), quota.add_allocation, {"delegation": row}

    def new_delegation_form(self, data: Any = None) -> NewQuotaForm:
        return NewQuotaForm(data, prefix="new-delegation", choices=bureaus_to_invite(self.program, self.request.user), label=_("bureau"))

    def new_allocation_form(self, row: Delegation, data: Any = None) -> NewQuotaForm:
        return NewQuotaForm(data, prefix=f"new-allocation-{row.pk}", choices=units_without(row, self.request.user), label=_("unit"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.program = program_or_404(self)
        failed = kwargs.pop("failed", None)
        tree = self.tree({failed.prefix: failed} if failed is not None else {})
        may_invite = access.may(self.request.user, "delegation.change", self.program)
        new = failed if failed is not None and failed.prefix == "new-delegation" else self.new_delegation_form()
        whole = {name: sum(getattr(branch["row"], name) for branch in tree) for name in ("quota", "used", "confirmed", "in_review", "waiting", "left")}
        return super().get_context_data(**kwargs, program=self.program, tree=tree, whole=whole, may_invite=may_invite, new_form=new, **self.part_choices())

    def part_choices(self) -> dict[str, Any]:
        """By what people can be limited, and words to choose from while typing."""
        words = [*(word for word, _label in ROLES if word), *STAGE_WORDS]
        return {"part_kinds": PartKind.choices, "part_words": words}

    def tree(self, failed: dict[str, Any]) -> list[dict[str, Any]]:
        user = self.request.user
        rows = Delegation.objects.visible_to(user).filter(program=self.program).with_figures().select_related("organisation__division", "program__organiser")
        rows = rows.prefetch_related(Prefetch("parts", QuotaPart.objects.with_used()))
        given: dict[int, list[Any]] = {}
        seen = Allocation.objects.visible_to(user).filter(delegation__program=self.program).with_figures().select_related("organisation")
        for allocation in seen.order_by("organisation__path"):
            given.setdefault(allocation.delegation_id, []).append(allocation)
        led = [row.pk for row in rows if access.may(user, "allocation.change", row)]
        wanted = number(self.request.GET, "open") or next((int(name.rpartition("-")[2]) for name in failed if name.startswith("new-allocation-")), None)
        opened = wanted if wanted in led else led[0] if len(led) == 1 else None
        return [self.branch(row, given.get(row.pk, []), failed, row.pk == opened) | {"tools": tools(row, given.get(row.pk, []), rows, user)} for row in rows]

    def branch(self, row: Any, allocations: list[Any], failed: dict[str, Any], is_open: bool) -> dict[str, Any]:
        """A delegation with its units; only the opened one offers to add a unit, so that the page holds one list of schools."""
        may_set, may_split = access.may(self.request.user, "delegation.change", row), access.may(self.request.user, "allocation.change", row)
        units: list[dict[str, Any]] = [
            {
                "row": unit,
                "tools": unit_tools(unit, row, self.request.user),
                "form": self.form_for(f"allocation-{unit.pk}", unit.quota, failed) if may_split else None,
            }
            for unit in allocations
        ]
        return {
            "row": row,
            "code": row.organisation.division_id or "",
            "form": self.form_for(f"delegation-{row.pk}", row.quota, failed) if may_set else None,
            "allocations": units,
            "may_split": may_split,
            "new_form": (failed.get(f"new-allocation-{row.pk}") or self.new_allocation_form(row)) if may_split and is_open else None,
        }

    def form_for(self, prefix: str, value: int, failed: dict[str, Any]) -> Any:
        return failed.get(prefix) or QuotaForm(prefix=prefix, initial={"quota": value})


class RemoveDelegation(ActionView):
    access = "delegation.change"
    done = gettext_lazy("The delegation is removed.")
    queryset = Delegation.objects.select_related("organisation", "program__organiser")

    def back(self, row: Any) -> str:
        return reverse("rosters:quota", args=[row.program_id])

    def act(self, row: Any) -> str:
        quota.remove_empty(row=row, by=self.request.user)
        return self.back(row)


class RemoveAllocation(ActionView):
    access = "allocation.change"
    done = gettext_lazy("The places went back to the district.")
    queryset = Allocation.objects.select_related("organisation", "delegation__organisation", "delegation__program__organiser")

    def back(self, row: Any) -> str:
        return reverse("rosters:quota", args=[row.delegation.program_id])

    def act(self, row: Any) -> str:
        target = self.back(row)
        quota.remove_empty(row=row, by=self.request.user)
        return target
