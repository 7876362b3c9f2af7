"""Changes to the directory: organisations, users, memberships, invitations."""

import csv
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.models import AuthToken

from events.itineraries.rules import renamed_in_calendars
from exchange import access, audit
from exchange.encryption import token_hash
from exchange.transitions import RuleViolation
from participants.directory.models import Division, Invitation, Membership, Organisation, OrganisationAlias, OrganisationLevel, Role, User
from participants.directory.places import DIVISIONS_CSV
from participants.rosters.parts import delegations_of, keeping_parts

# The audit names these fields, never their values.
PERSONAL = frozenset({"contact_name", "contact_phone"})
INVITATION_DAYS = 14
TOKENS_PER_USER = 10
# What may stand below what. A partner stands alone or below the office that works with it.
PARENT_LEVELS: dict[str, frozenset[str]] = {
    OrganisationLevel.COMMISSION: frozenset(),
    OrganisationLevel.BUREAU: frozenset({OrganisationLevel.COMMISSION}),
    OrganisationLevel.SCHOOL: frozenset({OrganisationLevel.BUREAU}),
    OrganisationLevel.PARTNER: frozenset({OrganisationLevel.COMMISSION, OrganisationLevel.BUREAU}),
}
# Which roles people may have where.
ROLES: dict[str, tuple[Role, ...]] = {
    OrganisationLevel.COMMISSION: (Role.OFFICER, Role.VIEWER),
    OrganisationLevel.BUREAU: (Role.OFFICER, Role.VIEWER, Role.COORDINATOR),
    OrganisationLevel.SCHOOL: (Role.COORDINATOR,),
    OrganisationLevel.PARTNER: (Role.COORDINATOR,),
}


def load_divisions() -> int:
    """Load or refresh the 566 divisions of GB/T 2260; returns their number. Parents stand before children in the file."""
    names: dict[str, str] = {}
    rows = []
    with DIVISIONS_CSV.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            above = names.get(row["parent_code"], "")
            names[row["code"]] = above + row["name"]
            rows.append(Division(code=row["code"], name=row["name"], level=row["level"], parent_id=row["parent_code"] or None, full_name=names[row["code"]]))
    Division.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=["name", "level", "parent", "full_name"])
    return len(rows)


def check_place(parent: Organisation | None, level: str) -> None:
    """Raise RuleViolation "wrong_parent" when `level` may not stand below `parent`."""
    allowed = PARENT_LEVELS[level]
    if parent is None and level in (OrganisationLevel.BUREAU, OrganisationLevel.SCHOOL):
        raise RuleViolation("wrong_parent", _("A bureau belongs to a commission, and a school to a bureau."), field="parent")
    if parent is not None and parent.level not in allowed:
        raise RuleViolation("wrong_parent", _("This kind of organisation cannot stand there in the tree."), field="parent")


def require_place(*, by: User, parent: Organisation | None, organisation: Organisation | None = None) -> None:
    """Raise PermissionDenied unless `by` keeps the place that an organisation goes to, and the place that it leaves."""
    places = [parent] if organisation is None else [parent, organisation.parent] if organisation.parent != parent else []
    for place in places:
        access.require(by, "organisation.create" if place else "organisation.plant", place)


def name_taken() -> RuleViolation:
    return RuleViolation("name_taken", _("There is an organisation of this name already."), field="name_zh")


def save_named(organisation: Organisation) -> None:
    """Save, and turn the constraint on names into RuleViolation "name_taken"."""
    if Organisation.objects.filter(parent=organisation.parent, name_zh=organisation.name_zh).exclude(pk=organisation.pk).exists():
        raise name_taken()
    try:
        with transaction.atomic():
            organisation.save()
    except IntegrityError as error:
        raise name_taken() from error


@transaction.atomic
def create_organisation(
    *, by: User | None, level: str, name_zh: str, parent: Organisation | None = None, aliases: list[str] | None = None, **fields: Any
) -> Organisation:
    """Add an organisation to the tree. Raises RuleViolation "wrong_parent" or "name_taken"."""
    check_place(parent, level)
    organisation = Organisation(parent=parent, level=level, name_zh=name_zh, **fields)
    save_named(organisation)
    organisation.path = f"{parent.path if parent else '/'}{organisation.pk}/"
    organisation.save(update_fields=["path"])
    set_aliases(organisation, aliases or [])
    audit.record("organisation.create", organisation, by=by)
    return organisation


@transaction.atomic
def change_organisation(*, organisation: Organisation, by: User, aliases: list[str] | None = None, **fields: Any) -> Organisation:
    """Change what an organisation is called, where it stands, and its contacts.

    People without a stage of their own are counted by the unit's: where they hold places, the parts by stage are asked again.
    Raises RuleViolation "wrong_parent", "level_in_use", "own_organisation", "name_taken", "quota_full".
    """
    counted = delegations_of(organisation=organisation.pk, person__stage="") if fields.get("stage", organisation.stage) != organisation.stage else ()
    with keeping_parts(counted):
        return write_organisation(Organisation.objects.select_for_update().get(pk=organisation.pk), by=by, aliases=aliases, **fields)


