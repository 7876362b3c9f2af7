"""Certificates at the desk: the ledger, one certificate, and what is done to it."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.generic import View

from events.programs.models import Program
from exchange import access
from exchange.audit import AuditEvent
from exchange.pages import ActionView, Page, PageForm, Policed, RuleFormView, ScopedList
from exchange.transitions import RuleViolation
from participants.certificates import rules, sight
from participants.certificates.answers import pdf_answer
from participants.certificates.codes import verify_url
from participants.certificates.files import facts_of
from participants.certificates.models import Certificate
from participants.certificates.office_names import issuers_in_words
from participants.certificates.status import CertificateStatus
from participants.certificates.wording import titles_of

CERTIFICATES = Certificate.objects.for_list().select_related("replaces", "replaced_by")


class CertificateList(ScopedList):
    """`/desk/certificates/`: every certificate that the reader may see."""

    access = "signed_in"
    template_name = "certificates/list.html"
    queryset = CERTIFICATES
    search_fields: ClassVar[list[str]] = ["holder_name", "number"]
    ordering_fields: ClassVar[list[str]] = ["number", "issued_at", "holder_name"]

    @cached_property
    def program(self) -> Program | None:
        asked = self.request.GET.get("program", "")
        return Program.objects.visible_to(self.request.user).filter(pk=asked).first() if asked.isascii() and asked.isdigit() and len(asked) < 19 else None

    @cached_property
    def rows(self) -> Any:
        words = self.request.GET.get("q", "").strip()[:100]
        found = sight.for_reading(sight.findable(super().get_queryset(), self.request.user, words), self.request.user)
        return found.filter(program=self.program) if self.program else found

    def get_queryset(self) -> Any:
        status = self.request.GET.get("status", "")
        return self.rows.filter(status=status) if status in CertificateStatus.values else self.rows

    def views(self) -> list[dict[str, Any]]:
        counts = dict(self.rows.order_by().values_list("status").annotate(Count("pk")))
        kept = {name: self.request.GET[name] for name in ("q", "program") if self.request.GET.get(name)}
        current = self.request.GET.get("status", "")
        words = [("", _("All"), sum(counts.values())), *((value, label, counts.get(value, 0)) for value, label in CertificateStatus.choices)]
        return [
            {"label": label, "count": count, "current": value == current, "url": f"?{urlencode(kept | ({'status': value} if value else {}))}"}
            for value, label, count in words
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = super().get_context_data(**kwargs)
        sight.shield(page["object_list"], self.request.user)
        programs = Program.objects.visible_to(self.request.user).filter(certificates__isnull=False).distinct()[:100]
        context = {
            "views": self.views(),
            "program": self.program,
            "programs": programs,
            "may_issue": access.may(self.request.user, "certificate.issue"),
            "may_export": access.may(self.request.user, "registration.withdraw"),
            "may_open_program": self.program is not None and access.may(self.request.user, "certificate.watch", self.program),
        }
        return page | context


class CertificateDetail(Page):
    """`/desk/certificates/<pk>/`: what it says, what happened to it, and what may be done."""

    access = "signed_in"
    template_name = "certificates/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        certificate = self.visible(CERTIFICATES, pk=self.kwargs["pk"])
        user, is_valid = self.request.user, certificate.status == CertificateStatus.ISSUED
        may_have_file = not sight.is_withheld(certificate, user)
        sight.shield([certificate], user)
        facts = facts_of(certificate)
        context = {
            "certificate": certificate,
            "facts": facts,
            "paper_name": titles_of(facts),
            "issuers": issuers_in_words(facts),
            "verify_url": verify_url(certificate.code),
            "history": self.history(certificate),
            "may_have_file": may_have_file,
            "may_revoke": is_valid and access.may(user, "certificate.revoke", certificate),
            "may_reissue": is_valid and access.may(user, "certificate.issue", certificate),
            "may_open_program": access.may(user, "certificate.watch", certificate),
        }
        return super().get_context_data(**context, **kwargs)

    def history(self, certificate: Certificate) -> list[dict[str, Any]]:
        events = AuditEvent.objects.filter(target_type=certificate._meta.label, target_id=certificate.pk).order_by("pk")
        return [{"at": event.at, "who": event.actor_name, "what": event_word(event.action), "reason": event.reason} for event in events]


def event_word(action: str) -> str:
    words = {
        "certificate.issue": _("Issued"),
        "certificate.revoke": _("Revoked"),
        "certificate.reissue": _("Printed again"),
        "certificate.replace": _("Put in the place of a wrong one"),
        "certificate.download": pgettext("certificate", "Downloaded"),
    }
    return words.get(action, action)


class CertificateFile(Policed, View):
    """`/desk/certificates/<pk>.pdf`."""

    access = "signed_in"

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return self.answer(self.visible(CERTIFICATES, pk=pk))

    def answer(self, certificate: Certificate) -> HttpResponseBase:
        try:
            return pdf_answer(sight.one(certificate, self.request.user))
        except RuleViolation as refusal:
            messages.error(self.request, refusal.message)
            return HttpResponseRedirect(reverse("certificates:detail", args=[certificate.pk]))


class RevokeForm(PageForm):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class Revoke(RuleFormView):
    """`/desk/certificates/<pk>/revoke/`: asks for the reason, and names the number."""

    access = "certificate.revoke"
    form_class = RevokeForm
    template_name = "certificates/revoke.html"

    @cached_property
    def certificate(self) -> Certificate:
        return self.allowed(CERTIFICATES, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        _ = self.certificate  # 404 and 403 before the form
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(certificate=self.certificate, **kwargs)

    def apply(self, form: Any) -> str:
        rules.revoke(certificate=self.certificate, by=self.request.user, now=timezone.now(), reason=form.cleaned_data["reason"])
        messages.success(self.request, _("%(number)s is revoked.") % {"number": self.certificate.number})
        return reverse("certificates:detail", args=[self.certificate.pk])


class Reissue(ActionView):
    """`/desk/certificates/<pk>/reissue/`: print a lost paper again."""

    access = "certificate.issue"
    queryset = CERTIFICATES
    done = gettext_lazy("The file is made anew under the same number. Download it and print it.")

    def act(self, row: Certificate) -> str:
        rules.reissue(certificate=row, by=self.request.user, now=timezone.now())
        return reverse("certificates:detail", args=[row.pk])

    def back(self, row: Certificate) -> str:
        return reverse("certificates:detail", args=[row.pk])
