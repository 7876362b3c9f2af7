"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from participants.invitations import pages

app_name = "invitations"

urlpatterns: list[URLPattern] = [
    path("desk/programs/<int:pk>/invitations/", pages.Invitations.as_view(), name="program"),
    path("desk/programs/<int:pk>/invitations/answer/", pages.TakeAnswer.as_view(), name="answer"),
    path("desk/invitation-guests/<int:pk>/stop/", pages.StopGuest.as_view(), name="stop_guest"),
    path("unsubscribe/invitations/<str:token>/", pages.Stop.as_view(), name="stop"),
]

API: list[tuple[str, Any]] = []
