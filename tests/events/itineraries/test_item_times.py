"""22:30 to 1:10 is one evening: taken as typed, said plainly, and taken back on request."""

import re
from typing import Any

import pytest

from events.itineraries import imports, rules
from events.itineraries.models import ItineraryItem
from exchange.transitions import RuleViolation
from tests.cast import Cast, at, make_program
from tests.events.itineraries.test_pages import form, text_of

EVENING = {"starts": "22:30", "ends": "01:10"}


def undo_of(page: str) -> str:
    found = re.search(r'action="(/desk/programs/\d+/itinerary/undo/[^"]+)"[^>]*>.{0,200}?撤销', page, re.DOTALL)
    assert found
    return found[1].replace("&amp;", "&")


@pytest.mark.parametrize("hold", [None, "1"])
def test_an_earlier_hour_ends_on_the_next_day(cast: Cast, sign_in: Any, hold: str | None) -> None:
    program = make_program(cast, status="published" if hold else "draft", starts_on=at("2026-12-14 00:00").date())
    client, base = sign_in(cast.organiser), f"/desk/programs/{program.pk}/itinerary/"
    answer = client.post(base + "new/", form(**EVENING, **({"hold": hold} if hold else {})), follow=True)
    item = ItineraryItem.planned.get()
    assert (item.starts_at, item.ends_at) == (at("2026-12-14 22:30"), at("2026-12-15 01:10"))
    page = answer.content.decode()
    assert "结束时间算作次日，即12月15日 1:10。" in page
    again = text_of(client, f"/desk/itinerary-items/{item.pk}/edit/")
    assert 'name="ends_on"' in again and 'value="2026-12-15"' not in again  # the next day goes without saying
    client.post(undo_of(page))
    assert not ItineraryItem.planned.exists()


def test_a_change_is_taken_back_too(cast: Cast, sign_in: Any) -> None:
    program = make_program(cast, status="draft", starts_on=at("2026-12-14 00:00").date())
    client = sign_in(cast.organiser)
    client.post(f"/desk/programs/{program.pk}/itinerary/new/", form(), follow=True)
    item = ItineraryItem.objects.get()
    page = client.post(f"/desk/itinerary-items/{item.pk}/edit/", form(**EVENING), follow=True).content.decode()
    item.refresh_from_db()
    assert item.ends_at == at("2026-12-15 01:10") and "算作次日" in page
    client.post(undo_of(page))
    item.refresh_from_db()
    assert (item.starts_at, item.ends_at) == (at("2026-12-14 09:00"), at("2026-12-14 10:30"))
    assert "算作次日" not in client.post(f"/desk/itinerary-items/{item.pk}/edit/", form(ends="11:00"), follow=True).content.decode()


def test_several_days_are_named_and_the_next_night_needs_no_day(cast: Cast, sign_in: Any) -> None:
    program = make_program(cast, status="draft", starts_on=at("2026-12-14 00:00").date())
    client = sign_in(cast.organiser)
    client.post(f"/desk/programs/{program.pk}/itinerary/new/", form(ends_on="2026-12-16"))
    item = ItineraryItem.objects.get()
    assert item.ends_at == at("2026-12-16 10:30")
    assert 'value="2026-12-16"' in text_of(client, f"/desk/itinerary-items/{item.pk}/edit/")


def test_what_lasts_over_a_year_is_a_wrong_year(cast: Cast) -> None:
    program = make_program(cast, status="draft", starts_on=at("2026-12-14 00:00").date())
    facts = {"program": program, "title_zh": "展览", "starts_at": at("2026-12-14 09:00"), "ends_at": at("2027-12-16 17:00"), "by": cast.organiser}
    with pytest.raises(RuleViolation) as refusal:
        rules.create_item(at=at("2026-12-01 00:00"), groups=[], **facts)
    assert (refusal.value.code, refusal.value.field) == ("too_long", "ends_at")
    event = "BEGIN:VEVENT\r\nUID:a@x\r\nSUMMARY:展览\r\nDTSTART:20261214T010000Z\r\nDTEND:20271216T090000Z\r\nEND:VEVENT\r\n"
    reading = imports.read(program=program, data=f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{event}END:VCALENDAR\r\n".encode())
    assert (reading.rows, [(row.title, row.reason) for row in reading.skipped]) == ([], [("展览", "没有可用的时间")])
