"""Invitations by mail: who gets which message, what it says, and how answers are read."""

import email
import email.policy
import smtplib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from events.itineraries import drafts
from events.itineraries import rules as items
from events.itineraries.models import ItineraryItem
from events.programs import rules as programs
from events.programs.models import Program
from exchange.transitions import RuleViolation
from participants.invitations import rules
from participants.invitations.messages import stop_url
from participants.invitations.models import Guest, Invite
from participants.invitations.replies import take_answers
from participants.notices.models import MailState, OutboxMail
from participants.rosters import rules as rosters
from tests.cast import Cast, make_group, make_item, make_person, make_registration
from tests.events.calendars.validator import check
from tests.participants.invitations.guests import host, leader, letters, sent, soon

LATER = timedelta(minutes=1)


def last_event() -> Any:
    body = OutboxMail.objects.filter(kind__startswith="itip:").latest("pk").calendar.encode()
    check(body)
    return Calendar.from_ical(body).walk("VEVENT")[0]


# Who is told what ------------------------------------------------------------------------------------------------------


def test_leaders_and_hosts_get_what_concerns_them(cast: Cast, program: Program) -> None:
    first, second = make_group(program, 1), make_group(program, 2)
    make_item(program, soon())
    make_item(program, soon(22), groups=[first])
    make_item(program, soon(23), groups=[second], host_organisation=cast.host)
    make_item(program, soon(-1), title="过去")
    leader(cast, program, group=first)
    assert letters() == ["leader REQUEST 0"] * 2
    host(cast, program)
    assert letters() == ["leader REQUEST 0"] * 2 + ["host REQUEST 0"]
    assert len(sent()) == 3 and all(len(message.recipients()) == 1 for message in sent())


def test_a_message_says_what_rfc_5546_wants(cast: Cast, program: Program) -> None:
    item = make_item(program, soon(), meeting_url="https://meeting.example.cn/j/1")
    guest = leader(cast, program)
    raw = sent()[0].message().as_bytes()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    parts = [part for part in message.walk() if not part.is_multipart()]
    assert (message.get_content_type(), [part.get_content_type() for part in parts]) == (
        "multipart/alternative",
        ["text/plain", "text/html", "text/calendar"],
    )
    assert parts[2].get_param("method") == "REQUEST" and parts[2].get_content_charset() == "utf-8"
    body = parts[2].get_payload(decode=True)
    body = body if b"\r\n" in body else body.replace(b"\n", b"\r\n")
    check(body)
    event = Calendar.from_ical(body).walk("VEVENT")[0]
    attendee = event["ATTENDEE"]
    assert (str(event["UID"]), int(event["SEQUENCE"]), str(event["STATUS"])) == (item.uid, 0, "CONFIRMED")
    assert (str(attendee), dict(attendee.params)) == (
        "mailto:Leader@Example.cn",
        {"CN": "林知遥", "CUTYPE": "INDIVIDUAL", "PARTSTAT": "NEEDS-ACTION", "ROLE": "REQ-PARTICIPANT", "RSVP": "TRUE"},
    )
    assert str(event["ORGANIZER"]).startswith("mailto:") and str(event["CONFERENCE"]) in str(event["DESCRIPTION"])
    assert message["List-Unsubscribe"].strip() == f"<{stop_url(guest)}>" and "【邀请】" in message["Subject"]


