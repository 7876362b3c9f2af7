"""`/verify/offline/`: check sealed QR codes where there is no network. The page and what it needs stay on the device."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from exchange.middleware import permissions_policy
from exchange.pages import Page, Policed
from participants.certificates import credentials
from participants.certificates.models import Certificate
from participants.directory.models import Organisation


def issuers() -> dict[int, dict[str, str]]:
    """Whose signatures the page may meet: names and number prefixes of the offices that have issued."""
    rows = Organisation.objects.filter(pk__in=Certificate.objects.order_by().values("issuer"))
    return {row.pk: {"name": str(row), "prefix": row.number_prefix} for row in rows}


class OfflineCheck(Page):
    access = "anyone"
    template_name = "certificates/offline.html"

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        response["Permissions-Policy"] = permissions_policy("camera", "screen-wake-lock")
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = {"key": credentials.public_key()["x"], "issuers": issuers()}
        return super().get_context_data(known=known, words=words(), csrf_token="", **kwargs)


def words() -> dict[str, str]:
    return {
        "noCamera": _("The camera cannot be used here. Choose a photo of the code instead."),
        "denied": _("The browser was not allowed to use the camera. Allow it in the settings of this page, or choose a photo of the code."),
        "ready": _("Kept on this device: the page works without a network now."),
        "notKept": _("This browser keeps no pages: the check needs a network when the page is opened."),
        "tooOld": _("This browser cannot check signatures. Use a newer one, or check by the code."),
        "noCode": _("There is no readable QR code in this picture."),
        "genuine": _("The signature holds"),
        "genuineNote": _("The office signed exactly this. Compare it with the paper."),
        "forged": _("The signature does not hold"),
        "forgedNote": _("The code was altered or was not made here. Do not rely on the paper."),
        "unsealed": _("This code carries no signature"),
        "unsealedNote": _("It can be checked with a network only."),
        "foreign": _("This is not the code of a certificate"),
        "unknownIssuer": _("An office that this page does not know yet; open it once with a network."),
        "hours": _("{0} credit hours"),
    }


class OfflineWorker(Policed, TemplateView):
    """`/verify/offline/worker.js`: keeps the page; it is served from here because a worker reaches no further than its own folder."""

    access = "anyone"
    template_name = "certificates/offline_worker.js"
    content_type = "text/javascript"

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        response["Cache-Control"] = "no-cache"
        return response
