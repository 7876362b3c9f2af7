"""Several senders at once, each with a connection of its own; a guardian who takes the consent back while a district passes the child."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from participants.notices import outbox
from participants.notices.models import OutboxMail
from participants.people import consent_rules
from participants.rosters import rules
from participants.rosters.models import Registration
from tests.cast import Cast, make_cast, make_delegation, make_person, make_program, make_registration
from tests.participants.rosters.test_race import at_once

__all__ = ["at_once"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)
AtOnce = Callable[..., list[Any]]
LETTERS, SENDERS, ROUNDS = 30, 4, 4


def letter(event: str, recipient: str) -> OutboxMail:
    now = timezone.now()
    return OutboxMail(event=event, recipient=recipient, kind="k", subject="题", text="文", html="文", next_try_at=now, created_at=now)


def test_each_letter_leaves_once_whoever_sends(at_once: AtOnce) -> None:
    at_once(lambda: OutboxMail.objects.bulk_create([letter(f"race:{number}", f"{number}@example.test") for number in range(LETTERS)]))
    answers = at_once(*([lambda: outbox.send_queue(timezone.now)] * SENDERS))
    assert sum(answers) == LETTERS
    assert Counter(sent.to[0] for sent in mail.outbox) == Counter(f"{number}@example.test" for number in range(LETTERS))
    assert at_once(lambda: set(OutboxMail.objects.values_list("state", "attempts"))) == [{("sent", 1)}]


def test_several_who_tell_the_same_make_one_letter(at_once: AtOnce) -> None:
    at_once(*([lambda: outbox.queue([letter("e", "a@example.test")])] * 3))
    assert (at_once(OutboxMail.objects.count), len(mail.outbox)) == ([1], 1)


def test_nobody_is_passed_on_a_consent_that_is_being_taken_back(at_once: AtOnce) -> None:
    def build() -> tuple[Cast, list[tuple[Registration, Any]]]:
        cast = make_cast()
        program = make_program(cast, kind="choir")
        make_delegation(cast, program, cast.beichen, 10)
        return cast, [submitted_child(cast, program) for _round in range(ROUNDS)]

    cast, pairs = at_once(build)[0]
    for row, given in pairs:
        endorsed, withdrawn = at_once(
            lambda row=row: str(rules.endorse(registration=row, by=cast.district_beichen, now=timezone.now()).status),
            lambda given=given: consent_rules.withdraw(given=given, by=None, now=timezone.now()).is_valid,
        )
        assert (endorsed in ("endorsed", "consent_missing"), withdrawn) == (True, False)
        left = at_once(lambda row=row: str(Registration.objects.get(pk=row.pk).status))[0]
        assert left == ("returned" if endorsed == "endorsed" else "submitted")


def submitted_child(cast: Cast, program: Any) -> tuple[Registration, Any]:
    pupil = make_person(cast, cast.school_a, birth_on=date(program.starts_on.year - 10, 1, 5), national_id="", position="学生")
    given = consent_rules.record_paper(person=pupil, guardian_name="家长", relation="mother", paper=b"%PDF-\n%%EOF", by=None, now=timezone.now())
    return make_registration(cast, program, pupil, "submitted"), given
