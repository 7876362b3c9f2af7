"""Verification codes: 80 random bits in an alphabet without look-alikes, shown as XXXX-XXXX-XXXX-XXXX."""

import secrets

from django.conf import settings

# Crockford's base 32: no I, L, O or U.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16  # five bits each
LOOK_ALIKES = str.maketrans("ILOU", "110V")


def new_code() -> str:
    return grouped("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def grouped(letters: str) -> str:
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def normal_code(typed: str) -> str:
    """The code as it is stored, whatever case, hyphens, spaces, full-width or similar letters were typed; "" if it cannot be one."""
    letters = "".join(chr(ord(char) - 0xFEE0) if "！" <= char <= "～" else char for char in typed[:80])
    letters = "".join(char for char in letters.upper() if char.isalnum()).translate(LOOK_ALIKES)
    return grouped(letters) if len(letters) == LENGTH and set(letters) <= set(ALPHABET) else ""


def verify_url(code: str) -> str:
    return f"{settings.SITE_URL}/verify/{code}/"
