"""Write the valid certificates of a program as one file to print, the list of them, or a contact sheet."""

import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from events.programs.models import Program
from exchange.transitions import RuleViolation
from participants.certificates import bundles
from participants.certificates.contact_sheets import contact_sheet
from participants.certificates.models import Certificate


class Command(BaseCommand):
    help = "Write the valid certificates of a program as one PDF in the order of the pile: roster, unit, strokes or pinyin. --list writes the list, --contacts a contact sheet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("program", type=int, help="id of the program")
        parser.add_argument("file", help="where the PDF goes")
        parser.add_argument("--order", choices=bundles.Order.values, default=bundles.Order.ROSTER)
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument("--list", action="store_true", help="number, name and unit of each paper, with a place to sign")
        instead.add_argument("--contacts", action="store_true", help="the papers themselves, small, with name, unit and number below each")

    def handle(self, *args: Any, **options: Any) -> None:
        program = Program.objects.filter(pk=options["program"]).first()
        if program is None:
            raise CommandError(f"There is no program {options['program']}.")
        make = bundles.list_file if options["list"] else contact_sheet if options["contacts"] else bundles.print_file
        try:
            rows = bundles.not_empty(Certificate.objects.valid().filter(program=program))
        except RuleViolation as refusal:
            raise CommandError(f"{refusal.code}: {refusal.message}") from refusal
        with make(rows, program.title_zh, options["order"]) as made, Path(options["file"]).open("wb") as target:
            shutil.copyfileobj(made, target)
