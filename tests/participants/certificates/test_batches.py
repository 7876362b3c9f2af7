"""Batches: one item per person, killed at any moment, resumed without doubling; ZIP and print file."""

import io
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pypdf import PdfReader

from events.programs.models import Program
from exchange import jobs
from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.certificates import batches, bundles, files, rules
from participants.certificates.models import Certificate, CertificateBatch
from participants.rosters.models import Registration
from tests.cast import Cast, make_cast
from tests.participants.certificates.making import NAMES, attend, make_certificate, make_finished, make_participant


@pytest.fixture
def finished(cast: Cast) -> Program:
    """Five who attended in three schools, one who did not, one who is not confirmed."""
    program = make_finished(cast, days=1)
    for index, name in enumerate(NAMES[:5]):
        make_participant(cast, program, name, school=[cast.school_a, cast.school_b, cast.school_c][index % 3])
    make_participant(cast, program, "郑佩文", attended=False)
    make_participant(cast, program, "田稼轩", status="submitted")
    return program


def order(cast: Cast, program: Program, **fields: Any) -> CertificateBatch:
    return batches.create_batch(program=program, by=cast.organiser, now=timezone.now(), **fields)


def summary(batch: CertificateBatch) -> tuple[str, int, int, int]:
    batch.refresh_from_db()
    return batch.status, batch.total, batch.done, batch.failed


def serials() -> list[int]:
    return sorted(Certificate.objects.values_list("serial", flat=True))


def test_create_lists_everyone_confirmed_and_says_who_gets_none(cast: Cast, finished: Program) -> None:
    batch = order(cast, finished)
    assert summary(batch) == ("queued", 6, 0, 1)
    refused = batch.items.exclude(error_code="").get()
    assert (refused.registration.person.name, refused.error_code, refused.error) == ("郑佩文", "no_attendance", "还没有签到记录。")


