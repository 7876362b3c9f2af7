"""What a planner should look at beside clashes: hints, never walls. Each check takes the facts and gives hints; four queries in all."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise
from math import asin, cos, radians, sin, sqrt

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.itineraries.holidays import is_announced, special_day
from events.itineraries.models import ItemType, ItineraryItem, Venue
from events.itineraries.terms import SchoolTerm, in_term, terms_of
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import house_dates

EARTH_KM, SPEED_KMH, BOARDING_MINUTES = 6371.0, 30.0, 10
LUNCH, DINNER, LONGEST_STAY = (time(10, 30), time(14, 0)), (time(17, 0), time(20, 0)), timedelta(hours=12)
AT_SCHOOL = frozenset({ItemType.VISIT, ItemType.LESSON})


@dataclass(frozen=True)
class Hint:
    """`kind` is stable; `items` are those to change."""

    kind: str
    day: date
    words: str
    items: tuple[ItineraryItem, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What the checks look at: items that take place, in order of time, with venues and groups fetched."""

    program: Program
    items: Sequence[ItineraryItem]
    elsewhere: dict[int, list[tuple[datetime, datetime, str]]]  # venue → when other programs are there, and at which meeting point
    people: dict[int | None, int]  # group → confirmed people; None = those without a group
    taken: int = 0  # confirmed people who are confirmed for another program at the same time
    terms: Sequence[SchoolTerm] = ()


Check = Callable[[Plan], Iterator[Hint]]


def hints_for(program: Program, items: Iterable[ItineraryItem]) -> list[Hint]:
    """Every hint on a program's itinerary, in order of days."""
    planned = sorted((item for item in items if not item.is_cancelled), key=lambda item: (item.starts_at, item.ends_at, item.pk))
    if not planned:
        return []
    plan = Plan(program, planned, booked_elsewhere(program, planned), people_in(program), people_elsewhere(program), terms_around(program, planned))
    return sorted((hint for check in CHECKS for hint in check(plan)), key=lambda hint: (hint.day, hint.kind))


