"""Divisions, the organisation tree, and the people who can sign in."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.programs.models import Bilingual
from exchange.access import VisibleQuerySet
from exchange.house_dates import is_english
from participants.directory.places import english_place


class Division(models.Model):
    """A division of GB/T 2260: `code` is six digits kept as text (2, 4 or 6 of them significant)."""

    code = models.CharField(_("division code"), max_length=6, primary_key=True)
    name = models.CharField(_("name"), max_length=40)
    level = models.CharField(_("level"), max_length=10, choices=[("province", _("Province")), ("prefecture", _("Prefecture")), ("county", _("County"))])
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    full_name = models.CharField(_("full name"), max_length=80, db_index=True)  # 天津市北辰区

    objects = VisibleQuerySet["Division"].as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("division")

    def __str__(self) -> str:
        return (is_english() and english_place(self.code)) or self.full_name

    @property
    def province_code(self) -> str:
        return f"{self.code[:2]}0000"


class OrganisationLevel(models.TextChoices):
    COMMISSION = "commission", _("Commission")
    BUREAU = "bureau", _("Bureau")
    SCHOOL = "school", _("School")
    PARTNER = "partner", _("Partner")  # universities and host schools outside of the tree


class Stage(models.TextChoices):
    KINDERGARTEN = "kindergarten", _("Kindergarten")
    PRIMARY = "primary", _("Primary school")
    JUNIOR = "junior", _("Junior high school")
    SENIOR = "senior", _("Senior high school")
    COMPLETE = "complete", _("Complete high school")
    NINE_YEAR = "nine_year", _("Nine-year school")
    VOCATIONAL = "vocational", _("Vocational school")
    UNIVERSITY = "university", _("University")
    OFFICE = "office", _("Office")


class Organisation(Bilingual, models.Model):
    """A node of the tree commission → bureau → school, or a partner. `path` holds the primary keys from the root: "/1/4/12/"."""

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to"))
    path = models.CharField(max_length=255, db_index=True, editable=False, default="")
    level = models.CharField(_("level"), max_length=12, choices=OrganisationLevel, db_index=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=80)
    name_en = models.CharField(_("name (English)"), max_length=160, blank=True)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    division = models.ForeignKey(Division, models.PROTECT, null=True, blank=True, related_name="organisations", verbose_name=_("place"))
    stage = models.CharField(_("stage"), max_length=12, choices=Stage, blank=True)
    number_prefix = models.CharField(
        _("certificate number prefix"), max_length=20, blank=True, help_text=_("For instance 津北教交证, giving 津北教交证〔2023〕第0001号.")
    )
    contact_name = models.CharField(_("contact"), max_length=60, blank=True)
    contact_phone = models.CharField(_("contact phone"), max_length=40, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    objects = VisibleQuerySet["Organisation"].as_manager()

    class Meta:
        ordering = ["path"]
        verbose_name = _("organisation")
        constraints = [
            models.UniqueConstraint(fields=["parent", "name_zh"], name="one_name_per_parent"),
            models.UniqueConstraint(fields=["name_zh"], condition=Q(parent=None), name="one_name_per_root"),
        ]

    def __str__(self) -> str:
        return self.bilingual("name")

    @property
    def lineage(self) -> list[int]:
        """Primary keys from the root down to this organisation."""
        return [int(part) for part in self.path.split("/") if part]

    @property
    def short(self) -> str:
        """The short Chinese name; English readers get the whole English one where there is one."""
        return (is_english() and self.name_en) or self.short_name or self.name_zh


class OrganisationAlias(models.Model):
    """Another name by which sheets call an organisation: an old name, a short one."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="aliases", verbose_name=_("organisation"))
    name = models.CharField(_("alias"), max_length=80)

    objects = VisibleQuerySet["OrganisationAlias"].as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("alias")
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="one_alias_per_organisation")]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OFFICER = "officer", _("Officer")
    VIEWER = "viewer", _("Viewer")
    COORDINATOR = "coordinator", _("Coordinator")


@dataclass(frozen=True)
class Scope:
    """One membership as access sees it: a role over the subtree below `path`."""

    role: str
    organisation_id: int
    path: str


class UserQuerySet(VisibleQuerySet["User"]):
    pass


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(username, password, is_superuser=True, **fields)


class User(AbstractBaseUser):
    """Somebody who can sign in. What they may do follows from their memberships; `is_superuser` is the platform administrator."""

    username = models.CharField(_("login name"), max_length=60, unique=True)
    display_name = models.CharField(_("name"), max_length=60)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=7, default="zh-hans")
    is_active = models.BooleanField(_("active"), default=True)
    is_superuser = models.BooleanField(_("platform administrator"), default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        ordering = ["username"]
        verbose_name = _("user")
        constraints = [models.UniqueConstraint(fields=["email"], condition=~Q(email=""), name="one_user_per_email")]

    def __str__(self) -> str:
        return self.display_name or self.username

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        rows = self.memberships.filter(organisation__is_active=True).order_by("pk").values_list("role", "organisation_id", "organisation__path")
        return tuple(Scope(*row) for row in rows)

    @cached_property
    def lineage(self) -> frozenset[int]:
        """Primary keys of the user's organisations and everything above them."""
        return frozenset(int(part) for scope in self.scopes for part in scope.path.split("/") if part)

    @cached_property
    def organisation(self) -> Organisation | None:
        """The organisation of the first membership; the activity log files under it what the user does."""
        first = self.memberships.select_related("organisation").order_by("pk").first() if self.pk else None
        return first.organisation if first else None

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(scope.role for scope in self.scopes)

    @property
    def needs_second_factor(self) -> bool:
        return self.is_superuser or Role.OFFICER in self.roles

    @cached_property
    def has_second_factor(self) -> bool:
        return self.authenticator_set.filter(type="totp").exists()


class Membership(models.Model):
    """A user's role in an organisation; it covers everything below."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("user"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships", verbose_name=_("organisation"))
    role = models.CharField(_("role"), max_length=12, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VisibleQuerySet["Membership"].as_manager()

    class Meta:
        ordering = ["organisation__path", "role", "pk"]
        verbose_name = _("membership")
        constraints = [models.UniqueConstraint(fields=["user", "organisation", "role"], name="one_membership_per_role")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class InvitationQuerySet(VisibleQuerySet["Invitation"]):
    def open(self, now: datetime) -> Self:
        """Those whose link still works."""
        return self.filter(accepted_at=None, expires_at__gt=now)


class Invitation(models.Model):
    """A one-time link with which a new user sets a password; only the hash of its token is stored."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="invitations", verbose_name=_("organisation"))
    role = models.CharField(_("role"), max_length=12, choices=Role)
    display_name = models.CharField(_("name"), max_length=60)
    email = models.EmailField(_("e-mail"), blank=True)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(_("valid until"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    accepted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("invitation")

    def __str__(self) -> str:
        return f"{self.display_name} · {self.get_role_display()}"
