"""Erase what is kept of one person."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from exchange.transitions import RuleViolation
from participants.people.models import Person
from participants.people.privacy import erase_person


class Command(BaseCommand):
    help = "Blank everything of a person that no record has to keep. Certificates keep the name, unless --certificates revokes and blanks them too."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("person", type=int, help="id of the person")
        parser.add_argument("--reason", required=True, help="kept in the activity log")
        parser.add_argument("--certificates", action="store_true", help="revoke the person's certificates and take the name out of the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.filter(pk=options["person"]).first()
        if person is None:
            raise CommandError(f"There is no person {options['person']}.")
        try:
            doubtful = erase_person(person=person, by=None, now=timezone.now(), reason=options["reason"], with_certificates=options["certificates"])
        except RuleViolation as refusal:
            raise CommandError(f"{refusal.code}: {refusal.message}") from refusal
        self.stdout.write(f"Person {person.pk} is erased.")
        if doubtful:
            self.stdout.write(f"{doubtful} results name somebody of this name, who may be a namesake in the same unit: look at them by hand.")
