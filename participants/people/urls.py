"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from participants.people import consent_pages, export_pages, merge_pages, pages, program_consents
from participants.people.api import PersonViewSet
from participants.people.consent_api import ConsentViewSet
from participants.people.export_api import ExportViewSet

app_name = "people"

urlpatterns: list[URLPattern] = [
    path("desk/people/", pages.PeopleList.as_view(), name="list"),
    path("desk/people/<int:pk>/", pages.PersonPage.as_view(), name="person"),
    path("desk/people/<int:pk>/reveal/", pages.RevealNumbers.as_view(), name="reveal"),
    path("desk/people/<int:pk>/reset-link/", pages.ResetLink.as_view(), name="reset_link"),
    path("desk/people/<int:pk>/merge/", merge_pages.MergePeople.as_view(), name="merge"),
    path("desk/people/<int:pk>/remove/", pages.RemovePerson.as_view(), name="remove"),
    path("desk/people/<int:pk>/consent/", consent_pages.ConsentPage.as_view(), name="consent"),
    path("desk/people/<int:pk>/consent/link/", consent_pages.MakeLink.as_view(), name="consent_link"),
    path("desk/programs/<int:pk>/consents/", program_consents.ProgramConsents.as_view(), name="program_consents"),
    path("desk/programs/<int:pk>/consents/links/", program_consents.LinksForAll.as_view(), name="program_links"),
    path("desk/consents/<int:pk>/paper/", consent_pages.ConsentPaper.as_view(), name="consent_paper"),
    path("desk/consents/<int:pk>/withdraw/", consent_pages.WithdrawConsent.as_view(), name="withdraw_consent"),
    path("consent/<str:token>/", consent_pages.SignConsent.as_view(), name="sign_consent"),
    path("desk/exports/", export_pages.Exports.as_view(), name="exports"),
    path("desk/exports/<int:pk>/", export_pages.DownloadExport.as_view(), name="export"),
]

API: list[tuple[str, Any]] = [("people", PersonViewSet), ("exports", ExportViewSet), ("consents", ConsentViewSet)]
