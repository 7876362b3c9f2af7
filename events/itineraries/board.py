"""The day board: itinerary items laid out as blocks of quarter hours, side by side where they overlap. Pure: items in, layout out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.itineraries.day_parts import DayPart, in_order
from events.itineraries.drafts import stamp
from events.itineraries.models import Group, ItemType, ItineraryItem
from exchange import house_dates

QUARTER = 15  # minutes in a row of the grid
FIRST_HOUR, LAST_HOUR = 7, 21  # shown even when empty
SHORTEST = 2  # quarters that a block needs to hold its title
LANES_THAT_FIT, LANES_OF_ROOMY = 3, 6
MOST_LANES = 12  # more than these share the last lane
DAYS_AT_ONCE, MOST_COLUMNS = 7, 12
QUIET_TYPES = frozenset({ItemType.TRAVEL, ItemType.MEAL, ItemType.LODGING})
GROUP_TONES = ("qing", "zhe")


@dataclass
class Block:
    """An item on one of its days. `start` and `span` count quarter hours from the board's first hour, on the first of the days."""

    part: DayPart
    tone: str
    is_clash: bool
    start: int
    span: int
    lane: int = 0
    lanes: int = 1
    across: int = 1  # over how many columns it stands

    @property
    def item(self) -> ItineraryItem:
        return self.part.item

    @property
    def groups(self) -> str:
        """The keys of its groups, for the script of the board."""
        return " ".join(str(group.pk) for group in self.item.groups.all())

    @property
    def seen(self) -> str:
        return stamp([self.item])

    @property
    def end(self) -> int:
        return self.start + self.span


@dataclass
class Day:
    """A column. `nights` are items that go on past midnight; they stand below the hours, those of several days on each of their days.

    `label` names a lane of a single day, `group` is whose lane it is.
    """

    on: date
    label: str = ""
    group: Group | None = None
    blocks: list[Block] = field(default_factory=list)
    nights: list[Block] = field(default_factory=list)
    clashes: int = 0

    @property
    def month(self) -> str:
        return date_format(self.on, "M", use_l10n=False) if house_dates.is_english() else f"{self.on.month}月"

    @property
    def in_order(self) -> list[Block]:
        return sorted([*self.blocks, *self.nights], key=lambda block: in_order(block.part))


@dataclass(frozen=True)
class Audience:
    """Whom a colour stands for."""

    label: str
    tone: str


@dataclass
class Board:
    days: list[Day]
    hours: list[int]
    audiences: list[Audience]
    earlier: date | None
    later: date | None
    left_out: int = 0  # lanes for which there is no room

    @property
    def room(self) -> str:
        """What the columns need where many things take place at the same time; the board then scrolls sideways."""
        lanes = max((block.lanes for day in self.days for block in day.blocks), default=1)
        return "is-wide" if lanes > LANES_OF_ROOMY else "is-roomy" if lanes > LANES_THAT_FIT else ""

    @property
    def has_nights(self) -> bool:
        return any(day.nights for day in self.days)


def build_board(days: Sequence[date], items: Iterable[ItineraryItem], *, clashing: frozenset[int], first: date | None = None) -> Board:
    """Lay the items out on at most DAYS_AT_ONCE of the days, beginning with `first`. `clashing` holds keys of items that clash."""
    items = list(items)
    shown, earlier, later = window(days, first)
    tones = audience_tones(items)
    columns = [Day(day) for day in shown]
    hours = hours_of(item for item in items if item.day in shown and not is_overnight(item))
    for column in columns:
        fill(column, [item for item in items if stands_on(item, column.on)], tones, clashing, hours[0])
    return Board(columns, hours, legend(items, tones), earlier, later)