def test_updates_raise_the_sequence_and_ask_again_only_for_another_time(cast: Cast, program: Program) -> None:
    item = make_item(program, soon())
    leader(cast, program)
    Invite.objects.update(answer="ACCEPTED", answered_at=timezone.now())
    items.change_item(item=item, by=cast.organiser, at=timezone.now(), title_zh="改名")
    rules.update_program(program, timezone.now() + LATER)
    assert letters()[-1] == "leader REQUEST 1" and last_event()["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    items.change_item(item=item, by=cast.organiser, at=timezone.now(), starts_at=soon(hour=8))
    rules.update_program(program, timezone.now() + LATER)
    event = last_event()
    assert letters()[-1] == "leader REQUEST 2" and dict(event["ATTENDEE"].params) | {"PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"} == event["ATTENDEE"].params
    assert Invite.objects.get().answer == "NEEDS-ACTION"


def test_dtstamp_is_the_messages_own(cast: Cast, program: Program) -> None:
    item = make_item(program, soon())
    leader(cast, program)
    first = last_event()["DTSTAMP"].dt
    items.change_item(item=item, by=cast.organiser, at=timezone.now(), starts_at=soon(hour=8))
    rules.update_program(program, timezone.now() + timedelta(minutes=5))
    assert last_event()["DTSTAMP"].dt > first


def test_nothing_new_sends_nothing(cast: Cast, program: Program) -> None:
    make_item(program, soon())
    leader(cast, program)
    assert [rules.update_program(program, timezone.now()) for _time in range(3)] == [0, 0, 0]
    assert len(sent()) == 1 and letters() == ["leader REQUEST 0"]


def test_called_off_and_brought_back(cast: Cast, program: Program) -> None:
    item = make_item(program, soon())
    leader(cast, program)
    items.cancel_item(item=item, by=cast.organiser, at=timezone.now(), reason="台风")
    rules.update_all(timezone.now())
    event = last_event()
    assert (letters()[-1], str(event["STATUS"])) == ("leader CANCEL 1", "CANCELLED")
    rules.update_all(timezone.now())
    items.restore_item(item=ItineraryItem.objects.get(), by=cast.organiser, at=timezone.now())
    rules.update_all(timezone.now())
    assert letters() == ["leader REQUEST 0", "leader CANCEL 1", "leader REQUEST 2"]


def test_what_no_longer_concerns_somebody_is_called_off_for_them(cast: Cast, program: Program) -> None:
    group = make_group(program, 2)
    item = make_item(program, soon())
    guest = leader(cast, program)
    items.change_item(item=item, by=cast.organiser, at=timezone.now(), groups=[group])
    rules.update_program(program, timezone.now())
    assert (letters()[-1], str(last_event()["STATUS"])) == ("leader CANCEL 1", "CANCELLED")
    items.change_item(item=item, by=cast.organiser, at=timezone.now(), groups=[])
    rules.update_program(program, timezone.now())
    rosters.withdraw(registration=guest.registration, by=cast.organiser, now=timezone.now())
    rules.update_all(timezone.now())
    assert letters() == ["leader REQUEST 0", "leader CANCEL 1", "leader REQUEST 2", "leader CANCEL 3"]


def test_a_program_that_is_called_off_calls_all_off(cast: Cast, program: Program) -> None:
    make_item(program, soon())
    make_item(program, soon(22))
    leader(cast, program)
    programs.cancel(program=program, by=cast.organiser, at=timezone.now(), reason="台风")
    rules.update_all(timezone.now())
    assert letters()[2:] == ["leader CANCEL 1"] * 2


def test_publishing_changes_tells_guests_in_the_same_transaction(cast: Cast, program: Program) -> None:
    item = make_item(program, soon())
    leader(cast, program)
    drafts.hold_change(item=item, by=cast.organiser, at=timezone.now(), starts_at=soon(hour=8))
    assert letters() == ["leader REQUEST 0"]
    drafts.publish(program=program, by=cast.organiser, at=timezone.now())
    assert letters() == ["leader REQUEST 0", "leader REQUEST 1"]


def test_a_letter_that_cannot_leave_is_sent_once_later(cast: Cast, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.mail.backends.locmem import EmailBackend

    make_item(program, soon())
    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "open", lambda self: (_ for _ in ()).throw(smtplib.SMTPServerDisconnected()), raising=False)
        leader(cast, program)
        sent()
    assert (len(mail.outbox), OutboxMail.objects.get(kind="itip:REQUEST").state) == (0, MailState.QUEUED)
    OutboxMail.objects.update(next_try_at=timezone.now())
    assert (len(sent()), len(sent())) == (1, 1)


@pytest.mark.parametrize("how", ["guest", "link"])
def test_stopping(cast: Cast, program: Program, sign_in: Any, how: str) -> None:
    item = make_item(program, soon())
    guest = leader(cast, program)
    address = "/" + stop_url(guest).split("/", 3)[3]
    if how == "link":
        assert (Client().get(address).status_code, Guest.objects.active().count()) == (200, 1)
        answer = Client(enforce_csrf_checks=True).post(address)
        assert (answer.status_code, answer.cookies) == (200, {})
    else:
        sign_in(cast.organiser).post(f"/desk/invitation-guests/{guest.pk}/stop/")
    items.change_item(item=item, by=cast.organiser, at=timezone.now(), starts_at=soon(hour=8))
    rules.update_all(timezone.now())
    assert (Guest.objects.active().count(), letters()) == (0, ["leader REQUEST 0"])
    assert Client().get(address[:-3] + "xx/").status_code == 404
    rules.invite(program=program, registration=guest.registration, name="林知遥", email="leader@example.cn", by=cast.organiser, at=timezone.now())
    assert letters()[-1] == "leader REQUEST 1" and Guest.objects.count() == 1


# Answers ---------------------------------------------------------------------------------------------------------------


def reply(invite: Invite, answer: str = "ACCEPTED", **other: Any) -> bytes:
    fields: dict[str, Any] = {
        "METHOD": "REPLY",
        "UID": invite.item.uid,
        "SEQUENCE": invite.sequence,
        "DTSTAMP": f"{datetime.now():%Y%m%d}T235959Z",
        "ATTENDEE": f"mailto:{invite.guest.email}",
    } | other
    lines = ["BEGIN:VCALENDAR", "PRODID:-//x//y//EN", "VERSION:2.0", f"METHOD:{fields['METHOD']}", "BEGIN:VEVENT"]
    lines += [f"UID:{fields['UID']}", f"SEQUENCE:{fields['SEQUENCE']}", f"DTSTAMP:{fields['DTSTAMP']}", "ORGANIZER:mailto:noreply@localhost"]
    lines += [f"ATTENDEE;PARTSTAT={answer};CN=林:{fields['ATTENDEE']}", "COMMENT:堵车\\, 晚到", "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()


def as_mail(calendar: bytes) -> bytes:
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = "leader@example.cn", "noreply@localhost", "接受：校园管理观摩"
    message.set_content("已接受")
    message.add_attachment(calendar, "text", "calendar", params={"method": "REPLY", "charset": "utf-8"})
    return bytes(message)


@pytest.fixture
def invite(cast: Cast, program: Program) -> Invite:
    make_item(program, soon())
    leader(cast, program)
    return Invite.objects.get()


@pytest.mark.parametrize("answer", ["ACCEPTED", "DECLINED", "TENTATIVE"])
@pytest.mark.parametrize("wrap", [bytes, as_mail])
def test_answers_are_noted(cast: Cast, program: Program, invite: Invite, answer: str, wrap: Any) -> None:
    take_answers(program=program, data=wrap(reply(invite, answer)), by=cast.organiser)
    invite.refresh_from_db()
    assert (invite.answer, invite.comment) == (answer, "堵车, 晚到") and invite.answered_at is not None


def test_address_case_does_not_matter_and_the_later_answer_counts(cast: Cast, program: Program, invite: Invite) -> None:
    take_answers(program=program, data=reply(invite, ATTENDEE="MAILTO:LEADER@EXAMPLE.CN", DTSTAMP="20261124T100000Z"), by=cast.organiser)
    take_answers(program=program, data=reply(invite, "DECLINED", DTSTAMP="20261124T110000Z"), by=cast.organiser)
    with pytest.raises(RuleViolation) as refusal:
        take_answers(program=program, data=reply(invite, DTSTAMP="20261124T103000Z"), by=cast.organiser)
    invite.refresh_from_db()
    assert (refusal.value.code, invite.answer) == ("old_answer", "DECLINED")


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"UID": "nobody@nowhere"}, "unknown_event"),
        ({"ATTENDEE": "mailto:stranger@example.cn"}, "unknown_attendee"),
        ({"SEQUENCE": 99}, "future_sequence"),
        ({"SEQUENCE": -1}, "no_answer"),
        ({"SEQUENCE": "x"}, "no_answer"),
        ({"METHOD": "REQUEST"}, "no_reply"),
        ({"METHOD": "PUBLISH"}, "no_reply"),
        ({"answer": "DELEGATED"}, "no_answer"),
        ({"answer": "NEEDS-ACTION"}, "no_answer"),
        ({"DTSTAMP": "gestern"}, "no_answer"),
        ({"DTSTAMP": "20261124"}, "no_answer"),
    ],
)
def test_answers_that_fit_nothing_are_refused(cast: Cast, program: Program, invite: Invite, other: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        take_answers(program=program, data=reply(invite, **other), by=cast.organiser)
    invite.refresh_from_db()
    assert (refusal.value.code, refusal.value.field, invite.answer) == (code, "file", "NEEDS-ACTION")


def test_an_answer_to_an_earlier_message_is_refused(cast: Cast, program: Program, invite: Invite) -> None:
    old = reply(invite)
    items.change_item(item=invite.item, by=cast.organiser, at=timezone.now(), starts_at=soon(hour=8))
    rules.update_program(program, timezone.now())
    with pytest.raises(RuleViolation) as refusal:
        take_answers(program=program, data=old, by=cast.organiser)
    assert refusal.value.code == "old_sequence"
    items.cancel_item(item=ItineraryItem.objects.get(), by=cast.organiser, at=timezone.now())
    rules.update_program(program, timezone.now())
    with pytest.raises(RuleViolation) as refusal:
        take_answers(program=program, data=old, by=cast.organiser)
    assert refusal.value.code == "called_off"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff\xfe",
        b"BEGIN:VCALENDAR\r\n",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        b"/etc/passwd",
        b"From: a@b.cn\r\nContent-Type: text/plain\r\n\r\nhello",
        b"Content-Type: text/calendar; charset=nonsense\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%%",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" * 60,
        b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 2000,
        b"x" * 300_000,
    ],
)
def test_nonsense_is_refused_in_words(cast: Cast, program: Program, data: bytes) -> None:
    with pytest.raises(RuleViolation) as refusal:
        take_answers(program=program, data=data, by=cast.organiser)
    assert refusal.value.code in ("no_calendar", "damaged", "too_large", "no_reply")


