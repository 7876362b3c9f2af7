"""Check-in pages for times without a network: the script that keeps them on the officer's device."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.generic import View

from exchange.pages import Policed

WORKER = Path(__file__).with_name("offline_worker.js")
# A worker reaches no further than its own folder unless this says so: the roll-call of a day lies below its program.
REACH = "/desk/"


class OfflineWorker(Policed, View):
    """`/desk/check-in/worker.js`: holds nothing of anybody, so it is renewed for devices that are signed out, too."""

    access = "anyone"

    def get(self, request: HttpRequest) -> HttpResponse:
        headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": REACH}
        return HttpResponse(WORKER.read_text(encoding="utf-8"), content_type="text/javascript; charset=utf-8", headers=headers)
