"""The roster of a program as its sender, district or organiser sees it, and the page of one registration."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.programs.models import Program
from exchange import access
from exchange.pages import Page, RuleFormView, ScopedList
from participants.directory.models import Organisation
from participants.people import consent
from participants.people.export_forms import NumbersForm
from participants.people.export_pages import AskExport, titles
from participants.people.fields import is_nameless, shield_registrations
from participants.people.models import Export
from participants.people.rules import feed_url, link_url
from participants.people.search import matching
from participants.rosters import export, review
from participants.rosters.action_pages import BULK_DONE, decide, report
from participants.rosters.forms import SubmitForm, sending_units
from participants.rosters.listing import number, segments, undo_address
from participants.rosters.models import Allocation, Delegation, Registration
from participants.rosters.next_steps import next_steps
from participants.rosters.review_pages import panel_of
from participants.rosters.status import ENDED, RegistrationStatus
from participants.rosters.undo import may_undo

S = RegistrationStatus
VIEWS: dict[str, Any] = {
    "active": pgettext_lazy("registrations", "All"),
    "draft": S.DRAFT.label,
    "returned": S.RETURNED.label,
    "submitted": S.SUBMITTED.label,
    "endorsed": S.ENDORSED.label,
    "confirmed": S.CONFIRMED.label,
    "waitlisted": S.WAITLISTED.label,
    "ended": pgettext_lazy("registrations", "Ended"),
}
CONDITIONS: dict[str, Q] = {
    **{name: Q(status=name) for name in VIEWS if name not in ("active", "ended")},
    "active": ~Q(status__in=sorted(ENDED)),
    "ended": Q(status__in=sorted(ENDED)),
}


def program_or_404(view: Any) -> Program:
    return view.visible(review.my_programs(view.request.user).select_related("organiser"), pk=view.kwargs["pk"])


class RosterPage(ScopedList):
    """The roster of one program, as far as the user sees it."""

    access = "signed_in"
    template_name = "rosters/program.html"
    model = Registration
    context_object_name = "registrations"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            self.program = program_or_404(self)
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        rows = matching(super().get_queryset().filter(program=self.program).for_list(), self.request.GET.get("q", "")[:100], "person", reader=self.request.user)
        for name, lookup in (("delegation", "delegation_id"), ("unit", "organisation_id"), ("group", "group_id")):
            chosen = number(self.request.GET, name)
            rows = rows.filter(**{lookup: chosen}) if chosen else rows
        self.counts = rows.order_by().aggregate(**{name: Count("pk", filter=condition) for name, condition in CONDITIONS.items()})
        self.current = self.request.GET.get("status") if self.request.GET.get("status") in VIEWS else "active"
        return rows.filter(CONDITIONS[self.current])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, program = self.request.user, self.program
        context = super().get_context_data(**kwargs)
        shield_registrations(context["registrations"], user)
        labels = {name: label for name, label in VIEWS.items() if self.counts[name] or name in ("active", self.current)}
        may_add = access.may(user, "registration.change") and sending_units(user, program).exists() and program.status == "published"
        return context | dict(
            program=program,
            views=segments(self.request, "status", labels, self.counts, str(self.current)),
            counts=self.counts,
            current=self.current,
            filters=self.filters(),
            steps=next_steps(user, program),
            quotas=self.quotas(),
            may_add=may_add,
            may_act=access.may(user, "registration.withdraw"),
            asks_guardians=self.asks_guardians(),
            may_remind=program.is_open_for_registration(timezone.now()) and access.may(user, "delegation.change", program),
            may_watch=access.may(user, "audit.view"),
            may_export=access.may(user, "registration.withdraw") and self.counts["active"],
            here=self.request.get_full_path(),
            is_filtered=any(self.request.GET.get(name) for name in ("q", "delegation", "unit", "group")),
        )

    def asks_guardians(self) -> bool:
        """Children are among the people whom the user keeps."""
        seen = Registration.objects.visible_to(self.request.user).filter(program=self.program)
        children = seen.active().filter(person__birth_on__gt=consent.years_before(self.program.starts_on, consent.AGE))
        return access.may(self.request.user, "person.change") and children.exists()

    def filters(self) -> dict[str, Any]:
        """Choices of the selects: only what occurs on the part of the roster that the user sees."""
        seen = Registration.objects.visible_to(self.request.user).filter(program=self.program).order_by()
        return {
            "delegations": Delegation.objects.filter(pk__in=seen.values("delegation_id")).select_related("organisation"),
            "units": Organisation.objects.filter(pk__in=seen.values("organisation_id")).order_by("path")[:200],
            "groups": self.program.groups.all(),
            **{name: number(self.request.GET, name) for name in ("delegation", "unit", "group")},
        }

    def quotas(self) -> list[dict[str, Any]]:
        """Bars at the head of the page: the allocation of a coordinator's unit, else the delegations that the user sees."""
        user = self.request.user
        schools = [scope.organisation_id for scope in user.scopes if scope.role == access.COORDINATOR]
        own = Allocation.objects.visible_to(user).filter(delegation__program=self.program, organisation_id__in=schools)
        rows: Any = list(own.with_figures().select_related("organisation__division"))
        if not rows:
            rows = Delegation.objects.visible_to(user).filter(program=self.program).with_figures().select_related("organisation__division")[:12]
        return [{"row": row, "name": row.organisation.short, "code": row.organisation.division_id or ""} for row in rows]


