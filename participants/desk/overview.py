"""What the home pages of offices show beside the tasks: dates ahead, the places of the nearest program, the programs of the season."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count
from django.db.models.functions import Substr
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import access, house_dates
from participants.desk.links import link
from participants.desk.tasks import Task
from participants.desk.words import place_of
from participants.rosters.models import Registration
from participants.rosters.status import TAKES_PLACE

AGENDA_LENGTH, SEASON_LENGTH, BARS = 5, 8, 6
SEASON_BACK = timedelta(days=60)
PLACES = {"11": "beijing", "12": "tianjin", "13": "hebei"}


@dataclass(frozen=True)
class Appointment:
    """A date ahead."""

    day: date
    title: str
    note: str
    url: str


def agenda(user: Any, now: datetime) -> list[Appointment]:
    """The next deadlines and first days of the programs that the user organises or takes part in."""
    today = timezone.localdate(now)
    programs = Program.objects.concerning(user).filter(status=ProgramStatus.PUBLISHED)
    closing = programs.filter(registration_closes_at__gt=now, starts_on__gt=today).order_by("registration_closes_at", "pk")[:AGENDA_LENGTH]
    starting = programs.filter(starts_on__gte=today).order_by("starts_on", "pk")[:AGENDA_LENGTH]
    rows = [_closing(program) for program in closing] + [_starting(program) for program in starting]
    return sorted(rows, key=lambda row: row.day)[:AGENDA_LENGTH]


def _closing(program: Program) -> Appointment:
    closes = timezone.localtime(program.registration_closes_at)
    title = _("Registration closes: %(program)s") % {"program": program}
    return Appointment(closes.date(), title, f"{house_dates.weekday(closes)} {house_dates.clock(closes)}", link("programs:detail", program.pk))


def _starting(program: Program) -> Appointment:
    days = (program.ends_on - program.starts_on).days + 1
    length = ngettext("%(days)s day", "%(days)s days", days) % {"days": days}
    return Appointment(
        program.starts_on, str(program), " · ".join(part for part in (program.bilingual("place"), length) if part), link("programs:detail", program.pk)
    )


@dataclass(frozen=True)
class QuotaBar:
    name: str
    note: str
    division: str
    quota: int
    confirmed: int
    in_review: int


def nearest_quota(user: Any, now: datetime) -> tuple[Program | None, list[QuotaBar]]:
    """The program whose registration closes next, and the places of its delegations."""
    today = timezone.localdate(now)
    ahead = Program.objects.concerning(user).filter(status=ProgramStatus.PUBLISHED, ends_on__gte=today, delegations__isnull=False)
    program = (
        ahead.filter(registration_closes_at__gt=now, starts_on__gt=today).order_by("registration_closes_at", "pk").first()
        or ahead.order_by("starts_on", "pk").first()
    )
    return program, quota_bars(program, user) if program else []


def quota_bars(program: Program, user: Any) -> list[QuotaBar]:
    rows: Any = program.delegations.visible_to(user).select_related("organisation__division").with_figures().order_by("organisation__division_id", "pk")[:BARS]
    units = Registration.objects.visible_to(user).filter(program=program, status__in=TAKES_PLACE).order_by().values_list("delegation_id")
    schools = dict(units.annotate(Count("organisation_id", distinct=True)))
    return [
        QuotaBar(
            name=place_of(row.organisation),
            note=ngettext("%(number)s unit", "%(number)s units", schools.get(row.pk, 0)) % {"number": schools.get(row.pk, 0)},
            division=row.organisation.division_id or "",
            quota=row.quota,
            confirmed=row.confirmed,
            in_review=row.in_review,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class SeasonRow:
    """A program with the number of people per place, and the next step in it."""

    program: Program
    beijing: int
    tianjin: int
    hebei: int
    others: int
    label: str
    url: str

    @property
    def is_empty(self) -> bool:
        return not (self.beijing or self.tianjin or self.hebei or self.others)


def season(user: Any, now: datetime, tasks: list[Task]) -> list[SeasonRow]:
    """Programs that are not long over, in order of their first day."""
    programs = Program.objects.concerning(user).exclude(status=ProgramStatus.CANCELLED).filter(ends_on__gte=timezone.localdate(now) - SEASON_BACK)
    rows = list(programs.select_related("series", "organiser").order_by("starts_on", "pk")[:SEASON_LENGTH])
    numbers = _people_by_place([program.pk for program in rows], user)
    first_task = {task.program_id: task for task in reversed(tasks)}
    return [_season_row(program, numbers[program.pk], first_task.get(program.pk), user) for program in rows]


def _people_by_place(programs: list[int], user: Any) -> dict[int, dict[str, int]]:
    held = Registration.objects.visible_to(user).filter(program_id__in=programs, status__in=TAKES_PLACE).order_by()
    by_province = held.annotate(province=Substr("delegation__organisation__division_id", 1, 2)).values_list("program_id", "province")
    found: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("beijing", "tianjin", "hebei", "others"), 0))
    for program, province, number in by_province.annotate(Count("pk")):
        found[program][PLACES.get(province, "others")] += number
    return found


def _season_row(program: Program, numbers: dict[str, int], task: Task | None, user: Any) -> SeasonRow:
    label, url = (task.label, task.url) if task else next_step(program, user)
    return SeasonRow(program=program, label=label, url=url, **numbers)


def next_step(program: Program, user: Any) -> tuple[str, str]:
    """The verb and address that fit the program's phase."""
    runs = access.may(user, "program.change", program)
    if runs and program.status == ProgramStatus.DRAFT:
        return _("Go on planning"), link("programs:detail", program.pk)
    if runs and program.phase in ("upcoming", "running"):
        return _("Check in"), link("attendance:program", program.pk)
    if runs and program.phase in ("over", "completed"):
        return _("Certificates"), link("certificates:program", program.pk)
    return (_("Roster"), link("rosters:program", program.pk)) if program.phase == "open" else (_("View"), link("programs:detail", program.pk))
