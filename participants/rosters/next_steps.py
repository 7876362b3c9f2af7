"""What to do next in a program, in sentences with the address of the work."""

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.programs.models import Program
from exchange import house_dates
from exchange.access import COORDINATOR, OFFICER, under
from participants.rosters.models import Registration
from participants.rosters.review import waiting_for, with_district
from participants.rosters.status import RegistrationStatus

S = RegistrationStatus


@dataclass(frozen=True)
class NextStep:
    """`count` people, what is to be done with them, and where; `note` gives the reasons of returned rows."""

    code: str
    count: int
    sentence: str
    url: str
    is_mine: bool = True  # False = others have the next move
    note: str = ""


def next_steps(user: Any, program: Program) -> list[NextStep]:
    """For the sender: rows to correct, drafts to submit, who is waited for; for reviewers: what waits for them."""
    own = under(user, "organisation", (OFFICER, COORDINATOR)) if not user.is_superuser else Q()
    numbers = Registration.objects.filter(program=program).aggregate(
        returned=Count("pk", filter=own & Q(status=S.RETURNED)),
        drafts=Count("pk", filter=own & Q(status=S.DRAFT)),
        review=Count("pk", filter=waiting_for(user)),
        district=Count("pk", filter=own & Q(status=S.SUBMITTED) & ~waiting_for(user) | with_district(user)),
        organiser=Count("pk", filter=own & Q(status=S.ENDORSED) & ~waiting_for(user)),
        waitlist=Count("pk", filter=own & Q(status=S.WAITLISTED)),
    )
    found = [_step(code, numbers[code], program) for code in ("returned", "review", "drafts", "district", "organiser", "waitlist") if numbers[code]]
    return [_with_reasons(step, own, program) if step.code == "returned" else _with_deadline(step, user, program) for step in found]


def _step(code: str, number: int, program: Program) -> NextStep:
    roster = reverse("rosters:program", args=[program.pk])
    is_open = program.is_open_for_registration(timezone.now())
    sentences = {
        "returned": ngettext("%(number)s person was returned to be corrected", "%(number)s people were returned to be corrected", number),
        "review": ngettext("%(number)s person waits for your review", "%(number)s people wait for your review", number),
        "drafts": ngettext("%(number)s draft to be submitted", "%(number)s drafts to be submitted", number)
        if is_open
        else ngettext("%(number)s draft was not submitted; registration is closed", "%(number)s drafts were not submitted; registration is closed", number),
        "district": ngettext("%(number)s person waits for the district", "%(number)s people wait for the district", number),
        "organiser": ngettext("%(number)s person waits for the organiser", "%(number)s people wait for the organiser", number),
        "waitlist": ngettext("%(number)s person is on the waiting list", "%(number)s people are on the waiting list", number),
    }
    urls = {
        "returned": f"{roster}?status=returned",
        "review": f"{reverse('rosters:review')}?program={program.pk}",
        "drafts": reverse("rosters:submit_all", args=[program.pk]) if is_open else f"{roster}?status=draft",
        "district": f"{roster}?status=submitted",
        "organiser": f"{roster}?status=endorsed",
        "waitlist": f"{roster}?status=waitlisted",
    }
    return NextStep(code, number, sentences[code] % {"number": number}, urls[code], code in ("returned", "review", "drafts"))


def _with_deadline(step: NextStep, user: Any, program: Program) -> NextStep:
    """Until when the step is to be done: the school's end of registration, or the deadlines of district and organiser."""
    if step.code == "drafts":
        by = program.registration_closes_at
    elif step.code in ("review", "district", "organiser"):
        by = _first_deadline(step, user, program)
    else:
        return step
    return replace(step, note=_("until %(time)s") % {"time": house_dates.moment(by)}) if by else step


def _first_deadline(step: NextStep, user: Any, program: Program) -> Any:
    """The nearest deadline of those for whom somebody waits at this step."""
    waiting = Registration.objects.filter(program=program).visible_to(user)
    whose = {"review": waiting_for(user), "district": Q(status=S.SUBMITTED), "organiser": Q(status=S.ENDORSED)}[step.code]
    found = waiting.filter(whose).aggregate(
        endorse=Min("delegation__endorse_by", filter=Q(status=S.SUBMITTED)), confirm=Min("delegation__confirm_by", filter=Q(status=S.ENDORSED))
    )
    return min((moment for moment in found.values() if moment), default=None)


def _with_reasons(step: NextStep, own: Q, program: Program) -> NextStep:
    rows = Registration.objects.filter(own, program=program, status=S.RETURNED).select_related("person").order_by("position", "pk")[:3]
    return NextStep(step.code, step.count, step.sentence, step.url, note="；".join(f"{row.person.name}：{row.status_reason}" for row in rows))
