"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from participants.notices import pages
from participants.notices.api import NoticeViewSet

app_name = "notices"

urlpatterns: list[URLPattern] = [
    path("desk/inbox/", pages.Inbox.as_view(), name="inbox"),
    path("desk/inbox/read/", pages.MarkAllRead.as_view(), name="read_all"),
    path("desk/inbox/mail/", pages.Preferences.as_view(), name="preferences"),
    path("desk/inbox/<int:pk>/", pages.OpenNotice.as_view(), name="open"),
    path("unsubscribe/mail/<str:token>/", pages.StopMail.as_view(), name="stop_mail"),
    path("unsubscribe/<str:token>/", pages.Unsubscribe.as_view(), name="unsubscribe"),
]

API: list[tuple[str, Any]] = [("notices", NoticeViewSet)]
