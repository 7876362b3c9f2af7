"""issue_certificates and verify_certificate."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from participants.certificates import batches, rules
from participants.certificates.models import Certificate, CertificateBatch
from tests.cast import Cast
from tests.participants.certificates.making import make_certificate, make_finished, make_participant

pytestmark = pytest.mark.django_db


def run(*arguments: Any) -> tuple[int, str]:
    """Exit code and output."""
    out = StringIO()
    try:
        call_command(*[str(argument) for argument in arguments], stdout=out)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_issue_writes_a_list_and_may_be_run_again(cast: Cast, tmp_path: Path) -> None:
    program = make_finished(cast, days=1)
    for name in ("孙㛃", "王䶮"):
        make_participant(cast, program, name)
    make_participant(cast, program, "郑佩文", attended=False)
    target = tmp_path / "certificates.json"
    status, out = run("issue_certificates", program.pk, "--json", target, "--user", "organiser")
    assert status == 0 and "2 issued, 1 refused of 3" in out and "no_attendance" in out
    rows = json.loads(target.read_text("utf-8"))
    expected = Certificate.objects.in_roster_order()
    assert [(row["id"], row["number"], row["code"], row["registration"]) for row in rows] == [
        (row.pk, row.number, row.code, row.registration_id) for row in expected
    ]
    assert all(Path(row["path"]).read_bytes().startswith(b"%PDF") for row in rows)
    assert CertificateBatch.objects.get().created_by == cast.organiser
    run("issue_certificates", program.pk, "--json", target)
    assert json.loads(target.read_text("utf-8")) == rows


def test_issue_continues_an_unfinished_batch(cast: Cast) -> None:
    program = make_finished(cast, days=1)
    make_participant(cast, program)
    batches.create_batch(program=program, by=cast.organiser, now=timezone.now())
    run("issue_certificates", program.pk)
    assert CertificateBatch.objects.get().status == "done"


def test_issue_refuses_in_words(cast: Cast) -> None:
    with pytest.raises(CommandError, match="no program"):
        run("issue_certificates", 999999)
    with pytest.raises(CommandError, match="no user"):
        run("issue_certificates", make_finished(cast, days=1).pk, "--user", "nobody")
    with pytest.raises(CommandError, match="no_number_prefix"):
        run("issue_certificates", make_finished(cast, days=1, issuer=cast.tianjin).pk)


def test_verify_by_code(cast: Cast) -> None:
    certificate = make_certificate(cast)
    status, out = run("verify_certificate", certificate.code.lower().replace("-", ""))
    assert status == 0 and out.startswith("valid: ") and certificate.number in out and "欧阳若川" not in out
    assert run("verify_certificate", "AAAA-AAAA-AAAA-AAAA")[0] == 1
    with pytest.raises(CommandError, match="There is no file gone"):
        run("verify_certificate", "gone.pdf")
    rules.revoke(certificate=certificate, by=cast.organiser, now=timezone.now(), reason="错")
    status, out = run("verify_certificate", certificate.code)
    assert status == 2 and out.startswith("revoked: ")


def test_verify_by_file(cast: Cast, tmp_path: Path) -> None:
    certificate = make_certificate(cast)
    content = Path(certificate.pdf.path).read_bytes()
    copy = tmp_path / "copy.pdf"
    copy.write_bytes(content)
    assert run("verify_certificate", copy) == (
        0,
        f"intact: byte for byte the file that was issued\nvalid: {certificate.number} 欧阳** {certificate.facts['program']}\n",
    )
    copy.write_bytes(content[:-10] + bytes([content[-10] ^ 1]) + content[-9:])
    status, out = run("verify_certificate", copy)
    assert status == 3 and "not intact" in out
    rules.revoke(certificate=certificate, by=cast.organiser, now=timezone.now(), reason="错")
    copy.write_bytes(content)
    assert run("verify_certificate", copy)[0] == 2
