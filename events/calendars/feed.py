"""A calendar as it goes out: what decides whether it changed is read first, the bytes are put together only when they are asked for."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from events.calendars.alarms import alarm_of, with_alarm
from events.calendars.answers import calendar_response
from events.calendars.kept import edition, events_of
from events.calendars.recurring import asks_for_rules, repeating_events_of
from events.calendars.vcalendar import CalendarFacts, calendar_bytes
from events.itineraries.models import ItemStatus, ItineraryItem, ItineraryItemQuerySet
from events.programs.status import ProgramStatus

KEPT_CANCELLED = timedelta(days=30)


@dataclass(frozen=True)
class Feed:
    """`state` is all that decides the bytes beside the address: two answers with equal states are equal."""

    facts: CalendarFacts
    items: ItineraryItemQuerySet
    state: tuple[Any, ...]
    changed_at: datetime
    headers: Callable[[], list[bytes]] = list  # events that are no items

    def body(self, alarm: int | None = None, *, by_rule: bool = False) -> bytes:
        events = [*self.headers(), *(repeating_events_of if by_rule else events_of)(self.items)]
        return calendar_bytes(self.facts, [with_alarm(event, alarm) for event in events] if alarm is not None else events)

    def etag(self, alarm: int | None = None, *, by_rule: bool = False) -> str:
        parts = (edition(), translation.get_language(), alarm, by_rule, self.facts, self.state)
        return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def feed_response(request: HttpRequest, feed: Feed, *, file_name: str, cache_control: str) -> HttpResponseBase:
    """200 with the calendar, or 304 from the stamps alone. `?alarm=15` reminds that many minutes before, `?series=rrule` tells lessons by their rule."""
    alarm, by_rule = alarm_of(request), asks_for_rules(request)
    return calendar_response(
        request,
        lambda: feed.body(alarm, by_rule=by_rule),
        etag=feed.etag(alarm, by_rule=by_rule),
        changed_at=feed.changed_at,
        file_name=file_name,
        cache_control=cache_control,
    )


def still_told(now: datetime) -> Q:
    """Items that calendars get: what is called off is told for thirty days after its date, then it goes."""
    called_off = Q(status=ItemStatus.CANCELLED) | Q(program__status=ProgramStatus.CANCELLED)
    return Q(ends_at__gte=now - KEPT_CANCELLED) | ~called_off


def item_stamps(program: str = "pk", now: datetime | None = None) -> dict[str, Any]:
    """Columns for `annotate`: how many items of the program calendars get, when one last changed, and the last end of those that calendars do not get any more.

    Whatever moves an item in or out of somebody's part of the itinerary also moves one of the first two.
    """
    is_told = still_told(now or timezone.now())
    rows = ItineraryItem.objects.filter(program=OuterRef(program)).order_by().values("program")
    told = rows.filter(is_told).annotate(total=Count("pk"))
    return {
        "items_told": Coalesce(Subquery(told.values("total")), 0),
        "items_changed_at": Subquery(rows.annotate(latest=Max("changed_at")).values("latest")),
        "items_ended_at": Subquery(rows.exclude(is_told).annotate(latest=Max("ends_at")).values("latest")),
    }


def item_moments(stamps: Any) -> tuple[datetime | None, ...]:
    """When the items of a program last changed for calendars: one of them, or the day on which one that was called off went."""
    return stamps.items_changed_at, stamps.items_ended_at and stamps.items_ended_at + KEPT_CANCELLED


def latest(*moments: datetime | None) -> datetime:
    return max(moment for moment in moments if moment)
