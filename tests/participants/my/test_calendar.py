"""A person's own calendar: what is in it, who gets it, and how it answers."""

from datetime import UTC, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from events.calendars.models import ItemEvent
from events.itineraries import rules as itineraries
from events.itineraries.models import ItineraryItem
from events.programs import rules as programs
from events.programs.models import Program
from participants.directory import rules as directory
from participants.people import rules as people
from participants.people.models import Person
from participants.people.rules import link_token
from participants.rosters import rules as rosters
from tests.cast import STEPS, Cast, at, make_delegation, make_group, make_item, make_person, make_program, make_registration, same_queries
from tests.events.calendars.readers import READERS, Seen, by_icalendar, valid_lines
from tests.events.calendars.test_pages import properties, seen

NINE = at("2026-12-14 09:00")


def visit(cast: Cast, **fields: Any) -> Program:
    program = make_program(cast, **({"starts_on": NINE.date(), "contact_name": "沈老师", "contact_phone": "0510-1"} | fields))
    make_delegation(cast, program, cast.beichen)
    return program


def take_part(cast: Cast, program: Program, status: str = "confirmed", **fields: Any) -> Person:
    person = make_person(cast, cast.school_a, "欧阳若川")
    make_registration(cast, program, person, status, **fields)
    return person


def address(person: Person, query: str = "") -> str:
    return f"/calendars/{link_token(person)}.ics{query}"


def read(person: Person) -> bytes:
    answer = Client().get(address(person))
    assert answer.status_code == 200
    valid_lines(answer.content)
    return answer.content


def header(program: Program, **other: Any) -> Seen:
    facts = {"uid": f"program-{program.pk}@jjj-exchange", "starts": "2026-12-14", "ends": "2026-12-19", "status": "CONFIRMED", "summary": program.title_zh}
    return Seen(**(facts | other))


@pytest.mark.parametrize("reader", READERS)
def test_readers_agree_on_header_and_items(cast: Cast, reader: str) -> None:
    program = visit(cast)
    mine, other = make_group(program, 1), make_group(program, 2)
    person = take_part(cast, program, group=mine)
    everyone = make_item(program, NINE, title="全体")
    of_mine = make_item(program, NINE + timedelta(hours=2), title="一组", groups=[mine])
    of_both = make_item(program, NINE + timedelta(hours=4), title="两组", groups=[mine, other])
    inside = make_item(program, NINE + timedelta(hours=6), title="内部", is_public=False)
    make_item(program, NINE, title="二组", groups=[other])
    assert READERS[reader](read(person)) == sorted([header(program), *(seen(item) for item in (everyone, of_mine, of_both, inside))])
    itineraries.cancel_item(item=everyone, by=cast.organiser, at=timezone.now())
    itineraries.change_item(item=of_mine, by=cast.organiser, at=timezone.now(), starts_at=NINE + timedelta(hours=2, minutes=30))
    moved = ItineraryItem.objects.get(pk=of_mine.pk)
    called_off = seen(everyone, status="CANCELLED", summary="【已取消】全体")
    assert READERS[reader](read(person)) == sorted([header(program), called_off, seen(moved), seen(of_both), seen(inside)])


def test_the_header_tells_group_coach_and_contact(cast: Cast) -> None:
    program = visit(cast, summary_zh="三地同行")
    person = take_part(cast, program, group=make_group(program, 1))
    found = properties(read(person), f"program-{program.pk}@jjj-exchange")
    assert (found["DESCRIPTION"], found["TRANSP"], found["CATEGORIES"], found["LOCATION"]) == (
        "第1组 · 2号车\\n联系人：沈老师 0510-1\\n三地同行",
        "TRANSPARENT",
        "活动",
        "江苏省无锡市",
    )


def test_a_person_without_a_group_gets_what_is_for_everyone(cast: Cast) -> None:
    program = visit(cast)
    person = take_part(cast, program)
    everyone = make_item(program, NINE)
    make_item(program, NINE, groups=[make_group(program)])
    assert [event.uid for event in by_icalendar(read(person))] == sorted([everyone.uid, f"program-{program.pk}@jjj-exchange"])


