"""The day sheet and the poster, read back."""

import io
from typing import Any

import pypdf
import pytest

from events.itineraries import drafts
from events.programs.models import Program
from tests.cast import Cast, at, make_delegation, make_group, make_item, make_program, make_venue

NINE = at("2026-12-14 09:00")


def text_of(answer: Any) -> str:
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages).replace(" ", "").replace("\n", "")


@pytest.fixture
def address(cast: Cast) -> str:
    program = make_program(cast, starts_on=NINE.date(), visibility="invited")
    make_delegation(cast, program, cast.beichen)
    venue = make_venue(cast, contact_name="沈老师", contact_phone="0510-1")
    item = make_item(program, NINE, title="校园观摩", venue=venue, groups=[make_group(program, 1)], leader_notes="带旗")
    make_item(program, NINE.replace(day=15), title="返程", is_public=False)
    drafts.hold_change(item=item, by=cast.organiser, at=NINE, title_zh="草稿名")
    return f"/desk/programs/{program.pk}/itinerary/"


def test_the_day_sheet_carries_what_leaders_need(cast: Cast, address: str, sign_in: Any) -> None:
    sheet = text_of(sign_in(cast.coordinator_a).get(address + "day.pdf?day=2026-12-14"))
    for words in ("第1天", "9:00—10:30", "校园观摩", "太湖云帆中学", "云帆路1号", "沈老师0510-1", "带旗", "第1组2号车"):
        assert words in sheet
    assert "返程" not in sheet and "草稿名" not in sheet
    assert "返程" in text_of(sign_in(cast.organiser).get(address + "day.pdf?day=2026-12-15"))


def test_what_goes_on_past_midnight_stands_on_the_next_sheet_too(cast: Cast, address: str, sign_in: Any) -> None:
    program = Program.objects.get()
    for title, until in (("住宿", NINE.replace(day=15, hour=7)), ("晚会", NINE.replace(day=15, hour=0))):
        item = make_item(program, NINE.replace(hour=20), title=title)
        item.ends_at = until
        item.save()
    sheet = text_of(sign_in(cast.organiser).get(address + "day.pdf?day=2026-12-15"))
    assert "至7:00前一日20:00起" in sheet and "住宿" in sheet and "晚会" not in sheet


def test_the_poster_shows_public_items_only(cast: Cast, address: str, sign_in: Any) -> None:
    poster = text_of(sign_in(cast.organiser).get(address + "poster.pdf"))
    assert "校园观摩" in poster and "返程" not in poster and "带旗" not in poster and "沈老师" not in poster


def test_papers_are_for_those_who_see_the_program(cast: Cast, address: str, sign_in: Any) -> None:
    assert [sign_in(cast.outsider).get(address + name).status_code for name in ("day.pdf", "poster.pdf")] == [404, 404]
    assert sign_in(cast.organiser).get(address + "day.pdf?day=nonsense").status_code == 200
