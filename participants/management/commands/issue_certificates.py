"""Issue the certificates of a program from the command line."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from events.programs.models import Program
from exchange.transitions import RuleViolation
from participants.certificates import batches
from participants.certificates.models import Certificate, CertificateBatch, CertificateBatchItem
from participants.certificates.refusals import reason
from participants.certificates.status import BatchStatus
from participants.directory.models import User


class Command(BaseCommand):
    help = "Issue the certificates of everyone who has earned one, here and now; continues an unfinished batch. --json writes all valid ones of the program."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("program", type=int, help="id of the program")
        parser.add_argument("--json", metavar="FILE", help="write [{id, number, code, registration, path}] to FILE")
        parser.add_argument("--user", help="login name of the officer who issues; the system when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        program = Program.objects.select_related("organiser", "issuer").filter(pk=options["program"]).first()
        if program is None:
            raise CommandError(f"There is no program {options['program']}.")
        batch = self.batch(program, self.user(options["user"]))
        if batch is not None:
            batch = batches.run(batch.pk, timezone.now, progress=self.progress)
            self.stdout.write(f"batch {batch.pk}: {batch.status}, {batch.done} issued, {batch.failed} refused of {batch.total}")
            self.refusals(batch)
        if options["json"]:
            write_json(program, Path(options["json"]))

    def user(self, login: str | None) -> User | None:
        if not login:
            return None
        found = User.objects.filter(username=login, is_active=True).first()
        if found is None:
            raise CommandError(f"There is no user {login}.")
        return found

    def batch(self, program: Program, by: User | None) -> CertificateBatch | None:
        """The unfinished batch of the program, or a new one; None when nobody is left."""
        unfinished = CertificateBatch.objects.filter(program=program).exclude(status=BatchStatus.DONE).first()
        if unfinished is not None:
            return unfinished
        try:
            return batches.create_batch(program=program, by=by, now=timezone.now(), in_background=False)
        except RuleViolation as refusal:
            if refusal.code != "nobody_left":
                raise CommandError(f"{refusal.code}: {refusal.message}") from refusal
            self.stdout.write(refusal.message)
            return None

    def progress(self, batch: CertificateBatch, item: CertificateBatchItem) -> None:
        self.stdout.write(f"{item.position}/{batch.total}")

    def refusals(self, batch: CertificateBatch) -> None:
        for item in batch.items.exclude(error_code="").select_related("registration__person"):
            self.stdout.write(f"{item.position} {item.holder_name}: {item.error_code} {reason(item)}")


def write_json(program: Program, target: Path) -> None:
    rows = Certificate.objects.valid().filter(registration__program=program).in_roster_order()
    found = [
        {"id": row.pk, "number": row.number, "code": row.code, "registration": row.registration_id, "path": str(Path(settings.MEDIA_ROOT) / row.pdf.name)}
        for row in rows
    ]
    target.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
