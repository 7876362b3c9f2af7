"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern

from participants.people.api import PersonViewSet

app_name = "people"

urlpatterns: list[URLPattern] = []

API: list[tuple[str, Any]] = [("people", PersonViewSet)]
