"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from events.itineraries import api, draft_pages, pages, papers, places, plan_pages, propose_pages, workbook, year_pages
from events.itineraries.materials import pages as material_pages
from events.itineraries.materials.api import MaterialViewSet
from events.itineraries.own_templates import pages as own_pages
from events.itineraries.series import pages as series_pages

app_name = "itineraries"

urlpatterns: list[URLPattern] = [
    path("desk/programs/<int:pk>/itinerary/", pages.Board.as_view(), name="board"),
    path("desk/programs/<int:pk>/itinerary/new/", pages.NewItem.as_view(), name="new"),
    path("desk/itinerary-items/<int:pk>/", pages.ItemDetail.as_view(), name="item"),
    path("desk/itinerary-items/<int:pk>/edit/", pages.EditItem.as_view(), name="edit"),
    path("desk/itinerary-items/<int:pk>/cancel/", pages.CancelItem.as_view(), name="cancel"),
    path("desk/itinerary-items/<int:pk>/restore/", pages.RestoreItem.as_view(), name="restore"),
    path("desk/itinerary-items/<int:pk>/delete/", pages.DeleteItem.as_view(), name="delete"),
    path("desk/itinerary-items/<int:pk>/move/", plan_pages.MoveItem.as_view(), name="move"),
    path("desk/programs/<int:pk>/itinerary/copy-day/", plan_pages.CopyDay.as_view(), name="copy_day"),
    path("desk/programs/<int:pk>/itinerary/shift/", plan_pages.Shift.as_view(), name="shift"),
    path("desk/programs/<int:pk>/itinerary/series/", series_pages.SeriesList.as_view(), name="series"),
    path("desk/programs/<int:pk>/itinerary/series/new/", series_pages.NewSeries.as_view(), name="series_new"),
    path("desk/lesson-series/<int:pk>/", series_pages.SeriesDetail.as_view(), name="lesson_series"),
    path("desk/lesson-series/<int:pk>/change/", series_pages.ChangeSeries.as_view(), name="lesson_series_change"),
    path("desk/lesson-series/<int:pk>/remove/", series_pages.RemoveSeries.as_view(), name="lesson_series_remove"),
    path("desk/programs/<int:pk>/itinerary/import/", propose_pages.ImportCalendar.as_view(), name="import"),
    path("desk/programs/<int:pk>/itinerary/template/", propose_pages.UseTemplate.as_view(), name="template"),
    path("desk/programs/<int:pk>/itinerary/save-template/", own_pages.SaveAsTemplate.as_view(), name="save_template"),
    path("desk/itinerary-templates/", own_pages.OwnTemplates.as_view(), name="own_templates"),
    path("desk/itinerary-templates/<int:pk>/", own_pages.OwnTemplate.as_view(), name="own_template"),
    path("desk/itinerary-templates/<int:pk>/delete/", own_pages.DeleteOwnTemplate.as_view(), name="own_template_delete"),
    path("desk/programs/<int:pk>/itinerary/copy/", propose_pages.CopyItinerary.as_view(), name="copy"),
    path("desk/programs/<int:pk>/itinerary/undo/", propose_pages.UndoStep.as_view(), name="undo"),
    path("desk/itinerary-items/<int:pk>/discard/", draft_pages.DiscardOne.as_view(), name="discard_one"),
    path("desk/programs/<int:pk>/itinerary/changes/", draft_pages.Changes.as_view(), name="changes"),
    path("desk/programs/<int:pk>/itinerary/publish/", draft_pages.PublishChanges.as_view(), name="publish"),
    path("desk/programs/<int:pk>/itinerary/discard/", draft_pages.DiscardChanges.as_view(), name="discard"),
    path("desk/programs/<int:pk>/itinerary/day.pdf", papers.DaySheet.as_view(), name="day_sheet"),
    path("desk/programs/<int:pk>/itinerary/itinerary.xlsx", workbook.Workbook.as_view(), name="workbook"),
    path("desk/programs/<int:pk>/itinerary/poster.pdf", papers.Poster.as_view(), name="poster"),
    path("desk/programs/<int:pk>/groups/", places.GroupList.as_view(), name="groups"),
    path("desk/groups/<int:pk>/edit/", places.EditGroup.as_view(), name="group_edit"),
    path("desk/groups/<int:pk>/delete/", places.DeleteGroup.as_view(), name="group_delete"),
    path("desk/school-year/", year_pages.SchoolYear.as_view(), name="year"),
    path("desk/school-year/<int:year>/holidays/", year_pages.Holidays.as_view(), name="holidays"),
    path("desk/school-year/<int:year>/terms/", year_pages.EnterSchoolYear.as_view(), name="school_year"),
    path("desk/school-year/terms/new/", year_pages.TermPage.as_view(), name="term_new"),
    path("desk/school-year/terms/<int:pk>/", year_pages.TermPage.as_view(), name="term"),
    path("desk/school-year/terms/<int:pk>/delete/", year_pages.DeleteTerm.as_view(), name="term_delete"),
    path("desk/itinerary-items/<int:pk>/materials/", material_pages.ItemMaterials.as_view(), name="materials"),
    path("desk/materials/<int:pk>/public/", material_pages.ShowMaterial.as_view(), name="material_public"),
    path("desk/materials/<int:pk>/delete/", material_pages.DeleteMaterial.as_view(), name="material_delete"),
    path("materials/<int:pk>/", material_pages.FetchMaterial.as_view(), name="material"),
    path("desk/venues/", places.VenueList.as_view(), name="venues"),
    path("desk/venues/new/", places.VenuePage.as_view(), name="venue_new"),
    path("desk/venues/<int:pk>/edit/", places.VenuePage.as_view(), name="venue_edit"),
    path("desk/venues/<int:pk>/delete/", places.DeleteVenue.as_view(), name="venue_delete"),
]

API: list[tuple[str, Any]] = [
    ("venues", api.VenueViewSet),
    ("groups", api.GroupViewSet),
    ("itinerary-items", api.ItineraryItemViewSet),
    ("materials", MaterialViewSet),
]
