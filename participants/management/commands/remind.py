"""Remind schools, districts and organisers of their deadlines."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from participants.rosters.reminders import remind


class Command(BaseCommand):
    help = "Tell schools, districts and organisers with something left to do that their deadline is less than three days away, once each; run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Reminded {remind(timezone.now())} people.")
