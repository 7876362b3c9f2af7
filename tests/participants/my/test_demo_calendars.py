"""Every calendar of the demo: valid to the letter, and read alike by four readers, before and after moves, cancellations and exclusions."""

import random
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from events.itineraries import drafts
from events.itineraries import rules as items
from events.itineraries.models import Group, ItineraryItem
from events.itineraries.series import rules as series_rules
from events.itineraries.series.models import LessonSeries
from events.programs.models import Program
from events.programs.status import ProgramStatus
from participants.directory.models import Organisation, User
from participants.feed_links import issue, link_address
from participants.people.models import Person
from participants.people.rules import feed_url
from participants.rosters.models import Delegation
from tests.events.calendars.readers import READERS, by_icalendar
from tests.events.calendars.test_recurring import bare
from tests.events.calendars.validator import check

READ_FORMS = ("", "?series=rrule")
FORMS = ("", "?lang=en", "?series=rrule", "?alarm=15", "?series=rrule&alarm=0&lang=en")


def path_of(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def calendars() -> Iterator[tuple[str, str]]:
    """(kind, path) of every public calendar, and of every group, delegation and office; of people a few."""
    admin, now = User.objects.get(username="admin"), timezone.now()
    for program in Program.objects.filter(visibility="public").exclude(status=ProgramStatus.DRAFT):
        yield "public", f"/programs/{program.pk}/itinerary.ics"
    people = list(Person.objects.filter(registrations__isnull=False).distinct().order_by("pk"))
    for person in {*people[:2], *people[-2:], *random.Random(7).sample(people, 3)}:
        yield "person", path_of(feed_url(person))
    targets = {"group": Group.objects.all(), "delegation": Delegation.objects.all(), "office": Organisation.objects.filter(level__in=["commission", "bureau"])}
    for kind, rows in targets.items():
        for target in rows:
            yield kind, path_of(link_address(issue(target=target, by=admin, at=now)))


def check_all(found: list[tuple[str, str]], read: set[bytes]) -> int:
    """Validate every calendar in every form, and let the readers read what is not in `read` yet; gives the number of occurrences."""
    client, total = Client(), 0
    for kind, path in found:
        plain = client.get(path)
        assert plain.status_code == 200, (kind, path)
        wanted = by_icalendar(plain.content)
        total += len(wanted)
        for form in FORMS:
            body = client.get(path + form).content
            check(body)
            if form in READ_FORMS and body not in read:
                read.add(body)
                for name, reader in READERS.items():
                    assert (kind, form, name, bare(reader(body))) == (kind, form, name, bare(wanted))
    return total


@pytest.fixture
def demo(db: None) -> list[tuple[str, str]]:
    call_command("demo", scale="visit", stdout=StringIO())
    return list(calendars())


def change_things() -> None:
    """Move, cancel, call off, narrow and renew, all over the demo."""
    by, at = User.objects.get(username="admin"), timezone.now()
    chance = random.Random(3)
    open_items = [item for item in ItineraryItem.objects.filter(program__status=ProgramStatus.PUBLISHED).order_by("pk")]
    for item in chance.sample(open_items, 6):
        shift = timedelta(minutes=chance.choice([-30, 75, 24 * 60]))
        items.change_item(item=item, by=by, at=at, starts_at=item.starts_at + shift, ends_at=item.ends_at + shift, title_zh=f"改，{item.title_zh}；\\n")
    for item in ItineraryItem.objects.filter(pk__in=[row.pk for row in chance.sample(open_items, 4)], status="confirmed"):
        items.cancel_item(item=item, by=by, at=at, reason="台风；停课")
    series = LessonSeries.objects.get(program__status=ProgramStatus.PUBLISHED)
    lessons = series_rules.lessons_of(series)
    items.change_item(item=lessons[-2], by=by, at=at, is_public=False)
    fields = {name: getattr(series, name) for name in ("title_zh", "every", "last", "minutes", "meeting_url", "credit_hours")}
    series_rules.change_following(
        series=series, by=by, at=at, hosts=series.hosts, groups=[], **fields, first=lessons[7].series_day, weekdays=[2, 4], starts=series.starts
    )
    drafts.publish(program=series.program, by=by, at=at)


def test_every_calendar_of_the_demo_before_and_after_changes(demo: list[tuple[str, str]], django_assert_max_num_queries: Any) -> None:
    assert {kind for kind, _path in demo} == {"public", "person", "group", "delegation", "office"} and len(demo) > 30
    read: set[bytes] = set()
    before = check_all(demo, read)
    change_things()
    after = check_all(demo, read)
    assert before > 500 and after != before
    check_unchanged(demo, django_assert_max_num_queries)


def check_unchanged(found: list[tuple[str, str]], most: Any) -> None:
    """An unchanged calendar of every kind and form costs two queries at most."""
    client = Client()
    for kind, path in dict(found).items():
        for form in FORMS:
            tag = client.get(path + form)["ETag"]
            with most(2):
                assert (kind, client.get(path + form, headers={"If-None-Match": tag}).status_code) == (kind, 304)
