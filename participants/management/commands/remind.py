"""Remind schools before registration closes."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from participants.rosters.reminders import remind


class Command(BaseCommand):
    help = "Tell schools with unused places or unsubmitted people that registration closes within three days, once each; run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Reminded {remind(timezone.now())} people.")
