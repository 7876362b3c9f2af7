"""Forms of invitations: shape only."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from events.programs.models import Program
from exchange.pages import PageForm
from participants.directory.models import Organisation
from participants.invitations.models import Wants
from participants.invitations.replies import MAX_BYTES
from participants.rosters.models import Registration

LEADERS = ("领队", "副领队", "联络员", "组长")


class GuestForm(PageForm):
    """A leader, whose name and address are on the roster, or the contact of a host."""

    registration = forms.ModelChoiceField(Registration.objects.none(), label=_("Leader"), required=False, empty_label="—")
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("Or a host"), required=False, empty_label="—")
    name = forms.CharField(label=_("Name"), max_length=60, required=False, help_text=_("For a leader without it: the name on the roster."))
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False, help_text=_("For a leader without it: the address on the roster."))
    wants = forms.ChoiceField(
        label=_("What they get"),
        choices=Wants,
        initial=Wants.INVITATIONS,
        widget=forms.RadioSelect,
        required=False,
        help_text=_("The letter names only what changes at the host's own place; it is for hosts without an account."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, initial="zh-hans")
    asked = forms.BooleanField(label=_("They asked for this mail"), error_messages={"required": _("Only who asked for it gets mail.")})

    def __init__(self, *args: Any, program: Program, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        leaders = Registration.objects.visible_to(user).confirmed().filter(program=program, role__in=LEADERS).select_related("person")
        hosts = Organisation.objects.filter(pk__in=program.items.exclude(host_organisation=None).values("host_organisation"))  # type: ignore[attr-defined]
        registration, organisation = self.fields["registration"], self.fields["organisation"]
        registration.queryset = leaders  # type: ignore[attr-defined]
        registration.label_from_instance = lambda row: f"{row.person.name} · {row.role}"  # type: ignore[attr-defined]
        organisation.queryset = hosts  # type: ignore[attr-defined]

    def clean_wants(self) -> str:
        return self.cleaned_data["wants"] or Wants.INVITATIONS

    def clean(self) -> dict[str, Any]:
        """Take name and address from the roster where they are left empty."""
        cleaned = super().clean()
        leader = cleaned.get("registration")
        if leader is not None:
            cleaned["name"] = cleaned.get("name") or leader.person.name
            cleaned["email"] = cleaned.get("email") or leader.person.email
        for name, message in (("name", _("Say the name.")), ("email", _("Say the address; the roster has none."))):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, message)
        return cleaned

    def facts(self) -> dict[str, Any]:
        """What the rule takes."""
        return {name: self.cleaned_data[name] for name in ("registration", "organisation", "name", "email", "language", "wants")}


class AnswerForm(PageForm):
    """A saved answer, or its text."""

    file = forms.FileField(label=_("Answer (.eml or .ics)"), required=False, widget=forms.FileInput(attrs={"accept": ".eml,.ics,text/calendar,message/rfc822"}))
    text = forms.CharField(label=_("Or its text"), required=False, max_length=MAX_BYTES, widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}))

    def clean_file(self) -> bytes:
        """The bytes; a file that is too large is not even read."""
        upload = self.cleaned_data["file"]
        if upload is None:
            return b""
        if upload.size > MAX_BYTES:
            raise forms.ValidationError(_("The answer is too large: at most 256 kB."), code="too_large")
        data: bytes = upload.read()
        return data

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "file" in cleaned and not self.data_bytes():
            self.add_error("file", _("Choose a file, or paste the text of the answer."))
        return cleaned

    def data_bytes(self) -> bytes:
        return self.cleaned_data.get("file") or self.cleaned_data.get("text", "").strip().encode()
