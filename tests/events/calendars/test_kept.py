"""Kept events are what a fresh build would be, and are built only when something changed."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone, translation

from events.calendars import kept
from events.calendars.items import item_facts
from events.calendars.models import ItemEvent
from events.calendars.vevent import vevent_bytes
from events.itineraries import rules
from events.itineraries.models import ItineraryItem
from events.programs import rules as programs
from events.programs.models import Program
from tests.cast import Cast, at, make_group, make_item, make_program, make_venue
from tests.events.calendars.readers import READERS, by_icalendar, valid_lines
from tests.events.calendars.test_readers import TITLES

NINE = at("2026-12-14 09:00")


def fresh(program: Program) -> list[bytes]:
    """Built with the library now, nothing kept."""
    return [vevent_bytes(item_facts(item)) for item in ItineraryItem.objects.for_calendar().filter(program=program)]


def events(program: Program) -> list[bytes]:
    return kept.events_of(ItineraryItem.objects.filter(program=program))


def later(minutes: int = 1) -> datetime:
    return timezone.now() + timedelta(minutes=minutes)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_kept_events_equal_fresh_ones_for_the_whole_demo(db: None, language: str) -> None:
    call_command("demo", scale="visit", stdout=StringIO())
    items = ItineraryItem.objects.all()
    assert items.count() > 40
    with translation.override(language):
        wanted = [vevent_bytes(item_facts(item)) for item in items.for_calendar()]
        assert kept.events_of(items) == wanted  # built now
        assert kept.events_of(items) == wanted  # kept


def test_kept_events_equal_fresh_ones_for_hostile_text(cast: Cast) -> None:
    program = make_program(cast)
    for number, title in enumerate(TITLES):
        words = title.replace("\x00", "").encode("utf-8", "ignore").decode()
        make_item(program, NINE + timedelta(hours=number), title=words[:120], description=words, location=words[:120], responsible=words[:60])
    assert events(program) == fresh(program)
    assert events(program) == fresh(program)


def changes(cast: Cast, program: Program, item: ItineraryItem) -> list[Any]:
    """Everything that alters what an event says, one after the other."""
    by, group = cast.organiser, program.groups.get()
    return [
        lambda: rules.change_item(item=item, by=by, at=later(1), starts_at=NINE + timedelta(minutes=30)),
        lambda: rules.change_item(item=item, by=by, at=later(2), groups=[]),
        lambda: rules.change_item(item=item, by=by, at=later(3), groups=[group]),
        lambda: rules.save_venue(venue=item.venue, by=by, at=later(4), name_zh="新址"),
        lambda: rules.save_group(group=group, by=by, at=later(5), name="甲组"),
        lambda: rules.cancel_item(item=item, by=by, at=later(6), reason="台风"),
        lambda: rules.restore_item(item=item, by=by, at=later(7)),
        lambda: rules.renamed_in_calendars(cast.tianjin.pk, at=later(8)),
        lambda: programs.cancel(program=program, by=by, at=later(9), reason="取消"),
    ]


def test_every_change_is_built_anew_and_nothing_else_is(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    program = make_program(cast)
    item = make_item(program, NINE, venue=make_venue(cast), groups=[make_group(program, 1)], host_organisation=cast.host)
    other = make_item(make_program(cast), NINE)
    built: list[int] = []
    build = kept.build
    monkeypatch.setattr(kept, "build", lambda keys, language: built.extend(keys) or build(keys, language))
    assert events(program) == fresh(program)
    events(other.program)
    for change in changes(cast, program, item):
        built.clear()
        change()
        assert events(program) == fresh(program)
        assert built == [item.pk]
        assert events(other.program) == fresh(other.program)
    assert ItemEvent.objects.count() == 2


def test_another_release_builds_anew(cast: Cast, settings: Any) -> None:
    program = make_program(cast)
    make_item(program, NINE)
    before = events(program)
    settings.SITE_URL = "https://other.example"
    assert events(program) == fresh(program) != before


def test_an_unchanged_program_calendar_is_told_apart_in_one_query(cast: Cast, client: Client, django_assert_num_queries: Any) -> None:
    program = make_program(cast)
    for hour in range(3):
        make_item(program, NINE + timedelta(hours=hour))
    path = f"/programs/{program.pk}/itinerary.ics"
    etag = client.get(path)["ETag"]
    ItemEvent.objects.all().delete()
    with django_assert_num_queries(1):
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert not ItemEvent.objects.exists()  # nothing was built
    assert client.get(path, headers={"If-None-Match": etag.replace('"', '"x', 1)}).status_code == 200


def test_the_tag_follows_language_and_alarm(cast: Cast, client: Client) -> None:
    path = f"/programs/{make_item(make_program(cast), NINE).program_id}/itinerary.ics"
    answers = [client.get(path + query) for query in ("", "?lang=en", "?alarm=15", "?alarm=30", "?alarm=x", "?alarm=-1", "?alarm=10081", "?alarm=²")]
    assert len({answer["ETag"] for answer in answers}) == 4
    assert [answer.content == answers[0].content for answer in answers] == [True, False, False, False, True, True, True, True]


@pytest.mark.parametrize("reader", READERS)
def test_alarms_stand_in_every_busy_event_and_change_nothing_else(cast: Cast, client: Client, reader: str) -> None:
    program = make_program(cast)
    items = [make_item(program, NINE + timedelta(hours=hour), title="END:VEVENT\nEND:VALARM") for hour in range(3)]
    rules.cancel_item(item=items[2], by=cast.organiser, at=timezone.now())
    path = f"/programs/{program.pk}/itinerary.ics"
    plain, alarmed = client.get(path).content, client.get(path + "?alarm=15").content
    lines = valid_lines(alarmed)
    assert (lines.count("BEGIN:VALARM"), lines.count("TRIGGER:-PT15M"), lines.count("ACTION:DISPLAY"), lines.count("DESCRIPTION:提醒")) == (2, 2, 2, 2)
    assert READERS[reader](alarmed) == READERS[reader](plain)
    assert len(by_icalendar(alarmed)) == 3
