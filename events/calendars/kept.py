"""Events of items from the table of kept ones; only what changed is built, once for all who read it."""

import functools
import hashlib
from pathlib import Path

import icalendar
from django.conf import settings
from django.utils.translation import get_language

from events.calendars.items import item_facts
from events.calendars.models import ItemEvent
from events.calendars.vevent import vevent_bytes
from events.itineraries.models import ItineraryItem, ItineraryItemQuerySet

AT_ONCE = 500  # rows in one statement


def edition() -> str:
    """What writes the events, in 16 characters: another release, catalog, address or sender means that all are built anew."""
    return _edition(settings.SITE_URL, settings.DEFAULT_FROM_EMAIL)


@functools.cache
def _edition(*configured: str) -> str:
    here = Path(__file__).parent
    catalogs = [path for folder in settings.LOCALE_PATHS for path in Path(folder).rglob("*.mo")]
    sources = [*here.glob("*.py"), here.parent / "itineraries" / "models.py", Path(settings.BASE_DIR) / "exchange" / "house_dates.py", *catalogs]
    digest = hashlib.sha256("\x1f".join([icalendar.__version__, *configured]).encode())
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def events_of(items: ItineraryItemQuerySet) -> list[bytes]:
    """The VEVENTs of the items in their order and the active language, built where none is kept or it has grown old."""
    keys = list(dict.fromkeys(items.values_list("pk", flat=True)))
    language = get_language() or settings.LANGUAGE_CODE
    fresh = ItemEvent.objects.fresh(items.order_by().values("pk"), language=language, edition=edition())
    kept = {pk: bytes(body) for pk, body in fresh.values_list("item_id", "body")}
    missing = [pk for pk in keys if pk not in kept]
    for start in range(0, len(missing), AT_ONCE):
        kept |= build(missing[start : start + AT_ONCE], language)
    return [kept[pk] for pk in keys if pk in kept]  # an item may have gone meanwhile


def build(keys: list[int], language: str) -> dict[int, bytes]:
    """Build the events of these items with the library, and keep them with the stamps of the very rows they were built from."""
    items = list(ItineraryItem.objects.for_calendar().filter(pk__in=keys))
    rows = [event_of(item, language) for item in items]
    ItemEvent.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["item", "language"],
        update_fields=["edition", "item_changed_at", "program_updated_at", "program_status", "body"],
    )
    return {row.item_id: bytes(row.body) for row in rows}


def event_of(item: ItineraryItem, language: str) -> ItemEvent:
    program = item.program
    return ItemEvent(
        item_id=item.pk,
        language=language,
        edition=edition(),
        item_changed_at=item.changed_at,
        program_updated_at=program.updated_at,
        program_status=program.status,
        body=vevent_bytes(item_facts(item)),
    )