# Pages -----------------------------------------------------------------------------------------------------------------


def test_inviting_on_the_page(cast: Cast, program: Program, sign_in: Any) -> None:
    make_item(program, soon(), host_organisation=cast.host)
    person = make_person(cast, cast.school_a, "林知遥", email="leader@example.cn")
    registration = make_registration(cast, program, person, "confirmed", role="领队")
    client, address = sign_in(cast.organiser), f"/desk/programs/{program.pk}/invitations/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"registration": registration.pk, "language": "zh-hans"}).status_code == 422  # nobody asked
    client.post(address, {"registration": registration.pk, "language": "zh-hans", "asked": "on"})
    client.post(address, {"organisation": cast.host.pk, "name": "沈老师", "email": "host@example.cn", "language": "en", "asked": "on"})
    assert letters() == ["leader REQUEST 0", "host REQUEST 0"]
    both = {"registration": registration.pk, "organisation": cast.host.pk, "email": "x@example.cn", "language": "en", "asked": "on"}
    again = {"registration": registration.pk, "language": "zh-hans", "asked": "on"}
    nothing = {"name": "某", "email": "x@example.cn", "language": "zh-hans", "asked": "on"}
    assert [client.post(address, data).status_code for data in (both, again, nothing, {})] == [422] * 4
    assert len(client.get(address).context["guests"]) == 2


