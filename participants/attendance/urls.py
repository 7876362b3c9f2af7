"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern

from participants.attendance.api import AttendanceViewSet

app_name = "attendance"

urlpatterns: list[URLPattern] = []

API: list[tuple[str, Any]] = [("attendance", AttendanceViewSet)]
