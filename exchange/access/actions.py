"""Who may do what: a predicate per action, by the attributes of the object alone."""

from typing import Any

import rules
from django.core.exceptions import PermissionDenied

from exchange.access.rows import COORDINATOR, OFFICER, VIEWER, under


def program_of(obj: Any) -> Any:
    """The program that an object belongs to, or None."""
    if obj is None or obj._meta.label == "events.Program":
        return obj
    for step in ("program", "delegation", "registration", "batch"):
        nearer = getattr(obj, step, None)
        if nearer is not None:
            return program_of(nearer)
    return None


def organiser_of(obj: Any) -> Any:
    """The organisation that organises what the object belongs to (the object itself, if it is an organisation)."""
    if obj is None or obj._meta.label == "participants.Organisation":
        return obj
    program = program_of(obj)
    if program is not None:
        return program.organiser
    return getattr(obj, "owner", None) or getattr(obj, "organiser", None) or getattr(obj, "organisation", None)


def sender_of(obj: Any) -> Any:
    """The organisation that sends the person, delegation or list the object speaks of, or None."""
    if obj is None or obj._meta.label in ("events.Program", "events.ItineraryItem", "events.Group", "events.Venue"):
        return None
    if obj._meta.label == "participants.Organisation":
        return obj
    registration = getattr(obj, "registration", None)
    return sender_of(registration) if registration is not None else getattr(obj, "organisation", None)


def district_of(obj: Any) -> Any:
    """The bureau whose delegation the object belongs to."""
    delegation = obj if obj._meta.label == "participants.Delegation" else getattr(obj, "delegation", None)
    if delegation is None and getattr(obj, "registration", None) is not None:
        delegation = obj.registration.delegation
    return delegation.organisation if delegation is not None else None


def has_role(user: Any, organisation: Any, *roles: str) -> bool:
    """The user has one of `roles` for this organisation or one above it."""
    if organisation is None or not user.is_authenticated:
        return False
    return any(scope.role in roles and organisation.path.startswith(scope.path) for scope in user.scopes)


@rules.predicate
def is_administrator(user: Any) -> bool:
    return bool(user.is_authenticated and user.is_superuser)


@rules.predicate
def is_signed_in(user: Any) -> bool:
    return bool(user.is_authenticated)


@rules.predicate
def organises(user: Any, obj: Any = None) -> bool:
    """An officer of the organising office, or of one above it; without an object, an officer of any office."""
    return any(scope.role == OFFICER for scope in user.scopes) if obj is None else has_role(user, organiser_of(obj), OFFICER)


@rules.predicate
def watches(user: Any, obj: Any = None) -> bool:
    return any(scope.role in (OFFICER, VIEWER) for scope in user.scopes) if obj is None else has_role(user, organiser_of(obj), OFFICER, VIEWER)


@rules.predicate
def sends(user: Any, obj: Any = None) -> bool:
    """The school's coordinator, or an officer of its bureau or commission."""
    if obj is None:
        return any(scope.role in (OFFICER, COORDINATOR) for scope in user.scopes)
    return has_role(user, sender_of(obj), OFFICER, COORDINATOR)


@rules.predicate
def leads_district(user: Any, obj: Any = None) -> bool:
    """An officer of the bureau whose delegation it is."""
    return any(scope.role == OFFICER for scope in user.scopes) if obj is None else has_role(user, district_of(obj), OFFICER)


@rules.predicate
def keeps_organisation(user: Any, obj: Any = None) -> bool:
    return any(scope.role == OFFICER for scope in user.scopes) if obj is None else has_role(user, organiser_of(obj), OFFICER)


@rules.predicate
def keeps_user(user: Any, obj: Any = None) -> bool:
    """An officer over every organisation in which the other user has a role."""
    if obj is None:
        return keeps_organisation(user)
    memberships = list(obj.memberships.all())
    return not obj.is_superuser and bool(memberships) and all(has_role(user, membership.organisation, OFFICER) for membership in memberships)


