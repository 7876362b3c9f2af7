"""What a notice says: a title with the number of people, some names, and the address of the work."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from exchange import house_dates
from participants.notices.models import Notice, NoticeKind

SHOWN_NAMES, SHOWN_CHANGES = 3, 4
K = NoticeKind

TITLES: dict[str, Callable[[int], str]] = {
    K.SUBMITTED: lambda number: ngettext("%(number)s registration to check", "%(number)s registrations to check", number),
    K.RETURNED: lambda number: ngettext("%(number)s person returned for correction", "%(number)s people returned for correction", number),
    K.ENDORSED: lambda number: ngettext("%(number)s person passed by the district", "%(number)s people passed by the district", number),
    K.CONFIRMED: lambda number: ngettext("%(number)s person confirmed by the organiser", "%(number)s people confirmed by the organiser", number),
    K.DECLINED: lambda number: ngettext("%(number)s person declined", "%(number)s people declined", number),
    K.WAITLISTED: lambda number: ngettext("%(number)s person on the waiting list", "%(number)s people on the waiting list", number),
    K.MOVED_UP: lambda number: ngettext("%(number)s person moved up from the waiting list", "%(number)s people moved up from the waiting list", number),
    K.WITHDRAWN: lambda number: ngettext("%(number)s person withdrew", "%(number)s people withdrew", number),
    K.REPLACED: lambda number: ngettext("%(number)s person takes somebody's place", "%(number)s people take somebody's place", number),
    K.RESTORED: lambda number: ngettext("%(number)s person back at the earlier step", "%(number)s people back at the earlier step", number),
    K.ENDORSE_NEAR: lambda number: ngettext("%(number)s person for the district to pass", "%(number)s people for the district to pass", number),
    K.CONFIRM_NEAR: lambda number: ngettext("%(number)s person for the organiser to confirm", "%(number)s people for the organiser to confirm", number),
    K.ITINERARY_CHANGED: lambda number: ngettext("%(number)s change of the itinerary", "%(number)s changes of the itinerary", number),
}
GLYPHS: dict[str, str] = {
    K.SUBMITTED: "one-third",
    K.RETURNED: "returned",
    K.ENDORSED: "two-thirds",
    K.CONFIRMED: "done",
    K.DECLINED: "octagon",
    K.WAITLISTED: "hourglass",
    K.MOVED_UP: "one-third",
    K.WITHDRAWN: "withdrawn",
    K.REPLACED: "swap",
    K.RESTORED: "swap",
    K.DEADLINE_NEAR: "warning",
    K.ENDORSE_NEAR: "warning",
    K.CONFIRM_NEAR: "warning",
    K.ITINERARY_CHANGED: "changed",
}


@dataclass(frozen=True)
class Line:
    """A notice in the reader's language."""

    notice: Notice
    title: str
    names: str
    url: str
    glyph: str


def lines(notices: Iterable[Notice]) -> list[Line]:
    """Notices with their words; the names of all of them are read in one query."""
    rows = list(notices)
    keys = {key for notice in rows for key in notice.people[:SHOWN_NAMES]}
    names = names_by_key(keys) if keys else {}
    return [Line(notice, title_of(notice), names_of(notice, names), url_of(notice), GLYPHS.get(notice.kind, "dot")) for notice in rows]


def names_by_key(keys: set[int]) -> dict[int, str]:
    """The names of registrations; of a substitute also whose place it is."""
    found = apps.get_model("participants.Registration").objects.filter(pk__in=keys).values_list("pk", "person__name", "replaces__person__name")
    return {key: _("%(name)s (for %(before)s)") % {"name": name, "before": before} if before else name for key, name, before in found}


def title_of(notice: Notice) -> str:
    if notice.kind == K.DEADLINE_NEAR:
        closes = notice.due_at or notice.program.registration_closes_at
        return _("Registration closes on %(day)s") % {"day": house_dates.day(closes)} if closes else _("Registration closes soon")
    title = TITLES[notice.kind](notice.number) % {"number": notice.number}
    return _("%(what)s until %(time)s") % {"what": title, "time": house_dates.moment(notice.due_at)} if notice.due_at else title


def names_of(notice: Notice, known: dict[int, str]) -> str:
    """A few names, and how many more; for a deadline, what is left to do."""
    if notice.kind == K.DEADLINE_NEAR:
        return left_to_do(notice)
    if notice.kind == K.ITINERARY_CHANGED:
        return changes_of(notice)
    names = [known[key] for key in notice.people[:SHOWN_NAMES] if key in known]
    if not names:
        return ""
    joined = (", " if (get_language() or "").startswith("en") else "、").join(names)
    return _("%(names)s and others") % {"names": joined} if notice.number > len(names) else joined


def changes_of(notice: Notice) -> str:
    """The first changes of an itinerary, in the reader's language, and how many more."""
    is_english = (get_language() or "").startswith("en")
    shown = (". " if is_english else "。").join(pair[is_english] for pair in notice.changes[:SHOWN_CHANGES])
    return _("%(changes)s and %(more)s more") % {"changes": shown, "more": notice.number - SHOWN_CHANGES} if notice.number > SHOWN_CHANGES else shown


def left_to_do(notice: Notice) -> str:
    drafts = ngettext("%(number)s person is not submitted yet.", "%(number)s people are not submitted yet.", notice.number) % {"number": notice.number}
    places = ngettext("%(number)s place is unused.", "%(number)s places are unused.", notice.places) % {"number": notice.places}
    separator = " " if (get_language() or "").startswith("en") else ""
    return separator.join(text for text, is_shown in ((drafts, notice.number), (places, notice.places)) if is_shown)


def url_of(notice: Notice) -> str:
    """Where the work is: the one registration, the list to check, or the roster."""
    if notice.number == 1 and notice.people and notice.kind != K.DEADLINE_NEAR:
        return reverse("rosters:registration", args=[notice.people[0]])
    if notice.kind == K.ITINERARY_CHANGED:
        return reverse("itineraries:board", args=[notice.program_id])
    if notice.kind in (K.SUBMITTED, K.ENDORSED):
        return reverse("rosters:review")
    if notice.kind in (K.ENDORSE_NEAR, K.CONFIRM_NEAR):
        return f"{reverse('rosters:review')}?program={notice.program_id}"
    return reverse("rosters:program", args=[notice.program_id])


def kind_label(kind: str) -> Any:
    return _("Daily summary") if kind == "digest" else NoticeKind(kind).label
