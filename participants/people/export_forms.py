"""What a file of personal data is needed for: frequent purposes to choose from, so that giving a reason costs one press."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exchange.pages import PageForm

PURPOSES: dict[str, Any] = {
    "lodging": pgettext_lazy("purpose of a file", "Lodging and meals"),
    "insurance": pgettext_lazy("purpose of a file", "Insurance"),
    "travel": pgettext_lazy("purpose of a file", "Tickets and transport"),
    "on_site": pgettext_lazy("purpose of a file", "Work on site"),
    "register": pgettext_lazy("purpose of a file", "Register of continuing education"),
    "leadership": pgettext_lazy("purpose of a file", "Report to the leadership"),
    "archive": pgettext_lazy("purpose of a file", "The office's own files"),
}
OTHER = "other"


class ExportForm(PageForm):
    """The first of `purposes` is chosen already; own words say more, or stand alone."""

    purposes: ClassVar[tuple[str, ...]] = ("lodging", "insurance", "travel", "on_site", "archive")

    purpose = forms.ChoiceField(label=_("What is the file for?"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("In your own words"), max_length=300, required=False, help_text=_("Kept in the activity log, with your name and the time.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [*((key, PURPOSES[key]) for key in self.purposes), (OTHER, pgettext_lazy("purpose of a file", "Something else"))]
        self.fields["purpose"].choices = choices  # type: ignore[attr-defined]
        self.fields["purpose"].initial = self.purposes[0]
        self.fields["purpose"].required = not self.data.get("reason", "").strip()  # own words are enough

    def clean(self) -> dict[str, Any]:
        """`reason` becomes one sentence of the chosen purpose and the own words; "" where neither was given."""
        cleaned = super().clean()
        chosen = PURPOSES.get(cleaned.pop("purpose", ""), "")
        cleaned["reason"] = "：".join(filter(None, (str(chosen), cleaned.get("reason", "").strip())))
        return cleaned


class NumbersForm(ExportForm):
    """With the choice between masked and full numbers."""

    full_numbers = forms.BooleanField(
        label=_("With full ID and phone numbers"),
        required=False,
        help_text=_("Only where the hotel or the insurance needs them. Otherwise the numbers are masked."),
    )


class HoursForm(ExportForm):
    purposes = ("register", "leadership", "archive")


class LedgerForm(ExportForm):
    purposes = ("archive", "leadership")


class RegisterForm(HoursForm):
    full_numbers = forms.BooleanField(
        label=_("With full ID numbers"),
        required=False,
        help_text=_("Only of people whose numbers you may look at. That you took them is recorded."),
    )


class VersionForm(ExportForm):
    """A locked roster, to print or to work with."""

    kind = forms.ChoiceField(label=_("File"), choices=[("pdf", _("PDF to print")), ("xlsx", _("Excel workbook"))], widget=forms.RadioSelect, initial="pdf")
    field_order = ["kind", "purpose", "reason"]
