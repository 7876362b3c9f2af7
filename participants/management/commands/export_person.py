"""A copy of everything that is kept of one person."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from participants.people.models import Person
from participants.people.privacy import export_person


class Command(BaseCommand):
    help = "Write a ZIP with all data of one person, certificates and papers included; that it was made is recorded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("person", type=int, help="id of the person")
        parser.add_argument("--out", type=Path, metavar="FILE", help="where to; person-ID.zip here when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.select_related("organisation").filter(pk=options["person"]).first()
        if person is None:
            raise CommandError(f"There is no person {options['person']}.")
        target: Path = options["out"] or Path(f"person-{person.pk}.zip")
        try:
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{target}: {error.strerror}") from error
        with os.fdopen(handle, "wb") as file:
            file.write(export_person(person=person))
        self.stdout.write(f"Wrote {target}.")
