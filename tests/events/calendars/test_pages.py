"""The public calendar of a program, over HTTP and read back by four readers."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.http import http_date

from events.calendars.models import ItemEvent
from events.itineraries import rules
from events.itineraries.models import ItineraryItem
from events.programs import rules as programs
from events.programs.models import Program
from tests.cast import Cast, at, make_delegation, make_group, make_item, make_program, make_venue, same_queries
from tests.events.calendars.readers import READERS, Seen, by_icalendar, valid_lines

NINE = at("2026-12-14 09:00")


def address(program: Program, query: str = "") -> str:
    return f"/programs/{program.pk}/itinerary.ics{query}"


def read(client: Client, program: Program, query: str = "") -> bytes:
    answer = client.get(address(program, query))
    assert answer.status_code == 200
    valid_lines(answer.content)
    return answer.content


def seen(item: ItineraryItem, **other: Any) -> Seen:
    def utc(moment: datetime) -> str:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    facts = {"uid": item.uid, "starts": utc(item.starts_at), "ends": utc(item.ends_at), "status": item.status.upper(), "summary": item.title_zh}
    return Seen(**(facts | other))


@pytest.mark.parametrize("reader", READERS)
def test_readers_agree_before_and_after_changes(cast: Cast, client: Client, reader: str) -> None:
    program = make_program(cast)
    groups = [make_group(program, 1)]
    stays, moves, falls_out = (make_item(program, NINE + timedelta(hours=hour), title=f"第{hour}项", groups=groups) for hour in (0, 2, 4))
    tentative = make_item(program, at("1988-07-01 09:00"), title="历史", status="tentative")
    make_item(program, NINE, title="内部", is_public=False)
    assert READERS[reader](read(client, program)) == sorted([seen(stays), seen(moves), seen(falls_out), seen(tentative)])
    rules.change_item(item=moves, by=cast.organiser, at=timezone.now(), starts_at=NINE + timedelta(days=1), ends_at=NINE + timedelta(days=1, hours=1))
    rules.cancel_item(item=falls_out, by=cast.organiser, at=timezone.now(), reason="台风")
    moved = ItineraryItem.objects.get(pk=moves.pk)
    assert READERS[reader](read(client, program)) == sorted(
        [seen(stays), seen(moved), seen(falls_out, status="CANCELLED", summary="【已取消】第4项"), seen(tentative)]
    )


def properties(body: bytes, uid: str) -> dict[str, str]:
    lines = valid_lines(body)
    start = lines.index(f"UID:{uid}")
    first = max(index for index in range(start) if lines[index] == "BEGIN:VEVENT")
    return dict(line.split(":", 1) for line in lines[first + 1 : lines.index("END:VEVENT", start)])


def test_an_item_says_all_that_calendars_know(cast: Cast, client: Client) -> None:
    program = make_program(cast)
    venue = make_venue(cast, latitude="31.491200", longitude="120.311900")
    item = make_item(
        program,
        NINE,
        venue=venue,
        location="东门",
        groups=[make_group(program, 1), make_group(program, 2)],
        host_organisation=cast.host,
        responsible="沈老师",
        description="请带书",
        leader_notes="canary",
        meeting_url="https://meeting.example.cn/j/1",
        item_type="visit",
    )
    body = read(client, program)
    assert b"canary" not in body
    stamp = item.changed_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    assert properties(body, item.uid) == {
        "UID": item.uid,
        "SEQUENCE": "0",
        "DTSTAMP": stamp,
        "LAST-MODIFIED": stamp,
        "DTSTART;TZID=Asia/Shanghai": "20261214T090000",
        "DTEND;TZID=Asia/Shanghai": "20261214T103000",
        "SUMMARY": "校园管理观摩",
        "STATUS": "CONFIRMED",
        "TRANSP": "OPAQUE",
        "LOCATION": "太湖云帆中学 东门 江苏省无锡市滨湖区云帆路1号",
        "GEO": "31.4912;120.3119",
        "DESCRIPTION": "第1组\\, 第2组\\n承办：无锡市太湖云帆中学\\n负责人：沈老师\\n线上参加：https://meeting.example.cn/j/1\\n请带书",
        "URL": f"{settings.SITE_URL}/programs/{program.pk}/",
        "CATEGORIES": "学校观摩",
        "ORGANIZER;CN=天津市教育委员会": "mailto:noreply@localhost",
        "CONFERENCE;FEATURE=VIDEO;LABEL=线上会议;VALUE=URI": "https://meeting.example.cn/j/1",
    }


def test_sequence_and_notice_follow_a_move(cast: Cast, client: Client) -> None:
    program = make_program(cast)
    item = make_item(program, NINE)
    rules.change_item(item=item, by=cast.organiser, at=at("2026-12-01 10:00"), starts_at=NINE + timedelta(minutes=30))
    found = properties(read(client, program), item.uid)
    assert (found["SEQUENCE"], found["LAST-MODIFIED"], found["DTSTAMP"]) == ("1", "20261201T020000Z", "20261201T020000Z")
    assert found["DESCRIPTION"].startswith("时间有调整，原为9:00。")


def test_calling_the_program_off_cancels_every_item(cast: Cast, client: Client) -> None:
    program = make_program(cast)
    item = make_item(program, NINE)
    before = client.get(address(program))
    programs.cancel(program=program, by=cast.organiser, at=timezone.now() + timedelta(hours=1), reason="台风")
    found = properties(read(client, program), item.uid)
    assert (found["STATUS"], found["SUMMARY"], found["SEQUENCE"], found["DESCRIPTION"]) == ("CANCELLED", "【已取消】校园管理观摩", "1", "已取消：台风")
    assert client.get(address(program))["ETag"] != before["ETag"]


def test_english_comes_with_the_address(cast: Cast, client: Client) -> None:
    program = make_program(cast)
    make_item(program, NINE, title_en="Campus tour", item_type="visit")
    client.cookies["django_language"] = "en"
    assert [event.summary for event in by_icalendar(read(client, program))] == ["校园管理观摩"]
    answer = client.get(address(program, "?lang=en"))
    assert ([event.summary for event in by_icalendar(answer.content)], answer["Content-Language"]) == (["Campus tour"], "en")


# HTTP ------------------------------------------------------------------------------------------------------------------


def test_headers_of_a_public_calendar(cast: Cast, client: Client) -> None:
    program = make_program(cast, title_zh="赴无锡学访")
    make_item(program, NINE)
    answer = client.get(address(program), headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=300"
    assert answer["Content-Disposition"] == "inline; filename*=utf-8''%E8%B5%B4%E6%97%A0%E9%94%A1%E5%AD%A6%E8%AE%BF.ics"
    assert client.get(address(program, "?download=1"))["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert not [name for name in ("Vary", "Set-Cookie", "Content-Encoding") if name in answer.headers] and not answer.cookies


def test_a_signed_in_browser_gets_no_cookie_either(cast: Cast, sign_in: Any) -> None:
    answer = sign_in(cast.outsider).get(address(make_program(cast)))
    assert (answer.status_code, "Vary" in answer.headers, len(answer.cookies)) == (200, False, 0)


def test_conditional_requests(cast: Cast, client: Client) -> None:
    program = make_program(cast)
    item = make_item(program, NINE)
    first = client.get(address(program))
    etag, modified = first["ETag"], first["Last-Modified"]
    older, newer = http_date(parsedate_to_datetime(modified).timestamp() - 10), http_date(parsedate_to_datetime(modified).timestamp() + 10)

    def status(**headers: str) -> int:
        answer = client.get(address(program), headers=headers)
        assert answer.content == (b"" if answer.status_code == 304 else first.content)
        return answer.status_code

    assert status(If_None_Match=etag) == 304
    assert status(If_None_Match=f'"x", {etag}') == 304
    assert status(If_None_Match=f"W/{etag}") == 304
    assert status(If_None_Match="*") == 304
    assert status(If_None_Match='"x"') == 200
    assert status(If_Modified_Since=modified) == 304
    assert status(If_Modified_Since=newer) == 304
    assert status(If_Modified_Since=older) == 200
    assert status(If_Modified_Since="yesterday") == 200
    assert status(If_None_Match='"x"', If_Modified_Since=newer) == 200  # the tag goes first
    assert status(If_None_Match=etag, If_Modified_Since=older) == 304
    not_modified = client.get(address(program), headers={"If-None-Match": etag})
    assert (not_modified["ETag"], not_modified["Last-Modified"], not_modified["Cache-Control"]) == (etag, modified, "public, max-age=300")
    rules.change_item(item=item, by=cast.organiser, at=timezone.now() + timedelta(minutes=1), title_zh="改")
    changed = client.get(address(program), headers={"If-None-Match": etag, "If-Modified-Since": modified})
    assert (changed.status_code, changed["ETag"] == etag, changed["Last-Modified"] == modified) == (200, False, False)


def test_an_item_that_is_no_longer_public_moves_last_modified(cast: Cast, client: Client) -> None:
    program = make_program(cast)
    item = make_item(program, NINE)
    before = client.get(address(program))["Last-Modified"]
    rules.change_item(item=item, by=cast.organiser, at=timezone.now() + timedelta(minutes=1), is_public=False)
    answer = client.get(address(program), headers={"If-Modified-Since": before})
    assert (answer.status_code, by_icalendar(answer.content)) == (200, [])


def test_head_is_answered_and_other_methods_are_not(cast: Cast, client: Client) -> None:
    program = make_program(cast)
    get, head = client.get(address(program)), client.head(address(program))
    assert (head.status_code, head.content, head["ETag"], head["Content-Length"]) == (200, b"", get["ETag"], str(len(get.content)))
    assert [getattr(client, method)(address(program)).status_code for method in ("post", "put", "delete", "patch")] == [405] * 4


def test_an_invited_program_opens_for_those_inside(cast: Cast, client: Client, sign_in: Any) -> None:
    program = make_program(cast, visibility="invited")
    make_delegation(cast, program, cast.beichen)
    item = make_item(program, NINE)
    make_item(program, NINE, title="内部", is_public=False)
    assert client.get(address(program)).status_code == 404
    assert sign_in(cast.outsider).get(address(program)).status_code == 404
    answer = sign_in(cast.coordinator_a).get(address(program))
    assert ([event.uid for event in by_icalendar(answer.content)], answer["Cache-Control"], answer["Vary"]) == ([item.uid], "private, no-cache", "Cookie")


def test_drafts_and_unknown_programs_are_404(cast: Cast, client: Client, sign_in: Any) -> None:
    draft = make_program(cast, status="draft")
    assert client.get(address(draft)).status_code == 404
    assert sign_in(cast.organiser).get(address(draft)).status_code == 200
    assert client.get("/programs/99999999999999999999999999/itinerary.ics").status_code == 404


def test_the_same_queries_for_one_and_three(cast: Cast, client: Client) -> None:
    program = make_program(cast)

    def add() -> None:
        make_item(program, NINE, groups=[make_group(program, program.groups.count() + 1)], venue=make_venue(cast), host_organisation=cast.host)

    def build_all() -> None:
        ItemEvent.objects.all().delete()
        client.get(address(program))

    add()
    same_queries(build_all, lambda: (add(), add()))
    same_queries(lambda: client.get(address(program)), lambda: client.get(address(program)))


def test_last_modified_moves_when_a_cancelled_item_goes_after_thirty_days(cast: Cast, client: Client) -> None:
    now, month = timezone.now(), timedelta(days=30)
    program = make_program(cast, starts_on=(now - 2 * month).date(), days=90)
    item = make_item(program, now - month - timedelta(hours=3), 60, status="cancelled")
    ItineraryItem.objects.update(changed_at=now - 2 * month)
    Program.objects.update(updated_at=now - 2 * month, status_changed_at=None)
    answer = client.get(f"/programs/{program.pk}/itinerary.ics")
    assert b"BEGIN:VEVENT" not in answer.content and answer["Last-Modified"] == http_date((item.ends_at + month).timestamp())
