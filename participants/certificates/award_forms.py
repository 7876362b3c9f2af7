"""Forms of the results that earn a paper."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.programs.models import Program
from exchange.pages import ManyRowsField, PageForm
from exchange.spreadsheets import MAX_BYTES, SpreadsheetError, read_cells, refuse
from exchange.transitions import RuleViolation
from participants.certificates.award_models import RESULT_KINDS, Award, Holder, MembersStatement
from participants.certificates.award_sheet import cells_of_text, names_in
from participants.certificates.units import find_unit
from participants.rosters.models import Registration

MOST_PASTED = 200_000


class RegistrationField(forms.ModelChoiceField):
    def label_from_instance(self, row: Registration) -> str:  # type: ignore[override]
        return f"{row.person.name}（{row.organisation.short}）"

    def to_python(self, value: Any) -> Any:
        if len(str(value or "")) > 18:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)


class MembersField(ManyRowsField):
    def label_from_instance(self, row: Registration) -> str:  # type: ignore[override]
        return f"{row.person.name}（{row.organisation.short}）"


def statement_field(**kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=gettext_lazy("Names on no roster"),
        choices=MembersStatement.choices,
        required=False,
        help_text=gettext_lazy("Without this statement no paper names them. Who stated it, and when, is recorded."),
        **kwargs,
    )


class NamesField(forms.CharField):
    """Names with 、 or line breaks between them."""

    def prepare_value(self, value: Any) -> Any:
        return "、".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        return names_in(super().clean(value))


class AwardForm(PageForm):
    """One result. A person of the roster may be chosen; name and unit then follow from the roster when they are left empty."""

    kind = forms.ChoiceField(label=gettext_lazy("kind of paper"), choices=RESULT_KINDS)
    holder = forms.ChoiceField(label=gettext_lazy("holder"), choices=Holder.choices, initial=Holder.PERSON, widget=forms.RadioSelect)
    registration = RegistrationField(
        label=gettext_lazy("Person on the roster"),
        queryset=Registration.objects.none(),
        required=False,
        help_text=gettext_lazy("The paper then stands on the person's own page, too. Name and unit may be left empty."),
    )
    name = forms.CharField(
        label=gettext_lazy("name on the paper"), max_length=60, required=False, help_text=gettext_lazy("Of the person, the team or the organisation.")
    )
    name_en = forms.CharField(
        label=gettext_lazy("name in English"), max_length=160, required=False, help_text=gettext_lazy("Left empty, the name of a person follows from pinyin.")
    )
    unit = forms.CharField(
        label=gettext_lazy("unit"), max_length=80, required=False, help_text=gettext_lazy("School or office by its full name, short name or alias.")
    )
    work = forms.CharField(label=gettext_lazy("work or entry"), max_length=100, required=False, help_text=gettext_lazy("Without 《》: the paper adds them."))
    work_en = forms.CharField(label=gettext_lazy("work in English"), max_length=160, required=False)
    category = forms.CharField(label=gettext_lazy("category"), max_length=40, required=False, help_text=gettext_lazy("For instance 小学组."))
    prize = forms.CharField(label=gettext_lazy("prize"), max_length=30, required=False, help_text=gettext_lazy("For instance 一等奖."))
    prize_en = forms.CharField(
        label=gettext_lazy("prize in English"), max_length=80, required=False, help_text=gettext_lazy("Left empty, the usual prizes are translated.")
    )
    roster_members = MembersField(
        label=gettext_lazy("Members on the roster"), queryset=Registration.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    members = NamesField(
        label=gettext_lazy("Other members"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("Who is on no roster: names with 、 between them."),
        widget=forms.Textarea({"rows": 2}),
    )
    members_statement = statement_field(widget=forms.RadioSelect)
    instructors = NamesField(label=gettext_lazy("instructors"), max_length=400, required=False, help_text=gettext_lazy("Names with 、 between them."))
    with_instructors = forms.BooleanField(label=gettext_lazy("Enter a paper for each instructor, too"), required=False)

    def __init__(self, *args: Any, program: Program, award: Award | None = None, **kwargs: Any) -> None:
        self.program = program
        if award is not None:
            own = {name: getattr(award, name) for name in self.base_fields if hasattr(award, name)}
            own["roster_members"] = award.linked_members
            kwargs["initial"] = own | {"unit": award.organisation.name_zh, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        people = program.registrations.confirmed().select_related("person", "organisation").order_by("person__pinyin", "pk")
        for name in ("registration", "roster_members"):
            self.fields[name].queryset = people  # type: ignore[attr-defined]
        if award is not None:
            del self.fields["with_instructors"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        registration = cleaned.get("registration")
        if registration is not None:
            cleaned["name"] = cleaned.get("name") or registration.person.name
        if not cleaned.get("name") and "name" not in self.errors:
            self.add_error("name", _("Say whose paper it is."))
        self.clean_unit_of(cleaned, registration)
        return cleaned

    def clean_unit_of(self, cleaned: dict[str, Any], registration: Registration | None) -> None:
        if registration is not None and not cleaned.get("unit"):
            cleaned["organisation"] = registration.organisation
            return
        if "unit" in self.errors:
            return
        try:
            cleaned["organisation"] = find_unit(self.program, cleaned.get("unit", ""))
        except RuleViolation as refusal:
            self.add_error("unit", refusal.message)

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in ("unit", "with_instructors")}


class AwardSheetForm(PageForm):
    """Rows pasted from a workbook, or the workbook itself."""

    kind = forms.ChoiceField(
        label=gettext_lazy("kind of paper"), choices=RESULT_KINDS, help_text=gettext_lazy("For rows that do not say it in a column of their own (证书).")
    )
    text = forms.CharField(
        label=gettext_lazy("Rows pasted from a workbook"),
        required=False,
        max_length=MOST_PASTED,
        strip=False,
        widget=forms.Textarea({"rows": 8, "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=gettext_lazy("Or the workbook"), required=False, allow_empty_file=True, widget=forms.FileInput({"accept": ".xlsx,.xls,.ods,.csv"})
    )
    members_statement = statement_field()
    with_instructors = forms.BooleanField(label=gettext_lazy("Enter a paper for each instructor, too"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = {**self.cleaned_data}
        text = cleaned.pop("text", "")
        self.cleaned_data = cleaned
        cleaned = super().clean()
        cleaned["cells"] = self.cells(text, cleaned.get("file"))
        return cleaned

    def cells(self, text: str, upload: Any) -> list[list[str]]:
        """The rows of the file, or of the text. Form errors for files that cannot be read."""
        if upload is None:
            if not text.strip():
                self.add_error("text", _("Paste the rows with their headings, or choose a workbook."))
            return [["".join(char for char in cell if char.isprintable()) for cell in row] for row in cells_of_text(text)]
        try:
            if upload.size > MAX_BYTES:
                raise refuse("too_large")
            return [[cell.text.strip() for cell in row] for row in read_cells(upload.read(), upload.name).rows]
        except SpreadsheetError as error:
            self.add_error("file", forms.ValidationError(error.message, code=error.code))
            return []
