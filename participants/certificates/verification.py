"""Is this certificate genuine? What the public may learn about one, and how often it may ask."""

import hashlib
import hmac
import io
import json
import time
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q

from exchange.masking import mask_name
from participants.certificates import credentials, signatures
from participants.certificates.codes import normal_code
from participants.certificates.facts import CertificateFacts
from participants.certificates.files import facts_of
from participants.certificates.models import Certificate
from participants.certificates.signatures import NOT_SIGNED, SignatureCheck
from participants.certificates.status import CertificateStatus

NAME_GUESSES_PER_HOUR = 20
LARGEST_FILE = 3 * 1024 * 1024
CREDENTIAL_BEGINS = b"eyJ"  # {" in base64: every JWT begins so, and no PDF


@dataclass(frozen=True)
class Finding:
    """The answer to a code: `verdict` is valid, revoked or unknown; `facts` and the masked name only where there is a certificate."""

    verdict: str
    facts: CertificateFacts | None = None
    masked_name: str = ""
    changed_at: datetime | None = None


UNKNOWN = Finding("unknown")


def find(code: str) -> Certificate | None:
    """By verification code only: numbers can be counted through, codes cannot. One query, also for nonsense."""
    return Certificate.objects.filter(code=normal_code(code) or "-").first()


def finding_of(certificate: Certificate | None) -> Finding:
    if certificate is None:
        return UNKNOWN
    verdict = "valid" if certificate.status == CertificateStatus.ISSUED else "revoked"
    facts = facts_of(certificate)
    shown = mask_name(facts.name) if facts.holder == "person" else facts.name  # teams and organisations have nothing to hide
    return Finding(verdict, facts, shown, certificate.status_changed_at)


def plain_name(name: str) -> str:
    """As names are compared: without spaces and invisible marks, one kind of dot, one form of each character, no difference of case."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join("·" if char in "·•・․‧∙⋅" else char for char in folded if not char.isspace() and unicodedata.category(char) != "Cf")


def is_holder(certificate: Certificate, typed: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(plain_name(certificate.holder_name).encode(), plain_name(typed).encode())


@dataclass(frozen=True)
class FileFinding:
    """`kind` is issued or former (byte for byte the last or an earlier print), signed or credential (the signature holds), or unknown (altered, not from here)."""

    kind: str
    certificate: Certificate | None = None
    signature: SignatureCheck = NOT_SIGNED


def look_at(content: bytes) -> FileFinding:
    """Which certificate a file is, if it is as it was issued: a PDF, or a credential."""
    if content[:3] == CREDENTIAL_BEGINS:
        named = find(credentials.code_inside(content.decode("ascii", "replace").strip()))
        return FileFinding("credential" if named else "unknown", named)
    signature, fingerprint = signatures.check(content), hashlib.sha256(content).hexdigest()
    for kind, known in (("issued", Q(pdf_sha256=fingerprint)), ("former", Q(former_files__sha256=fingerprint))):
        if found := Certificate.objects.filter(known).first():
            return FileFinding(kind, found, signature)
    earlier = find(code_inside(content)) if signature.holds else None
    return FileFinding("signed" if earlier else "unknown", earlier, signature)


def code_inside(content: bytes) -> str:
    """The code in the data attached to a file; only for files whose signature is ours."""
    import pikepdf

    with pikepdf.open(io.BytesIO(content)) as opened:
        return str(json.loads(opened.attachments["certificate.json"].get_file().read_bytes())["code"])


# Limits ----------------------------------------------------------------------------------------------------------------


def limit_of(name: str) -> int:
    """Requests a minute, from the same settings as the limits of the API."""
    count, _, period = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"][name].partition("/")
    return int(count) if period.startswith("m") else max(int(count) // 60, 1)


def is_over(key: str, limit: int, seconds: int) -> bool:
    """Count one more in the current window of time, and say whether that was too many."""
    window = f"verify:{hashlib.sha256(key.encode()).hexdigest()[:32]}:{int(time.time()) // seconds}"
    if cache.add(window, 1, timeout=seconds + 5):
        return limit < 1
    try:
        return cache.incr(window) > limit
    except ValueError:  # the window ended between the two lines
        return False


def asks_too_often(address: str) -> bool:
    return is_over(address, limit_of("verify"), 60)


def guesses_too_often(certificate: Certificate) -> bool:
    """Names of one certificate may be tried a few times an hour, from wherever."""
    return is_over(f"name:{certificate.pk}", NAME_GUESSES_PER_HOUR, 3600)
