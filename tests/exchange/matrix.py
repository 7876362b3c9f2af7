"""Addresses of all routes, built for the objects of a World."""

import re
from collections.abc import Callable
from typing import Any

from exchange.routes import Route
from tests.world import World

# What the parameters of an address stand for; the first pattern found in the path decides.
TARGETS: list[tuple[str, Callable[[World], dict[str, Any]]]] = [
    (r"^/(my|calendars)/<str:token>/certificates/", lambda w: {"token": w.token, "pk": w.certificate.pk}),
    (r"^/my/<str:token>/materials/", lambda w: {"token": w.token, "pk": w.material.pk}),
    (r"^/(my|calendars)/", lambda w: {"token": w.token, "program_pk": w.program.pk}),
    (r"/invitation-guests/", lambda w: {"pk": w.guest.pk}),
    (r"/calendar-links/", lambda w: {"pk": w.calendar_link.pk}),
    (r"^/credentials/", lambda w: {"pk": w.certificate.issuer_id, "year": w.certificate.year, "thumbprint": "none"}),
    (r"^/verify/", lambda w: {"code": w.certificate.code}),
    (r"^/(invitations|consent|unsubscribe)/", lambda w: {"token": "no-such-token-no-such-token-1234"}),
    (r"(?<!pk>)/consents/", lambda w: {"pk": w.consent.pk}),
    (r"/exports/", lambda w: {"pk": w.export.pk}),
    (r"/inbox/|/notices/", lambda w: {"pk": w.notice.pk}),
    (r"^/desk/awards/|/v1/awards/", lambda w: {"pk": w.award.pk}),
    (r"/papers/<str:kind>/", lambda w: {"pk": w.program.pk, "kind": "award"}),
    (r"/paper-templates/", lambda w: {"pk": w.paper_template.pk}),
    (r"/paper-pictures/|^/desk/pictures/", lambda w: {"pk": w.paper_picture.pk}),
    (r"/divisions/", lambda w: {"pk": "120113"}),
    (r"/tokens/", lambda w: {"token_key": "0123456789abcde", "key": "0123456789abcde"}),
    (r"/roster-imports/|/imports/", lambda w: {"pk": w.roster_import.pk, "row": 2, "column": "name"}),
    (r"/roster-versions/", lambda w: {"pk": w.version.pk}),
    (r"/programs/new/", lambda w: {"kind": "choir"}),
    (
        r"/(programs|itinerary)/.*<int:item|/items/|itinerary-items/",
        lambda w: {"pk": w.item.pk, "item": w.item.pk, "program": w.program.pk, "program_pk": w.program.pk},
    ),
    (r"^(/desk|/api/v1)?/materials/", lambda w: {"pk": w.material.pk}),
    (r"/school-year/", lambda w: {"year": 2026, "pk": 1}),
    (r"/hours/<int:year>/", lambda w: {"year": w.program.ends_on.year}),
    (r"^/desk/programs/<int:pk>/groups/$", lambda w: {"pk": w.program.pk}),
    (r"/groups/", lambda w: {"pk": w.group.pk, "program": w.program.pk, "program_pk": w.program.pk}),
    (r"programs/", lambda w: {"pk": w.program.pk}),
    (r"/lesson-series/", lambda w: {"pk": w.lesson_series.pk}),
    (r"/series/", lambda w: {"pk": w.series.pk}),
    (r"/organisations/", lambda w: {"pk": w.school.pk}),
    (r"/users/", lambda w: {"pk": w.user.pk}),
    (r"/memberships/", lambda w: {"pk": w.membership.pk}),
    (r"/invitations/", lambda w: {"pk": w.invitation.pk}),
    (r"/itinerary-templates/", lambda w: {"pk": w.itinerary_template.pk}),
    (r"/venues/", lambda w: {"pk": w.venue.pk}),
    (r"/quota-parts/", lambda w: {"pk": w.part.pk}),
    (r"/delegations/", lambda w: {"pk": w.delegation.pk}),
    (r"/allocations/", lambda w: {"pk": w.allocation.pk}),
    (r"/people/", lambda w: {"pk": w.person.pk}),
    (r"/registrations/undo/", lambda w: {"moment": 0}),
    (r"/registrations/", lambda w: {"pk": w.registration.pk, "person_pk": w.person.pk}),
    (r"/attendance/", lambda w: {"pk": w.attendance.pk}),
    (r"/certificate-batches/|/batches/", lambda w: {"pk": w.batch.pk}),
    (r"/certificates/", lambda w: {"pk": w.certificate.pk}),
    (r"/password/reset/key/", lambda w: {"uidb36": "1", "key": "set-password"}),
]
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:\([^()]*\)|[^()])*\)")


def address(route: Route, world: World) -> str:
    """The path of a route for the world's objects. Raises AssertionError when nobody said what its parameters mean."""
    if not PARAMETER.search(route.path):
        return route.path.replace("\\", "")
    keys = next((keys(world) for pattern, keys in TARGETS if re.search(pattern, route.path)), None)
    assert keys is not None, f"{route.path} ({route.name}): say in tests/exchange/matrix.py what its parameters stand for"

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        assert name in keys, f"{route.path} ({route.name}): what is {name}?"
        return str(keys[name])

    return PARAMETER.sub(value, route.path).replace("\\", "")


def is_about_an_object(route: Route) -> bool:
    """The address names an object of the world, which is foreign to most people."""
    open_ones = r"/divisions/|/tokens/|/series/|/school-year/|/programs/new/|/registrations/undo/|/hours/<int:year>/|/password/reset/|^/(my|calendars|credentials|verify|invitations|consent|unsubscribe)/"
    return bool(PARAMETER.search(route.path)) and not re.search(open_ones, route.path)
