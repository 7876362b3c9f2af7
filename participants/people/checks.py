"""Shape of a person's details, shared by the form and the serializer; the words are those of the sheet import."""

import re
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from participants.people.rules import normal_id
from participants.rosters.sheet import identity
from participants.rosters.sheet.cleaning import INVISIBLE
from participants.rosters.sheet.issues import CATALOGUE

MOBILE = re.compile(r"1[3-9]\d{9}")
LANDLINE = re.compile(r"0\d{2,3}-?\d{7,8}(-\d{1,6})?")
OLDEST_BIRTH = date(1900, 1, 1)
TEXT_ID = 18  # characters of a citizen ID number


def refusal(code: str, **params: Any) -> ValidationError:
    return ValidationError(CATALOGUE[code][1], code=code, params=params or None)


def clean_national_id(value: str) -> str:
    """The number without spaces, in capitals. Raises ValidationError with a code of sheet/issues.py."""
    number = normal_id(re.sub(r"[\s\-]", "", value))
    found = identity.problem_of(number, timezone.localdate()) if number else None
    if found is not None and found[0] != "not_mainland_id":
        raise refusal(found[0], **found[1])
    return number


def clean_phone(value: str) -> str:
    """Plain digits of a mobile number, or a landline number. Raises ValidationError "phone_invalid"."""
    number = re.sub(r"[\s()（）]", "", value)
    mobile = re.sub(r"^(\+|00)?86(?=1)", "", number.replace("-", ""))
    if not number or MOBILE.fullmatch(mobile):
        return mobile
    if not LANDLINE.fullmatch(number):
        raise refusal("phone_invalid", count=len(re.sub(r"\D", "", number)))
    return number


def clean_name(value: str) -> str:
    """The name without stray spaces and invisible marks. Raises ValidationError "name_missing", "name_not_a_name"."""
    name = " ".join(INVISIBLE.sub("", value).split())
    if not name:
        raise refusal("name_missing")
    if re.fullmatch(r"[\d\W_]+", name):
        raise refusal("name_not_a_name")
    return name


def complete(fields: dict[str, Any], known: Any = None) -> dict[str, Any]:
    """Fill in date of birth and gender from the ID number; `known` is the person before the change.

    Raises ValidationError on birth_on: "birth_mismatch", "birth_in_future".
    """
    number = fields.get("national_id", getattr(known, "national_id", ""))
    birth = fields.get("birth_on", getattr(known, "birth_on", None))
    written = identity.birth_of(number) if len(number) == TEXT_ID else None
    if birth and (birth > timezone.localdate() or birth < OLDEST_BIRTH):
        raise ValidationError({"birth_on": ValidationError(_("The date of birth lies in the future, or too far back."), code="birth_in_future")})
    if written and birth and "birth_on" not in fields and known is not None and known.national_id != number:
        birth = None  # the number was corrected: the date that came from the old one goes with it
    if written and birth and written != birth:
        raise ValidationError({"birth_on": refusal("birth_mismatch", expected=written.isoformat())})
    if written and not birth:
        fields["birth_on"] = written
    if written and not fields.get("gender", getattr(known, "gender", "")):
        fields["gender"] = "male" if identity.gender_of(number) == "男" else "female"
    return fields
