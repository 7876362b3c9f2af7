"""What goes on over several days, or past midnight, stands on each of them, on every face."""

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from events.itineraries.day_parts import now_and_next, parts_by_day, parts_on
from events.itineraries.models import ItineraryItem
from events.programs import public
from participants.my import overview
from participants.people.rules import link_token
from tests.cast import Cast, at, make_delegation, make_item, make_person, make_program, make_registration
from tests.events.itineraries.test_papers import text_of


def item(starts: str, ends: str, title: str = "项目") -> ItineraryItem:
    return ItineraryItem(pk=1, title_zh=title, starts_at=at(starts), ends_at=at(ends))


SPANS = {
    "within a day": (("2026-12-14 09:00", "2026-12-14 11:30"), [("14", "9:00—11:30", "")]),
    "until midnight": (("2026-12-14 22:00", "2026-12-15 00:00"), [("14", "22:00—0:00", "")]),
    "a whole day": (("2026-12-14 00:00", "2026-12-15 00:00"), [("14", "全天", "")]),
    "past midnight": (("2026-12-14 22:30", "2026-12-15 01:10"), [("14", "22:30—次日1:10", ""), ("15", "至1:10", "前一日22:30起")]),
    "three days": (
        ("2026-12-14 09:00", "2026-12-16 17:00"),
        [("14", "9:00—12月16日 17:00", "第1天，共3天"), ("15", "全天", "第2天，共3天"), ("16", "至17:00", "第3天，共3天")],
    ),
    "two whole days": (("2026-12-14 00:00", "2026-12-16 00:00"), [("14", "全天", "第1天，共2天"), ("15", "全天", "第2天，共2天")]),
    "over a day and a bit": (("2026-12-14 08:00", "2026-12-15 09:00"), [("14", "8:00—次日9:00", "第1天，共2天"), ("15", "至9:00", "第2天，共2天")]),
    "into the next year": (("2026-12-31 23:59", "2027-01-01 00:01"), [("31", "23:59—次日0:01", ""), ("01", "至0:01", "前一日23:59起")]),
    "the night summer time began in 1986": (("1986-05-03 23:30", "1986-05-04 05:00"), [("03", "23:30—次日5:00", ""), ("04", "至5:00", "前一日23:30起")]),
}


@pytest.mark.parametrize("name", SPANS)
def test_an_item_stands_on_each_day_that_it_touches(name: str) -> None:
    times, expected = SPANS[name]
    found = [(f"{day:%d}", part.time, part.note) for day, parts in parts_by_day([item(*times)]) for part in parts]
    assert found == expected


def test_in_english_too() -> None:
    with override("en"):
        _first, second, third = [parts[0] for _day, parts in parts_by_day([item("2026-12-14 09:00", "2026-12-16 17:00")])]
        assert (second.time, second.note, third.time) == ("all day", "day 2 of 3", "until 17:00")


def test_what_goes_on_from_earlier_days_comes_first() -> None:
    rows = [item("2026-12-15 07:30", "2026-12-15 08:00", "早餐"), item("2026-12-14 21:00", "2026-12-15 07:00", "住宿")]
    assert [part.item.title_zh for part in parts_on(rows, at("2026-12-15 12:00").date())] == ["住宿", "早餐"]


def test_now_and_next_know_what_still_runs() -> None:
    show, party = item("2026-12-14 09:00", "2026-12-16 17:00", "展览"), item("2026-12-14 22:30", "2026-12-15 01:10", "联欢")
    talk = item("2026-12-15 09:00", "2026-12-15 10:00", "座谈")

    def told(moment: str) -> list[tuple[bool, str, str]]:
        return [(is_on, part.item.title_zh, part.until) for is_on, part in now_and_next([show, party, talk], at(moment))]

    assert told("2026-12-15 00:30") == [(True, "联欢", "1:10"), (True, "展览", "次日17:00"), (False, "座谈", "10:00")]
    assert told("2026-12-16 12:00") == [(True, "展览", "17:00")]
    assert [part.item.title_zh for _is_on, part in public.on_these_days([show], at("2026-12-16 12:00"))] == ["展览"]
    assert public.on_these_days([show], at("2026-12-17 00:00")) == []
    card, *beside = overview.current([show, party, talk], at("2026-12-15 08:00"))
    assert (card.item.title_zh, card.is_now) == ("座谈", False)  # not what runs for days
    assert [(row.item.title_zh, row.is_now) for row in beside] == [("展览", True)]


@pytest.fixture
def running(cast: Cast) -> Any:
    """A program under way: an exhibition of three days, and last night's lodging."""
    program = make_program(cast, starts_in=-1, days=3)
    make_delegation(cast, program, cast.beichen)
    person = make_person(cast, cast.school_a, "欧阳若川")
    make_registration(cast, program, person, "confirmed")
    today = timezone.localdate()
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    make_item(program, at(f"{yesterday} 09:00"), 56 * 60, "师生作品展", credit_hours=6)
    make_item(program, at(f"{yesterday} 21:00"), 10 * 60, "住宿")
    assert program.items.first().ends_at == at(f"{tomorrow} 17:00")
    return program, person, today


def test_all_faces_say_the_same(cast: Cast, running: Any, sign_in: Any) -> None:
    program, person, today = running
    my = Client().get(f"/my/{link_token(person)}/").content.decode()
    offline = Client().get(f"/my/{link_token(person)}/?view=offline").content.decode()
    public_page = Client().get(f"/programs/{program.pk}/").content.decode()
    for page in (my, offline, public_page):
        for words in ("全天", "第2天，共3天", "至7:00", "前一日21:00起"):
            assert words in page, words
    assert my[my.index('class="next-card"') :].index("师生作品展") < 900
    assert public_page[public_page.index('class="now-next"') :].index("师生作品展") < 900
    client, base = sign_in(cast.organiser), f"/desk/programs/{program.pk}/itinerary/"
    for paper in (text_of(client.get(f"{base}day.pdf?day={today:%Y-%m-%d}")), text_of(client.get(base + "poster.pdf"))):
        for words in ("全天第2天，共3天师生作品展", "至7:00前一日21:00起住宿"):
            assert words in paper, words
    rows = list(openpyxl.load_workbook(io.BytesIO(client.get(base + "itinerary.xlsx").content)).active.iter_rows(min_row=3, values_only=True))
    seen = [(row[0], row[1] or "", row[2], row[3], row[9] or "", row[11] or "") for row in rows if row[0] == f"{today:%Y-%m-%d}"]
    assert ("", "07:00", "住宿", "", "前一日21:00起") in [(row[1], row[2], row[3], row[4], row[5]) for row in seen]
    assert [row[3] for row in rows].count("师生作品展") == 3 and sum(float(row[9] or 0) for row in rows) == 6