def build_lanes(day: date, items: Iterable[ItineraryItem], *, by: str, groups: Sequence[Group], clashing: frozenset[int]) -> Board:
    """One day with a column for each group ("group", everyone's items in all of them) or each venue ("venue")."""
    items = list(items)
    today = [item for item in items if stands_on(item, day)]
    every_lane = lanes_of_groups(day, today, groups) if by == "group" else lanes_of_venues(day, today)
    lanes = every_lane[:MOST_COLUMNS]
    tones, hours = audience_tones(items), hours_of(item for item in today if item.day == day and not is_overnight(item))
    for column, own in lanes:
        fill(column, own, tones, clashing, hours[0])
    columns = [column for column, _items in lanes]
    if by == "group":
        stand_across(columns)
    return Board(columns or [Day(day)], hours, legend(items, tones), None, None, len(every_lane) - len(lanes))


def lanes_of_groups(day: date, items: list[ItineraryItem], groups: Sequence[Group]) -> list[tuple[Day, list[ItineraryItem]]]:
    return [
        (Day(day, f"{group.name} {group.coach}".strip(), group), [item for item in items if not audience(item) or group.pk in audience(item)])
        for group in groups
    ]


def lanes_of_venues(day: date, items: list[ItineraryItem]) -> list[tuple[Day, list[ItineraryItem]]]:
    """Venues by name; what has none comes last."""
    names = sorted({str(item.venue) if item.venue else "" for item in items}, key=lambda name: (not name, name))
    return [(Day(day, name or _("No venue")), [item for item in items if (str(item.venue) if item.venue else "") == name]) for name in names]


def stand_across(columns: list[Day]) -> None:
    """Everyone's items stand once, across all lanes, where nothing else takes place beside them in any."""
    blocks = [block for column in columns for block in column.blocks]
    nights = [block for column in columns for block in column.nights]
    crowded = {block.item.pk for block in blocks if block.lanes > 1} | {block.item.pk for block in nights if any(audience(row.item) for row in nights)}
    alone = {block.item.pk for block in [*blocks, *nights] if not audience(block.item)} - crowded
    for block in [*columns[0].blocks, *columns[0].nights] if columns else ():
        block.across = len(columns) if block.item.pk in alone else 1
    for column in columns[1:]:
        column.blocks = [block for block in column.blocks if block.item.pk not in alone]
        column.nights = [block for block in column.nights if block.item.pk not in alone]


def days_of(starts_on: date, ends_on: date, items: Iterable[ItineraryItem]) -> list[date]:
    """The days of a short program, or those with items of a long one; items before or after the program add their days."""
    busy = {day for item in items for day in item.days if stands_on(item, day)}
    length = (ends_on - starts_on).days + 1
    whole = {starts_on + timedelta(days=offset) for offset in range(min(length, DAYS_AT_ONCE))}
    return sorted(busy | whole if length <= DAYS_AT_ONCE or not busy else busy)


def stands_on(item: ItineraryItem, day: date) -> bool:
    """A night stands on the day on which it begins, everything else on each day that it touches."""
    return item.day == day or (item.is_on(day) and not DayPart(item, day).is_over_night)


def window(days: Sequence[date], first: date | None) -> tuple[list[date], date | None, date | None]:
    """The days to show from `first` on, and where the window before and the one after begin."""
    start = next((index for index, day in enumerate(days) if first and day >= first), 0)
    if len(days) <= DAYS_AT_ONCE:
        start = 0
    end = start + DAYS_AT_ONCE
    earlier = days[max(start - DAYS_AT_ONCE, 0)] if start else None
    return list(days[start:end]), earlier, days[end] if end < len(days) else None


def is_overnight(item: ItineraryItem) -> bool:
    """Goes on past midnight (an end at midnight itself still belongs to the day)."""
    return timezone.localtime(item.ends_at - timedelta(microseconds=1)).date() > item.day


