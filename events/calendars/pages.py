"""The public calendar of a program."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Max
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.views.generic import View

from events.calendars.answers import calendar_response, language_of
from events.calendars.items import items_as_events, program_url
from events.calendars.vcalendar import CalendarFacts, calendar_bytes
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from exchange.pages import Policed

PUBLIC_CACHE, PRIVATE_CACHE = "public, max-age=300", "private, no-cache"


def program_calendar(program: Program) -> bytes:
    """All public items of a program, cancelled ones included: a calendar must learn of them."""
    items = ItineraryItem.objects.for_calendar().filter(program=program, is_public=True)
    facts = CalendarFacts(str(program), program.bilingual("summary"), program_url(program))
    return calendar_bytes(facts, items_as_events(items))


def calendar_changed_at(program: Program) -> datetime:
    """The latest change of anything the calendar shows, or showed: an item that is no longer public counts too."""
    latest = program.items.aggregate(latest=Max("changed_at"))["latest"]
    return max(moment for moment in (latest, program.updated_at, program.status_changed_at) if moment)


class ProgramCalendar(Policed, View):
    """`/programs/<id>/itinerary.ics`: for anyone when the program is public, for signed-in people who see it otherwise."""

    access = "anyone"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        program, cache_control = self.find(pk)
        with translation.override(language_of(request)):
            return calendar_response(
                request,
                program_calendar(program),
                changed_at=calendar_changed_at(program),
                file_name=str(program),
                cache_control=cache_control,
            )

    def find(self, pk: int) -> tuple[Program, str]:
        """Everyone's view first, so that a subscription never opens a session; then the view of whoever is signed in."""
        programs = Program.objects.select_related("organiser").filter(pk=pk)
        program = programs.visible_to(AnonymousUser()).first()
        if program is not None:
            return program, PUBLIC_CACHE
        if settings.SESSION_COOKIE_NAME not in self.request.COOKIES:
            raise Http404
        return self.visible(programs, pk=pk), PRIVATE_CACHE
