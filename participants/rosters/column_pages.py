"""The page that asks which column of a sheet is what."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from exchange.pages import Page
from exchange.spreadsheets import MAX_COLUMNS, SpreadsheetError
from exchange.transitions import RuleViolation
from participants.rosters import import_columns
from participants.rosters.import_masking import masked
from participants.rosters.import_state import loaded
from participants.rosters.imports import may_see_numbers
from participants.rosters.models import ImportStatus, RosterImport
from participants.rosters.sheet.columns import label_of
from participants.rosters.sheet.guessing import DIGITS

IMPORTS = RosterImport.objects.select_related("program__organiser", "organisation", "created_by")


class NameColumns(Page):
    """GET shows the first rows with a drop-down over each column; POST reads the sheet as it was answered, or turned."""

    access = "roster_import.use"
    template_name = "rosters/import_columns.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        roster_import = self.allowed(IMPORTS, pk=self.kwargs["pk"])
        found = import_columns.question(roster_import)
        chosen = kwargs.get("said") or found.fields
        columns = [(letter, chosen[index] if index < len(chosen) else "") for index, letter in enumerate(found.letters)]
        is_own = may_see_numbers(self.request.user, roster_import)
        rows = [(number, [text if is_own or not DIGITS.search(text) else masked("national_id", text) for text in row]) for number, row in found.rows]
        choices = [(name, label_of(name)) for name in import_columns.CHOOSABLE]
        return super().get_context_data(
            **{"import": roster_import}, program=roster_import.program, question=found, columns=columns, rows=rows, choices=choices, **kwargs
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer = super().get(request, *args, **kwargs)
        except (SpreadsheetError, RuleViolation) as refusal:
            return self.back_to_preview(refusal)
        answer.headers["Cache-Control"] = "no-store, private"  # the page shows ID numbers
        return answer

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        roster_import = self.allowed(IMPORTS, pk=pk)
        said = request.POST.getlist("columns")[:MAX_COLUMNS]
        try:
            if "turn" in request.POST:
                import_columns.turn(roster_import=roster_import, by=request.user, now=timezone.now())
            else:
                import_columns.name_columns(roster_import=roster_import, said=said, by=request.user, now=timezone.now())
        except RuleViolation as refusal:
            if refusal.field != "columns":
                return self.back_to_preview(refusal)
            return self.render_to_response(self.get_context_data(said=said, refusal=refusal.message), status=422)
        except SpreadsheetError as refusal:
            return self.back_to_preview(refusal)
        messages.success(request, _("The sheet has been read with these columns."))
        return HttpResponseRedirect(reverse("rosters:import", args=[pk]))

    def back_to_preview(self, refusal: SpreadsheetError | RuleViolation) -> HttpResponse:
        """A sheet that nobody has read has none yet: its preview would lead here again."""
        messages.error(self.request, refusal.message)
        roster_import = self.allowed(IMPORTS, pk=self.kwargs["pk"])
        is_unread = roster_import.status == ImportStatus.PREVIEW and loaded(roster_import.reading).layout.is_unread and not roster_import.counts.get("parts")
        return HttpResponseRedirect(
            reverse("rosters:import_new", args=[roster_import.program_id]) if is_unread else reverse("rosters:import", args=[roster_import.pk])
        )
