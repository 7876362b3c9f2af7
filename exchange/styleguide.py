"""The visual system on one page: every component in every state, with the data attributes that the scripts understand."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exchange.icons import SOLIDS, STROKES
from exchange.pages import Page, PageForm
from exchange.states import STATES


class SampleForm(PageForm):
    """One field of each sort."""

    title = forms.CharField(label=_("Title"), max_length=60, help_text=_("As it stands in the notice."))
    kind = forms.ChoiceField(label=_("Kind"), choices=[("study_visit", _("Study visit")), ("choir", _("Choir showcase"))])
    starts_on = forms.DateField(label=_("First day"))
    opens_at = forms.DateTimeField(label=_("Registration opens"), required=False)
    places = forms.IntegerField(label=_("Places"), min_value=1, required=False)
    file = forms.FileField(label=_("Workbook"), required=False)
    visibility = forms.ChoiceField(label=_("Who finds it"), choices=[("public", _("Anyone")), ("invited", _("Only those invited"))], widget=forms.RadioSelect)
    days = forms.MultipleChoiceField(label=_("Days"), choices=[("1", _("Monday")), ("2", _("Tuesday"))], widget=forms.CheckboxSelectMultiple, required=False)
    consent = forms.BooleanField(label=_("Consent forms have been collected"), required=False)
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}), required=False)


class Styleguide(Page):
    """Every component; with ?errors=1 the form shows its errors, with ?toasts=1 there are messages."""

    access = "signed_in"
    template_name = "exchange/styleguide.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.request.GET.get("toasts"):
            messages.success(self.request, _("2 people were returned."), extra_tags="undo:/desk/styleguide/")
            messages.error(self.request, _("Not saved, but nothing you typed is lost. Try again in a moment."))
        now = timezone.now()
        return super().get_context_data(
            form=SampleForm({"title": "", "starts_on": "2026-13-01"} if self.request.GET.get("errors") else None),
            states=[(domain, [(name, found) for name, found in rows.items()]) for domain, rows in STATES.items()],
            icons=sorted(STROKES),
            shapes=sorted(SOLIDS),
            page_obj=Paginator(range(230), 20).get_page(self.request.GET.get("page", 4)),
            steps=sample_steps(),
            first=now,
            last=now + timedelta(days=4, hours=2),
            views=[
                {"label": _("Waiting for me"), "url": "?view=mine", "count": 12, "current": True},
                {"label": _("All"), "url": "?view=all", "count": 57, "current": False},
                {"label": _("Returned"), "url": "?view=returned", "count": 2, "current": False},
            ],
            chips=[{"label": _("Delegation: Beichen"), "url": "?"}],
            **kwargs,
        )


def sample_steps() -> list[dict[str, Any]]:
    return [
        {"label": _("Submitted by the school"), "state": "done", "note": "11-19 16:12"},
        {"label": _("District review"), "state": "now", "note": _("Waiting for you"), "shape": "two-thirds"},
        {"label": _("Organiser review"), "state": "ahead", "note": ""},
    ]


urlpatterns = [path("desk/styleguide/", Styleguide.as_view(), name="styleguide")]
