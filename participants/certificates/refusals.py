"""Why somebody gets no paper, in the words of whoever reads it: a batch keeps the code and the figures, and the sentence is made when it is looked at."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from exchange.masking import mask_name
from exchange.transitions import RuleViolation
from participants.attendance import hours
from participants.people import consent

MOST_SHOWN, MOST_REASONS = 5, 3
WORDS: Mapping[str, Any] = {
    **hours.REFUSALS,
    **consent.REFUSALS,
    "program_not_held": _("Certificates are issued once the program has begun; this one has not, or it was cancelled."),
    "no_number_prefix": _("%(office)s has no prefix for certificate numbers yet. Set it on the page of the organisation."),
    "number_taken": _("Another office uses the prefix %(prefix)s too; give each its own."),
    "already_issued": _("There is a valid certificate for this already."),
    "missing_glyph": _("No installed font can print %(characters)s."),
    "text_too_long": _("The text does not fit the page, even in its smallest size. Shorten the name, the work or the title of the program."),
    "member_consent_missing": _("A guardian has to consent first, for under 14: %(names)s."),
    "member_birth_date_needed": _("The date of birth is missing, which decides whether a guardian has to consent: %(names)s."),
    "members_not_stated": _("On no roster: %(names)s. State in the result that they are 14 or older, or that the school keeps their guardians' consent."),
}


def refuse(code: str, field: str | None = None, **params: Any) -> RuleViolation:
    """The refusal of this code, to be raised."""
    return RuleViolation(code, sentence(code, params), field, **params)


def sentence(code: str, params: Mapping[str, Any], *, hides_names: bool = False) -> str:
    """Raises KeyError where the code has no words here, or a figure is missing."""
    return str(WORDS[code]) % {name: _shown(name, value, hides_names) for name, value in params.items()}


def _shown(name: str, value: Any, hides_names: bool) -> Any:
    if name == "characters":
        return "、".join(f"{char}（U+{ord(char):04X}）" for char in value[:MOST_SHOWN])
    if name == "names":
        shown = "、".join(mask_name(str(one)) if hides_names else str(one) for one in value[:MOST_SHOWN])
        return f"{shown}…" if len(value) > MOST_SHOWN else shown
    return value


def reason(item: Any, *, hides_names: bool = False) -> str:
    """Why an item of a batch came to nothing; items of the first weeks, which keep no figures, in the language of their job."""
    try:
        return sentence(item.error_code, item.error_params, hides_names=hides_names)
    except KeyError:
        return str(item.error)


def nobody(reasons: Iterable[str]) -> RuleViolation:
    """The refusal of an order that would come to nothing, with the reasons that most have."""
    counted = Counter(reasons).most_common(MOST_REASONS)
    said = [
        ngettext("%(reason)s (%(number)s person).", "%(reason)s (%(number)s people).", number) % {"reason": why.rstrip("。."), "number": number}
        for why, number in counted
    ]
    return RuleViolation("nobody_left", gettext("Nobody can get a certificate now. %(reasons)s") % {"reasons": " ".join(said).replace("。 ", "。")})
