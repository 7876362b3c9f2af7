"""Chinese typesetting that WeasyPrint leaves to us: gaps beside digits, quotation marks, names that break at their dots."""

import re
import unicodedata
from datetime import date

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
GAP = mark_safe('<i class="gap"></i>')
_BESIDE_LATIN = re.compile(f"(?<=[{HAN}])(?=[0-9A-Za-z])|(?<=[0-9A-Za-z])(?=[{HAN}])")
_QUOTES = re.compile("[“”‘’]")
DIGITS = "〇一二三四五六七八九"

# §8 of the visual direction: up to 12 characters at full size, up to 18 smaller, beyond that broken at a dot.
FULL_NAME, LONG_NAME, BROKEN_NAME = 12, 18, 36


def typeset(text: str) -> SafeString:
    """Escaped text with gaps between Han and digits, and quotation marks in the Song face."""
    pieces = _BESIDE_LATIN.sub("\x00", text).split("\x00")
    marked = (_QUOTES.sub(lambda mark: f'<span class="quote">{mark[0]}</span>', escape(piece)) for piece in pieces)
    return mark_safe(GAP.join(marked))


def paragraph(text: str) -> SafeString:
    """A paragraph whose last line keeps at least three characters: they do not part from the full stop."""
    if len(text) < 8:
        return typeset(text)
    return mark_safe(f'{typeset(text[:-4])}<span class="together">{typeset(text[-4:])}</span>')


def name_width(name: str) -> float:
    """Width in characters: a Latin letter takes about half of one."""
    return sum(1.0 if unicodedata.east_asian_width(char) in "WF" else 0.55 for char in name)


def name_class(name: str) -> str:
    width = name_width(name)
    if width <= FULL_NAME:
        return "full"
    if width <= LONG_NAME:
        return "long"
    return "broken" if width <= BROKEN_NAME else "tiny"


def name_pieces(name: str) -> list[str]:
    """Where a long name may break: after a dot or a space."""
    return [piece for piece in re.split(r"(?<=[·• ])", name) if piece]


def name_markup(name: str) -> SafeString:
    """A name that stays on one line, or breaks at its dots when it is too long for that."""
    if name_class(name) in ("full", "long"):
        return mark_safe(f'<span class="together">{escape(name)}</span>')
    pieces = (f'<span class="together">{escape(piece)}</span>' if name_width(piece) <= LONG_NAME else escape(piece) for piece in name_pieces(name))
    return mark_safe("<wbr>".join(pieces))


def name_in_two(name: str) -> tuple[SafeString, SafeString]:
    """A name that breaks at its dots, in two: its last piece stays on one line with the word that follows the name."""
    pieces = name_pieces(name)
    if name_class(name) in ("full", "long") or len(pieces) < 2 or name_width(pieces[-1]) > FULL_NAME:
        return mark_safe(""), mark_safe("")
    return mark_safe(f"{name_markup(''.join(pieces[:-1]))}<wbr>"), escape(pieces[-1])


def formal_number(value: int) -> str:
    """1 to 99 in Chinese figures: 二十五."""
    tens, ones = divmod(value, 10)
    head = ("十" if tens == 1 else f"{DIGITS[tens]}十") if tens else ""
    return head + (DIGITS[ones] if ones or not tens else "")


def formal_date(day: date) -> str:
    """二〇二六年十二月二十五日."""
    year = "".join(DIGITS[int(digit)] for digit in str(day.year))
    return f"{year}年{formal_number(day.month)}月{formal_number(day.day)}日"


def plain_date(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def date_span(first: date, last: date) -> str:
    """2026年12月14日至18日."""
    if first == last:
        return plain_date(first)
    if first.year != last.year:
        return f"{plain_date(first)}至{plain_date(last)}"
    end = f"{last.day}日" if first.month == last.month else f"{last.month}月{last.day}日"
    return f"{plain_date(first)}至{end}"


MONTHS = ("January February March April May June July August September October November December").split()


def english_date(day: date) -> str:
    """25 December 2026, whatever language the site speaks now."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def english_span(first: date, last: date) -> str:
    """14–18 December 2026."""
    if first == last:
        return english_date(first)
    if first.year != last.year:
        return f"{english_date(first)} – {english_date(last)}"
    if first.month != last.month:
        return f"{first.day} {MONTHS[first.month - 1]} – {english_date(last)}"
    return f"{first.day}–{english_date(last)}"
