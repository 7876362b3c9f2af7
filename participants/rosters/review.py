"""What waits for whom, and what a reviewer sees of one person: queue, steps, automatic checks, history."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import access, house_dates
from exchange.access import EVERYTHING, OFFICER, VIEWER, under
from exchange.audit import AuditEvent
from exchange.states import STATES
from participants.people import consent
from participants.people.models import Person
from participants.rosters.models import Delegation, Registration
from participants.rosters.quota import Places
from participants.rosters.sheet import identity
from participants.rosters.status import ENDED, RegistrationStatus

S = RegistrationStatus
LIVE = Q(program__status=ProgramStatus.PUBLISHED)
CITIZEN_ID = 18  # characters of a citizen ID number


# Whose turn it is -------------------------------------------------------------------------------------------------------


def waiting_for(user: Any) -> Q:
    """Submitted ones of the user's district, endorsed ones of programs that the user's office organises."""
    if user.is_superuser:
        return LIVE & Q(status__in=[S.SUBMITTED, S.ENDORSED])
    district = Q(status=S.SUBMITTED) & under(user, "delegation__organisation", (OFFICER,))
    return LIVE & (district | (Q(status=S.ENDORSED) & under(user, "program__organiser", (OFFICER,))))


def with_district(user: Any) -> Q:
    """Submitted ones that another office should look at first; the organiser may endorse in its place."""
    if user.is_superuser:
        return Q(pk__in=[])
    return LIVE & Q(status=S.SUBMITTED) & under(user, "program__organiser", (OFFICER,)) & ~under(user, "delegation__organisation", (OFFICER,))


def overseen(user: Any) -> Q:
    """Everything that the user's office sends or organises."""
    if user.is_superuser:
        return EVERYTHING
    roles = (OFFICER, VIEWER)
    return under(user, "delegation__organisation", roles) | under(user, "program__organiser", roles)


def is_reviewer(user: Any) -> bool:
    return user.is_superuser or any(scope.role in (OFFICER, VIEWER) for scope in user.scopes)


def waiting_count(user: Any) -> tuple[int, bool]:
    """For the navigation: how many wait for this user, in one query. Coordinators are waited for by what came back to them."""
    returned = LIVE & Q(status=S.RETURNED) & under(user, "organisation", (access.COORDINATOR,))
    condition = waiting_for(user) if is_reviewer(user) else returned
    return Registration.objects.filter(condition).count(), True


def my_programs(user: Any) -> Any:
    """Programs whose roster the user has to do with: organised by the own tree, or with a delegation that the user sees."""
    if user.is_superuser:
        return Program.objects.all()
    invited = Delegation.objects.visible_to(user).values("program_id")
    return Program.objects.visible_to(user).filter(under(user, "organiser") | Q(pk__in=invited))


def approval(registration: Registration, user: Any) -> str:
    """The step with which this user passes the person on: "endorse", "confirm", or "" when it is not the user's turn."""
    step = {S.SUBMITTED: "endorse", S.ENDORSED: "confirm"}.get(RegistrationStatus(registration.status), "")
    return step if step and access.may(user, f"registration.{step}", registration) else ""


# One person -------------------------------------------------------------------------------------------------------------


REACHED: dict[str, int] = {S.SUBMITTED: 1, S.WAITLISTED: 1, S.ENDORSED: 2, S.CONFIRMED: 3}


def steps(registration: Registration) -> list[dict[str, str]]:
    """The stepper school → district → organiser, as components/stepper.html draws it."""
    labels = [_("School submits"), _("District reviews"), _("Organiser reviews")]
    times = [registration.submitted_at, registration.endorsed_at, registration.confirmed_at]
    stopped = registration.status == S.RETURNED or registration.status in ENDED
    done = min(REACHED.get(came_from(registration) if registration.status in ENDED else registration.status, 0), 2 if stopped else 3)
    shapes = [STATES["registration"][registration.status].shape] * 3 if stopped else ["draft", "one-third", "two-thirds"]
    found = []
    for index, (label, at) in enumerate(zip(labels, times, strict=True)):
        state = "done" if index < done else "now" if index == done else "ahead"
        note = house_dates.moment(at) if at and index < done else ""
        if index == done:
            state, note = ("stopped", registration.get_status_display()) if stopped else ("now", _("Waiting"))
        found.append({"label": label, "state": state, "note": note, "shape": shapes[index]})
    return found


def came_from(registration: Registration) -> str:
    """The state in which somebody was declined, withdrawn or replaced; "" where nobody remembers."""
    step = registration.last_step or {}
    return str(step["from"]) if step.get("to") == registration.status else ""


@dataclass(frozen=True)
class Check:
    """One automatic check: `is_good` chooses tick or triangle."""

    is_good: bool
    sentence: str


def checks(registration: Registration, user: Any) -> list[Check]:
    """ID number against date of birth and gender, quota, and what else is known of the same number."""
    return [*identity_checks(registration.person), *consent_checks(registration), quota_check(registration), *other_registrations(registration, user)]


