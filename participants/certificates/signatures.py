"""Electronic signatures of the files (PAdES): made when a key is configured, and checked against the authority that comes with it.

With the authority that `make_signing_key` makes, a signature shows that a file was not altered; who signed is as sure as the way in
which the authority's certificate reached the reader. The key of a licensed authority goes into the same setting.
"""

import functools
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

FIELD = "Signature"


@dataclass(frozen=True)
class SignatureCheck:
    """`is_ours`: made with our key; `is_intact`: nothing was altered or added since."""

    is_signed: bool
    is_intact: bool = False
    is_ours: bool = False
    signer: str = ""

    @property
    def holds(self) -> bool:
        return self.is_signed and self.is_intact and self.is_ours


NOT_SIGNED = SignatureCheck(is_signed=False)


@functools.lru_cache(maxsize=4)
def _signer(path: str, password: str) -> Any:
    from pyhanko.sign import signers

    loaded = signers.SimpleSigner.load_pkcs12(pfx_file=path, passphrase=password.encode())
    if loaded is None:
        raise ImproperlyConfigured("CERTIFICATE_SIGNING_KEY names a file that cannot be read with CERTIFICATE_SIGNING_PASSWORD.")
    return loaded


def signer() -> Any:
    """The configured signer, or None."""
    path = settings.CERTIFICATE_SIGNING_KEY
    return _signer(str(Path(path)), settings.CERTIFICATE_SIGNING_PASSWORD) if path else None


def signed(pdf: bytes) -> bytes:
    """The PDF with an invisible signature; unchanged where no key is configured."""
    with_key = signer()
    if with_key is None:
        return pdf
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        reason="签发证书",
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    out = signers.PdfSigner(metadata, signer=with_key).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
    return bytes(out.getvalue())


def check(pdf: bytes) -> SignatureCheck:
    """What the signature of a file says; never raises on files of strangers. Without a key of our own nothing can be ours."""
    if signer() is None:
        return SignatureCheck(is_signed=b"/ByteRange" in pdf)
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.general import SigningError

    try:
        found = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        return _check(found[0]) if len(found) == 1 else SignatureCheck(is_signed=bool(found))
    except (PdfError, SigningError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):  # what a damaged file may raise
        return SignatureCheck(is_signed=b"/ByteRange" in pdf)


def _check(signature: Any) -> SignatureCheck:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    roots = list(signer().cert_registry)
    context = ValidationContext(trust_roots=[cert for cert in roots if cert.self_signed != "no"], allow_fetching=False, other_certs=roots)
    status = validate_pdf_signature(signature, signer_validation_context=context)
    intact = bool(status.intact and status.valid and status.coverage == SignatureCoverageLevel.ENTIRE_FILE)
    return SignatureCheck(True, intact, bool(intact and status.trusted), signature.signer_cert.subject.native.get("common_name", ""))
