"""Encrypted fields: what is stored, what opens it, and how its key is changed."""

import base64
import io
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from exchange.encryption import DecryptionError, blind_index, decrypt, derive_token, encrypt, encrypted_fields, parse_keys, token_hash
from exchange.models import IdempotencyRecord
from participants.people.models import Person
from participants.people.rules import link_token
from participants.rosters.models import RosterImport
from tests.cast import Cast, fictional_id, make_person, make_program


def key(letter: str) -> str:
    return base64.b64encode(letter.encode() * 32).decode()


OLD, NEW = f"k1:{key('a')}", f"k2:{key('b')}"


def stored(model: Any, field: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {field} FROM {model._meta.db_table} WHERE {field} IS NOT NULL AND {field} <> ''")
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("plain", ["120113197001019968", "王䶮𬍛", "a" * 5000])
def test_a_value_comes_back_and_never_looks_the_same(plain: str) -> None:
    first, second = encrypt(plain.encode(), "a.B.c"), encrypt(plain.encode(), "a.B.c")
    assert decrypt(first, "a.B.c").decode() == plain == decrypt(second, "a.B.c").decode()
    assert first != second
    assert plain not in first


def test_a_value_copied_into_another_column_does_not_open() -> None:
    with pytest.raises(DecryptionError, match="does not open"):
        decrypt(encrypt(b"120113", "participants.Person.national_id"), "participants.Person.phone")


def test_an_altered_value_does_not_open() -> None:
    key_id, _, body = encrypt(b"secret", "x").partition(".")
    raw = bytearray(base64.b64decode(body))
    raw[-1] ^= 1
    with pytest.raises(DecryptionError):
        decrypt(f"{key_id}.{base64.b64encode(raw).decode()}", "x")


def test_an_unknown_key_is_named_and_the_value_is_not(settings: Any) -> None:
    settings.FIELD_KEYS = OLD
    sealed = encrypt(b"120113", "x")
    settings.FIELD_KEYS = NEW
    with pytest.raises(DecryptionError) as refusal:
        decrypt(sealed, "x")
    assert str(refusal.value) == "x: FIELD_KEYS has no key 'k1'."


@pytest.mark.parametrize("configured", ["", "k1", "k1:abc", f"k1:{base64.b64encode(b'short').decode()}", f"{OLD},k1:{key('c')}", f"k-1:{key('a')}"])
def test_bad_keys_are_refused_at_start(configured: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        parse_keys(configured)


def test_blind_indexes_and_tokens_stay_when_a_writing_key_is_put_in_front(settings: Any) -> None:
    settings.FIELD_KEYS = OLD
    before = blind_index("national_id", "120113"), derive_token("my", 1, 1)
    settings.FIELD_KEYS = f"{NEW},{OLD}"
    assert (blind_index("national_id", "120113"), derive_token("my", 1, 1)) == before
    assert blind_index("phone", "120113") != before[0]
    assert blind_index("national_id", "") == ""


@pytest.mark.django_db
def test_the_database_holds_no_readable_number_and_refuses_to_search_for_one(cast: Cast) -> None:
    person = make_person(cast, cast.school_a, "王䶮", national_id=fictional_id(date(1980, 1, 1), 901), phone="15400000001")
    rows = stored(Person, "national_id") + stored(Person, "phone")
    assert len(rows) == 2
    assert not any("15400000001" in row or "19800101" in row for row in rows)
    assert Person.objects.get(pk=person.pk).phone == "15400000001"
    with pytest.raises(FieldError):
        Person.objects.filter(phone="15400000001")
    assert Person.objects.filter(phone__isnull=False).count() == 1


@pytest.mark.django_db
def test_rotation_leaves_no_old_key_in_any_model_and_changes_nothing_else(cast: Cast, settings: Any) -> None:
    settings.FIELD_KEYS = OLD
    person = make_person(cast, cast.school_a, phone="15400000001", emergency_phone="15400000002")
    empty = make_person(cast, cast.school_a, phone="", national_id="")
    IdempotencyRecord.objects.create(user_id=1, key="a", request_hash="b", body=b'{"token": "x"}', status_code=201)
    roster = RosterImport.objects.create(program=make_program(cast), organisation=cast.school_a, created_by=cast.coordinator_a, **_import_values())
    before = Person.objects.filter(pk=person.pk).values().get()
    before_roster = {field.name: getattr(RosterImport.objects.get(pk=roster.pk), field.name) for field in RosterImport._meta.concrete_fields}
    settings.FIELD_KEYS = f"{NEW},{OLD}"

    out = io.StringIO()
    call_command("rotate_field_keys", dry_run=True, stdout=out)
    assert "participants.Person: 1 to re-encrypt with key k2" in out.getvalue()
    assert all(row.startswith("k1.") for row in stored(Person, "phone"))

    call_command("rotate_field_keys", stdout=io.StringIO())
    for model in apps.get_models():
        for field in encrypted_fields(model):
            assert [row for row in stored(model, field.column) if not row.startswith("k2.")] == [], field
    assert Person.objects.filter(pk=person.pk).values().get() == before
    assert Person.objects.get(pk=empty.pk).phone == ""
    assert token_hash(link_token(person)) == person.link_hash
    assert {field.name: getattr(RosterImport.objects.get(pk=roster.pk), field.name) for field in RosterImport._meta.concrete_fields} == before_roster
    assert bytes(IdempotencyRecord.objects.get().body) == b'{"token": "x"}'

    again = io.StringIO()
    call_command("rotate_field_keys", stdout=again)
    assert "participants.Person: 0 re-encrypted with key k2" in again.getvalue()


def _import_values() -> dict[str, Any]:
    """Something in each encrypted field of an import, whatever its kind."""
    samples = {"EncryptedTextField": "text", "EncryptedBinaryField": b"\x00bytes", "EncryptedJSONField": [{"name": "王䶮"}]}
    return {field.name: samples[type(field).__name__] for field in encrypted_fields(RosterImport)}
