"""The table of public holidays and of school terms, which the hints of planners come from."""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.itineraries import holidays, terms
from events.itineraries.forms import SANE_DATES
from events.itineraries.pages import Confirmation
from events.itineraries.terms import SchoolTerm, TermStage
from exchange import access
from exchange.pages import Page, PageForm, PageModelForm, RuleFormView

YEARS_AHEAD = 2
HOME = ("110000", "120000", "130000")  # Beijing, Tianjin, Hebei


def year_url() -> str:
    return reverse("itineraries:year")


class SchoolYear(Page):
    """`/desk/school-year/?year=2027`: both tables."""

    access = "signed_in"
    template_name = "itineraries/year.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        this = timezone.localdate().year
        years = range(this - 1, this + YEARS_AHEAD + 1)
        asked = self.request.GET.get("year", "")
        year = int(asked) if asked in map(str, years) else this
        days = holidays.days_in(year)
        return super().get_context_data(
            years=years,
            year=year,
            spans=holidays.spans(days),
            source=days[0].source if days else "",
            school_years=self.school_years(year),
            can_edit_terms=access.may(self.request.user, "term.change"),
            can_edit_holidays=access.may(self.request.user, "holidays.change"),
            **kwargs,
        )

    def school_years(self, year: int) -> list[dict[str, Any]]:
        """Those that the calendar year has part of, each with the places of home that nothing is announced for."""
        rows = list(SchoolTerm.objects.visible_to(self.request.user).filter(starts_on__year__range=(year - 1, year + 1)).select_related("division")[:500])
        home = apps.get_model("participants.Division").objects.in_bulk(HOME)
        found = []
        for start in (year - 1, year):
            own = terms.of_year(start, rows)
            missing = [home[code] for code in HOME if code in home and code not in {term.division_id for term in own}]
            found.append({"start": start, "end": start + 1, "terms": own, "missing": missing})
        return found


class HolidaysForm(PageForm):
    lines = forms.CharField(
        label=gettext_lazy("A line a day or for several days"),
        required=False,
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 16}),
        help_text=gettext_lazy("Such as 2027-10-01—2027-10-07 休 国庆节, or 2027-10-09 班 国庆节 for a weekend on which people work."),
    )
    source = forms.CharField(label=gettext_lazy("Number of the notice"), required=False, max_length=120)


