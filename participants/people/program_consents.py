"""The children of a program for whom a guardian has to consent: who has, who is asked, and links for all who are not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import View

from events.programs.models import Program
from exchange import access
from exchange.pages import Page, Policed
from participants.people import consent, consent_rules
from participants.people.models import GuardianConsent
from participants.rosters.models import Registration

GIVEN, ASKED, MISSING = "given", "asked", "missing"


@dataclass(frozen=True)
class Child:
    """A registration that needs a consent, and how that stands; `until` is the last day of a link that waits."""

    registration: Registration
    state: str
    until: datetime | None = None


def children(program: Program, user: Any, now: datetime) -> list[Child]:
    """Those under 14 on the first day whom the user keeps, in the order of units; missing ones first."""
    rows = Registration.objects.visible_to(user).filter(program=program).active().for_list().order_by("organisation__path", "position", "pk")
    found = [row for row in rows if consent.is_needed(row.person, program.starts_on) and access.may(user, "person.change", row)]
    given = consent.consenting(row.person_id for row in found)
    waiting = GuardianConsent.objects.filter(person__in=[row.person_id for row in found], given_at=None, withdrawn_at=None, expires_at__gt=now)
    until = dict(waiting.values_list("person_id", "expires_at"))
    states = [Child(row, GIVEN if row.person_id in given else ASKED if row.person_id in until else MISSING, until.get(row.person_id)) for row in found]
    return sorted(states, key=lambda child: (MISSING, ASKED, GIVEN).index(child.state))


class OwnChildren(Policed):
    """For those who keep some of the program's people; others are refused."""

    access = "person.change"
    kwargs: dict[str, Any]

    @cached_property
    def program(self) -> Program:
        found: Program = self.visible(Program.objects.select_related("organiser"), pk=self.kwargs["pk"])
        return found

    @cached_property
    def children(self) -> list[Child]:
        rows = Registration.objects.visible_to(self.request.user).filter(program=self.program)
        if not rows.exists() and not access.has_role(self.request.user, self.program.organiser, access.OFFICER):
            raise PermissionDenied
        return children(self.program, self.request.user, timezone.now())

    def missing(self) -> list[Child]:
        return [child for child in self.children if child.state == MISSING]


class ProgramConsents(OwnChildren, Page):
    template_name = "people/program_consents.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("rosters:program", args=[self.program.pk])
        given = sum(child.state == GIVEN for child in self.children)
        return super().get_context_data(**kwargs, program=self.program, children=self.children, missing=len(self.missing()), given=given, back_url=back)


class LinksForAll(OwnChildren, View):
    """A link for each guardian who is not asked yet: one table to copy from, shown once."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        now, made = timezone.now(), []
        for child in self.missing():
            asked, token = consent_rules.make_link(person=child.registration.person, by=request.user, now=now)
            made.append((child.registration, consent_rules.link_url(token), asked.expires_at))
        back = reverse("people:program_consents", args=[self.program.pk])
        answer = render(request, "people/program_links.html", {"program": self.program, "made": made, "back_url": back})
        answer.headers["Cache-Control"] = "no-store"
        return answer
