"""Send what waits in the table of outgoing mail."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from participants.notices.outbox import send_queue


class Command(BaseCommand):
    help = "Send the letters that are due, and those again whose sender died before it reached the mail server; run it every few minutes."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Sent {send_queue(timezone.now)} letters.")
