"""Results of a program at the desk: the list with its papers, the forms, the sheet, and issuing."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import View

from events.programs.models import Program
from exchange import access
from exchange.pages import ActionView, Page, Policed, RuleFormView
from exchange.transitions import RuleViolation
from participants.certificates import award_batches, award_sheet, awards, rules, sight, teams
from participants.certificates.award_forms import AwardForm, AwardSheetForm
from participants.certificates.award_models import RESULT_KINDS, Award
from participants.certificates.batch_pages import PROGRAMS, ROWS_A_PAGE, OrderForm, hindrance
from participants.certificates.bundles import Order
from participants.certificates.models import CertificateBatch
from participants.certificates.rendering import preview_pdf
from participants.certificates.roster import BLOCKED, ISSUED, READY, next_number

AWARD_FIELDS = "work category prize instructors"
AWARDS = Award.objects.select_related("program__organiser", "program__issuer", "organisation", *awards.REGISTERED).prefetch_related(teams.WITH_MEMBERS)


def awards_url(program: Program) -> str:
    return reverse("certificates:awards", args=[program.pk])


class ProgramAwards(Page):
    """`/desk/programs/<pk>/awards/`: every result with its paper; enter, issue, preview, download."""

    access = "certificate.watch"
    template_name = "certificates/awards.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        program = self.allowed(PROGRAMS, pk=self.kwargs["pk"])
        may_issue = access.may(self.request.user, "certificate.issue", program)
        rows = awards.standings(program, hides_names=not may_issue)
        awards.shield([row.award for row in rows], self.request.user)
        counts = {state: sum(row.state == state for row in rows) for state in (READY, BLOCKED, ISSUED)}
        context = {
            "program": program,
            "page_obj": Paginator(self.shown(rows), ROWS_A_PAGE).get_page(self.request.GET.get("page")),
            "counts": counts,
            "total": len(rows),
            "views": self.views(rows),
            "orders": Order.choices,
            "hindrance": hindrance(program),
            "batch": CertificateBatch.objects.filter(program=program, for_awards=True).first(),
            "may_issue": may_issue,
        }
        return super().get_context_data(**context, **kwargs)

    def shown(self, rows: list[awards.AwardStanding]) -> list[awards.AwardStanding]:
        view, words = self.request.GET.get("view", ""), self.request.GET.get("q", "").strip()[:100]
        if view in dict(RESULT_KINDS):
            rows = [row for row in rows if row.award.kind == view]
        if words:
            rows = [row for row in rows if any(words in text for text in (row.award.name, row.award.work, row.award.organisation.name_zh))]
        return rows

    def views(self, rows: list[awards.AwardStanding]) -> list[dict[str, Any]]:
        current = self.request.GET.get("view", "")
        words = [("", _("All"), len(rows)), *((kind, label, sum(row.award.kind == kind for row in rows)) for kind, label in RESULT_KINDS)]
        return [
            {"label": label, "count": count, "current": value == current, "url": f"?view={value}" if value else "?"}
            for value, label, count in words
            if count or not value or value == current
        ]


class ProgramForm(RuleFormView):
    """Base of the forms that belong to a program: 404 and 403 come before the form."""

    access = "certificate.issue"

    @cached_property
    def program(self) -> Program:
        return self.allowed(PROGRAMS, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        _ = self.program
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(program=self.program, **kwargs)


class AddAward(ProgramForm):
    """`/desk/programs/<pk>/awards/new/`."""

    form_class = AwardForm
    template_name = "certificates/award_form.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(award_fields=f"{AWARD_FIELDS} with_instructors", **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"program": self.program, "initial": {"kind": self.request.GET.get("kind", "award")}}

    def apply(self, form: Any) -> str:
        entered = awards.add_many(program=self.program, by=self.request.user, rows=[form.values()], with_instructors=form.cleaned_data["with_instructors"])
        messages.success(self.request, _("“%(award)s” is entered.") % {"award": entered[0]})
        return reverse("certificates:award_new", args=[self.program.pk]) if "another" in self.request.POST else awards_url(self.program)


class ChangeAward(RuleFormView):
    """`/desk/awards/<pk>/`."""

    access = "certificate.issue"
    form_class = AwardForm
    template_name = "certificates/award_form.html"

    @cached_property
    def award(self) -> Award:
        return self.allowed(AWARDS, pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"program": self.award.program, "award": self.award}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            program=self.award.program, award=self.award, may_remove=not self.award.certificates.exists(), award_fields=AWARD_FIELDS, **kwargs
        )

    def apply(self, form: Any) -> str:
        awards.change(award=self.award, by=self.request.user, **form.values())
        messages.success(self.request, _("Saved."))
        return awards_url(self.award.program)


class RemoveAward(ActionView):
    """`/desk/awards/<pk>/remove/`: off the list, while there was never a paper."""

    access = "certificate.issue"
    queryset = AWARDS
    done = gettext_lazy("The result is off the list.")

    def act(self, row: Award) -> str:
        target = awards_url(row.program)
        awards.remove(award=row, by=self.request.user)
        return target

    def back(self, row: Award) -> str:
        return awards_url(row.program)


class AwardPreview(Policed, View):
    """`/desk/awards/<pk>/preview.pdf`."""

    access = "certificate.watch"

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        award = self.allowed(AWARDS, pk=pk)
        if sight.is_withheld(award, request.user):
            raise PermissionDenied
        try:
            awards.check_consent(award)
            facts = awards.facts_of(award, timezone.localdate())
            rules.check_printable(facts)
            content = preview_pdf(facts)
        except RuleViolation as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(awards_url(award.program))
        return HttpResponse(content, content_type="application/pdf", headers={"Cache-Control": "no-store"})


class ImportAwards(ProgramForm):
    """`/desk/programs/<pk>/awards/import/`: paste or upload, look at every row, then enter the good ones."""

    form_class = AwardSheetForm
    template_name = "certificates/award_import.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(titles="\t".join(award_sheet.TITLES), **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            rows = award_sheet.read(self.program, form.cleaned_data["cells"], form.cleaned_data["kind"])
        except RuleViolation as refusal:
            form.add_error("file" if form.cleaned_data.get("file") else "text", refusal.message)
            return self.form_invalid(form)
        return self.enter(form, rows) if "confirm" in self.request.POST else self.preview(form, rows)

    def preview(self, form: Any, rows: list[award_sheet.SheetRow]) -> HttpResponse:
        context = {
            "rows": rows,
            "papers": sum(len(row.values) for row in rows),
            "problems": sum(bool(row.problem) for row in rows),
            "text": award_sheet.text_of_cells(form.cleaned_data["cells"]),
            "form": form,
            "chosen_kind": form.cleaned_data["kind"],
        }
        return render(self.request, "certificates/award_import_preview.html", self.get_context_data(**context))

    def enter(self, form: Any, rows: list[award_sheet.SheetRow]) -> HttpResponse:
        values = [each for row in rows for each in row.values]
        try:
            asked = {name: form.cleaned_data[name] for name in ("with_instructors", "members_statement")}
            entered = awards.add_many(program=self.program, by=self.request.user, rows=values, **asked)
        except RuleViolation as refusal:
            form.add_error(None, refusal.message)
            return self.form_invalid(form)
        number = len(entered)
        messages.success(self.request, ngettext("%(number)s result is entered.", "%(number)s results are entered.", number) % {"number": number})
        return HttpResponseRedirect(awards_url(self.program))


class IssueAwards(ProgramForm):
    """`/desk/programs/<pk>/awards/issue/`: asks first, and names the number of papers and the first number."""

    form_class = OrderForm
    template_name = "certificates/issue.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = awards.standings(self.program)
        context = {
            "ready": sum(row.state == READY for row in rows),
            "blocked": sum(row.state == BLOCKED for row in rows),
            "first_number": next_number(self.program),
            "hindrance": hindrance(self.program),
            "back_url": awards_url(self.program),
            "for_awards": True,
        }
        return super().get_context_data(**context, **kwargs)

    def apply(self, form: Any) -> str:
        batch = award_batches.create_batch(program=self.program, by=self.request.user, now=timezone.now())
        return reverse("certificates:batch", args=[batch.pk])
