"""People whom results name: those on the roster bring a guardian's consent with them; for the others an officer states that none is missing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from exchange import audit
from exchange.transitions import RuleViolation
from participants.certificates.award_models import Award
from participants.certificates.refusals import refuse
from participants.people import consent
from participants.rosters.models import Registration

MOST_NAMES = 40
WITH_MEMBERS = Prefetch("roster_members", Registration.objects.select_related("person", "organisation", "program__organiser", "delegation__organisation"))


def check_members(program: Any, values: Mapping[str, Any]) -> None:
    """Raise RuleViolation "too_many_names", "foreign_registration"."""
    linked: Sequence[Registration] = values.get("roster_members") or ()
    if len(values.get("members") or ()) + len(linked) > MOST_NAMES or len(values.get("instructors") or ()) > MOST_NAMES:
        raise RuleViolation("too_many_names", _("%(most)s names at most.") % {"most": MOST_NAMES}, field="members")
    if any(row.program_id != program.pk for row in linked):
        raise RuleViolation("foreign_registration", _("Only a person on the roster of this program can be chosen."), field="roster_members")


def settle(award: Award, before: Sequence[str], statement: str | None) -> None:
    """Keep a statement only where it is about these names: other names than `before` need it anew."""
    names = award.unlisted_names
    if not names or (names != before and statement is None):
        award.members_statement = ""


def set_members(award: Award, linked: Iterable[Registration]) -> bool:
    """Whether that changed anything."""
    keys = {row.pk for row in linked}
    if keys == set(award.roster_members.values_list("pk", flat=True)):
        return False
    award.roster_members.set(keys)
    return True


def record_statement(award: Award, before: str, *, by: Any, names_changed: bool = True) -> None:
    """Who stated what of names on no roster, and when, stays on record."""
    if award.members_statement and (names_changed or award.members_statement != before):
        changes = {"members_statement": [before, award.members_statement], "rows": [None, len(award.unlisted_names)]}
        audit.record("award.state", award, by=by, changes=changes)


# Before a paper names them -----------------------------------------------------------------------------------------------


def check(award: Award, known: frozenset[int] | None = None) -> None:
    """Raise RuleViolation "member_birth_date_needed", "member_consent_missing" or "members_not_stated", with the names.

    `known` are people known to have a guardian's consent, so that lists ask once.
    """
    refused: dict[str, list[str]] = {}
    for row in award.linked_members:
        try:
            consent.check_person(row.person, award.program, known)
        except RuleViolation as refusal:
            refused.setdefault(f"member_{refusal.code}", []).append(row.person.name)
    for code, names in refused.items():
        raise refuse(code, names=names)
    if award.unlisted_names and not award.members_statement:
        raise refuse("members_not_stated", field="members_statement", names=award.unlisted_names)


def problem(award: Award, known: frozenset[int] | None = None) -> RuleViolation | None:
    """`check` as a value, for lists."""
    try:
        check(award, known)
    except RuleViolation as refusal:
        return refusal
    return None
