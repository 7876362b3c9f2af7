"""Verifiable credentials: the file for its holder and the desk, and what every verifier fetches (issuer, key, status)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.generic import View

from exchange.middleware import client_ip
from exchange.pages import Policed
from exchange.transitions import RuleViolation
from participants.certificates import bundles, credentials, sight, verification
from participants.certificates.models import Certificate
from participants.certificates.public_pages import MyCertificate
from participants.directory.models import Organisation

JWT = "application/vc+jwt"


def credential_answer(certificate: Certificate) -> HttpResponse:
    response = HttpResponse(credentials.certificate_jwt(certificate), content_type=JWT)
    name = bundles.pdf_name(certificate).removesuffix(".pdf") + ".jwt"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


class CertificateCredential(Policed, View):
    """`/desk/certificates/<pk>.jwt`."""

    access = "signed_in"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        certificate = self.visible(Certificate.objects.for_list(), pk=pk)
        try:
            return credential_answer(sight.one(certificate, request.user))
        except RuleViolation as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(reverse("certificates:detail", args=[pk]))


class MyCredential(MyCertificate):
    """`/my/<token>/certificates/<pk>.jwt`: the holder's own, by the private link; that of a team says nothing of its members."""

    def papers(self, person: Any) -> Any:
        return Certificate.objects.of_person(person)

    def answer(self, certificate: Certificate) -> HttpResponse:
        return credential_answer(certificate)


class OpenDocument(Policed, View):
    """A small document for verifiers of any origin; limited by address like every verification."""

    access = "anyone"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if verification.asks_too_often(client_ip(request)):
            return HttpResponse(status=429, headers={"Retry-After": "60"})
        response = super().dispatch(request, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    def issuer(self, pk: int) -> Organisation:
        """Only offices that have issued something: the others are nobody's business."""
        return get_object_or_404(Organisation.objects.filter(pk__in=Certificate.objects.order_by().values("issuer")), pk=pk)


class Issuer(OpenDocument):
    """`/credentials/issuers/<pk>/`: the Profile that a credential names as its issuer."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return JsonResponse(credentials.issuer_profile(self.issuer(pk)), json_dumps_params={"ensure_ascii": False})


class Key(OpenDocument):
    """`/credentials/keys/<thumbprint>/`: the public key, as the header of a credential names it."""

    def get(self, request: HttpRequest, thumbprint: str) -> HttpResponse:
        if thumbprint != credentials.key_id():
            raise Http404
        return JsonResponse(credentials.public_key(), content_type="application/jwk+json")


class Keys(OpenDocument):
    """`/credentials/keys/`: the same as a JWK Set."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"keys": [credentials.public_key()]}, content_type="application/jwk-set+json")


class StatusList(OpenDocument):
    """`/credentials/status/<issuer>/<year>/`: what was revoked, signed now."""

    def get(self, request: HttpRequest, pk: int, year: int) -> HttpResponse:
        issuer = self.issuer(pk)
        if not issuer.issued_certificates.filter(year=year).exists():
            raise Http404
        return HttpResponse(credentials.signed(credentials.status_list(issuer, year, timezone.now())), content_type=JWT)
