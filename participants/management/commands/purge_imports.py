"""Delete uploaded sheets whose 30 days are over."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from participants.rosters.imports import purge_expired


class Command(BaseCommand):
    help = "Delete uploaded sign-up sheets that have expired, with everything read from them; run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Deleted {purge_expired(timezone.now())} expired uploads.")
