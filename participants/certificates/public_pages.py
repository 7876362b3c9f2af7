"""For everyone: is this certificate genuine? And for its holder: the file."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from exchange.middleware import client_ip
from exchange.pages import PageForm, Policed
from participants.certificates import sight, verification
from participants.certificates.answers import pdf_answer
from participants.certificates.models import Certificate
from participants.certificates.office_names import issuers_in_words
from participants.certificates.wording import titles_of
from participants.people.names import pinyin_of
from participants.people.rules import person_by_token


class NameForm(PageForm):
    name = forms.CharField(max_length=60, label=_("Full name on the certificate"), widget=forms.TextInput(attrs={"autocomplete": "off"}))


class FileForm(PageForm):
    file = forms.FileField(
        label=_("The PDF of the certificate, or its digital credential"),
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf,.jwt"}),
        allow_empty_file=True,
    )

    def clean_file(self) -> Any:
        """The whole content. Raises a form error where it is too large to be a certificate."""
        if self.cleaned_data["file"].size > verification.LARGEST_FILE:
            raise forms.ValidationError(_("This file is too large to be a certificate."))
        return self.cleaned_data["file"].read()


def too_many(request: HttpRequest) -> HttpResponse:
    response = render(request, "429.html", status=429)
    response["Retry-After"] = "60"
    return response


class PublicPage(Policed, TemplateView):
    """Limited by address, kept out of search engines and caches."""

    access = "anyone"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if verification.asks_too_often(client_ip(request)):
            return too_many(request)
        response = super().dispatch(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Cache-Control"] = "private, no-store"
        return response

    def show(self, certificate: Certificate | None, **more: Any) -> HttpResponse:
        """The verdict; the same answer for every code without a certificate."""
        finding = verification.finding_of(certificate)
        context = {"finding": finding, "facts": finding.facts, "certificate": certificate, "now": timezone.now(), **more}
        if finding.facts is not None:
            context |= {"paper_name": titles_of(finding.facts), "surname": surname_in_latin(finding.masked_name), "issuers": issuers_in_words(finding.facts)}
            context.setdefault("form", NameForm())
        return self.render_to_response(context, status=more.get("status") or (200 if certificate else 404))


def surname_in_latin(masked: str) -> str:
    """Ouyang for 欧阳**; "" for names in Latin letters."""
    surname = masked.rstrip("*").rstrip("·")
    return "" if surname.isascii() else pinyin_of(surname)[0].capitalize()


class VerifyHome(PublicPage):
    """`/verify/`: type a code, by hand from the paper, or upload the file."""

    template_name = "certificates/verify_form.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        typed = request.GET.get("code", "").strip()[:80]
        if not typed:
            return super().get(request, *args, **kwargs)
        certificate = verification.find(typed)
        if certificate is not None:
            return HttpResponseRedirect(reverse("certificates:verify", args=[certificate.code]))
        self.template_name = Verify.template_name
        return self.show(None)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Is this file as it was issued?"""
        form = FileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response({"file_form": form}, status=422)
        found = verification.look_at(form.cleaned_data["file"])
        self.template_name = Verify.template_name
        return self.show(found.certificate, file=found, status=200)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"file_form": FileForm(), **kwargs})


class Verify(PublicPage):
    """`/verify/<code>/`: the verdict first. POST with the full name says whether it is the holder's."""

    template_name = "certificates/verify.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(verification.find(self.kwargs["code"]))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        certificate = verification.find(self.kwargs["code"])
        form = NameForm(request.POST)
        if certificate is None:
            return self.show(None)
        if not form.is_valid():
            return self.show(certificate, form=form, status=422)
        if verification.guesses_too_often(certificate):
            return too_many(request)
        return self.show(certificate, form=form, name_matches=verification.is_holder(certificate, form.cleaned_data["name"]), was_asked=True)


class MyCertificate(Policed, View):
    """`/my/<token>/certificates/<pk>.pdf`: the holder's own file, or that of the holder's team, by the private link."""

    access = "link"

    def get(self, request: HttpRequest, token: str, pk: int) -> HttpResponseBase:
        person = person_by_token(token)
        certificate = self.papers(person).valid().for_list().filter(pk=pk).first() if person else None
        if certificate is None:
            raise Http404
        response = self.answer(certificate)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "no-referrer"
        return response

    def papers(self, person: Any) -> Any:
        return sight.on_own_page(person)

    def answer(self, certificate: Certificate) -> HttpResponseBase:
        return pdf_answer(certificate)
