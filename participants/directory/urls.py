"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern

app_name = "directory"

urlpatterns: list[URLPattern] = []

API: list[tuple[str, Any]] = []
