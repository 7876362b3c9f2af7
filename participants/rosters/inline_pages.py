"""The table to type into. Every row is a form of its own; a script saves it on leaving a cell and answers keys, but nothing needs it."""

import json
from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from exchange import access
from exchange.pages import PageForm, Policed
from exchange.spreadsheets import SpreadsheetError
from exchange.transitions import RuleViolation
from participants.people.models import Person
from participants.rosters import inline
from participants.rosters.entry_pages import EntryPage
from participants.rosters.forms import RegistrationForm
from participants.rosters.import_directory import choices_of_unit
from participants.rosters.models import Registration

COLUMNS = ("name", "national_id", "gender", "phone", "position", "subject", "role", "group")
MOST_ROWS = 200
MOST_KNOWN = 500  # names offered while typing
MOST_SEEN = 4000  # characters


class RowForm(RegistrationForm):
    """The columns of the table; what it does not show stays as it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {name: self.fields[name] for name in COLUMNS}
        for name in self.fields:
            self.fields[name].widget.attrs |= {"aria-label": str(self.fields[name].label), "data-cell": name}

    def person_values(self) -> dict[str, Any]:
        return {name: value for name, value in self.values().items() if name not in self.PLACE}


def noted(people: Iterable[Person]) -> list[tuple[Person, str]]:
    return [(person, inline.note_of(person)) for person in people]


class NewRowForm(RowForm):
    """An empty row. `known` is somebody whom the unit knows: a script sets it when a name is chosen from the list; otherwise a namesake is asked about."""

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.acquainted = inline.acquainted(kwargs["program"], units)
        self.fields["known"] = forms.ModelChoiceField(self.acquainted, required=False, widget=forms.HiddenInput(attrs={"data-known": True}))
        self.fields["is_other"] = forms.BooleanField(required=False, widget=forms.HiddenInput())
        self.fields["name"].widget.attrs |= {"list": "known-people", "data-known-name": True}
        for field in self.fields.values():
            field.widget.attrs["form"] = "row-new"
        only = units[0].pk if len(units) == 1 else None
        self.fields["organisation"] = forms.ModelChoiceField(units, label=gettext_lazy("unit"), initial=only, empty_label=gettext_lazy("Choose the unit"))
        if len(units) == 1:
            self.fields["organisation"].widget = forms.HiddenInput()

    asks = False
    namesakes: ClassVar[list[tuple[Person, str]]] = []

    def clean(self) -> dict[str, Any]:
        """Somebody of the same name in the unit is the same person or another: the page asks, and never guesses."""
        cleaned = super().clean()
        if cleaned.get("known") and cleaned.get("organisation") != cleaned["known"].organisation:
            self.add_error("name", _("This person belongs to another unit."))
        if self.errors or cleaned.get("known") or cleaned.get("national_id") or cleaned.get("is_other"):
            return cleaned
        found, is_registered = inline.namesakes(self.program, cleaned["organisation"], cleaned["name"])
        if found or is_registered:
            self.asks, self.namesakes = True, noted(found)  # type: ignore[misc]
            words = _("Somebody of this name is on the roster already.") if is_registered else _("The unit knows somebody of this name.")
            self.add_error("name", forms.ValidationError(f"{words}{_('The same person, or another?')}", code="namesake"))
        return cleaned

    def person_values(self) -> dict[str, Any]:
        return {name: value for name, value in super().person_values().items() if name not in ("organisation", "known", "is_other")}


class PasteForm(PageForm):
    text = forms.CharField(
        label=gettext_lazy("Rows from Excel"), max_length=inline.MOST_PASTED, strip=False, widget=forms.Textarea(attrs={"rows": 3, "data-paste": True})
    )

    def clean(self) -> dict[str, Any]:
        """Tabs and line ends are what is pasted; the reader of sheets takes other control characters out."""
        return self.cleaned_data


class InlineTable(EntryPage):
    """Drafts and returned rows of the user's units, an empty row to add, and a field to paste into. POST adds a row."""

    template_name = "rosters/inline_table.html"
    form_class = NewRowForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "program": self.program, "units": self.units, "prefix": "new"}

    def rows(self) -> list[Registration]:
        own = Registration.objects.visible_to(self.request.user).filter(program=self.program, organisation__in=self.units, status__in=inline.OPEN)
        return list(own.for_list()[: MOST_ROWS + 1])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = self.rows()
        groups = [("", "—"), *((group.pk, str(group)) for group in self.program.groups.all())]  # read once, not once a row
        lines = [{"row": row, "form": row_form(row, groups=groups), "seen": json.dumps(inline.cells_of(row))} for row in rows[:MOST_ROWS]]
        return super().get_context_data(
            **kwargs,
            lines=lines,
            has_more=len(rows) > MOST_ROWS,
            paste_form=PasteForm(),
            columns=[str(NewRowForm.base_fields[name].label) for name in COLUMNS],
            cells=COLUMNS,
            acquainted=noted(inline.acquainted(self.program, self.units)[:MOST_KNOWN]),
        )

    def apply(self, form: Any) -> str:
        row = inline.add_row(
            program=self.program,
            organisation=form.cleaned_data["organisation"],
            person=form.person_values(),
            place=form.place_values(),
            by=self.request.user,
            now=timezone.now(),
            known=form.cleaned_data["known"],
        )
        messages.success(self.request, _("%(name)s is on the roster as a draft.") % {"name": row.person.name})
        return f"{reverse('rosters:inline', args=[self.program.pk])}#id_new-name"  # a field: the browser puts the caret there


