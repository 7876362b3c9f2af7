"""The faces of register.py: export of a program, the year's hours, and the history of one person."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from exchange.pages import Page, PageForm, Policed, RuleFormView
from exchange.transitions import RuleViolation
from participants.attendance import register
from participants.attendance.hours import summaries
from participants.attendance.models import AttendanceRecord
from participants.attendance.papers import XLSX, HoursOfProgram, attachment
from participants.rosters.models import Registration

FIRST_YEAR = 2015
PEOPLE_PER_PAGE = 50
MOST_PEOPLE = 20_000  # of one workbook


class RegisterForm(PageForm):
    full_numbers = forms.BooleanField(
        label=gettext_lazy("With full ID numbers"),
        required=False,
        help_text=gettext_lazy("Only of people whose numbers you may look at. That you took them is recorded."),
    )
    reason = forms.CharField(label=gettext_lazy("What the full numbers are needed for"), max_length=300, required=False)


class Register(HoursOfProgram, RuleFormView):
    """Choose masked or full numbers, and download."""

    template_name = "attendance/register.html"
    form_class = RegisterForm

    @cached_property
    def found(self) -> Any:
        return self.program_and_rows(self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        program, rows = self.found
        return super().get_context_data(**kwargs) | {"program": program, "total": sum(summary.is_eligible for _row, summary in rows), "left_out": len(rows)}

    def form_valid(self, form: Any) -> HttpResponse:
        program, rows = self.found
        try:
            content = register.export_register(program=program, rows=rows, by=self.request.user, **form.cleaned_data)
        except RuleViolation as refusal:
            form.add_error(refusal.field, refusal.message)
            return self.form_invalid(form)
        return attachment(content, XLSX, f"{program}-{_('Register of continuing education')}.xlsx")


class ThisYear(Policed, View):
    """`/desk/hours/` leads to the current year."""

    access = "signed_in"

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("attendance:year", args=[timezone.localdate().year]))


class YearPolicy(Policed):
    access = "signed_in"

    def people(self, year: int) -> Any:
        if not FIRST_YEAR <= year <= timezone.localdate().year + 1:
            raise Http404
        words = self.request.GET.get("q", "").strip()[:60]
        people = register.people_of_year(self.request.user, year)
        if not words:
            return people
        by_person = Q(name__icontains=words) | Q(pinyin__startswith=words.lower()) | Q(initials__startswith=words.lower())
        return people.filter(by_person | Q(organisation__name_zh__icontains=words))


class Year(YearPolicy, Page):
    """Hours per teacher of the units and programs that the user sees."""

    template_name = "attendance/year.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        year = self.kwargs["year"]
        page = Paginator(self.people(year), PEOPLE_PER_PAGE).get_page(self.request.GET.get("page"))
        this = timezone.localdate().year
        views = [{"label": str(one), "url": reverse("attendance:year", args=[one]), "current": one == year} for one in range(this, this - 4, -1)]
        return super().get_context_data(**kwargs) | {"year": year, "page_obj": page, "years": register.years_of(page, self.request.user, year), "views": views}


class YearWorkbook(YearPolicy, View):
    def get(self, request: HttpRequest, year: int) -> HttpResponse:
        content = register.export_year(user=request.user, year=year, people=self.people(year)[:MOST_PEOPLE])
        return attachment(content, XLSX, f"{year}-{_('Credit hours')}.xlsx")


class PersonAttendance(Page):
    """What is noted of one person, and every correction of it."""

    access = "signed_in"
    template_name = "attendance/history.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        registration = self.visible(Registration.objects.for_list(), pk=self.kwargs["pk"])
        records = AttendanceRecord.objects.filter(registration=registration).select_related("item", "recorded_by").order_by("item__starts_at")
        return super().get_context_data(**kwargs) | {
            "registration": registration,
            "summary": summaries([registration])[registration.pk],
            "records": records,
            "history": register.history_of(registration),
        }
