"""The ways to one calendar: the phone's own program, copying, a second phone, a file."""

from typing import Any

import segno
from django.utils.safestring import SafeString, mark_safe

ALARM_MINUTES = 15


def qr_code(address: str) -> SafeString:
    """The address as a drawing, without a style attribute."""
    drawing = segno.make(address, micro=False, error="m").svg_inline(omitsize=True, border=3, svgclass="qr", lineclass=None, light="#fff")
    return mark_safe(drawing)


def subscription(address: str, language: str) -> dict[str, Any]:
    """What the subscribe panel shows; English readers get an English calendar."""
    if language.startswith("en"):
        address = with_option(address, "lang=en")
    return {
        "https": address,
        "webcal": f"webcal://{address.split('://', 1)[1]}",
        "alarm": with_option(address, f"alarm={ALARM_MINUTES}"),
        "by_rule": with_option(address, "series=rrule"),
        "download": with_option(address, "download=1"),
        "qr": qr_code(address),
    }


def with_option(address: str, option: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{option}"
