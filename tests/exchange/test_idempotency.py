"""POST with an Idempotency-Key changes nothing twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from exchange.idempotency import request_hash
from exchange.models import IdempotencyRecord
from participants.directory.models import Invitation, Organisation
from tests.cast import Cast

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/organisations/"


def body(cast: Cast, name: str = "天津市北辰区新校") -> dict[str, Any]:
    return {"parent": cast.beichen.pk, "level": "school", "name_zh": name}


def send(client: Any, data: Any, key: str = "a-key", path: str = ADDRESS) -> Any:
    return client.post(path, data, format="json", headers={"Idempotency-Key": key})


def test_the_same_request_gets_the_same_answer_and_adds_one_row(cast: Cast, api: Any) -> None:
    client = api(cast.district_beichen)
    first, second = send(client, body(cast)), send(client, body(cast))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert Organisation.objects.filter(name_zh="天津市北辰区新校").count() == 1


def test_another_body_under_the_same_key_is_a_conflict(cast: Cast, api: Any) -> None:
    client = api(cast.district_beichen)
    send(client, body(cast))
    answer = send(client, body(cast, "天津市北辰区另一校"))
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert not Organisation.objects.filter(name_zh="天津市北辰区另一校").exists()


def test_a_first_request_that_still_runs_is_a_conflict(cast: Cast, api: Any) -> None:
    client = api(cast.district_beichen)
    send(client, body(cast))
    IdempotencyRecord.objects.update(status_code=None)
    answer = send(client, body(cast))
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_progress")


def test_a_request_that_died_holds_its_key_for_ten_minutes_only(cast: Cast, api: Any) -> None:
    client = api(cast.district_beichen)
    send(client, body(cast, "甲校"))
    IdempotencyRecord.objects.update(status_code=None, created_at=timezone.now() - timedelta(minutes=11))
    assert send(client, body(cast, "乙校")).status_code == 201


def test_refusals_are_kept_too(cast: Cast, api: Any) -> None:
    client = api(cast.district_beichen)
    taken = body(cast, cast.school_a.name_zh)
    first, second = send(client, taken), send(client, taken)
    assert (first.status_code, first.json()["code"]) == (409, "name_taken")
    assert (second.status_code, second.content, second.headers["Content-Type"]) == (409, first.content, "application/problem+json")


def test_keys_belong_to_their_user(cast: Cast, api: Any) -> None:
    assert send(api(cast.district_beichen), body(cast, "甲校")).status_code == 201
    assert send(api(cast.organiser), body(cast, "乙校")).status_code == 201


@pytest.mark.parametrize("key", ["x" * 201, "坏\x01"])
def test_a_bad_key_is_refused(cast: Cast, api: Any, key: str) -> None:
    answer = send(api(cast.district_beichen), body(cast), key.encode("utf-8").decode("latin-1"))
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")
    assert IdempotencyRecord.objects.count() == 0


def test_a_forbidden_request_leaves_no_key(cast: Cast, api: Any) -> None:
    assert send(api(cast.coordinator_a), body(cast)).status_code == 403
    assert IdempotencyRecord.objects.count() == 0


def test_kept_answers_are_encrypted_because_they_may_hold_a_link(cast: Cast, api: Any) -> None:
    data = {"organisation": cast.school_a.pk, "role": "coordinator", "display_name": "沈知秋"}
    first = send(api(cast.district_beichen), data, path="/api/v1/invitations/")
    again = send(api(cast.district_beichen), data, path="/api/v1/invitations/")
    assert again.json()["link"] == first.json()["link"]
    assert Invitation.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM exchange_idempotencyrecord")
        assert all(row[0].startswith("k1.") for row in cursor.fetchall())


def test_answers_are_forgotten_after_a_day(cast: Cast, api: Any) -> None:
    client = api(cast.district_beichen)
    send(client, body(cast, "甲校"), "old")
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    send(client, body(cast, "乙校"), "new")
    assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["new"]


def upload(content: bytes, program: int = 1) -> str:
    file = SimpleUploadedFile("roster.csv", content)
    request = Request(APIRequestFactory().post("/x/", {"program": program, "file": file}, format="multipart"), parsers=[MultiPartParser(), FormParser()])
    fingerprint = request_hash(request)
    assert request.data["file"].read() == content  # still readable afterwards
    return fingerprint


def test_uploads_are_told_apart_by_their_content() -> None:
    assert upload(b"aaaa") == upload(b"aaaa")
    assert len({upload(b"aaaa"), upload(b"bbbb"), upload(b"aaaa", program=2)}) == 3
