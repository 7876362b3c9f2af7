"""What goes away by itself, and when."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from events.programs.models import Program
from exchange.audit import AuditEvent
from participants.notices.models import Notice, OutboxMail
from participants.people import consent_rules, exports
from participants.people.models import Export, GuardianConsent, Person
from participants.people.retention import rules_at
from participants.rosters.models import Registration
from tests.cast import Cast, make_person
from tests.participants.certificates.making import make_finished, make_participant

NOW = timezone.now()
DETAILS = {"diet": "素食", "lodging": "单人间", "memo": "花粉过敏", "emergency_contact": "家人", "emergency_phone": "15400000001", "ethnicity": "回族"}
FIRST, SECOND = {"diet", "lodging", "memo"}, {"emergency_contact", "emergency_phone", "ethnicity", "national_id"}


def purge(*options: str) -> str:
    out = io.StringIO()
    call_command("purge", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def row(cast: Cast) -> Registration:
    return make_participant(cast, make_finished(cast), **DETAILS)


def ended(row: Registration, days: int) -> None:
    """The program's last day was so many days ago."""
    last = timezone.localdate() - timedelta(days=days)
    Program.objects.filter(pk=row.program_id).update(starts_on=last, ends_on=last)


def left(person: Person) -> set[str]:
    found = Person.objects.get(pk=person.pk)
    return {name for name in FIRST | SECOND if getattr(found, name)}


@pytest.mark.parametrize(("days", "kept"), [(30, FIRST | SECOND), (31, SECOND), (90, SECOND), (91, set())])
def test_details_go_on_their_day(row: Registration, days: int, kept: set[str]) -> None:
    ended(row, days)
    purge()
    assert left(row.person) == kept


def test_number_and_index_go_together_and_the_rest_stays(row: Registration) -> None:
    ended(row, 100)
    purge()
    person = Person.objects.get(pk=row.person_id)
    assert (person.national_id_index, Registration.objects.get(pk=row.pk).identity_index) == ("", "")
    assert (person.name, person.phone, person.birth_on) == (row.person.name, row.person.phone, row.person.birth_on)


def test_the_last_program_counts(cast: Cast, row: Registration) -> None:
    ended(row, 100)
    later = make_finished(cast)
    Registration.objects.create(
        program=later, person=row.person, organisation=row.organisation, delegation=later.delegations.get(organisation=cast.beichen), status="withdrawn"
    )
    purge()
    assert left(row.person) == FIRST | SECOND


def test_those_on_no_roster_are_left_alone(cast: Cast) -> None:
    person = make_person(cast, cast.school_a, **DETAILS)
    purge()
    assert left(person) == FIRST | SECOND


def test_it_is_recorded_once_without_values(row: Registration) -> None:
    ended(row, 31)
    purge()
    purge()
    events = AuditEvent.objects.filter(action="person.purge", target_id=row.person_id)
    assert sorted(name for event in events for name in event.changes) == sorted(FIRST)
    assert "花粉" not in str([event.changes for event in events])


def test_a_dry_run_counts_and_keeps(row: Registration) -> None:
    ended(row, 100)
    told = purge("--dry-run")
    assert "Would delete      1  national_id" in told and left(row.person) == FIRST | SECOND
    assert not AuditEvent.objects.filter(action="person.purge").exists()
    assert "Deleted      1  national_id" in purge()


def test_letters_lose_their_text_and_keep_their_mark(db: None) -> None:
    def letter(event: str, state: str, days: int) -> OutboxMail:
        at = NOW - timedelta(days=days)
        return OutboxMail.objects.create(
            event=event, recipient="a@example.test", kind="k", subject="题", text="文", html="文", state=state, next_try_at=at, created_at=at
        )

    rows = [letter("1", "sent", 31), letter("2", "failed", 31), letter("3", "queued", 31), letter("4", "sent", 29)]
    purge()
    assert [OutboxMail.objects.get(pk=row.pk).text for row in rows] == ["", "", "文", "文"]