def test_reading_an_answer_on_the_page_and_seeing_it_on_the_item(cast: Cast, program: Program, invite: Invite, sign_in: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client, address = sign_in(cast.organiser), f"/desk/programs/{program.pk}/invitations/answer/"
    assert client.get(address).status_code == 200
    client.post(address, {"file": SimpleUploadedFile("answer.eml", as_mail(reply(invite, "DECLINED")))})
    page = client.get(f"/desk/itinerary-items/{invite.item_id}/").content.decode()
    assert "谢绝" in page and "林知遥" in page
    assert "谢绝" in client.get(f"/desk/itinerary-items/{invite.item_id}/edit/").content.decode()
    client.post(address, {"text": reply(invite, DTSTAMP="20991231T000000Z").decode()})
    assert "接受" in client.get(f"/desk/programs/{program.pk}/invitations/").content.decode()
    bad = client.post(address, {"text": reply(invite, UID="x").decode()})
    assert (bad.status_code, "UID" in bad.content.decode()) == (422, True)
    assert [client.post(address, data).status_code for data in ({}, {"text": "x"}, {"file": SimpleUploadedFile("a.ics", b"x" * 300_000)})] == [422] * 3
    assert "谢绝" not in sign_in(cast.viewer).get(f"/desk/itinerary-items/{invite.item_id}/").content.decode()


def test_who_may_invite(cast: Cast, program: Program, invite: Invite, sign_in: Any) -> None:
    addresses = [f"/desk/programs/{program.pk}/invitations/", f"/desk/programs/{program.pk}/invitations/answer/"]
    assert [sign_in(user).get(addresses[0]).status_code for user in (cast.viewer, cast.coordinator_a, cast.district_beichen)] == [403] * 3
    assert [sign_in(cast.viewer).get(address).status_code for address in addresses] == [403] * 2
    stop = f"/desk/invitation-guests/{invite.guest_id}/stop/"
    assert [sign_in(user).post(stop).status_code for user in (cast.viewer, cast.outsider)] == [403, 404]


def test_the_page_costs_the_same_for_one_and_three(cast: Cast, program: Program, sign_in: Any) -> None:
    from tests.cast import same_queries

    make_item(program, soon(), host_organisation=cast.host)
    client, numbers = sign_in(cast.organiser), iter(range(9))

    def add() -> None:
        number = next(numbers)
        guest = rules.invite(program=program, organisation=cast.host, name="某", email=f"h{number}@example.cn", by=cast.organiser, at=timezone.now())
        Invite.objects.filter(guest=guest).update(answer="ACCEPTED", answered_at=timezone.now())

    add()
    same_queries(lambda: client.get(f"/desk/programs/{program.pk}/invitations/"), lambda: (add(), add()))


@pytest.mark.parametrize("role", ["领队", "副领队", "联络员", "组长"])
def test_each_kind_of_leader_can_be_invited(cast: Cast, program: Program, sign_in: Any, role: str) -> None:
    make_item(program, soon())
    people = {
        kind: make_registration(cast, program, make_person(cast, cast.school_a, email=f"{kind == role}@example.cn"), "confirmed", role=kind)
        for kind in ("学员", role)
    }
    client, address = sign_in(cast.organiser), f"/desk/programs/{program.pk}/invitations/"
    asked = {"language": "zh-hans", "asked": "on"}
    assert [client.post(address, asked | {"registration": row.pk}).status_code for row in people.values()] == [422, 302]
    assert letters() == ["true REQUEST 0"]


def test_an_invitation_to_nothing_says_so_and_comes_with_the_first_item(cast: Cast, program: Program, sign_in: Any) -> None:
    first, second = make_group(program, 1), make_group(program, 2)
    make_item(program, soon(), groups=[second])
    place = make_registration(cast, program, make_person(cast, cast.school_a, "林知遥", email="leader@example.cn"), "confirmed", role="领队", group=first)
    client, address = sign_in(cast.organiser), f"/desk/programs/{program.pk}/invitations/"
    page = client.post(address, {"registration": place.pk, "language": "zh-hans", "asked": "on"}, follow=True).content.decode()
    assert "目前没有与林知遥有关的后续日程" in page and letters() == []
    with drafts.announced(program, cast.organiser, timezone.now()):
        items.create_item(program=program, title_zh="听课", starts_at=soon(22), ends_at=soon(22, 11), groups=[first], by=cast.organiser, at=timezone.now())
    assert letters() == ["leader REQUEST 0"]