class RegistrationPage(Page):
    """One registration: the person, the steps, the history, and what may be done now."""

    access = "signed_in"
    template_name = "rosters/registration.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.visible(Registration.objects.for_list(), pk=self.kwargs["pk"])
        history = review.history(row)
        if is_nameless(row.person, self.request.user, row):
            history = [{**entry, "reason": ""} for entry in history]
        panel = panel_of(row, self.request.user)
        links = {"link": link_url(row.person), "feed": feed_url(row.person)} if access.may(self.request.user, "person.link", row.person) else {}
        chain = {"before": row.replaces, "later": Registration.objects.filter(replaces=row).select_related("person").first()}
        undo_substitution = row.replaces is not None and may_undo(row.replaces, self.request.user)
        shield_registrations([other for other in chain.values() if other is not None], self.request.user)
        return super().get_context_data(**kwargs, **panel, **links, **chain, undo_substitution=undo_substitution, history=history, here=self.request.path)


class SubmitAllPage(RuleFormView):
    """All drafts and corrected rows of the program that the user may submit, at once."""

    access = "registration.submit"
    template_name = "rosters/submit_all.html"
    form_class = SubmitForm

    def rows(self) -> list[Registration]:
        if not hasattr(self, "_rows"):
            self.program = program_or_404(self)
            open_rows = Registration.objects.visible_to(self.request.user).filter(program=self.program, status__in=[S.DRAFT, S.RETURNED])
            self._rows = [row for row in open_rows.for_list() if access.may(self.request.user, "registration.submit", row)]
        return self._rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, rows=self.rows(), program=self.program, back_url=reverse("rosters:program", args=[self.program.pk]))

    def apply(self, form: Any) -> str:
        rows = self.rows()
        done, refused = decide(self.request.user, "submit", rows, **form.cleaned_data)
        waiting = [row for row in done if row.status == S.WAITLISTED]
        report(self.request, [row for row in done if row not in waiting], refused, str(BULK_DONE["submit"](len(done) - len(waiting))), undo_address(done))
        if waiting:
            messages.success(self.request, _("On the waiting list: %(names)s.") % {"names": review.names_of(waiting)})
        return reverse("rosters:program", args=[self.program.pk])


class ExportPage(AskExport):
    """The roster as a workbook: asks for a reason, is recorded, and waits among the own exports."""

    access = "registration.withdraw"
    form_class = NumbersForm

    @cached_property
    def program(self) -> Program:
        return program_or_404(self)

    @cached_property
    def rows(self) -> list[Registration]:
        return list(Registration.objects.visible_to(self.request.user).filter(program=self.program).active().for_list())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        admitted = len(consent.admitted(self.rows))
        return super().get_context_data(
            **kwargs,
            heading=_("Export the roster"),
            subject=self.program,
            columns=titles(export.columns()),
            people=admitted,
            left_out=len(self.rows) - admitted,
            back_url=reverse("rosters:program", args=[self.program.pk]),
        )

    def make(self, form: Any) -> Export:
        return export.export_roster(program=self.program, registrations=self.rows, by=self.request.user, now=timezone.now(), **form.cleaned_data)
