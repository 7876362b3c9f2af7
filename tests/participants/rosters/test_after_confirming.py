"""Declining, withdrawing and replacing somebody who was confirmed already: everything that follows, in one flow each."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.programs.models import Program
from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.attendance.models import AttendanceRecord
from participants.certificates import rules as certificates
from participants.notices.models import Notice, OutboxMail
from participants.people.rules import feed_url, link_url
from participants.rosters import review, rules
from participants.rosters.models import Registration
from tests.cast import Cast, at, make_delegation, make_group, make_item, make_person, make_program, make_registration


@pytest.fixture
def program(cast: Cast) -> Program:
    """Two places of which one is taken, an item of four hours, and coordinators with mail."""
    program = make_program(cast, starts_in=0, days=1)
    make_delegation(cast, program, cast.beichen, 1)
    make_item(program, at(f"{timezone.localdate():%Y-%m-%d} 00:10"), 60, "开班仪式", credit_hours=4)
    for user in (cast.coordinator_a, cast.coordinator_b):
        user.email = f"{user.username}@school.example"
        user.save()
    return program


@pytest.fixture
def confirmed(cast: Cast, program: Program) -> Registration:
    return make_registration(cast, program, make_person(cast, cast.school_a, "欧阳若川"), "confirmed", role="领队", group=make_group(program), position=7)


def read(address: str) -> str:
    return Client().get(address.replace("http://testserver", "").replace("http://127.0.0.1:8000", "")).content.decode()


def attend(row: Registration, by: Any) -> None:
    AttendanceRecord.objects.create(registration=row, item=row.program.items.get(), state="present", recorded_by=by, recorded_at=timezone.now())


def test_the_steps_say_where_somebody_was_stopped(cast: Cast, program: Program, confirmed: Registration) -> None:
    assert [step["state"] for step in review.steps(confirmed)] == ["done", "done", "done"]
    row = rules.decline(registration=confirmed, by=cast.organiser, now=timezone.now(), reason="名额调整")
    found = review.steps(row)
    assert [step["state"] for step in found] == ["done", "done", "stopped"]
    assert (found[2]["note"], found[2]["shape"]) == ("不予通过", "octagon")
    mail = OutboxMail.objects.filter(kind="declined").first()
    assert mail is not None and "原因：名额调整" in mail.text and "原因：名额调整" in mail.html


def test_declining_after_confirming_frees_the_place_and_ends_every_right(cast: Cast, program: Program, confirmed: Registration) -> None:
    person = confirmed.person
    waiting = rules.submit(
        registration=make_registration(cast, program, make_person(cast, cast.school_b, "林听雨")), by=cast.coordinator_b, now=timezone.now(), waitlist=True
    )
    assert "开班仪式" in read(feed_url(person)) and program.title_zh in read(link_url(person))
    attend(confirmed, cast.organiser)
    OutboxMail.objects.all().delete()
    Notice.objects.all().delete()
    rules.decline(registration=confirmed, by=cast.organiser, now=timezone.now(), reason="名额调整")
    assert dict(Registration.objects.values_list("pk", "status")) == {confirmed.pk: "declined", waiting.pk: "submitted"}
    assert "BEGIN:VEVENT" not in read(feed_url(person)) and "开班仪式" not in read(link_url(person))
    with pytest.raises(RuleViolation) as refused:
        certificates.issue(registration=Registration.objects.get(pk=confirmed.pk), by=cast.organiser, now=timezone.now())
    assert refused.value.code == "not_confirmed"
    told = set(Notice.objects.values_list("kind", "user__username"))
    assert {("declined", "coordinator_a"), ("declined", "district_beichen"), ("moved_up", "coordinator_b")} <= told
    assert set(OutboxMail.objects.values_list("kind", "recipient")) == {
        ("declined", "coordinator_a@school.example"),
        ("moved_up", "coordinator_b@school.example"),
    }
    event = AuditEvent.objects.get(action="registration.decline")
    assert (event.actor_id, event.reason, event.changes) == (cast.organiser.pk, "名额调整", {"status": ["confirmed", "declined"]})


def test_a_substitute_keeps_place_group_role_order_and_history(cast: Cast, program: Program, confirmed: Registration, sign_in: Any) -> None:
    before = confirmed.person
    after = make_person(cast, cast.school_a, "沈望舒")
    row = rules.replace(registration=confirmed, person=after, by=cast.organiser, now=timezone.now())
    assert (row.status, row.role, row.group_id, row.position) == ("confirmed", "领队", confirmed.group_id, 7)
    assert Registration.objects.taking_place().filter(program=program).count() == 1
    assert "开班仪式" in read(feed_url(after)) and "BEGIN:VEVENT" not in read(feed_url(before))
    page = sign_in(cast.organiser).get(f"/desk/registrations/{row.pk}/").content.decode()
    assert "欧阳若川" in page and "接替名额" in page
    former = sign_in(cast.organiser).get(f"/desk/registrations/{confirmed.pk}/").content.decode()
    assert "沈望舒" in former and "主办方通过" in former
