"""The itinerary on paper: a sheet for a day, a poster for the wall."""

from datetime import date
from typing import Any
from urllib.parse import quote

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.generic import View

from events.itineraries.board import days_of
from events.itineraries.day_parts import parts_by_day, parts_on
from events.itineraries.models import ItineraryItem
from events.itineraries.pages import PROGRAMS, chosen_day, date_of
from events.programs.models import Program
from exchange.documents import render_template_pdf
from exchange.pages import Policed


def pdf_answer(template: str, context: dict[str, Any], name: str, identifier: str) -> HttpResponse:
    """The page as a PDF, shown in the browser under a Chinese name."""
    answer = HttpResponse(render_template_pdf(template, context, identifier=identifier.encode()), content_type="application/pdf")
    answer["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}.pdf"
    return answer


class ProgramPaper(Policed, View):
    """What the reader may see of the published itinerary; notes for leaders only for those inside."""

    access = "signed_in"
    http_method_names = ["get", "head", "options"]

    def program(self) -> Program:
        return self.visible(PROGRAMS, pk=self.kwargs["pk"])

    def items(self, program: Program) -> list[ItineraryItem]:
        return list(program.items.for_list().visible_to(self.request.user).with_insight(self.request.user))


class DaySheet(ProgramPaper):
    """`…/itinerary/day.pdf?day=2026-12-14`: one day with venues, addresses, contacts and notes, to carry along."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        program = self.program()
        items = self.items(program)
        days = sorted({*days_of(program.starts_on, program.ends_on, items), *dict(parts_by_day(items))})
        day = chosen_day(days, date_of(request, "day"))
        context = {
            "program": program,
            "day": day,
            "number": day_number(program, day),
            "parts": parts_on(items, day),
            "printed_at": timezone.now(),
        }
        return pdf_answer("itineraries/day_sheet_pdf.html", context, f"{_('Day sheet')}-{day:%Y-%m-%d}", f"day-{program.pk}-{day}")


class Poster(ProgramPaper):
    """`…/itinerary/poster.pdf`: the public items of all days in large type, and a code that leads to the page that stays up to date."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        program = self.program()
        items = [item for item in self.items(program) if item.is_public and not item.is_cancelled]
        address = f"{settings.SITE_URL}/programs/{program.pk}/"
        context = {"program": program, "days": parts_by_day(items), "address": address, "code": code_of(address), "printed_at": timezone.now()}
        return pdf_answer("itineraries/poster_pdf.html", context, f"{_('Itinerary')}-{program}", f"poster-{program.pk}")


def day_number(program: Program, day: date) -> int:
    return (day - program.starts_on).days + 1


def code_of(address: str) -> SafeString:
    return mark_safe(segno.make(address, micro=False, error="m").svg_inline(scale=4, border=2))
