"""Addresses of the import: pages, downloads, and its part of the API."""

from typing import Any

from django.urls import URLPattern, path, re_path

from participants.rosters import import_pages as pages
from participants.rosters.column_pages import NameColumns
from participants.rosters.import_api import RosterImportViewSet

urlpatterns: list[URLPattern] = [
    path("desk/programs/<int:pk>/import/", pages.ImportNew.as_view(), name="import_new"),
    path("desk/programs/<int:pk>/roster-template.xlsx", pages.TemplateWorkbook.as_view(), name="template"),
    path("desk/imports/<int:pk>/", pages.ImportPreview.as_view(), name="import"),
    path("desk/imports/<int:pk>/rows/<int:row>/", pages.ChangeRow.as_view(), name="import_row"),
    path("desk/imports/<int:pk>/confirm-units/", pages.ConfirmUnits.as_view(), name="import_confirm_units"),
    path("desk/imports/<int:pk>/doubt-units/", pages.DoubtUnits.as_view(), name="import_doubt_units"),
    path("desk/imports/<int:pk>/marked/", pages.DecideMarked.as_view(), name="import_marked"),
    path("desk/imports/<int:pk>/refresh/", pages.RefreshImport.as_view(), name="import_refresh"),
    path("desk/imports/<int:pk>/sheet/", pages.ReadOtherSheet.as_view(), name="import_sheet"),
    path("desk/imports/<int:pk>/columns/", NameColumns.as_view(), name="import_columns"),
    path("desk/imports/<int:pk>/commit/", pages.CommitImport.as_view(), name="import_commit"),
    path("desk/imports/<int:pk>/discard/", pages.DiscardImport.as_view(), name="import_discard"),
    path("desk/imports/<int:pk>/annotated.xlsx", pages.AnnotatedWorkbook.as_view(), name="import_annotated"),
    # Files of the API, without the slash that routers put at the end.
    re_path(r"^api/v1/roster-imports/template\.xlsx$", RosterImportViewSet.as_view({"get": "template"}), name="api_import_template"),
    re_path(
        r"^api/v1/roster-imports/(?P<pk>[0-9]{1,18})/annotated\.xlsx$",
        RosterImportViewSet.as_view({"get": "annotated"}, detail=True),
        name="api_import_annotated",
    ),
]

API: list[tuple[str, Any]] = [("roster-imports", RosterImportViewSet)]