def row_form(row: Registration, data: Any = None, groups: Any = None) -> RowForm:
    form = RowForm(data, program=row.program, person=row.person, initial={"role": row.role, "group": row.group_id}, prefix=f"r{row.pk}")
    if groups is not None:
        form.fields["group"].choices = groups  # type: ignore[attr-defined]
    for field in form.fields.values():
        field.widget.attrs["form"] = f"row-{row.pk}"
    return form


def seen_in(sent: Any, row: Registration) -> dict[str, str]:
    """What the cells said when they were shown; without it every cell counts as typed."""
    try:
        found = json.loads(sent.get(f"r{row.pk}-seen", "{}")[:MOST_SEEN])
    except ValueError:
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


class SaveRow(Policed, View):
    """One row of the table. A script gets JSON and stays where it is; without one the browser goes back to the table."""

    access = "registration.change"
    http_method_names: ClassVar[list[str]] = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.allowed(Registration.objects.for_list(), pk=pk)
        access.require(request.user, "person.change", row.person)
        form = row_form(row, request.POST)
        errors = self.save(form, row)
        if "application/json" in request.headers.get("Accept", ""):
            cells = inline.cells_of(Registration.objects.select_related("person").get(pk=pk))
            answer = {"saved": not errors, "errors": errors, "word": str(_("Saved")) if not errors else "", "cells": cells}
            return JsonResponse(answer, status=422 if errors else 200)
        if errors:
            messages.error(request, f"{row.person.name}：{' '.join(errors.values())}")
        else:
            messages.success(request, _("The details of %(name)s are saved.") % {"name": form.cleaned_data["name"]})
        return HttpResponseRedirect(f"{reverse('rosters:inline', args=[row.program_id])}#line-{row.pk}")

    def save(self, form: RowForm, row: Registration) -> dict[str, str]:
        """Field → what is wrong; {} = saved."""
        if form.is_valid():
            try:
                person, place = form.person_values(), form.place_values()
                inline.save_row(registration=row, person=person, place=place, by=self.request.user, seen=seen_in(self.request.POST, row))
            except RuleViolation as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return {name: " ".join(map(str, messages_of)) for name, messages_of in form.errors.items()}


class PasteRows(EntryPage):
    """Pasted rows become a preview, where the same fixes and problems are shown as for an uploaded sheet."""

    access = "roster_import.use"
    template_name = "rosters/inline_paste.html"
    form_class = PasteForm

    def back(self) -> str:
        return reverse("rosters:inline", args=[self.program.pk])

    def apply(self, form: Any) -> str:
        units = choices_of_unit(self.request.user, self.program)
        unit = units[0] if units.count() == 1 else None
        try:
            found = inline.paste(program=self.program, text=form.cleaned_data["text"], by=self.request.user, now=timezone.now(), organisation=unit)
        except SpreadsheetError as error:
            raise RuleViolation(error.code, error.message, field="text") from error
        return reverse("rosters:import", args=[found.pk])
