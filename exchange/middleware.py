"""What happens to every request: origin for the audit, language, idle sessions, second factor, secrets kept out of logs."""

import ipaddress
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.decorators import sync_only_middleware
from django.utils.translation import gettext as _

from exchange import audit

Handler = Callable[[HttpRequest], HttpResponse]


def client_ip(request: HttpRequest) -> str:
    """The caller's address: the last hop that TRUSTED_PROXY_COUNT proxies of ours did not add."""
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    count = settings.TRUSTED_PROXY_COUNT
    address = forwarded[-count] if count and len(forwarded) >= count else request.META.get("REMOTE_ADDR") or ""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:  # a socket, or a proxy that writes something else
        return ""


@sync_only_middleware
class ErrorBoundary:
    """Turn oversized bodies into 413, before any view has run."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, (RequestDataTooBig, TooManyFieldsSent)):
            return render(request, "413.html", status=413)
        return None


# What a page may ask of the device; all of it is closed unless a view opens something for itself.
DEVICE_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "screen-wake-lock",
    "usb",
)


def permissions_policy(*opened: str) -> str:
    """The value of Permissions-Policy that opens these features to our own pages and closes the others."""
    return ", ".join(f"{feature}=({'self' if feature in opened else ''})" for feature in DEVICE_FEATURES)


@sync_only_middleware
class PermissionsPolicy:
    """Close camera, microphone, position … on every page; a view that needs one sets the header itself with `permissions_policy`."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", permissions_policy())
        return response


@sync_only_middleware
class ChosenLanguage:
    """Chinese unless the visitor chose otherwise: `?lang=`, the language cookie, or (API only) Accept-Language."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = self.chosen(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", "en" if language == "en" else "zh-Hans")
            return response

    def chosen(self, request: HttpRequest) -> str:
        allowed = dict(settings.LANGUAGES)
        asked = request.GET.get("lang") or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        if asked in allowed:
            return asked
        if request.path.startswith("/api/") and request.headers.get("Accept-Language"):
            return translation.get_language_from_request(request)
        return settings.LANGUAGE_CODE


@sync_only_middleware
class Origin:
    """Tell the audit from which address the current request comes."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with audit.origin(client_ip(request)):
            return self.get_response(request)


@sync_only_middleware
class IdleTimeout:
    """Sign out a session that was idle for SESSION_IDLE_MINUTES."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.endswith(".ics") and request.user.is_authenticated:  # calendars work without a session
            now = int(time.time())
            last = request.session.get("last_seen", now)
            if now - last > settings.SESSION_IDLE_MINUTES * 60:
                logout(request)
                self.explain(request)
            elif now - last > 60 or "last_seen" not in request.session:
                request.session["last_seen"] = now  # once a minute is precise enough and spares writes
        return self.get_response(request)

    def explain(self, request: HttpRequest) -> None:
        if request.path.startswith(("/desk/", "/accounts/")):  # they lead to the sign-in page, which shows it
            minutes = settings.SESSION_IDLE_MINUTES
            messages.warning(request, _("You were signed out, because nothing happened for %(minutes)d minutes. Sign in to go on.") % {"minutes": minutes})


def lacks_second_factor(user: Any) -> bool:
    """With MFA_REQUIRED: an officer or administrator who has not set up a second factor yet."""
    return bool(settings.MFA_REQUIRED and user.is_authenticated and user.needs_second_factor and not user.has_second_factor)


@sync_only_middleware
class SecondFactor:
    """With MFA_REQUIRED, officers and administrators set up a second factor before they see anything that their role opens.

    The API refuses by itself (exchange/api_input.py), because it also knows users by token.
    """

    OPEN = ("/accounts/", "/preferences/", "/static/", "/livez", "/readyz", "/my/", "/verify/", "/calendars/", "/invitations/", "/api/")

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(self.OPEN) and lacks_second_factor(request.user):
            return redirect("mfa_activate_totp")
        return self.get_response(request)
