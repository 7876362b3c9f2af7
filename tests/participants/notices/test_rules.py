"""Who is told of what, once, and in one notice for many people."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from events.programs.models import Program
from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.certificates import rules as certificates
from participants.directory.models import User
from participants.notices import rules
from participants.notices.models import MailPreference, Notice, NoticeKind, OutboxMail
from participants.notices.words import GLYPHS, TITLES
from participants.people.rules import link_url
from participants.rosters import bulk, reminders
from participants.rosters import rules as rosters
from participants.rosters.models import Registration
from tests.cast import Cast, make_delegation, make_person, make_program, make_registration
from tests.participants.certificates.making import make_finished, make_participant

NOW = timezone.now


@pytest.fixture
def program(cast: Cast) -> Program:
    """Organised by Tianjin, with delegations of Beichen (two places) and Daxing."""
    found = make_program(cast)
    make_delegation(cast, found, cast.beichen, 2)
    make_delegation(cast, found, cast.daxing, 9)
    for user in cast.users().values():
        User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.test")
    return found


@pytest.fixture
def row(cast: Cast, program: Program) -> Registration:
    return make_registration(cast, program, make_person(cast, cast.school_a, "欧阳若川"))


def told(kind: str) -> dict[str, int]:
    return dict(Notice.objects.filter(kind=kind).values_list("user__username", "number"))


def test_each_step_is_told_to_those_whom_it_concerns(cast: Cast, row: Registration) -> None:
    rosters.submit(registration=row, by=cast.coordinator_a, now=NOW())
    assert told("submitted") == {"district_beichen": 1}
    rosters.endorse(registration=row, by=cast.district_beichen, now=NOW())
    assert told("endorsed") == {"coordinator_a": 1, "organiser": 1}
    rosters.confirm(registration=row, by=cast.organiser, now=NOW())
    assert told("confirmed") == {"coordinator_a": 1, "district_beichen": 1}
    rosters.send_back(registration=row, by=cast.organiser, now=NOW(), reason="照片不清楚")
    assert told("returned") == {"coordinator_a": 1, "district_beichen": 1}
    assert set(Notice.objects.filter(kind="returned").values_list("reason", flat=True)) == {"照片不清楚"}
    rosters.withdraw(registration=row, by=cast.coordinator_a, now=NOW())
    assert told("withdrawn") == {}  # it was back at the school: nobody else waits for it


def test_declining_and_withdrawing_what_others_have_seen(cast: Cast, program: Program) -> None:
    one, two = (make_registration(cast, program, make_person(cast, cast.school_a), "confirmed") for _index in range(2))
    rosters.decline(registration=one, by=cast.organiser, now=NOW(), reason="不符合条件")
    rosters.withdraw(registration=two, by=cast.coordinator_a, now=NOW(), reason="生病")
    assert told("declined") == {"coordinator_a": 1, "district_beichen": 1}
    assert told("withdrawn") == {"district_beichen": 1, "organiser": 1}


def test_waiting_and_moving_up(cast: Cast, program: Program) -> None:
    first, _second = (make_registration(cast, program, make_person(cast, cast.school_a), "submitted") for _index in range(2))
    third = make_registration(cast, program, make_person(cast, cast.school_b))
    rosters.submit(registration=third, by=cast.coordinator_b, now=NOW(), waitlist=True)
    assert told("waitlisted") == {"district_beichen": 1}
    rosters.withdraw(registration=first, by=cast.coordinator_a, now=NOW())
    assert told("moved_up") == {"coordinator_b": 1, "district_beichen": 1}


def test_many_at_once_make_one_notice_and_one_letter_per_reader(cast: Cast, program: Program) -> None:
    make_delegation(cast, program, cast.beichen, 30)
    schools = [cast.school_a] * 12 + [cast.school_b] * 8
    rows = [make_registration(cast, program, make_person(cast, school), "submitted") for school in schools]
    OutboxMail.objects.all().delete()
    bulk.decide_many(action="return", registrations=rows, by=cast.organiser, now=NOW(), reason="请核对号码")
    assert told("returned") == {"coordinator_a": 12, "coordinator_b": 8, "district_beichen": 20}
    assert OutboxMail.objects.filter(kind="returned").count() == 3
    assert [len(keys) for keys in Notice.objects.filter(kind="returned").values_list("people", flat=True)] == [3, 3, 3]
    bulk.decide_many(action="submit", registrations=rows, by=cast.coordinator_a, now=NOW())
    assert Notice.objects.filter(kind="submitted", number=20).count() == 1


def test_two_programs_make_two_notices(cast: Cast, program: Program) -> None:
    other = make_program(cast)
    make_delegation(cast, other, cast.beichen, 9)
    rows = [make_registration(cast, each, make_person(cast, cast.school_a), "submitted") for each in (program, other)]
    bulk.decide_many(action="endorse", registrations=rows, by=cast.district_beichen, now=NOW())
    assert Notice.objects.filter(kind="endorsed", user=cast.coordinator_a).count() == 2


def test_telling_the_same_change_twice_changes_nothing(cast: Cast, row: Registration) -> None:
    now = NOW()
    for _index in range(2):
        rules.tell("confirmed", row, by=None, now=now)
    assert (Notice.objects.filter(user=cast.coordinator_a).count(), OutboxMail.objects.filter(recipient="coordinator_a@example.test").count()) == (1, 1)


def test_a_refused_change_tells_nobody(cast: Cast, program: Program, row: Registration) -> None:
    with pytest.raises(RuleViolation):
        rosters.endorse(registration=row, by=cast.district_beichen, now=NOW())
    assert not Notice.objects.exists() and not OutboxMail.objects.exists()


def test_strangers_viewers_and_closed_accounts_hear_nothing(cast: Cast, program: Program, row: Registration) -> None:
    User.objects.filter(pk=cast.district_beichen.pk).update(is_active=False)
    rosters.submit(registration=row, by=cast.coordinator_a, now=NOW())
    rosters.endorse(registration=row, by=cast.organiser, now=NOW())
    names = set(Notice.objects.values_list("user__username", flat=True))
    assert names == {"coordinator_a"}


@pytest.mark.parametrize(("muted", "daily", "letters"), [([], False, 1), (["submitted"], False, 0), (["confirmed"], False, 1), ([], True, 0)])
def test_letters_follow_the_choice_and_the_inbox_does_not(cast: Cast, row: Registration, muted: list[str], daily: bool, letters: int) -> None:
    MailPreference.objects.create(user=cast.district_beichen, muted=muted, daily=daily)
    rosters.submit(registration=row, by=cast.coordinator_a, now=NOW())
    assert (Notice.objects.count(), OutboxMail.objects.count()) == (1, letters)


def test_the_letter_is_in_the_readers_language_and_names_no_numbers(cast: Cast, row: Registration) -> None:
    User.objects.filter(pk=cast.district_beichen.pk).update(language="en")
    rosters.submit(registration=row, by=cast.coordinator_a, now=NOW())
    letter = OutboxMail.objects.get()
    assert letter.subject.startswith("1 registration to check")
    assert "欧阳若川" in letter.text and f"/desk/registrations/{row.pk}/" in letter.text and "/unsubscribe/" in letter.text
    person = row.person
    assert not any(secret in letter.text + letter.html for secret in (person.national_id, person.phone, str(person.birth_on)))


def test_the_holder_of_a_certificate_gets_the_private_link_and_nobody_else_a_letter(cast: Cast, program: Program) -> None:
    finished = make_finished(cast)
    registration = make_participant(cast, finished, email="holder@example.test")
    silent = make_participant(cast, finished, "郑佩文")
    OutboxMail.objects.all().delete()
    for each in (registration, silent):
        certificates.issue(registration=each, by=cast.organiser, now=NOW())
    letter = OutboxMail.objects.get()
    assert (letter.recipient, letter.kind) == ("holder@example.test", "certificate_issued")
    assert link_url(registration.person) in letter.text


# Deadlines ----------------------------------------------------------------------------------------------------------------


def closes_in(program: Program, days: float) -> None:
    Program.objects.filter(pk=program.pk).update(registration_closes_at=NOW() + timedelta(days=days))


def test_schools_with_something_left_to_do_are_reminded_once(cast: Cast, program: Program, row: Registration) -> None:
    daxing = program.delegations.get(organisation=cast.daxing)
    rosters.set_allocation(delegation=daxing, organisation=cast.school_c, quota=4, by=cast.district_daxing)
    closes_in(program, 2)
    for _index in range(2):
        call_command("remind", verbosity=0)
    found = {notice.user.username: (notice.number, notice.places) for notice in Notice.objects.filter(kind="deadline_near")}
    assert found == {"coordinator_a": (1, 0), "coordinator_c": (0, 4)}
    closes_in(program, 1)  # moved: worth another word
    call_command("remind", verbosity=0)
    assert Notice.objects.filter(kind="deadline_near").count() == 4


@pytest.mark.parametrize("days", [4, -1])
def test_nobody_is_reminded_too_early_or_too_late(cast: Cast, program: Program, row: Registration, days: int) -> None:
    closes_in(program, days)
    call_command("remind", verbosity=0)
    assert not Notice.objects.exists()


def due_in(program: Program, days: float, *districts: Any, name: str = "endorse_by") -> None:
    moment = (NOW() + timedelta(days=days)).replace(microsecond=0)
    program.delegations.filter(organisation__in=districts).update(**{name: moment})


def test_districts_with_rows_to_pass_are_reminded_once_for_each_deadline(cast: Cast, program: Program) -> None:
    rows = [make_registration(cast, program, make_person(cast, cast.school_a), "submitted") for _index in range(2)]
    make_registration(cast, program, make_person(cast, cast.school_c), "endorsed")  # nothing left for Daxing
    OutboxMail.objects.all().delete()
    due_in(program, 2, cast.beichen, cast.daxing)
    for _index in range(2):
        call_command("remind", verbosity=0)
    assert told("endorse_near") == {"district_beichen": 2}
    letter = OutboxMail.objects.get()
    assert (letter.recipient, letter.kind) == ("district_beichen@example.test", "endorse_near")
    assert letter.subject.startswith("2人待区级审核，截止") and f"/desk/review/?program={program.pk}" in letter.text and "/unsubscribe/" in letter.text
    assert rows[0].person.name in letter.text and rows[0].person.national_id not in letter.text
    due_in(program, 1, cast.beichen)  # moved: worth another word
    call_command("remind", verbosity=0)
    assert Notice.objects.filter(kind="endorse_near").count() == 2


def test_the_organiser_is_reminded_of_all_districts_with_one_deadline_at_once(cast: Cast, program: Program) -> None:
    for school in (cast.school_a, cast.school_c):
        make_registration(cast, program, make_person(cast, school), "endorsed")
    make_registration(cast, program, make_person(cast, cast.school_a), "submitted")  # still with the district
    due_in(program, 2, cast.beichen, cast.daxing, name="confirm_by")
    MailPreference.objects.create(user=cast.organiser, daily=True)
    for _index in range(2):
        call_command("remind", verbosity=0)
    assert (told("confirm_near"), told("endorse_near")) == ({"organiser": 2}, {})
    assert not OutboxMail.objects.filter(kind="confirm_near").exists()
    call_command("send_digests", verbosity=0)
    assert "2人待主办方审核，截止" in OutboxMail.objects.get(kind="digest").text


@pytest.mark.parametrize(
    ("days", "status", "muted", "notices", "letters"),
    [(4, "published", [], 0, 0), (-1, "published", [], 0, 0), (2, "completed", [], 0, 0), (2, "published", ["endorse_near"], 1, 0)],
)
def test_reviewers_are_not_reminded_too_early_too_late_or_against_their_choice(
    cast: Cast, program: Program, days: int, status: str, muted: list[str], notices: int, letters: int
) -> None:
    make_registration(cast, program, make_person(cast, cast.school_a), "submitted")
    MailPreference.objects.create(user=cast.district_beichen, muted=muted)
    due_in(program, days, cast.beichen)
    Program.objects.filter(pk=program.pk).update(status=status)
    OutboxMail.objects.all().delete()
    call_command("remind", verbosity=0)
    found = (Notice.objects.filter(kind="endorse_near").count(), OutboxMail.objects.filter(kind="endorse_near").count())
    assert found == (notices, letters)


# Summaries ----------------------------------------------------------------------------------------------------------------


def test_a_summary_comes_once_a_day_with_what_is_unread(cast: Cast, program: Program) -> None:
    MailPreference.objects.create(user=cast.district_beichen, daily=True, muted=["withdrawn"])
    rows = [make_registration(cast, program, make_person(cast, cast.school_a), "submitted") for _index in range(2)]
    rosters.withdraw(registration=rows[0], by=cast.coordinator_a, now=NOW())
    OutboxMail.objects.all().delete()
    for _index in range(2):
        call_command("send_digests", verbosity=0)
    letter = OutboxMail.objects.get()
    assert (letter.kind, letter.recipient) == ("digest", "district_beichen@example.test")
    assert letter.text.count("1人的报名待审核") == 2 and "退出" not in letter.text


def test_no_summary_without_news_or_when_it_is_unsubscribed(cast: Cast, program: Program) -> None:
    chosen = MailPreference.objects.create(user=cast.district_beichen, daily=True)
    call_command("send_digests", verbosity=0)
    make_registration(cast, program, make_person(cast, cast.school_a), "submitted")
    rules.mark_read(notices=Notice.objects.all(), now=NOW())
    call_command("send_digests", verbosity=0)
    Notice.objects.update(read_at=None)
    MailPreference.objects.filter(pk=chosen.pk).update(muted=["digest"])
    call_command("send_digests", verbosity=0)
    assert not OutboxMail.objects.filter(kind="digest").exists()


def test_offices_hear_of_a_substitute_for_somebody_they_have_passed(cast: Cast, program: Program) -> None:
    waiting, passed = (make_registration(cast, program, make_person(cast, cast.school_a), status) for status in ("submitted", "confirmed"))
    for row in (waiting, passed):
        rosters.replace(registration=row, person=make_person(cast, cast.school_a), by=cast.coordinator_a, now=NOW())
    told = Notice.objects.filter(kind=NoticeKind.REPLACED)
    substitute = Registration.objects.get(replaces=passed)
    assert {notice.user for notice in told} == {cast.district_beichen, cast.organiser} and {tuple(notice.people) for notice in told} == {(substitute.pk,)}


def test_every_kind_has_readers_and_words() -> None:
    told_by_rules = set(NoticeKind) - {NoticeKind.CERTIFICATE_ISSUED, NoticeKind.ITINERARY_CHANGED}  # an itinerary's readers follow from its items
    assert set(rules.READERS) == told_by_rules
    assert set(GLYPHS) == told_by_rules | {NoticeKind.ITINERARY_CHANGED} == set(TITLES) | {NoticeKind.DEADLINE_NEAR}


def test_costs_the_same_for_two_and_for_twenty(cast: Cast, program: Program, django_assert_max_num_queries: Any) -> None:
    make_delegation(cast, program, cast.beichen, 60)
    User.objects.update(email="")
    for number in (2, 20):
        rows = [make_registration(cast, program, make_person(cast, cast.school_a), "submitted") for _index in range(number)]
        rows = list(Registration.objects.for_list().filter(pk__in=[row.pk for row in rows]))
        with django_assert_max_num_queries(4):
            rules.tell_many("confirmed", rows, by=None, now=NOW())


# The organiser's own reminder ---------------------------------------------------------------------------------------------


def test_the_organiser_reminds_whoever_has_something_left_once_a_day(cast: Cast, program: Program, row: Registration) -> None:
    """The school has a draft; nobody of Daxing is submitted."""
    now = NOW()
    assert reminders.remind_today(program=program, by=cast.organiser, now=now) > 0
    readers = set(Notice.objects.filter(kind=NoticeKind.DEADLINE_NEAR).values_list("user__username", flat=True))
    assert {"coordinator_a", "district_daxing"} <= readers and not readers & {"organiser", "coordinator_b", "coordinator_c", "outsider", "viewer"}
    letters = OutboxMail.objects.filter(kind=NoticeKind.DEADLINE_NEAR).count()
    assert reminders.remind_today(program=program, by=cast.organiser, now=now) == 0
    assert OutboxMail.objects.filter(kind=NoticeKind.DEADLINE_NEAR).count() == letters
    assert reminders.remind_today(program=program, by=cast.organiser, now=now + timedelta(days=1)) == len(readers)
    assert AuditEvent.objects.filter(action="program.remind").count() == 2


def test_nobody_is_reminded_of_a_closed_registration(cast: Cast, program: Program, row: Registration) -> None:
    with pytest.raises(RuleViolation) as refusal:
        reminders.remind_today(program=program, by=cast.organiser, now=NOW() + timedelta(days=11))
    assert (refusal.value.code, Notice.objects.filter(kind=NoticeKind.DEADLINE_NEAR).count()) == ("registration_not_open", 0)


def test_the_button_and_the_api(cast: Cast, program: Program, row: Registration, sign_in: Any, api: Any) -> None:
    client, url = sign_in(cast.organiser), f"/desk/programs/{program.pk}/roster/remind/"
    assert url in client.get(f"/desk/programs/{program.pk}/roster/").content.decode()
    assert str(cast.school_a) in client.get(url).content.decode()
    assert client.post(url).headers["Location"] == f"/desk/programs/{program.pk}/roster/"
    assert api(cast.organiser).post("/api/v1/notices/remind/", {"program": program.pk}, format="json").json() == {"told": 0}
    assert api(cast.organiser).post("/api/v1/notices/remind/", {"program": "x"}, format="json").status_code == 400
    for name, page, answer in (("district_beichen", 403, 403), ("coordinator_a", 403, 403), ("viewer", 403, 403)):
        assert sign_in(cast.users()[name]).post(url).status_code == page, name
        assert api(cast.users()[name]).post("/api/v1/notices/remind/", {"program": program.pk}, format="json").status_code == answer, name
    assert url not in sign_in(cast.district_beichen).get(f"/desk/programs/{program.pk}/roster/").content.decode()