@rules.predicate
def organises_for(user: Any, obj: Any = None) -> bool:
    """An officer of an office that organises a program for which the person is registered."""
    if obj is None:
        return any(scope.role == OFFICER for scope in user.scopes)
    return obj._meta.label == "participants.Person" and obj.registrations.filter(under(user, "program__organiser", (OFFICER,))).exists()


def _policies() -> dict[str, Any]:
    admin, organiser, district, sender = is_administrator, organises, leads_district, sends
    return {
        "organisation.create": admin | keeps_organisation,
        "organisation.change": admin | keeps_organisation,
        "user.invite": admin | keeps_organisation,
        "organisation.plant": admin,  # one that stands at the root of the tree
        "membership.change": admin | keeps_organisation,
        "user.change": admin | keeps_user,
        "series.change": admin | organiser,
        "program.create": admin | organiser,
        "program.change": admin | organiser,
        "program.publish": admin | organiser,
        "program.complete": admin | organiser,
        "program.cancel": admin | organiser,
        "program.copy": admin | organiser,
        "venue.change": admin | organiser,
        "group.change": admin | organiser,
        "itinerary.change": admin | organiser,
        "itinerary_template.change": admin | organiser,
        "material.change": admin | organiser,
        "term.change": admin | organiser,
        "holidays.change": admin,
        "calendar.issue": admin | organiser | district,
        "delegation.change": admin | organiser,
        "places.return": admin | organiser | district | sender,
        "roster.lock": admin | organiser | district,
        "allocation.change": admin | organiser | district,
        "person.change": admin | sender,
        "person.reveal": admin | sender | organiser | organises_for,
        "person.link": admin | sender | organises_for,
        "roster_import.use": admin | sender | organiser,
        "registration.change": admin | sender | organiser,
        "registration.submit": admin | sender | organiser,
        "registration.withdraw": admin | sender | district | organiser,
        "registration.undo": admin | sender | district | organiser,
        "registration.replace": admin | sender | organiser,
        "registration.endorse": admin | district | organiser,
        "registration.return": admin | district | organiser,
        "registration.decline": admin | district | organiser,
        "registration.confirm": admin | organiser,
        "attendance.record": admin | organiser,
        "certificate.issue": admin | organiser,
        "certificate.revoke": admin | organiser,
        "certificate.watch": admin | watches,
        "audit.view": admin | watches,
        "desk": is_signed_in,
    }


ALLOWED = rules.RuleSet()
for _name, _predicate in _policies().items():
    ALLOWED.add_rule(_name, _predicate)

# Policies that need no object: "anyone", "signed_in" and "link" (whoever holds the secret address).
OPEN_POLICIES = frozenset({"anyone", "signed_in", "link"})

# Views of installed packages, by URL name: they carry no `access` attribute of their own.
PACKAGE_ROUTES: dict[str, str] = {
    "account_login": "anyone",
    "account_logout": "anyone",
    "account_reauthenticate": "signed_in",
    "account_change_password": "signed_in",
    "account_set_password": "signed_in",
    "account_reset_password": "anyone",
    "account_reset_password_done": "anyone",
    "account_reset_password_from_key": "link",
    "account_reset_password_from_key_done": "anyone",
    "mfa_index": "signed_in",
    "mfa_authenticate": "anyone",
    "mfa_activate_totp": "signed_in",
    "mfa_deactivate_totp": "signed_in",
    "mfa_generate_recovery_codes": "signed_in",
    "mfa_view_recovery_codes": "signed_in",
    "mfa_download_recovery_codes": "signed_in",
    "mfa_reauthenticate": "signed_in",
    "set_language": "anyone",
}


def may(user: Any, action: str, obj: Any = None) -> bool:
    """Whether the user may do `action` to `obj`; without an object, whether the user may do it anywhere at all."""
    if action in OPEN_POLICIES:
        return action != "signed_in" or user.is_authenticated
    return user.is_authenticated and bool(ALLOWED.test_rule(action, user, obj))


def require(user: Any, action: str, obj: Any = None) -> None:
    """Raise PermissionDenied (403) unless the user may do `action` to `obj`."""
    if not may(user, action, obj):
        raise PermissionDenied(action)
