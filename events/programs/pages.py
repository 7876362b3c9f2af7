"""The desk's pages of programs and seasons."""

from functools import cached_property
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.kinds.base import ProgramKind
from events.kinds.registry import KIND_CHOICES, KINDS
from events.programs import history, listing, naming, rules
from events.programs.forms import CancelForm, CopyForm, ProgramForm, SeriesForm
from events.programs.models import Program, Series
from exchange import access
from exchange.pages import Page, PageForm, RuleFormView, ScopedList


class ProgramList(ScopedList):
    """Programs that the user's offices organise or take part in."""

    access = "desk"
    queryset = Program.objects.for_list()
    template_name = "programs/list.html"
    context_object_name = "programs"
    search_fields = ["title_zh", "title_en", "place_zh", "organiser__name_zh", "series__name_zh"]
    ordering_fields = ["starts_on", "title_zh"]
    views = ("draft", "open", "upcoming", "running", "past", "cancelled")

    def get_queryset(self) -> Any:
        self.wanted = listing.filters(self.request)
        user, view, now = self.request.user, self.wanted["view"], timezone.now()
        rows = super().get_queryset().concerning(user)
        if view:
            rows = rows.organised_by(user) if view == "mine" else rows.inviting(user)
        if self.wanted["kind"]:
            rows = rows.filter(kind=self.wanted["kind"])
        self.counts = rows.phase_counts(now)
        if self.wanted["state"]:
            rows = listing.in_view(rows, self.wanted["state"], now)
        return rows if self.wanted["order"] else listing.current_first(rows, timezone.localdate(now))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(
            wanted=self.wanted,
            kinds=KIND_CHOICES,
            views=listing.phase_views(self.request, self.counts, self.views, self.wanted["state"]),
            chips=listing.chips(self.request, self.wanted),
            may_create=access.may(self.request.user, "program.create"),
            **kwargs,
        )
        listing.add_place_counts(list(context["programs"]), self.request.user)
        return context


class ProgramDesk(Page):
    """One program for those who organise it or take part: where it stands, where each part of the work is done, what changed."""

    access = "desk"
    template_name = "programs/detail.html"
    ACTIONS = ("program.change", "delegation.change", "attendance.record", "certificate.watch", "audit.view")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        program = self.visible(Program.objects.for_page().concerning(user), pk=kwargs["pk"])
        may = {action.replace(".", "_"): access.may(user, action, program) for action in self.ACTIONS}
        return super().get_context_data(
            program=program,
            kind=program.kind_rules,
            may=may,
            is_open=program.status in ("draft", "published"),
            can_complete=program.status == "published" and program.ends_on <= timezone.localdate(),
            delegations=listing.delegations_with_counts(program, user),
            changes=history.recent(program, user) if may["audit_view"] else [],
            **kwargs,
        )


class ChooseKind(Page):
    access = "program.create"
    template_name = "programs/choose_kind.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(kinds=KINDS.values(), **kwargs)


class ProgramFormPage(RuleFormView):
    """Base of both forms: what every program has, and below it what its kind has."""

    form_class = ProgramForm
    template_name = "programs/form.html"
    program: Program | None = None
    kind: ProgramKind

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user, "instance": self.program}

    @cached_property
    def details_form(self) -> Any:
        details = self.program.details if self.program else None
        form = self.kind.form_class(self.request.POST or None, instance=details, prefix="details")
        form.limit(self.request.user)
        return form

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        valid = [form.is_valid(), self.details_form.is_valid()]
        return self.form_valid(form) if all(valid) else self.form_invalid(form)

    def fields(self, form: ProgramForm) -> dict[str, Any]:
        naming.check_named(self.request.user, self.access, form.cleaned_data, self.program)
        return {**form.cleaned_data, "co_organisers": list(form.cleaned_data["co_organisers"]), "details": self.details_form.cleaned_data}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(details_form=self.details_form, kind=self.kind, program=self.program, places=naming.places(), **kwargs)
        form = context["form"]
        context["sections"] = [(title, [form[name] for name in names.split()]) for title, names in ProgramForm.SECTIONS]
        context["details_fields"] = self.details_form.visible_fields()
        return context


class NewProgram(ProgramFormPage):
    access = "program.create"

    @property
    def kind(self) -> ProgramKind:  # type: ignore[override]
        if self.kwargs["kind"] not in KINDS:
            raise Http404
        return KINDS[self.kwargs["kind"]]

    def apply(self, form: Any) -> str:
        program = rules.create_program(by=self.request.user, kind=self.kind.code, **self.fields(form))
        messages.success(self.request, _("Saved as a draft. Only your own offices see it until it is published."))
        return reverse("programs:detail", args=[program.pk])


