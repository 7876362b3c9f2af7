"""The PDF files of certificates: written at once or not at all, and made anew from the frozen facts when one is missing."""

import hashlib
import os
import tempfile
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from participants.certificates.facts import CertificateFacts
from participants.certificates.models import Certificate, FormerFile
from participants.certificates.rendering import certificate_pdf
from participants.certificates.signatures import signed


def facts_of(certificate: Certificate) -> CertificateFacts:
    return CertificateFacts.from_json(certificate.facts)


def place_of(certificate: Certificate) -> str:
    """Below MEDIA_ROOT; the same for each writing of the same certificate."""
    return f"certificates/{certificate.year}/{certificate.issuer_id}/{certificate.serial:06d}.pdf"


def write_at_once(path: Path, content: bytes) -> None:
    """Readers see the old file or the whole new one, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write(certificate: Certificate, now: datetime) -> bytes:
    """Make the file from the facts, and note its fingerprint. Copies of an earlier one are still known as genuine."""
    content = signed(certificate_pdf(facts_of(certificate)))
    place, fingerprint = place_of(certificate), hashlib.sha256(content).hexdigest()
    if certificate.pdf_sha256 not in ("", fingerprint):
        FormerFile.objects.get_or_create(certificate=certificate, sha256=certificate.pdf_sha256, defaults={"made_at": certificate.pdf_made_at})
    write_at_once(Path(settings.MEDIA_ROOT) / place, content)
    certificate.pdf.name, certificate.pdf_sha256, certificate.pdf_made_at = place, fingerprint, now
    certificate.save(update_fields=["pdf", "pdf_sha256", "pdf_made_at"])
    return content


def is_there(certificate: Certificate) -> bool:
    return bool(certificate.pdf) and (Path(settings.MEDIA_ROOT) / str(certificate.pdf.name)).is_file()


def ensure(certificate: Certificate) -> Path:
    """The path of the file, which is written first when it is missing."""
    if not is_there(certificate):
        write(certificate, timezone.now())
    return Path(settings.MEDIA_ROOT) / str(certificate.pdf.name)


def read(certificate: Certificate) -> bytes:
    return ensure(certificate).read_bytes()
