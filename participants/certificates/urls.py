"""Addresses of this subject: pages, and viewsets under /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from participants.certificates import (
    api,
    award_api,
    award_pages,
    batch_pages,
    credential_pages,
    ledger_pages,
    offline_pages,
    pages,
    paper_pages,
    public_pages,
    replace_pages,
)

app_name = "certificates"

urlpatterns: list[URLPattern] = [
    path("desk/certificates/", pages.CertificateList.as_view(), name="list"),
    path("desk/certificates/export/", ledger_pages.ExportLedger.as_view(), name="export"),
    path("desk/certificates/<int:pk>/", pages.CertificateDetail.as_view(), name="detail"),
    path("desk/certificates/<int:pk>.pdf", pages.CertificateFile.as_view(), name="pdf"),
    path("desk/certificates/<int:pk>/revoke/", pages.Revoke.as_view(), name="revoke"),
    path("desk/certificates/<int:pk>/reissue/", pages.Reissue.as_view(), name="reissue"),
    path("desk/certificates/<int:pk>/replace/", replace_pages.Replace.as_view(), name="replace"),
    path("desk/programs/<int:pk>/awards/", award_pages.ProgramAwards.as_view(), name="awards"),
    path("desk/programs/<int:pk>/awards/new/", award_pages.AddAward.as_view(), name="award_new"),
    path("desk/programs/<int:pk>/awards/import/", award_pages.ImportAwards.as_view(), name="award_import"),
    path("desk/programs/<int:pk>/awards/issue/", award_pages.IssueAwards.as_view(), name="award_issue"),
    path("desk/awards/<int:pk>/", award_pages.ChangeAward.as_view(), name="award"),
    path("desk/awards/<int:pk>/remove/", award_pages.RemoveAward.as_view(), name="award_remove"),
    path("desk/awards/<int:pk>/preview.pdf", award_pages.AwardPreview.as_view(), name="award_preview"),
    path("desk/programs/<int:pk>/papers/", paper_pages.ProgramPapers.as_view(), name="papers"),
    path("desk/programs/<int:pk>/papers/<str:kind>/", paper_pages.EditPaper.as_view(), name="paper"),
    path("desk/organisations/<int:pk>/pictures/", paper_pages.OfficePictures.as_view(), name="pictures"),
    path("desk/pictures/<int:pk>.png", paper_pages.PictureFile.as_view(), name="picture"),
    path("desk/pictures/<int:pk>/retire/", paper_pages.RetirePicture.as_view(), name="picture_retire"),
    path("desk/programs/<int:pk>/certificates/", batch_pages.ProgramCertificates.as_view(), name="program"),
    path("desk/programs/<int:pk>/certificates/preview.pdf", batch_pages.Preview.as_view(), name="preview"),
    path("desk/programs/<int:pk>/certificates/issue/", batch_pages.Issue.as_view(), name="issue"),
    path("desk/programs/<int:pk>/certificates/zip/", batch_pages.DownloadZip.as_view(), name="zip"),
    path("desk/programs/<int:pk>/certificates/print/", batch_pages.DownloadPrint.as_view(), name="print"),
    path("desk/programs/<int:pk>/certificates/list/", batch_pages.DownloadList.as_view(), name="list_sheet"),
    path("desk/programs/<int:pk>/certificates/contacts/", batch_pages.DownloadContacts.as_view(), name="contacts"),
    path("desk/certificate-batches/<int:pk>/", batch_pages.BatchDetail.as_view(), name="batch"),
    path("desk/certificate-batches/<int:pk>/resume/", batch_pages.Resume.as_view(), name="resume"),
    path("my/<str:token>/certificates/<int:pk>.pdf", public_pages.MyCertificate.as_view(), name="mine"),
    path("desk/certificates/<int:pk>.jwt", credential_pages.CertificateCredential.as_view(), name="credential"),
    path("my/<str:token>/certificates/<int:pk>.jwt", credential_pages.MyCredential.as_view(), name="my_credential"),
    path("credentials/issuers/<int:pk>/", credential_pages.Issuer.as_view(), name="credential_issuer"),
    path("credentials/keys/", credential_pages.Keys.as_view(), name="credential_keys"),
    path("credentials/keys/<str:thumbprint>/", credential_pages.Key.as_view(), name="credential_key"),
    path("credentials/status/<int:pk>/<int:year>/", credential_pages.StatusList.as_view(), name="credential_status"),
    path("verify/", public_pages.VerifyHome.as_view(), name="verify_form"),
    path("verify/offline/", offline_pages.OfflineCheck.as_view(), name="offline"),  # before the codes
    path("verify/offline/worker.js", offline_pages.OfflineWorker.as_view(), name="offline_worker"),
    path("verify/<str:code>/", public_pages.Verify.as_view(), name="verify"),
]

API: list[tuple[str, Any]] = [
    ("certificates", api.CertificateViewSet),
    ("certificate-batches", api.BatchViewSet),
    ("awards", award_api.AwardViewSet),
    ("paper-templates", award_api.TemplateViewSet),
    ("paper-pictures", award_api.PictureViewSet),
]
