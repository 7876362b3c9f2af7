"""The import of rosters as pages: upload, preview with correction in place, import, downloads."""

from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from events.programs.models import Program
from exchange.pages import ActionView, Page, PageForm, Policed, RuleFormView
from exchange.spreadsheets import MAX_BYTES, SpreadsheetError, refuse
from exchange.transitions import RuleViolation
from participants.directory.models import Organisation
from participants.rosters import import_book, import_columns, import_large, import_view, imports, round_trip
from participants.rosters.import_commit import Outcome
from participants.rosters.import_directory import choices_of_unit, organises, takes_part, unit_of_template
from participants.rosters.import_masking import reader_of
from participants.rosters.import_state import ImportState, loaded
from participants.rosters.import_view import Wish
from participants.rosters.models import ImportStatus, RosterImport
from participants.rosters.sheet.columns import FIELDS

IMPORTS = RosterImport.objects.select_related("program__organiser", "organisation", "created_by").defer("file")
KINDS_OF_FILE = ".xlsx,.xls,.ods,.csv,.et"
MOST_UNDONE = 200  # rows that fit into the address of an undo
MAX_CHOICES = 300  # units offered while typing


def roster_address(program: Program) -> str:
    return reverse("rosters:program", args=[program.pk])


def program_for(view: Policed, pk: int) -> Program:
    """A visible program that the user organises or sends people to; 404 for any other."""
    program: Program = view.visible(Program.objects.select_related("organiser"), pk=pk)
    if not takes_part(view.request.user, program):
        return view.visible(Program.objects.none(), pk=pk)  # type: ignore[no-any-return]
    return program


