"""Addresses of the import: pages, downloads, and its part of the API."""

from typing import Any

from django.urls import URLPattern, re_path

from participants.rosters.import_api import RosterImportViewSet

urlpatterns: list[URLPattern] = [
    # Files of the API, without the slash that routers put at the end.
    re_path(r"^api/v1/roster-imports/template\.xlsx$", RosterImportViewSet.as_view({"get": "template"}), name="api_import_template"),
    re_path(r"^api/v1/roster-imports/(?P<pk>[0-9]{1,18})/annotated\.xlsx$", RosterImportViewSet.as_view({"get": "annotated"}), name="api_import_annotated"),
]

API: list[tuple[str, Any]] = [("roster-imports", RosterImportViewSet)]
