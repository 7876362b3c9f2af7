"""What happened to a program, in words, from the audit."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from events.programs.models import Program
from exchange.audit import AuditEvent

# Only what concerns the program itself; what happened to people is on their own pages.
WORDS: dict[str, Any] = {
    "program.create": _("created the program"),
    "program.change": _("changed the program"),
    "program.publish": _("published the program"),
    "program.complete": _("completed the program"),
    "program.cancel": _("cancelled the program"),
    "program.copy": _("made this copy"),
    "delegation.set": _("set the quota of a delegation"),
    "itinerary.create": _("added an itinerary item"),
    "itinerary.change": _("changed an itinerary item"),
    "itinerary.delete": _("removed an itinerary item"),
    "itineraryitem.cancel": _("cancelled an itinerary item"),
    "itineraryitem.restore": _("brought an itinerary item back"),
    "group.create": _("added a group"),
    "group.change": _("changed a group"),
}


def recent(program: Program, user: Any, limit: int = 8) -> list[AuditEvent]:
    """The latest changes that the user may read, each with `words`."""
    rows: list[Any] = list(AuditEvent.objects.visible_to(user).filter(program_id=program.pk, action__in=list(WORDS))[:limit])
    for row in rows:
        row.words = WORDS[row.action]
    return rows
