"""Which mail a user wants."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exchange.pages import PageForm
from participants.notices.models import MailPreference, NoticeKind

CHOSEN_KINDS = [(kind.value, kind.label) for kind in NoticeKind if kind != NoticeKind.CERTIFICATE_ISSUED]


class PreferenceForm(PageForm):
    pace = forms.ChoiceField(
        label=_("When mail comes"),
        choices=[("at_once", _("At once, one for each change")), ("daily", _("Once a day, as a summary"))],
        widget=forms.RadioSelect,
    )
    kinds = forms.MultipleChoiceField(
        label=_("Mail about"),
        choices=CHOSEN_KINDS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("The inbox shows everything, whatever you choose here."),
    )

    def __init__(self, *args: Any, preference: MailPreference, **kwargs: Any) -> None:
        wanted = [kind for kind, _label in CHOSEN_KINDS if kind not in preference.muted]
        kwargs["initial"] = {"pace": "daily" if preference.daily else "at_once", "kinds": wanted}
        super().__init__(*args, **kwargs)

    def values(self) -> dict[str, Any]:
        """For rules.choose_mail; choosing the summary again takes back that it was unsubscribed."""
        daily = self.cleaned_data["pace"] == "daily"
        muted = {kind for kind, _label in CHOSEN_KINDS if kind not in self.cleaned_data["kinds"]}
        return {"muted": muted, "daily": daily}