def quarters(moment: datetime, *, up: bool = False) -> int:
    """Quarter hours since midnight, rounded to the row that the moment lies in or, with `up`, ends with."""
    local = timezone.localtime(moment)
    minutes = local.hour * 60 + local.minute
    return -(-minutes // QUARTER) if up else minutes // QUARTER


def end_quarter(item: ItineraryItem) -> int:
    last = quarters(item.ends_at, up=True)
    return 24 * 60 // QUARTER if timezone.localtime(item.ends_at).date() > item.day else last


def hours_of(items: Iterable[ItineraryItem]) -> list[int]:
    """From the hour of the earliest begin to that of the latest end, and the working day in any case."""
    bounds = [(quarters(item.starts_at) // 4, -(-end_quarter(item) // 4)) for item in items]
    first = min([FIRST_HOUR, *(start for start, _end in bounds)])
    last = max([LAST_HOUR, *(end for _start, end in bounds)])
    return list(range(first, last))


def fill(day: Day, items: list[ItineraryItem], tones: dict[frozenset[int], str], clashing: frozenset[int], first_hour: int) -> None:
    for item in items:
        start = quarters(item.starts_at) - first_hour * 4
        span = max(end_quarter(item) - quarters(item.starts_at), SHORTEST)
        block = Block(DayPart(item, day.on), tone_of(item, tones), item.pk in clashing and item.day == day.on, start, span)
        (day.nights if is_overnight(item) else day.blocks).append(block)
    share_width(day.blocks)
    day.clashes = sum(block.is_clash for block in day.in_order)


def share_width(blocks: list[Block]) -> None:
    """Give overlapping blocks lanes of equal width; blocks that touch nobody keep the whole."""
    cluster: list[Block] = []
    for block in sorted(blocks, key=lambda block: (block.start, -block.span)):
        if cluster and block.start >= max(other.end for other in cluster):
            settle(cluster)
            cluster = []
        taken = {other.lane for other in cluster if other.end > block.start}
        block.lane = next(lane for lane in range(len(cluster) + 1) if lane not in taken)
        cluster.append(block)
    settle(cluster)


def settle(cluster: list[Block]) -> None:
    """Equal widths, and lanes in the order of the groups, so that a group keeps its side from hour to hour."""
    order = sorted({block.lane for block in cluster}, key=lambda lane: (min(first_group(block.item) for block in cluster if block.lane == lane), lane))
    for block in cluster:
        block.lane = order.index(block.lane)
    lanes = min(max((block.lane for block in cluster), default=0) + 1, MOST_LANES)
    for block in cluster:
        block.lanes, block.lane = lanes, min(block.lane, lanes - 1)


def first_group(item: ItineraryItem) -> int:
    return min((group.number for group in item.groups.all()), default=0)


# Colours ---------------------------------------------------------------------------------------------------------------


def audience(item: ItineraryItem) -> frozenset[int]:
    return frozenset(group.pk for group in item.groups.all())


def audience_tones(items: Iterable[ItineraryItem]) -> dict[frozenset[int], str]:
    """石绿 for everyone; the sets of groups take 石青 and 赭石 in turn, by their first group."""
    sets = {audience(item): first_group(item) for item in items}
    ordered = sorted((key for key in sets if key), key=lambda key: (sets[key], len(key), sorted(key)))
    return {frozenset(): "lv"} | {key: GROUP_TONES[index % 2] for index, key in enumerate(ordered)}


def tone_of(item: ItineraryItem, tones: dict[frozenset[int], str]) -> str:
    if item.is_cancelled:
        return "off"
    if item.item_type == ItemType.FREE:
        return "note"
    return "plain" if item.item_type in QUIET_TYPES and not item.groups.all() else tones[audience(item)]


def legend(items: Iterable[ItineraryItem], tones: dict[frozenset[int], str]) -> list[Audience]:
    labels = {audience(item): group_label(list(item.groups.all())) for item in items}
    return [Audience(labels[key], tone) for key, tone in tones.items() if labels.get(key)]


def group_label(groups: list[Group]) -> str:
    """第1组—第3组 for neighbours, else their names; "" for everyone."""
    numbers = [group.number for group in groups]
    if len(groups) > 2 and numbers == list(range(numbers[0], numbers[0] + len(groups))):
        return f"{groups[0].name}—{groups[-1].name}"
    return "、".join(group.name for group in groups)