def booked_elsewhere(program: Program, items: Sequence[ItineraryItem]) -> dict[int, list[tuple[datetime, datetime, str]]]:
    """When published programs of anybody use the same venues; times only, as their titles may be no business of this planner."""
    venues = {item.venue_id for item in items if item.venue_id}
    rows = ItineraryItem.objects.exclude(program=program).exclude(status="cancelled").filter(venue__in=venues, program__status=ProgramStatus.PUBLISHED)
    during = rows.filter(starts_at__lt=max(item.ends_at for item in items), ends_at__gt=items[0].starts_at)
    found: dict[int, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for venue, starts, ends, point in during.order_by().values_list("venue", "starts_at", "ends_at", "location"):
        found[venue].append((starts, ends, point))
    return found


def people_in(program: Program) -> dict[int | None, int]:
    rows = program.registrations.filter(status="confirmed").order_by().values("group").annotate(total=Count("pk"))  # type: ignore[attr-defined]
    return {row["group"]: row["total"] for row in rows}


def people_elsewhere(program: Program) -> int:
    """How many of the confirmed people are confirmed for another program on the same days: the number, as the other program may be no business of this one."""
    confirmed = program.registrations.filter(status="confirmed")  # type: ignore[attr-defined]
    others = {"program__starts_on__lte": program.ends_on, "program__ends_on__gte": program.starts_on, "program__status": ProgramStatus.PUBLISHED}
    elsewhere = confirmed.model.objects.filter(status="confirmed", **others).exclude(program=program)
    same = Q(person__in=elsewhere.values("person")) | Q(identity_index__in=elsewhere.exclude(identity_index="").values("identity_index"))
    return int(confirmed.filter(same).count())


def terms_around(program: Program, items: Sequence[ItineraryItem]) -> list[SchoolTerm]:
    codes = {code for item in items if item.item_type in AT_SCHOOL and (code := place_of(program, item))}
    return SchoolTerm.objects.around(codes, items[0].day, items[-1].day) if codes else []


def place_of(program: Program, item: ItineraryItem) -> str:
    """The division whose schools are concerned: the host's, the venue's, or the program's."""
    host, venue = item.host_organisation, item.venue
    return (host.division_id if host else None) or (venue.division_id if venue else None) or program.host_division_id or ""


# Checks ----------------------------------------------------------------------------------------------------------------


def outside_dates(plan: Plan) -> Iterator[Hint]:
    """One for each day, or a copied week would fill the page with them."""
    outside = (item for item in plan.items if not plan.program.starts_on <= item.day <= plan.program.ends_on)
    for day, rows in groupby(outside, key=lambda item: item.day):
        first, *more = rows
        words = _("and %(count)s more: outside the dates of the program") if more else _("outside the dates of the program")
        yield Hint("outside_dates", day, words % {"count": len(more)} if more else words, (first,))


def venue_taken(plan: Plan) -> Iterator[Hint]:
    for item in plan.items:
        for starts, ends, point in plan.elsewhere.get(item.venue_id or 0, ()):
            if starts < item.ends_at and ends > item.starts_at and point == item.location:
                time_words = house_dates.time_range(starts, ends)
                yield Hint("venue_taken", item.day, _("%(venue)s is booked by another program, %(time)s") % {"venue": item.venue, "time": time_words}, (item,))
                break


def short_travel(plan: Plan) -> Iterator[Hint]:
    """From one venue to the next at 30 km/h as the crow flies, and ten minutes to get on and off; once for each pair."""
    seen: set[tuple[int, int]] = set()
    for first, second in steps(plan):
        needed, there = travel_minutes(first.venue, second.venue), int((second.starts_at - first.ends_at).total_seconds() // 60)
        if needed and 0 <= there < needed and (first.pk, second.pk) not in seen:
            seen.add((first.pk, second.pk))
            words = _("%(there)s minutes from %(first)s to %(second)s; the way takes about %(needed)s")
            names = {"there": there, "needed": needed, "first": first.venue, "second": second.venue}
            yield Hint("short_travel", second.day, words % names, (first, second))


def steps(plan: Plan) -> Iterator[tuple[ItineraryItem, ItineraryItem]]:
    """What one group does one after the other at places, journeys left out."""
    groups = {group.pk for item in plan.items for group in item.groups.all()} or {0}
    stays = [(item, {group.pk for group in item.groups.all()}) for item in plan.items if item.venue_id and item.item_type != ItemType.TRAVEL]
    for key in sorted(groups):
        own = [item for item, audience in stays if not audience or key in audience]
        yield from pairwise(own)


def travel_minutes(first: Venue | None, second: Venue | None) -> int:
    """About how long the way takes; 0 for the same place or unknown coordinates."""
    if first is None or second is None or first.pk == second.pk or None in (first.latitude, first.longitude, second.latitude, second.longitude):
        return 0
    return round(distance_km(first, second) / SPEED_KMH * 60) + BOARDING_MINUTES


def distance_km(first: Venue, second: Venue) -> float:
    """The great circle between two venues (haversine)."""
    north, east, north2, east2 = (radians(float(value or 0)) for value in (first.latitude, first.longitude, second.latitude, second.longitude))
    half = sin((north2 - north) / 2) ** 2 + cos(north) * cos(north2) * sin((east2 - east) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half))


def nights_without_lodging(plan: Plan) -> Iterator[Hint]:
    if not plan.program.kind_rules.sleeps_away:
        return
    lodging = [item for item in plan.items if item.item_type == ItemType.LODGING]
    nights = [plan.program.starts_on + timedelta(days=offset) for offset in range((plan.program.ends_on - plan.program.starts_on).days)]
    empty = [night for night in nights if not any(covers_night(item, night) for item in lodging)]
    if empty:
        yield Hint("no_lodging", empty[0], _("no lodging for the night of %(days)s") % {"days": listed(empty)})


def covers_night(item: ItineraryItem, night: date) -> bool:
    """Begins on the evening's day, or goes on past its midnight."""
    midnight = on(night + timedelta(days=1), time(0))
    return item.day == night or item.starts_at < midnight < item.ends_at


def days_without_meals(plan: Plan) -> Iterator[Hint]:
    """Days with something before and after the hours of lunch or dinner, and no meal between."""
    if not plan.program.kind_rules.sleeps_away:
        return
    for kind, hours, words in (("no_lunch", LUNCH, _("no lunch on %(days)s")), ("no_dinner", DINNER, _("no dinner on %(days)s"))):
        empty = [day for day in sorted({item.day for item in plan.items}) if lacks_meal(plan, *(on(day, clock) for clock in hours))]
        if empty:
            yield Hint(kind, empty[0], words % {"days": listed(empty)})


def listed(days: Sequence[date]) -> str:
    return house_dates.listed(house_dates.day(day) for day in days[:7])


def on(day: date, clock: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, clock))


