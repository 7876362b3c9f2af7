"""The officer's phone: camera, finding people by name or digits, and a queue that waits for the network."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from events.itineraries.models import ItineraryItem
from exchange import house_dates
from exchange.middleware import permissions_policy
from exchange.pages import Page
from participants.attendance import roll_call, rules
from participants.attendance.codes import code_of
from participants.attendance.pages import ItemPolicy


class Scan(ItemPolicy, Page):
    """Check-in at one item. No cache between keeps the list of people; the device does, by offline_worker.js, until its officer signs out."""

    template_name = "attendance/scan.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        response.headers["Permissions-Policy"] = permissions_policy("camera", "screen-wake-lock")
        add_never_cache_headers(response)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        item = self.item(self.kwargs["pk"])
        return super().get_context_data(**kwargs) | {
            "item": item,
            "people": people_on_device(item),
            "words": words(),
            "is_early": item.starts_at > timezone.now() + rules.EARLIEST,
        }


def people_on_device(item: ItineraryItem) -> list[dict[str, Any]]:
    """Whom the page knows by code, name, pinyin, initials and last four digits, and what is noted of them."""
    rows = roll_call.entries(roll_call.expected_at(item), item)
    return [
        {
            "id": row.registration.pk,
            "code": code_of(row.registration),
            "name": row.registration.person.name,
            "unit": row.registration.organisation.short,
            "group": str(row.registration.group or ""),
            "latin": [row.registration.person.initials, row.registration.person.pinyin],
            "digits": row.registration.person.phone[-4:],
            "state": row.state,
            "at": house_dates.clock(row.record.recorded_at) if row.record else "",
        }
        for row in rows
    ]


def words() -> dict[str, Any]:
    """What the script says; {0} is filled in there."""
    return {
        "again": _("Noted already at {0}"),
        "notCode": _("This is not a check-in code."),
        "unknown": _("Not on this list. The code is kept and looked up when it is sent."),
        "waiting": _("Kept on this device"),
        "sent": pgettext("check-in", "Sent"),
        "kept": _("A newer note stands: {0}"),
        "nobody": _("Nobody on this list matches."),
        "more": _("Type more to narrow the list down."),
        "noCamera": _("The camera cannot be used here. Find people by name below."),
        "denied": _("The browser was not allowed to use the camera. Allow it in the settings of this page, or find people by name below."),
        "stop": _("Stop the camera"),
        "start": _("Start the camera"),
    }
