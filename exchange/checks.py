"""Start-up checks: what would otherwise break late, or stand open.

Two things are asked elsewhere: a weak SECRET_KEY by Django itself (security.W009 of `check --deploy`), and whether a worker is
alive by /readyz, because the check runs where a release is built or installed, and no worker needs to run there.
"""

from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from exchange import access, documents, encryption

OWN_APPS = ("exchange", "events", "participants")


@register(Tags.security)
def keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        encryption.parse_keys(settings.FIELD_KEYS)
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="One key is `k1:` and the base64 of 32 random bytes; see .env.example.", id="exchange.E001")]
    return []


@register(Tags.security)
def visibility(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A model without a rule of visibility would be closed by a KeyError at run time; say it at start-up."""
    labels = [model._meta.label for name in OWN_APPS for model in apps.get_app_config(name).get_models()]
    missing = [label for label in labels if label not in access.VISIBLE]
    stale = [label for label in access.VISIBLE if label not in labels]
    return [Error(f"{label}: no rule in exchange/access says who sees it.", id="exchange.E002") for label in missing] + [
        Error(f"{label}: exchange/access has a rule for a model that does not exist.", id="exchange.E003") for label in stale
    ]


@register(Tags.urls)
def policies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    from exchange.routes import routes  # the URL configuration imports every view: only when checks run

    known = access.OPEN_POLICIES | set(access.ALLOWED)
    return [
        Error(f"{route.method.upper()} {route.path} ({route.name}): its access policy is {route.policy!r}.", id="exchange.E004")
        for route in routes()
        if route.policy not in known
    ]


@register(Tags.compatibility)
def printing(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [
        Warning(f"Certificates cannot be printed well: {missing} is not installed.", hint="script/server installs it.", id="exchange.W001")
        for missing in documents.missing_libraries()
    ]


@register(Tags.security, deploy=True)
def site_url(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    parts = urlsplit(settings.SITE_URL)
    if parts.scheme != "https" or not parts.hostname:
        return [Warning("SITE_URL is not an https address: calendar links and QR codes would lead to an open connection.", id="exchange.W002")]
    return []
