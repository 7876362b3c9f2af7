"""What officers fill in: programs, seasons, copies."""

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.programs import naming
from events.programs.models import Program, Series
from exchange.api_input import FIRST_YEAR, LAST_YEAR
from exchange.pages import ManyRowsField, PageForm, PageModelForm

PLACES_LIST = "places"  # id of the datalist that the page offers


class PlaceField(forms.CharField):
    """A division by its name or code; the browser suggests names from a datalist, with or without scripts."""

    default_error_messages = {"unknown_place": _("There is no place of this name, or more than one. Write the full name, for instance 江苏省无锡市.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=80, widget=forms.TextInput(attrs={"list": PLACES_LIST, "autocomplete": "off"}), **options)

    def clean(self, value: Any) -> Any:
        words = super().clean(value)
        if not words:
            return None
        place = naming.find_place(words)
        if place is None:
            raise forms.ValidationError(self.error_messages["unknown_place"], code="unknown_place")
        return place


class ProgramForm(PageModelForm):
    """What every program has. `kind` comes from the page, the kind's own fields from its details form."""

    host_division = PlaceField(label=_("Host place"), required=False, help_text=_("The prefecture where it takes place."))

    class Meta:
        model = Program
        fields = [
            "title_zh",
            "title_en",
            "summary_zh",
            "summary_en",
            "starts_on",
            "ends_on",
            "host_division",
            "place_zh",
            "place_en",
            "organiser",
            "co_organisers",
            "issuer",
            "series",
            "registration_opens_at",
            "registration_closes_at",
            "visibility",
            "minimum_attendance_percent",
            "credit_hours_cap",
            "hours_rule",
            "contact_name",
            "contact_phone",
        ]
        field_classes = {"co_organisers": ManyRowsField}
        widgets = {
            "summary_zh": forms.Textarea(attrs={"rows": 3}),
            "summary_en": forms.Textarea(attrs={"rows": 3}),
            "co_organisers": forms.CheckboxSelectMultiple,
            "visibility": forms.RadioSelect,
        }

    SECTIONS = [
        (_("What it is"), "title_zh title_en summary_zh summary_en"),
        (_("When and where"), "starts_on ends_on host_division place_zh place_en"),
        (_("Who is responsible"), "organiser issuer series contact_name contact_phone co_organisers"),
        (_("Registration and attendance"), "registration_opens_at registration_closes_at minimum_attendance_percent hours_rule credit_hours_cap visibility"),
    ]

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.limit(user)
        if self.instance.host_division_id:
            self.initial["host_division"] = self.instance.host_division.full_name
        for name in ("summary_zh", "summary_en"):
            self.fields[name].validators.append(MaxLengthValidator(5000))
        self.fields["minimum_attendance_percent"].validators.append(MaxValueValidator(100))
        self.fields["credit_hours_cap"].validators.append(MinValueValidator(0))
        self.fields["hours_rule"].required = False

    def limit(self, user: Any) -> None:
        """Choices that the user may name, and what the program names already."""
        own = naming.own_offices(user)
        organisations = own.model.objects
        program = self.instance
        self.fields["organiser"].queryset = (own | organisations.filter(pk=program.organiser_id)).distinct()
        self.fields["issuer"].queryset = (own | organisations.filter(pk=program.issuer_id)).distinct()
        self.fields["issuer"].empty_label = _("The organiser")
        self.fields["series"].queryset = (Series.objects.joinable_by(user) | Series.objects.filter(pk=program.series_id)).distinct()
        self.fields["series"].empty_label = _("None: it stands alone")
        self.fields["co_organisers"].queryset = naming.known_offices(user)
        if program.pk is None:
            self.set_defaults(user, own)

    def clean_hours_rule(self) -> str:
        """A form that leaves the rule out changes nothing about it."""
        return self.cleaned_data["hours_rule"] or self.instance.hours_rule

    def set_defaults(self, user: Any, own: Any) -> None:
        """What most programs have: the officer's own office, registration from this morning on."""
        office = own.filter(pk__in=[scope.organisation_id for scope in getattr(user, "scopes", ())]).first()
        self.initial.setdefault("organiser", office)
        self.initial.setdefault("contact_name", (office.contact_name if office else "") or user.display_name)
        self.initial.setdefault("contact_phone", office.contact_phone if office else "")
        self.initial.setdefault("registration_opens_at", timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0))

    def _post_clean(self) -> None:
        """Checks across fields are the rules', and the instance stays as it is in the table."""


class SeriesForm(PageModelForm):
    class Meta:
        model = Series
        fields = ["name_zh", "name_en", "year", "organiser"]

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["organiser"].queryset = naming.own_offices(user)
        self.fields["year"].validators += [MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]
        self.initial.setdefault("year", timezone.localdate().year)

    def _post_clean(self) -> None:
        """As with programs: rules check, and the instance stays as it is."""


class CancelForm(PageForm):
    reason = forms.CharField(
        label=_("Reason for cancelling"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Everyone who sees the program reads this.")
    )


class CopyForm(PageForm):
    title_zh = forms.CharField(label=_("Title of the copy (Chinese)"), max_length=120)
    starts_on = forms.DateField(
        label=_("First day of the copy"), widget=forms.DateInput, help_text=_("Every item of the itinerary moves by the same number of days.")
    )