class UploadForm(PageForm):
    file = forms.FileField(
        label=gettext_lazy("Sign-up sheet"),
        allow_empty_file=True,
        help_text=gettext_lazy("Excel, WPS or CSV, up to 10 MB. Titles, totals and notes around the list may stay."),
        widget=forms.FileInput(attrs={"accept": KINDS_OF_FILE}),
    )
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=gettext_lazy("Unit"), required=False)

    def __init__(self, *args: Any, user: Any, program: Program, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = choices_of_unit(user, program)
        field: Any = self.fields["organisation"]
        field.queryset = units
        field.empty_label = _("All units in the sheet") if organises(user, program) else _("My unit and all below it")
        field.help_text = _("Only rows of this unit will be taken.")
        if units.count() < 2:
            del self.fields["organisation"]

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > MAX_BYTES:
            raise forms.ValidationError(refuse("too_large").message, code="too_large")
        return upload


class ImportNew(RuleFormView):
    """Choose a file; what it holds is shown before anything is stored in the roster."""

    access = "roster_import.use"
    template_name = "rosters/import_new.html"
    form_class = UploadForm

    @cached_property
    def program(self) -> Program:
        return program_for(self, self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user, "program": self.program}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = IMPORTS.visible_to(self.request.user).filter(program=self.program, parent=None).exclude(status=ImportStatus.DISCARDED).defer("reading", "file")
        return super().get_context_data(program=self.program, recent=mine[:10], roster_address=roster_address(self.program), **kwargs)

    def apply(self, form: Any) -> str:
        upload = form.cleaned_data["file"]
        roster_import = imports.start_import(
            program=self.program,
            data=upload.read(),
            name=upload.name,
            by=self.request.user,
            now=timezone.now(),
            organisation=form.cleaned_data.get("organisation"),
            read=import_columns.layout_or_question,
        )
        return reverse("rosters:import", args=[roster_import.pk])

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except SpreadsheetError as error:
            form.add_error("file", forms.ValidationError(error.message, code=error.code))
            return self.form_invalid(form)


class ImportPreview(Page):
    """Every row of the sheet as it was read, with what was put right and what has to be."""

    access = "roster_import.use"
    template_name = "rosters/import_preview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        roster_import = self.allowed(IMPORTS, pk=self.kwargs["pk"])
        if roster_import.counts.get("parts"):
            self.template_name = "rosters/import_large.html"
            return super().get_context_data(
                **import_view.whole_view(roster_import, timezone.now()), roster_address=roster_address(roster_import.program), **kwargs
            )
        state, wish = loaded(roster_import.reading), Wish.read(self.request.GET)
        self.asks_for_columns = state.layout.is_unread and roster_import.status == ImportStatus.PREVIEW
        head = {"import": roster_import, "program": roster_import.program, "counts": state.counts, "roster_address": roster_address(roster_import.program)}
        is_open = roster_import.status == ImportStatus.PREVIEW and roster_import.expires_at > timezone.now()
        if is_open and not roster_import.parent_id:  # whoever is not in this part may be in another
            absent = round_trip.missing(roster_import.program, state.present, roster_import.organisation).visible_to(self.request.user)
            head |= {"absent": list(absent[:MAX_CHOICES]), "form_note": round_trip.form_note(roster_import.program, state.layout, self.request.user)}
        return super().get_context_data(**head, **self.grid(roster_import, state, wish if is_open else Wish(wish.show, wish.first, wish.page)), is_open=is_open)

    def grid(self, roster_import: RosterImport, state: ImportState, wish: Wish) -> dict[str, Any]:
        read = reader_of(roster_import, self.request.user)
        columns = import_book.shown_columns(state)
        page = import_view.page_of(import_view.rows_of_tab(state, wish), wish)
        problems = import_view.following(state, wish)
        return {
            "sheet": state.layout,
            "read_rows": state.counts["total"] - state.counts["skipped"],
            "tabs": import_view.tabs(state, wish),
            "wish": wish,
            "columns": [(column, FIELDS[column][1]) for column in columns],
            "page_obj": page,
            "rows": [import_view.row_view(row, columns, wish, read) for row in page],
            "editor": import_view.editor_of(state, wish, read, roster_import.program, self.units(roster_import, wish)),
            "align_end": bool(wish.cell and wish.cell[1] in columns[-3:]),
            "problems": len(problems),
            "next_address": wish.address(cell=f"{problems[0][0]}-{problems[0][1]}") if problems else "",
            "close_address": wish.address() + (f"#r{wish.cell[0]}" if wish.cell else ""),
            "order_address": wish.address(first="" if wish.first else "problems"),
        }

    def units(self, roster_import: RosterImport, wish: Wish) -> list[str]:
        """Names to choose from, only while a unit is being corrected."""
        if not wish.cell or wish.cell[1] != "unit":
            return []
        units = choices_of_unit(self.request.user, roster_import.program)
        if roster_import.organisation:
            units = units.filter(path__startswith=roster_import.organisation.path)
        return list(units.order_by("path").values_list("name_zh", flat=True)[:MAX_CHOICES])

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if getattr(self, "asks_for_columns", False):
            return HttpResponseRedirect(reverse("rosters:import_columns", args=[self.kwargs["pk"]]))
        answer = super().render_to_response(context, **kwargs)
        answer.headers["Cache-Control"] = "no-store, private"  # the page shows ID numbers
        return answer


class ChangeForm(PageForm):
    """One change of one row; where to go on comes with it."""

    do = forms.ChoiceField(choices=[(name, name) for name in ("save", "undo", "confirm", "skip", "unskip", "take")])
    column = forms.CharField(max_length=40, required=False)
    value = forms.CharField(max_length=imports.MAX_CELL, required=False, strip=False)
    was = forms.CharField(max_length=imports.MAX_CELL, required=False, strip=False)
    show = forms.CharField(max_length=20, required=False)
    first = forms.CharField(max_length=20, required=False)


class ChangeRow(Policed, View):
    """A button or a cell of the preview: POST changes the row and leads to the next problem."""

    access = "roster_import.use"
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int, row: int) -> HttpResponse:
        roster_import = self.allowed(IMPORTS, pk=pk)
        form = ChangeForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("The value was not saved. It is too long, or contains characters that cannot be typed."))
            return HttpResponseRedirect(reverse("rosters:import", args=[pk]))
        try:
            changed = self.change(roster_import, row, form.cleaned_data)
        except RuleViolation as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(reverse("rosters:import", args=[pk]))
        return HttpResponseRedirect(reverse("rosters:import", args=[pk]) + self.onward(roster_import, changed, row, form.cleaned_data))

    def change(self, roster_import: RosterImport, row: int, wanted: dict[str, Any]) -> RosterImport:
        common = {"roster_import": roster_import, "by": self.request.user, "now": timezone.now()}
        if wanted["do"] in ("skip", "unskip", "take"):
            return imports.skip_row(row=row, skip=wanted["do"] == "skip", **common)
        is_typed = wanted["was"] and wanted["value"] != wanted["was"]  # Enter presses the first button: what was typed over the name counts
        if wanted["do"] == "confirm" and not is_typed:
            return imports.confirm_units(rows=[row], **common)
        return imports.correct_cell(row=row, column=wanted["column"], value=None if wanted["do"] == "undo" else wanted["value"], **common)

    def onward(self, before: RosterImport, after: RosterImport, row: int, wanted: dict[str, Any]) -> str:
        """Open the next problem; after the last one, close."""
        wish = Wish.read({"show": wanted["show"], "first": wanted["first"], "cell": f"{row}-{wanted['column'] or 'name'}"})
        if wanted["do"] in ("undo", "unskip"):
            return wish.address() + f"#r{row}"
        found = import_view.next_problem(loaded(before.reading), loaded(after.reading), wish)
        return wish.address(cell=f"{found[0]}-{found[1]}") + f"#r{found[0]}" if found else wish.address() + f"#r{row}"


