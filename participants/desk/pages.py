"""The desk's own pages: home by role, search, activity log and help."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchange import access, house_dates
from exchange.house_dates import counted
from exchange.pages import Page
from participants.certificates.models import Certificate
from participants.desk.help import help_for
from participants.desk.overview import agenda, nearest_quota, season
from participants.desk.school import explanation, school_home
from participants.desk.search import MOST, search
from participants.desk.tasks import tasks_for
from participants.directory.models import Organisation, User
from participants.rosters.models import Registration

TASKS_SHOWN = 7


class Home(Page):
    """Where everyone begins: what waits for the user today, by role."""

    access = "desk"

    def get_template_names(self) -> list[str]:
        return [f"desk/home_{self.role}.html"]

    @property
    def role(self) -> str:
        user: Any = self.request.user
        if user.is_superuser or access.OFFICER in user.roles:
            return "office"
        if access.COORDINATOR in user.roles:
            return "school"
        return "viewer" if access.VIEWER in user.roles else "nobody"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        build = {"office": office_context, "school": school_context, "viewer": viewer_context}.get(self.role)
        today = timezone.localdate()
        context = super().get_context_data(**kwargs) | {
            "today_words": " ".join([house_dates.day(today), house_dates.weekday(today)][:: -1 if house_dates.is_english() else 1])
        }
        return context | (build(self.request.user) if build else {})


def office_context(user: Any) -> dict[str, Any]:
    now = timezone.now()
    tasks = tasks_for(user, now)
    return {
        "heading": office_heading(len(tasks)),
        "tasks": tasks[:TASKS_SHOWN],
        "more_tasks": len(tasks[TASKS_SHOWN:]),
        "may_create": access.may(user, "program.create"),
        "platform": platform_figures() if user.is_superuser else [],
        **surroundings(user, tasks),
    }


def office_heading(number: int) -> str:
    if not number:
        return _("Nothing waits for you today")
    return ngettext("%(number)s thing to do today", "%(number)s things to do today", number) % {"number": counted(number)}


def surroundings(user: Any, tasks: list[Any]) -> dict[str, Any]:
    now = timezone.now()
    program, bars = nearest_quota(user, now)
    return {"agenda": agenda(user, now), "quota_program": program, "bars": bars, "season": season(user, now, tasks)}


def platform_figures() -> list[tuple[str, int]]:
    """What the administrator's platform holds."""
    return [
        (_("Organisations"), Organisation.objects.filter(is_active=True).count()),
        (_("Accounts"), User.objects.filter(is_active=True).count()),
        (_("Registrations"), Registration.objects.active().count()),
        (_("Certificates"), Certificate.objects.count()),
    ]


def viewer_context(user: Any) -> dict[str, Any]:
    membership = user.memberships.select_related("organisation").order_by("pk").first()
    return {"heading": membership.organisation if membership else "", **surroundings(user, [])}


def school_context(user: Any) -> dict[str, Any]:
    home = school_home(user, timezone.now())
    membership = user.memberships.filter(role=access.COORDINATOR).select_related("organisation").order_by("pk").first()
    people = [(row, explanation(row)) for row in home.main.people] if home.main else []
    return {
        "home": home,
        "heading": home.heading,
        "school": membership.organisation if membership else "",
        "people": people,
        "agenda": agenda(user, timezone.now()),
    }


class Search(Page):
    """One box for people, programs, certificates and organisations, each limited to what the user may see."""

    access = "desk"
    template_name = "desk/search.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.request.GET.get("q", "").strip()[:100]
        groups = search(self.request.user, words) if words else []
        return super().get_context_data(**kwargs) | {"q": words, "groups": groups, "most": MOST, "total": sum(len(group.rows) for group in groups)}


class Help(Page):
    """The first five minutes of the user's role, the other roles, and the keys."""

    access = "desk"
    template_name = "desk/help.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"help": help_for(self.request.user)}
