"""QR codes that can be checked without a network: the address of the verification page, and after its # what the paper says, signed.

The part after the # never leaves the reader's phone. It is base64url of a version byte, issuer, year, serial, first day, days, hours,
holder's name, and an Ed25519 signature over all of it and the verification code. `static/js/verify-offline.js` reads the same form.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from cryptography.exceptions import InvalidSignature

from participants.certificates.codes import normal_code, verify_url
from participants.certificates.credentials import signing_key
from participants.certificates.facts import CertificateFacts, plain_number

VERSION = 1
EPOCH = date(2000, 1, 1)  # days and years are counted from here
SIGNATURE_BYTES = 64
PURPOSE = b"certificate code 1\n"  # so that no other signature of the key can stand for this one


@dataclass(frozen=True)
class SealedFacts:
    """What a sealed code says: enough to compare a paper with."""

    code: str
    issuer: int
    year: int
    serial: int
    starts_on: date
    ends_on: date
    hours: str
    name: str


def sealed_content(facts: CertificateFacts, issuer: int, year: int, serial: int) -> str:
    """The content of the QR code of numbered facts."""
    whole = b"".join(
        (
            bytes([VERSION]),
            *map(number, (issuer, year - EPOCH.year, serial, (facts.starts_on - EPOCH).days, (facts.ends_on - facts.starts_on).days)),
            number(int(Decimal(facts.hours or "0") * 10)),
            facts.name.encode(),
        )
    )
    signature = signing_key().private_key.sign(PURPOSE + facts.code.encode() + whole)
    return f"{verify_url(facts.code)}#{base64.urlsafe_b64encode(whole + signature).decode().rstrip('=')}"


def open_sealed(content: str) -> SealedFacts | None:
    """What a scanned content says, if its signature is ours; None for every other text."""
    address, _, sealed = content.partition("#")
    code = normal_code(address.rstrip("/").rpartition("/")[2])
    try:
        raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        whole, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
        signing_key().public_key.verify(signature, PURPOSE + code.encode() + whole)
    except (binascii.Error, ValueError, InvalidSignature):
        return None
    return read(code, whole)


def read(code: str, whole: bytes) -> SealedFacts:
    cells = iter(whole[1:])
    issuer, years, serial, first, days, tenths = (next_number(cells) for _ in range(6))
    starts_on = EPOCH + timedelta(first)
    hours = plain_number(Decimal(tenths) / 10)
    return SealedFacts(code, issuer, EPOCH.year + years, serial, starts_on, starts_on + timedelta(days), hours, bytes(cells).decode())


def number(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    cells = []
    while value > 0x7F:
        cells.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*cells, value])


def next_number(cells: Iterator[int]) -> int:
    value = shift = 0
    for cell in cells:
        value |= (cell & 0x7F) << shift
        shift += 7
        if cell < 0x80:
            break
    return value
