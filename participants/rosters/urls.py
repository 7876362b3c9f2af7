"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern

from participants.rosters import import_urls
from participants.rosters.api import RegistrationViewSet
from participants.rosters.quota_api import AllocationViewSet, DelegationViewSet

app_name = "rosters"

urlpatterns: list[URLPattern] = [*import_urls.urlpatterns]

API: list[tuple[str, Any]] = [
    ("delegations", DelegationViewSet),
    ("allocations", AllocationViewSet),
    ("registrations", RegistrationViewSet),
    *import_urls.API,
]
