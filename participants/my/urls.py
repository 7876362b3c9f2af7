"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from participants import feed_pages, feeds, shared_feeds
from participants.my import lost, materials, pages

app_name = "my"

urlpatterns: list[URLPattern] = [
    path("my/lost/", lost.LostLink.as_view(), name="lost"),  # before the tokens
    path("my/<str:token>/", pages.MyPage.as_view(), name="page"),
    path("my/<str:token>/offline.js", pages.OfflineWorker.as_view(), name="offline_worker"),
    path("my/<str:token>/materials/<int:pk>/", materials.MyMaterial.as_view(), name="material"),
    path("calendars/office-<str:token>.ics", shared_feeds.SharedCalendar.as_view(), name="shared_calendar"),
    path("calendars/<str:token>.ics", feeds.PersonCalendar.as_view(), name="calendar"),
    path("desk/calendars/", feed_pages.OfficeCalendars.as_view(), name="office_calendars"),
    path("desk/programs/<int:pk>/calendars/", feed_pages.ProgramCalendars.as_view(), name="program_calendars"),
    path("desk/calendar-links/new/", feed_pages.IssueCalendar.as_view(), name="calendar_issue"),
    path("desk/calendar-links/<int:pk>/", feed_pages.CalendarLinkPage.as_view(), name="calendar_link"),
    path("desk/calendar-links/<int:pk>/reset/", feed_pages.ResetCalendar.as_view(), name="calendar_reset"),
]

API: list[tuple[str, Any]] = []
