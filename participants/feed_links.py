"""Secret calendar addresses of groups, delegations and offices: given out, reset, ended."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce

from events.calendars.feed import item_stamps
from events.calendars.models import CalendarLink
from exchange import audit
from exchange.encryption import derive_token, token_hash

TARGETS = {"events.Group": "group", "participants.Delegation": "delegation", "participants.Organisation": "organisation"}


def link_token(link: CalendarLink) -> str:
    """130 bits, derived, so that it can be shown again to those who may see it."""
    return derive_token("shared-calendar", link.pk, link.version)


def link_address(link: CalendarLink) -> str:
    return f"{settings.SITE_URL}/calendars/office-{link_token(link)}.ics"


def link_by_token(token: str, now: datetime) -> CalendarLink | None:
    """The link with what decides whether its program's calendar changed, in one query."""
    rows = CalendarLink.objects.for_feed().annotate(program_key=Coalesce("group__program", "delegation__program"))
    return rows.annotate(**item_stamps("program_key", now)).filter(token_hash=token_hash(token)).first()


@transaction.atomic
def issue(*, target: Any, by: Any, at: datetime) -> CalendarLink:
    """Give a group, delegation or organisation its address; one that exists stays."""
    link, is_new = CalendarLink.objects.get_or_create(**{TARGETS[target._meta.label]: target}, defaults={"issued_at": at})
    if is_new:
        set_token(link)
        audit.record("calendar.issue", link, by=by)
    return link


@transaction.atomic
def reset(*, link: CalendarLink, by: Any, at: datetime) -> CalendarLink:
    """Another address; the old one ends at once."""
    link = CalendarLink.objects.select_for_update().get(pk=link.pk)
    link.version, link.issued_at = link.version + 1, at
    set_token(link)
    audit.record("calendar.reset", link, by=by)
    return link


def set_token(link: CalendarLink) -> None:
    link.token_hash = token_hash(link_token(link))
    link.save()