class EditProgram(ProgramFormPage):
    access = "program.change"

    @cached_property
    def program(self) -> Program:  # type: ignore[override]
        return self.allowed(Program.objects.for_page(), pk=self.kwargs["pk"])

    @property
    def kind(self) -> ProgramKind:  # type: ignore[override]
        return self.program.kind_rules

    def apply(self, form: Any) -> str:
        rules.change_program(program=self.program, by=self.request.user, **self.fields(form))
        messages.success(self.request, _("The program was saved."))
        return reverse("programs:detail", args=[self.program.pk])


class ProgramStep(RuleFormView):
    """A step of a program's life: a page that says what will happen, and the button that does it."""

    form_class = PageForm
    template_name = "programs/step.html"
    heading: ClassVar[Any]
    sentence: ClassVar[Any]
    submit_label: ClassVar[Any]
    submit_class = "btn-primary"
    done: ClassVar[Any]

    @cached_property
    def program(self) -> Program:
        return self.allowed(Program.objects.for_list(), pk=self.kwargs["pk"])

    def step(self, **options: Any) -> Program:
        raise NotImplementedError(f"{type(self).__name__}.step")

    def apply(self, form: Any) -> str:
        program = self.step(program=self.program, by=self.request.user, **form.cleaned_data)
        messages.success(self.request, self.done)
        return reverse("programs:detail", args=[program.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            program=self.program,
            heading=self.heading,
            sentence=self.sentence,
            submit_label=self.submit_label,
            submit_class=self.submit_class,
            back_url=reverse("programs:detail", args=[self.program.pk]),
            **kwargs,
        )


class PublishProgram(ProgramStep):
    access = "program.publish"
    heading = _("Publish the program")
    sentence = _("Its page and calendar appear, the invited bureaus see it, and registration opens at the time you set. Publishing cannot be taken back.")
    submit_label = pgettext_lazy("program", "Publish")
    done = _("The program is published.")

    def step(self, **options: Any) -> Program:
        return rules.publish(at=timezone.now(), **options)


class CompleteProgram(ProgramStep):
    access = "program.complete"
    heading = _("Complete the program")
    sentence = _("The itinerary and the settings are closed for good. Attendance can still be corrected and certificates issued.")
    submit_label = pgettext_lazy("program", "Complete")
    done = _("The program is completed.")

    def step(self, **options: Any) -> Program:
        return rules.complete(at=timezone.now(), **options)


class CancelProgram(ProgramStep):
    access = "program.cancel"
    form_class = CancelForm
    heading = _("Cancel the program")
    sentence = _("Registration ends at once, and the page says that the program is cancelled. This cannot be taken back.")
    submit_label = _("Cancel the program")
    submit_class = "btn-danger"
    done = _("The program is cancelled.")

    def step(self, **options: Any) -> Program:
        return rules.cancel(at=timezone.now(), **options)


class CopyProgram(ProgramStep):
    access = "program.copy"
    form_class = CopyForm
    heading = _("Copy the program")
    sentence = _("A new draft with the same settings, groups and itinerary. Delegations and people do not come along.")
    submit_label = _("Make a copy")
    done = _("This is the copy, a draft.")

    def get_initial(self) -> dict[str, Any]:
        return {"title_zh": self.program.title_zh}

    def step(self, **options: Any) -> Program:
        return rules.copy_program(**options)


class SeriesList(ScopedList):
    """Seasons to which the user may add programs."""

    access = "series.change"
    queryset = Series.objects.select_related("organiser")
    template_name = "programs/series_list.html"
    context_object_name = "seasons"
    search_fields = ["name_zh", "name_en", "organiser__name_zh"]

    def get_queryset(self) -> Any:
        return super().get_queryset().joinable_by(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        visible = Program.objects.visible_to(self.request.user).order_by()
        counts = dict(visible.filter(series__in=[row.pk for row in context["seasons"]]).values_list("series_id").annotate(Count("pk")))
        for row in context["seasons"]:
            row.shown = counts.get(row.pk, 0)
            row.may_change = access.may(self.request.user, "series.change", row)
        return context


class SeriesFormPage(RuleFormView):
    access = "series.change"
    form_class = SeriesForm
    template_name = "programs/series_form.html"
    series: Series | None = None

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user, "instance": self.series}

    def apply(self, form: Any) -> str:
        rules.save_series(by=self.request.user, series=self.series, **form.cleaned_data)
        messages.success(self.request, _("The season was saved."))
        return reverse("programs:series_list")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(series=self.series, **kwargs)


class NewSeries(SeriesFormPage):
    """A new season."""


class EditSeries(SeriesFormPage):
    @cached_property
    def series(self) -> Series:  # type: ignore[override]
        return self.allowed(Series.objects.all(), pk=self.kwargs["pk"])
