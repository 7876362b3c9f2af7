"""The gate and the ledger."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from events.programs.models import Program
from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.certificates import files, rules
from participants.certificates.facts import CertificateFacts
from participants.certificates.models import Certificate, NumberSeries
from participants.directory.models import Organisation
from participants.people.models import Person
from participants.rosters import rules as rosters
from participants.rosters.models import Registration
from tests.cast import Cast
from tests.participants.certificates.making import attend, make_certificate, make_finished, make_participant

pytestmark = pytest.mark.django_db


def issue(cast: Cast, registration: Registration) -> Certificate:
    return rules.issue(registration=registration, by=cast.organiser, now=timezone.now())


def refused(cast: Cast, registration: Registration) -> RuleViolation:
    with pytest.raises(RuleViolation) as refusal:
        issue(cast, registration)
    assert not Certificate.objects.exists()
    assert not NumberSeries.objects.filter(last_serial__gt=0).exists()
    return refusal.value


def test_issue_takes_the_next_number_of_the_programs_year(cast: Cast) -> None:
    program = make_finished(cast, days=1)
    Program.objects.filter(pk=program.pk).update(starts_on=date(2023, 2, 20), ends_on=date(2023, 2, 20))
    first, second = (issue(cast, make_participant(cast, program, name)) for name in ("孙㛃", "王䶮"))
    assert [first.number, second.number] == ["津北教交证〔2023〕第0001号", "津北教交证〔2023〕第0002号"]
    assert first.code != second.code
    assert (first.holder_name, first.status, first.serial) == ("孙㛃", "issued", 1)
    assert Path(first.pdf.path).read_bytes().startswith(b"%PDF")
    event = AuditEvent.objects.get(action="certificate.issue", target_id=first.pk)
    assert event.changes == {"number": [None, first.number]} and event.actor_id == cast.organiser.pk


def test_two_issuers_count_apart(cast: Cast) -> None:
    Organisation.objects.filter(pk=cast.daxing.pk).update(number_prefix="京兴教交证")
    cast.daxing.refresh_from_db()
    ours, theirs = make_finished(cast, days=1), make_finished(cast, days=1, issuer=cast.daxing)
    numbers = [issue(cast, make_participant(cast, program)).serial for program in (ours, theirs)]
    assert numbers == [1, 1]


@pytest.mark.parametrize("status", ["submitted", "endorsed", "returned", "declined", "withdrawn"])
def test_only_the_confirmed_get_one(cast: Cast, status: str) -> None:
    registration = make_participant(cast, make_finished(cast, days=1), status=status)
    assert refused(cast, registration).code == "not_confirmed"


def test_nobody_gets_one_without_attending(cast: Cast) -> None:
    program = make_finished(cast)
    assert refused(cast, make_participant(cast, program, attended=False)).code == "no_attendance"
    half = make_participant(cast, program, "王䶮", attended=False)
    attend(half, list(program.items.all()[:2]))
    assert refused(cast, half).code == "attendance_too_low"


def test_nobody_gets_one_before_the_program_begins_or_after_it_was_cancelled(cast: Cast) -> None:
    program = make_finished(cast, days=1)
    registration = make_participant(cast, program)
    Program.objects.filter(pk=program.pk).update(starts_on=timezone.localdate() + timedelta(days=1), ends_on=timezone.localdate() + timedelta(days=1))
    assert refused(cast, registration).code == "program_not_held"
    Program.objects.filter(pk=program.pk).update(starts_on=timezone.localdate(), status="cancelled")
    assert refused(cast, registration).code == "program_not_held"


def test_an_issuer_needs_a_prefix_of_its_own(cast: Cast) -> None:
    assert refused(cast, make_participant(cast, make_finished(cast, days=1, issuer=cast.tianjin))).code == "no_number_prefix"
    make_certificate(cast, name="王䶮")
    Organisation.objects.filter(pk=cast.tianjin.pk).update(number_prefix="津北教交证")
    cast.tianjin.refresh_from_db()
    with pytest.raises(RuleViolation) as refusal:
        make_certificate(cast, make_finished(cast, days=1, issuer=cast.tianjin), "周𬍛")
    assert refusal.value.code == "number_taken"


def test_a_missing_glyph_is_refused_and_named(cast: Cast) -> None:
    registration = make_participant(cast, make_finished(cast, days=1), "王\U0001f9ff")
    refusal = refused(cast, registration)
    assert (refusal.code, refusal.params) == ("missing_glyph", {"characters": "\U0001f9ff"})
    assert "\U0001f9ff（U+1F9FF）" in refusal.message


def test_a_second_valid_one_is_refused(cast: Cast) -> None:
    certificate = make_certificate(cast)
    with pytest.raises(RuleViolation) as refusal:
        issue(cast, certificate.registration)
    assert refusal.value.code == "already_issued"
    with pytest.raises(IntegrityError), transaction.atomic():
        Certificate.objects.filter(pk=certificate.pk).update(status="revoked")
        Certificate.objects.create(
            registration=certificate.registration, issuer=certificate.issuer, year=2000, serial=1, number="a", code="a", facts={}, issued_at=timezone.now()
        )
        Certificate.objects.filter(pk=certificate.pk).update(status="issued")


def test_facts_stay_as_they_were(cast: Cast) -> None:
    certificate = make_certificate(cast)
    before, paper = certificate.facts, Path(certificate.pdf.path).read_bytes()
    Person.objects.update(name="改名了")
    Organisation.objects.filter(pk__in=[cast.school_a.pk, cast.beichen.pk]).update(name_zh="改名单位", number_prefix="别的")
    Program.objects.update(title_zh="别的活动")
    certificate.registration.program.items.update(title_zh="别的日程", credit_hours=1)
    Path(certificate.pdf.path).unlink()
    certificate = Certificate.objects.get(pk=certificate.pk)
    assert certificate.facts == before
    assert files.read(certificate) == paper
    facts = files.facts_of(certificate)
    assert isinstance(facts, CertificateFacts)
    assert (facts.name, facts.hours, facts.number, len(facts.days), facts.days[0].titles) == (
        "欧阳若川",
        "16",
        certificate.number,
        2,
        "校园管理观摩、德育工作座谈",
    )


def test_facts_are_chinese_whoever_asks(cast: Cast) -> None:
    from django.utils import translation

    with translation.override("en"):
        certificate = make_certificate(cast)
    assert certificate.facts["days"][0]["state"] == "出席"


def test_revoke_needs_a_reason_and_keeps_the_number(cast: Cast) -> None:
    certificate = make_certificate(cast)
    with pytest.raises(RuleViolation) as refusal:
        rules.revoke(certificate=certificate, by=cast.organiser, now=timezone.now(), reason=" ")
    assert (refusal.value.code, refusal.value.field) == ("reason_required", "reason")
    rules.revoke(certificate=certificate, by=cast.organiser, now=timezone.now(), reason="姓名有误")
    certificate.refresh_from_db()
    assert (certificate.status, certificate.status_reason) == ("revoked", "姓名有误")
    with pytest.raises(RuleViolation):
        rules.revoke(certificate=certificate, by=cast.organiser, now=timezone.now(), reason="再次")
    assert issue(cast, certificate.registration).serial == certificate.serial + 1


def test_reissue_makes_the_file_anew_and_is_counted(cast: Cast) -> None:
    certificate = make_certificate(cast)
    later = timezone.now() + timedelta(days=30)
    for expected in (1, 2):
        again = rules.reissue(certificate=certificate, by=cast.organiser, now=later)
        assert (again.number, again.facts, again.code) == (certificate.number, certificate.facts, certificate.code)
        assert again.pdf_made_at == later
        assert rules.reissues(certificate) == expected
    rules.revoke(certificate=certificate, by=cast.organiser, now=later, reason="错")
    with pytest.raises(RuleViolation) as refusal:
        rules.reissue(certificate=certificate, by=cast.organiser, now=later)
    assert refusal.value.code == "wrong_status"


def test_who_withdraws_after_issue_keeps_a_record_but_gets_no_second_one(cast: Cast) -> None:
    certificate = make_certificate(cast)
    rosters.withdraw(registration=certificate.registration, by=cast.organiser, now=timezone.now())
    rules.revoke(certificate=certificate, by=cast.organiser, now=timezone.now(), reason="退出")
    with pytest.raises(RuleViolation) as refusal:
        issue(cast, certificate.registration)
    assert refusal.value.code == "not_confirmed"


def test_a_rolled_back_issue_gives_its_number_back(cast: Cast) -> None:
    program = make_finished(cast, days=1)
    first, second = make_participant(cast, program, "孙㛃"), make_participant(cast, program, "王䶮")

    def fail() -> Any:
        with transaction.atomic():
            issue(cast, first)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert issue(cast, second).serial == 1
