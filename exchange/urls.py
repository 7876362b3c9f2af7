"""Composition: the only module here that imports the apps."""

from allauth.account import urls as allauth_account
from allauth.mfa import urls as allauth_mfa
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from events.calendars import urls as calendars
from events.itineraries import urls as itineraries
from events.programs import urls as programs
from exchange import health, preferences, styleguide
from exchange.access import PACKAGE_ROUTES
from exchange.api import Policed
from exchange.api_input import PolicyPermission
from participants.attendance import urls as attendance
from participants.certificates import urls as certificates
from participants.desk import urls as desk
from participants.directory import urls as directory
from participants.invitations import urls as invitations
from participants.my import urls as my
from participants.notices import urls as notices
from participants.people import urls as people
from participants.rosters import urls as rosters

SUBJECTS = [programs, itineraries, calendars, directory, people, my, rosters, attendance, certificates, notices, invitations, desk]


class Schema(Policed, SpectacularAPIView):
    """The OpenAPI description of the API."""

    access = "signed_in"
    permission_classes = [PolicyPermission]


class Docs(Policed, SpectacularSwaggerSplitView):
    """The same as a page to read and try."""

    access = "signed_in"
    permission_classes = [PolicyPermission]


def account_urls() -> list[URLPattern]:
    """Only those pages of django-allauth that exchange/access names: no sign-up, no e-mail management."""
    pages = [*allauth_account.urlpatterns, *(path(f"2fa/{p.pattern}", p.callback, name=p.name) for p in named(allauth_mfa.urlpatterns))]
    return [page for page in pages if page.name in PACKAGE_ROUTES]


def named(patterns: list[URLPattern | URLResolver], prefix: str = "") -> list[URLPattern]:
    """Patterns of nested includes, flattened."""
    found: list[URLPattern] = []
    for pattern in patterns:
        where = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            found += named(pattern.url_patterns, where)
        else:
            found.append(path(where, pattern.callback, name=pattern.name))
    return found


def api_urls() -> list[URLPattern | URLResolver]:
    router = SimpleRouter()
    for subject in SUBJECTS:
        for prefix, viewset in subject.API:
            router.register(prefix, viewset, basename=prefix)
    return [
        path("schema/", Schema.as_view(), name="schema"),
        path("docs/", Docs.as_view(url_name="api:schema"), name="docs"),
        *router.urls,
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/", include((api_urls(), "api"))),
    path("accounts/", include(account_urls())),
    *preferences.urlpatterns,
    *styleguide.urlpatterns,
    *(path("", include(subject)) for subject in SUBJECTS),
]

handler404 = "exchange.problems.not_found"
handler500 = "exchange.problems.server_error"
