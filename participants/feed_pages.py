"""Where officers give out the calendars that several people share."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import View

from events.calendars.addresses import subscription
from events.calendars.models import CalendarLink
from events.itineraries.models import Group
from events.programs.models import Program
from exchange import access
from exchange.pages import ActionView, Page, Policed
from participants.directory.models import Organisation
from participants.feed_links import issue, link_address, reset
from participants.rosters.models import Delegation

PRIVATE = {"Cache-Control": "no-store, private", "Referrer-Policy": "same-origin"}
KINDS: dict[str, QuerySet[Any]] = {
    "group": Group.objects.select_related("program__organiser"),
    "delegation": Delegation.objects.select_related("program__organiser", "organisation"),
    "organisation": Organisation.objects.all(),
}


def offices_of(user: Any) -> QuerySet[Organisation]:
    """Offices for which the user is an officer, by name; the administrator's are the commissions and bureaus."""
    rows = Organisation.objects.visible_to(user).filter(level__in=("commission", "bureau"), is_active=True)
    return rows if user.is_superuser else rows.filter(pk__in=[scope.organisation_id for scope in user.scopes if scope.role == access.OFFICER])


class ProgramCalendars(Page):
    """`/desk/programs/<pk>/calendars/`: the public calendar, and those of groups and delegations that the user may give out."""

    access = "signed_in"
    template_name = "my/calendars.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        program = self.visible(Program.objects.select_related("organiser"), pk=self.kwargs["pk"])
        groups = [
            row for row in program.groups.visible_to(user).select_related("program__organiser", "calendar_link") if access.may(user, "calendar.issue", row)
        ]
        delegations = program.delegations.visible_to(user).select_related("program__organiser", "organisation", "calendar_link")
        mine = [row for row in delegations if access.may(user, "calendar.issue", row)]
        may = {"can_invite": access.may(user, "itinerary.change", program), "can_issue": access.may(user, "calendar.issue")}
        return super().get_context_data(program=program, groups=groups, delegations=mine, **may, **kwargs)


class OfficeCalendars(Page):
    """`/desk/calendars/`: all programs of the user's offices with their registration deadlines."""

    access = "calendar.issue"
    template_name = "my/office_calendars.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(offices=offices_of(self.request.user).select_related("calendar_link"), **kwargs)


class IssueCalendar(Policed, View):
    """POST `kind` and `id`: make the address where there is none, and show it."""

    access = "calendar.issue"
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        rows, key = KINDS.get(request.POST.get("kind", "")), request.POST.get("id", "")
        if rows is None or not (key.isascii() and key.isdigit() and len(key) < 18):
            raise Http404
        link = issue(target=self.allowed(rows.all(), pk=int(key)), by=request.user, at=timezone.now())
        return HttpResponseRedirect(reverse("my:calendar_link", args=[link.pk]))


class CalendarLinkPage(Page):
    """`/desk/calendar-links/<pk>/`: the address, its QR code, and how each client takes it."""

    access = "calendar.issue"
    template_name = "my/calendar_link.html"

    @cached_property
    def link(self) -> CalendarLink:
        link = self.visible(CalendarLink.objects.for_feed(), pk=self.kwargs["pk"])
        access.require(self.request.user, self.access, link.target)
        return link

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        for name, value in PRIVATE.items():
            response.headers[name] = value
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        address = subscription(link_address(self.link), self.request.LANGUAGE_CODE)  # type: ignore[attr-defined]
        return super().get_context_data(link=self.link, program=self.link.program, calendar=address, **kwargs)


class ResetCalendar(ActionView):
    access = "calendar.issue"
    queryset = CalendarLink.objects.for_feed()

    def act(self, row: CalendarLink) -> str:
        access.require(self.request.user, self.access, row.target)
        reset(link=row, by=self.request.user, at=timezone.now())
        messages.success(self.request, _("The old address has ended. Pass the new one on to those who should have it."))
        return reverse("my:calendar_link", args=[row.pk])
