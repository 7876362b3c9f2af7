"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from events.programs import api, pages, public

app_name = "programs"

urlpatterns: list[URLPattern] = [
    path("", public.Home.as_view(), name="home"),
    path("programs/<int:pk>/", public.ProgramPage.as_view(), name="public"),
    path("series/<int:pk>/", public.SeriesPage.as_view(), name="series"),
    path("privacy/", public.Privacy.as_view(), name="privacy"),
    path("accessibility/", public.Accessibility.as_view(), name="accessibility"),
    path("robots.txt", public.Robots.as_view(), name="robots"),
    path("desk/programs/", pages.ProgramList.as_view(), name="list"),
    path("desk/programs/new/", pages.ChooseKind.as_view(), name="choose_kind"),
    path("desk/programs/new/<slug:kind>/", pages.NewProgram.as_view(), name="new"),
    path("desk/programs/<int:pk>/", pages.ProgramDesk.as_view(), name="detail"),
    path("desk/programs/<int:pk>/edit/", pages.EditProgram.as_view(), name="edit"),
    path("desk/programs/<int:pk>/publish/", pages.PublishProgram.as_view(), name="publish"),
    path("desk/programs/<int:pk>/complete/", pages.CompleteProgram.as_view(), name="complete"),
    path("desk/programs/<int:pk>/cancel/", pages.CancelProgram.as_view(), name="cancel"),
    path("desk/programs/<int:pk>/copy/", pages.CopyProgram.as_view(), name="copy"),
    path("desk/series/", pages.SeriesList.as_view(), name="series_list"),
    path("desk/series/new/", pages.NewSeries.as_view(), name="series_new"),
    path("desk/series/<int:pk>/edit/", pages.EditSeries.as_view(), name="series_edit"),
]

API: list[tuple[str, Any]] = [("programs", api.ProgramViewSet), ("series", api.SeriesViewSet)]
