"""The activity log: who did what and when, as far as the user's offices are concerned."""

from datetime import date, datetime, time
from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.programs.models import Program
from exchange import access
from exchange.audit import AuditEvent
from exchange.pages import PageForm, ScopedList
from participants.desk import activity

ABOUT_PEOPLE = frozenset(f"participants.{name}" for name in ("Person", "Registration", "GuardianConsent", "Certificate"))
FIRST, LAST = date(2000, 1, 1), date(2199, 12, 31)


class FilterForm(PageForm):
    """Filters of the log; all optional."""

    area = forms.ChoiceField(label=_("Area"), required=False, choices=[("", _("All areas")), *activity.AREAS.items()])
    who = forms.CharField(label=_("Who"), required=False, max_length=60)
    program = forms.IntegerField(label=_("Program"), required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    since = forms.DateField(label=_("From"), required=False)
    until = forms.DateField(label=_("Until"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("since", "until"):
            if cleaned.get(name) and not FIRST <= cleaned[name] <= LAST:
                self.add_error(name, _("Choose a day between 2000 and 2199."))
        return self.cleaned_data


class ActivityLog(ScopedList):
    """`/desk/audit/`, newest first. A filter that cannot be read answers 400 and shows nothing."""

    access = "audit.view"
    template_name = "desk/audit.html"
    model = AuditEvent
    paginate_by = 50

    @cached_property
    def form(self) -> FilterForm:
        form = FilterForm(self.request.GET)
        form.is_valid()
        return form

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return filtered(rows, self.form.cleaned_data) if self.form.is_valid() else rows.none()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        events = list(context["page_obj"].object_list)
        chosen = self.form.cleaned_data.get("program")
        wanted = {event.program_id for event in events if event.program_id} | ({chosen} if chosen else set())
        programs = Program.objects.visible_to(self.request.user).select_related("organiser").in_bulk(list(wanted))
        rows = [Line(event, programs.get(event.program_id), self.request.user) for event in events]
        return context | {"lines": rows, "form": self.form, "program": programs.get(chosen), "is_filtered": any(self.form.cleaned_data.values())}

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        return super().render_to_response(context, status=200 if self.form.is_valid() else 400, **kwargs)


def filtered(rows: Any, chosen: dict[str, Any]) -> Any:
    if chosen["area"]:
        rows = rows.filter(action__in=activity.actions_in(chosen["area"]))
    if chosen["who"]:
        rows = rows.filter(actor_name__icontains=chosen["who"])
    if chosen["program"]:
        rows = rows.filter(program_id=chosen["program"])
    if chosen["since"]:
        rows = rows.filter(at__gte=timezone.make_aware(datetime.combine(chosen["since"], time.min)))
    if chosen["until"]:
        rows = rows.filter(at__lte=timezone.make_aware(datetime.combine(chosen["until"], time.max)))
    return rows


def may_read_reason(event: AuditEvent, program: Program | None, reader: Any) -> bool:
    """What was noted of people is for those who work with them: viewers read what happened, not the words."""
    if event.target_type not in ABOUT_PEOPLE or reader.is_superuser:
        return True
    is_sender = bool(event.scope_path) and any(scope.role == access.OFFICER and event.scope_path.startswith(scope.path) for scope in reader.scopes)
    return is_sender or (program is not None and access.may(reader, "program.change", program))


class Line:
    """An event as the log shows it."""

    def __init__(self, event: AuditEvent, program: Program | None, reader: Any) -> None:
        self.event, self.program = event, program
        self.reason = event.reason if may_read_reason(event, program, reader) else ""
        self.words = activity.words_of(event.action)
        self.url = activity.address_of(event)
        self.changes = activity.changes_of(event)
