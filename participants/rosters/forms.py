"""Forms of the roster pages: shape only, the rules decide."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.itineraries.models import Group
from events.programs.models import Program
from exchange.access import COORDINATOR, OFFICER, under
from exchange.pages import ManyRowsField, PageForm, ReasonForm
from participants.directory.models import Organisation
from participants.people.forms import PersonForm
from participants.people.models import Person
from participants.rosters.models import Delegation
from participants.rosters.quota_api import MOST_PLACES

ROLES = [("", "—"), ("领队", _("Leader")), ("联络员", _("Liaison")), ("组长", _("Group leader")), ("学员", _("Member"))]


class QuotaForm(PageForm):
    quota = forms.IntegerField(
        label=pgettext_lazy("quota", "places"), min_value=0, max_value=MOST_PLACES, widget=forms.NumberInput(attrs={"inputmode": "numeric"})
    )


class NewQuotaForm(QuotaForm):
    """The same with a choice of who gets the places."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("unit"))
    field_order = ["organisation", "quota"]

    def __init__(self, *args: Any, choices: Any, label: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = choices  # type: ignore[attr-defined]
        self.fields["organisation"].label = label


class PlaceForm(PageForm):
    """What a registration adds to the person: role and group."""

    role = forms.CharField(label=_("role"), max_length=20, required=False, widget=forms.Select(choices=ROLES))
    group = forms.ModelChoiceField(Group.objects.none(), label=_("group"), required=False, empty_label="—")

    def __init__(self, *args: Any, program: Program, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.program = program
        self.fields["group"].queryset = program.groups.all()  # type: ignore[attr-defined]
        role = self.initial.get("role")
        if role and role not in dict(ROLES):
            self.fields["role"].widget.choices = [*ROLES, (role, role)]  # type: ignore[attr-defined]


class RegistrationForm(PersonForm, PlaceForm):
    """A person and the place in the program on one page."""

    PLACE = ("role", "group")

    def person_values(self) -> dict[str, Any]:
        return {name: value for name, value in self.values().items() if name not in (*self.PLACE, "organisation")}

    def place_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.PLACE}


def sending_units(user: Any, program: Program) -> Any:
    """Units for which the user may add people: of the own subtree, below a delegation of the program."""
    invited = Q(pk__in=[])
    for path in Delegation.objects.filter(program=program).values_list("organisation__path", flat=True):
        invited |= Q(path__startswith=path)
    units = Organisation.objects.filter(invited, is_active=True)
    return units if user.is_superuser else units.filter(under(user, "", (OFFICER, COORDINATOR)))


class AddPersonForm(RegistrationForm):
    """A new person of one of the user's units."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("unit"), empty_label=_("Choose the unit"))

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        field.queryset = units  # type: ignore[attr-defined]
        if len(units) == 1:
            field.initial, field.widget = units[0].pk, forms.HiddenInput()
        self.order_fields(["organisation", *self.fields])


class PickForm(PageForm):
    """People whom a unit knows already."""

    people = ManyRowsField(Person.objects.none(), widget=forms.CheckboxSelectMultiple, error_messages={"required": _("Choose at least one person.")})

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = choices  # type: ignore[attr-defined]


class ReplaceForm(PageForm):
    person = forms.ModelChoiceField(
        Person.objects.none(), widget=forms.RadioSelect, empty_label=None, error_messages={"required": _("Choose who takes over the place.")}
    )

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = choices  # type: ignore[attr-defined]


class SubmitForm(PageForm):
    waitlist = forms.BooleanField(label=_("Put on the waiting list when no place is free"), required=False)


class NeededReasonForm(ReasonForm):
    """The rule asks for the reason; so does the form, beside the field."""

    reason = forms.CharField(
        label=_("reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Give a reason, so that the people concerned know what to do.")},
        help_text=_("The school reads this. Say what to correct, and how."),
    )


class DeclineForm(NeededReasonForm):
    """A refusal is final, so its reason says why, not what to correct."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("The school reads this. Say why the person cannot take part.")
