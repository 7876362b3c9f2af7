"""Numbers and places as the desk says them."""

from typing import Any

from exchange.house_dates import is_english

HAN = "零一两三四五六七八九十"
PROVINCES = {"11": "北京", "12": "天津", "13": "河北"}


def counted(number: int) -> str:
    """Up to ten in words before a measure word in Chinese (两件), figures otherwise."""
    return HAN[number] if not is_english() and number < len(HAN) else str(number)


def place_of(organisation: Any) -> str:
    """天津·北辰 for the bureau of 北辰区; other places and English readers get the organisation's name."""
    division = organisation.division
    if is_english() or division is None or division.code[:2] not in PROVINCES:
        return str(organisation)
    name = division.name.rstrip("区县市") if len(division.name) > 2 else division.name
    return f"{PROVINCES[division.code[:2]]}·{name}"


def unit_name(organisation: Any) -> str:
    """The short Chinese name where sentences are Chinese, the full English one otherwise."""
    return str(organisation) if is_english() else organisation.short
