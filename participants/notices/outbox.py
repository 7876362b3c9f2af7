"""Sending what the table of outgoing mail holds: never twice, and never lost before the mail server was called.

queued → sending (claimed by a conditional update, so that of two senders one gets the letter) → sent, or failed.
A sender that dies before it called the mail server leaves `called_at` empty: after CLAIM_MINUTES the letter is queued again.
A sender that dies during the call leaves `called_at`: whether the letter left cannot be known, and it is failed, not repeated
(at most once: a missing letter is seen in the inbox, a doubled one confuses). docs/personal-data.md tells operators the same.
"""

import smtplib
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import F

from exchange import jobs
from participants.notices import tasks
from participants.notices.models import MailState, OutboxMail

ITIP = "itip:"  # begins the kind of a letter with a calendar part; its method follows
CLAIM_MINUTES = 10
MOST_ATTEMPTS = 6
FIRST_WAIT = timedelta(minutes=5)  # doubled with every further attempt
Clock = Callable[[], datetime]


def queue(letters: list[OutboxMail]) -> None:
    """Write letters in the current transaction, and start a sender once it is committed. One per event and recipient, whoever asks again."""
    if letters:
        OutboxMail.objects.bulk_create(letters, ignore_conflicts=True)
        jobs.enqueue_once(tasks.send_mail_queue)


def send_queue(clock: Clock) -> int:
    """Send everything that is due; returns how many letters left. Safe to run several times at once."""
    release_stale(clock())
    return sum(deliver(letter, clock) for letter in claims(clock))


def claims(clock: Clock) -> Iterator[OutboxMail]:
    """Claim letters one by one until none is due."""
    while (due := OutboxMail.objects.filter(state=MailState.QUEUED, next_try_at__lte=clock()).values_list("pk", flat=True).first()) is not None:
        letter = claim(due, clock())
        if letter is not None:
            yield letter


def claim(key: int, now: datetime) -> OutboxMail | None:
    """Take a queued letter, or None when another sender was quicker."""
    mine = uuid.uuid4().hex
    taken = OutboxMail.objects.filter(pk=key, state=MailState.QUEUED).update(
        state=MailState.SENDING, claim=mine, claimed_at=now, called_at=None, attempts=F("attempts") + 1
    )
    return OutboxMail.objects.get(pk=key) if taken else None


def still_mine(letter: OutboxMail, **changes: Any) -> bool:
    """Write to a letter while the claim holds; False when it was taken away meanwhile."""
    return bool(OutboxMail.objects.filter(pk=letter.pk, claim=letter.claim, state=MailState.SENDING).update(**changes))


def deliver(letter: OutboxMail, clock: Clock) -> bool:
    """Send one claimed letter. What fails before the server was asked is tried again; what fails while asking, only if it refused for now."""
    connection = get_connection()
    try:
        connection.open()
    except (smtplib.SMTPException, OSError) as error:
        retry(letter, clock(), error)
        return False
    try:
        return hand_over(letter, connection, clock)
    finally:
        connection.close()


def hand_over(letter: OutboxMail, connection: Any, clock: Clock) -> bool:
    message = message_of(letter, connection)
    if not still_mine(letter, called_at=clock()):
        return False
    try:
        message.send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:  # the server answered: it has not taken the letter
        (retry if is_temporary(error) else give_up)(letter, clock(), error)
        return False
    except (smtplib.SMTPException, OSError) as error:  # no answer: it may be out
        give_up(letter, clock(), error)
        return False
    return still_mine(letter, state=MailState.SENT, sent_at=clock(), error="")


def is_temporary(error: Exception) -> bool:
    codes = [code for code, _text in error.recipients.values()] if isinstance(error, smtplib.SMTPRecipientsRefused) else [getattr(error, "smtp_code", 0)]
    return all(400 <= code < 500 for code in codes)


def retry(letter: OutboxMail, now: datetime, error: Exception) -> None:
    if letter.attempts >= MOST_ATTEMPTS:
        give_up(letter, now, error)
    else:
        wait = FIRST_WAIT * 2 ** (letter.attempts - 1)
        still_mine(letter, state=MailState.QUEUED, called_at=None, next_try_at=now + wait, error=name_of(error))


def give_up(letter: OutboxMail, now: datetime, error: Exception) -> None:
    still_mine(letter, state=MailState.FAILED, error=name_of(error))


def name_of(error: Exception) -> str:
    """The kind of error and the server's code: its text may hold the address."""
    return f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip()


def release_stale(now: datetime) -> None:
    """Letters whose sender died: queue those again that never reached the mail server, fail the others."""
    stale = OutboxMail.objects.filter(state=MailState.SENDING, claimed_at__lt=now - timedelta(minutes=CLAIM_MINUTES))
    stale.filter(called_at=None).update(state=MailState.QUEUED, claim="", next_try_at=now)
    stale.filter(called_at__isnull=False).update(state=MailState.FAILED, error="interrupted")


def message_of(letter: OutboxMail, connection: Any) -> EmailMultiAlternatives:
    headers = {"Message-ID": f"<{letter.pk}.{letter.created_at:%Y%m%d%H%M%S}@{host()}>", "Auto-Submitted": "auto-generated"}
    if letter.unsubscribe_url:
        headers |= {"List-Unsubscribe": f"<{letter.unsubscribe_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}  # RFC 8058
    message = EmailMultiAlternatives(letter.subject, letter.text, to=[letter.recipient], headers=headers, connection=connection)
    message.attach_alternative(letter.html, "text/html")
    if letter.calendar:  # last, because the last alternative that a mail program understands is the one it shows
        message.attach_alternative(letter.calendar, f"text/calendar; method={letter.kind.removeprefix(ITIP)}")
    return message


def host() -> str:
    return settings.SITE_URL.split("://", 1)[1].split("/")[0].split(":")[0]