def lacks_meal(plan: Plan, begin: datetime, end: datetime) -> bool:
    day = timezone.localtime(begin).date()
    items = [item for item in plan.items if item.day == day and item.ends_at - item.starts_at < LONGEST_STAY]
    busy = [item for item in items if item.item_type != ItemType.LODGING]
    goes_on = any(item.starts_at < begin for item in busy) and any(item.ends_at > end for item in busy)
    return goes_on and not any(item.item_type == ItemType.MEAL and item.starts_at < end and item.ends_at > begin for item in items)


def too_many_people(plan: Plan) -> Iterator[Hint]:
    """More than the item takes, or than the venue holds with all that takes place there at the same time."""
    for index, item in enumerate(plan.items):
        own = expected(plan, [item])
        if item.capacity is not None and own > item.capacity:
            yield Hint("over_capacity", item.day, _("%(people)s people for %(capacity)s places") % {"people": own, "capacity": item.capacity}, (item,))
        if item.venue is None or item.venue.capacity is None:
            continue
        earlier = [other for other in plan.items[:index] if other.venue_id == item.venue_id and other.ends_at > item.starts_at]
        people = expected(plan, [*earlier, item])
        if people > item.venue.capacity:
            words = _("%(people)s people, %(venue)s holds %(capacity)s") % {"people": people, "venue": item.venue, "capacity": item.venue.capacity}
            yield Hint("over_capacity", item.day, words, (*earlier, item))


def expected(plan: Plan, items: Sequence[ItineraryItem]) -> int:
    """How many confirmed people the items are for; each counts once."""
    audiences = [{group.pk for group in item.groups.all()} for item in items]
    return sum(plan.people.values()) if not all(audiences) else sum(plan.people.get(key, 0) for key in set().union(*audiences))


def people_in_two_programs(plan: Plan) -> Iterator[Hint]:
    if plan.taken:
        words = ngettext(
            "%(count)s person is confirmed for another program on these days", "%(count)s people are confirmed for another program on these days", plan.taken
        )
        yield Hint("people_taken", plan.program.starts_on, words % {"count": plan.taken})


def school_holidays(plan: Plan) -> Iterator[Hint]:
    """Visits and lessons on days on which the schools of the place are closed; places of whose days nothing is known, once."""
    unknown: dict[str, ItineraryItem] = {}
    for item in plan.items:
        code = place_of(plan.program, item) if item.item_type in AT_SCHOOL else ""
        host = item.host_organisation
        own = terms_of(code, item.day, plan.terms, host.stage if host else "") if code else []
        if code and not own:
            unknown.setdefault(code[:2], item)
        elif code and not in_term(item.day, own):
            yield Hint("school_holiday", item.day, _("outside the school terms of %(place)s") % {"place": own[0].division}, (item,))
    for item in unknown.values():
        yield Hint("no_terms", item.day, _("the school terms of this place are not entered yet"), (item,))


def special_days(plan: Plan) -> Iterator[Hint]:
    """Public holidays, weekends on which people work, and years for which nothing is announced yet."""
    days = sorted({item.day for item in plan.items})
    for day in days:
        special = special_day(day)
        if special is not None:
            words = _("%(name)s: a public holiday") if special.is_off else _("%(name)s: a working day that makes up for the holiday")
            yield Hint("special_day", day, words % {"name": special.name})
    for year in sorted({day.year for day in days if not is_announced(day.year)}):
        first = next(day for day in days if day.year == year)
        yield Hint("not_announced", first, _("the holidays of %(year)s are not announced yet") % {"year": year})


CHECKS: tuple[Check, ...] = (
    outside_dates,
    venue_taken,
    short_travel,
    nights_without_lodging,
    days_without_meals,
    too_many_people,
    people_in_two_programs,
    school_holidays,
    special_days,
)
