"""Read a sign-up sheet, print its problems, and import it when asked to."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.programs.models import Program
from exchange.spreadsheets import SpreadsheetError
from exchange.transitions import RuleViolation
from participants.directory.models import Organisation, User
from participants.rosters import import_large, imports
from participants.rosters.import_api import ImportSerializer, committed
from participants.rosters.import_masking import rows_for
from participants.rosters.models import RosterImport
from participants.rosters.sheet.columns import label_of


class Command(BaseCommand):
    help = "Read a sign-up sheet into a preview and print what is wrong with it; --commit imports the rows that are good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("program", type=int, help="id of the program")
        parser.add_argument("file", type=Path, help=".xlsx, .xls, .ods or .csv")
        parser.add_argument("--school", type=int, metavar="ORG", help="id of the unit that the sheet is from; only its rows are taken")
        parser.add_argument("--commit", action="store_true", help="import the good rows; exit code 1 when rows are left over")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the answer of the API to this file")
        parser.add_argument("--user", metavar="USERNAME", help="who imports; the first administrator when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        user = self.user(options["user"])
        roster_import = self.read(options, user)
        answer = {**ImportSerializer(roster_import).data, "rows": self.rows(roster_import, user)}
        self.print_problems(answer)
        try:
            if options["commit"]:
                answer |= self.commit(roster_import, user)
        finally:
            if options["json"]:
                options["json"].write_text(json.dumps(answer, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
        left = roster_import.counts["rejected"] + roster_import.counts["unconfirmed"]
        if options["commit"] and left:
            raise CommandError(f"{left} rows were not imported; see above.", returncode=1)

    def user(self, username: str | None) -> User:
        users = User.objects.filter(is_active=True).order_by("pk")
        user = users.filter(username=username).first() if username else users.filter(is_superuser=True).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}." if username else "There is no administrator; name a user with --user.")
        return user

    def read(self, options: dict[str, Any], user: User) -> RosterImport:
        program = Program.objects.visible_to(user).select_related("organiser").filter(pk=options["program"]).first()
        if program is None:
            raise CommandError(f"There is no program {options['program']}.")
        unit = Organisation.objects.filter(pk=options["school"]).first() if options["school"] else None
        if options["school"] and unit is None:
            raise CommandError(f"There is no organisation {options['school']}.")
        try:
            data = options["file"].read_bytes()
            found = imports.start_import(program=program, data=data, name=options["file"].name, by=user, now=timezone.now(), organisation=unit)
            return self.worked_on(found, user)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except (SpreadsheetError, RuleViolation) as error:
            raise CommandError(f"{error.code}: {error.message}") from error

    def worked_on(self, roster_import: RosterImport, user: User) -> RosterImport:
        """A sheet of many rows is worked on here and now, whoever else would do it."""
        import_large.work(roster_import.pk, user, timezone.now)
        return RosterImport.objects.get(pk=roster_import.pk)

    def rows(self, roster_import: RosterImport, user: User) -> list[dict[str, Any]]:
        parts = import_large.parts_of(roster_import) if roster_import.counts.get("parts") else [roster_import]
        return [row for part in parts for row in rows_for(part, user)]

    def commit(self, roster_import: RosterImport, user: User) -> dict[str, Any]:
        if roster_import.counts.get("parts"):
            return self.commit_parts(roster_import, user)
        try:
            outcome = imports.commit_import(roster_import=roster_import, by=user, now=timezone.now())
        except RuleViolation as refusal:
            raise CommandError(f"{refusal.code}: {refusal.message}") from refusal
        self.stdout.write(f"Imported: {outcome.created} new, {outcome.updated} brought up to date, {outcome.skipped} left out.")
        return committed(RosterImport.objects.get(pk=roster_import.pk), outcome)

    def commit_parts(self, roster_import: RosterImport, user: User) -> dict[str, Any]:
        try:
            import_large.begin(roster_import, "write", by=user, now=timezone.now())
        except RuleViolation as refusal:
            raise CommandError(f"{refusal.code}: {refusal.message}") from refusal
        done = self.worked_on(roster_import, user)
        if done.status_reason:
            raise CommandError(done.status_reason)
        self.stdout.write(f"Imported: {done.counts['created']} new, {done.counts['updated']} brought up to date, {done.counts['left_out']} left out.")
        return dict(ImportSerializer(done).data)

    def print_problems(self, answer: dict[str, Any]) -> None:
        """One line per finding, without any personal number."""
        for row in answer["rows"]:
            for issue in row["issues"]:
                self.stdout.write(f"{row['row']:>5}  {issue['severity']:<9}{issue['code']:<24}{label_of(issue['column'])}: {issue['message']}")
        counts = answer["counts"]
        self.stdout.write("  ".join(f"{status} {counts[status]}" for status in ("ok", "fixed", "warning", "rejected", "skipped", "importable")))
