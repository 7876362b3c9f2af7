"""Check a certificate from the command line: by its code, or by its file."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from participants.certificates import verification
from participants.certificates.codes import normal_code
from participants.certificates.models import Certificate
from participants.certificates.signatures import SignatureCheck

VALID, UNKNOWN, REVOKED, ALTERED = 0, 1, 2, 3
INTACT = {
    "issued": "byte for byte the file that was issued",
    "former": "byte for byte an earlier print",
    "signed": "an earlier print, by its signature",
    "credential": "a credential, by its signature",
}


class Command(BaseCommand):
    help = "Say whether a certificate is valid. Exit codes: 0 valid and intact, 1 unknown, 2 revoked, 3 a file that is not as it was issued."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subject", metavar="CODE|FILE", help="a verification code, or the path of a PDF")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["subject"])
        if not path.is_file() and not normal_code(options["subject"]):
            raise CommandError(f"There is no file {path}, and this is not a verification code either.")
        status = self.check_file(path) if path.is_file() else self.check_code(options["subject"])
        if status:
            sys.exit(status)

    def check_code(self, code: str) -> int:
        certificate = verification.find(code)
        if certificate is None:
            self.stdout.write("unknown: no certificate has this code")
            return UNKNOWN
        return self.state(certificate)

    def check_file(self, path: Path) -> int:
        if path.stat().st_size > verification.LARGEST_FILE:
            raise CommandError("The file is too large to be a certificate.")
        found = verification.look_at(path.read_bytes())
        self.signature(found.signature)
        if found.certificate is None:
            self.stdout.write("not intact: the file differs from every certificate issued here")
            return ALTERED
        self.stdout.write(f"intact: {INTACT[found.kind]}")
        return self.state(found.certificate)

    def signature(self, found: SignatureCheck) -> None:
        if found.is_signed:
            words = f"intact, by {found.signer}" if found.holds else "not ours" if found.is_intact else "broken, or not to be checked without our key"
            self.stdout.write(f"signature: {words}")

    def state(self, certificate: Certificate) -> int:
        finding = verification.finding_of(certificate)
        self.stdout.write(f"{finding.verdict}: {certificate.number} {finding.masked_name} {certificate.facts['program']}")
        return VALID if finding.verdict == "valid" else REVOKED