def test_create_starts_the_job_after_the_commit(cast: Cast, finished: Program, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        batch = order(cast, finished)
        assert not Certificate.objects.exists()
    assert summary(batch) == ("done", 6, 5, 1)
    assert serials() == [1, 2, 3, 4, 5]
    assert list(Certificate.objects.order_by("serial").values_list("holder_name", flat=True)) == list(
        Registration.objects.filter(certificates__isnull=False).order_by("delegation_id", "position").values_list("person__name", flat=True)
    )


def test_a_part_of_the_program(cast: Cast, finished: Program) -> None:
    assert order(cast, finished, delegation=finished.delegations.get(organisation=cast.daxing)).total == 1
    assert order(cast, finished, organisation=cast.beichen).total == 5
    other = make_finished(cast, days=1)
    with pytest.raises(RuleViolation) as refusal:
        order(cast, finished, delegation=other.delegations.first())
    assert refusal.value.code == "foreign_delegation"


def test_ordered_twice_it_is_the_batch_under_way(cast: Cast, finished: Program) -> None:
    batch = order(cast, finished)
    assert order(cast, finished) == batch
    assert order(cast, finished, organisation=cast.beichen) != batch
    assert AuditEvent.objects.filter(action="certificate_batch.create").count() == CertificateBatch.objects.count() == 2
    batches.run(batch.pk, timezone.now)
    with pytest.raises(RuleViolation):
        order(cast, finished, delegation=finished.delegations.get(organisation=cast.daxing))


def test_nobody_left(cast: Cast) -> None:
    certificate = make_certificate(cast)
    with pytest.raises(RuleViolation) as refusal:
        order(cast, certificate.registration.program)
    assert refusal.value.code == "nobody_left"


def test_nobody_who_may_have_one(cast: Cast, client: Any) -> None:
    """No empty batch: the order says why it would come to nothing."""
    program = make_finished(cast)
    for name in ("张三", "李四"):
        attend(make_participant(cast, program, name, attended=False), program.items.order_by("pk")[:2])
    make_participant(cast, program, "王五", attended=False)
    with pytest.raises(RuleViolation) as refusal:
        order(cast, program)
    said = "现在没有人可以签发证书。出勤50%，未达到活动要求的80%（2人）。还没有签到记录（1人）。"
    assert (refusal.value.code, refusal.value.message) == ("nobody_left", said)
    assert not CertificateBatch.objects.exists()
    client.force_login(cast.organiser)
    page = client.get(f"/desk/programs/{program.pk}/certificates/issue/").content.decode()
    assert "现在没有人可以签发证书" in page and "?view=blocked" in page and '<button class="btn btn-primary"' not in page


class Killed(BaseException):
    """As when the process is gone: nothing may catch it."""


@pytest.mark.parametrize("step", ["prepare", "enter", "file", "close"])
@pytest.mark.parametrize("after", [0, 2])
def test_a_killed_batch_resumes_without_doubling(cast: Cast, finished: Program, monkeypatch: pytest.MonkeyPatch, step: str, after: int) -> None:
    batch = order(cast, finished)
    targets = {"prepare": (rules, "prepare"), "enter": (rules, "enter"), "file": (files, "ensure"), "close": (batches, "close")}
    module, name = targets[step]
    real, calls = getattr(module, name), []

    def dying(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) > after:
            raise Killed
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(module, name, dying)
        with pytest.raises(Killed):
            batches.run(batch.pk, timezone.now)
    assert summary(batch) == ("running", 6, after, 1)
    batches.run(batch.pk, timezone.now)
    batches.run(batch.pk, timezone.now)  # once more does no harm
    assert summary(batch) == ("done", 6, 5, 1)
    assert serials() == [1, 2, 3, 4, 5]
    assert all(Path(row.pdf.path).is_file() for row in Certificate.objects.all())


def test_an_error_stops_the_batch_with_its_name_and_it_can_go_on(
    cast: Cast, finished: Program, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    batch = order(cast, finished)
    with monkeypatch.context() as patch:
        patch.setattr(files, "ensure", lambda certificate: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            batches.run(batch.pk, timezone.now)
    batch.refresh_from_db()
    assert (batch.status, batch.status_reason) == ("failed", "OSError")
    with django_capture_on_commit_callbacks(execute=True):
        batches.resume(batch=batch, by=cast.organiser)
    assert summary(batch) == ("done", 6, 5, 1)
    with pytest.raises(RuleViolation) as refusal:
        batches.resume(batch=batch, by=cast.organiser)
    assert refusal.value.code == "wrong_status"


def test_a_workers_start_picks_up_what_was_left(cast: Cast, finished: Program, django_capture_on_commit_callbacks: Any) -> None:
    batch = order(cast, finished)
    assert any(begin.__name__ == "resume_certificates" for begin in jobs.ON_START)
    with django_capture_on_commit_callbacks(execute=True):
        for begin in jobs.ON_START:
            begin()
    assert summary(batch) == ("done", 6, 5, 1)
    assert batches.resume_unfinished() == 0


def test_who_withdraws_meanwhile_is_refused(cast: Cast, finished: Program) -> None:
    batch = order(cast, finished)
    Registration.objects.filter(person__name="孙㛃").update(status="withdrawn")
    batches.run(batch.pk, timezone.now)
    assert summary(batch) == ("done", 6, 4, 2)
    assert batch.items.get(registration__person__name="孙㛃").error_code == "not_confirmed"
    assert serials() == [1, 2, 3, 4]


def test_two_batches_for_the_same_people_make_one_certificate_each(cast: Cast, finished: Program) -> None:
    first, second = order(cast, finished), order(cast, finished, organisation=cast.beichen)
    batches.run(second.pk, timezone.now)
    batches.run(first.pk, timezone.now)
    assert (summary(second), summary(first)) == (("done", 5, 4, 1), ("done", 6, 1, 5))
    assert set(first.items.filter(certificate=None).exclude(error_code="no_attendance").values_list("error_code", flat=True)) == {"already_issued"}
    assert serials() == [1, 2, 3, 4, 5]


def test_zip_has_a_folder_per_unit_and_safe_names(cast: Cast, finished: Program) -> None:
    batches.run(order(cast, finished).pk, timezone.now)
    Certificate.objects.filter(holder_name="孙㛃").update(holder_name="../..\\孙:㛃")
    chunks = list(bundles.zip_stream(Certificate.objects.valid()))
    assert len(chunks) == 6  # a piece per certificate, and the directory at the end
    archive = zipfile.ZipFile(io.BytesIO(b"".join(chunks)))
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == [
        "北京市大兴区永定湾中学/001_周𬍛_津北教交证〔2026〕第0005号.pdf",
        "天津市北辰区辰光高级中学/001_.._.._孙_㛃_津北教交证〔2026〕第0001号.pdf".replace("001_.._.._", "001__.._"),
        "天津市北辰区辰光高级中学/002_吴𫖯_津北教交证〔2026〕第0003号.pdf",
        "天津市北辰区运河湾中学/001_王䶮_津北教交证〔2026〕第0002号.pdf",
        "天津市北辰区运河湾中学/002_阿依古丽·买买提_津北教交证〔2026〕第0004号.pdf",
    ]
    assert all(archive.read(name).startswith(b"%PDF") for name in archive.namelist())


def test_the_print_file_is_in_roster_order(cast: Cast, finished: Program, tmp_path: Path) -> None:
    batches.run(order(cast, finished).pk, timezone.now)
    with bundles.print_file(Certificate.objects.valid(), "打印") as file:
        content = file.read()
    assert len(PdfReader(io.BytesIO(content)).pages) == 5
    (tmp_path / "all.pdf").write_bytes(content)
    text = subprocess.run(["pdftotext", "-raw", str(tmp_path / "all.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    places = [text.index(row.holder_name) for row in Certificate.objects.valid().in_roster_order()]
    assert places == sorted(places)


def test_a_missing_file_comes_back_the_same(cast: Cast) -> None:
    certificate = make_certificate(cast)
    path = Path(certificate.pdf.path)
    before = path.read_bytes()
    path.unlink()
    assert files.read(Certificate.objects.get(pk=certificate.pk)) == before
    assert not list(path.parent.glob("*.part"))


def test_a_batch_killed_while_it_really_commits(committed: None) -> None:
    cast = make_cast()
    program = make_finished(cast, days=1)
    for name in NAMES[:3]:
        make_participant(cast, program, name)
    batch = order(cast, program, in_background=False)

    def kill(batch: CertificateBatch, item: Any) -> None:
        raise Killed

    with pytest.raises(Killed):
        batches.run(batch.pk, timezone.now, progress=kill)
    assert summary(batch) == ("running", 3, 1, 0)
    batches.run(batch.pk, timezone.now)
    assert (summary(batch), serials()) == (("done", 3, 3, 0), [1, 2, 3])
