"""Changes to a published itinerary that wait until they are published together.

A draft is a row of its own beside the item it changes (`draft_of`), or without one when it is new. The default manager leaves drafts out,
so calendars, public pages, rosters and attendance know only what is published. Publishing runs the ordinary rules with the draft's values.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from events.itineraries import rules
from events.itineraries.models import Group, ItineraryItem, ItineraryVersion, new_uid
from events.itineraries.versions import Difference, differences, snapshot
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import audit
from exchange.transitions import RuleViolation, move

# What a draft says about its item.
FIELDS = (
    "item_type",
    "title_zh",
    "title_en",
    "starts_at",
    "ends_at",
    "venue",
    "location",
    "host_organisation",
    "responsible",
    "description",
    "leader_notes",
    "credit_hours",
    "capacity",
    "meeting_url",
    "travel_from",
    "travel_to",
    "carrier",
    "travel_number",
    "is_public",
)
IN_SERIES = ("series", "series_day")  # a copy of an item on another day is no lesson of the series
Listener = Callable[..., None]
ON_PUBLISHED: list[Listener] = []  # called with program=, version=, before=, after=, by=, at= inside the transaction that publishes


def drafts_of(program: Program) -> Any:
    return ItineraryItem.planned.filter(program=program, is_draft=True)


def planned_items(program: Program) -> list[ItineraryItem]:
    return list(ItineraryItem.planned.filter(program=program).as_planned().for_list())


def published_items(program: Program) -> list[ItineraryItem]:
    return list(program.items.for_list())


def pending(program: Program) -> list[Difference]:
    """What publishing would change, in plain words."""
    return differences(snapshot(published_items(program)), snapshot(planned_items(program)), first_day=program.starts_on)


def current(item: ItineraryItem) -> ItineraryItem:
    """The draft of an item where there is one, else the item itself."""
    return ItineraryItem.planned.select_related("program__organiser").filter(draft_of=item).first() or item


def stamp(items: Iterable[ItineraryItem]) -> str:
    """Another text as soon as one of them was changed, came or went: what a page showed is what its button acts upon."""
    facts = sorted((item.pk, item.changed_at.isoformat(), str(item.status_changed_at)) for item in items)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def values_of(item: ItineraryItem) -> dict[str, Any]:
    return {name: getattr(item, name) for name in FIELDS}


def all_values_of(item: ItineraryItem) -> dict[str, Any]:
    return values_of(item) | {name: getattr(item, name) for name in IN_SERIES}


def require_published(program: Program) -> None:
    """Drafts are for what others know already. Raises RuleViolation "not_published"."""
    if program.status != ProgramStatus.PUBLISHED:
        raise RuleViolation("not_published", _("Only a published itinerary has changes that wait."))


@transaction.atomic
def hold_new(*, program: Program, by: Any, at: datetime, groups: list[Group], **fields: Any) -> ItineraryItem:
    """Add an item that is published later. Raises what create_item raises, and "not_published"."""
    require_published(program)
    draft = ItineraryItem(program=program, is_draft=True, changed_at=at, **fields)
    rules.check_item(draft, groups)
    draft.save()
    draft.groups.set(groups)
    audit.record("itinerary.hold", draft, by=by)
    return draft


@transaction.atomic
def hold_change(*, item: ItineraryItem, by: Any, at: datetime, groups: list[Group] | None = None, **fields: Any) -> ItineraryItem:
    """Change an item later. A draft that says again what is published goes away. Raises what change_item raises, and "not_published"."""
    draft = draft_for(item, at)
    for name, value in fields.items():
        setattr(draft, name, value)
    chosen = list(draft.groups.all()) if groups is None else groups
    rules.check_item(draft, chosen)
    draft.changed_at = at
    draft.save()
    draft.groups.set(chosen)
    audit.record("itinerary.hold", draft, by=by)
    return forget_if_same(draft)


@transaction.atomic
def hold_cancel(*, item: ItineraryItem, by: Any, at: datetime, reason: str = "") -> ItineraryItem:
    """Call an item off later; a new one that nobody has seen goes at once. Raises RuleViolation "wrong_status", "not_published"."""
    draft = draft_for(item, at)
    if draft.draft_of_id is None:
        draft.delete()
        return draft
    move(draft, rules.ITEM_TRANSITIONS, "cancel", by=by, at=at, reason=reason)
    return draft


def draft_for(item: ItineraryItem, at: datetime) -> ItineraryItem:
    """The draft of an item, made as its copy where there is none. Raises RuleViolation "not_published"."""
    require_published(item.program)
    row = ItineraryItem.planned.select_for_update().get(pk=item.pk)
    if row.is_draft:
        return row
    found = ItineraryItem.planned.select_for_update().filter(draft_of=row).first()
    if found is not None:
        return found
    draft = ItineraryItem.planned.get(pk=row.pk)
    draft.pk, draft.uid, draft.is_draft, draft.draft_of, draft.changed_at = None, new_uid(), True, row, at
    draft._state.adding = True
    draft.save()
    draft.groups.set(row.groups.all())
    return draft


def forget_if_same(draft: ItineraryItem) -> ItineraryItem:
    item = draft.draft_of
    if item is None or item.status != draft.status or all_values_of(item) != all_values_of(draft) or groups_of(item) != groups_of(draft):
        return draft
    draft.delete()
    return item


def groups_of(item: ItineraryItem) -> set[int]:
    return set(item.groups.values_list("pk", flat=True))


@contextmanager
def announced(program: Program, by: Any, at: datetime, *, always: bool = False) -> Iterator[None]:
    """What changes inside in a published program is kept as a version and told to those concerned; nothing else makes one, unless `always`."""
    with transaction.atomic():
        program = Program.objects.select_for_update(no_key=True).get(pk=program.pk)
        before = snapshot(published_items(program))
        yield
        after = snapshot(published_items(program))
        is_news = program.status == ProgramStatus.PUBLISHED and bool(differences(before, after, first_day=program.starts_on))
        if is_news or always:
            version = next_version(program, before, after, by, at)
            audit.record("itinerary.publish", version, by=by)
            for listener in ON_PUBLISHED if is_news else ():
                listener(program=program, version=version, before=before, after=after, by=by, at=at)


def publish_now(*, item: ItineraryItem, by: Any, at: datetime, groups: list[Group] | None = None, **fields: Any) -> ItineraryItem:
    """Change an item, draft or not, at once and without the others that wait; its draft is done with. Raises what change_item raises."""
    with announced(item.program, by, at):
        if not item.is_draft:
            return rules.change_item(item=item, by=by, at=at, groups=groups, **fields)
        draft = draft_for(item, at)
        for name, value in fields.items():
            setattr(draft, name, value)
        draft.save()
        if groups is not None:
            draft.groups.set(groups)
        return apply(draft, by, at)


def publish(*, program: Program, by: Any, at: datetime, seen: str | None = None) -> ItineraryVersion:
    """Publish everything that waits as the next version, and tell the listeners. `seen` is the stamp of the drafts that were looked at.

    Raises RuleViolation "nothing_waits", "changed_meanwhile", "not_published".
    """
    require_published(program)
    with announced(program, by, at, always=True):
        drafts = list(drafts_of(program).select_for_update().order_by("pk"))
        if not drafts:
            raise RuleViolation("nothing_waits", _("No change waits to be published."))
        if seen is not None and seen != stamp(drafts):
            raise RuleViolation("changed_meanwhile", _("Other changes wait than those you saw. Look at them again, then publish."))
        for draft in drafts:
            apply(draft, by, at)
    return program.itinerary_versions.latest("number")


def apply(draft: ItineraryItem, by: Any, at: datetime) -> ItineraryItem:
    """Make one draft what everybody knows, by the ordinary rules."""
    item = draft.draft_of
    if item is None:
        return reveal(draft, by, at)
    groups, status, reason, values = list(draft.groups.all()), draft.status, draft.status_reason, all_values_of(draft)
    draft.delete()
    item = rules.change_item(item=item, by=by, at=at, groups=groups, **values)
    if item.status != status and "cancelled" in (item.status, status):
        step = rules.restore_item if item.is_cancelled else rules.cancel_item
        item = step(item=item, by=by, at=at, **({} if item.is_cancelled else {"reason": reason}))
    return item


def reveal(draft: ItineraryItem, by: Any, at: datetime) -> ItineraryItem:
    rules.check_item(draft, [])
    draft.is_draft, draft.changed_at = False, at
    draft.save()
    audit.record("itinerary.create", draft, by=by)
    return draft


def next_version(program: Program, before: list[dict[str, Any]], after: list[dict[str, Any]], by: Any, at: datetime) -> ItineraryVersion:
    """Keep what is published now; the first time also what was published before it, as version 1."""
    last = program.itinerary_versions.first()
    if last is None:
        last = ItineraryVersion.objects.create(program=program, number=1, items=before, published_at=program.status_changed_at or at)
    return ItineraryVersion.objects.create(program=program, number=last.number + 1, items=after, published_at=at, published_by=by)


@transaction.atomic
def discard(*, program: Program, by: Any) -> int:
    """Give up everything that waits; how many drafts that were."""
    count, _rows = drafts_of(program).count(), drafts_of(program).delete()
    if count:
        audit.record("itinerary.discard", program, by=by)
    return count


@transaction.atomic
def discard_one(*, draft: ItineraryItem, by: Any) -> None:
    """Give up what waits for one item."""
    audit.record("itinerary.discard", draft, by=by)
    draft.delete()