class ImportAction(ActionView):
    """A button of the preview."""

    access = "roster_import.use"
    queryset = IMPORTS

    def back(self, row: RosterImport) -> str:
        return reverse("rosters:import", args=[row.pk])

    def begin(self, row: RosterImport, name: str, **marks: int) -> str:
        """Have a sheet of many rows worked on by a job; the page shows how far it has come."""
        import_large.begin(row, name, by=self.request.user, now=timezone.now(), **marks)
        return self.back(row)


def rows_in(text: str) -> list[int]:
    """[4, 9] for "4-9", as the address of an undo names its rows."""
    return [int(number) for number in text.split("-")[:MOST_UNDONE] if number.isascii() and number.isdigit() and len(number) < 8]


class ConfirmUnits(ImportAction):
    """Agree to all units that were found for inexact names."""

    def act(self, row: RosterImport) -> str:
        if row.counts.get("parts"):
            return self.begin(row, "read_again", confirm=1)
        waiting = [found.row for found in loaded(row.reading).rows if found.waits_for_confirmation]
        imports.confirm_units(roster_import=row, by=self.request.user, now=timezone.now(), rows=waiting)
        back = f"{reverse('rosters:import_doubt_units', args=[row.pk])}?rows={'-'.join(map(str, waiting))}"
        messages.success(self.request, _("The units have been confirmed."), extra_tags=f"undo:{back}" if len(waiting) <= MOST_UNDONE else "")
        return self.back(row)


class DoubtUnits(ImportAction):
    """The undo of confirming all units at once: `?rows=4-9-12`."""

    def act(self, row: RosterImport) -> str:
        imports.doubt_units(roster_import=row, rows=rows_in(self.request.GET.get("rows", "")), by=self.request.user, now=timezone.now())
        messages.success(self.request, _("The units wait for your confirmation again."))
        return self.back(row)


class DecideMarked(ImportAction):
    """Take in, or leave out, all rows that the sheet strikes out or hides; `?rows=4-9-12` asks about these again."""

    def act(self, row: RosterImport) -> str:
        common = {"roster_import": row, "by": self.request.user, "now": timezone.now()}
        if "rows" in self.request.GET:
            imports.decide_marked(skip=None, rows=rows_in(self.request.GET["rows"]), **common)
            return self.back(row)
        waiting, is_left_out = [found.row for found in loaded(row.reading).rows if found.given.is_undecided], self.request.POST.get("do") == "leave"
        imports.decide_marked(skip=is_left_out, rows=waiting, **common)
        undo = f"{reverse('rosters:import_marked', args=[row.pk])}?rows={'-'.join(map(str, waiting))}"
        done = _("The rows have been left out.") if is_left_out else _("The rows have been taken in.")
        messages.success(self.request, done, extra_tags=f"undo:{undo}" if len(waiting) <= MOST_UNDONE else "")
        return self.back(row)


