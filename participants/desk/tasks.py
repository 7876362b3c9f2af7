"""What waits for an officer today: each a number, a sentence and the address of the work, from a constant number of queries."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from events.itineraries.models import ItemStatus, ItineraryItem
from events.itineraries.rules import Clash, clashes_among
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import access, house_dates
from participants.attendance.hours import summaries
from participants.certificates.status import CertificateStatus
from participants.desk.links import link
from participants.directory.models import Organisation
from participants.rosters.models import Delegation, Registration
from participants.rosters.review import waiting_for
from participants.rosters.status import RegistrationStatus

OFFICER = (access.OFFICER,)
DEADLINE_NEAR = timedelta(days=14)
CERTIFICATES_WITHIN = timedelta(days=180)
# More than this are not reckoned up on a home page; the page of the program does it.
MOST_RECKONED = 1000
OVERDUE_DAYS = 3


@dataclass(frozen=True)
class Task:
    """`count` of what `title` says; `label` is the verb on the button."""

    count: int
    tone: str
    title: str
    detail: str
    url: str
    label: str
    program_id: int | None = None


def tasks_for(user: Any, now: datetime) -> list[Task]:
    """In the order of urgency: people who wait, clashes, today's check-in, places running out of time, certificates."""
    return [
        *review_tasks(user, now),
        *clash_tasks(user, now),
        *check_in_tasks(user, now),
        *quota_tasks(user, now),
        *allocation_tasks(user, now),
        *certificate_tasks(user, now),
    ]


# People who wait --------------------------------------------------------------------------------------------------------


def review_tasks(user: Any, now: datetime) -> list[Task]:
    rows = (
        Registration.objects.filter(waiting_for(user))
        .order_by("program_id", "status")
        .values("program_id", "status", "delegation__organisation_id")
        .annotate(number=Count("pk"), oldest=Min("status_changed_at"))
    )
    grouped = [(key, list(part)) for key, part in groupby(rows, key=lambda row: (row["program_id"], row["status"]))]
    programs = Program.objects.in_bulk([key[0] for key, _rows in grouped])
    offices = Organisation.objects.in_bulk([row["delegation__organisation_id"] for _key, part in grouped for row in part])
    tasks = [_review_task(programs[program], status, part, offices, now) for (program, status), part in grouped]
    return sorted(tasks, key=lambda task: (task.tone != "zhu", -task.count))


def _review_task(program: Program, status: str, rows: list[Any], offices: dict[int, Organisation], now: datetime) -> Task:
    number = sum(row["number"] for row in rows)
    oldest = min((row["oldest"] for row in rows if row["oldest"]), default=now)
    days = (now - oldest).days
    parts = [
        pgettext("people of a unit", "%(unit)s %(number)s") % {"unit": offices[row["delegation__organisation_id"]].short, "number": row["number"]}
        for row in rows[:4]
    ]
    facts = {"program": program, "units": pgettext("between names", ", ").join(parts), "days": days}
    detail = _("%(program)s: %(units)s; the oldest has waited %(days)s days") if days else _("%(program)s: %(units)s; all of today")
    if status == RegistrationStatus.ENDORSED:
        title = ngettext("person waits for the organiser's review", "people wait for the organiser's review", number)
    else:
        title = ngettext("person waits for the district's review", "people wait for the district's review", number)
    tone = "zhu" if days >= OVERDUE_DAYS else "qing"
    return Task(number, tone, title, detail % facts, link("rosters:review", query=f"program={program.pk}"), pgettext("button", "Review"), program.pk)


# Itinerary --------------------------------------------------------------------------------------------------------------


def clash_tasks(user: Any, now: datetime) -> list[Task]:
    """Clashes among the items ahead, one task per program."""
    items = (
        ItineraryItem.objects.filter(access.run_by(user, "program__organiser", OFFICER), program__status__in=[ProgramStatus.DRAFT, ProgramStatus.PUBLISHED])
        .filter(starts_at__gte=now)
        .exclude(status=ItemStatus.CANCELLED)
        .select_related("venue", "program")
        .prefetch_related("groups")
        .order_by("program_id", "starts_at", "ends_at", "pk")[:MOST_RECKONED]
    )
    found = [(key, clashes_among(list(part))) for key, part in groupby(items, key=lambda item: item.program_id)]
    return [_clash_task(program, clashes) for program, clashes in found if clashes]


def _clash_task(program_id: int, clashes: list[Clash]) -> Task:
    first = clashes[0]
    facts = {"when": house_dates.moment(first.second.starts_at), "first": first.first, "second": first.second, "what": first.what}
    detail = _("%(when)s: “%(first)s” and “%(second)s” both need %(what)s") % facts
    title = ngettext("clash in the itinerary", "clashes in the itinerary", len(clashes))
    return Task(len(clashes), "teng", title, detail, link("itineraries:board", program_id), _("Adjust"), program_id)


