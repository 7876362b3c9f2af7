"""Addresses of filtered lists: segmented views, chips, and the way back to the same place."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def query_with(request: HttpRequest, **changes: Any) -> str:
    """The current address with some parameters changed; None takes one out. Paging starts anew unless it is asked for."""
    query = request.GET.copy()
    query.pop("page", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = value
    return f"{request.path}?{query.urlencode()}" if query else request.path


def segments(request: HttpRequest, name: str, labels: Mapping[str, Any], counts: Mapping[str, int], current: str) -> list[dict[str, Any]]:
    """Views as components/filter_views.html shows them; the first is the default and needs no parameter."""
    default = next(iter(labels))
    return [
        {
            "label": label,
            "url": query_with(request, **{name: None if key == default else key, "person": None}),
            "count": counts.get(key, 0),
            "current": key == current,
        }
        for key, label in labels.items()
    ]


def number(query: QueryDict, name: str) -> int | None:
    """A parameter that is an id, or None; nonsense counts as none."""
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def safe_next(request: HttpRequest, default: str) -> str:
    """The address in the form's `next`, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()) else default


def undo_address(registrations: Iterable[Any]) -> str:
    """Where a step that was taken with all of these at one moment is taken back; "" without any."""
    moments = {row.status_changed_at for row in registrations}
    moment = moments.pop() if len(moments) == 1 else None
    return reverse("rosters:undo_many", args=[(moment - EPOCH) // MICROSECOND]) if moment else ""