def test_exports_links_and_old_notices_go(cast: Cast, row: Registration) -> None:
    for hours in (23, 25):
        exports.keep(program=row.program, by=cast.organiser, content=b"x", file_name="x", rows=1, reason="试", now=NOW - timedelta(hours=hours))
    for days in (10, 60):
        consent_rules.make_link(person=row.person, by=None, now=NOW - timedelta(days=days))
    Notice.objects.all().delete()
    for days in (10, 500):
        Notice.objects.create(user=cast.organiser, event=str(days), kind="confirmed", program=row.program, created_at=NOW - timedelta(days=days))
    GuardianConsent.objects.order_by("pk").update(expires_at=NOW + timedelta(days=1))
    GuardianConsent.objects.filter(pk=GuardianConsent.objects.order_by("-pk").values("pk")[:1].get()["pk"]).update(expires_at=NOW - timedelta(days=31))
    purge()
    assert (Export.objects.count(), GuardianConsent.objects.count(), Notice.objects.count()) == (1, 1, 1)


def paper(row: Registration, days: int = 1500) -> GuardianConsent:
    """Signed so many days ago."""
    given = NOW - timedelta(days=days)
    return consent_rules.record_paper(person=row.person, guardian_name="家长", relation="mother", paper=b"%PDF-\n%%EOF", by=None, now=given)


@pytest.mark.parametrize(("days", "kept"), [(800, 1), (1090, 1), (1100, 0)])
def test_consents_stay_for_three_years_after_the_last_program(row: Registration, days: int, kept: int) -> None:
    paper(row)
    taken_back = paper(row)
    consent_rules.withdraw(given=taken_back, by=None, now=NOW - timedelta(days=1400))
    ended(row, days)
    told = purge("--dry-run")
    assert f"Would delete {2 - 2 * kept:>6}  guardians' consents" in told and GuardianConsent.objects.count() == 2
    purge()
    assert (GuardianConsent.objects.valid().count(), GuardianConsent.objects.count()) == (kept, 2 * kept)
    assert AuditEvent.objects.filter(action="consent.purge").count() == 2 - 2 * kept


def test_consents_of_those_on_no_roster_go_by_the_day_they_were_given(cast: Cast) -> None:
    person = make_person(cast, cast.school_a)
    for days in (1090, 1100):
        paper(Registration(person=person), days)
    purge()
    assert GuardianConsent.objects.count() == 1


@pytest.mark.parametrize(("begun", "days", "kept"), [(False, 29, True), (False, 31, False), (True, 31, True)])
def test_the_paper_of_a_consent_taken_back_goes_when_nothing_rests_on_it(row: Registration, begun: bool, days: int, kept: bool) -> None:
    given, starts = paper(row, 100), timezone.localdate() - timedelta(days=60 if begun else 10)
    Program.objects.filter(pk=row.program_id).update(starts_on=starts, ends_on=timezone.localdate() - timedelta(days=5))
    consent_rules.withdraw(given=given, by=None, now=NOW - timedelta(days=days), reason="不再参加")
    for options in (("--dry-run",), ()):
        told = purge(*options)
    given.refresh_from_db()
    assert (bool(given.paper), bool(given.paper_type)) == (kept, kept)
    assert (given.guardian_name, given.withdrawn_reason) == ("家长", "不再参加") and f"{1 - kept:>6}  papers of consents taken back" in told


def test_every_rule_has_a_name_of_its_own(db: None) -> None:
    names = [rule.name for rule in rules_at(NOW)]
    assert len(names) == len(set(names)) and all(rule.due() == 0 for rule in rules_at(NOW))


def test_purging_costs_the_same_for_one_and_for_three(cast: Cast, row: Registration, django_assert_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ended(row, 100)
    with CaptureQueriesContext(connection) as one:
        purge()
    finished = make_finished(cast)
    rows = [make_participant(cast, finished, **DETAILS) for _index in range(3)]
    ended(rows[0], 100)
    with django_assert_num_queries(len(one)):
        purge()
