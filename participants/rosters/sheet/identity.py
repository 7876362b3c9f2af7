"""Citizen ID numbers (GB 11643): form, check digit, date of birth, gender."""

import re
from datetime import date
from typing import Any

from stdnum.iso7064 import mod_11_2

OLDEST_YEAR = 1900
# Home return permit (H/M + 8–10 digits), Taiwan permit (8 digits), passports, residence permit of foreigners (until 2023).
OTHER_DOCUMENT = re.compile(r"[HM]\d{8,10}|\d{8}|[A-Z]{1,3}\d{6,8}|[A-Z]{3}\d{12}")


def check_digit(first17: str) -> str:
    """The 18th character of a citizen ID number. Source: GB 11643, ISO 7064 MOD 11-2."""
    return str(mod_11_2.calc_check_digit(first17))


def birth_of(number: str) -> date | None:
    """The date of birth in an 18-character number, None when impossible. The area code is not judged: old ones stay valid."""
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return born if born.year >= OLDEST_YEAR else None


def gender_of(number: str) -> str:
    return "男" if int(number[16]) % 2 else "女"


def problem_of(number: str, today: date) -> tuple[str, dict[str, Any]] | None:
    """The code of what is wrong with a cleaned number, or None. Warnings for other documents: "not_mainland_id"."""
    if re.fullmatch(r"1[3-9]\d{9}", number):
        return "phone_in_id", {}
    if re.fullmatch(r"\d{15}", number):
        return "id_fifteen", {}
    if OTHER_DOCUMENT.fullmatch(number):
        return "not_mainland_id", {}
    if re.search("[^ -~]", number):
        return "id_characters", {}
    if len(number) != 18:
        return "id_length", {"count": len(number)}
    if not re.fullmatch(r"\d{17}[\dX]", number):
        return "id_characters", {}
    born = birth_of(number)
    if number.endswith("000") and check_digit(number[:17]) != number[17]:
        return "id_lost_digits", {}
    if born is None or born > today:
        return "id_birth_date", {}
    if check_digit(number[:17]) != number[17]:
        return "id_checksum", {"expected": check_digit(number[:17])}
    return None
