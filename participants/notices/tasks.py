"""Jobs of this subject."""

from django.utils import timezone
from django_tasks import task


@task()
def send_mail_queue() -> None:
    """Send what waits in the table of outgoing mail."""
    from participants.notices.outbox import send_queue  # the outbox enqueues this job

    send_queue(timezone.now)
