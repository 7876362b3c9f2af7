"""Calendars of groups, delegations and offices: what they show, who gives them out, how an address ends."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.calendars.models import CalendarLink
from events.programs import rules as programs
from events.programs.models import Program
from participants import feed_links
from participants.feed_links import link_address
from tests.cast import Cast, at, make_delegation, make_group, make_item, make_person, make_program, make_registration, same_queries
from tests.events.calendars.readers import READERS, by_icalendar, valid_lines
from tests.events.calendars.test_pages import properties

NINE = at("2026-12-14 09:00")


def address(link: CalendarLink) -> str:
    return "/" + link_address(link).split("/", 3)[3]


def issue(cast: Cast, target: Any) -> CalendarLink:
    return feed_links.issue(target=target, by=cast.organiser, at=timezone.now())


def uids(link: CalendarLink) -> set[str]:
    answer = Client().get(address(link))
    assert answer.status_code == 200
    valid_lines(answer.content)
    return {event.uid for event in by_icalendar(answer.content)}


@pytest.fixture
def program(cast: Cast) -> Program:
    return make_program(cast, starts_on=NINE.date())


def header(program: Program) -> str:
    return f"program-{program.pk}@jjj-exchange"


def test_a_group_sees_its_own_and_everyones(cast: Cast, program: Program) -> None:
    first, second = make_group(program, 1), make_group(program, 2)
    for_all, own = make_item(program, NINE, is_public=False), make_item(program, NINE, groups=[first])
    make_item(program, NINE, groups=[second])
    assert uids(issue(cast, first)) == {for_all.uid, own.uid, header(program)}


def test_a_delegation_sees_the_groups_of_its_people(cast: Cast, program: Program) -> None:
    first, second = make_group(program, 1), make_group(program, 2)
    delegation = make_delegation(cast, program, cast.beichen)
    for_all, own = make_item(program, NINE), make_item(program, NINE, groups=[first])
    make_item(program, NINE, groups=[second])
    link = issue(cast, delegation)
    before = Client().get(address(link))
    assert uids(link) == {for_all.uid, header(program)}
    make_registration(cast, program, make_person(cast, cast.school_a), "confirmed", group=first)
    assert Client().get(address(link), headers={"If-None-Match": before["ETag"]}).status_code == 200
    assert uids(link) == {for_all.uid, own.uid, header(program)}


def test_an_office_sees_all_its_programs_and_their_deadlines(cast: Cast, program: Program) -> None:
    closes = at("2026-12-02 00:00")
    Program.objects.filter(pk=program.pk).update(registration_closes_at=closes)
    item = make_item(program, NINE, is_public=False, groups=[make_group(program)])
    make_delegation(cast, program, cast.beichen)
    make_item(make_program(cast, status="draft"), NINE)
    make_item(make_program(cast, organiser=cast.outside), NINE)
    link = issue(cast, cast.beichen)
    assert uids(link) == {item.uid, header(program), f"registration-{program.pk}@jjj-exchange"}
    found = properties(Client().get(address(link)).content, f"registration-{program.pk}@jjj-exchange")
    assert (found["DTSTART;VALUE=DATE"], found["DTEND;VALUE=DATE"], found["SUMMARY"]) == ("20261201", "20261202", f"报名截止：{program.title_zh}")
    assert uids(issue(cast, cast.langfang)) == set()


@pytest.mark.parametrize("reader", READERS)
def test_readers_agree_on_an_office_after_a_cancellation(cast: Cast, program: Program, reader: str) -> None:
    make_item(program, NINE)
    link = issue(cast, cast.tianjin)
    programs.cancel(program=program, by=cast.organiser, at=timezone.now(), reason="台风")
    body = Client().get(address(link)).content
    assert READERS[reader](body) == by_icalendar(body)
    assert {event.status for event in by_icalendar(body)} == {"CANCELLED"}


def test_a_draft_tells_nothing(cast: Cast) -> None:
    draft = make_program(cast, status="draft")
    make_item(draft, NINE)
    assert uids(issue(cast, make_group(draft))) == set()


def test_resetting_ends_the_old_address_at_once(cast: Cast, program: Program) -> None:
    link = issue(cast, make_group(program))
    old = address(link)
    assert issue(cast, link.group) == link
    link = feed_links.reset(link=link, by=cast.organiser, at=timezone.now())
    assert [Client().get(path).status_code for path in (old, address(link), "/calendars/office-x.ics")] == [404, 200, 404]
    assert link.token_hash not in address(link) and len(feed_links.link_token(link)) == 26


@pytest.mark.parametrize(("kind", "most"), [("group", 1), ("delegation", 2), ("organisation", 2)])
def test_unchanged_costs_few_queries(cast: Cast, program: Program, kind: str, most: int, django_assert_num_queries: Any) -> None:
    targets = {"group": lambda: make_group(program), "delegation": lambda: make_delegation(cast, program, cast.beichen), "organisation": lambda: cast.tianjin}
    link = issue(cast, targets[kind]())
    make_item(program, NINE)
    answer = Client().get(address(link))
    assert (answer["Cache-Control"], answer.cookies, "Vary" in answer.headers) == ("private, no-cache", {}, False)
    with django_assert_num_queries(most):
        assert Client().get(address(link), headers={"If-None-Match": answer["ETag"]}).status_code == 304


# Pages -----------------------------------------------------------------------------------------------------------------


def test_officers_give_out_what_is_theirs(cast: Cast, program: Program, sign_in: Any) -> None:
    group, beichen, daxing = make_group(program), make_delegation(cast, program, cast.beichen), make_delegation(cast, program, cast.daxing)
    path = f"/desk/programs/{program.pk}/calendars/"
    page = sign_in(cast.organiser).get(path)
    assert (page.context["groups"], set(page.context["delegations"])) == ([group], {beichen, daxing})
    page = sign_in(cast.district_beichen).get(path)
    assert (page.context["groups"], page.context["delegations"]) == ([], [beichen])
    page = sign_in(cast.coordinator_a).get(path)
    assert (page.context["groups"], page.context["delegations"]) == ([], [])


def give(client: Client, kind: str, key: Any) -> Any:
    return client.post("/desk/calendar-links/new/", {"kind": kind, "id": key})


def test_issuing_shows_the_address_and_every_way_to_it(cast: Cast, program: Program, sign_in: Any) -> None:
    client, group = sign_in(cast.organiser), make_group(program)
    answer = give(client, "group", group.pk)
    link = CalendarLink.objects.get()
    assert answer.url == f"/desk/calendar-links/{link.pk}/"
    page = client.get(answer.url)
    text = page.content.decode()
    assert page["Cache-Control"] == "no-store, private"
    assert f'value="{link_address(link)}"' in text and "webcal://" in text and f"{link_address(link)}?alarm=15" in text and "<svg" in text
    assert all(word in text for word in ("华为、小米", "谷歌日历", "Outlook", "微信"))
    old = address(link)
    client.post(f"/desk/calendar-links/{link.pk}/reset/")
    assert Client().get(old).status_code == 404


def test_foreign_addresses_stay_hidden(cast: Cast, program: Program, sign_in: Any) -> None:
    group, beichen = make_group(program), make_delegation(cast, program, cast.beichen)
    links = [issue(cast, target) for target in (group, beichen, cast.beichen)]
    for user, seen in ((cast.outsider, [404, 404, 404]), (cast.district_daxing, [404, 404, 404]), (cast.district_beichen, [404, 200, 200])):
        assert [sign_in(user).get(f"/desk/calendar-links/{link.pk}/").status_code for link in links] == seen
    assert [sign_in(user).get(f"/desk/calendar-links/{links[0].pk}/").status_code for user in (cast.viewer, cast.coordinator_a)] == [403, 403]
    assert sign_in(cast.outsider).post(f"/desk/calendar-links/{links[0].pk}/reset/").status_code == 404


@pytest.mark.parametrize(
    ("who", "kind", "status"),
    [
        ("district_beichen", "group", 403),
        ("district_daxing", "delegation", 404),
        ("district_daxing", "organisation", 403),
        ("district_beichen", "delegation", 302),
        ("district_beichen", "organisation", 302),
        ("coordinator_a", "delegation", 403),
        ("organiser", "nonsense", 404),
    ],
)
def test_who_may_issue(cast: Cast, program: Program, sign_in: Any, who: str, kind: str, status: int) -> None:
    keys = {"group": make_group(program).pk, "delegation": make_delegation(cast, program, cast.beichen).pk, "organisation": cast.beichen.pk}
    make_delegation(cast, program, cast.daxing)
    assert give(sign_in(getattr(cast, who)), kind, keys.get(kind, 1)).status_code == status
    assert CalendarLink.objects.count() == (status == 302)


@pytest.mark.parametrize("key", ["", "x", "-1", "9" * 40, "²"])
def test_nonsense_is_not_found(cast: Cast, sign_in: Any, key: str) -> None:
    assert give(sign_in(cast.organiser), "group", key).status_code == 404


def test_pages_cost_the_same_for_one_and_three(cast: Cast, program: Program, sign_in: Any) -> None:
    client = sign_in(cast.organiser)

    def add() -> None:
        issue(cast, make_group(program, program.groups.count() + 1))

    add()
    same_queries(lambda: client.get(f"/desk/programs/{program.pk}/calendars/"), lambda: (add(), add()))
    offices = client.get("/desk/calendars/").context["offices"]
    assert list(offices) == [cast.tianjin]
