"""Check-in codes: what a participant's QR says. They name a registration, open nothing, and cannot be made up or counted through."""

import hmac
import re
from collections.abc import Iterable

import segno
from django.utils.safestring import SafeString, mark_safe

from exchange.encryption import derive_token
from participants.rosters.models import Registration, RegistrationQuerySet

# Capital letters, digits and a hyphen: QR codes hold these densely, so that the squares stay large.
PREFIX, TOKEN_LENGTH = "QD", 10
CODE = re.compile(rf"{PREFIX}([0-9]{{1,18}})-([A-Z2-7]{{{TOKEN_LENGTH}}})")


def code_of(registration: Registration) -> str:
    """QD1234-ABCDEFGHIJ, for a registration with its person. A renewed private link makes a new code too."""
    token = derive_token("check-in", registration.pk, registration.person.link_version)
    return f"{PREFIX}{registration.pk}-{token[:TOKEN_LENGTH].upper()}"


def registration_id(text: str) -> int | None:
    """The number that a code claims, or None when this is no check-in code at all."""
    match = CODE.fullmatch(text.strip().upper())
    return int(match[1]) if match else None


def found_by_code(codes: Iterable[str], people: RegistrationQuerySet) -> dict[str, Registration]:
    """code as given → registration among `people`, in one query; forged, renewed and foreign codes are left out."""
    wanted = {code: pk for code in codes if (pk := registration_id(code)) is not None}
    rows = {row.pk: row for row in people.filter(pk__in=set(wanted.values())).select_related("person")}
    return {code: rows[pk] for code, pk in wanted.items() if pk in rows and hmac.compare_digest(code_of(rows[pk]), code.strip().upper())}


def qr_drawing(registration: Registration) -> SafeString:
    """The code as an SVG without a style attribute."""
    return mark_safe(segno.make(code_of(registration), micro=False, error="q").svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None, light="#fff"))