def consent_checks(registration: Registration) -> list[Check]:
    """For children under 14: whether a guardian has consented."""
    missing = consent.problem(registration)
    if missing:
        return [Check(False, missing)]
    return [Check(True, _("A guardian has consented."))] if consent.is_needed(registration.person, registration.program.starts_on) else []


def identity_checks(person: Person) -> list[Check]:
    number = person.national_id
    if not number:
        return [Check(False, _("There is no ID number."))]
    if len(number) != CITIZEN_ID or identity.problem_of(number, timezone.localdate()):
        return [Check(False, _("The document is not a mainland ID card; check the number against it."))]
    is_same = person.birth_on == identity.birth_of(number) and person.gender in ("", "male" if identity.gender_of(number) == "男" else "female")
    return [Check(True, _("ID number, date of birth and gender agree")) if is_same else Check(False, _("ID number, date of birth and gender do not agree"))]


def quota_check(registration: Registration) -> Check:
    places = Places(registration.delegation)
    allocation = places.given.get(registration.organisation_id)
    unit = registration.organisation if allocation else registration.delegation.organisation
    quota = allocation.quota if allocation else registration.delegation.quota
    used = places.used[registration.organisation_id] if allocation else places.used.total()
    sentence = _("%(unit)s: %(used)s of %(quota)s places are taken") % {"unit": unit.short, "used": used, "quota": quota}
    return Check(used <= quota, sentence)


def other_registrations(registration: Registration, user: Any) -> list[Check]:
    """Other rosters of the year with the same ID number; a program that the user may not see is not named."""
    if not registration.identity_index:
        return []
    program = registration.program
    others = Registration.objects.filter(identity_index=registration.identity_index).exclude(program=program).exclude(status__in=[*ENDED, S.DRAFT])
    rows = others.filter(program__starts_on__year=program.starts_on.year).select_related("program").order_by("program__starts_on", "pk")[:5]
    named = set(Program.objects.visible_to(user).filter(pk__in=[row.program_id for row in rows]).values_list("pk", flat=True)) if rows else set()
    found = [other_roster(row.program, program, row.program_id in named) for row in rows]
    return found or [Check(True, _("On no other roster of this year"))]


def other_roster(other: Program, program: Program, is_named: bool) -> Check:
    overlaps = other.starts_on <= program.ends_on and other.ends_on >= program.starts_on
    words = _("On the roster of another program at the same time: %(program)s") if overlaps else _("On another roster of this year: %(program)s")
    name = f"{other}, {house_dates.date_range(other.starts_on, other.ends_on)}" if is_named else _("a program of another office")
    return Check(False, words % {"program": name})


ACTION_WORDS: dict[str, Any] = {
    "registration.create": gettext_lazy("Added to the roster"),
    "registration.submit": gettext_lazy("Submitted"),
    "registration.wait": gettext_lazy("Put on the waiting list"),
    "registration.promote": gettext_lazy("Moved up from the waiting list"),
    "registration.endorse": gettext_lazy("Passed by the district"),
    "registration.confirm": gettext_lazy("Passed by the organiser"),
    "registration.return": gettext_lazy("Returned for correction"),
    "registration.decline": gettext_lazy("Declined"),
    "registration.withdraw": gettext_lazy("Withdrawn"),
    "registration.undo": gettext_lazy("Last step taken back"),
    "registration.replace": gettext_lazy("Replaced by somebody else"),
    "registration.substitute": gettext_lazy("Took over the place"),
    "registration.change": gettext_lazy("Role, group or order changed"),
    "person.change": gettext_lazy("Details corrected"),
    "person.reveal": gettext_lazy("Full numbers looked at"),
    "person.reset_link": gettext_lazy("Private link renewed"),
}


def history(registration: Registration) -> list[dict[str, Any]]:
    """Who did what with this registration, when and why, newest first; whoever sees the registration may read it."""
    mine = Q(target_type="participants.Registration", target_id=registration.pk)
    of_person = Q(target_type="participants.Person", target_id=registration.person_id, action__in=["person.change", "person.reveal", "person.reset_link"])
    rows = AuditEvent.objects.filter(mine | of_person).order_by("-id")[:100]
    return [{"at": row.at, "who": row.actor_name or _("The system"), "what": ACTION_WORDS.get(row.action, row.action), "reason": row.reason} for row in rows]


def waited(registration: Registration, now: datetime) -> tuple[str, bool]:
    """(how long, whether too long) since the last step: “3 days”, “6 hours”. Three days are too long."""
    since = registration.status_changed_at or registration.created_at
    hours = int((now - since).total_seconds() // 3600)
    if hours >= 24:
        days = hours // 24
        return ngettext("%(number)s day", "%(number)s days", days) % {"number": days}, days >= 3
    return ngettext("%(number)s hour", "%(number)s hours", max(hours, 1)) % {"number": max(hours, 1)}, False


def names_of(registrations: Iterable[Registration], most: int = 5) -> str:
    """A few names for a message."""
    names = [row.person.name for row in registrations]
    listed = pgettext("between names", ", ").join(names[:most])
    return _("%(names)s and others") % {"names": listed} if len(names) > most else listed
