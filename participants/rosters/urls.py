"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from participants.rosters import (
    action_pages,
    entry_pages,
    import_urls,
    inline_pages,
    pages,
    quota_pages,
    reminder_pages,
    return_pages,
    review_pages,
    undo_pages,
    version_pages,
)
from participants.rosters.api import RegistrationViewSet
from participants.rosters.quota_api import AllocationViewSet, DelegationViewSet
from participants.rosters.version_api import RosterVersionViewSet

app_name = "rosters"

STEPS = {
    "submit": action_pages.SubmitPage,
    "endorse": action_pages.EndorsePage,
    "confirm": action_pages.ConfirmPage,
    "return": action_pages.ReturnPage,
    "decline": action_pages.DeclinePage,
    "withdraw": action_pages.WithdrawPage,
    "replace": action_pages.ReplacePage,
    "remove": action_pages.RemoveDraft,
    "edit": entry_pages.EditRegistration,
}

urlpatterns: list[URLPattern] = [
    path("desk/review/", review_pages.ReviewPage.as_view(), name="review"),
    path("desk/registrations/bulk/", action_pages.BulkStep.as_view(), name="bulk"),
    path("desk/registrations/<int:pk>/undo/", undo_pages.UndoStep.as_view(), name="undo"),
    path("desk/registrations/undo/<int:moment>/", undo_pages.UndoMany.as_view(), name="undo_many"),
    path("desk/registrations/<int:pk>/", pages.RegistrationPage.as_view(), name="registration"),
    *(path(f"desk/registrations/<int:pk>/{name}/", view.as_view(), name=name) for name, view in STEPS.items()),
    path("desk/programs/<int:pk>/roster/", pages.RosterPage.as_view(), name="program"),
    path("desk/programs/<int:pk>/roster/add/", entry_pages.AddPerson.as_view(), name="add"),
    path("desk/programs/<int:pk>/roster/pick/", entry_pages.PickPeople.as_view(), name="pick"),
    path("desk/programs/<int:pk>/roster/submit/", pages.SubmitAllPage.as_view(), name="submit_all"),
    path("desk/programs/<int:pk>/roster/remind/", reminder_pages.SendReminder.as_view(), name="remind"),
    path("desk/programs/<int:pk>/roster/export/", pages.ExportPage.as_view(), name="export"),
    path("desk/programs/<int:pk>/quota/", quota_pages.QuotaPage.as_view(), name="quota"),
    path("desk/delegations/<int:pk>/give-back/", return_pages.ReturnPlaces.as_view(), name="give_back"),
    path("desk/allocations/<int:pk>/give-back/", return_pages.ReturnAllocation.as_view(), name="give_back_allocation"),
    path("desk/delegations/<int:pk>/pass-on/", return_pages.PassOn.as_view(), name="pass_on"),
    path("desk/delegations/<int:pk>/deadline/", return_pages.SetDeadline.as_view(), name="deadline"),
    path("desk/delegations/<int:pk>/parts/", return_pages.SetPart.as_view(), name="part"),
    path("desk/quota-parts/<int:pk>/remove/", return_pages.RemovePart.as_view(), name="remove_part"),
    path("desk/delegations/<int:pk>/remove/", quota_pages.RemoveDelegation.as_view(), name="remove_delegation"),
    path("desk/allocations/<int:pk>/remove/", quota_pages.RemoveAllocation.as_view(), name="remove_allocation"),
    path("desk/programs/<int:pk>/roster/edit/", inline_pages.InlineTable.as_view(), name="inline"),
    path("desk/programs/<int:pk>/roster/paste/", inline_pages.PasteRows.as_view(), name="inline_paste"),
    path("desk/registrations/<int:pk>/row/", inline_pages.SaveRow.as_view(), name="inline_row"),
    path("desk/programs/<int:pk>/roster/versions/", version_pages.VersionList.as_view(), name="versions"),
    path("desk/delegations/<int:pk>/lock/", version_pages.LockRoster.as_view(), name="lock"),
    path("desk/roster-versions/<int:pk>/", version_pages.VersionPage.as_view(), name="version"),
    path("desk/roster-versions/<int:pk>/changes/", version_pages.ChangesPage.as_view(), name="version_changes"),
    path("desk/roster-versions/<int:pk>/export/", version_pages.ExportVersion.as_view(), name="version_export"),
    *import_urls.urlpatterns,
]

API: list[tuple[str, Any]] = [
    ("delegations", DelegationViewSet),
    ("allocations", AllocationViewSet),
    ("registrations", RegistrationViewSet),
    ("roster-versions", RosterVersionViewSet),
    *import_urls.API,
]
