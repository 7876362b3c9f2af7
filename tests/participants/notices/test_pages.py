"""The inbox, the choice of mail, and the link that stops it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exchange.audit import AuditEvent
from participants.directory.models import User
from participants.notices.letters import unsubscribe_token
from participants.notices.models import MailPreference, Notice
from participants.notices.words import TITLES
from participants.rosters.models import Registration
from tests.cast import Cast, make_delegation, make_person, make_program, make_registration, same_queries

INBOX = "/desk/inbox/"


@pytest.fixture
def row(cast: Cast) -> Registration:
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen, 30)
    found = make_registration(cast, program, make_person(cast, cast.school_a, "欧阳若川"), "returned")
    Notice.objects.exclude(user=cast.coordinator_a).delete()
    return found


def test_the_inbox_shows_what_why_and_for_whom(cast: Cast, row: Registration, sign_in: Any) -> None:
    page = sign_in(cast.coordinator_a).get(INBOX).content.decode()
    assert all(words in page for words in ("1人退回修改", "欧阳若川", "身份证号有误", str(row.program), "1条未读通知"))


def test_every_kind_of_notice_is_drawn_in_the_inbox(cast: Cast, row: Registration, sign_in: Any) -> None:
    notice = Notice.objects.get()
    for kind in TITLES:
        notice.pk, notice.event, notice.kind = None, f"drawn:{kind}", kind
        notice.save()
    answer = sign_in(cast.coordinator_a).get(INBOX)
    assert answer.status_code == 200 and all(word in answer.content.decode() for word in ("换人1人", "1人已恢复到上一步"))


def test_english_has_words_too(cast: Cast, row: Registration, sign_in: Any) -> None:
    page = sign_in(cast.coordinator_a).get(f"{INBOX}?lang=en").content.decode()
    assert "1 person returned for correction" in page and "1 unread notice" in page


def test_opening_marks_as_read_and_leads_to_the_work(cast: Cast, row: Registration, sign_in: Any) -> None:
    client, notice = sign_in(cast.coordinator_a), Notice.objects.get()
    answer = client.get(reverse("notices:open", args=[notice.pk]))
    assert answer.headers["Location"] == f"/desk/registrations/{row.pk}/"
    assert Notice.objects.unread().count() == 0
    assert "全部已读" in client.get(f"{INBOX}?show=unread").content.decode()


@pytest.mark.parametrize("name", ["coordinator_b", "district_beichen", "organiser", "viewer", "outsider", "admin"])
def test_nobody_else_sees_or_opens_it(cast: Cast, row: Registration, sign_in: Any, name: str) -> None:
    client, notice = sign_in(cast.users()[name]), Notice.objects.get()
    assert "欧阳若川" not in client.get(INBOX).content.decode()
    assert client.get(reverse("notices:open", args=[notice.pk])).status_code == 404
    client.post(reverse("notices:read_all"))
    assert Notice.objects.unread().count() == 1


def test_all_are_marked_as_read(cast: Cast, row: Registration, sign_in: Any) -> None:
    client = sign_in(cast.coordinator_a)
    assert client.get(reverse("notices:read_all")).status_code == 405
    client.post(reverse("notices:read_all"))
    assert Notice.objects.unread().count() == 0


def test_the_navigation_counts_the_unread(cast: Cast, row: Registration, sign_in: Any) -> None:
    sections = sign_in(cast.coordinator_a).get(INBOX).context["navigation"]
    entry = next(entry for section in sections for entry in section["entries"] if entry["url"] == INBOX)
    assert (entry["count"], entry["urgent"], entry["current"]) == (1, False, True)


def test_same_queries_for_one_and_three(cast: Cast, row: Registration, sign_in: Any) -> None:
    client = sign_in(cast.coordinator_a)

    def more() -> None:
        for _index in range(2):
            make_registration(cast, row.program, make_person(cast, cast.school_a), "returned")

    same_queries(lambda: client.get(INBOX), more)


def test_mail_is_chosen_and_kept(cast: Cast, sign_in: Any, db: None) -> None:
    client, page = sign_in(cast.district_beichen), reverse("notices:preferences")
    assert client.get(page).context["form"]["kinds"].value()[0] == "submitted"
    assert client.post(page, {"pace": "daily", "kinds": ["submitted", "withdrawn"]}).status_code == 302
    chosen = MailPreference.objects.get()
    assert chosen.daily and "confirmed" in chosen.muted and "submitted" not in chosen.muted
    assert AuditEvent.objects.filter(action="user.mail_preference").count() == 1
    assert client.get(page).context["form"]["kinds"].value() == ["submitted", "withdrawn"]
    assert client.post(page, {"pace": "never"}).status_code == 422


# The link in letters ------------------------------------------------------------------------------------------------------


def unsubscribe(user: User, kind: str) -> str:
    return reverse("notices:unsubscribe", args=[unsubscribe_token(user, kind)])


def test_opening_the_link_asks_and_posting_stops_one_kind(cast: Cast) -> None:
    User.objects.filter(pk=cast.coordinator_a.pk).update(email="sun@example.test")
    client, page = Client(enforce_csrf_checks=True), unsubscribe(cast.coordinator_a, "returned")
    asked = client.get(page).content.decode()
    assert "退回修改" in asked and "s***@example.test" in asked and "sun@" not in asked
    assert not MailPreference.objects.exists()
    for _index in range(2):
        assert client.post(page, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert MailPreference.objects.get().muted == ["returned"]


@pytest.mark.parametrize("token", ["x", "a:b:c", "WzEsInJldHVybmVkIl0:1abc:wrong"])
def test_other_links_lead_nowhere(db: None, token: str) -> None:
    page = reverse("notices:unsubscribe", args=[token])
    assert [Client().get(page).status_code, Client().post(page).status_code] == [404, 404]
    assert not MailPreference.objects.exists()


def test_unread_notices_of_the_past_do_not_break_when_the_person_is_gone(cast: Cast, row: Registration, sign_in: Any) -> None:
    Notice.objects.update(people=[999_999], created_at=timezone.now())
    assert sign_in(cast.coordinator_a).get(INBOX).status_code == 200