class YearFormView(RuleFormView):
    """A form about the year in the address; one that nobody plans for becomes this year."""

    @property
    def year(self) -> int:
        return int(self.kwargs["year"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not 2000 <= kwargs["year"] <= 2100:
            kwargs["year"] = self.kwargs["year"] = timezone.localdate().year
        return super().dispatch(request, *args, **kwargs)


class Holidays(YearFormView):
    """`/desk/school-year/2027/holidays/`: the administrator writes a year's notice."""

    access = "holidays.change"
    template_name = "itineraries/holidays.html"
    form_class = HolidaysForm

    def get_initial(self) -> dict[str, Any]:
        days = holidays.days_in(self.year)
        return {"lines": holidays.as_text(days), "source": days[0].source if days else ""}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(year=self.year, back_url=f"{year_url()}?year={self.year}", **kwargs)

    def apply(self, form: HolidaysForm) -> str:
        data = form.cleaned_data
        days = holidays.save_year(year=self.year, text=data["lines"], source=data["source"], by=self.request.user)
        messages.success(self.request, _("%(year)s: %(count)s days are noted.") % {"year": self.year, "count": len(days)})
        return f"{year_url()}?year={self.year}"


def places() -> Any:
    return apps.get_model("participants.Division").objects.filter(level__in=["province", "prefecture", "county"])


class SchoolYearForm(PageForm):
    """Both terms of one school year, as the authority announces them."""

    division: Any = forms.ModelChoiceField(None, label=gettext_lazy("place"))
    stage = forms.ChoiceField(label=gettext_lazy("for"), choices=TermStage, required=False)
    first_starts = forms.DateField(label=gettext_lazy("First term: first day of school"), validators=SANE_DATES)
    first_ends = forms.DateField(label=gettext_lazy("First term: last day of school"), validators=SANE_DATES)
    second_starts = forms.DateField(label=gettext_lazy("Second term: first day of school"), validators=SANE_DATES)
    second_ends = forms.DateField(label=gettext_lazy("Second term: last day of school"), validators=SANE_DATES)
    source = forms.CharField(label=gettext_lazy("source"), max_length=120, help_text=gettext_lazy("Who announced it, where and when."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        division: Any = self.fields["division"]
        division.queryset = places()
        division.help_text = _("A province, or a city or district that differs from it.")

    def dates(self) -> terms.YearDates:
        data = self.cleaned_data
        return terms.YearDates((data["first_starts"], data["first_ends"]), (data["second_starts"], data["second_ends"]))


class EnterSchoolYear(YearFormView):
    """`/desk/school-year/2026/terms/?place=120000&copy=1`: both terms of a school year at once, on request beginning with the year before."""

    access = "term.change"
    template_name = "itineraries/school_year.html"
    form_class = SchoolYearForm

    @cached_property
    def before(self) -> terms.YearDates | None:
        """The year before, if it is asked for and known."""
        place = self.request.GET.get("place", "")
        known = "copy" in self.request.GET and place.isdigit() and len(place) == len(HOME[0])
        return terms.dates_before(place, self.year, self.request.GET.get("stage", "")) if known else None

    def get_initial(self) -> dict[str, Any]:
        chosen = {"division": self.request.GET.get("place", ""), "stage": self.request.GET.get("stage", "")}
        if self.before is None:
            return chosen
        names = (("first_starts", "first_ends"), ("second_starts", "second_ends"))
        return chosen | {
            name: day for pair, days in zip(names, (self.before.first, self.before.second), strict=True) for name, day in zip(pair, days, strict=True)
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        facts = {"year": self.year, "next_year": self.year + 1, "is_copied": self.before is not None, "back_url": f"{year_url()}?year={self.year}"}
        return super().get_context_data(**facts, **kwargs)

    def apply(self, form: SchoolYearForm) -> str:
        data = form.cleaned_data
        facts = {"division": data["division"], "stage": data["stage"], "source": data["source"], "dates": form.dates()}
        terms.save_year(year=self.year, by=self.request.user, **facts)
        messages.success(self.request, _("The school year of %(place)s is entered.") % {"place": data["division"]})
        return f"{year_url()}?year={self.year}"


class TermForm(PageModelForm):
    starts_on = forms.DateField(label=gettext_lazy("First day of school"), validators=SANE_DATES)
    ends_on = forms.DateField(label=gettext_lazy("Last day of school"), validators=SANE_DATES)

    class Meta:
        model = SchoolTerm
        fields = ["division", "name", "stage", "starts_on", "ends_on", "source"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        division: Any = self.fields["division"]
        division.queryset = places()
        division.help_text = _("A province, or a city or district that differs from it.")


class TermPage(RuleFormView):
    """Add a term, or change the one of the address."""

    access = "term.change"
    template_name = "itineraries/term.html"
    form_class = TermForm

    @cached_property
    def term(self) -> SchoolTerm | None:
        return self.visible(SchoolTerm.objects.all(), pk=self.kwargs["pk"]) if "pk" in self.kwargs else None

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.term}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(term=self.term, back_url=year_url(), **kwargs)

    def apply(self, form: TermForm) -> str:
        term = terms.save_term(term=self.term, by=self.request.user, **form.cleaned_data)
        messages.success(self.request, _("“%(name)s” is saved.") % {"name": term})
        return year_url()


class DeleteTerm(Confirmation):
    access = "term.change"

    @cached_property
    def term(self) -> SchoolTerm:
        return self.visible(SchoolTerm.objects.all(), pk=self.kwargs["pk"])  # type: ignore[no-any-return]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            heading=_("Delete “%(name)s”") % {"name": self.term},
            sentence=_("Planners are no longer told which days lie outside this term."),
            submit_label=_("Delete this term"),
            back_url=year_url(),
            **kwargs,
        )

    def apply(self, form: Any) -> str:
        terms.delete_term(term=self.term, by=self.request.user)
        messages.success(self.request, _("The term is deleted."))
        return year_url()