def write_organisation(organisation: Organisation, *, by: User, aliases: list[str] | None, **fields: Any) -> Organisation:
    check_change(organisation, by, fields)
    changed = {name: _before_and_after(name, getattr(organisation, name), value) for name, value in fields.items() if getattr(organisation, name) != value}
    for name, value in fields.items():
        setattr(organisation, name, value)
    save_named(organisation)
    if "parent" in changed:
        move_subtree(organisation)
    if aliases is not None:
        changed |= set_aliases(organisation, aliases)
    if changed:
        audit.record("organisation.change", organisation, by=by, changes=changed)
    if {"name_zh", "name_en"} & changed.keys():
        renamed_in_calendars(organisation.pk, at=timezone.now())
    return organisation


def _before_and_after(name: str, before: Any, after: Any) -> list[str]:
    return ["…", "…"] if name in PERSONAL else [str(before), str(after)]


def check_change(organisation: Organisation, by: User, fields: dict[str, Any]) -> None:
    """What may not be changed about an organisation: see change_organisation."""
    parent, level = fields.get("parent", organisation.parent), fields.get("level", organisation.level)
    check_place(parent, level)
    if parent is not None and parent.path.startswith(organisation.path):
        raise RuleViolation("wrong_parent", _("An organisation cannot stand below itself."), field="parent")
    if level != organisation.level and (organisation.children.exists() or organisation.memberships.exists()):
        raise RuleViolation("level_in_use", _("The level stays as it is while units or accounts belong to this organisation."), field="level")
    own = not by.is_superuser and any(scope.path.startswith(organisation.path) for scope in by.scopes)
    if own and not fields.get("is_active", organisation.is_active):
        raise RuleViolation("own_organisation", _("You cannot deactivate the organisation that you belong to."), field="is_active")


def move_subtree(organisation: Organisation) -> None:
    """Rewrite the paths below an organisation whose parent changed."""
    old, new = organisation.path, f"{organisation.parent.path if organisation.parent else '/'}{organisation.pk}/"
    Organisation.objects.filter(path__startswith=old).update(path=Concat(Value(new), Substr(F("path"), len(old) + 1)))
    organisation.refresh_from_db(fields=["path"])


def set_aliases(organisation: Organisation, names: list[str]) -> dict[str, list[str]]:
    """Make these the aliases; returns the change for the audit."""
    before, wanted = sorted(organisation.aliases.values_list("name", flat=True)), sorted(set(names))
    if before == wanted:
        return {}
    organisation.aliases.exclude(name__in=wanted).delete()
    OrganisationAlias.objects.bulk_create([OrganisationAlias(organisation=organisation, name=name) for name in wanted], ignore_conflicts=True)
    return {"aliases": ["、".join(before), "、".join(wanted)]}


# Roles -----------------------------------------------------------------------------------------------------------------


def check_role(organisation: Organisation, role: str) -> None:
    """Raise RuleViolation "wrong_role" when the role does not fit the organisation, "inactive_organisation" when that is closed."""
    if role not in ROLES[organisation.level]:
        if role == Role.COORDINATOR:
            raise RuleViolation("wrong_role", _("A commission has officers and viewers; coordinators belong to bureaus and schools."), field="role")
        raise RuleViolation("wrong_role", _("Officers and viewers belong to bureaus and commissions."), field="role")
    if not organisation.is_active:
        raise RuleViolation("inactive_organisation", _("This organisation is deactivated. Activate it first."))


@transaction.atomic
def add_membership(*, user: User, organisation: Organisation, role: str, by: User) -> Membership:
    """Give a user a role in one more organisation. Raises RuleViolation "wrong_role", "inactive_organisation", "already_member"."""
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    check_role(organisation, role)
    membership, is_new = Membership.objects.get_or_create(user=user, organisation=organisation, role=role)
    if not is_new:
        raise RuleViolation("already_member", _("This person has that role there already."), field="user")
    audit.record("membership.add", membership, by=by, changes={"role": [None, role]})
    return membership


@transaction.atomic
def remove_membership(*, membership: Membership, by: User) -> None:
    """Take a role away. Raises RuleViolation "last_officer" when somebody would leave an office without any officer by leaving."""
    organisation = Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    is_own_office = membership.user_id == by.pk and membership.role == Role.OFFICER and not by.is_superuser
    others = organisation.memberships.filter(role=Role.OFFICER, user__is_active=True).exclude(user_id=by.pk)
    if is_own_office and not others.exists():
        raise RuleViolation("last_officer", _("You are the only officer here. Invite another officer first."))
    audit.record("membership.remove", membership, by=by, changes={"role": [membership.role, None]})
    membership.delete()


