"""Buttons of the quota tree: give unused places back, pass them on, limit kinds of people, set the deadlines."""

from typing import Any

from django import forms
from django.contrib import messages
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from exchange.pages import ActionView, PageForm
from exchange.transitions import RuleViolation
from participants.people.models import TeachingStage
from participants.rosters import quota, returns
from participants.rosters.models import Allocation, Delegation, PartKind, QuotaPart
from participants.rosters.quota_api import MOST_PLACES
from participants.rosters.sheet.columns import STAGE_OF

ALLOCATIONS = Allocation.objects.select_related("organisation", "delegation__organisation", "delegation__program__organiser")
DELEGATIONS = Delegation.objects.select_related("organisation", "program__organiser")


class CountForm(PageForm):
    count = forms.IntegerField(label=pgettext_lazy("quota", "places"), min_value=1, max_value=MOST_PLACES)


class PassOnForm(CountForm):
    target = forms.ModelChoiceField(Delegation.objects.none(), label=gettext_lazy("bureau"))

    def __init__(self, *args: Any, source: Delegation, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Delegation.objects.visible_to(user).filter(program=source.program_id).exclude(pk=source.pk)
        self.fields["target"].queryset = others  # type: ignore[attr-defined]


class DeadlineForm(PageForm):
    endorse_by = forms.DateTimeField(label=gettext_lazy("deadline of the district"), required=False)
    confirm_by = forms.DateTimeField(label=gettext_lazy("deadline of the organiser"), required=False)


class PartForm(PageForm):
    """Which people are limited. Role and subject are typed, a stage is chosen; whichever fits the kind counts."""

    kind = forms.ChoiceField(label=gettext_lazy("counted by"), choices=PartKind.choices)
    value = forms.CharField(label=gettext_lazy("which"), max_length=40)
    quota = forms.IntegerField(label=pgettext_lazy("quota", "places"), min_value=0, max_value=MOST_PLACES)

    def clean(self) -> dict[str, Any]:
        """A stage may be written in either language."""
        cleaned = super().clean()
        if cleaned.get("kind") == PartKind.STAGE and cleaned.get("value"):
            text = cleaned["value"].strip()
            words = {str(stage.label): stage.value for stage in TeachingStage} | STAGE_OF
            cleaned["value"] = words.get(text, text)
        return cleaned


def valid(form: forms.Form) -> dict[str, Any]:
    """The form's values; a mistake is told like a refusal, because these forms are a line in the tree."""
    if not form.is_valid():
        raise RuleViolation("invalid", " ".join(str(error) for errors in form.errors.values() for error in errors))
    return form.cleaned_data


class TreeAction(ActionView):
    """Goes back to the quota tree, whatever happens."""

    def back(self, row: Any) -> str:
        delegation = row.delegation if isinstance(row, Allocation) else row
        return f"{reverse('rosters:quota', args=[delegation.program_id])}#delegation-{delegation.pk}"


class ReturnPlaces(TreeAction):
    access = "places.return"
    queryset = DELEGATIONS

    def act(self, row: Any) -> str:
        count = valid(CountForm(self.request.POST))["count"]
        returns.return_places(row=row, count=count, by=self.request.user, now=timezone.now())
        words = ngettext("%(unit)s gave %(count)s place back.", "%(unit)s gave %(count)s places back.", count)
        messages.success(self.request, words % {"unit": row.organisation.short, "count": count})
        return self.back(row)


class ReturnAllocation(ReturnPlaces):
    queryset = ALLOCATIONS


class PassOn(TreeAction):
    access = "delegation.change"
    queryset = DELEGATIONS

    def act(self, row: Any) -> str:
        values = valid(PassOnForm(self.request.POST, source=row, user=self.request.user))
        moved = returns.pass_on(source=row, by=self.request.user, now=timezone.now(), **values)
        words = _("%(unit)s has %(count)s more places; %(moved)s people moved up from the waiting list.")
        messages.success(self.request, words % {"unit": values["target"].organisation.short, "count": values["count"], "moved": len(moved)})
        return self.back(row)


class SetDeadline(TreeAction):
    access = "delegation.change"
    queryset = DELEGATIONS
    done = gettext_lazy("The deadlines are set.")

    def act(self, row: Any) -> str:
        returns.set_deadlines(delegation=row, by=self.request.user, **valid(DeadlineForm(self.request.POST)))
        return self.back(row)


class SetPart(TreeAction):
    access = "delegation.change"
    queryset = DELEGATIONS

    def act(self, row: Any) -> str:
        part = quota.set_part(delegation=row, by=self.request.user, **valid(PartForm(self.request.POST)))
        words = _("%(unit)s may send up to %(count)s people for “%(part)s”.")
        messages.success(self.request, words % {"unit": row.organisation.short, "count": part.quota, "part": part.label})
        return self.back(row)


class RemovePart(TreeAction):
    access = "delegation.change"
    queryset = QuotaPart.objects.select_related("delegation__organisation", "delegation__program__organiser")
    done = gettext_lazy("The limit is lifted.")

    def act(self, row: Any) -> str:
        quota.remove_part(part=row, by=self.request.user)
        return self.back(row.delegation)
