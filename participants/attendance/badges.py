"""Check-in codes on paper and on the participant's own page."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.generic import View

from events.programs.models import Program
from exchange.documents import render_template_pdf
from exchange.pages import Policed
from participants.attendance import roll_call
from participants.attendance.codes import code_of, qr_drawing
from participants.attendance.papers import attachment, nameable, recorded
from participants.rosters.models import Registration

BADGES_PER_SHEET = 8


@dataclass(frozen=True)
class Badge:
    """What a badge or the own page shows of a registration: itself, the code in words and as a drawing."""

    registration: Registration
    code: str
    drawing: Any


def badge_of(registration: Registration) -> Badge:
    return Badge(registration, code_of(registration), qr_drawing(registration))


class BadgeSheets(Policed, View):
    """A PDF of name badges, eight to an A4 sheet to cut; `?group=` prints one group alone."""

    access = "attendance.record"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        program: Program = self.allowed(Program.objects.for_list(), pk=pk)
        people = nameable(list(roll_call.of_group(roll_call.confirmed_in(program), request.GET.get("group", ""))))
        recorded(program, people, "badges", request.user)
        badges = [badge_of(row) for row in people if row is not None]
        sheets = [badges[start : start + BADGES_PER_SHEET] for start in range(0, len(badges), BADGES_PER_SHEET)]
        pdf = render_template_pdf("attendance/badges_pdf.html", {"program": program, "sheets": sheets}, identifier=f"badges-{program.pk}".encode())
        return attachment(pdf, "application/pdf", f"{program}-badges.pdf", "inline")
