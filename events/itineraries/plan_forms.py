"""Forms of the larger planning steps: shape only."""

import base64
import zlib
from datetime import time
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from events.calendars.reading import MAX_BYTES
from events.itineraries.forms import SANE_DATES, midnight_of_next, moment
from events.itineraries.models import Group
from events.kinds.registry import KIND_CHOICES
from events.programs.models import Program
from exchange import house_dates
from exchange.pages import ManyRowsField, PageForm


class MoveForm(PageForm):
    """A day and clock times, as the board sends them when an item is dragged, and its groups if it came to another lane."""

    day = forms.DateField(validators=SANE_DATES)
    starts = forms.TimeField()
    ends = forms.TimeField()
    groups = ManyRowsField(Group.objects.none(), required=False)
    seen = forms.CharField(required=False, max_length=16)

    def __init__(self, *args: Any, program: Program, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["groups"].queryset = program.groups.all()  # type: ignore[attr-defined]

    def facts(self) -> dict[str, Any]:
        """What the rules take; no groups means that they stay."""
        day, starts, ends = (self.cleaned_data[name] for name in ("day", "starts", "ends"))
        times = {"starts_at": moment(day, starts), "ends_at": moment(midnight_of_next(day, ends), ends)}
        groups = list(self.cleaned_data["groups"])
        return times | ({"groups": groups} if groups else {})


class CopyDayForm(PageForm):
    source = forms.DateField(label=_("Copy the day"), validators=SANE_DATES)
    target = forms.DateField(label=_("to the day"), validators=SANE_DATES)


class ShiftForm(PageForm):
    day = forms.DateField(label=_("Day"), validators=SANE_DATES)
    after = forms.TimeField(label=_("What begins from"), help_text=_("This time or later."))
    minutes = forms.IntegerField(
        label=_("Minutes"),
        validators=[MinValueValidator(-720), MaxValueValidator(720)],
        help_text=_("30 moves it half an hour later, −30 half an hour earlier."),
    )
    group = forms.ModelChoiceField(Group.objects.none(), label=_("Group"), required=False, empty_label=_("All groups"))

    def __init__(self, *args: Any, program: Program, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = program.groups.all()  # type: ignore[attr-defined]

    def clean_minutes(self) -> int:
        minutes: int = self.cleaned_data["minutes"]
        if minutes == 0:
            raise forms.ValidationError(_("0 minutes change nothing."))
        return minutes


class TemplateForm(PageForm):
    """The template of a kind, or one that an office has kept: `own-` and its key."""

    kind = forms.ChoiceField(label=_("Template"))
    first = forms.DateField(label=_("First day"), validators=SANE_DATES)
    add_groups = forms.BooleanField(label=_("Add groups that this program does not have"), required=False, initial=True)

    def __init__(self, *args: Any, own: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = {f"own-{row.pk}": row for row in own}
        kept = [(_("Templates of offices"), [(key, f"{row} · {row.owner.short}") for key, row in self.own.items()])] if self.own else []
        self.fields["kind"].choices = [*kept, (_("By the kind of program"), KIND_CHOICES)] if kept else KIND_CHOICES  # type: ignore[attr-defined]

    @property
    def template(self) -> Any:
        """The chosen template of an office, or None."""
        return self.own.get(self.cleaned_data["kind"])


class CopyItineraryForm(PageForm):
    source = forms.ModelChoiceField(Program.objects.none(), label=_("Program"), empty_label=_("Choose a program"))
    first = forms.DateField(label=_("First day here"), validators=SANE_DATES, help_text=_("What the other program plans on its first day comes to this one."))
    add_groups = forms.BooleanField(label=_("Add groups that this program does not have"), required=False, initial=True)

    def __init__(self, *args: Any, sources: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["source"]
        field.queryset = sources
        field.label_from_instance = lambda program: f"{program} {house_dates.full_date_range(program.starts_on, program.ends_on)}"


class CalendarFileForm(PageForm):
    """A file, or the one that the preview has shown: it comes along packed, because a page cannot fill in a file."""

    file = forms.FileField(
        label=_("File (.ics)"),
        required=False,
        help_text=_("An .ics file, at most 1 MB and 500 events."),
        widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"}),
    )
    day_starts = forms.TimeField(
        label=_("Whole days from"),
        required=False,
        initial="08:30",
        help_text=_("The file names no hours of what lasts whole days. Each day of it is planned at these hours; untick those you do not want."),
    )
    day_ends = forms.TimeField(label=_("Whole days until"), required=False, initial="17:30")
    kept = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_file(self) -> bytes:
        """The bytes; a file that is too large is not even read."""
        upload = self.cleaned_data["file"]
        if upload is None:
            return b""
        if upload.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is too large: at most 1 MB."), code="too_large")
        data: bytes = upload.read()
        return data

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "file" in cleaned and not self.data_of_file():
            self.add_error("file", _("Choose a file."))
        starts, ends = cleaned.get("day_starts"), cleaned.get("day_ends")
        if starts and ends and time(0) < ends <= starts:
            self.add_error("day_ends", _("The item ends before it begins."))
        return cleaned

    def hours(self) -> dict[str, time]:
        """Those of whole days, as far as they are said."""
        said = {"begin": self.cleaned_data.get("day_starts"), "end": self.cleaned_data.get("day_ends")}
        return {name: clock for name, clock in said.items() if clock} if all(said.values()) else {}

    def data_of_file(self) -> bytes:
        return self.cleaned_data.get("file") or unpacked(self.cleaned_data.get("kept", ""))

    def packed(self) -> str:
        return base64.b85encode(zlib.compress(self.data_of_file())).decode()


def unpacked(text: str) -> bytes:
    """What `packed` packed; b"" for anything else. Never more than one byte over the limit, whatever was packed."""
    try:
        return zlib.decompressobj().decompress(base64.b85decode(text), MAX_BYTES + 1) if text else b""
    except (ValueError, zlib.error):
        return b""
