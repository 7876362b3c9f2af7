"""A person's own calendar: every program with a confirmed registration, its header and the items of everyone and the own group."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.generic import View

from events.calendars.answers import language_of, no_calendar
from events.calendars.feed import KEPT_CANCELLED, Feed, feed_response, item_moments, item_stamps, latest, still_told
from events.calendars.items import cancelled_title, organiser_of, program_url
from events.calendars.pages import PRIVATE_CACHE, program_state
from events.calendars.vcalendar import CalendarFacts
from events.calendars.vevent import EventFacts, vevent_bytes
from events.itineraries.models import Group, ItineraryItem, ItineraryItemQuerySet
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange.pages import Policed
from participants.people.models import Person
from participants.people.rules import link_token, person_by_token
from participants.rosters.models import Registration
from participants.rosters.status import RegistrationStatus


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
    return ItineraryItem.objects.filter(condition).distinct()


def personal_feed(person: Person) -> Feed:
    """Valid also when it is empty: before the confirmation, and after a withdrawal. One query tells whether it has changed."""
    now = timezone.now()
    registrations = list(
        person.registrations.select_related("program__organiser", "group").annotate(**item_stamps("program", now)).order_by("-program__starts_on", "-pk")
    )
    shown = [row for row in registrations if is_told(row, now)]
    return Feed(
        facts=CalendarFacts(_("Exchange itinerary of %(name)s") % {"name": person.name}, url=my_url(person)),
        items=items_of(shown).filter(still_told(now)),
        state=(person.pk, *(registration_state(row) for row in shown)),
        changed_at=latest(person.created_at, person.updated_at, *(moment for row in registrations for moment in moments_of(row))),
        headers=lambda: [vevent_bytes(header_facts(row)) for row in shown],
    )


def is_told(registration: Registration, now: datetime) -> bool:
    """A confirmed place in a program that calendars show."""
    return registration.status == RegistrationStatus.CONFIRMED and program_is_told(registration.program, now)


def program_is_told(program: Program, now: datetime) -> bool:
    """Past its draft; one that is called off for thirty days after its date."""
    if program.status == ProgramStatus.CANCELLED:
        return program.ends_on >= timezone.localdate(now - KEPT_CANCELLED)
    return program.status != ProgramStatus.DRAFT


def registration_state(registration: Registration) -> tuple[object, ...]:
    """All that decides the part of this registration in the calendar."""
    return registration.pk, registration.group_id, registration.status_changed_at, *program_state(registration.program, registration)


def moments_of(registration: Registration) -> tuple[datetime | None, ...]:
    """Changes of anything the calendar shows or showed: also of items that went away, and of ended registrations."""
    program = registration.program
    return registration.status_changed_at, program.updated_at, program.status_changed_at, *item_moments(registration)


def my_url(person: Person) -> str:
    return f"{settings.SITE_URL}/my/{link_token(person)}/"


def header_facts(registration: Registration) -> EventFacts:
    """The program as an event of whole days, with group, coach and contact."""
    return program_facts(registration.program, registration.group, registration.status_changed_at)


def program_facts(program: Program, group: Group | None = None, *moments: datetime | None) -> EventFacts:
    """The same for a group, or without one; `moments` are further changes that the event shows."""
    is_cancelled = program.status == ProgramStatus.CANCELLED
    return EventFacts(
        uid=f"program-{program.pk}@jjj-exchange",
        sequence=program_sequence(program),
        changed_at=latest(program.updated_at, program.status_changed_at, *moments),
        starts=program.starts_on,
        ends=program.ends_on + timedelta(days=1),
        summary=cancelled_title(str(program)) if is_cancelled else str(program),
        status="CANCELLED" if is_cancelled else "CONFIRMED",
        location=program.bilingual("place"),
        description="\n".join(header_lines(program, group)),
        url=program_url(program),
        categories=(_("Program"),),
        organiser=organiser_of(program),
        is_busy=False,
    )


def program_sequence(program: Program) -> int:
    """A SEQUENCE that grows with every change, for a program that counts none."""
    changed = latest(program.updated_at, program.status_changed_at)
    return max(int((changed - program.created_at).total_seconds()), 0)


def header_lines(program: Program, group: Group | None) -> list[str]:
    lines = [
        _("Cancelled: %(reason)s") % {"reason": program.status_reason} if program.status == ProgramStatus.CANCELLED and program.status_reason else "",
        " · ".join(part for part in (group.name, group.coach) if part) if group else "",
        _("Contact: %(name)s %(phone)s") % {"name": program.contact_name, "phone": program.contact_phone} if program.contact_name else "",
        program.bilingual("summary"),
    ]
    return [line for line in lines if line]


class PersonCalendar(Policed, View):
    """`/calendars/<token>.ics`: for whoever has the secret address."""

    access = "link"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        person = person_by_token(token)
        with translation.override(language_of(request)):
            if person is None:
                return no_calendar()
            return feed_response(request, personal_feed(person), file_name=_("Exchange itinerary"), cache_control=PRIVATE_CACHE)