def test_several_programs_share_a_calendar(cast: Cast) -> None:
    first, second = visit(cast), visit(cast, visibility="invited")
    person = take_part(cast, first)
    make_registration(cast, second, person, "confirmed")
    items = [make_item(first, NINE), make_item(second, NINE)]
    assert {event.uid for event in by_icalendar(read(person))} == {item.uid for item in items} | {
        f"program-{program.pk}@jjj-exchange" for program in (first, second)
    }


@pytest.mark.parametrize("status", [status for status in STEPS if status != "confirmed"])
def test_only_a_confirmed_place_fills_the_calendar(cast: Cast, status: str) -> None:
    program = visit(cast)
    make_item(program, NINE)
    assert by_icalendar(read(take_part(cast, program, status))) == []


def test_withdrawing_empties_the_calendar_for_every_kind_of_client(cast: Cast) -> None:
    program = visit(cast)
    make_item(program, NINE)
    person = take_part(cast, program)
    before = Client().get(address(person))
    later = timezone.now() + timedelta(minutes=1)
    rosters.withdraw(registration=person.registrations.get(), by=cast.organiser, now=later)
    by_tag = Client().get(address(person), headers={"If-None-Match": before["ETag"]})
    by_date = Client().get(address(person), headers={"If-Modified-Since": before["Last-Modified"]})
    assert [(answer.status_code, by_icalendar(answer.content)) for answer in (by_tag, by_date)] == [(200, [])] * 2


def test_another_group_is_a_change_for_clients_that_know_dates_only(cast: Cast) -> None:
    program = visit(cast)
    first, second = make_group(program, 1), make_group(program, 2)
    person = take_part(cast, program, group=first)
    Person.objects.filter(pk=person.pk).update(updated_at=at("2026-01-01 00:00"), created_at=at("2026-01-01 00:00"))
    registration = person.registrations.get()
    rosters.change_registration(registration=registration, by=cast.organiser, group=second)
    person.refresh_from_db()
    assert person.updated_at > at("2026-01-02 00:00")


def test_a_cancelled_program_stays_as_cancelled(cast: Cast) -> None:
    program = visit(cast)
    item = make_item(program, NINE)
    person = take_part(cast, program)
    programs.cancel(program=program, by=cast.organiser, at=timezone.now(), reason="台风")
    assert by_icalendar(read(person)) == sorted(
        [
            header(program, status="CANCELLED", summary=f"【已取消】{program.title_zh}"),
            seen(item, status="CANCELLED", summary="【已取消】校园管理观摩"),
        ]
    )


def test_the_header_counts_up_when_the_program_moves(cast: Cast) -> None:
    program = visit(cast)
    person = take_part(cast, program)
    uid = f"program-{program.pk}@jjj-exchange"
    before = int(properties(read(person), uid)["SEQUENCE"])
    Program.objects.filter(pk=program.pk).update(updated_at=timezone.now() + timedelta(minutes=2))
    assert int(properties(read(person), uid)["SEQUENCE"]) > before


# HTTP ------------------------------------------------------------------------------------------------------------------


def test_headers_of_a_personal_calendar(cast: Cast, sign_in: Any) -> None:
    person = take_part(cast, visit(cast))
    for client in (Client(), sign_in(cast.outsider)):
        answer = client.get(address(person), headers={"Accept-Encoding": "gzip"})
        assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (200, "text/calendar; charset=utf-8", "private, no-cache")
        assert answer["Content-Disposition"] == "inline; filename*=utf-8''%E4%BA%A4%E6%B5%81%E8%A1%8C%E7%A8%8B.ics"
        assert not [name for name in ("Vary", "Set-Cookie", "Content-Encoding") if name in answer.headers] and not answer.cookies
        assert client.get(address(person), headers={"If-None-Match": answer["ETag"]}).status_code == 304
        assert client.get(address(person), headers={"If-Modified-Since": answer["Last-Modified"]}).status_code == 304
        assert client.head(address(person)).status_code == 200
        assert client.post(address(person)).status_code == 405
    assert Client().get(address(person, "?download=1"))["Content-Disposition"].startswith("attachment;")


