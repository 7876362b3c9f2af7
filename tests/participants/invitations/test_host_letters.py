"""Letters to hosts without an account: about their own place, once, and never beside an invitation about the same."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from events.itineraries import drafts
from events.itineraries import rules as items
from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from exchange.transitions import RuleViolation
from participants.invitations import rules
from participants.invitations.messages import guest_of, stop_url
from participants.invitations.models import Guest
from participants.notices.models import OutboxMail
from tests.cast import Cast, make_group, make_item, make_person, make_registration, make_user
from tests.participants.invitations.guests import host, leader, letters, sent, soon


def letter_host(cast: Cast, program: Program, **fields: Any) -> Guest:
    facts = {"name": "沈老师", "email": "host@example.cn", "wants": "letters"} | fields
    return rules.invite(program=program, organisation=cast.host, by=cast.organiser, at=timezone.now(), **facts)


def publish_changes(cast: Cast, *changes: tuple[ItineraryItem, dict[str, Any]]) -> None:
    for item, fields in changes:
        drafts.hold_change(item=item, by=cast.organiser, at=timezone.now(), **fields)
    drafts.publish(program=changes[0][0].program, by=cast.organiser, at=timezone.now())


def plain() -> dict[str, OutboxMail]:
    return {row.recipient.lower(): row for row in OutboxMail.objects.filter(kind="itinerary_changed")}


def test_a_host_without_an_account_gets_one_letter_about_its_own_place(cast: Cast, program: Program) -> None:
    ours = make_item(program, soon(), title="观摩", host_organisation=cast.host, responsible="林知遥")
    theirs, comes, leaves = (make_item(program, soon(hour=hour), title=title) for hour, title in ((11, "别处"), (14, "来了"), (16, "走了")))
    items.change_item(item=leaves, by=cast.organiser, at=timezone.now(), host_organisation=cast.host)
    guest = letter_host(cast, program)
    assert not OutboxMail.objects.filter(recipient=guest.email).exists()  # nothing until something changes
    changes = {"location": "东门", "leader_notes": "带队老师电话另附", "responsible": "王某"}
    publish_changes(cast, (ours, changes), (theirs, {"location": "西门"}), (comes, {"host_organisation": cast.host}), (leaves, {"host_organisation": None}))
    letter = plain()["host@example.cn"]
    lines = [line for line in letter.text.splitlines() if line.startswith("· ")]
    assert [line.split(" ", 2)[2] for line in lines] == ["观摩 地点 —→东门", "来了 新增，14:00—15:30", "走了 删除，原为16:00—17:30"]
    assert not any(word in letter.text + letter.html for word in ("林知遥", "王某", "带队", "别处", "西门"))
    assert (letter.calendar, guest_of(letter.unsubscribe_url.rstrip("/").rsplit("/", 1)[1])) == ("", guest)
    sent()
    assert [message.to for message in mail.outbox if message.to == ["host@example.cn"]] == [["host@example.cn"]]
    publish_changes(cast, (theirs, {"location": "北门"}))
    publish_changes(cast, (ours, {"leader_notes": "又变了"}))
    assert OutboxMail.objects.filter(recipient=guest.email).count() == 1  # no news for them


def test_one_press_stops_the_letters(cast: Cast, program: Program, client: Client) -> None:
    item = make_item(program, soon(), host_organisation=cast.host)
    guest = letter_host(cast, program, language="en")
    address = stop_url(guest).split("://", 1)[1].split("/", 1)[1]
    assert "Stop the letters?" in client.get(f"/{address}").content.decode()
    assert "no more letters" in client.post(f"/{address}", {"List-Unsubscribe": "One-Click"}).content.decode()
    publish_changes(cast, (item, {"location": "东门"}))
    assert not plain()
    letter_host(cast, program, language="en")  # asked again
    publish_changes(cast, (item, {"location": "西门"}))
    assert "this has changed at" in plain()["host@example.cn"].text


def test_who_has_an_invitation_gets_no_letter_about_the_same(cast: Cast, program: Program) -> None:
    group = make_group(program)
    item, other = make_item(program, soon(), host_organisation=cast.host), make_item(program, soon(hour=14), host_organisation=cast.host)
    guest = leader(cast, program)
    host(cast, program)
    OutboxMail.objects.all().delete()
    publish_changes(cast, (item, {"location": "东门"}))
    assert (sorted(letters()), list(plain())) == (["host REQUEST 1", "leader REQUEST 1"], [])
    publish_changes(cast, (other, {"leader_notes": "集合点改了"}))  # invitations say nothing of it
    assert list(plain()) == [guest.email.lower()] and "带队" in plain()[guest.email.lower()].text
    OutboxMail.objects.all().delete()
    publish_changes(cast, (item, {"location": "西门"}), (other, {"credit_hours": 3}))
    assert len(letters()) == 2 and "西门" not in plain()[guest.email.lower()].text and group.pk
    make_user_of(cast, "host@example.cn")
    OutboxMail.objects.all().delete()
    publish_changes(cast, (item, {"location": "南门"}))
    assert "host@example.cn" not in plain()


def make_user_of(cast: Cast, email: str) -> None:
    make_user("host", "沈老师", cast.host, "coordinator", email=email)


def test_letters_are_for_hosts_and_one_address_gets_one_kind(cast: Cast, program: Program, sign_in: Any) -> None:
    item = make_item(program, soon(), host_organisation=cast.host)
    registration = make_registration(cast, program, make_person(cast, cast.school_a, "林知遥", email="l@example.cn"), "confirmed", role="领队")
    with pytest.raises(RuleViolation) as refusal:
        rules.invite(program=program, registration=registration, name="林知遥", email="l@example.cn", by=cast.organiser, at=timezone.now(), wants="letters")
    assert (refusal.value.code, refusal.value.field) == ("letters_for_hosts", "wants")
    client, address = sign_in(cast.organiser), f"/desk/programs/{program.pk}/invitations/"
    form = {"organisation": cast.host.pk, "name": "沈老师", "email": "host@example.cn", "language": "zh-hans", "asked": "on", "wants": "letters"}
    page = client.post(address, form, follow=True).content.decode()
    assert "有变动时，沈老师会收到一封信" in page and "有变动时收一封信" in page
    assert client.post(address, form | {"wants": "invitations"}).status_code == 422
    make_user_of(cast, "host@example.cn")  # the account has its notice and its letter
    publish_changes(cast, (item, {"location": "东门"}))
    assert OutboxMail.objects.filter(recipient="host@example.cn").count() == 1
