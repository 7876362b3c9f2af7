"""A person's own calendar: every program with a confirmed registration, its header and the items of everyone and the own group."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.generic import View

from events.calendars.answers import calendar_response, language_of
from events.calendars.items import cancelled_title, items_as_events, organiser_of, program_url
from events.calendars.vcalendar import CalendarFacts, calendar_bytes
from events.calendars.vevent import EventFacts, vevent_bytes
from events.itineraries.models import ItineraryItem, ItineraryItemQuerySet
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange.pages import Policed
from participants.people.models import Person
from participants.people.rules import link_token, person_by_token
from participants.rosters.models import Registration


def confirmed_registrations(person: Person) -> list[Registration]:
    """Those that put a program into the person's calendar, the newest program first."""
    rows = person.registrations.confirmed().exclude(program__status=ProgramStatus.DRAFT)
    return list(rows.select_related("program__organiser", "group", "organisation", "delegation__organisation").order_by("-program__starts_on", "-pk"))


def items_of(registrations: list[Registration]) -> ItineraryItemQuerySet:
    """Everyone's items and those of the own group, in one query for all programs."""
    condition = Q(pk__in=[])
    for registration in registrations:
        mine = Q(groups=None) | Q(groups=registration.group_id) if registration.group_id else Q(groups=None)
        condition |= Q(program=registration.program_id) & mine
    return ItineraryItem.objects.for_calendar().filter(condition).distinct()


def personal_calendar(person: Person) -> bytes:
    """Valid also when it is empty: before the confirmation, and after a withdrawal."""
    registrations = confirmed_registrations(person)
    headers = [vevent_bytes(header_facts(registration)) for registration in registrations]
    facts = CalendarFacts(_("Exchange itinerary of %(name)s") % {"name": person.name}, url=my_url(person))
    return calendar_bytes(facts, [*headers, *items_as_events(items_of(registrations))])


def my_url(person: Person) -> str:
    return f"{settings.SITE_URL}/my/{link_token(person)}/"


def header_facts(registration: Registration) -> EventFacts:
    """The program as an event of whole days, with group, coach and contact."""
    program = registration.program
    is_cancelled = program.status == ProgramStatus.CANCELLED
    changed = latest(program.updated_at, program.status_changed_at, registration.status_changed_at)
    return EventFacts(
        uid=f"program-{program.pk}@jjj-exchange",
        sequence=seconds_between(program.created_at, latest(program.updated_at, program.status_changed_at)),
        changed_at=changed,
        starts=program.starts_on,
        ends=program.ends_on + timedelta(days=1),
        summary=cancelled_title(str(program)) if is_cancelled else str(program),
        status="CANCELLED" if is_cancelled else "CONFIRMED",
        location=program.bilingual("place"),
        description="\n".join(header_lines(registration)),
        url=program_url(program),
        categories=(_("Program"),),
        organiser=organiser_of(program),
        is_busy=False,
    )


def seconds_between(first: datetime, last: datetime) -> int:
    """A SEQUENCE that grows with every change, for a program that counts none."""
    return max(int((last - first).total_seconds()), 0)


def header_lines(registration: Registration) -> list[str]:
    program, group = registration.program, registration.group
    lines = [
        _("Cancelled: %(reason)s") % {"reason": program.status_reason} if program.status == ProgramStatus.CANCELLED and program.status_reason else "",
        " · ".join(part for part in (group.name, group.coach) if part) if group else "",
        _("Contact: %(name)s %(phone)s") % {"name": program.contact_name, "phone": program.contact_phone} if program.contact_name else "",
        program.bilingual("summary"),
    ]
    return [line for line in lines if line]


def latest(*moments: datetime | None) -> datetime:
    return max(moment for moment in moments if moment)


def calendar_changed_at(person: Person) -> datetime:
    """The latest change of anything the calendar shows or showed: also of items that went away, and of ended registrations."""
    registrations = list(person.registrations.select_related("program"))
    programs = {registration.program for registration in registrations}
    items = ItineraryItem.objects.filter(program__in=programs).aggregate(latest=Max("changed_at"))["latest"]
    moments = [moment for program in programs for moment in program_moments(program)]
    return latest(person.created_at, person.updated_at, items, *moments, *(registration.status_changed_at for registration in registrations))


def program_moments(program: Program) -> tuple[datetime | None, ...]:
    return program.updated_at, program.status_changed_at


def no_calendar() -> HttpResponse:
    """One answer for an address that never was, was reset, or whose person is gone; without session, form or cookie."""
    return HttpResponse(_("There is no calendar at this address."), status=404, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})


class PersonCalendar(Policed, View):
    """`/calendars/<token>.ics`: for whoever has the secret address."""

    access = "link"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        person = person_by_token(token)
        with translation.override(language_of(request)):
            if person is None:
                return no_calendar()
            return calendar_response(
                request,
                personal_calendar(person),
                changed_at=calendar_changed_at(person),
                file_name=_("Exchange itinerary"),
                cache_control="private, no-cache",
            )
