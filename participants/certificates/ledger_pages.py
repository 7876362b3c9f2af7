"""`/desk/certificates/export/`: the ledger as it is listed, as a workbook."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from participants.certificates import ledger_files
from participants.certificates.pages import CertificateList
from participants.people.export_forms import LedgerForm
from participants.people.export_pages import AskExport, titles
from participants.people.models import Export


class ExportLedger(AskExport):
    """`?q=`, `?program=` and `?status=` narrow as on the page."""

    access = "registration.withdraw"
    form_class = LedgerForm

    @cached_property
    def listed(self) -> CertificateList:
        page = CertificateList()
        page.setup(self.request)
        return page

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = self.listed.get_queryset()
        people = min(ledger_files.admitted(rows).count(), ledger_files.MOST)
        return super().get_context_data(**kwargs) | {
            "heading": _("Ledger of certificates"),
            "subject": self.listed.program or _("Certificates"),
            "columns": titles(ledger_files.ledger_columns()),
            "certificates": people,
            "left_out": min(rows.count(), ledger_files.MOST) - people,
            "back_url": f"{reverse('certificates:list')}?{self.request.GET.urlencode()}",
        }

    def make(self, form: Any) -> Export:
        rows, program = self.listed.get_queryset(), self.listed.program
        return ledger_files.export_ledger(certificates=rows, by=self.request.user, now=timezone.now(), program=program, **form.cleaned_data)
