"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from participants import feeds
from participants.my import pages

app_name = "my"

urlpatterns: list[URLPattern] = [
    path("my/<str:token>/", pages.MyPage.as_view(), name="page"),
    path("calendars/<str:token>.ics", feeds.PersonCalendar.as_view(), name="calendar"),
]

API: list[tuple[str, Any]] = []
