"""Consent at the desk (ask, upload, look, take back) and the page that a guardian signs on a phone."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from exchange import access
from exchange.pages import PageForm, Policed, ReasonForm, RuleFormView
from exchange.transitions import RuleViolation
from participants.my.pages import PRIVATE_HEADERS
from participants.people import consent, consent_rules
from participants.people.models import GuardianConsent, Person, Relation


class GuardianForm(PageForm):
    guardian_name = forms.CharField(label=gettext_lazy("Name of the guardian"), max_length=60)
    relation = forms.ChoiceField(label=gettext_lazy("Relation to the child"), choices=[("", "—"), *Relation.choices])


class PaperForm(GuardianForm):
    paper = forms.FileField(
        label=gettext_lazy("Paper with the signature"),
        help_text=gettext_lazy("PDF, JPEG or PNG, at most 5 MB. It is stored encrypted."),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,image/jpeg,image/png"}),
    )


class SignForm(GuardianForm):
    agreed = forms.BooleanField(
        label=gettext_lazy("I have read the text above, I am a legal guardian of the child, and I agree."),
        error_messages={"required": gettext_lazy("Tick the box to agree.")},
    )


class ConsentPage(RuleFormView):
    """What a guardian of this person has said, and the two ways to ask: upload the signed paper, or make a link."""

    access = "person.change"
    template_name = "people/consent.html"
    form_class = PaperForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            self.person = self.allowed(Person.objects.select_related("organisation"), pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        given = list(self.person.consents.select_related("recorded_by").defer("paper"))
        return super().get_context_data(
            **kwargs,
            person=self.person,
            consents=[row for row in given if row.given_at],
            waiting=[row for row in given if row.can_be_signed(now)],
            is_valid=any(row.is_valid for row in given),
            is_needed=consent.is_needed(self.person, timezone.localdate(now)),
            text_version=consent.TEXT,
        )

    def apply(self, form: Any) -> str:
        fields = form.cleaned_data
        consent_rules.record_paper(
            person=self.person,
            guardian_name=fields["guardian_name"],
            relation=fields["relation"],
            paper=fields["paper"].read(consent_rules.MOST_BYTES + 1),
            by=self.request.user,
            now=timezone.now(),
        )
        messages.success(self.request, _("The consent for %(name)s is recorded.") % {"name": self.person.name})
        return reverse("people:consent", args=[self.person.pk])


class MakeLink(Policed, View):
    """A link for the guardian's phone, shown once."""

    access = "person.change"
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = self.allowed(Person.objects.select_related("organisation"), pk=pk)
        asked, token = consent_rules.make_link(person=person, by=request.user, now=timezone.now())
        answer = render(request, "people/consent_link.html", {"person": person, "asked": asked, "link": consent_rules.link_url(token)})
        answer.headers["Cache-Control"] = "no-store"
        return answer


class WithdrawConsent(RuleFormView):
    """The guardian told the school: take the consent back."""

    access = "person.change"
    template_name = "people/consent_withdraw.html"
    form_class = ReasonForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            access.require(request.user, self.access)
            self.given = self.allowed(GuardianConsent.objects.select_related("person__organisation"), pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def back(self) -> str:
        return reverse("people:consent", args=[self.given.person_id])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, given=self.given, person=self.given.person, back_url=self.back())

    def apply(self, form: Any) -> str:
        consent_rules.withdraw(given=self.given, by=self.request.user, now=timezone.now(), reason=form.cleaned_data["reason"])
        messages.success(self.request, _("The consent is taken back. What was passed on its strength is with the school again."))
        return self.back()


class ConsentPaper(Policed, View):
    """The signed paper as a download; who looked is recorded."""

    access = "person.change"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return paper_answer(self.allowed(GuardianConsent.objects.select_related("person__organisation"), pk=pk), request.user)


def paper_answer(given: GuardianConsent, user: Any) -> HttpResponse:
    """The file of a consent; 404 for one that was signed on the phone."""
    if not given.paper:
        raise Http404
    content, content_type = consent_rules.open_paper(given=given, by=user)
    answer = HttpResponse(content, content_type=content_type)
    ending = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}[content_type]
    answer.headers["Content-Disposition"] = f'attachment; filename="consent-{given.pk}.{ending}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


class SignConsent(RuleFormView):
    """The guardian's page: the text, a name, a tick. Signed, it shows what was signed, and takes it back."""

    access = "link"
    template_name = "people/consent_sign.html"
    form_class = SignForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = consent_rules.by_token(kwargs["token"], timezone.now())
        answer = render(request, "people/consent_gone.html", status=404) if found is None else self.show(found, request, *args, **kwargs)
        # Unlike the other private pages this one has a form: under "no-referrer" browsers send `Origin: null`, and the form would be refused.
        for name, value in (PRIVATE_HEADERS | {"Referrer-Policy": "same-origin"}).items():
            answer.headers[name] = value
        return answer

    def show(self, found: GuardianConsent, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.asked = found
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        if "withdraw" in request.POST:
            return self.withdraw()
        return super().post(request, *args, **kwargs)

    def withdraw(self) -> HttpResponse:
        try:
            consent_rules.withdraw(given=self.asked, by=None, now=timezone.now())
            messages.success(self.request, _("Your consent is taken back."))
        except RuleViolation as refusal:
            messages.error(self.request, refusal.message)
        return HttpResponseRedirect(self.request.path)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, asked=self.asked, child=self.asked.person)

    def apply(self, form: Any) -> str:
        fields = form.cleaned_data
        consent_rules.sign(asked=self.asked, guardian_name=fields["guardian_name"], relation=fields["relation"], now=timezone.now())
        return self.request.path
