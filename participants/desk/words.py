"""Places as the desk says them."""

from typing import Any

from exchange.house_dates import is_english

PROVINCES = {"11": "北京", "12": "天津", "13": "河北"}


def place_of(organisation: Any) -> str:
    """天津·北辰 for the bureau of 北辰区; other places and English readers get the organisation's name."""
    division = organisation.division
    if is_english() or division is None or division.code[:2] not in PROVINCES:
        return str(organisation)
    name = division.name.rstrip("区县市") if len(division.name) > 2 else division.name
    return f"{PROVINCES[division.code[:2]]}·{name}"
