"""Itinerary items and programs as the facts of calendar events, in the active language."""

from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.utils.translation import gettext as _

from events.calendars.vevent import EventFacts
from events.itineraries.models import ItineraryItem, Venue
from events.programs.models import Program
from events.programs.status import ProgramStatus


def program_url(program: Program) -> str:
    return f"{settings.SITE_URL}/programs/{program.pk}/"


def organiser_of(program: Program) -> tuple[str, str]:
    """The office by name; its mail is the platform's, which answers for all."""
    return str(program.organiser), parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def is_cancelled(item: ItineraryItem) -> bool:
    return item.is_cancelled or item.program.status == ProgramStatus.CANCELLED


def changed_at(item: ItineraryItem) -> datetime:
    """When the event last changed: the item, or the program's being called off."""
    program = item.program
    called_off = program.status_changed_at if program.status == ProgramStatus.CANCELLED else None
    return max(item.changed_at, called_off) if called_off else item.changed_at


def item_facts(item: ItineraryItem) -> EventFacts:
    """The same for every reader of the item. Calling the program off counts as one more change of each of its items."""
    cancelled = is_cancelled(item)
    program_is_off = item.program.status == ProgramStatus.CANCELLED
    return EventFacts(
        uid=item.uid,
        sequence=item.sequence + program_is_off,
        changed_at=changed_at(item),
        starts=item.starts_at,
        ends=item.ends_at,
        summary=cancelled_title(str(item)) if cancelled else str(item),
        status="CANCELLED" if cancelled else item.status.upper(),
        location=location(item),
        position=position(item.venue),
        description=description(item),
        url=program_url(item.program),
        categories=(item.get_item_type_display(),),
        organiser=organiser_of(item.program),
        meeting_url=item.meeting_url,
        meeting_label=_("Online meeting") if item.meeting_url else "",
    )


def cancelled_title(title: str) -> str:
    return _("[Cancelled] %(title)s") % {"title": title}


def location(item: ItineraryItem) -> str:
    """Venue, meeting point and address on one line."""
    venue = item.venue
    parts = [str(venue), item.location, venue.bilingual("address")] if venue else [item.location]
    return " ".join(part for part in parts if part)


def position(venue: Venue | None) -> tuple[float, float] | None:
    if venue is None or venue.latitude is None or venue.longitude is None:
        return None
    return float(venue.latitude), float(venue.longitude)


def description(item: ItineraryItem) -> str:
    lines = [
        notice(item),
        item.journey,
        ", ".join(group.name for group in item.groups.all()),
        _("Host: %(name)s") % {"name": item.host_organisation} if item.host_organisation else "",
        _("Responsible: %(name)s") % {"name": item.responsible} if item.responsible else "",
        _("Join online: %(address)s") % {"address": item.meeting_url} if item.meeting_url else "",
        item.description,
    ]
    return "\n".join(line for line in lines if line)


def notice(item: ItineraryItem) -> str:
    """What changed: called off and why, or moved and from when."""
    if is_cancelled(item):
        reason = item.status_reason if item.is_cancelled else item.program.status_reason
        return _("Cancelled: %(reason)s") % {"reason": reason} if reason else _("Cancelled.")
    return _("The time has changed; it was %(time)s.") % {"time": item.moved_from} if item.moved_from else ""
