"""Whose name a reader of certificates may see, and which papers the desk hands out.

Of minors and of teams with members, viewers get masked names and no paper; of children whose guardian has not consented (any more) the desk hands out none.
The holder's own link is touched by neither; the link of a member of a team by the second.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from exchange import access, audit
from exchange.masking import mask_name
from participants.certificates.award_models import Award
from participants.certificates.models import Certificate
from participants.people import consent
from participants.people.fields import VIEWER, is_nameless, may_meet_nameless, nameless, roles_for
from participants.rosters.models import Registration

PERSON, TEAM = "person", "team"  # as Award.holder
WORKING = (access.OFFICER, access.COORDINATOR)


def is_hidden(row: Any, user: Any) -> bool:
    """Of a certificate, a result or an item of a batch. Of a person without a registration the age is unknown: then as of a minor."""
    award = row if hasattr(row, "holder") else row.award
    registration = row.registration or (award.registration if award is not None else None)
    if registration is not None:
        return is_nameless(registration.person, user, registration)
    return award is not None and award.holder == PERSON and roles_for(user, award) == {VIEWER}


def for_reading(rows: Any, user: Any) -> Any:
    """The certificates with what `shield` looks at, where the user may meet names that are not to be read."""
    if not may_meet_nameless(user):
        return rows
    paths = [f"{step}registration__{name}" for step in ("", "award__") for name in ("person", "organisation", "program__organiser")]
    return rows.select_related("issuer", "organisation", "program__organiser", "award__organisation", *paths)


def names_team(row: Any, user: Any) -> bool:
    """Whether a certificate or a result names members of a team to a mere viewer, who may not know who of them is a minor."""
    members = row.facts.get("members") if isinstance(row, Certificate) else row.member_names
    return bool(members) and roles_for(user, row) == {VIEWER}


def shield(certificates: Iterable[Certificate], user: Any) -> None:
    """Put the masked name into each certificate of a list that is about to be shown."""
    for row in certificates if may_meet_nameless(user) else ():
        if is_hidden(row, user):
            row.holder_name = mask_name(row.holder_name)
            row.facts = {**row.facts, "name": row.holder_name, "name_en": "", "position": "", "identity_tail": ""}
        elif names_team(row, user):
            row.facts = {**row.facts, "members": [mask_name(str(name)) for name in row.facts["members"]]}


def hidden_from(user: Any) -> Q:
    """The certificates whose holder's name this user may not read, as a condition."""
    minors = nameless(user).values("pk")
    of_unknown_age = Q(registration=None, award__holder=PERSON, award__registration=None)
    return Q(registration__person__in=minors) | Q(award__registration__person__in=minors) | (of_unknown_age & ~worked_on_by(user))


def worked_on_by(user: Any) -> Q:
    return access.under(user, "organisation", WORKING) | access.under(user, "program__organiser", (access.OFFICER,))


def findable(rows: Any, user: Any, words: str) -> Any:
    """Narrow what a search for a name or number has found: a hidden name is not to be found by its letters."""
    if not words or not may_meet_nameless(user):
        return rows
    return rows.filter(~hidden_from(user) | Q(number__icontains=words))


# Papers ----------------------------------------------------------------------------------------------------------------


def without_consent(certificates: Any) -> list[int]:
    """Keys of those certificates whose holder, or a member of the team, is a child without a guardian's consent."""
    kept = certificates.order_by().values("pk")
    named = Q(certificates__in=kept) | Q(awards__certificates__in=kept) | Q(team_results__certificates__in=kept)
    blocked = consent.barred(Registration.objects.filter(named).distinct())
    theirs = Q(registration__in=blocked) | Q(award__registration__in=blocked) | Q(award__roster_members__in=blocked)
    return list(Certificate.objects.filter(theirs).values_list("pk", flat=True).distinct()) if blocked else []


def on_own_page(person: Any) -> Any:
    """The papers on a private page: the person's own, and those of teams whose confirmed member the person is, unless a member's consent is missing."""
    teams = Certificate.objects.filter(award__in=Award.objects.filter(roster_members__in=Registration.objects.confirmed().filter(person=person)).values("pk"))
    theirs = Certificate.objects.of_person(person).order_by().values("pk")
    return Certificate.objects.filter(Q(pk__in=theirs) | Q(pk__in=teams.exclude(pk__in=without_consent(teams)).order_by().values("pk")))


def handed_out(certificates: Any, user: Any, about: Any) -> Any:
    """Those of the certificates that this user gets as files; that they were taken is recorded of `about`, the program or the batch."""
    rows = certificates.exclude(pk__in=without_consent(certificates))
    if may_meet_nameless(user):
        of_team = Q(award__holder=TEAM) & (~Q(award__members=[]) | Q(award__roster_members__isnull=False))
        withheld = hidden_from(user) | (of_team & ~worked_on_by(user))
        rows = rows.exclude(pk__in=Certificate.objects.filter(withheld).values("pk"))
    audit.record("certificate.download", about, by=user, changes={"rows": [None, rows.count()]})
    return rows


def is_withheld(row: Any, user: Any) -> bool:
    """Whether this user gets no file of a certificate or a result: viewers, of minors and of teams with members."""
    return is_hidden(row, user) or names_team(row, user)


def one(certificate: Certificate, user: Any) -> Certificate:
    """A single certificate that this user gets as a file. Raises PermissionDenied for viewers of minors and of teams, RuleViolation "consent_missing"."""
    if is_withheld(certificate, user):
        raise PermissionDenied
    registration = certificate.registration or (certificate.award.registration if certificate.award is not None else None)
    if registration is not None:
        consent.check(registration)
    if certificate.award_id is not None and without_consent(Certificate.objects.filter(pk=certificate.pk)):  # a member of the team
        raise consent.refusal("consent_missing")
    audit.record("certificate.download", certificate, by=user, changes={"rows": [None, 1]})
    return certificate
