"""Pages for everyone: the front page, a program, a season, and the small print."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, Max, Min, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.views.generic import View

from events.calendars.addresses import subscription
from events.itineraries.credit import planned_hours
from events.itineraries.day_parts import DayPart, now_and_next, parts_by_day
from events.itineraries.models import ItineraryItem
from events.kinds.registry import KIND_CHOICES
from events.programs import listing
from events.programs.models import Program, Series, Visibility
from events.programs.status import ProgramStatus
from exchange.pages import Page, Policed, ScopedList

# Calendars stay open: Google's reader of subscriptions keeps to this file. Their secret addresses are linked nowhere.
ROBOTS = """User-agent: *
Disallow: /desk/
Disallow: /my/
Disallow: /api/
Disallow: /accounts/
Allow: /
"""


class Home(ScopedList):
    """Programs that the visitor may see, what is still to come first."""

    access = "anyone"
    queryset = Program.objects.for_list().exclude(status=ProgramStatus.DRAFT)
    template_name = "programs/home.html"
    context_object_name = "programs"
    paginate_by = 20
    search_fields = ["title_zh", "title_en", "place_zh", "place_en", "organiser__name_zh", "series__name_zh"]
    views = ("open", "upcoming", "running", "past", "cancelled")

    def get_queryset(self) -> Any:
        self.wanted = listing.filters(self.request)
        rows = super().get_queryset()
        if self.wanted["kind"]:
            rows = rows.filter(kind=self.wanted["kind"])
        now = timezone.now()
        self.counts = rows.phase_counts(now)
        if self.wanted["state"]:
            rows = listing.in_view(rows, self.wanted["state"], now)
        return listing.current_first(rows, timezone.localdate(now))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            wanted=self.wanted,
            kinds=KIND_CHOICES,
            views=listing.phase_views(self.request, self.counts, self.views, self.wanted["state"]),
            chips=listing.chips(self.request, self.wanted),
            seasons=seasons_for(self.request.user),
            **kwargs,
        )


def seasons_for(user: Any) -> Any:
    """Seasons with the number and the span of the programs in them that the visitor may see: those not over yet, then the latest of the others."""
    shown = Program.objects.visible_to(user).exclude(status=ProgramStatus.DRAFT).order_by().values("pk")
    inside = Q(programs__in=shown)
    rows = Series.objects.visible_to(user).annotate(
        shown=Count("programs", filter=inside), starts_on=Min("programs__starts_on", filter=inside), ends_on=Max("programs__ends_on", filter=inside)
    )
    is_past = Case(When(ends_on__lt=timezone.localdate(), then=Value(True)), default=Value(False))
    return rows.filter(shown__gt=0).annotate(is_past=is_past).order_by("is_past", "-ends_on", "-pk")[:8]


class SeriesPage(Page):
    """A season and those of its programs that the visitor may see."""

    access = "anyone"
    template_name = "programs/series.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        series = self.visible(Series.objects.select_related("organiser"), pk=kwargs["pk"])
        programs = list(series.programs.visible_to(self.request.user).exclude(status=ProgramStatus.DRAFT).for_list().order_by("starts_on", "pk"))
        span = (min(row.starts_on for row in programs), max(row.ends_on for row in programs)) if programs else None
        return super().get_context_data(series=series, programs=programs, span=span, **kwargs)


class ProgramPage(Page):
    """A program as the public sees it; invited ones only for those who may see them."""

    access = "anyone"
    template_name = "programs/program.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        program = self.visible(Program.objects.for_page(), pk=kwargs["pk"])
        items = list(program.items.select_related("venue").prefetch_related("groups", "materials"))
        delegations = list(program.delegations.select_related("organisation__division"))
        return super().get_context_data(
            program=program,
            kind=program.kind_rules,
            kind_rows={row.name: row for row in program.public_rows},
            days=parts_by_day(item for item in items if item.is_public),
            now_and_next=on_these_days([item for item in items if item.is_public and not item.is_cancelled], timezone.now()),
            offices=pgettext("list", ", ").join([str(program.organiser), *(str(office) for office in program.co_organisers.all())]),
            hours=credit_hours(program, items),
            delegations=delegations,
            may_enter=may_enter(program, self.request.user),
            quota=sum(delegation.quota for delegation in delegations),
            co_organisers=list(program.co_organisers.all()),
            calendar=calendar_addresses(program),
            **kwargs,
        )


def may_enter(program: Program, user: Any) -> bool:
    """Whether the way to registration leads anywhere: visitors sign in first, and schools that are not invited find nothing there."""
    return not user.is_authenticated or Program.objects.concerning(user).filter(pk=program.pk).exists()


def on_these_days(items: list[ItineraryItem], now: datetime) -> list[tuple[bool, DayPart]]:
    """What goes on and what is next, from the first day on which something takes place to the last."""
    today = timezone.localdate(now)
    return now_and_next(items, now) if any(item.day <= today for item in items) and any(today <= item.last_day for item in items) else []


def credit_hours(program: Program, items: list[ItineraryItem]) -> Decimal:
    """Credit hours that one participant can reach: items for everyone and the fullest group's own, up to the program's cap."""
    everyone: list[ItineraryItem] = []
    groups: dict[int, list[ItineraryItem]] = defaultdict(list)
    for item in items:
        if item.is_cancelled:
            continue
        members = list(item.groups.all())
        everyone += [] if members else [item]
        for group in members:
            groups[group.pk].append(item)
    total = max(planned_hours(program.hours_rule, everyone + own) for own in [[], *groups.values()])
    return total if program.credit_hours_cap is None else min(total, program.credit_hours_cap)


def calendar_addresses(program: Program) -> dict[str, Any] | None:
    """Where calendars subscribe; calendars cannot sign in, so only public programs have an address."""
    if program.visibility != Visibility.PUBLIC or program.status == ProgramStatus.DRAFT:
        return None
    return subscription(f"{settings.SITE_URL}/programs/{program.pk}/itinerary.ics", get_language() or "")


class Privacy(Page):
    access = "anyone"
    template_name = "programs/privacy.html"


class Accessibility(Page):
    access = "anyone"
    template_name = "programs/accessibility.html"


class Robots(Policed, View):
    """Search engines may read public pages and calendars, and nothing else."""

    access = "anyone"

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")
