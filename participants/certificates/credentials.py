"""The same facts as a verifiable credential: Open Badges 3.0 (1EdTech), secured as VC-JWT (§8.2) with Ed25519.

Wallets and other systems read it without asking us; only whether it was revoked since stands in the status list that we serve
(W3C Bitstring Status List 1.0). The key is derived from FIELD_KEYS, so there is none to configure, and it lasts as long as those.
"""

import base64
import functools
import gzip
import uuid
import warnings
from datetime import date, datetime, time
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.utils import timezone
from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey

from exchange.encryption import derived_secret
from participants.certificates.codes import verify_url
from participants.certificates.facts import CertificateFacts
from participants.certificates.files import facts_of
from participants.certificates.models import Certificate
from participants.certificates.status import CertificateStatus
from participants.certificates.wording import TITLES
from participants.directory.models import Organisation

# The name that wallets know; RFC 9864 prefers "Ed25519", which few of them read yet.
ALGORITHM = "EdDSA"
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)

CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
SHORTEST_LIST = 131_072  # bits, so that a single entry is not found out by the length of the list (Bitstring Status List 1.0, 6.1)
FRESH_FOR = 1000  # milliseconds: a revocation shows within a second

Json = dict[str, Any]


# The key ---------------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=4)
def _key_from(secret: bytes) -> OKPKey:
    encoded = Ed25519PrivateKey.from_private_bytes(secret).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return OKPKey.import_key(encoded)


def signing_key() -> OKPKey:
    return _key_from(derived_secret("credentials"))


def key_id() -> str:
    """The key's thumbprint (RFC 7638)."""
    return signing_key().thumbprint()


def public_key() -> Json:
    """The public half as a JWK (RFC 8037)."""
    return signing_key().as_dict(private=False) | {"kid": key_id(), "alg": ALGORITHM, "use": "sig"}


def key_url() -> str:
    return f"{settings.SITE_URL}/credentials/keys/{key_id()}/"


# What is said ----------------------------------------------------------------------------------------------------------


def issuer_url(issuer: Organisation) -> str:
    return f"{settings.SITE_URL}/credentials/issuers/{issuer.pk}/"


def status_url(issuer: Organisation, year: int) -> str:
    return f"{settings.SITE_URL}/credentials/status/{issuer.pk}/{year}/"


def issuer_profile(issuer: Organisation) -> Json:
    """The office as an Open Badges Profile."""
    names = {"name": issuer.name_zh} | ({"alternateName": issuer.name_en} if issuer.name_en else {})
    return {"id": issuer_url(issuer), "type": ["Profile"], **names, "url": settings.SITE_URL}


def credential(certificate: Certificate) -> Json:
    """The certificate as an OpenBadgeCredential: what the paper says, and no more."""
    facts, issuer = facts_of(certificate), issuer_profile(certificate.issuer)
    return {
        "@context": CONTEXT,
        "id": verify_url(certificate.code),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"{TITLES[facts.paper][0]} {certificate.number}",
        "issuer": {name: value for name, value in issuer.items() if name != "alternateName"},
        "validFrom": stamp(certificate.issued_at),
        "awardedDate": stamp(at_midnight(facts.issued_on)),
        "credentialSubject": subject(facts, issuer["id"]),
        "credentialStatus": {
            "id": f"{status_url(certificate.issuer, certificate.year)}#{certificate.serial}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(certificate.serial),
            "statusListCredential": status_url(certificate.issuer, certificate.year),
        },
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
    }


def subject(facts: CertificateFacts, issuer_id: str) -> Json:
    """Who achieved what. A holder has no address of their own, so the name stands as an identifier in the clear, as on the paper."""
    earned = {"creditsEarned": float(facts.hours)} if facts.hours not in ("", "0") else {}
    return {
        "type": ["AchievementSubject"],
        "identifier": [{"type": "IdentityObject", "identityHash": facts.name, "identityType": "name", "hashed": False}],
        "activityStartDate": stamp(at_midnight(facts.starts_on)),
        "activityEndDate": stamp(at_midnight(facts.ends_on)),
        **({"role": facts.role} if facts.role else {}),
        **earned,
        "achievement": achievement(facts, issuer_id),
    }


def achievement(facts: CertificateFacts, issuer_id: str) -> Json:
    """The same for all who have the same paper of the same program."""
    title, title_en = TITLES[facts.paper]
    result = "，".join(part for part in (f"《{facts.work}》" if facts.work else "", facts.award) if part)
    what = f"{facts.program}（{facts.starts_on:%Y-%m-%d} – {facts.ends_on:%Y-%m-%d}）"
    return {
        "id": uuid.uuid5(uuid.NAMESPACE_URL, "\x1f".join((issuer_id, facts.paper, what, result))).urn,
        "type": ["Achievement"],
        "name": f"{facts.program} · {title}",
        "description": f"{title} ({title_en}) · {what}" + (f" · {result}" if result else ""),
        "criteria": {"narrative": f"{'、'.join(facts.issuers)}确认：{result or '按活动要求参加'}。"},
        "inLanguage": "zh-CN",
        "creator": {"id": issuer_id, "type": ["Profile"], "name": facts.issuer},
    }


def status_list(issuer: Organisation, year: int, now: datetime) -> Json:
    """Which numbers of the issuer's year are revoked, as a BitstringStatusListCredential."""
    url = status_url(issuer, year)
    return {
        "@context": CONTEXT[:1],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer_url(issuer),
        "validFrom": stamp(now),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": bitstring(list(revoked_serials(issuer, year))),
            "ttl": FRESH_FOR,
        },
    }


def revoked_serials(issuer: Organisation, year: int) -> Any:
    return Certificate.objects.filter(issuer=issuer, year=year).exclude(status=CertificateStatus.ISSUED).order_by().values_list("serial", flat=True)


def bitstring(serials: list[int]) -> str:
    """Bit n (the first is the highest of its byte) is 1 where n is in `serials`; compressed, and in multibase base64url."""
    bits = bytearray(max(SHORTEST_LIST, max(serials, default=0) + 1 + 7) // 8)
    for serial in serials:
        bits[serial // 8] |= 0x80 >> serial % 8
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).decode().rstrip("=")


def at_midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_default_timezone())


def stamp(moment: datetime) -> str:
    return timezone.localtime(moment, timezone.get_default_timezone()).isoformat(timespec="seconds")


# Signing and reading ---------------------------------------------------------------------------------------------------


def signed(payload: Json) -> str:
    """The credential as a compact JWT. The same payload gives the same bytes."""
    issuer = payload["issuer"]
    claims = {
        "iss": issuer if isinstance(issuer, str) else issuer["id"],
        "jti": payload["id"],
        "nbf": int(datetime.fromisoformat(payload["validFrom"]).timestamp()),
    }
    header = {"alg": ALGORITHM, "typ": "JWT", "kid": key_url(), "jwk": signing_key().as_dict(private=False)}
    return jwt.encode(header, payload | claims, signing_key(), algorithms=[ALGORITHM])


def certificate_jwt(certificate: Certificate) -> str:
    return signed(credential(certificate))


def code_inside(token: str) -> str:
    """The verification code in a credential that we signed; "" for every other text."""
    try:
        claims = jwt.decode(token, signing_key(), algorithms=[ALGORITHM]).claims
    except (JoseError, ValueError):
        return ""
    identity = str(claims.get("jti", ""))
    return identity.removesuffix("/").rpartition("/")[2]
