"""Checks of plain values that forms, serializers and models share."""

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FIRST_YEAR, LAST_YEAR = 1900, 2199
LARGEST_ID = 2**63 - 1

# C0 and C1 controls but tab and line feed, lone surrogates, Unicode line separators and noncharacters.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")


def no_control_characters(value: object) -> None:
    if isinstance(value, str) and CONTROL.search(value.replace("\r\n", "\n")):
        raise ValidationError(_("This contains characters that cannot be printed. Type it again instead of pasting it."), code="control_characters")


def sane_year(value: object) -> None:
    """Refuse dates that clocks, calendars and databases disagree about."""
    if isinstance(value, date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValidationError(_("The year must lie between %(first)s and %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR}, code="year_out_of_range")