class RefreshImport(ImportAction):
    """Read the sheet again, for instance after the district has added a unit."""

    def act(self, row: RosterImport) -> str:
        if row.counts.get("parts"):
            return self.begin(row, "read_again", confirm=0)
        imports.refresh(roster_import=row, by=self.request.user, now=timezone.now())
        messages.success(self.request, _("The sheet has been read again."))
        return self.back(row)


class ReadOtherSheet(ImportAction):
    """Read another list of the workbook in place of this one."""

    def act(self, row: RosterImport) -> str:
        sheet = self.request.POST.get("sheet", "")
        try:
            imports.read_other_sheet(roster_import=row, sheet=sheet, by=self.request.user, now=timezone.now())
        except SpreadsheetError as error:
            messages.error(self.request, error.message)
        else:
            messages.success(self.request, _("Now the sheet “%(name)s” is shown.") % {"name": sheet})
        return self.back(row)


class CommitImport(ImportAction):
    """Import every row that is good."""

    def act(self, row: RosterImport) -> str:
        if row.counts.get("parts"):
            return self.begin(row, "write")
        keys = [int(key) for key in self.request.POST.getlist("withdraw")[:MAX_CHOICES] if key.isascii() and key.isdigit() and len(key) < 19]
        outcome = imports.commit_import(roster_import=row, by=self.request.user, now=timezone.now(), withdraw=keys)
        messages.success(self.request, " ".join([*sentences_of(outcome), *left_out(row.counts.get("rejected", 0))]))
        return roster_address(row.program)


def sentences_of(outcome: Outcome) -> list[str]:
    """What the import did, part by part; what did not happen is left out."""
    texts = {
        "created": ngettext(
            "%(number)s person has been imported as a draft. Submit the roster next.",
            "%(number)s people have been imported as drafts. Submit the roster next.",
            outcome.created,
        ),
        "updated": ngettext("%(number)s person was brought up to date.", "%(number)s people were brought up to date.", outcome.updated),
        "withdrawn": ngettext("%(number)s person was withdrawn.", "%(number)s people were withdrawn.", outcome.withdrawn),
        "unchanged": ngettext("%(number)s person was unchanged.", "%(number)s people were unchanged.", outcome.unchanged),
    }
    return [text % {"number": getattr(outcome, name)} for name, text in texts.items() if getattr(outcome, name)]


def left_out(number: int) -> list[str]:
    """Where those are who could not be imported."""
    words = ngettext(
        "%(number)s person was left out; the file under Import a sign-up sheet tells why.",
        "%(number)s people were left out; the file under Import a sign-up sheet tells why.",
        number,
    )
    return [words % {"number": number}] if number else []


class DiscardImport(ImportAction):
    """Throw the upload away and choose another file."""

    def act(self, row: RosterImport) -> str:
        imports.discard_import(roster_import=row, by=self.request.user, now=timezone.now())
        return reverse("rosters:import_new", args=[row.program_id])


class AnnotatedWorkbook(Policed, View):
    """The uploaded sheet with its problems marked."""

    access = "roster_import.use"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> FileResponse:
        roster_import = self.allowed(IMPORTS, pk=kwargs["pk"])
        return import_book.download(import_book.annotated_for(roster_import, request.user), import_book.annotated_name(roster_import))


class TemplateWorkbook(Policed, View):
    """The sign-up workbook of a program for the user's unit."""

    access = "roster_import.use"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> FileResponse:
        program = program_for(self, kwargs["pk"])
        asked = request.GET.get("organisation", "")
        unit = unit_of_template(program, request.user, int(asked) if asked.isdecimal() and len(asked) < 19 else None)
        return import_book.download(import_book.template_for(program, unit, request.user), import_book.template_name(program))
