"""Dates and times in the house form: 12月14日—18日, 14:00—16:30; in English 14–18 December, 14:00–16:30. Local time of Asia/Shanghai.

The year is named when it is not the current one; the `full_` forms always name it.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language

WEEKDAYS_ZH = "一二三四五六日"
NUMBERS_ZH = "零一两三四五六七八九十"

Moment = date | datetime


def is_english() -> bool:
    return (get_language() or "").startswith("en")


def counted(number: int) -> str:
    """Up to ten in words before a measure word in Chinese (两件, 五天), figures otherwise."""
    return NUMBERS_ZH[number] if not is_english() and number < len(NUMBERS_ZH) else str(number)


def listed(words: Iterable[str]) -> str:
    """第1组、第2组; in English 第1组, 第2组."""
    return (", " if is_english() else "、").join(words)


def local(value: Moment) -> Moment:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


def _written(value: Moment, year: bool) -> str:
    if is_english():
        return date_format(value, "j F Y" if year else "j F", use_l10n=False)
    return f"{value.year}年{value.month}月{value.day}日" if year else f"{value.month}月{value.day}日"


def _is_other_year(value: Moment) -> bool:
    return value.year != timezone.localdate().year


def day(value: Moment | None) -> str:
    """11月28日 or 28 November; with the year when it is another one."""
    return _written(local(value), _is_other_year(local(value))) if value else ""


def full_day(value: Moment | None) -> str:
    """2026年11月28日 or 28 November 2026."""
    return _written(local(value), True) if value else ""


def date_range(first: Moment | None, last: Moment | None) -> str:
    """12月14日—18日, 10月26日—11月20日; in English 14–18 December, 26 October – 20 November."""
    return _range(first, last, year=False)


def full_date_range(first: Moment | None, last: Moment | None) -> str:
    """2026年12月14日—18日; in English 14–18 December 2026."""
    return _range(first, last, year=True)


def _range(first: Moment | None, last: Moment | None, *, year: bool) -> str:
    if not first or not last:
        return _single(first or last, year)
    first, last = local(first), local(last)
    year = year or _is_other_year(first) or first.year != last.year
    if (first.year, first.month, first.day) == (last.year, last.month, last.day):
        return _written(first, year)
    return _english_range(first, last, year) if is_english() else _chinese_range(first, last, year)


def _single(value: Moment | None, year: bool) -> str:
    return full_day(value) if year else day(value)


def _chinese_range(first: Moment, last: Moment, year: bool) -> str:
    if (first.year, first.month) == (last.year, last.month):
        return f"{_written(first, year)}—{last.day}日"
    return f"{_written(first, year)}—{_written(last, first.year != last.year)}"


def _english_range(first: Moment, last: Moment, year: bool) -> str:
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_written(last, year)}"
    return f"{_written(first, first.year != last.year)} – {_written(last, year)}"


def clock(value: datetime | time | None) -> str:
    """9:00, 14:30."""
    if value is None or value == "":
        return ""
    at = timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
    return f"{at.hour}:{at.minute:02d}"


def time_range(first: datetime | time | None, last: datetime | time | None) -> str:
    """14:00—16:30; in English 14:00–16:30. The end has its day when that is a later one, see `until`."""
    return ("–" if is_english() else "—").join(part for part in (clock(first), until(last, first)) if part)


def until(last: datetime | time | None, first: datetime | time | None) -> str:
    """When something ends that began at `first`: 16:30, on the day after it 次日7:00, later 12月16日 17:00. The midnight that closes the day is 0:00."""
    if not (isinstance(first, datetime) and isinstance(last, datetime)):
        return clock(last)
    days, later = (local(end).toordinal() - local(first).toordinal() for end in (last - timedelta(microseconds=1), last))
    if days == later == 1:
        return f"{clock(last)} the next day" if is_english() else f"次日{clock(last)}"
    return moment(last) if days else clock(last)


def moment(value: datetime | None) -> str:
    """11月27日 18:00 or 27 November, 18:00."""
    return (f"{day(value)}, {clock(value)}" if is_english() else f"{day(value)} {clock(value)}") if value else ""


def weekday(value: Moment | None) -> str:
    """周一 or Mon."""
    if not value:
        return ""
    at = local(value)
    return date_format(at, "D", use_l10n=False) if is_english() else f"周{WEEKDAYS_ZH[at.weekday()]}"


def iso(value: Moment | None) -> str:
    """For the datetime attribute of <time>."""
    return local(value).isoformat() if value else ""
