"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from participants.desk import audit_pages, pages

app_name = "desk"

urlpatterns: list[URLPattern] = [
    path("desk/", pages.Home.as_view(), name="home"),
    path("desk/search/", pages.Search.as_view(), name="search"),
    path("desk/audit/", audit_pages.ActivityLog.as_view(), name="audit"),
    path("desk/help/", pages.Help.as_view(), name="help"),
]

API: list[tuple[str, Any]] = []
