"""Language and theme: two small forms that set a cookie and lead back to where the visitor was."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import View

from exchange.pages import Policed

YEAR = 365 * 24 * 3600
THEMES = ("light", "dark")


def safe_address(request: HttpRequest) -> str:
    """`next` without its `lang`, if it leads to this site; the front page otherwise."""
    asked = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(asked)
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "lang"])
    return urlunsplit(parts._replace(query=query))


class SetPreference(Policed, View):
    """Base of both: POST `field`, whose value must be one of `choices()`; anything else is refused with 400."""

    access = "anyone"
    http_method_names = ["post", "options"]
    field = ""
    cookie = ""

    def choices(self) -> Any:
        raise NotImplementedError

    def post(self, request: HttpRequest) -> HttpResponse:
        value = request.POST.get(self.field, "")
        if value not in self.choices():
            return HttpResponse(status=400)
        response = HttpResponseRedirect(safe_address(request))
        response.set_cookie(self.cookie, value, max_age=YEAR, samesite="Lax", secure=settings.SITE_IS_HTTPS, httponly=True)
        return response


class SetLanguage(SetPreference):
    """中文 or English; kept with the account too, for letters."""

    field = "language"
    cookie = settings.LANGUAGE_COOKIE_NAME

    def choices(self) -> Any:
        return dict(settings.LANGUAGES)

    def post(self, request: HttpRequest) -> HttpResponse:
        response = super().post(request)
        if request.user.is_authenticated and response.status_code == 302:
            get_user_model()._base_manager.filter(pk=request.user.pk).update(language=request.POST["language"])
        return response


class SetTheme(SetPreference):
    """Light or dark; without a choice the system decides."""

    field = "theme"
    cookie = "theme"

    def choices(self) -> Any:
        return THEMES


urlpatterns = [
    path("preferences/language/", SetLanguage.as_view(), name="set_language"),
    path("preferences/theme/", SetTheme.as_view(), name="set_theme"),
]
