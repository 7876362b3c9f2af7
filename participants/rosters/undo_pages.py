"""The buttons that take a step back: in the message that reports it, and on the registration."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import View

from exchange.pages import ActionView, Policed
from participants.rosters import action_pages, undo
from participants.rosters.listing import EPOCH, MICROSECOND, safe_next
from participants.rosters.models import Registration

FURTHEST = 4_000_000_000_000_000  # microseconds: about the year 2096


class UndoStep(ActionView):
    access = "registration.undo"
    queryset = Registration.objects.for_list()

    def back(self, row: Registration) -> str:
        return safe_next(self.request, self.request.META.get("HTTP_REFERER") or reverse("rosters:registration", args=[row.pk]))

    def act(self, row: Registration) -> str:
        row = undo.undo(registration=row, by=self.request.user, now=timezone.now())
        messages.success(self.request, _("%(name)s: %(status)s again.") % {"name": row.person.name, "status": row.get_status_display()})
        return self.back(row)


class UndoMany(Policed, View):
    """Takes back what the user did at one moment, as far as nobody has gone on."""

    access = "registration.undo"
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, moment: int) -> HttpResponse:
        if moment > FURTHEST:
            raise Http404
        found: Any = undo.undone_at_once(request.user, EPOCH + moment * MICROSECOND).visible_to(request.user).for_list()
        rows = list(found[: action_pages.MOST_AT_ONCE])
        if not rows:
            messages.error(request, _("There is nothing to undo here: somebody has gone on already."))
        done, refused = undo.undo_many(registrations=rows, by=request.user, now=timezone.now())
        words = ngettext("%(number)s person is back at the earlier step.", "%(number)s people are back at the earlier step.", len(done))
        action_pages.report(request, done, refused, words)
        return HttpResponseRedirect(safe_next(request, request.META.get("HTTP_REFERER") or reverse("rosters:review")))
