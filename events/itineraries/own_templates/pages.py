"""Pages of offices' own templates: the list, one with its items and its name, keeping a program's itinerary as one, deleting one."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from events.itineraries.own_templates import rules
from events.itineraries.own_templates.models import ItineraryTemplate
from events.itineraries.pages import Confirmation
from events.itineraries.places import offices_of
from events.itineraries.plan_pages import PlanStep
from events.programs.models import Program
from exchange import access, house_dates
from exchange.pages import PageForm, PageModelForm, RuleFormView, ScopedList

NAME = pgettext_lazy("venue or group", "Name")
TEMPLATES = ItineraryTemplate.objects.select_related("owner")


def list_url() -> str:
    return reverse("itineraries:own_templates")


class OwnTemplates(ScopedList):
    """`/desk/itinerary-templates/`: those of the own offices and of the offices above."""

    access = "itinerary_template.change"
    queryset = TEMPLATES
    template_name = "itineraries/own_templates.html"
    context_object_name = "templates"
    search_fields = ["name", "owner__name_zh"]
    ordering_fields = ["name", "created_at"]


class NameForm(PageModelForm):
    name = forms.CharField(label=NAME, max_length=60)

    class Meta:
        model = ItineraryTemplate
        fields = ["name"]


class OwnTemplate(RuleFormView):
    """`/desk/itinerary-templates/<pk>/`: what it holds; its office gives it another name."""

    access = "itinerary_template.change"
    template_name = "itineraries/own_template.html"
    form_class = NameForm

    @cached_property
    def template(self) -> ItineraryTemplate:
        find = self.visible if self.request.method in ("GET", "HEAD") else self.allowed  # offices below see it too
        return find(TEMPLATES.all(), pk=self.kwargs["pk"])  # type: ignore[no-any-return]

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.template}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        can_change = access.may(self.request.user, "itinerary_template.change", self.template)
        rows = rules.proposals_of(self.template, date(2001, 1, 1), self.request.user)
        days = [(row.day.toordinal() - date(2001, 1, 1).toordinal() + 1, row) for row in rows]
        return super().get_context_data(template=self.template, rows=days, can_change=can_change, back_url=list_url(), **kwargs)

    def apply(self, form: NameForm) -> str:
        row = rules.rename_template(template=self.template, name=form.cleaned_data["name"], by=self.request.user)
        messages.success(self.request, _("“%(name)s” is saved.") % {"name": row})
        return list_url()


class DeleteOwnTemplate(Confirmation):
    access = "itinerary_template.change"

    @cached_property
    def template(self) -> ItineraryTemplate:
        return self.allowed(TEMPLATES.all(), pk=self.kwargs["pk"])  # type: ignore[no-any-return]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            heading=_("Delete “%(name)s”") % {"name": self.template},
            sentence=_("What was planned by this template stays as it is."),
            submit_label=_("Delete this template"),
            back_url=list_url(),
            **kwargs,
        )

    def apply(self, form: Any) -> str:
        name = str(self.template)
        rules.delete_template(template=self.template, by=self.request.user)
        messages.success(self.request, _("“%(name)s” is deleted.") % {"name": name})
        return list_url()


class SaveForm(PageForm):
    name = forms.CharField(label=NAME, max_length=60)
    owner: Any = forms.ModelChoiceField(None, label=gettext_lazy("kept by"), help_text=gettext_lazy("It and the offices below can use the template."))
    day = forms.TypedChoiceField(label=gettext_lazy("Days"), required=False, coerce=date.fromisoformat, empty_value=None)

    def __init__(self, *args: Any, program: Program, owners: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]
        days = [program.starts_on + timedelta(days=offset) for offset in range((program.ends_on - program.starts_on).days + 1)]
        self.fields["day"].choices = [("", _("All days")), *((day.isoformat(), house_dates.day(day)) for day in days)]  # type: ignore[attr-defined]


class SaveAsTemplate(PlanStep):
    """`/desk/programs/<pk>/itinerary/save-template/`."""

    form_class = SaveForm
    heading = gettext_lazy("Save as a template")
    sentence = gettext_lazy(
        "Kept are times, titles, types, venues, meeting points, names of groups and credit hours. Left out are responsible people, "
        "descriptions, notes, meeting links, hosts, train numbers and files, because they hold names or belong to this program alone."
    )
    submit_label = gettext_lazy("Save this template")
    waits = False

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"program": self.program, "owners": offices_of(self.request.user)}

    def get_initial(self) -> dict[str, Any]:
        owners = offices_of(self.request.user).order_by("path")
        return {"name": self.program.title_zh[:60], "owner": owners.filter(pk=self.program.organiser_id).first() or owners.first()}

    def apply(self, form: SaveForm) -> str:
        row = rules.save_template(program=self.program, by=self.request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(self.request, _("“%(name)s” is saved.") % {"name": row})
        return reverse("itineraries:own_template", args=[row.pk])
