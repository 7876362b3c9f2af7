"""No more mail of a kind for somebody without an account: the link, the one-click header, and taking it back."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from participants.certificates import rules as certificates
from participants.notices import stops
from participants.notices.models import MailStop, OutboxMail
from participants.notices.outbox import send_queue
from tests.cast import Cast
from tests.participants.certificates.making import make_finished, make_participant

NOW = timezone.now


def issue(cast: Cast, program: Any, **fields: Any) -> Any:
    row = make_participant(cast, program, **fields)
    return certificates.issue(registration=row, by=cast.organiser, now=NOW())


def letters() -> int:
    return OutboxMail.objects.filter(kind="certificate_issued").count()


def test_the_letter_carries_the_link_and_the_header_of_rfc_8058(cast: Cast) -> None:
    issue(cast, make_finished(cast), name="欧阳若川", email="Ouyang@school.example")
    send_queue(NOW)
    letter = next(one for one in mail.outbox if one.to == ["Ouyang@school.example"])
    address = letter.extra_headers["List-Unsubscribe"].strip("<>")
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in letter.body and address in letter.alternatives[0][0] and "ouyang" not in address.lower()
    path = re.sub(r"^https?://[^/]+", "", address)
    assert Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert MailStop.objects.get().kind == "certificate_issued" and "school.example" not in MailStop.objects.get().address_index


def test_stopped_mail_is_not_written_and_other_mailboxes_get_theirs(cast: Cast) -> None:
    program = make_finished(cast)
    stops.stop(index=stops.index_of("one@school.example"), kind="certificate_issued", now=NOW())
    stops.stop(index=stops.index_of("two@school.example"), kind="itinerary_changed", now=NOW())
    issue(cast, program, name="甲某", email="ONE@school.example ")
    assert letters() == 0
    issue(cast, program, name="乙某", email="two@school.example")
    assert letters() == 1


def test_opening_changes_nothing_and_it_can_be_taken_back(db: None) -> None:
    path = re.sub(r"^https?://[^/]+", "", stops.stop_url("one@school.example", "certificate_issued"))
    client = Client()
    assert "停止" in client.get(path).content.decode() and not MailStop.objects.exists()
    for _again in range(2):
        assert client.post(path).status_code == 200 and MailStop.objects.count() == 1
    assert "重新接收" in client.get(path).content.decode()
    client.post(path, {"again": "1"})
    assert not MailStop.objects.exists()


@pytest.mark.parametrize("token", ["x", "WyJhIiwiYiJd:1abc:forged", "金丝雀"])
def test_other_links_lead_nowhere(db: None, token: str) -> None:
    for method in ("get", "post"):
        assert getattr(Client(), method)(f"/unsubscribe/mail/{token}/").status_code == 404
    assert not MailStop.objects.exists()