def check_in_tasks(user: Any, now: datetime) -> list[Task]:
    """Today's items, as one task that leads to the check-in."""
    day = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    items = ItineraryItem.objects.filter(access.run_by(user, "program__organiser", OFFICER), program__status=ProgramStatus.PUBLISHED)
    today = list(items.filter(starts_at__gte=day, starts_at__lt=day + timedelta(days=1)).exclude(status=ItemStatus.CANCELLED).order_by("starts_at")[:100])
    if not today:
        return []
    following = next((item for item in today if item.ends_at > now), today[-1])
    detail = _("Next: %(time)s %(item)s") % {"time": house_dates.clock(following.starts_at), "item": following}
    title = ngettext("item takes place today", "items take place today", len(today))
    return [Task(len(today), "qing", title, detail, link("attendance:programs"), _("Check in"))]


# Places -----------------------------------------------------------------------------------------------------------------


def _open_delegations(user: Any, now: datetime, mine: Q) -> list[Any]:
    """Delegations of programs whose registration closes soon, with their figures."""
    open_now = Q(program__status=ProgramStatus.PUBLISHED, program__registration_opens_at__lte=now, program__starts_on__gt=timezone.localdate(now))
    near = Q(program__registration_closes_at__gt=now, program__registration_closes_at__lte=now + DEADLINE_NEAR)
    rows = Delegation.objects.filter(mine, open_now, near).select_related("program", "organisation").with_figures()
    return list(rows.order_by("program__registration_closes_at", "program_id", "pk")[:200])


def quota_tasks(user: Any, now: datetime) -> list[Task]:
    """Places that nobody has taken yet though registration closes soon, one task per program."""
    rows = _open_delegations(user, now, access.run_by(user, "program__organiser", OFFICER) | access.run_by(user, "organisation", OFFICER))
    by_program: dict[Program, list[Any]] = defaultdict(list)
    for row in rows:
        if row.left > 0:
            by_program[row.program].append(row)
    return [_quota_task(program, part, now) for program, part in by_program.items()]


def _quota_task(program: Program, rows: list[Any], now: datetime) -> Task:
    number = sum(row.left for row in rows)
    units = pgettext("between names", ", ").join(
        pgettext("places of a unit", "%(unit)s %(number)s") % {"unit": row.organisation.short, "number": row.left} for row in rows[:4]
    )
    days = (program.registration_closes_at - now).days if program.registration_closes_at else 0
    facts = {"program": program, "units": units, "days": days}
    words = ngettext("%(program)s: %(units)s; registration closes in %(days)s day", "%(program)s: %(units)s; registration closes in %(days)s days", days)
    title = ngettext("place is not taken yet", "places are not taken yet", number)
    return Task(number, "teng", title, words % facts, link("rosters:quota", program.pk), _("See the places"), program.pk)


def allocation_tasks(user: Any, now: datetime) -> list[Task]:
    """Places of the user's own bureau that no school has been given."""
    if user.is_superuser:
        return []
    rows = [row for row in _open_delegations(user, now, access.under(user, "organisation", OFFICER)) if row.unallocated > 0 and row.allocated]
    return [
        Task(
            row.unallocated,
            "qing",
            ngettext("place is not given to a school yet", "places are not given to schools yet", row.unallocated),
            _("%(program)s: %(given)s of %(quota)s places are given") % {"program": row.program, "given": row.allocated, "quota": row.quota},
            link("rosters:quota", row.program_id),
            _("Give places"),
            row.program_id,
        )
        for row in rows
    ]


# Certificates -----------------------------------------------------------------------------------------------------------


def certificate_tasks(user: Any, now: datetime) -> list[Task]:
    """People of finished programs who have earned a certificate and have none."""
    today = timezone.localdate(now)
    over = Q(
        program__ends_on__lt=today, program__ends_on__gte=today - CERTIFICATES_WITHIN, program__status__in=[ProgramStatus.PUBLISHED, ProgramStatus.COMPLETED]
    )
    waiting = Registration.objects.confirmed().filter(over, access.run_by(user, "program__organiser", OFFICER))
    waiting = waiting.exclude(certificates__status=CertificateStatus.ISSUED).order_by("-program__ends_on", "program_id")
    numbers = waiting.values_list("program_id", "program__ends_on").annotate(Count("pk"))
    rows = list(waiting.filter(program_id__in=_reckonable([(program, number) for program, _ends_on, number in numbers])))
    programs = Program.objects.in_bulk({row.program_id for row in rows})
    found = summaries(rows)
    grouped = [(programs[key], sum(found[row.pk].is_eligible for row in part)) for key, part in groupby(rows, key=lambda row: row.program_id)]
    return [_certificate_task(program, number) for program, number in grouped if number]


def _reckonable(numbers: list[tuple[int, int]]) -> list[int]:
    """The latest programs whose people together stay within MOST_RECKONED; the very latest whatever its size."""
    chosen: list[int] = []
    total = 0
    for program, number in numbers:
        total += number
        if chosen and total > MOST_RECKONED:
            break
        chosen.append(program)
    return chosen


def _certificate_task(program: Program, number: int) -> Task:
    detail = _("%(program)s ended on %(day)s; hours are sufficient") % {"program": program, "day": house_dates.day(program.ends_on)}
    title = ngettext("certificate can be issued", "certificates can be issued", number)
    return Task(number, "lv", title, detail, link("certificates:program", program.pk), _("Preview and issue"), program.pk)
