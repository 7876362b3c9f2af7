"""What is kept of a person, what for, how long, and who sees it: one table for pages, API, clean-up and the privacy page."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exchange import access
from exchange.masking import mask_name
from participants.people.consent import is_minor, minors
from participants.people.models import Person

SENDER, DISTRICT, ORGANISER, VIEWER = "sender", "district", "organiser", "viewer"
ROLES: dict[str, Any] = {
    SENDER: pgettext_lazy("privacy", "the school"),
    DISTRICT: pgettext_lazy("privacy", "its bureau"),
    ORGANISER: pgettext_lazy("privacy", "the organiser"),
    VIEWER: pgettext_lazy("privacy", "viewers of these offices"),
}
THOSE_WHO_WORK = (SENDER, DISTRICT, ORGANISER)


@dataclass(frozen=True)
class FieldPolicy:
    """`columns` are fields of Person; `days` or `years` is how long they stay after the person's last program, neither = until they are erased."""

    columns: tuple[str, ...]
    label: Any
    purpose: Any
    days: int | None = None
    seen_by: tuple[str, ...] = THOSE_WHO_WORK
    years: int | None = None

    @property
    def roles(self) -> list[Any]:
        return [ROLES[role] for role in self.seen_by]


POLICIES = (
    FieldPolicy(("name", "name_en", "pinyin", "initials"), _("name"), _("Rosters, groups, check-in, certificates"), None, (*THOSE_WHO_WORK, VIEWER)),
    FieldPolicy(
        ("position", "professional_title", "stage", "subject"),
        _("position, title, subject"),
        _("Groups, and what the certificate says"),
        None,
        (*THOSE_WHO_WORK, VIEWER),
    ),
    FieldPolicy(("gender",), _("gender"), _("Sharing of rooms")),
    FieldPolicy(("birth_on",), _("date of birth"), _("Whether a guardian has to consent; insurance")),
    FieldPolicy(("national_id",), _("ID number"), _("Insurance, lodging, tickets; that nobody is registered twice"), 90),
    FieldPolicy(("ethnicity",), _("ethnicity"), _("Statistics of the sending bureau, ethnic sports meets"), 90, (SENDER, DISTRICT)),
    FieldPolicy(("phone", "email"), _("mobile and e-mail"), _("To reach people on the way, and to send them their certificate")),
    FieldPolicy(("diet",), _("diet"), _("Meals"), 30),
    FieldPolicy(("lodging",), _("lodging"), _("Sharing of rooms"), 30),
    FieldPolicy(("memo",), _("memo, with notes on health"), _("What those who look after the group have to know"), 30),
    FieldPolicy(("emergency_contact", "emergency_phone"), _("emergency contact"), _("To tell the family when something happens"), 90),
)
# Kept in tables of their own. For consents the law names no period: docs/personal-data.md tells why three years. Clean-up and privacy page follow this figure.
CONSENT_YEARS = 3
BESIDE = (
    FieldPolicy(
        (),
        _("consent of a guardian, with the signed paper"),
        _("Proof that the data of a child may be used, and might be"),
        years=CONSENT_YEARS,
        seen_by=(SENDER, DISTRICT),
    ),
)
SENSITIVE: dict[str, FieldPolicy] = {column: policy for policy in POLICIES if VIEWER not in policy.seen_by for column in policy.columns}


def with_sight(people: QuerySet[Person], user: Any) -> QuerySet[Person]:
    """Adds to each person as what the user sees them, so that lists decide without a query per row."""
    sights = {f"sight_{role}": access.holds(access.works_with(user, role)) for role in (SENDER, ORGANISER)}
    return people.annotate(**sights)


def roles_in(person: Any) -> frozenset[str]:
    """The roles that `with_sight` found. A bureau sees its schools' people as their sender does."""
    return roles(is_sender=person.sight_sender, is_organiser=person.sight_organiser)


def roles_for(user: Any, row: Any) -> frozenset[str]:
    """As what the user sees one person, or the person of one registration."""
    is_sender = access.may(user, "person.change", row)
    return roles(is_sender=is_sender, is_organiser=not is_sender and access.may(user, "person.reveal", row))


def roles(*, is_sender: bool, is_organiser: bool) -> frozenset[str]:
    found = {VIEWER}
    if is_sender:
        found |= {SENDER, DISTRICT}
    if is_organiser:
        found.add(ORGANISER)
    return frozenset(found)


def hidden(seen_as: Iterable[str]) -> frozenset[str]:
    """The columns that none of these roles may see."""
    return frozenset(column for column, policy in SENSITIVE.items() if not set(seen_as) & set(policy.seen_by))


def shield(person: Person, seen_as: frozenset[str], today: date | None = None) -> Person:
    """The person as these roles may see them: a copy without the other columns. Of a minor, viewers see a surname and the unit."""
    columns = hidden(seen_as)
    if not columns:
        return person
    shown = copy.copy(person)
    if seen_as == {VIEWER} and is_minor(person, today or timezone.localdate()):
        shown.name = mask_name(person.name)
        columns |= {"name_en", "pinyin", "initials", "position", "professional_title", "stage", "subject"}
    for column in columns:
        setattr(shown, column, None if column == "birth_on" else "")
    return shown


def shielded_values(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The columns of plain values, as a locked roster keeps them, that a viewer reads differently."""
    birth = date.fromisoformat(row["birth_on"]) if row["birth_on"] else None
    told = {name: row[name] for name in ("position", "professional_title", "stage", "subject") if name in row}
    shown = shield(Person(name=row["name"], birth_on=birth, **told), frozenset({VIEWER}), today)
    return {name: getattr(shown, name) or "" for name in ("name", "gender", "birth_on", "national_id", "phone", *told)}


def is_nameless(person: Person, user: Any, row: Any) -> bool:
    """A minor of whom this user is a viewer: no name, and no paper with a name. `row` is the person or the registration."""
    return is_minor(person, timezone.localdate()) and roles_for(user, row) == {VIEWER}


def nameless(user: Any) -> QuerySet[Person]:
    """All minors whose names this user may not read, for conditions of lists and searches."""
    known = access.works_with(user, SENDER) | access.works_with(user, ORGANISER)
    return Person.objects.filter(minors(timezone.localdate())).exclude(known)


def may_meet_nameless(user: Any) -> bool:
    """Officers alone see nobody of whom they are not the sender or the organiser: lists need not ask."""
    return not user.is_superuser and any(scope.role != access.OFFICER for scope in user.scopes)


def findable(rows: QuerySet[Any], user: Any, path: str = "") -> QuerySet[Any]:
    """Narrow rows that are searched by a name to those whose name the user may read; `path` leads to the person."""
    return rows.exclude(**{f"{path}__in" if path else "pk__in": nameless(user).values("pk")}) if may_meet_nameless(user) else rows


def shield_registrations(rows: Iterable[Any], user: Any) -> None:
    """Put the shielded person into each registration of a list that is about to be shown; a reason may tell as much as a name."""
    for row in rows:
        seen_as = roles_for(user, row)
        if seen_as == {VIEWER} and is_minor(row.person, timezone.localdate()):
            row.status_reason = ""
        row.person = shield(row.person, seen_as)
        if row._meta.get_field("replaces").is_cached(row) and row.replaces:  # read along with the row: of the same unit, so seen by the same people
            row.replaces.person = shield(row.replaces.person, seen_as)