def test_unknown_and_reset_links_look_the_same(cast: Cast) -> None:
    person = take_part(cast, visit(cast))
    old = address(person)
    people.reset_link(person=person, by=cast.admin)
    person.refresh_from_db()
    assert Client().get(address(person)).status_code == 200
    erased = make_person(cast, cast.school_a)
    gone = address(erased)
    Person.objects.filter(pk=erased.pk).update(link_hash=None)
    answers = [
        Client().get(path)
        for path in (old, gone, "/calendars/aaaaaaaaaaaaaaaaaaaaaaaaaa.ics", "/calendars/x%00.ics", "/calendars/%F0%9F.ics", "/calendars/.ics")
    ]
    assert [answer.status_code for answer in answers] == [404] * 6
    assert {(answer.content.decode(), len(answer.cookies), "Vary" in answer.headers) for answer in answers[:4]} == {
        ("这个地址没有日历。链接可能已经更换，请向负责报名的老师要新的链接。", 0, False)
    }


def test_the_same_queries_for_one_and_three(cast: Cast) -> None:
    program = visit(cast)
    person = take_part(cast, program, group=make_group(program, 1))
    make_item(program, NINE, groups=[program.groups.get()], host_organisation=cast.host)

    def add() -> None:
        more = visit(cast)
        make_registration(cast, more, person, "confirmed", group=make_group(more, 1))
        make_item(more, NINE, groups=[more.groups.get()], host_organisation=cast.host)

    def build_all() -> None:
        ItemEvent.objects.all().delete()
        Client().get(address(person))

    same_queries(build_all, lambda: (add(), add()))


def test_an_unchanged_calendar_is_told_apart_in_two_queries(cast: Cast, django_assert_num_queries: Any) -> None:
    program, other = visit(cast), visit(cast)
    person = take_part(cast, program, group=make_group(program, 1))
    make_registration(cast, other, person, "confirmed")
    for hour in range(5):
        make_item(program, NINE + timedelta(hours=hour), groups=[program.groups.get()], host_organisation=cast.host)
    headers = {"If-None-Match": Client().get(address(person))["ETag"]}
    with django_assert_num_queries(2):
        assert Client().get(address(person), headers=headers).status_code == 304


def test_what_is_called_off_goes_after_thirty_days(cast: Cast) -> None:
    program = visit(cast, starts_on=timezone.localdate() - timedelta(days=40), ends_on=timezone.localdate() + timedelta(days=20))
    person = take_part(cast, program)
    old, recent, held = (make_item(program, timezone.now() - timedelta(days=days)) for days in (31, 29, 31))
    for item in (old, recent):
        itineraries.cancel_item(item=item, by=cast.organiser, at=timezone.now())
    found = [event.uid for event in by_icalendar(read(person))]
    assert found == sorted([f"program-{program.pk}@jjj-exchange", recent.uid, held.uid])


def test_a_renamed_host_and_organiser_reach_the_calendar(cast: Cast) -> None:
    program = visit(cast)
    person = take_part(cast, program)
    item = make_item(program, NINE, host_organisation=cast.host)
    before = Client().get(address(person))
    directory.change_organisation(organisation=cast.host, by=cast.admin, name_zh="无锡市云帆实验学校")
    found = Client().get(address(person), headers={"If-None-Match": before["ETag"]})
    assert "承办：无锡市云帆实验学校" in properties(found.content, item.uid)["DESCRIPTION"]
    directory.change_organisation(organisation=cast.tianjin, by=cast.admin, name_zh="天津市教育委员会新名")
    found = Client().get(address(person), headers={"If-None-Match": found["ETag"]})
    assert "ORGANIZER;CN=天津市教育委员会新名" in properties(found.content, item.uid)
    assert "ORGANIZER;CN=天津市教育委员会新名" in properties(found.content, f"program-{program.pk}@jjj-exchange")


def test_calendar_names_its_owner_and_page(cast: Cast) -> None:
    person = take_part(cast, visit(cast))
    lines = valid_lines(read(person))
    assert "X-WR-CALNAME:欧阳若川的交流行程" in lines
    assert f"URL:{settings.SITE_URL}/my/{link_token(person)}/" in lines
    assert person.created_at.tzinfo == UTC
