"""The public calendar of a program."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.views.generic import View

from events.calendars.answers import language_of
from events.calendars.feed import Feed, feed_response, item_moments, item_stamps, latest, still_told
from events.calendars.items import program_url
from events.calendars.vcalendar import CalendarFacts
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from exchange.pages import Policed

PUBLIC_CACHE, PRIVATE_CACHE = "public, max-age=300", "private, no-cache"


def program_feed(program: Program) -> Feed:
    """All public items of a program (read with `item_stamps`), cancelled ones included: a calendar must learn of them."""
    return Feed(
        facts=CalendarFacts(str(program), program.bilingual("summary"), program_url(program)),
        items=ItineraryItem.objects.filter(still_told(timezone.now()), program=program, is_public=True),
        state=program_state(program, program),
        changed_at=program_changed_at(program),
    )


def program_state(program: Program, stamps: Any) -> tuple[object, ...]:
    """All that decides how a program stands in a calendar; `stamps` is the row that was read with `item_stamps`."""
    return program.pk, program.status, program.updated_at, stamps.items_told, stamps.items_changed_at


def program_changed_at(program: Program) -> datetime:
    """The latest change of anything the calendar shows, or showed: an item that is no longer public counts too."""
    return latest(*item_moments(program), program.updated_at, program.status_changed_at)


class ProgramCalendar(Policed, View):
    """`/programs/<id>/itinerary.ics`: for anyone when the program is public, for signed-in people who see it otherwise."""

    access = "anyone"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        program, cache_control = self.find(pk)
        with translation.override(language_of(request)):
            return feed_response(request, program_feed(program), file_name=str(program), cache_control=cache_control)

    def find(self, pk: int) -> tuple[Program, str]:
        """Everyone's view first, so that a subscription never opens a session; then the view of whoever is signed in."""
        programs = Program.objects.annotate(**item_stamps()).filter(pk=pk)
        program = programs.visible_to(AnonymousUser()).first()
        if program is not None:
            return program, PUBLIC_CACHE
        if settings.SESSION_COOKIE_NAME not in self.request.COOKIES:
            raise Http404
        return self.visible(programs, pk=pk), PRIVATE_CACHE
