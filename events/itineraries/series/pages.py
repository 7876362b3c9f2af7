"""Pages of series of lessons: the list, a new one, one with its lessons, another rule from some day on, calling the rest off."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.itineraries import undoing
from events.itineraries.pages import PROGRAMS, Confirmation, board_url, date_of, may_plan, undo_tag
from events.itineraries.series import rules
from events.itineraries.series.forms import SeriesForm, initial_of
from events.itineraries.series.models import LessonHost, LessonSeries
from events.itineraries.series.preview import Preview, preview
from events.itineraries.series.recurrence import left_out
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import house_dates
from exchange.pages import Page, RuleFormView, ScopedList

TURNS = Prefetch("turns", LessonHost.objects.select_related("organisation"))
SERIES = LessonSeries.objects.select_related("program__organiser", "venue").prefetch_related(TURNS, "groups")


def series_url(series: LessonSeries) -> str:
    return reverse("itineraries:lesson_series", args=[series.pk])


class SeriesList(ScopedList):
    """`/desk/programs/<pk>/itinerary/series/`: the series that have lessons."""

    access = "itinerary.change"
    template_name = "itineraries/series_list.html"
    paginate_by = 30

    @cached_property
    def program(self) -> Program:
        return self.allowed(PROGRAMS, pk=self.kwargs["pk"])

    def get_queryset(self) -> Any:
        self.queryset = SERIES.with_lessons().filter(program=self.program)
        return super().get_queryset()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        can_change = may_plan(self.request.user, self.program)
        return super().get_context_data(program=self.program, back_url=board_url(self.program), can_change=can_change, **kwargs)


class SeriesFormPage(RuleFormView):
    """The form, then what it would do, and only then the button that does it; a form changed meanwhile is shown again first."""

    access = "itinerary.change"
    template_name = "itineraries/series_form.html"
    form_class = SeriesForm
    program: Program
    series: LessonSeries | None = None

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"program": self.program, "user": self.request.user}

    def form_valid(self, form: SeriesForm) -> HttpResponse:
        try:
            shown = preview(self.program, form.facts(), self.series)
        except rules.RuleViolation as refusal:
            form.add_error(refusal.field, refusal.message)
            return self.form_invalid(form)
        if self.request.POST.get("seen") == shown.key:
            return super().form_valid(form)
        return self.show(form, shown)

    def show(self, form: SeriesForm, shown: Preview) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form, preview=shown), status=200)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(program=self.program, series=self.series, back_url=self.back_url, **kwargs)

    @property
    def back_url(self) -> str:
        return reverse("itineraries:series", args=[self.program.pk])

    def say(self, text: str, **undo: Any) -> None:
        waits = _("%(text)s It waits to be published.") % {"text": text} if self.program.status == ProgramStatus.PUBLISHED else text
        messages.success(self.request, waits, **undo)


class NewSeries(SeriesFormPage):
    """`/desk/programs/<pk>/itinerary/series/new/?day=…`."""

    @cached_property
    def program(self) -> Program:  # type: ignore[override]
        return self.allowed(PROGRAMS, pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        first = date_of(self.request, "day") or self.program.starts_on
        return super().get_initial() | {"first": first, "last": self.program.ends_on, "weekdays": [first.isoweekday()]}

    def apply(self, form: SeriesForm) -> str:
        now = timezone.now()
        series = rules.plan_series(program=self.program, by=self.request.user, at=now, **form.facts())
        lessons = rules.lessons_of(series)
        step = undoing.remember(self.request, self.program, now, added=lessons)
        words = ngettext("%(count)s lesson is planned.", "%(count)s lessons are planned.", len(lessons)) % {"count": len(lessons)}
        self.say(words, extra_tags=undo_tag(self.program, step))
        return series_url(series)


class SeriesDetail(Page):
    """`/desk/lesson-series/<pk>/`: the rule, every lesson, and the days left out."""

    access = "itinerary.change"
    template_name = "itineraries/series_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        series = self.allowed(SERIES, pk=self.kwargs["pk"])
        lessons = rules.lessons_of(series)
        unusual = {item.pk for item in lessons if item.starts_at != series.times(item.series_day)[0]}  # type: ignore[arg-type]
        return super().get_context_data(
            series=series,
            program=series.program,
            lessons=lessons,
            unusual=unusual,
            left_out=left_out(series.rule),
            since=rules.next_day(series, timezone.now()),
            can_change=may_plan(self.request.user, series.program),
            later=LessonSeries.objects.with_lessons().filter(continues=series).first(),
            back_url=reverse("itineraries:series", args=[series.program_id]),
            **kwargs,
        )


class ChangeSeries(SeriesFormPage):
    """`/desk/lesson-series/<pk>/change/?from=…`: another rule for this lesson and those that follow."""

    @cached_property
    def series(self) -> LessonSeries:  # type: ignore[override]
        return self.allowed(SERIES, pk=self.kwargs["pk"])

    @property
    def program(self) -> Program:  # type: ignore[override]
        return self.series.program

    @property
    def back_url(self) -> str:
        return series_url(self.series)

    def get_initial(self) -> dict[str, Any]:
        since: date = date_of(self.request, "from") or rules.next_day(self.series, timezone.now())
        return super().get_initial() | initial_of(self.series, since)

    def apply(self, form: SeriesForm) -> str:
        now, before = timezone.now(), undoing.states(rules.lessons_of(self.series))
        changed = rules.change_following(series=self.series, by=self.request.user, at=now, **form.facts())
        after = undoing.states([*rules.lessons_of(self.series), *rules.lessons_of(changed)])
        step = undoing.remember_difference(self.request, self.program, now, before, after)
        words = _("The lessons from %(day)s on follow the new rule.") % {"day": house_dates.day(changed.first)}
        self.say(words, extra_tags=undo_tag(self.program, step))
        return series_url(changed)


class RemoveSeries(Confirmation):
    """Asks before the lessons that are left are called off."""

    access = "itinerary.change"

    @cached_property
    def series(self) -> LessonSeries:
        return self.allowed(SERIES, pk=self.kwargs["pk"])

    @property
    def since(self) -> date:
        return date_of(self.request, "from") or rules.next_day(self.series, timezone.now())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_draft = self.series.program.status == ProgramStatus.DRAFT
        stays = _("They stay in every calendar as cancelled, once you publish this.")
        gone = _("The program is still a draft, so nobody has seen them, and they go.")
        return super().get_context_data(
            heading=_("Call off “%(title)s” from %(day)s on") % {"title": self.series, "day": house_dates.day(self.since)},
            sentence=gone if is_draft else stays,
            submit_label=_("Call these lessons off"),
            program=self.series.program,
            back_url=series_url(self.series),
            **kwargs,
        )

    def apply(self, form: Any) -> str:
        series, now, before = self.series, timezone.now(), undoing.states(rules.lessons_of(self.series))
        count = rules.remove_series(series=series, since=self.since, by=self.request.user, at=now)
        step = undoing.remember_difference(self.request, series.program, now, before, undoing.states(rules.lessons_of(series)))
        words = ngettext("%(count)s lesson is called off.", "%(count)s lessons are called off.", count) % {"count": count}
        messages.success(self.request, words, extra_tags=undo_tag(series.program, step))
        return reverse("itineraries:series", args=[series.program_id])
