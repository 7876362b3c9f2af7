"""A letter leaves once: two senders, senders that die, servers that refuse."""

import smtplib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, transaction
from django.utils import timezone

from participants.notices import outbox
from participants.notices.models import OutboxMail

NOW = timezone.now()
pytestmark = pytest.mark.django_db


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_minutes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Refusing(EmailBackend):
    """A mail server that does what the test says: each call takes the next error of the list, or accepts."""

    errors: list[Exception] = []
    on_open: list[Exception] = []

    def open(self) -> bool:
        if Refusing.on_open:
            raise Refusing.on_open.pop(0)
        return True

    def send_messages(self, messages: Any) -> int:
        if Refusing.errors:
            raise Refusing.errors.pop(0)
        return super().send_messages(messages)


@pytest.fixture
def server(settings: Any) -> Iterator[type[Refusing]]:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    Refusing.errors, Refusing.on_open = [], []
    yield Refusing


def letter(number: int = 1, **fields: Any) -> OutboxMail:
    defaults = {"event": f"test:{number}", "recipient": "a@example.test", "kind": "submitted", "subject": "题", "text": "文", "html": "<p>文</p>"}
    return OutboxMail.objects.create(**(defaults | {"next_try_at": NOW, "created_at": NOW} | fields))


def states() -> list[str]:
    return list(OutboxMail.objects.order_by("pk").values_list("state", flat=True))


def test_everything_due_is_sent_once(clock: Clock) -> None:
    letter(1, unsubscribe_url="http://testserver/unsubscribe/x/")
    letter(2, next_try_at=NOW + timedelta(hours=1))
    assert (outbox.send_queue(clock), outbox.send_queue(clock)) == (1, 0)
    assert states() == ["sent", "queued"]
    sent = mail.outbox[0]
    assert (sent.to, sent.subject, sent.body) == (["a@example.test"], "题", "文")
    assert sent.extra_headers["List-Unsubscribe"] == "<http://testserver/unsubscribe/x/>"
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_same_event_and_recipient_is_queued_once() -> None:
    outbox.queue([OutboxMail(event="e", recipient="a@example.test", kind="k", subject="一", text="", html="", next_try_at=NOW, created_at=NOW)])
    outbox.queue([OutboxMail(event="e", recipient="a@example.test", kind="k", subject="二", text="", html="", next_try_at=NOW, created_at=NOW)])
    assert OutboxMail.objects.get().subject == "一"
    with pytest.raises(IntegrityError), transaction.atomic():
        letter(event="e")


def test_letters_are_queued_only_with_their_change() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.queue([OutboxMail(event="e", recipient="a@example.test", kind="k", subject="", text="", html="", next_try_at=NOW, created_at=NOW)])
        _broken = 1 / 0
    assert not OutboxMail.objects.exists()


def test_queueing_sends_after_the_commit(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        outbox.queue([OutboxMail(event="e", recipient="a@example.test", kind="k", subject="题", text="", html="", next_try_at=NOW, created_at=NOW)])
        assert mail.outbox == []
    assert (len(mail.outbox), states()) == (1, ["sent"])


def test_two_senders_share_the_letters(clock: Clock) -> None:
    keys = {letter(number).pk for number in range(6)}
    senders = [outbox.claims(clock), outbox.claims(clock)]
    taken = [claimed.pk for _turn in range(3) for sender in senders for claimed in [next(sender)]]
    assert (sorted(taken), [next(sender, None) for sender in senders]) == (sorted(keys), [None, None])


def test_one_letter_is_claimed_once(clock: Clock) -> None:
    key = letter().pk
    assert [outbox.claim(key, clock()) is not None for _sender in range(2)] == [True, False]


def test_a_sender_that_dies_before_the_call_loses_nothing(clock: Clock) -> None:
    outbox.claim(letter().pk, clock())  # and dies
    clock.pass_minutes(5)
    assert outbox.send_queue(clock) == 0  # it may be slow only
    clock.pass_minutes(6)
    assert (outbox.send_queue(clock), len(mail.outbox), states()) == (1, 1, ["sent"])


def test_a_sender_that_dies_during_the_call_doubles_nothing(clock: Clock) -> None:
    claimed = outbox.claim(letter().pk, clock())
    assert claimed is not None and outbox.still_mine(claimed, called_at=clock())  # the server has it, perhaps; then the sender dies
    clock.pass_minutes(60)
    assert (outbox.send_queue(clock), mail.outbox, states()) == (0, [], ["failed"])
    assert OutboxMail.objects.get().error == "interrupted"


def test_a_slow_sender_that_lost_its_claim_does_not_send(clock: Clock) -> None:
    slow = outbox.claim(letter().pk, clock())
    clock.pass_minutes(11)
    assert outbox.send_queue(clock) == 1  # another one took over
    assert slow is not None and outbox.deliver(slow, clock) is False
    assert (len(mail.outbox), states()) == (1, ["sent"])


@pytest.mark.parametrize(
    ("error", "state", "sent_later"),
    [
        (smtplib.SMTPResponseException(451, b"later"), "queued", 1),
        (smtplib.SMTPRecipientsRefused({"a@example.test": (450, b"busy")}), "queued", 1),
        (smtplib.SMTPRecipientsRefused({"a@example.test": (550, b"no such user")}), "failed", 0),
        (smtplib.SMTPServerDisconnected("gone"), "failed", 0),  # it may have taken the letter
        (TimeoutError(), "failed", 0),
    ],
)
def test_what_the_server_refused_for_now_is_tried_again(server: type[Refusing], clock: Clock, error: Exception, state: str, sent_later: int) -> None:
    letter()
    server.errors = [error]
    assert (outbox.send_queue(clock), states()) == (0, [state])
    assert "a@example.test" not in OutboxMail.objects.get().error
    assert outbox.send_queue(clock) == 0  # not at once
    clock.pass_minutes(6)
    assert (outbox.send_queue(clock), len(mail.outbox)) == (sent_later, sent_later)


def test_an_unreachable_server_is_asked_six_times_ever_later(server: type[Refusing], clock: Clock) -> None:
    letter()
    server.on_open = [ConnectionRefusedError() for _index in range(20)]
    tries = 0
    while states() == ["queued"]:
        outbox.send_queue(clock)
        tries += 1
        clock.pass_minutes(24 * 60)
    assert (tries, states(), len(server.on_open)) == (6, ["failed"], 14)


def test_subject_and_body_are_encrypted() -> None:
    from django.db import connection

    letter(subject="欧阳若川")
    with connection.cursor() as cursor:
        cursor.execute("SELECT subject, text FROM participants_outboxmail")
        assert all("欧阳" not in value and value.startswith("k1.") for value in cursor.fetchone())
