"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from participants.attendance import badges, day_pages, offline, pages, papers, plan_pages, register_pages, scan_pages
from participants.attendance.api import AttendanceViewSet

app_name = "attendance"

urlpatterns: list[URLPattern] = [
    path("desk/check-in/", pages.ProgramList.as_view(), name="programs"),
    path("desk/programs/<int:pk>/check-in/", pages.ProgramItems.as_view(), name="program"),
    path("desk/programs/<int:pk>/check-in/day/", day_pages.DayRollCall.as_view(), name="day"),
    path("desk/programs/<int:pk>/check-in/day/record/", day_pages.RecordDay.as_view(), name="day_record"),
    path("desk/programs/<int:pk>/check-in/day/undo/", day_pages.UndoDay.as_view(), name="day_undo"),
    path("desk/check-in/worker.js", offline.OfflineWorker.as_view(), name="offline_worker"),
    path("desk/check-in/items/<int:pk>/", pages.RollCall.as_view(), name="roll_call"),
    path("desk/check-in/items/<int:pk>/scan/", scan_pages.Scan.as_view(), name="scan"),
    path("desk/check-in/items/<int:pk>/record/", pages.RecordPerson.as_view(), name="record"),
    path("desk/check-in/items/<int:pk>/undo/", pages.UndoPerson.as_view(), name="undo"),
    path("desk/check-in/items/<int:pk>/all-present/", pages.AllPresent.as_view(), name="all_present"),
    path("desk/check-in/items/<int:pk>/undo-all/", pages.UndoAllPresent.as_view(), name="undo_all"),
    path("desk/check-in/items/<int:pk>/enter-sheet/", plan_pages.EnterSheet.as_view(), name="enter_sheet"),
    path("desk/check-in/items/<int:pk>/import/", plan_pages.ImportScans.as_view(), name="import_scans"),
    path("desk/check-in/items/<int:pk>/record-plan/", plan_pages.RecordPlan.as_view(), name="record_plan"),
    path("desk/check-in/items/<int:pk>/sheet.pdf", papers.SignInSheet.as_view(), name="sheet"),
    path("desk/programs/<int:pk>/badges.pdf", badges.BadgeSheets.as_view(), name="badges"),
    path("desk/programs/<int:pk>/hours/", papers.Hours.as_view(), name="hours"),
    path("desk/programs/<int:pk>/hours/register/", register_pages.Register.as_view(), name="register"),
    path("desk/hours/", register_pages.ThisYear.as_view(), name="years"),
    path("desk/hours/<int:year>/", register_pages.Year.as_view(), name="year"),
    path("desk/hours/<int:year>/export/", register_pages.ExportYear.as_view(), name="export_year"),
    path("desk/registrations/<int:pk>/attendance/", register_pages.PersonAttendance.as_view(), name="person"),
    path("desk/programs/<int:pk>/hours/export/", register_pages.ExportHours.as_view(), name="export_hours"),
]

API: list[tuple[str, Any]] = [("attendance", AttendanceViewSet)]
