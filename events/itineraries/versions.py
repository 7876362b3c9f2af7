"""What an itinerary said at a moment, and how two such moments differ, in plain words. Pure but for `snapshot`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from events.itineraries.models import ItineraryItem
from exchange import house_dates

Facts = Mapping[str, Any]  # one item, as JSON


@dataclass(frozen=True)
class Difference:
    """One item that changed: `words` say how, `key` is the item's."""

    key: int
    day: date
    day_number: int
    title: str
    words: tuple[str, ...]
    groups: tuple[str, ...] = ()  # whom it is for, unless everyone or a change of it: two items may bear the same title

    def __str__(self) -> str:
        return f"{self.day_words} {self.title} {self.sentence}{self.audience}"

    @property
    def audience(self) -> str:
        return _(" (%(groups)s)") % {"groups": house_dates.listed(self.groups)} if self.groups else ""

    @property
    def day_words(self) -> str:
        return day_words(self.day, self.day_number)

    @property
    def sentence(self) -> str:
        return _("; ").join(self.words)


def snapshot(items: Iterable[ItineraryItem]) -> list[dict[str, Any]]:
    """The items, with venue, host and groups fetched, as JSON in order of time. A draft counts as the item it changes."""
    return [facts_of(item) for item in items]


def facts_of(item: ItineraryItem) -> dict[str, Any]:
    venue, host = item.venue, item.host_organisation
    return {
        "key": item.key,
        "title_zh": item.title_zh,
        "title_en": item.title_en,
        "type": item.item_type,
        "starts": timezone.localtime(item.starts_at).isoformat(),
        "ends": timezone.localtime(item.ends_at).isoformat(),
        "place": " ".join(part for part in (venue.name_zh if venue else "", item.location) if part),
        "host": host.name_zh if host else "",
        "host_id": item.host_organisation_id,
        "groups": [group.name for group in item.groups.all()],
        "group_ids": [group.pk for group in item.groups.all()],
        "responsible": item.responsible,
        "meeting": item.meeting_url,
        "description": item.description,
        "notes": item.leader_notes,
        "hours": f"{item.credit_hours:g}",
        "places": item.capacity,
        "journey": item.journey,
        "public": item.is_public,
        "cancelled": item.is_cancelled,
        "reason": item.status_reason,
    }


def differences(before: Iterable[Facts], after: Iterable[Facts], *, first_day: date) -> list[Difference]:
    """What changed from one snapshot to another, in order of time. `first_day` is the program's, which is its day 1."""
    old, new = ({facts["key"]: facts for facts in rows} for rows in (before, after))
    found = [difference(old.get(key), new.get(key), first_day) for key in {**old, **new}]
    return sorted((row for row in found if row.words), key=lambda row: (row.day, row.key))


def difference(before: Facts | None, after: Facts | None, first_day: date) -> Difference:
    facts = before or after
    assert facts is not None
    day = begin(facts).date()
    groups = facts["groups"] if after is None or after["groups"] == facts["groups"] else ()
    return Difference(facts["key"], day, (day - first_day).days + 1, title_of(facts), tuple(words_of(before, after, first_day)), tuple(groups))


def words_of(before: Facts | None, after: Facts | None, first_day: date) -> Iterator[str]:
    if before is None or after is None:
        facts = before or after
        assert facts is not None
        yield (_("added, %(time)s") if before is None else _("removed, was %(time)s")) % {"time": house_dates.time_range(begin(facts), end(facts))}
        return
    if after["cancelled"] != before["cancelled"]:
        yield cancelled_words(after)
    if title_of(before) != title_of(after):
        yield _("now called “%(title)s”") % {"title": title_of(after)}
    elif (before["title_zh"], before["title_en"]) != (after["title_zh"], after["title_en"]):
        yield _("title in the other language changed")
    yield from time_words(before, after, first_day)
    yield from value_words(before, after)


def cancelled_words(after: Facts) -> str:
    if not after["cancelled"]:
        return _("takes place again")
    return _("cancelled: %(reason)s") % {"reason": after["reason"]} if after["reason"] else _("cancelled")


def time_words(before: Facts, after: Facts, first_day: date) -> Iterator[str]:
    """8:30→9:00 when it begins at another time, with the day when that is another one; the end when only that moved."""
    was, now = begin(before), begin(after)
    if was.date() != now.date():
        days = [day_words(moment.date(), (moment.date() - first_day).days + 1) for moment in (was, now)]
        yield f"{days[0]} {house_dates.clock(was)}→{days[1]} {house_dates.clock(now)}"
    elif was != now:
        yield f"{house_dates.clock(was)}→{house_dates.clock(now)}"
    if end(before) == end(after) and was != now:
        yield _("still ends %(time)s") % {"time": house_dates.clock(end(after))}
    elif end(before) - was != end(after) - now:
        yield _("ends %(before)s→%(after)s") % {"before": house_dates.clock(end(before)), "after": house_dates.clock(end(after))}


def value_words(before: Facts, after: Facts) -> Iterator[str]:
    everyone = _("everyone")
    labels = {
        "place": _("place"),
        "groups": pgettext("change of an item", "for"),
        "host": _("host"),
        "responsible": _("responsible"),
        "hours": _("credit hours"),
    }
    labels |= {"places": _("places"), "journey": _("journey")}
    for name, label in labels.items():
        if before.get(name) != after.get(name):  # versions of earlier releases lack some
            old, new = (shown(facts.get(name) or "") or (everyone if name == "groups" else "—") for facts in (before, after))
            yield f"{label} {old}→{new}"
    silent = {"description": _("description changed"), "notes": _("notes for leaders changed"), "meeting": _("meeting link changed"), "type": _("type changed")}
    yield from (words for name, words in silent.items() if before[name] != after[name])
    if before["public"] != after["public"]:
        yield _("now public") if after["public"] else _("no longer public")


def shown(value: Any) -> str:
    return house_dates.listed(value) if isinstance(value, list) else str(value)


def title_of(facts: Facts) -> str:
    english = facts["title_en"] if (get_language() or "").startswith("en") else ""
    return str(english or facts["title_zh"])


def begin(facts: Facts) -> datetime:
    return datetime.fromisoformat(facts["starts"])


def end(facts: Facts) -> datetime:
    return datetime.fromisoformat(facts["ends"])


def day_words(day: date, number: int) -> str:
    """第3天, or the date for a day before the program begins."""
    return _("Day %(number)s") % {"number": number} if number > 0 else house_dates.day(day)
