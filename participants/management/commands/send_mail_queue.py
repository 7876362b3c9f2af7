"""Send what waits in the table of outgoing mail."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from participants.invitations.rules import update_all
from participants.notices.outbox import send_queue


class Command(BaseCommand):
    help = "Bring invitations up to date, send the letters that are due, and those again whose sender died; run it every few minutes."

    def handle(self, *args: Any, **options: Any) -> None:
        update_all(timezone.now())
        self.stdout.write(f"Sent {send_queue(timezone.now)} letters.")
