"""What can be wrong with a roster, in words that a teacher understands."""

from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

FIXED, WARNING, REJECTED = "fixed", "warning", "rejected"

# Code → (severity, message). Messages say what it is and what to do; %(…)s are filled from the issue's `params`.
CATALOGUE: dict[str, tuple[str, Any]] = {
    "text_cleaned": (FIXED, _("Spaces and invisible characters were removed.")),
    "width_normalised": (FIXED, _("Full-width characters were changed to ordinary ones.")),
    "apostrophe_removed": (FIXED, _("The apostrophe or quotation marks around the number were removed.")),
    "label_removed": (FIXED, _("The words before the number were removed.")),
    "separators_removed": (FIXED, _("Spaces and hyphens inside the number were removed.")),
    "x_uppercased": (FIXED, _("The last character of the ID number is a capital X.")),
    "phone_normalised": (FIXED, _("The phone number was written as plain digits.")),
    "date_normalised": (FIXED, _("The date was written as year-month-day.")),
    "excel_serial": (FIXED, _("Excel had stored the date as a number; it was changed back.")),
    "birth_from_id": (FIXED, _("The date of birth was taken from the ID number.")),
    "gender_from_id": (FIXED, _("The gender was taken from the ID number.")),
    "gender_normalised": (FIXED, _("The gender was written as 男 or 女.")),
    "ethnicity_normalised": (FIXED, _("The ethnicity was written in full.")),
    "dot_normalised": (FIXED, _("The dot in the name was changed to “·”.")),
    "role_from_name": (FIXED, _("What stands in brackets behind the name was taken as the role.")),
    "phone_from_name": (FIXED, _("The phone number behind the name was moved to its column.")),
    "gender_from_name": (FIXED, _("The gender in brackets behind the name was moved to its column.")),
    "role_from_memo": (FIXED, _("The remark was taken as the role.")),
    "numbers_swapped": (FIXED, _("The ID number and the phone number stood in each other's column; they were exchanged.")),
    "ditto_filled": (FIXED, _("“Ditto” was replaced by what stands in the row above.")),
    "phone_split": (FIXED, _("The cell held more than one number; the first was taken, the rest went to the memo.")),
    "contact_split": (FIXED, _("The number was moved to the emergency phone.")),
    "unit_from_title": (FIXED, _("The sheet has no column for the unit; the one named above the list was taken.")),
    "pinyin_moved": (FIXED, _("The remark in brackets was moved to the memo.")),
    "title_removed": (FIXED, _("The form of address was removed from the name.")),
    "district_matched": (FIXED, _("The district was written in full.")),
    "district_from_unit": (FIXED, _("The district was taken from the unit.")),
    "unit_matched": (FIXED, _("The unit was written as it is registered.")),
    "diet_split": (FIXED, _("The diet was sorted in; the rest went to the memo.")),
    "kept_as_text": (FIXED, _("This looks like code; it is kept as plain text.")),
    "group_matched": (FIXED, _("The group was written as the program calls it.")),
    "unit_from_upload": (FIXED, _("The sheet names no unit; the one it was uploaded for was taken.")),
    "unit_confirmed": (FIXED, _("The match with %(unit)s was confirmed.")),
    "gender_mismatch": (WARNING, _("The gender does not agree with the ID number. Check both against the card.")),
    "birth_mismatch": (WARNING, _("The date of birth does not agree with the ID number (%(expected)s). Check both against the card.")),
    "ethnicity_unknown": (WARNING, _("This is not one of the 56 ethnic groups. Check the spelling.")),
    "name_short": (WARNING, _("The name has one character only. Check that nothing is missing.")),
    "phone_shared": (WARNING, _("Row %(row)s has the same phone number. Check which person it belongs to.")),
    "name_twice": (WARNING, _("Row %(row)s has the same name in the same unit. Check that these are two people.")),
    "not_mainland_id": (WARNING, _("This is not a mainland ID number but looks like a travel permit or passport. Check it against the document.")),
    "remark_doubt": (WARNING, _("The remark says “%(word)s”. If this person does not take part, leave the row out.")),
    "formula_error": (WARNING, _("A formula failed here and the sheet holds no value. Type what should stand here.")),
    "row_struck": (WARNING, _("This row is struck out in the sheet. Take it in or leave it out.")),
    "row_hidden": (WARNING, _("This row is hidden or filtered out in the sheet. Take it in or leave it out.")),
    "cell_struck": (WARNING, _("This cell is struck out in the sheet. Check what holds now.")),
    "phone_foreign": (WARNING, _("This is a number outside the mainland; notices may not reach it. Check it.")),
    "landline": (WARNING, _("This is a landline number; notices cannot reach it. Enter a mobile number if there is one.")),
    "email_invalid": (WARNING, _("This is not an e-mail address; it will be left out.")),
    "unit_fuzzy": (WARNING, _("Taken to be %(unit)s. Confirm it, or write the full name.")),
    "unit_other_district": (WARNING, _("The unit belongs to %(district)s. Check the district.")),
    "stage_normalised": (FIXED, _("The stage was written as the form writes it.")),
    "stage_unknown": (WARNING, _("This is not a stage. Choose one of: %(choices)s; otherwise it is left out.")),
    "group_unknown": (WARNING, _("The program has no such group; the person will be put in no group.")),
    "too_long": (WARNING, _("The entry is too long and was cut.")),
    "age_unusual": (WARNING, _("The age of %(age)s is unusual. Check the date of birth.")),
    "emergency_phone_unusual": (WARNING, _("This does not look like a phone number. It is kept as it is; check it.")),
    "registered_locked": (WARNING, _("This person is registered and under review already; nothing will be changed.")),
    "already_registered": (WARNING, _("This person is registered already; what differs will be brought up to date.")),
    "name_missing": (REJECTED, _("The name is missing. Enter it, or leave the row out.")),
    "name_not_a_name": (REJECTED, _("This is not a name. Enter it as on the ID card, or in Latin letters as in the passport.")),
    "name_several": (
        REJECTED,
        _("There seem to be several names in one cell. Give each person a row; write one name without spaces, or with “·” between its parts."),
    ),
    "name_lost_character": (REJECTED, _("A character of the name was lost (shown as a box or question mark). Type it again.")),
    "unit_missing": (REJECTED, _("The unit is missing. Enter the full name of the school or office.")),
    "unit_unknown": (REJECTED, _("There is no unit of this name. Check it, or ask the district to add the unit.")),
    "unit_ambiguous": (REJECTED, _("Several units could be meant: %(choices)s. Write the full name.")),
    "unit_not_yours": (REJECTED, _("You cannot register people of this unit. Leave the row to that unit.")),
    "unit_not_invited": (REJECTED, _("This unit has no places in the program. Check the unit, or ask your district for places.")),
    "id_missing": (REJECTED, _("The ID number is missing; this program needs it for lodging and insurance.")),
    "id_length": (REJECTED, _("The ID number has %(count)s characters instead of 18. Check it against the card.")),
    "id_fifteen": (REJECTED, _("This is an old ID number of 15 digits. Enter the 18 characters of the current card.")),
    "id_lost_digits": (REJECTED, _("Excel stored this as a number and lost the last digits. Set the column to Text and enter it again.")),
    "id_characters": (REJECTED, _("The ID number contains characters that cannot stand there. Check it against the card.")),
    "id_checksum": (
        REJECTED,
        _(
            "The last digit of the ID number does not match. By the other 17 it would be %(expected)s; check all of them against the card, two digits are often swapped."
        ),
    ),
    "id_birth_date": (REJECTED, _("The ID number contains an impossible date of birth. Check it against the card.")),
    "phone_invalid": (REJECTED, _("This is not a mobile number: it has %(count)s digits. A mobile number has 11 and begins with 13 to 19.")),
    "phone_lost_digits": (REJECTED, _("Excel shows this number in short form, and its last digits are lost. Enter all 11 digits.")),
    "phone_in_id": (REJECTED, _("A phone number stands in the ID column. Put each number into its own column.")),
    "birth_short": (REJECTED, _("The year has two digits only. Write the whole date, such as 1985-03-15.")),
    "birth_invalid": (REJECTED, _("This is not a date. Write it as 1985-03-15.")),
    "cells_shifted": (
        REJECTED,
        _("The cells of this row seem to be shifted by one column. Move them back in your file and upload it again, or correct each cell here."),
    ),
    "gender_invalid": (REJECTED, _("Write 男 or 女.")),
    "district_unknown": (REJECTED, _("There is no district of this name. Check the spelling.")),
    "district_ambiguous": (REJECTED, _("Several places could be meant: %(choices)s. Write the full name.")),
    "district_not_in_program": (REJECTED, _("%(district)s has no places in this program. Check the district.")),
    "duplicate_row": (REJECTED, _("Row %(row)s has the same ID number. Delete one of the two.")),
    "taken_elsewhere": (REJECTED, _("This person cannot be registered here. Ask your district.")),
}


@dataclass(frozen=True)
class RowIssue:
    """One finding about one cell. `row` is the sheet's row as the user sees it, `column` the field."""

    row: int
    column: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)
    before: str = ""
    after: str = ""

    @property
    def severity(self) -> str:
        return CATALOGUE[self.code][0]

    @property
    def message(self) -> str:
        return str(CATALOGUE[self.code][1]) % self.params if self.params else str(CATALOGUE[self.code][1])

    def stored(self) -> dict[str, Any]:
        return asdict(self)
