"""What waits to be published, and the versions that were."""

from typing import Any

from django.contrib import messages
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.itineraries import drafts
from events.itineraries.models import ItineraryItem, ItineraryVersion
from events.itineraries.pages import PLANNED, PROGRAMS, board_url, may_plan
from events.itineraries.versions import differences, snapshot
from events.programs.models import Program
from exchange.pages import ActionView, Page


def changes_url(program: Program) -> str:
    return reverse("itineraries:changes", args=[program.pk])


class Changes(Page):
    """`/desk/programs/<pk>/itinerary/changes/`: what waits, and `?since=2` how today's itinerary differs from a version (`&until=3`: two of them)."""

    access = "itinerary.change"
    template_name = "itineraries/changes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        program = self.allowed(PROGRAMS, pk=self.kwargs["pk"])
        versions = list(program.itinerary_versions.visible_to(self.request.user).select_related("published_by").defer("items"))
        waiting = list(drafts.drafts_of(program))
        since, until = self.version(program, "since"), self.version(program, "until")
        return super().get_context_data(
            program=program,
            pending=drafts.pending(program),
            waiting=len(waiting),
            seen=drafts.stamp(waiting),
            versions=versions,
            since=since,
            until=until,
            compared=compare(program, since, until) if since else [],
            can_publish=may_plan(self.request.user, program),
            back_url=board_url(program),
            **kwargs,
        )

    def version(self, program: Program, name: str) -> ItineraryVersion | None:
        """The version that the address names; what is no number counts as not given."""
        asked = self.request.GET.get(name, "")
        if not (asked.isascii() and asked.isdigit() and len(asked) < 9):
            return None
        return program.itinerary_versions.visible_to(self.request.user).filter(number=int(asked)).first()


def compare(program: Program, since: ItineraryVersion, until: ItineraryVersion | None) -> list[Any]:
    after = until.items if until else snapshot(drafts.published_items(program))
    return differences(since.items, after, first_day=program.starts_on)


class PublishChanges(ActionView):
    access = "itinerary.change"
    queryset = PROGRAMS

    def act(self, row: Program) -> str:
        version = drafts.publish(program=row, by=self.request.user, at=timezone.now(), seen=self.request.POST.get("seen"))
        messages.success(self.request, _("Version %(number)s is published. Calendars follow within 15 minutes.") % {"number": version.number})
        return board_url(row)

    def back(self, row: Program) -> str:
        return changes_url(row)


class DiscardChanges(ActionView):
    access = "itinerary.change"
    queryset = PROGRAMS

    def act(self, row: Program) -> str:
        count = drafts.discard(program=row, by=self.request.user)
        messages.success(self.request, ngettext("%(count)s change is given up.", "%(count)s changes are given up.", count) % {"count": count})
        return board_url(row)


class DiscardOne(ActionView):
    access = "itinerary.change"
    queryset = PLANNED.filter(is_draft=True)

    def act(self, row: ItineraryItem) -> str:
        drafts.discard_one(draft=row, by=self.request.user)
        messages.success(self.request, _("The change of “%(title)s” is given up.") % {"title": row})
        return board_url(row.program, row.day)
