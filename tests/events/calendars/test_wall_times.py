"""The same wall time on the page, in the calendar, on paper and in the workbook; 500 hostile titles."""

import io
import random
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pypdf
import pytest
from django.test import Client

from tests.cast import Cast, at, make_item, make_program
from tests.events.calendars.readers import READERS, by_icalendar
from tests.events.calendars.test_readers import TITLES, calendar, expected_title, facts
from tests.events.calendars.validator import check

MOMENTS = {
    "one minute before midnight": ("2026-12-14 23:59", "2026-12-15 00:30"),
    "until midnight": ("2026-12-14 22:00", "2026-12-15 00:00"),
    "the year's end": ("2026-12-31 23:59", "2027-01-01 01:00"),
    "several days": ("2026-12-14 09:00", "2026-12-16 17:00"),
    "summer time of 1988": ("1988-07-01 09:00", "1988-07-01 11:00"),
    "the night summer time began in 1986": ("1986-05-03 23:30", "1986-05-04 05:00"),
    "the night summer time ended in 1991": ("1991-09-14 21:00", "1991-09-15 05:00"),
    "the leap day": ("2028-02-29 08:00", "2028-02-29 09:00"),
}


def in_house(moment: datetime) -> str:
    return f"{moment.hour}:{moment:%M}"


@pytest.mark.parametrize("name", MOMENTS)
def test_the_same_wall_time_everywhere(cast: Cast, sign_in: Any, name: str) -> None:
    starts, ends = (at(text) for text in MOMENTS[name])
    program = make_program(cast, starts_on=starts.date(), registration_opens_at=None, registration_closes_at=None)
    make_item(program, starts, title="对时")
    item = program.items.get()
    item.ends_at = ends
    item.save()
    client, base = sign_in(cast.organiser), f"/desk/programs/{program.pk}/itinerary/"
    seen = by_icalendar(Client().get(f"/programs/{program.pk}/itinerary.ics").content)[0]
    for text, moment in ((seen.starts, starts), (seen.ends, ends)):
        local = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(ZoneInfo("Asia/Shanghai"))
        assert f"{local:%Y-%m-%d %H:%M}" == f"{moment:%Y-%m-%d %H:%M}"
    page = Client().get(f"/programs/{program.pk}/").content.decode()
    paper = pypdf.PdfReader(io.BytesIO(client.get(f"{base}day.pdf?day={starts:%Y-%m-%d}").content)).pages[0].extract_text()
    for text in (page, paper):
        assert in_house(starts) in text and in_house(ends) in text.replace("24:00", "0:00")
    rows = list(openpyxl.load_workbook(io.BytesIO(client.get(f"{base}itinerary.xlsx").content)).active.iter_rows(values_only=True))
    until = f"{ends:%H:%M}" if ends.date() == starts.date() else f"{ends:%Y-%m-%d %H:%M}"
    assert rows[2][:4] == (f"{starts:%Y-%m-%d}", f"{starts:%H:%M}", until, "对时")


def test_the_workbook_is_for_those_who_see_the_program_and_holds_no_formula(cast: Cast, sign_in: Any) -> None:
    program = make_program(cast, visibility="invited")
    make_item(program, at("2026-12-14 09:00"), title="=HYPERLINK(1)", leader_notes="canary")
    address = f"/desk/programs/{program.pk}/itinerary/itinerary.xlsx"
    assert sign_in(cast.outsider).get(address).status_code == 404
    answer = sign_in(cast.organiser).get(address)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert [cell.data_type for row in sheet.iter_rows() for cell in row if cell.value and "HYPERLINK" in str(cell.value)] == ["s"]
    assert b"canary" not in answer.content


def hostile(count: int) -> list[str]:
    """Titles put together from pieces that break naive writers; the same ones every time."""
    chance = random.Random(5545)
    pieces = [
        *TITLES,
        "\r\n ",
        "\n\t",
        ";",
        ",",
        "\\",
        "\\n",
        "\\N",
        ":",
        '"',
        "^n",
        "&",
        "BEGIN:VALARM",
        "🏮" * 9,
        "长" * 40,
        "e\u0301",
        "\u200d",
        "\u2066",
        " ",
    ]
    titles = ("".join(chance.choices(pieces, k=chance.randint(1, 9))) for _number in range(count))
    return [title if expected_title(title) else f"{title}空" for title in titles]  # an empty title is refused on the way in


def test_500_hostile_titles_give_exactly_the_expected_properties_and_come_back() -> None:
    titles = hostile(500)
    office = ("天津市教育委员会", "office@example.cn")
    body = calendar(*(facts(number, summary=title, description=title, location=title, organiser=office) for number, title in enumerate(titles)))
    events = [part for part in check(body).parts if part.name == "VEVENT"]
    wanted = {"UID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "DTSTART", "DTEND", "SUMMARY", "STATUS", "TRANSP", "DESCRIPTION", "LOCATION", "ORGANIZER"}
    for number, (event, title) in enumerate(zip(events, titles, strict=True)):
        names = [row.name for row in event.properties]
        assert len(names) == len(set(names)) and set(names) == wanted, (number, title)
    for name, reader in READERS.items():
        found = {int(seen.uid.split("@")[0].removeprefix("item-")): seen.summary for seen in reader(body)}
        assert (name, found) == (name, {number: expected_title(title) for number, title in enumerate(titles)})
