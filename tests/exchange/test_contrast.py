"""Contrast of text, buttons and edges (WCAG 2.2), computed from the tokens of both themes."""

import re
from pathlib import Path

import pytest
from django.conf import settings

STYLES = Path(settings.BASE_DIR, "static", "css", "theme.css").read_text()


def tokens(theme: str) -> dict[str, str]:
    block = re.search(rf"\[data-bs-theme={theme}\]\{{color-scheme:{theme};(.*?)\}}", STYLES, re.S)
    assert block is not None
    return dict(re.findall(r"--([\w-]+):(#[0-9A-F]{6})", block[1]))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["sf", "bg", "tint"])
@pytest.mark.parametrize("name", ["ink", "ink-2", "ink-3", "qing", "lv", "zhe", "zhu", "teng"])
def test_text_is_readable(theme: str, ground: str, name: str) -> None:
    colours = tokens(theme)
    tint = "mu" if name.startswith("ink") else f"{name}-s"
    assert contrast(colours[name], colours[tint if ground == "tint" else ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_buttons_and_edges_are_visible(theme: str) -> None:
    colours = tokens(theme)
    assert all(contrast(colours["btn-t"], colours[name]) >= 4.5 for name in ("btn", "btn-h"))
    assert all(contrast(colours["ctl"], colours[name]) >= 3 for name in ("sf", "bg", "mu"))
