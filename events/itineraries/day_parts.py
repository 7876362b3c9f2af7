"""On which days an item stands, and what is said of it on each. The one answer for every list of days: pages, papers, boards, copies without network."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from events.itineraries.models import ItineraryItem
from exchange import house_dates

DAY = timedelta(days=1)


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@dataclass(frozen=True)
class DayPart:
    """An item on one of its days."""

    item: ItineraryItem
    day: date

    @property
    def number(self) -> int:
        return (self.day - self.item.day).days + 1

    @property
    def count(self) -> int:
        return (self.item.last_day - self.item.day).days + 1

    @property
    def starts_at(self) -> datetime:
        """Its begin, or the midnight from which it goes on."""
        return max(self.item.starts_at, midnight(self.day))

    @property
    def ends_at(self) -> datetime:
        """Its end, or the midnight that closes the day."""
        return min(self.item.ends_at, midnight(self.day + DAY))

    @property
    def is_whole_day(self) -> bool:
        return self.item.starts_at <= midnight(self.day) and self.ends_at == midnight(self.day + DAY)

    @property
    def is_over_night(self) -> bool:
        """Lodging, a night train, a party until 1:10: told as a night, not as two days."""
        return self.count == 2 and self.item.ends_at - self.item.starts_at < DAY

    @property
    def begins(self) -> str:
        """9:00, “all day”, or "" where it goes on from the day before."""
        if self.is_whole_day:
            return pgettext("item", "all day")
        return house_dates.clock(self.item.starts_at) if self.number == 1 else ""

    @property
    def until(self) -> str:
        """11:30, 次日1:10: the end as it is said on this day."""
        return house_dates.until(self.item.ends_at, self.starts_at)

    @property
    def ends(self) -> str:
        """The same beside `begins`: “until 1:10” on the last of several days, "" for a whole day."""
        if self.is_whole_day:
            return ""
        return self.until if self.number == 1 else pgettext("item", "until %(time)s") % {"time": self.until}

    @property
    def time(self) -> str:
        """Both on one line."""
        return ("–" if house_dates.is_english() else "—").join(part for part in (self.begins, self.ends) if part)

    @property
    def note(self) -> str:
        """“day 2 of 3”; of a night, on its second day, since when."""
        if self.count == 1 or (self.is_over_night and self.number == 1):
            return ""
        if self.is_over_night:
            return _("since %(time)s the day before") % {"time": house_dates.clock(self.item.starts_at)}
        return _("day %(number)s of %(count)s") % {"number": self.number, "count": self.count}


def parts_on(items: Iterable[ItineraryItem], day: date) -> list[DayPart]:
    """What takes place on a day, what goes on from earlier days first."""
    return sorted((DayPart(item, day) for item in items if item.is_on(day)), key=in_order)


def parts_by_day(items: Iterable[ItineraryItem]) -> list[tuple[date, list[DayPart]]]:
    """Each day on which something takes place, with what does."""
    days: dict[date, list[DayPart]] = defaultdict(list)
    for item in items:
        for day in item.days:
            days[day].append(DayPart(item, day))
    return [(day, sorted(days[day], key=in_order)) for day in sorted(days)]


def in_order(part: DayPart) -> tuple[datetime, datetime, int]:
    return part.starts_at, part.item.ends_at, part.item.pk


def now_and_next(items: Iterable[ItineraryItem], now: datetime) -> list[tuple[bool, DayPart]]:
    """(True, what goes on) as it stands today, what began last first; then (False, what begins next), parallel items together. Nothing called off."""
    planned, today = [item for item in items if not item.is_cancelled], timezone.localdate(now)
    running = sorted((item for item in planned if item.is_now(now)), key=lambda item: item.starts_at, reverse=True)
    coming = [item for item in planned if item.starts_at > now]
    first = min((item.starts_at for item in coming), default=None)
    return [(True, DayPart(item, today)) for item in running] + [(False, DayPart(item, item.day)) for item in coming if item.starts_at == first]
