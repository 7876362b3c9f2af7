"""One summary a day for those who chose it: what came in since the last one, and is not read yet."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone, translation

from participants.directory.models import User
from participants.notices import letters, outbox
from participants.notices.models import MailPreference, Notice, OutboxMail
from participants.notices.words import lines

SHOWN = 20
LONGEST = timedelta(days=7)


def send_digests(now: datetime) -> int:
    """Queue today's summaries; returns how many. A second run on the same day adds none."""
    chosen = MailPreference.objects.filter(daily=True, user__is_active=True).exclude(user__email="").select_related("user")
    return sum(queue_summary(row, now) for row in chosen if "digest" not in row.muted)


@transaction.atomic
def queue_summary(preference: MailPreference, now: datetime) -> bool:
    user, event = preference.user, f"digest:{timezone.localdate(now)}"
    if OutboxMail.objects.filter(event=event, recipient=user.email).exists():
        return False
    notices = Notice.objects.filter(user=user, created_at__gt=since(user, now), created_at__lte=now).unread().exclude(kind__in=preference.muted)
    number = notices.count()
    if number:
        with translation.override(user.language):
            shown = lines(notices.select_related("program", "organisation")[:SHOWN])
            outbox.queue([letters.summary(user, event, shown, number, now)])
    return bool(number)


def since(user: User, now: datetime) -> datetime:
    """When the last summary was written, a week ago at most."""
    last = OutboxMail.objects.filter(recipient=user.email, kind="digest").order_by("-pk").values_list("created_at", flat=True).first()
    return max(last, now - LONGEST) if last else now - LONGEST
