"""The review queue: what waits for me, person by person and many at once."""

from typing import Any

from django.core.paginator import Page as PageOfRows
from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.programs.models import Program
from exchange import access
from exchange.pages import Page
from participants.people.fields import shield_registrations
from participants.people.search import matching
from participants.rosters import review
from participants.rosters.listing import number, query_with, segments
from participants.rosters.models import Delegation, Registration
from participants.rosters.next_steps import next_steps
from participants.rosters.status import ENDED, TRANSITIONS, RegistrationStatus
from participants.rosters.undo import may_undo

S = RegistrationStatus
# From which statuses a button makes sense.
SOURCES: dict[str, frozenset[str]] = {
    **{name: arrow.sources for name, arrow in TRANSITIONS.items()},
    "change": frozenset(set(S) - ENDED),
}
VIEWS: dict[str, Any] = {
    "mine": _("Waiting for me"),
    "district": _("With the districts"),
    "all": pgettext_lazy("registrations", "All"),
    "returned": pgettext_lazy("view", "Returned"),
    "waitlisted": pgettext_lazy("view", "Waiting list"),
}


def view_conditions(user: Any) -> dict[str, Q]:
    return {
        "mine": review.waiting_for(user),
        "district": review.with_district(user),
        "all": review.LIVE & ~Q(status__in=[*ENDED, S.DRAFT]),
        "returned": review.LIVE & Q(status=S.RETURNED),
        "waitlisted": review.LIVE & Q(status=S.WAITLISTED),
    }


def pressing(view: str) -> list[Any]:
    """Among those who wait for a decision, substitutes stand first: their program is near, and somebody had the place already."""
    return [Case(When(replaces=None, then=1), default=0)] if view in ("mine", "district") else []


class ReviewPage(Page):
    """The queue for officers and viewers; coordinators get the overview of their rosters."""

    access = "signed_in"
    page_size = 50

    def get_template_names(self) -> list[str]:
        return ["rosters/review.html" if review.is_reviewer(self.request.user) else "rosters/overview.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more = self.queue() if review.is_reviewer(self.request.user) else {"rosters": own_rosters(self.request.user)}
        return super().get_context_data(**kwargs, **more)

    def rows(self) -> Any:
        """What the user oversees, narrowed by the filters of the address."""
        rows = Registration.objects.for_list().select_related("replaces__person").visible_to(self.request.user).filter(review.overseen(self.request.user))
        for name, lookup in (("program", "program_id"), ("delegation", "delegation__organisation_id")):
            chosen = number(self.request.GET, name)
            rows = rows.filter(**{lookup: chosen}) if chosen else rows
        return matching(rows, self.request.GET.get("q", "")[:60], "person", reader=self.request.user)

    def queue(self) -> dict[str, Any]:
        user, query = self.request.user, self.request.GET
        conditions = view_conditions(user)
        current = query.get("view", "mine") if query.get("view", "mine") in conditions else "mine"
        rows = self.rows()
        counts = rows.order_by().aggregate(**{name: Count("pk", filter=condition) for name, condition in conditions.items()})
        newest_first = query.get("order") == "newest"
        ordered = rows.filter(conditions[current]).order_by(*pressing(current), "-status_changed_at" if newest_first else "status_changed_at", "pk")
        page = Paginator(ordered, self.page_size).get_page(query.get("page"))
        labels = {name: label for name, label in VIEWS.items() if name != "district" or counts["district"] or current == "district"}
        panel = self.panel(page)  # its checks need whole numbers
        shield_registrations(page, user)
        return {
            "page_obj": page,
            "rows": [self.row(registration) for registration in page],
            "panel": panel,
            "views": segments(self.request, "view", labels, counts, current),
            "waiting": counts["mine"],
            "total": counts[current],
            "is_mine": current == "mine",
            "filters": self.filters(),
            "newest_first": newest_first,
            "here": query_with(self.request, person=None),
        }

    def row(self, registration: Registration) -> dict[str, Any]:
        time, is_late = review.waited(registration, timezone.now())
        return {
            "registration": registration,
            "url": query_with(self.request, person=registration.pk, page=self.request.GET.get("page")),
            "waited": time,
            "is_late": is_late,
            "may_undo": registration.status == S.RETURNED and may_undo(registration, self.request.user),
        }

    def filters(self) -> dict[str, Any]:
        """Choices of the two selects: programs and delegations with something to oversee."""
        seen = Registration.objects.filter(review.overseen(self.request.user), review.LIVE).visible_to(self.request.user).order_by()
        programs = Program.objects.filter(pk__in=seen.values("program_id")).order_by("-starts_on")[:100]
        delegations = (
            Delegation.objects.filter(pk__in=seen.values("delegation_id")).select_related("organisation__division").order_by("organisation__division_id")
        )
        return {
            "programs": programs,
            "districts": list({row.organisation_id: row.organisation for row in delegations}.values()),
            "program": number(self.request.GET, "program"),
            "delegation": number(self.request.GET, "delegation"),
        }

    def panel(self, page: "PageOfRows[Registration]") -> dict[str, Any] | None:
        """The person at the right: the one of the address, else the first of the list. `after` opens the next person."""
        on_page = list(page)
        wanted = number(self.request.GET, "person")
        chosen = next((row for row in on_page if row.pk == wanted), None)
        if chosen is None and wanted:
            chosen = self.rows().filter(pk=wanted).first()
        is_default = chosen is None
        chosen = chosen or (on_page[0] if on_page else None)
        if chosen is None:
            return None
        return {**panel_of(chosen, self.request.user), "is_default": is_default, **self.place_of(chosen, on_page, page.start_index())}

    def place_of(self, chosen: Registration, on_page: list[Registration], first: int) -> dict[str, Any]:
        index = on_page.index(chosen) if chosen in on_page else -1
        following = on_page[index + 1] if index + 1 < len(on_page) else on_page[index - 1] if index > 0 else None
        after = query_with(self.request, person=following.pk if following and following != chosen else None)
        return {"number": first + index if index >= 0 else None, "after": after}


def panel_of(registration: Registration, user: Any) -> dict[str, Any]:
    """What the panel and the detail page show of one registration."""
    person = registration.person
    may: dict[str, bool] = {
        name: access.may(user, f"registration.{name}", registration)
        for name in ("endorse", "confirm", "return", "decline", "withdraw", "replace", "submit", "change")
    }
    checks = review.checks(registration, user)
    shield_registrations([registration], user)
    shown = registration.person
    return {
        "registration": registration,
        "person": shown,
        "steps": review.steps(registration),
        "checks": checks,
        "approval": review.approval(registration, user),
        "may_undo": may_undo(registration, user),
        "can": {name: allowed and registration.status in SOURCES[name] for name, allowed in may.items()},
        "may_reveal": access.may(user, "person.reveal", registration),
        "may_change_person": access.may(user, "person.change", person),
        "age": age_on(shown, timezone.localdate()),
    }


def age_on(person: Any, day: Any) -> int | None:
    born = person.birth_on
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day)) if born else None


def own_rosters(user: Any) -> list[dict[str, Any]]:
    """For coordinators: the programs that invite their unit, with what to do next."""
    programs = review.my_programs(user).filter(status="published").select_related("organiser").order_by("starts_on")[:20]
    return [{"program": program, "steps": next_steps(user, program)} for program in programs]
