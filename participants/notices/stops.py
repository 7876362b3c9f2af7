"""Mail to people without an account: whoever has the letter can stop its kind for that address, with one press and no sign-in.

Kept is a keyed hash of the address, so that the list names nobody and outlives what was known of the person.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse

from exchange.encryption import blind_index
from participants.notices.models import MailStop, OutboxMail
from participants.people.rules import link_url

SALT = "notices.stop_mail"


def index_of(address: str) -> str:
    return blind_index("mail_stop", address.strip().lower())


def stop_url(address: str, kind: str) -> str:
    """The signed address behind “no more of these”, in the letter and in its header; it does not spell the mailbox."""
    return settings.SITE_URL + reverse("notices:stop_mail", args=[signing.dumps([index_of(address), kind], salt=SALT)])


def read_token(token: str) -> tuple[str, str] | None:
    """(index of the address, kind); None for anything that we did not sign."""
    try:
        index, kind = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return str(index), str(kind)


def stop(*, index: str, kind: str, now: datetime) -> None:
    """No more mail of this kind to this address; doing it twice changes nothing."""
    MailStop.objects.get_or_create(address_index=index, kind=kind, defaults={"created_at": now})


def resume(*, index: str, kind: str) -> None:
    MailStop.objects.filter(address_index=index, kind=kind).delete()


def is_stopped(index: str, kind: str) -> bool:
    return MailStop.objects.filter(address_index=index, kind=kind).exists()


def without_stopped(letters: Sequence[OutboxMail]) -> list[OutboxMail]:
    """Letters to people without an account, less those that they do not want; one query."""
    indexes = {letter.recipient: index_of(letter.recipient) for letter in letters}
    rows = MailStop.objects.filter(address_index__in=set(indexes.values()), kind__in={letter.kind for letter in letters}) if letters else ()
    stopped = {(row.address_index, row.kind) for row in rows}
    return [letter for letter in letters if (indexes[letter.recipient], letter.kind) not in stopped]


def letter_to(person: Any, *, event: str, kind: str, subject: str, template: str, now: datetime, **more: Any) -> OutboxMail:
    """A letter in Chinese and English, because the person's language is not known; with the private link, and the address that stops its kind."""
    address = stop_url(person.email, kind)
    context = {"person": person, "link": link_url(person), "stop_url": address, **more}
    return OutboxMail(
        event=event,
        recipient=person.email,
        kind=kind,
        subject=" ".join(subject.split())[:200],
        text=render_to_string(f"notices/{template}.txt", context),
        html=render_to_string(f"notices/{template}.html", context),
        unsubscribe_url=address,
        next_try_at=now,
        created_at=now,
    )
