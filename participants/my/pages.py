"""The participant's private page: no account, one secret address."""

from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import View

from events.calendars.addresses import subscription
from events.itineraries.day_parts import parts_by_day
from events.itineraries.pages import date_of
from exchange.pages import Page, Policed
from participants.attendance.badges import badge_of
from participants.feeds import confirmed_registrations, items_of
from participants.my import overview
from participants.people.models import Person
from participants.people.rules import feed_url, person_by_token
from participants.rosters.models import Registration

NO_FORMS = {"csrf_token": ""}  # nothing here is sent, so the page needs no token and sets no cookie
WORKER = Path(__file__).with_name("offline_worker.js")
PRIVATE_HEADERS = {"Cache-Control": "no-store, private", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}


def waiting_registrations(person: Person, confirmed: list[Registration]) -> list[Registration]:
    """Those on their way, or ended, for their state to be read."""
    rows = person.registrations.exclude(pk__in=[row.pk for row in confirmed]).exclude(status="draft")
    return list(rows.select_related("program").order_by("-program__starts_on", "-pk"))


class MyPage(Page):
    """`/my/<token>/`: next item, days, calendar, certificates, own details. `?program=` chooses among several, `?day=` the day."""

    access = "link"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        for name, value in PRIVATE_HEADERS.items():
            response.headers[name] = value
        return response

    @cached_property
    def person(self) -> Person | None:
        return person_by_token(self.kwargs["token"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """One answer for a link that never was, was reset, or whose person is gone."""
        if self.person is None:
            return render(request, "my/gone.html", NO_FORMS, status=404)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        token, person = self.kwargs["token"], self.person
        assert person is not None
        confirmed = confirmed_registrations(person)
        registration = self.chosen(confirmed)
        papers = overview.papers_of(person, token)
        context = NO_FORMS | {
            "person": person,
            "registrations": confirmed,
            "registration": registration,
            "waiting": waiting_registrations(person, confirmed),
            "papers": papers,
            "calendar": subscription(feed_url(person), self.request.LANGUAGE_CODE),  # type: ignore[attr-defined]
        }
        if self.is_offline:
            context |= {"is_offline": True, "kept_at": timezone.now()}
        if registration is not None:
            context |= self.itinerary(registration) | {"expected": overview.expected_paper(registration, papers)}
        return super().get_context_data(**context, **kwargs)

    def get_template_names(self) -> list[str]:
        return ["my/offline.html"] if self.is_offline else ["my/page.html"]

    @property
    def is_offline(self) -> bool:
        """Whether the worker asks for the copy that the phone keeps; people never see it with network."""
        return self.request.GET.get("view") == "offline"

    def chosen(self, registrations: list[Registration]) -> Registration | None:
        """The one asked for, else the one under way or next, else the newest."""
        asked = self.request.GET.get("program", "")
        ahead = [row for row in registrations if row.program.ends_on >= timezone.localdate()]
        wishes = [*(row for row in registrations if str(row.program_id) == asked), *reversed(ahead), *registrations]
        return wishes[0] if wishes else None

    def itinerary(self, registration: Registration) -> dict[str, Any]:
        now = timezone.now()
        items = list(items_of([registration]).for_calendar().prefetch_related("materials"))
        current = overview.current(items, now)
        upcoming = next(iter(current), None)
        days = dict(parts_by_day(items)) or {registration.program.starts_on: []}
        day = overview.chosen_day(list(days), date_of(self.request, "day"), upcoming, now)
        return {
            "program": registration.program,
            "upcoming": upcoming,
            "beside": current[1:],
            "time_left": overview.time_left(upcoming.item.starts_at, now) if upcoming else "",
            "contact": overview.contact_of(registration),
            "check_in": badge_of(registration),
            "days": list(days),
            "day": day,
            "entries": overview.entries(days[day], now),
            "all_days": [(day, overview.timeless(parts)) for day, parts in days.items()] if self.is_offline else [],
            "item_count": len(items),
        }


class OfflineWorker(Policed, View):
    """`/my/<token>/offline.js`: the script that keeps this one page for times without network. Its address limits it to the page below which it lies."""

    access = "link"

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        if person_by_token(token) is None:
            raise Http404
        return HttpResponse(WORKER.read_text(encoding="utf-8"), content_type="text/javascript; charset=utf-8", headers=PRIVATE_HEADERS)
