"""The faces of register.py: export of a program, the year's hours, and the history of one person."""

from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from exchange import access
from exchange.pages import Page, Policed
from participants.attendance import hour_files, register
from participants.attendance.hours import summaries
from participants.attendance.models import AttendanceRecord
from participants.attendance.papers import HoursOfProgram
from participants.people.export_forms import HoursForm, RegisterForm
from participants.people.export_pages import AskExport, titles
from participants.people.fields import findable, is_nameless, shield_registrations
from participants.people.models import Export, Person
from participants.rosters.models import Registration

FIRST_YEAR = 2015
PEOPLE_PER_PAGE = 50
MOST_PEOPLE = 20_000  # of one workbook


class ExportHours(HoursOfProgram, AskExport):
    """The table of hours as a workbook."""

    access = "registration.withdraw"
    form_class = HoursForm
    heading: ClassVar[Any] = gettext_lazy("Workbook of hours")
    columns = staticmethod(hour_files.hours_columns)

    @cached_property
    def found(self) -> Any:
        return self.program_and_rows(self.kwargs["pk"])

    def rows(self) -> list[hour_files.Row]:
        found: list[hour_files.Row] = self.found[1]
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        program, rows = self.found[0], self.rows()
        people = len(hour_files.admitted(rows, self.request.user))
        return super().get_context_data(**kwargs) | {
            "heading": self.heading,
            "subject": program,
            "columns": titles(self.columns()),
            "people": people,
            "left_out": len(rows) - people,
            "back_url": reverse("attendance:hours", args=[program.pk]),
        }

    def make(self, form: Any) -> Export:
        return hour_files.export_hours(program=self.found[0], rows=self.rows(), by=self.request.user, now=timezone.now(), **form.cleaned_data)


class Register(ExportHours):
    """Those whose attendance suffices, with masked or full ID numbers."""

    form_class = RegisterForm
    heading = gettext_lazy("Register of continuing education")
    columns = staticmethod(hour_files.register_columns)

    def rows(self) -> list[hour_files.Row]:
        return [row for row in super().rows() if row[1].is_eligible]

    def make(self, form: Any) -> Export:
        return hour_files.export_register(program=self.found[0], rows=self.rows(), by=self.request.user, now=timezone.now(), **form.cleaned_data)


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
        by_name = findable(Person.objects.filter(by_person), self.request.user).values("pk")
        return people.filter(Q(pk__in=by_name) | Q(organisation__name_zh__icontains=words))


class Year(YearPolicy, Page):
    """Hours per teacher of the units and programs that the user sees."""

    template_name = "attendance/year.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        year = self.kwargs["year"]
        may_export = access.may(self.request.user, "registration.withdraw")
        page = Paginator(self.people(year), PEOPLE_PER_PAGE).get_page(self.request.GET.get("page"))
        this = timezone.localdate().year
        views = [{"label": str(one), "url": reverse("attendance:year", args=[one]), "current": one == year} for one in range(this, this - 4, -1)]
        return super().get_context_data(**kwargs) | {
            "year": year,
            "page_obj": page,
            "years": register.years_of(page, self.request.user, year),
            "views": views,
            "may_export": may_export,
        }


class ExportYear(YearPolicy, AskExport):
    """The hours of a year, as far as the user sees them, as a workbook; `?q=` narrows as on the page."""

    access = "registration.withdraw"
    form_class = HoursForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        year = self.kwargs["year"]
        return super().get_context_data(**kwargs) | {
            "heading": _("Credit hours %(year)s") % {"year": year},
            "subject": str(year),
            "columns": titles(hour_files.year_columns()),
            "people": min(self.people(year).count(), MOST_PEOPLE),
            "back_url": reverse("attendance:year", args=[year]),
        }

    def make(self, form: Any) -> Export:
        year = self.kwargs["year"]
        return hour_files.export_year(by=self.request.user, year=year, people=self.people(year)[:MOST_PEOPLE], now=timezone.now(), **form.cleaned_data)


class PersonAttendance(Page):
    """What is noted of one person, and every correction of it."""

    access = "signed_in"
    template_name = "attendance/history.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        registration = self.visible(Registration.objects.for_list(), pk=self.kwargs["pk"])
        summary = summaries([registration])[registration.pk]
        hides_reasons = is_nameless(registration.person, self.request.user, registration)
        shield_registrations([registration], self.request.user)
        records = AttendanceRecord.objects.filter(registration=registration).select_related("item", "recorded_by").order_by("item__starts_at")
        return super().get_context_data(**kwargs) | {
            "registration": registration,
            "summary": summary,
            "records": records,
            "hides_reasons": hides_reasons,
            "history": register.history_of(registration),
        }
