"""Issuing for a program: who may have one, the order, its progress, and the downloads."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import View

from events.programs.models import Program
from exchange import access
from exchange.pages import ActionView, Page, PageForm, Policed, RuleFormView
from exchange.transitions import RuleViolation
from participants.attendance.hours import summaries
from participants.certificates import batches, bundles, rules, sight
from participants.certificates.answers import contact_answer, list_answer, print_answer, zip_answer
from participants.certificates.bundles import Order
from participants.certificates.facts import gather, in_chinese
from participants.certificates.models import Certificate, CertificateBatch
from participants.certificates.refusals import reason
from participants.certificates.rendering import preview_pdf
from participants.certificates.roster import BLOCKED, ISSUED, READY, Standing, next_number, standings
from participants.certificates.scopes import Scope, scopes
from participants.certificates.status import BatchStatus
from participants.people import consent
from participants.people.fields import is_nameless, shield_registrations

PROGRAMS = Program.objects.select_related("organiser", "issuer")
BATCHES = CertificateBatch.objects.select_related("program__organiser", "program__issuer", "created_by")
WORKING = (BatchStatus.QUEUED, BatchStatus.RUNNING)
ROWS_A_PAGE = 50


def program_url(program: Program) -> str:
    return reverse("certificates:program", args=[program.pk])


class ProgramCertificates(Page):
    """`/desk/programs/<pk>/certificates/`: everyone with hours, eligibility and certificate; issue, preview, download."""

    access = "certificate.watch"
    template_name = "certificates/program.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        program = self.allowed(PROGRAMS, pk=self.kwargs["pk"])
        rows = standings(program)
        shield_registrations((row.registration for row in rows), self.request.user)
        counts = {state: sum(row.state == state for row in rows) for state in (READY, BLOCKED, ISSUED)}
        page = Paginator(self.shown(rows), ROWS_A_PAGE).get_page(self.request.GET.get("page"))
        context = {
            "program": program,
            "page_obj": page,
            "counts": counts,
            "total": len(rows),
            "views": self.views(counts, len(rows)),
            "orders": Order.choices,
            "hindrance": hindrance(program),
            "batch": BATCHES.filter(program=program, for_awards=False).first(),
            "may_issue": access.may(self.request.user, "certificate.issue", program),
        }
        return super().get_context_data(**context, **kwargs)

    def shown(self, rows: list[Standing]) -> list[Standing]:
        view, words = self.request.GET.get("view", ""), self.request.GET.get("q", "").strip()[:100]
        if view in (READY, BLOCKED, ISSUED):
            rows = [row for row in rows if row.state == view]
        if words:
            rows = [row for row in rows if words in row.registration.person.name or words in row.registration.organisation.name_zh]
        return rows

    def views(self, counts: dict[str, int], total: int) -> list[dict[str, Any]]:
        current = self.request.GET.get("view", "")
        words = [
            ("", _("All"), total),
            (READY, _("Can be issued"), counts[READY]),
            (BLOCKED, _("Cannot be issued"), counts[BLOCKED]),
            (ISSUED, _("Issued"), counts[ISSUED]),
        ]
        return [{"label": label, "count": count, "current": value == current, "url": f"?view={value}" if value else "?"} for value, label, count in words]


def hindrance(program: Program) -> str:
    """Why nobody of the program can have a certificate now, or ""."""
    try:
        rules.check_program(program, timezone.localdate())
    except RuleViolation as refusal:
        return refusal.message
    return ""


class Preview(Policed, View):
    """`/desk/programs/<pk>/certificates/preview.pdf`: the paper of a real person, without number, with a ring for the seal."""

    access = "certificate.watch"

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        program = self.allowed(PROGRAMS, pk=pk)
        registration = self.chosen(program)
        if is_nameless(registration.person, request.user, registration):
            raise PermissionDenied
        try:
            consent.check(registration)
            with in_chinese():
                summary = summaries([registration])[registration.pk]
                facts = gather(registration, summary, timezone.localdate())
            rules.check_printable(facts)
            content = preview_pdf(facts)
        except RuleViolation as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(program_url(program))
        return HttpResponse(content, content_type="application/pdf", headers={"Cache-Control": "no-store"})

    def chosen(self, program: Program) -> Any:
        asked = self.request.GET.get("registration", "")
        rows = program.registrations.for_list().taking_place().order_by("delegation_id", "position", "pk")
        if asked:
            rows = rows.filter(pk=asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else rows.none()
        row = rows.first()
        if row is None:
            raise Http404
        return rules.for_issuing(row.pk)


class OrderForm(PageForm):
    """Nothing to fill in: the page names what will happen."""


class Issue(RuleFormView):
    """`/desk/programs/<pk>/certificates/issue/`: asks first, and names the number of certificates and the first number."""

    access = "certificate.issue"
    form_class = OrderForm
    template_name = "certificates/issue.html"

    @cached_property
    def program(self) -> Program:
        return self.allowed(PROGRAMS, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        _ = self.program  # 404 and 403 before the form
        return super().get(request, *args, **kwargs)

    @cached_property
    def scopes(self) -> list[Scope]:
        return scopes(standings(self.program))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.POST.get("for") or self.request.GET.get("for", "")
        scope = next((found for found in self.scopes if found.value == asked), self.scopes[0])
        context = {
            "program": self.program,
            "scope": scope,
            "scopes": self.scopes,
            "ready": scope.ready,
            "blocked": scope.blocked,
            "first_number": next_number(self.program),
            "hindrance": hindrance(self.program),
            "back_url": program_url(self.program),
        }
        return super().get_context_data(**context, **kwargs)

    def apply(self, form: Any) -> str:
        asked = self.request.POST.get("for", "")
        scope = next((found for found in self.scopes if found.value == asked), None)
        if scope is None:  # issued meanwhile, or never there: nobody else gets papers in its place
            raise RuleViolation("nobody_left", _("Everyone confirmed has a certificate already, or nobody is confirmed."))
        batch = batches.create_batch(program=self.program, by=self.request.user, now=timezone.now(), **scope.order)
        return reverse("certificates:batch", args=[batch.pk])


class BatchDetail(Page):
    """`/desk/certificate-batches/<pk>/`: live progress, then the result and the downloads."""

    access = "certificate.watch"
    template_name = "certificates/batch.html"

    def get_template_names(self) -> list[str]:
        return ["certificates/batch_progress.html"] if self.request.headers.get("HX-Request") else [self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        batch = self.allowed(BATCHES, pk=self.kwargs["pk"])
        refused = batch.items.exclude(error_code="").select_related("registration__person", "registration__organisation", "award__organisation")
        may_issue = access.may(self.request.user, "certificate.issue", batch)
        page = Paginator(refused, 200).get_page(1)
        for item in page:
            item.error = reason(item, hides_names=not may_issue)
        context = {
            "batch": batch,
            "program": batch.program,
            "is_working": batch.status in WORKING,
            "orders": Order.choices,
            "refused": page,
            "hides_names": not may_issue,
            "may_issue": may_issue,
            "back_url": reverse("certificates:awards" if batch.for_awards else "certificates:program", args=[batch.program_id]),
        }
        return super().get_context_data(**context, **kwargs)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        if self.request.headers.get("HX-Request") and not context["is_working"]:
            response["HX-Refresh"] = "true"  # the result needs the whole page
        response["Vary"] = "HX-Request"
        return response


class Resume(ActionView):
    """`/desk/certificate-batches/<pk>/resume/`: start the job again, for one that was killed."""

    access = "certificate.issue"
    queryset = BATCHES

    def act(self, row: CertificateBatch) -> str:
        batches.resume(batch=row, by=self.request.user)
        return reverse("certificates:batch", args=[row.pk])


class Download(Policed, View):
    """Base of the downloads of a program: the valid certificates that the reader may see."""

    access = "signed_in"

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        program = self.visible(PROGRAMS, pk=pk)
        rows = Certificate.objects.visible_to(request.user).valid().filter(program=program)
        try:
            return self.answer(bundles.not_empty(sight.handed_out(rows, request.user, program)), program)
        except RuleViolation as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(f"{reverse('certificates:list')}?program={program.pk}")

    def answer(self, certificates: Any, program: Program) -> HttpResponseBase:
        raise NotImplementedError(f"{type(self).__name__}.answer")


class DownloadZip(Download):
    """`/desk/programs/<pk>/certificates/zip/`: a folder per unit."""

    def answer(self, certificates: Any, program: Program) -> HttpResponseBase:
        return zip_answer(certificates, program.title_zh)


class DownloadPile(Download):
    """Base of the downloads that come in an order of the reader's choice: `?order=`."""

    @property
    def order(self) -> str:
        asked = self.request.GET.get("order", "")
        return asked if asked in Order.values else Order.ROSTER


class DownloadPrint(DownloadPile):
    """`/desk/programs/<pk>/certificates/print/`: one file for the printer."""

    def answer(self, certificates: Any, program: Program) -> HttpResponseBase:
        return print_answer(certificates, program.title_zh, self.order)


class DownloadList(DownloadPile):
    """`/desk/programs/<pk>/certificates/list/`: number, name and unit of each paper in the order of the pile, to hand them out by."""

    def answer(self, certificates: Any, program: Program) -> HttpResponseBase:
        return list_answer(certificates, program.title_zh, self.order)


class DownloadContacts(DownloadPile):
    """`/desk/programs/<pk>/certificates/contacts/`: the papers themselves, small, with name, unit and number below each."""

    def answer(self, certificates: Any, program: Program) -> HttpResponseBase:
        return contact_answer(certificates, program.title_zh, self.order)