# Invitations -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def invite(*, by: User, organisation: Organisation, role: str, display_name: str, email: str, now: datetime) -> tuple[Invitation, str]:
    """Make a one-time link for a new user; returns the invitation and the token that is shown once.

    Raises RuleViolation "wrong_role" or "inactive_organisation".
    """
    check_role(organisation, role)
    token = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        organisation=organisation,
        role=role,
        display_name=display_name,
        email=email,
        token_hash=token_hash(token),
        expires_at=now + timedelta(days=INVITATION_DAYS),
        created_by=by,
    )
    audit.record("invitation.create", invitation, by=by, changes={"role": [None, role]})
    return invitation, token


def invitation_link(token: str) -> str:
    return f"{settings.SITE_URL}/invitations/{token}/"


def open_invitation(token: str, now: datetime) -> Invitation | None:
    """The invitation that this link still opens."""
    return Invitation.objects.select_related("organisation").open(now).filter(token_hash=token_hash(token)).first()


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: User, now: datetime) -> Invitation:
    """Close an invitation before it is used. Raises RuleViolation "invitation_used", "invitation_expired"."""
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.accepted_at is not None:
        raise RuleViolation("invitation_used", _("This invitation was accepted already. Deactivate the account instead."))
    if invitation.expires_at <= now:
        raise RuleViolation("invitation_expired", _("This invitation is no longer valid anyway."))
    invitation.expires_at = now
    invitation.save(update_fields=["expires_at"])
    audit.record("invitation.revoke", invitation, by=by)
    return invitation


@transaction.atomic
def accept_invitation(*, token: str, username: str, password: str, now: datetime) -> User:
    """Make the user of an invitation. Raises RuleViolation "invitation_invalid", "username_taken"; ValidationError for a weak password."""
    invitation = Invitation.objects.select_for_update(of=("self",)).select_related("organisation").open(now).filter(token_hash=token_hash(token)).first()
    if invitation is None or not invitation.organisation.is_active:
        raise RuleViolation("invitation_invalid", _("This invitation was used already or has expired. Ask for a new one."))
    user = new_user(invitation, username, password)
    Membership.objects.create(user=user, organisation=invitation.organisation, role=invitation.role)
    invitation.accepted_at, invitation.accepted_by = now, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    audit.record("invitation.accept", invitation, by=user)
    return user


def new_user(invitation: Invitation, username: str, password: str) -> User:
    username = User.normalize_username(username)
    email = "" if User.objects.filter(email__iexact=invitation.email).exists() else invitation.email
    user = User(username=username, display_name=invitation.display_name, email=email)
    validate_password(password, user)
    user.set_password(password)
    taken = RuleViolation("username_taken", _("This login name is taken."), field="username")
    if User.objects.filter(username__iexact=username).exists():
        raise taken
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise taken from error
    return user


# Accounts --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_active(*, user: User, by: User, active: bool) -> User:
    """Let a user sign in, or no longer; deactivating ends every session and API token. Raises RuleViolation "not_yourself"."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.pk == by.pk:
        raise RuleViolation("not_yourself", _("You cannot deactivate your own account."))
    if user.is_active == active:
        return user
    user.is_active = active
    user.save(update_fields=["is_active"])
    if not active:
        AuthToken.objects.filter(user=user).delete()
    audit.record("user.activate" if active else "user.deactivate", user, by=by, changes={"is_active": [not active, active]})
    return user


@transaction.atomic
def create_token(*, user: User, days: int, now: datetime) -> tuple[AuthToken, str]:
    """An API token for the user's own programs; returns it and the text that is shown once. Raises RuleViolation "too_many_tokens"."""
    User.objects.select_for_update().get(pk=user.pk)
    AuthToken.objects.filter(user=user, expiry__lte=now).delete()
    if AuthToken.objects.filter(user=user).count() >= TOKENS_PER_USER:
        raise RuleViolation("too_many_tokens", _("You have %(count)s tokens. Revoke one first.") % {"count": TOKENS_PER_USER})
    token, text = AuthToken.objects.create(user=user, expiry=timedelta(days=days))
    audit.record("token.create", user, by=user, changes={"token": [None, token.token_key[:8]]})
    return token, text


@transaction.atomic
def revoke_token(*, token: AuthToken, by: User) -> None:
    audit.record("token.revoke", token.user, by=by, changes={"token": [token.token_key[:8], None]})
    token.delete()


@transaction.atomic
def set_language(*, user: User, language: str) -> User:
    user.language = language
    user.save(update_fields=["language"])
    return user
