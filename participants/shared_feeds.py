"""Calendars that several people share: a group's, a delegation's, an office's."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.generic import View

from events.calendars.answers import language_of, no_calendar
from events.calendars.feed import Feed, feed_response, item_moments, item_stamps, latest, still_told
from events.calendars.items import cancelled_title, organiser_of, program_url
from events.calendars.models import CalendarLink
from events.calendars.pages import PRIVATE_CACHE, program_state
from events.calendars.vcalendar import CalendarFacts
from events.calendars.vevent import EventFacts, vevent_bytes
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import house_dates
from exchange.pages import Policed
from participants.feed_links import link_by_token
from participants.feeds import program_facts, program_is_told, program_sequence
from participants.rosters.models import Registration

OFFICE_DAYS_BACK = 180  # an office's calendar keeps the half year behind it


def shared_feed(link: CalendarLink, now: datetime) -> Feed:
    """The feed of a link that was read with its stamps."""
    return office_feed(link, now) if link.organisation_id else program_part_feed(link, now)


def program_part_feed(link: CalendarLink, now: datetime) -> Feed:
    """Everyone's items and those of the group, or of the groups that the delegation's confirmed people are in."""
    program, groups = link.program, groups_of(link)
    is_told = program_is_told(program, now)
    items = ItineraryItem.objects.filter(still_told(now), Q(groups=None) | Q(groups__in=groups), program=program).distinct()
    name = link.group.name if link.group else str(link.delegation.organisation) if link.delegation else ""
    return Feed(
        facts=CalendarFacts(f"{program} · {name}", url=program_url(program)),
        items=items if is_told else items.none(),
        state=(link.pk, is_told, tuple(groups), *program_state(program, link)),
        changed_at=latest(link.issued_at, program.updated_at, program.status_changed_at, *item_moments(link)),
        headers=lambda: [vevent_bytes(program_facts(program, link.group))] if is_told else [],
    )


def groups_of(link: CalendarLink) -> list[int]:
    if link.group_id:
        return [link.group_id]
    placed = Registration.objects.confirmed().filter(delegation=link.delegation_id, group__isnull=False)
    return sorted(placed.order_by().values_list("group", flat=True).distinct())


def office_feed(link: CalendarLink, now: datetime) -> Feed:
    """All programs that the office or its schools organise or send people to, and their registration deadlines as days."""
    programs = [program for program in programs_of(link.organisation, now) if program_is_told(program, now)]
    return Feed(
        facts=CalendarFacts(_("Exchange programs of %(name)s") % {"name": link.organisation}),
        items=ItineraryItem.objects.filter(still_told(now), program__in=[program.pk for program in programs]),
        state=(link.pk, *(program_state(program, program) for program in programs)),
        changed_at=latest(link.issued_at, *(moment for row in programs for moment in (row.updated_at, row.status_changed_at, *item_moments(row)))),
        headers=lambda: [vevent_bytes(facts) for program in programs for facts in office_events(program)],
    )


def programs_of(organisation: Any, now: datetime) -> list[Any]:
    path = organisation.path
    ours = Q(organiser__path__startswith=path) | Q(delegations__organisation__path__startswith=path)
    rows = Program.objects.filter(ours, ends_on__gte=timezone.localdate(now) - timedelta(days=OFFICE_DAYS_BACK)).distinct()
    return list(rows.select_related("organiser").annotate(**item_stamps("pk", now)).order_by("starts_on", "pk"))


def office_events(program: Program) -> list[EventFacts]:
    """The program itself and, where it has one, the day on which registration closes."""
    closes = program.registration_closes_at
    return [program_facts(program), *([deadline_facts(program, closes)] if closes else [])]


def deadline_facts(program: Program, closes: datetime) -> EventFacts:
    is_cancelled = program.status == ProgramStatus.CANCELLED
    day = timezone.localdate(closes - timedelta(microseconds=1))  # what closes at midnight closes with the day before
    title = _("Registration closes: %(program)s") % {"program": program}
    return EventFacts(
        uid=f"registration-{program.pk}@jjj-exchange",
        sequence=program_sequence(program),
        changed_at=latest(program.updated_at, program.status_changed_at),
        starts=day,
        ends=day + timedelta(days=1),
        summary=cancelled_title(title) if is_cancelled else title,
        status="CANCELLED" if is_cancelled else "CONFIRMED",
        description=_("Registration is open until %(time)s.") % {"time": house_dates.moment(closes)},
        url=program_url(program),
        categories=(_("Registration"),),
        organiser=organiser_of(program),
        is_busy=False,
    )


class SharedCalendar(Policed, View):
    """`/calendars/office-<token>.ics`: for whoever has the secret address."""

    access = "link"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        now = timezone.now()
        link = link_by_token(token, now)
        with translation.override(language_of(request)):
            if link is None:
                return no_calendar()
            feed = shared_feed(link, now)
            return feed_response(request, feed, file_name=feed.facts.name, cache_control=PRIVATE_CACHE)
