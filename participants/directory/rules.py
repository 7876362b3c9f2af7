"""Changes to the directory: organisations, users, memberships, invitations."""

import csv
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone
from django.utils.translation import gettext as _

from exchange import audit
from exchange.encryption import token_hash
from exchange.transitions import RuleViolation
from participants.directory.models import Division, Invitation, Membership, Organisation, OrganisationAlias, OrganisationLevel, Role, User

DIVISIONS_CSV = Path(__file__).with_name("data") / "divisions.csv"
INVITATION_DAYS = 14
# What may stand below what. A partner stands alone or below the office that works with it.
PARENT_LEVELS: dict[str, frozenset[str]] = {
    OrganisationLevel.COMMISSION: frozenset(),
    OrganisationLevel.BUREAU: frozenset({OrganisationLevel.COMMISSION}),
    OrganisationLevel.SCHOOL: frozenset({OrganisationLevel.BUREAU}),
    OrganisationLevel.PARTNER: frozenset({OrganisationLevel.COMMISSION, OrganisationLevel.BUREAU}),
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


@transaction.atomic
def create_organisation(
    *, by: User | None, level: str, name_zh: str, parent: Organisation | None = None, aliases: list[str] | None = None, **fields: Any
) -> Organisation:
    """Add an organisation to the tree. Raises RuleViolation "wrong_parent" or "name_taken"."""
    check_place(parent, level)
    if Organisation.objects.filter(parent=parent, name_zh=name_zh).exists():
        raise RuleViolation("name_taken", _("There is an organisation of this name already."), field="name_zh")
    organisation = Organisation.objects.create(parent=parent, level=level, name_zh=name_zh, **fields)
    organisation.path = f"{parent.path if parent else '/'}{organisation.pk}/"
    organisation.save(update_fields=["path"])
    set_aliases(organisation, aliases or [])
    audit.record("organisation.create", organisation, by=by)
    return organisation


@transaction.atomic
def change_organisation(*, organisation: Organisation, by: User, aliases: list[str] | None = None, **fields: Any) -> Organisation:
    """Change what an organisation is called, where it stands, and its contacts. Raises RuleViolation "wrong_parent"."""
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    parent = fields.get("parent", organisation.parent)
    check_place(parent, fields.get("level", organisation.level))
    if parent is not None and parent.path.startswith(organisation.path):
        raise RuleViolation("wrong_parent", _("An organisation cannot stand below itself."), field="parent")
    changed = {name: [str(getattr(organisation, name)), str(value)] for name, value in fields.items() if getattr(organisation, name) != value}
    for name, value in fields.items():
        setattr(organisation, name, value)
    organisation.save()
    if "parent" in changed:
        move_subtree(organisation)
    if aliases is not None:
        set_aliases(organisation, aliases)
    audit.record("organisation.change", organisation, by=by, changes=changed)
    return organisation


def move_subtree(organisation: Organisation) -> None:
    """Rewrite the paths below an organisation whose parent changed."""
    old, new = organisation.path, f"{organisation.parent.path if organisation.parent else '/'}{organisation.pk}/"
    Organisation.objects.filter(path__startswith=old).update(path=Concat(Value(new), Substr(F("path"), len(old) + 1)))
    organisation.refresh_from_db(fields=["path"])


def set_aliases(organisation: Organisation, names: list[str]) -> None:
    organisation.aliases.exclude(name__in=names).delete()
    OrganisationAlias.objects.bulk_create([OrganisationAlias(organisation=organisation, name=name) for name in dict.fromkeys(names)], ignore_conflicts=True)


@transaction.atomic
def invite(*, by: User, organisation: Organisation, role: str, display_name: str, email: str, now: datetime) -> tuple[Invitation, str]:
    """Make a one-time link for a new user; returns the invitation and the token that is shown once.

    Raises RuleViolation "wrong_role" when the role does not fit the organisation.
    """
    if role == Role.COORDINATOR and organisation.level == OrganisationLevel.COMMISSION:
        raise RuleViolation("wrong_role", _("A commission has officers and viewers; coordinators belong to bureaus and schools."), field="role")
    if role != Role.COORDINATOR and organisation.level in (OrganisationLevel.SCHOOL, OrganisationLevel.PARTNER):
        raise RuleViolation("wrong_role", _("Officers and viewers belong to bureaus and commissions."), field="role")
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


@transaction.atomic
def accept_invitation(*, token: str, username: str, password: str, now: datetime) -> User:
    """Make the user of an invitation. Raises RuleViolation "invitation_invalid", "username_taken"; ValidationError for a weak password."""
    invitation = Invitation.objects.select_for_update().filter(token_hash=token_hash(token), accepted_at=None, expires_at__gt=now).first()
    if invitation is None:
        raise RuleViolation("invitation_invalid", _("This invitation was used already or has expired. Ask for a new one."))
    if User.objects.filter(username__iexact=username).exists():
        raise RuleViolation("username_taken", _("This login name is taken."), field="username")
    email = "" if User.objects.filter(email__iexact=invitation.email).exists() else invitation.email
    user = User(username=username, display_name=invitation.display_name, email=email)
    validate_password(password, user)
    user.set_password(password)
    user.save()
    Membership.objects.create(user=user, organisation=invitation.organisation, role=invitation.role)
    invitation.accepted_at, invitation.accepted_by = now, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    audit.record("invitation.accept", invitation, by=user)
    return user


@transaction.atomic
def set_active(*, user: User, by: User, active: bool) -> User:
    """Let a user sign in, or no longer. Raises RuleViolation "not_yourself"."""
    if user.pk == by.pk:
        raise RuleViolation("not_yourself", _("You cannot deactivate your own account."))
    user.is_active = active
    user.save(update_fields=["is_active"])
    audit.record("user.activate" if active else "user.deactivate", user, by=by, changes={"is_active": [not active, active]})
    return user


def organisation_paths_of(user: User) -> list[str]:
    return [scope.path for scope in user.scopes]


def expired_invitations(now: datetime | None = None) -> Any:
    return Invitation.objects.filter(accepted_at=None, expires_at__lt=now or timezone.now())
