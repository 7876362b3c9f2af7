"""A wrong paper is replaced: the old one is revoked, the new one gets the next number, and each leads to the other."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from exchange.pages import RuleFormView
from exchange.transitions import RuleViolation
from participants.certificates import files, rules
from participants.certificates.facts import CertificateFacts
from participants.certificates.models import Certificate
from participants.certificates.pages import CERTIFICATES, RevokeForm


class Replace(RuleFormView):
    """`/desk/certificates/<pk>/replace/`: shows what the new paper will say, and asks for the reason."""

    access = "certificate.revoke"
    form_class = RevokeForm
    template_name = "certificates/replace.html"

    @cached_property
    def certificate(self) -> Certificate:
        return self.allowed(CERTIFICATES, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        _ = self.certificate
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = {"certificate": self.certificate, "before": CertificateFacts.from_json(self.certificate.facts)}
        try:
            context["after"] = rules.corrected(self.certificate, timezone.now())
        except RuleViolation as refusal:
            context["hindrance"] = refusal.message
        return super().get_context_data(**context, **kwargs)

    def apply(self, form: Any) -> str:
        now = timezone.now()
        facts = rules.corrected(self.certificate, now)
        right = rules.replace(certificate=self.certificate, facts=facts, by=self.request.user, now=now, reason=form.cleaned_data["reason"])
        files.ensure(right)
        messages.success(self.request, _("%(new)s stands in the place of %(old)s.") % {"new": right.number, "old": self.certificate.number})
        return reverse("certificates:detail", args=[right.pk])
