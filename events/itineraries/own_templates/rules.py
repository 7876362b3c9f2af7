"""Keeping an itinerary, or a day of it, as an office's template, and planning by it.

A template keeps times, titles, types, places and names of groups. It keeps nobody's name or number and nothing that may hold one: no
responsible person, description, note, meeting link, host, train or file.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.itineraries import drafts
from events.itineraries.models import ItineraryItem, Venue
from events.itineraries.own_templates.models import ItineraryTemplate
from events.itineraries.proposals import MOST_ITEMS, Proposal, checked
from events.programs.models import Program
from exchange import audit
from exchange.transitions import RuleViolation

KEPT = ("item_type", "title_zh", "title_en", "location", "capacity", "travel_from", "travel_to", "is_public")


def items_of(program: Program, day: date | None = None) -> list[ItineraryItem]:
    """What is planned, drafts included, on all days of the program or on one."""
    rows = [item for item in drafts.planned_items(program) if not item.is_cancelled and program.starts_on <= item.day <= program.ends_on]
    return [item for item in rows if day is None or item.day == day]


def line_of(item: ItineraryItem, first: date) -> dict[str, Any]:
    starts = timezone.localtime(item.starts_at)
    line = {"day": (item.day - first).days, "starts": f"{starts:%H:%M}", "minutes": int((item.ends_at - item.starts_at).total_seconds() // 60)}
    line |= {name: getattr(item, name) for name in KEPT} | {"credit_hours": f"{item.credit_hours:g}", "venue": item.venue_id}
    return line | {"groups": [group.name for group in item.groups.all()]}


@transaction.atomic
def save_template(*, program: Program, owner: Any, name: str, day: date | None, by: Any, at: datetime) -> ItineraryTemplate:
    """Keep what a program plans as a template of an office. Raises RuleViolation "nothing_there", "too_many", "name_taken"."""
    items = items_of(program, day)
    if not items:
        raise RuleViolation("nothing_there", _("Nothing is planned there that could be kept."), field="day")
    if len(items) > MOST_ITEMS:
        raise RuleViolation("too_many", _("At most %(count)s items at once.") % {"count": MOST_ITEMS})
    check_name(owner, name)
    row = ItineraryTemplate.objects.create(owner=owner, name=name, items=[line_of(item, day or program.starts_on) for item in items], created_at=at)
    audit.record("itinerary_template.create", row, by=by)
    return row


def check_name(owner: Any, name: str, but: ItineraryTemplate | None = None) -> None:
    others = ItineraryTemplate.objects.filter(owner=owner, name=name)
    if (others.exclude(pk=but.pk) if but else others).exists():
        raise RuleViolation("name_taken", _("This office has a template with this name."), field="name")


@transaction.atomic
def rename_template(*, template: ItineraryTemplate, name: str, by: Any) -> ItineraryTemplate:
    """Raises RuleViolation "name_taken"."""
    row = ItineraryTemplate.objects.select_for_update().get(pk=template.pk)
    check_name(row.owner_id, name, but=row)
    changes = {"name": [row.name, name]}
    row.name = name
    row.save(update_fields=["name"])
    audit.record("itinerary_template.change", row, by=by, changes=changes)
    return row


@transaction.atomic
def delete_template(*, template: ItineraryTemplate, by: Any) -> None:
    """What was planned by it stays."""
    audit.record("itinerary_template.delete", template, by=by)
    template.delete()


def proposals_of(template: ItineraryTemplate, first: date, by: Any) -> list[Proposal]:
    """The template on days from `first` on, at those of its venues that `by` sees. Raises RuleViolation "too_many"."""
    keys = {line["venue"] for line in template.lines if line["venue"]}
    venues = Venue.objects.visible_to(by).in_bulk(keys) if keys else {}
    return checked(proposed(template.lines, first, venues))


def proposed(lines: Iterable[dict[str, Any]], first: date, venues: dict[int, Venue]) -> Iterable[Proposal]:
    for line in lines:
        starts = timezone.make_aware(datetime.combine(first + timedelta(days=line["day"]), time.fromisoformat(line["starts"])))
        fields = {name: line[name] for name in KEPT} | {"credit_hours": Decimal(line["credit_hours"]), "venue": venues.get(line["venue"])}
        yield Proposal(fields | {"starts_at": starts, "ends_at": starts + timedelta(minutes=line["minutes"])}, tuple(line["groups"]))
