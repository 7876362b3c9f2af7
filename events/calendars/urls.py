"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from events.calendars import pages

app_name = "calendars"

urlpatterns: list[URLPattern] = [
    path("programs/<int:pk>/itinerary.ics", pages.ProgramCalendar.as_view(), name="program"),
]

API: list[tuple[str, Any]] = []
