"""manage.py import_divisions"""

from typing import Any

from django.core.management.base import BaseCommand

from participants.directory.rules import load_divisions


class Command(BaseCommand):
    help = "Load or refresh the divisions of GB/T 2260 from the project's own list; safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{load_divisions()} divisions of GB/T 2260")
