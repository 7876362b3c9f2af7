"""Forms of the directory: organisations, invitations, new accounts, tokens."""

import re
from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from exchange import access
from exchange.pages import PageForm, PageModelForm
from participants.directory.models import Division, Invitation, Membership, Organisation, OrganisationAlias, OrganisationLevel, Role, Stage, User
from participants.directory.rules import ROLES

# No "@": a login name must never be mistaken for somebody's e-mail address.
login_name = RegexValidator(r"^[\w.-]{3,60}\Z", _("Use 3 to 60 letters, digits, dots, hyphens or underscores."), code="bad_login_name")


class AliasesField(forms.CharField):
    """One name per line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> Any:
        names = [name.strip() for name in re.split(r"[\r\n]+", super().clean(value)) if name.strip()]
        longest = OrganisationAlias._meta.get_field("name").max_length or 0
        if any(len(name) > longest for name in names):
            raise ValidationError(_("An alias has at most 80 characters."), code="too_long")
        return names


class OrganisationForm(PageModelForm):
    aliases = AliasesField(
        label=_("Aliases"), required=False, max_length=2000, help_text=_("One per line: old names and short ones, as they are written in sign-up sheets.")
    )

    class Meta:
        model = Organisation
        fields = ["parent", "level", "name_zh", "name_en", "short_name", "division", "stage", "number_prefix", "contact_name", "contact_phone", "is_active"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["division"].queryset = Division.objects.order_by("code")
        self.fields["division"].empty_label = self.fields["parent"].empty_label = "—"
        self.fields["stage"].choices = [("", "—"), *Stage.choices]
        self.limit(user)
        if self.instance.pk:
            del self.fields["level"]
            self.initial["aliases"] = "\n".join(self.instance.aliases.values_list("name", flat=True))
        else:
            del self.fields["is_active"]

    def limit(self, user: User) -> None:
        """Offices that the user keeps may be chosen as the place; one that stands outside of them stays where it is."""
        offices = Organisation.objects.filter(level__in=[OrganisationLevel.COMMISSION, OrganisationLevel.BUREAU]).exclude(pk=self.instance.pk)
        if user.is_superuser:
            self.fields["parent"].queryset = offices
            return
        self.fields["parent"].queryset = offices.filter(access.under(user, "", [Role.OFFICER]))
        self.fields["parent"].required = True
        self.fields["level"].choices = [choice for choice in OrganisationLevel.choices if choice[0] != OrganisationLevel.COMMISSION]
        if self.instance.pk and not access.may(user, "organisation.create", self.instance.parent):
            del self.fields["parent"]

    def _get_validation_exclusions(self) -> set[str]:
        """The name, so that the model's constraint stays silent: the rule compares names under its lock and says it in words."""
        return super()._get_validation_exclusions() | {"name_zh"}


class InvitationForm(PageModelForm):
    class Meta:
        model = Invitation
        fields = ["display_name", "role", "email"]
        help_texts = {"email": _("Only to sign in with it and to reset the password. The link is handed over by you, nothing is sent.")}

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, role.label) for role in ROLES[organisation.level]]


class MembershipForm(PageModelForm):
    class Meta:
        model = Membership
        fields = ["user", "role"]

    def __init__(self, *args: Any, organisation: Organisation, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = User.objects.visible_to(by).filter(is_active=True).order_by("display_name", "pk")
        self.fields["role"].choices = [(role.value, role.label) for role in ROLES[organisation.level]]


class NewAccountForm(PageForm):
    """What the invited person chooses."""

    username = forms.CharField(
        label=_("Login name"),
        max_length=60,
        validators=[login_name],
        help_text=_("Letters, digits, dots, hyphens or underscores; at least 3."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password1 = forms.CharField(label=_("Password"), max_length=128, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))
    password2 = forms.CharField(label=_("Password again"), max_length=128, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation
        self.fields["password1"].help_text = password_validators_help_text_html()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", ValidationError(_("The two passwords differ."), code="password_mismatch"))
        if first:
            user = User(username=cleaned.get("username", ""), display_name=self.invitation.display_name, email=self.invitation.email)
            try:
                validate_password(first, user)
            except ValidationError as error:
                self.add_error("password1", error)
        return cleaned


class TokenForm(PageForm):
    days = forms.TypedChoiceField(label=_("Valid for"), coerce=int, initial=90, choices=[(30, _("30 days")), (90, _("90 days")), (365, _("One year"))])
    password = forms.CharField(label=_("Your password"), max_length=128, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))
