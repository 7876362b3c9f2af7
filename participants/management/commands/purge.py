"""Delete what has had its time."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from participants.people.retention import rules_at


class Command(BaseCommand):
    help = "Delete personal details, uploads, exports and letters whose time is over (docs/personal-data.md); run it daily."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        for rule in rules_at(timezone.now()):
            number = rule.due() if options["dry_run"] else rule.remove()
            self.stdout.write(f"{'Would delete' if options['dry_run'] else 'Deleted'} {number:>6}  {rule.name}")
