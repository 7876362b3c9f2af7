"""What leaves the desk: the sign-in sheet as a PDF, and the table of hours as a page and a workbook."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import View

from events.programs.models import Program
from exchange import access, audit, house_dates
from exchange.documents import render_template_pdf
from exchange.pages import Page, Policed
from exchange.spreadsheets import Column, write_workbook
from participants.attendance import roll_call
from participants.attendance.hours import HoursSummary, summaries
from participants.attendance.pages import ItemPolicy
from participants.attendance.register import plain
from participants.rosters.models import Registration

ROWS_PER_SHEET = 25
PEOPLE_PER_PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Row = tuple[Registration, HoursSummary]


def attachment(content: bytes, content_type: str, name: str, disposition: str = "attachment") -> HttpResponse:
    """A file answer whose Chinese name every browser understands (RFC 5987)."""
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{quote(name)}"
    return answer


# The sign-in sheet -----------------------------------------------------------------------------------------------------


class SignInSheet(ItemPolicy, View):
    """A PDF to sign: 25 rows a page, the head on each, empty rows at the end for those who come unannounced."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        item = self.item(pk)
        people = list(roll_call.of_group(roll_call.expected_at(item), request.GET.get("group", "")))
        context = {"item": item, "sheets": sheets(people), "total": len(people), "printed_at": timezone.now()}
        pdf = render_template_pdf("attendance/sheet_pdf.html", context, identifier=f"sheet-{item.pk}".encode())
        return attachment(pdf, "application/pdf", f"{_('Sign-in sheet')}-{item}.pdf", "inline")


def sheets(people: list[Registration]) -> list[list[tuple[int, Registration | None]]]:
    """Numbered rows in pages of 25, the last one filled up."""
    pages = max(-(-len(people) // ROWS_PER_SHEET), 1)
    rows: list[tuple[int, Registration | None]] = [(index + 1, people[index] if index < len(people) else None) for index in range(pages * ROWS_PER_SHEET)]
    return [rows[start : start + ROWS_PER_SHEET] for start in range(0, len(rows), ROWS_PER_SHEET)]


# Hours -----------------------------------------------------------------------------------------------------------------


class HoursOfProgram(Policed):
    """The program and those of its people whom the user may see: all for its office, their own for senders, nobody for others (403)."""

    access = "signed_in"

    def program_and_rows(self, pk: int) -> tuple[Program, list[Row]]:
        user = self.request.user
        program = self.visible(Program.objects.for_list(), pk=pk)
        rows = list(Registration.objects.visible_to(user).filter(program=program).taking_place().for_list())
        if not rows and not access.may(user, "certificate.watch", program) and not access.has_role(user, program.organiser, access.COORDINATOR):
            raise PermissionDenied
        found = summaries(rows)
        return program, [(row, found[row.pk]) for row in rows]


class Hours(HoursOfProgram, Page):
    """Per person: days, hours, share, and whether it suffices or why not."""

    template_name = "attendance/hours.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        program, rows = self.program_and_rows(self.kwargs["pk"])
        shown = self.request.GET.get("show", "")
        found = search(filtered(rows, shown), self.request.GET.get("q", ""))
        return super().get_context_data(**kwargs) | {
            "program": program,
            "page_obj": Paginator(found, PEOPLE_PER_PAGE).get_page(self.request.GET.get("page")),
            "views": result_views(rows, shown),
            "may_record": access.may(self.request.user, "attendance.record", program),
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


class HoursWorkbook(HoursOfProgram, View):
    """The same as a workbook for the register of continuing education; who took it is recorded."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        program, rows = self.program_and_rows(pk)
        audit.record("attendance.export", program, by=request.user)
        days = sorted({day.day for _row, summary in rows for day in summary.days})
        columns = [Column(title, width) for title, width in head()] + [Column(house_dates.day(day), 14) for day in days]
        content = write_workbook(columns, workbook_rows(rows, days), sheet=_("Credit hours"), title=str(program))
        return attachment(content, XLSX, f"{program}-{_('Credit hours')}.xlsx")


def head() -> list[tuple[str, int]]:
    return [
        (_("No."), 6),
        (_("Name"), 16),
        (_("Unit"), 30),
        (_("District"), 24),
        (_("Group"), 12),
        (_("Credit hours"), 10),
        (_("Planned"), 10),
        (_("Attendance"), 12),
        (_("Sufficient"), 10),
        (_("Note"), 40),
    ]


def workbook_rows(rows: list[Row], days: Iterable[Any]) -> Iterable[list[Any]]:
    for number, (registration, summary) in enumerate(rows, start=1):
        by_day = {day.day: day for day in summary.days}
        yield [
            number,
            registration.person.name,
            registration.organisation,
            registration.delegation.organisation,
            registration.group or "",
            plain(summary.hours),
            plain(summary.planned),
            f"{summary.percent}%",
            _("yes") if summary.is_eligible else _("no"),
            summary.message,
            *(f"{by_day[day].state} {plain(by_day[day].hours)}" if day in by_day else "" for day in days),
        ]
