"""The desk's navigation by role. Entries name URL names, so that this module imports nobody."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exchange import access


@dataclass(frozen=True)
class Entry:
    """A link of the navigation; `action` hides it from those who may not do that anywhere.

    `at_school` is its name for those who only work for a school; `tab` its short name at the foot of phones.
    """

    label: Any
    url_name: str
    icon: str
    action: str = "signed_in"
    at_school: Any = ""
    exact: bool = False  # current only at its own address, not below it
    below: tuple[str, ...] = ()  # further addresses whose pages belong to it
    tab: Any = ""


@dataclass(frozen=True)
class Section:
    title: Any
    entries: list[Entry] = field(default_factory=list)


PROGRAM_PAGES = ("/desk/series/", "/desk/itinerary-items/", "/desk/groups/", "/desk/registrations/", "/desk/roster-versions/", "/desk/imports/")
REVIEW_PAGES = ("/desk/registrations/bulk/",)
SECTIONS = [
    Section(
        "",
        [
            Entry(_("Desk"), "desk:home", "home", tab=_("Desk"), exact=True),
            Entry(pgettext_lazy("navigation", "Inbox"), "notices:inbox", "bell"),
            Entry(_("Programs"), "programs:list", "calendar", tab=pgettext_lazy("tab", "Programs"), below=PROGRAM_PAGES),
            Entry(
                pgettext_lazy("navigation", "Rosters"),
                "rosters:review",
                "people",
                at_school=_("Our school's roster"),
                tab=pgettext_lazy("tab", "Rosters"),
                below=REVIEW_PAGES,
            ),
            Entry(_("Itineraries and venues"), "itineraries:venues", "sign", "venue.change", below=("/desk/school-year/", "/desk/itinerary-templates/")),
            Entry(_("Calendars to subscribe to"), "my:office_calendars", "calendar-plus", "calendar.issue"),
            Entry(_("Check-in"), "attendance:programs", "check", "attendance.record", tab=pgettext_lazy("tab", "Check-in")),
            Entry(_("Certificates"), "certificates:list", "medal", tab=pgettext_lazy("tab", "Certificates"), below=("/desk/certificate-batches/",)),
            Entry(pgettext_lazy("navigation", "Credit hours"), "attendance:years", "chart", "certificate.watch"),
        ],
    ),
    Section(
        _("Organisation"),
        [
            Entry(_("People"), "people:list", "person"),
            Entry(_("Organisations and accounts"), "directory:organisations", "tree", at_school=_("Our school")),
            Entry(_("Activity log"), "desk:audit", "clock", "audit.view"),
        ],
    ),
]

# Filled by the apps' ready(): url name → function(user) -> (count, is_urgent).
COUNTERS: dict[str, Callable[[Any], tuple[int, bool]]] = {}


def navigation_for(user: Any, path: str) -> list[dict[str, Any]]:
    """Sections with title and entries as templates/desk.html shows them; the longest matching address is current."""
    sections = []
    for section in SECTIONS:
        entries = [entry for entry in (_entry(item, user) for item in section.entries if access.may(user, item.action)) if entry]
        if entries:
            sections.append({"title": section.title, "entries": entries})
    links = [(reach, entry) for section in sections for entry in section["entries"] if (reach := _reach(entry, path))]
    if links:
        max(links, key=lambda link: link[0])[1]["current"] = True
    return sections


def _reach(entry: dict[str, Any], path: str) -> int:
    """How much of the path the entry's addresses cover; 0 when the page is not its own."""
    if entry["exact"]:
        return len(path) if path == entry["url"] else 0
    return max((len(address) for address in (entry["url"], *entry["below"]) if path.startswith(address)), default=0)


def _entry(item: Entry, user: Any) -> dict[str, Any] | None:
    try:
        url = reverse(item.url_name)
    except NoReverseMatch:
        return None
    count, urgent = COUNTERS[item.url_name](user) if item.url_name in COUNTERS else (0, False)
    label = item.at_school if item.at_school and works_only_at_schools(user) else item.label
    return {
        "label": label,
        "url": url,
        "icon": item.icon,
        "tab": item.tab,
        "exact": item.exact,
        "below": item.below,
        "count": count,
        "urgent": urgent,
        "current": False,
    }


def works_only_at_schools(user: Any) -> bool:
    return bool(user.roles) and user.roles == {access.COORDINATOR}
