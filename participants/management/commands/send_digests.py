"""Queue the summaries of the day."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from participants.notices.digest import send_digests


class Command(BaseCommand):
    help = "Write to those who chose one summary a day; a second run on the same day sends nothing more."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Queued {send_digests(timezone.now())} summaries.")
