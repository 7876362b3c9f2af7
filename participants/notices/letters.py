"""Letters in the reader's language: plain text and simple HTML, with no more names than the work needs."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from participants.directory.models import User
from participants.notices.models import Notice, OutboxMail
from participants.notices.words import Line, kind_label, lines

SALT = "notices.unsubscribe"


def unsubscribe_token(user: User, kind: str) -> str:
    return signing.dumps([user.pk, kind], salt=SALT)


def read_token(token: str) -> tuple[User, str] | None:
    """Whose mail of which kind an unsubscribe link stops; None for anything that we did not sign."""
    try:
        key, kind = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=key).first()
    return (user, kind) if user is not None else None


def unsubscribe_url(user: User, kind: str) -> str:
    return settings.SITE_URL + reverse("notices:unsubscribe", args=[unsubscribe_token(user, kind)])


def to_reader(notice: Notice, now: datetime) -> OutboxMail:
    """The letter that goes with one notice."""
    with translation.override(notice.user.language):
        line = lines([notice])[0]
        subject = f"{line.title} · {notice.program}"
        return write(notice.event, notice.user, notice.kind, subject, [line], now)


def summary(user: User, event: str, shown: Sequence[Line], number: int, now: datetime) -> OutboxMail:
    """The daily summary; the caller has chosen the user's language."""
    subject = _("Summary of the day: %(number)s notices") % {"number": number}
    return write(event, user, "digest", subject, shown, now, more=number - len(shown))


def write(event: str, user: User, kind: str, subject: str, shown: Sequence[Line], now: datetime, more: int = 0) -> OutboxMail:
    stop = unsubscribe_url(user, kind)
    context = {"user": user, "lines": shown, "more": more, "site_url": settings.SITE_URL, "unsubscribe_url": stop, "kind_label": kind_label(kind)}
    return OutboxMail(
        event=event,
        recipient=user.email,
        kind=kind,
        subject=one_line(subject),
        text=render_to_string("notices/letter.txt", context),
        html=render_to_string("notices/letter.html", context | {"subject": subject}),
        unsubscribe_url=stop,
        next_try_at=now,
        created_at=now,
    )


def one_line(text: str) -> str:
    """A header has one line; a title from a sheet may have brought more."""
    return " ".join(text.split())[:200]
