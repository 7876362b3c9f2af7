"""Fields encrypted at rest (AES-256-GCM), blind indexes to find them again, and derived tokens for private links.

`FIELD_KEYS` is `id:base64,id:base64`: the first key writes, all keys read. Stored form: `<key id>.<base64(nonce + ciphertext)>`.
The associated data is "app.model.field", so that a value copied into another column does not decrypt.
Blind indexes and tokens come from the LAST key of the list: append-only order keeps them stable while new writing keys are put in front.
"""

import base64
import functools
import hashlib
import hmac
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models

NONCE_BYTES = 12
KEY_BYTES = 32


class DecryptionError(Exception):
    """A stored value cannot be read: its key is missing or the value was altered."""


@functools.lru_cache(maxsize=8)
def parse_keys(configured: str) -> dict[str, bytes]:
    """Read FIELD_KEYS; raise ImproperlyConfigured on anything but unique ids with 32-byte keys."""
    keys: dict[str, bytes] = {}
    for part in filter(None, (piece.strip() for piece in configured.split(","))):
        key_id, _, encoded = part.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            key = b""
        if not key_id.isalnum() or len(key) != KEY_BYTES or key_id in keys:
            raise ImproperlyConfigured(f"FIELD_KEYS: key {key_id!r} is not id:base64 of 32 bytes, or its id is used twice.")
        keys[key_id] = key
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS holds no key.")
    return keys


def _keys() -> dict[str, bytes]:
    return parse_keys(settings.FIELD_KEYS)


@functools.lru_cache(maxsize=32)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def writing_key_id() -> str:
    return next(iter(_keys()))


def encrypt(plain: bytes, place: str) -> str:
    key_id = writing_key_id()
    nonce = os.urandom(NONCE_BYTES)
    sealed = _cipher(_keys()[key_id]).encrypt(nonce, plain, place.encode())
    return f"{key_id}.{base64.b64encode(nonce + sealed).decode()}"


def decrypt(stored: str, place: str) -> bytes:
    """Raise DecryptionError naming the key id and the place, never a value."""
    key_id, _, encoded = stored.partition(".")
    key = _keys().get(key_id)
    if key is None:
        raise DecryptionError(f"{place}: FIELD_KEYS has no key {key_id!r}.")
    raw = base64.b64decode(encoded)
    try:
        return _cipher(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode())
    except InvalidTag as error:
        raise DecryptionError(f"{place}: a value does not open with key {key_id!r}.") from error


@functools.lru_cache(maxsize=32)
def _derived_key(configured: str, purpose: str) -> bytes:
    oldest = list(parse_keys(configured).values())[-1]
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"exchange:{purpose}".encode()).derive(oldest)


def blind_index(purpose: str, value: str) -> str:
    """HMAC-SHA256 of a normalised value, hex; equal values give equal indexes, "" stays ""."""
    return hmac.digest(_derived_key(settings.FIELD_KEYS, f"index:{purpose}"), value.encode(), "sha256").hex() if value else ""


def derive_token(purpose: str, *parts: object) -> str:
    """A 26-character token (130 bits) that can be shown again although only its hash is stored."""
    digest = hmac.digest(_derived_key(settings.FIELD_KEYS, f"token:{purpose}"), "\x1f".join(map(str, parts)).encode(), "sha256")
    return base64.b32encode(digest).decode().lower()[:26]


def derived_secret(purpose: str) -> bytes:
    """32 secret bytes for one purpose, from the last key of FIELD_KEYS: as lasting as the tokens."""
    return _derived_key(settings.FIELD_KEYS, f"secret:{purpose}")


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class EncryptedTextField(models.TextField[str, str]):
    """Text that is encrypted in the database. Only `isnull` can be looked up; find rows through a blind index."""

    @property
    def place(self) -> str:
        return f"{self.model._meta.label}.{self.name}"

    def seal(self, value: Any) -> str:
        return encrypt(str(value).encode(), self.place) if value else ""

    def open(self, stored: str) -> Any:
        return decrypt(stored, self.place).decode() if stored else ""

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None else self.seal(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else self.open(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted and cannot be looked up by {lookup_name!r}.")
        return super().get_lookup(lookup_name)


class EncryptedBinaryField(EncryptedTextField):
    """Bytes, encrypted."""

    def seal(self, value: Any) -> str:
        return encrypt(bytes(value), self.place) if value else ""

    def open(self, stored: str) -> Any:
        return decrypt(stored, self.place) if stored else b""


class EncryptedJSONField(EncryptedTextField):
    """A JSON value, encrypted."""

    def seal(self, value: Any) -> str:
        return encrypt(json.dumps(value, ensure_ascii=False).encode(), self.place)

    def open(self, stored: str) -> Any:
        return json.loads(decrypt(stored, self.place))

    def to_python(self, value: Any) -> Any:
        return value


def encrypted_fields(model: type[models.Model]) -> list[EncryptedTextField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]
