"""Files as answers to a request: one certificate, a ZIP, a file to print. Never kept by caches."""

from typing import IO, Any

from django.http import FileResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from participants.certificates import bundles, contact_sheets, files
from participants.certificates.bundles import Order
from participants.certificates.models import Certificate


def pdf_answer(certificate: Certificate) -> FileResponse:
    answer = FileResponse(files.ensure(certificate).open("rb"), content_type="application/pdf", filename=bundles.pdf_name(certificate))
    answer["Cache-Control"] = "private, no-store"
    return answer


def zip_answer(certificates: Any, name: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(bundles.zip_stream(certificates), content_type="application/zip")
    answer["Content-Disposition"] = content_disposition_header(True, f"{bundles.file_name(name)}.zip") or "attachment"
    answer["Cache-Control"] = "private, no-store"
    return answer


def print_answer(certificates: Any, name: str, order: str = Order.ROSTER) -> FileResponse:
    return pile_answer(bundles.print_file(certificates, name, order), name)


def list_answer(certificates: Any, name: str, order: str = Order.ROSTER) -> FileResponse:
    return pile_answer(bundles.list_file(certificates, name, order), f"{name} {_('List of papers')}")


def contact_answer(certificates: Any, name: str, order: str = Order.ROSTER) -> FileResponse:
    return pile_answer(contact_sheets.contact_sheet(certificates, name, order), f"{name} {_('Contact sheet')}")


def pile_answer(file: IO[bytes], name: str) -> FileResponse:
    answer = FileResponse(file, content_type="application/pdf", filename=f"{bundles.file_name(name)}.pdf")
    answer["Cache-Control"] = "private, no-store"
    return answer
