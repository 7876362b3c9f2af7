"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from participants.people import pages
from participants.people.api import PersonViewSet

app_name = "people"

urlpatterns: list[URLPattern] = [
    path("desk/people/", pages.PeopleList.as_view(), name="list"),
    path("desk/people/<int:pk>/", pages.PersonPage.as_view(), name="person"),
    path("desk/people/<int:pk>/reveal/", pages.RevealNumbers.as_view(), name="reveal"),
    path("desk/people/<int:pk>/reset-link/", pages.ResetLink.as_view(), name="reset_link"),
    path("desk/people/<int:pk>/remove/", pages.RemovePerson.as_view(), name="remove"),
]

API: list[tuple[str, Any]] = [("people", PersonViewSet)]
