"""A calendar over HTTP: conditional, without cookies, with a name to save it under."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date
from django.utils.translation import gettext as _


def language_of(request: HttpRequest) -> str:
    """By the address alone: a calendar client has no language cookie, and a shared cache must not mix two."""
    return "en" if request.GET.get("lang") == "en" else "zh-hans"


def calendar_response(
    request: HttpRequest, body: Callable[[], bytes], *, etag: str, changed_at: datetime, file_name: str, cache_control: str
) -> HttpResponseBase:
    """200 with the calendar, or 304 without calling `body`. If-None-Match goes before If-Modified-Since (RFC 9110 §13.2.2)."""
    response = HttpResponse(content_type="text/calendar; charset=utf-8")
    modified = int(changed_at.timestamp())
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = str(http_date(modified))
    response.headers["Cache-Control"] = cache_control
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Content-Language"] = "en" if translation.get_language() == "en" else "zh-Hans"
    disposition = content_disposition_header(request.GET.get("download") == "1", f"{file_name}.ics")
    response.headers["Content-Disposition"] = disposition or "inline"
    answer = get_conditional_response(request, etag=etag, last_modified=modified, response=response) or response
    if answer is response:
        response.content = body()
    return answer


def no_calendar() -> HttpResponse:
    """One answer for an address that never was, was reset, or whose owner is gone; without session, form or cookie."""
    return HttpResponse(_("There is no calendar at this address."), status=404, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})
