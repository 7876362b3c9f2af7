"""Lessons of a series as one repeating event (RRULE, EXDATE) with its exceptions (RECURRENCE-ID), for those who ask with `?series=rrule`.

What repeats is read from the lessons themselves, never from a rule that may say more than has been published: the commonest time and
text is the repeating event's, a day without a lesson is an EXDATE, and whatever differs is an exception. So both forms of a calendar
hold the same occurrences.
"""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Max
from django.http import HttpRequest

from events.calendars.items import item_facts
from events.calendars.kept import events_of
from events.calendars.vevent import CHINA_TIME, SHANGHAI, EventFacts, Repeats, vevent_bytes
from events.itineraries.models import ItineraryItem, ItineraryItemQuerySet
from events.itineraries.series.recurrence import Rule, pattern

Lessons = dict[date, EventFacts]  # by the day that the series gave them


def asks_for_rules(request: HttpRequest) -> bool:
    return request.GET.get("series") == "rrule"


def repeating_events_of(items: ItineraryItemQuerySet) -> list[bytes]:
    """The events of the items, those of a series together."""
    series: dict[Any, Lessons] = {}
    for item in items.exclude(series=None).for_calendar().select_related("venue", "host_organisation", "program__organiser", "series"):
        rule, day = item.series, item.series_day
        assert rule is not None and day is not None  # a lesson has both
        if item.starts_at == rule.times(day)[0]:
            item.previous_starts_at = None  # it stands where its rule has it: that the rule changed is no exception of its own
        series.setdefault(rule, {})[day] = item_facts(item)
    stamps = stamps_of([row.pk for row in series])
    events = [event for row, lessons in series.items() for event in series_events(row, lessons, *stamps[row.pk])]
    return [*events_of(items.filter(series=None)), *(vevent_bytes(facts) for facts in events)]


def stamps_of(keys: list[int]) -> dict[int, tuple[int, datetime]]:
    """SEQUENCE and last change of each series: the highest of all its lessons, also of those that this calendar does not show."""
    rows = ItineraryItem.objects.filter(series__in=keys).order_by().values("series")
    return {row["series"]: (row["sequence__max"], row["changed_at__max"]) for row in rows.annotate(Max("sequence"), Max("changed_at"))}


def series_events(series: Any, lessons: Lessons, sequence: int, changed_at: datetime) -> list[EventFacts]:
    """The repeating event and its exceptions; single events where nothing repeats, or where a fixed +0800 would be wrong."""
    usual = usual_lesson(lessons)
    if usual is None:
        return list(lessons.values())
    clock, model = usual
    first, last = min(lessons), max(lessons)
    held = {day: moment_on(day, clock) for day in pattern(Rule(tuple(series.weekdays), series.every, first, last))}
    if not lessons.keys() <= held.keys() or not all(has_china_time(moment) for moment in held.values()):
        return list(lessons.values())
    repeats = Repeats(tuple(series.weekdays), series.every, held[last], tuple(moment for day, moment in held.items() if day not in lessons))
    duration = length(model)
    master = replace(model, uid=series.uid, starts=held[first], ends=held[first] + duration, sequence=sequence, changed_at=changed_at, repeats=repeats)
    exceptions = [
        replace(facts, uid=series.uid, replaces=held[day])
        for day, facts in lessons.items()
        if not is_usual(facts, model) or facts.starts != held[day] or length(facts) != duration
    ]
    return [master, *exceptions]


def usual_lesson(lessons: Lessons) -> tuple[timedelta, EventFacts] | None:
    """The commonest lesson that takes place, and when after midnight it begins; None where no two are alike."""
    alike = Counter(shape(day, facts) for day, facts in lessons.items() if facts.status != "CANCELLED")
    common = alike.most_common(1)
    if not common or common[0][1] < 2:
        return None
    return next((begin(day, facts), facts) for day, facts in lessons.items() if shape(day, facts) == common[0][0])


def shape(day: date, facts: EventFacts) -> tuple[Any, ...]:
    return begin(day, facts), length(facts), said(facts)


def said(facts: EventFacts) -> EventFacts:
    """What a lesson says beside when it is and which it is."""
    never = datetime.min.replace(tzinfo=UTC)
    return replace(facts, uid="", sequence=0, changed_at=never, starts=never, ends=never)


def is_usual(facts: EventFacts, model: EventFacts) -> bool:
    return said(facts) == said(model)


def begin(day: date, facts: EventFacts) -> timedelta:
    """From midnight to the begin."""
    assert isinstance(facts.starts, datetime)  # a lesson lasts no whole days
    return facts.starts - moment_on(day, timedelta())


def length(facts: EventFacts) -> timedelta:
    return facts.ends - facts.starts  # type: ignore[operator]


def moment_on(day: date, clock: timedelta) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC) + clock


def has_china_time(moment: datetime) -> bool:
    return moment.astimezone(SHANGHAI).utcoffset() == CHINA_TIME
