"""Forms of the words, the look and the pictures of papers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from events.programs.models import Program
from exchange.pages import PageForm
from participants.certificates import papers
from participants.certificates.award_models import Background, Design, Language, LogoPlace, PaperPicture, PictureRole, SealPlace, Tone

SEAL_SIZES = (36, 38, 40, 42, 45)
SIGNATURE_SIZES = (25, 30, 35, 40, 45)
LOGO_SIZES = (15, 20, 25, 30, 40)


def sizes(values: tuple[int, ...]) -> list[tuple[int, str]]:
    return [(value, f"{value} mm") for value in values]


def words(label: Any, longest: int, rows: int = 0) -> forms.CharField:
    widget = forms.Textarea({"rows": rows, "data-phrase": ""}) if rows else forms.TextInput({"data-phrase": ""})
    return forms.CharField(label=label, max_length=longest, required=False, widget=widget)


class PictureField(forms.ModelChoiceField):
    """A picture of the issuing office that is in use."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=PaperPicture.objects.none(), required=False, **kwargs)

    def label_from_instance(self, row: PaperPicture) -> str:  # type: ignore[override]
        return row.name

    def to_python(self, value: Any) -> Any:
        if len(str(value or "")) > 18:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)


class PaperForm(PageForm):
    design = forms.ChoiceField(label=gettext_lazy("design"), choices=Design.choices, widget=forms.RadioSelect)
    tone = forms.ChoiceField(label=gettext_lazy("colour"), choices=Tone.choices, required=False)
    background = forms.ChoiceField(label=pgettext_lazy("paper", "background"), choices=Background.choices, required=False)
    language = forms.ChoiceField(label=gettext_lazy("language"), choices=Language.choices)
    title_zh = words(gettext_lazy("title"), 12)
    main_zh = words(gettext_lazy("text"), 300, 4)
    closing_zh = words(gettext_lazy("closing line"), 40)
    title_en = words(gettext_lazy("English title"), 40)
    main_en = words(gettext_lazy("English text"), 500, 4)
    closing_en = words(gettext_lazy("English closing line"), 80)
    seal = PictureField(label=gettext_lazy("seal"), help_text=gettext_lazy("Without one the place stays free for the stamp."))
    seal_mm = forms.TypedChoiceField(label=gettext_lazy("width of the seal"), choices=sizes(SEAL_SIZES), coerce=int)
    seal_place = forms.ChoiceField(label=gettext_lazy("place of the seal"), choices=SealPlace.choices)
    signature = PictureField(label=gettext_lazy("signature"))
    signature_mm = forms.TypedChoiceField(label=gettext_lazy("width of the signature"), choices=sizes(SIGNATURE_SIZES), coerce=int)
    logo = PictureField(label=gettext_lazy("logo"))
    logo_mm = forms.TypedChoiceField(label=gettext_lazy("width of the logo"), choices=sizes(LOGO_SIZES), coerce=int)
    logo_place = forms.ChoiceField(label=gettext_lazy("place of the logo"), choices=LogoPlace.choices)
    sealed = forms.BooleanField(
        label=gettext_lazy("QR code for a check without a network"),
        required=False,
        help_text=gettext_lazy("It carries name, number, dates and hours, signed by the office, and is denser."),
    )
    sample = forms.IntegerField(label=gettext_lazy("Preview with"), required=False, min_value=1, max_value=2**63 - 1, widget=forms.Select)
    for_office = forms.BooleanField(label=gettext_lazy("For all programs whose papers this office issues"), required=False)

    def __init__(self, *args: Any, program: Program, kind: str, may_for_office: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for role in PictureRole.values:
            self.fields[role].queryset = PaperPicture.objects.filter(  # type: ignore[attr-defined]
                organisation=program.certificate_issuer, role=role, retired_at=None
            ).defer("content")
        self.fields["sample"].widget.choices = sample_choices(program, kind)  # type: ignore[attr-defined]
        if not may_for_office:
            del self.fields["for_office"]

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in papers.SETTABLE}


def sample_choices(program: Program, kind: str) -> list[tuple[Any, str]]:
    rows = papers.samples(program, kind)[:100]
    return [(row.pk, f"{name_of(row)}（{row.organisation.short}）") for row in rows]


def name_of(row: Any) -> str:
    return str(row.name if hasattr(row, "name") else row.person.name)


class PictureForm(PageForm):
    role = forms.ChoiceField(label=gettext_lazy("kind of picture"), choices=PictureRole.choices)
    name = forms.CharField(label=gettext_lazy("name of the picture"), max_length=40, help_text=gettext_lazy("Only the desk sees it."))
    file = forms.FileField(
        label=gettext_lazy("picture"),
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp"}),
        help_text=gettext_lazy("PNG, JPEG or WebP, at most 3 MB. White paper around a seal or signature becomes transparent."),
    )
