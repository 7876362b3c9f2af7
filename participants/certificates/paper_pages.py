"""Words, look and pictures of papers at the desk."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.generic import View

from exchange import access
from exchange.pages import ActionView, Page, Policed, RuleFormView
from exchange.transitions import RuleViolation
from participants.certificates import papers, pictures, rules
from participants.certificates.award_models import Design, PaperKind, PaperPicture, PaperTemplate
from participants.certificates.award_pages import ProgramForm
from participants.certificates.batch_pages import PROGRAMS
from participants.certificates.paper_forms import PaperForm, PictureForm
from participants.certificates.phrases import FIELDS
from participants.certificates.rendering import preview_pdf
from participants.directory.models import Organisation

VERSIONS_SHOWN = 10


class ProgramPapers(Page):
    """`/desk/programs/<pk>/papers/`: each kind of paper with the words and the look that count now."""

    access = "certificate.watch"
    template_name = "certificates/papers.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        program = self.allowed(PROGRAMS, pk=self.kwargs["pk"])
        rows = [self.row(program, kind) for kind in papers.kinds_of(program)]
        context = {
            "program": program,
            "rows": rows,
            "may_issue": access.may(self.request.user, "certificate.issue", program),
            "may_pictures": access.may(self.request.user, "certificate.issue", program.certificate_issuer),
            "lacks_english": not (program.title_en and program.certificate_issuer.name_en),
        }
        return super().get_context_data(**context, **kwargs)

    def row(self, program: Any, kind: str) -> dict[str, Any]:
        template, values = PaperTemplate.objects.current(program, kind), papers.current_values(program, kind)
        return {**values, "kind": kind, "label": PaperKind(kind).label, "template": template, "design_label": Design(values["design"]).label}


# The page shows the preview in a frame of its own.
FRAMED = {"frame-src": [SELF], "frame-ancestors": [SELF]}


@method_decorator([csp_replace(FRAMED), xframe_options_sameorigin], name="dispatch")
class EditPaper(ProgramForm):
    """`/desk/programs/<pk>/papers/<kind>/`: words and look, with a preview that saves nothing.

    GET with `preview` is the paper in the words that count now, POST with `preview` in those of the form; "frame" means for the frame in the page.
    """

    form_class = PaperForm
    template_name = "certificates/paper_form.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if "preview" in request.GET:
            return self.preview(papers.current_values(self.program, self.kind))
        return super().get(request, *args, **kwargs)

    @cached_property
    def kind(self) -> str:
        if self.kwargs["kind"] not in papers.kinds_of(self.program):
            raise Http404
        return str(self.kwargs["kind"])

    def may_for_office(self) -> bool:
        return access.may(self.request.user, "certificate.issue", self.program.certificate_issuer)

    def get_form_kwargs(self) -> dict[str, Any]:
        own = {"program": self.program, "kind": self.kind, "may_for_office": self.may_for_office()}
        return super().get_form_kwargs() | own | {"initial": papers.current_values(self.program, self.kind)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {
            "kind": self.kind,
            "label": PaperKind(self.kind).label,
            "fields": [(chinese, english, meaning) for chinese, english, meaning in FIELDS.values()],
            "versions": papers.versions(self.program, self.kind)[:VERSIONS_SHOWN],
            "may_pictures": self.may_for_office(),
        }
        return super().get_context_data(**context, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        if "preview" in self.request.POST:
            return self.preview(form.values(), form)
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        """The page with its errors; in the frame, the errors alone."""
        if self.request.POST.get("preview") != "frame":
            return super().form_invalid(form)
        return self.refused([error for errors in form.errors.values() for error in errors])

    def refused(self, reasons: list[str]) -> HttpResponse:
        return render(self.request, "certificates/preview_refused.html", {"reasons": reasons}, status=422)

    def preview(self, values: dict[str, Any], form: Any = None) -> HttpResponse:
        """The paper of a real holder in these words: those of the form, where there is one."""
        sample = form.cleaned_data["sample"] if form else None
        try:
            papers.check(values, self.program.certificate_issuer)
            facts = papers.sample_facts(self.program, self.kind, values, sample, timezone.localdate())
            rules.check_printable(facts)
            content = preview_pdf(facts)
        except RuleViolation as refusal:
            if form is None:
                return self.refused([refusal.message])
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            return self.form_invalid(form)
        return HttpResponse(content, content_type="application/pdf", headers={"Cache-Control": "no-store"})

    def apply(self, form: Any) -> str:
        for_office = form.cleaned_data.get("for_office", False)
        saved = papers.save(program=self.program, kind=self.kind, for_office=for_office, by=self.request.user, **form.values())
        messages.success(self.request, _("Version %(version)s counts from now on. Papers that were issued keep theirs.") % {"version": saved.version})
        return reverse("certificates:papers", args=[self.program.pk])


class OfficePictures(RuleFormView):
    """`/desk/organisations/<pk>/pictures/`: seals, signatures and logos of an office; a form adds one."""

    access = "certificate.issue"
    form_class = PictureForm
    template_name = "certificates/pictures.html"

    @cached_property
    def office(self) -> Organisation:
        return self.allowed(Organisation.objects.all(), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        _ = self.office
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = PaperPicture.objects.filter(organisation=self.office).defer("content").order_by("retired_at", "role", "-pk")
        return super().get_context_data(office=self.office, pictures=rows, **kwargs)

    def apply(self, form: Any) -> str:
        file = form.cleaned_data["file"]
        content = file.read(pictures.MOST_BYTES + 1)
        pictures.add(organisation=self.office, role=form.cleaned_data["role"], name=form.cleaned_data["name"], content=content, by=self.request.user)
        messages.success(self.request, _("The picture is ready to be chosen for papers."))
        return reverse("certificates:pictures", args=[self.office.pk])


class PictureFile(Policed, View):
    """`/desk/pictures/<pk>.png`."""

    access = "certificate.watch"

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        picture = self.allowed(PaperPicture.objects.select_related("organisation"), pk=pk)
        return HttpResponse(bytes(picture.content), content_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


class RetirePicture(ActionView):
    """`/desk/pictures/<pk>/retire/`: no new paper gets it; those that have it keep it."""

    access = "certificate.issue"
    queryset = PaperPicture.objects.select_related("organisation")
    done = gettext_lazy("The picture is out of use. Papers that carry it keep it.")

    def act(self, row: PaperPicture) -> str:
        pictures.retire(picture=row, by=self.request.user, now=timezone.now())
        return self.back(row)

    def back(self, row: PaperPicture) -> str:
        return reverse("certificates:pictures", args=[row.organisation_id])
