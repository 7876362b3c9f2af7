"""The sign-in sheet as a PDF, and the table of hours as a page. Files of hours are made in hour_files.py."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import View

from events.programs.models import Program
from exchange import access, audit
from exchange.documents import render_template_pdf
from exchange.pages import Page, Policed
from participants.attendance import roll_call
from participants.attendance.hours import HoursSummary, summaries
from participants.attendance.pages import ItemPolicy
from participants.people import consent
from participants.people.fields import shield_registrations
from participants.rosters.models import Registration

ROWS_PER_SHEET = 25
PEOPLE_PER_PAGE = 50

Row = tuple[Registration, HoursSummary]


def attachment(content: bytes, content_type: str, name: str, disposition: str = "attachment") -> HttpResponse:
    """A file answer whose Chinese name every browser understands (RFC 5987)."""
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{quote(name)}"
    return answer


# The sign-in sheet -----------------------------------------------------------------------------------------------------


class SignInSheet(ItemPolicy, View):
    """A PDF to sign: 25 rows a page, the head on each, empty rows at the end for those who come unannounced.

    It holds names, units and groups alone, and is handed out at once; that it was printed is recorded.
    """

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        item = self.item(pk)
        people = nameable(list(roll_call.of_group(roll_call.expected_at(item), request.GET.get("group", ""))))
        recorded(item.program, people, "sheet", request.user)
        context = {"item": item, "sheets": sheets(people), "total": len(people), "printed_at": timezone.now()}
        pdf = render_template_pdf("attendance/sheet_pdf.html", context, identifier=f"sheet-{item.pk}".encode())
        return attachment(pdf, "application/pdf", f"{_('Sign-in sheet')}-{item}.pdf", "inline")


def nameable(people: Sequence[Registration]) -> list[Registration | None]:
    """A child whose guardian has not consented leaves an empty row, so that the numbers of the sheet stay those of the list."""
    admitted = consent.admitted(people)
    return [row if row.pk in admitted else None for row in people]


@transaction.atomic
def recorded(program: Program, people: Sequence[Registration | None], paper: str, by: Any) -> None:
    """Keep who printed which paper, and for how many."""
    audit.record("attendance.print", program, by=by, changes={"paper": [None, paper], "rows": [None, sum(row is not None for row in people)]})


def sheets(people: Sequence[Registration | None]) -> list[list[tuple[int, Registration | None]]]:
    """Numbered rows in pages of 25, the last one filled up."""
    pages = max(-(-len(people) // ROWS_PER_SHEET), 1)
    rows: list[tuple[int, Registration | None]] = [(index + 1, people[index] if index < len(people) else None) for index in range(pages * ROWS_PER_SHEET)]
    return [rows[start : start + ROWS_PER_SHEET] for start in range(0, len(rows), ROWS_PER_SHEET)]


# Hours -----------------------------------------------------------------------------------------------------------------


class HoursOfProgram(Policed):
    """The program and those of its people whom the user may see: all for its office, their own for senders, nobody for others (403)."""

    access = "signed_in"

    def program_and_rows(self, pk: int) -> tuple[Program, list[Row]]:
        program: Program = self.visible(Program.objects.for_list(), pk=pk)
        return program, hours_of(program, self.request.user)


def hours_of(program: Program, user: Any) -> list[Row]:
    """Those of the program whom the user may see, with their hours. Raises PermissionDenied where the program is none of the user's business."""
    rows = list(Registration.objects.visible_to(user).filter(program=program).taking_place().for_list())
    if not rows and not access.may(user, "certificate.watch", program) and not access.has_role(user, program.organiser, access.COORDINATOR):
        raise PermissionDenied
    found = summaries(rows)
    return [(row, found[row.pk]) for row in rows]


class Hours(HoursOfProgram, Page):
    """Per person: days, hours, share, and whether it suffices or why not."""

    template_name = "attendance/hours.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        program, rows = self.program_and_rows(self.kwargs["pk"])
        shown = self.request.GET.get("show", "")
        shield_registrations((row for row, _summary in rows), self.request.user)
        found = search(filtered(rows, shown), self.request.GET.get("q", ""))
        return super().get_context_data(**kwargs) | {
            "program": program,
            "page_obj": Paginator(found, PEOPLE_PER_PAGE).get_page(self.request.GET.get("page")),
            "views": result_views(rows, shown),
            "may_record": access.may(self.request.user, "attendance.record", program),
            "may_export": access.may(self.request.user, "registration.withdraw"),
        }


def filtered(rows: list[Row], shown: str) -> list[Row]:
    if shown not in ("eligible", "missing"):
        return rows
    return [row for row in rows if row[1].is_eligible == (shown == "eligible")]


def search(rows: list[Row], words: str) -> list[Row]:
    text = words.strip().lower()[:60]
    if not text:
        return rows
    return [row for row in rows if text in row[0].person.name.lower() or row[0].person.pinyin.startswith(text) or row[0].person.initials.startswith(text)]


def result_views(rows: list[Row], shown: str) -> list[dict[str, Any]]:
    eligible = sum(summary.is_eligible for _row, summary in rows)
    figures = [("", _("Everyone"), len(rows)), ("eligible", _("Sufficient"), eligible), ("missing", _("Not sufficient"), len(rows) - eligible)]
    return [{"label": label, "url": f"?show={key}" if key else "?", "count": count, "current": shown == key} for key, label, count in figures]
