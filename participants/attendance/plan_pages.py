"""Entering a paper sheet by row numbers, and importing a scanner's file: form, preview, record."""

from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.generic import FormView, View

from events.itineraries.models import ItineraryItem
from exchange.pages import PageForm
from exchange.spreadsheets import MAX_BYTES, SpreadsheetError, read_cells, refuse
from exchange.transitions import RuleViolation
from participants.attendance import plans, roll_call
from participants.attendance.models import AttendanceState
from participants.attendance.pages import ItemPolicy


def row_field(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=2000, required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "3 7-9 12"}))


class SheetForm(PageForm):
    """The sheet as it came back: few rows are named, all others share one state."""

    absent = row_field(pgettext_lazy("attendance", "Absent"))
    late = row_field(pgettext_lazy("attendance", "Late"))
    leave = row_field(pgettext_lazy("attendance", "On leave"))
    present = row_field(pgettext_lazy("attendance", "Present"))
    rest = forms.ChoiceField(
        label=gettext_lazy("All other rows"),
        choices=[
            (AttendanceState.PRESENT, pgettext_lazy("sheet", "are present: they have signed")),
            (AttendanceState.ABSENT, pgettext_lazy("sheet", "are absent: nobody signed there")),
            ("leave_alone", pgettext_lazy("sheet", "stay as they are")),
        ],
        initial=AttendanceState.PRESENT,
        widget=forms.RadioSelect,
    )


class ScannerForm(PageForm):
    file = forms.FileField(
        label=gettext_lazy("File of the scanner"),
        allow_empty_file=True,
        help_text=gettext_lazy("CSV or Excel with columns for code and time, or for name, last four digits of the ID, and time."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.xls,.ods"}),
    )
    late_after = forms.IntegerField(
        label=gettext_lazy("Late after (minutes)"),
        min_value=0,
        max_value=600,
        required=False,
        help_text=gettext_lazy("Counted from the beginning of the item. Empty: nobody is late."),
    )

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > MAX_BYTES:
            raise forms.ValidationError(refuse("too_large").message, code="too_large")
        return upload


class PlanView(ItemPolicy, FormView[Any]):
    """A form whose answer is a preview; nothing is stored until the preview is confirmed."""

    template_name = "attendance/plan_form.html"
    preview_name = "attendance/plan_preview.html"
    kind = ""

    @cached_property
    def for_item(self) -> ItineraryItem:
        return self.item(self.kwargs["pk"])

    @cached_property
    def entries(self) -> list[roll_call.Entry]:
        people = roll_call.of_group(roll_call.expected_at(self.for_item), self.request.GET.get("group", ""))
        return roll_call.entries(people, self.for_item)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"item": self.for_item, "kind": self.kind, "total": len(self.entries)}

    def rows(self, form: Any) -> list[plans.PlanRow]:
        raise NotImplementedError(f"{type(self).__name__}.rows")

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            rows = self.rows(form)
        except SpreadsheetError as error:
            form.add_error("file", forms.ValidationError(error.message, code=error.code))
            return self.form_invalid(form)
        except plans.UnknownColumns:
            form.add_error("file", _("No column of check-in codes was found, and none of names with the last four digits of the ID."))
            return self.form_invalid(form)
        return render(self.request, self.preview_name, self.preview(plans.without_certified(rows)))

    def preview(self, rows: list[plans.PlanRow]) -> dict[str, Any]:
        taken = [row for row in rows if row.is_taken]
        return {
            "item": self.for_item,
            "kind": self.kind,
            "rows": rows,
            "taken": len(taken),
            "problems": sum(bool(row.problem) for row in rows),
            "unchanged": sum(bool(row.note) for row in rows),
            "plan": plans.sealed(self.for_item, taken, self.request.user),
        }

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response


class EnterSheet(PlanView):
    """Rows as the printed sheet numbers them (`?group=` as it was printed)."""

    kind = "sheet"
    form_class = SheetForm

    def rows(self, form: Any) -> list[plans.PlanRow]:
        rest = form.cleaned_data["rest"]
        return plans.sheet_rows(self.entries, {state: form.cleaned_data[state] for state in AttendanceState.values}, "" if rest == "leave_alone" else rest)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"sheet_list": list(enumerate(self.entries, start=1))}


class ImportScans(PlanView):
    kind = "scans"
    form_class = ScannerForm

    def rows(self, form: Any) -> list[plans.PlanRow]:
        upload = form.cleaned_data["file"]
        sheet = read_cells(upload.read(), upload.name)
        return plans.file_rows(sheet, self.entries, self.for_item, form.cleaned_data["late_after"], timezone.now())


class RecordPlan(ItemPolicy, View):
    """Carry a preview out."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        item = self.item(pk)
        try:
            number = plans.carry_out(text=request.POST.get("plan", ""), item=item, by=request.user, now=timezone.now())
        except RuleViolation as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, ngettext("%(number)s person noted.", "%(number)s people noted.", number) % {"number": number})
        return HttpResponseRedirect(reverse("attendance:roll_call", args=[item.pk]))
