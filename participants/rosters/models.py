"""Delegation, allocation, registration, and the import of a roster."""

from datetime import timedelta
from typing import Any, NoReturn

from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exchange.access import VisibleQuerySet
from exchange.encryption import EncryptedBinaryField, EncryptedJSONField
from participants.people.models import TeachingStage
from participants.rosters.status import ENDED, TAKES_PLACE, RegistrationStatus


def _number_of(statuses: Any, **where: Any) -> Coalesce:
    """How many registrations have one of `statuses`, counted in a subquery: a join would multiply with other counts."""
    rows = Registration.objects.filter(status__in=sorted(statuses), **where).order_by().values(next(iter(where)))
    return Coalesce(Subquery(rows.annotate(number=Count("pk")).values("number"), output_field=models.IntegerField()), 0)


def _figures(**where: Any) -> dict[str, Any]:
    status = RegistrationStatus
    return {
        "used": _number_of(TAKES_PLACE, **where),
        "confirmed": _number_of({status.CONFIRMED}, **where),
        "endorsed": _number_of({status.ENDORSED}, **where),
        "submitted": _number_of({status.SUBMITTED}, **where),
        "waiting": _number_of({status.WAITLISTED}, **where),
        "drafts": _number_of({status.DRAFT, status.RETURNED}, **where),
    }


class DelegationQuerySet(VisibleQuerySet["Delegation"]):
    def with_figures(self) -> "DelegationQuerySet":
        """Adds used, confirmed, endorsed, submitted, waiting, drafts, in_review, allocated and left, in one query."""
        given = Allocation.objects.filter(delegation=OuterRef("pk")).order_by().values("delegation").annotate(total=Sum("quota")).values("total")
        rows = self.annotate(allocated=Coalesce(Subquery(given, output_field=models.IntegerField()), 0), **_figures(delegation=OuterRef("pk")))
        return rows.annotate(left=F("quota") - F("used"), in_review=F("used") - F("confirmed"), unallocated=F("quota") - F("allocated"))


class AllocationQuerySet(VisibleQuerySet["Allocation"]):
    def with_figures(self) -> "AllocationQuerySet":
        rows = self.annotate(**_figures(delegation=OuterRef("delegation"), organisation=OuterRef("organisation")))
        return rows.annotate(left=F("quota") - F("used"), in_review=F("used") - F("confirmed"))


class Delegation(models.Model):
    """A district's party in a program, with its quota of places."""

    program = models.ForeignKey("events.Program", models.CASCADE, related_name="delegations", verbose_name=_("program"))
    organisation = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="delegations", verbose_name=_("sending bureau"))
    quota = models.PositiveIntegerField(_("quota"))
    returned = models.PositiveIntegerField(_("given back"), default=0)  # to the organiser, who has not passed them on yet
    endorse_by = models.DateTimeField(_("deadline of the district"), null=True, blank=True)
    confirm_by = models.DateTimeField(_("deadline of the organiser"), null=True, blank=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["program_id", "organisation__division_id", "pk"]
        verbose_name = _("delegation")
        constraints = [models.UniqueConstraint(fields=["program", "organisation"], name="one_delegation_per_bureau")]

    def __str__(self) -> str:
        return f"{self.program} · {self.organisation}"


class Allocation(models.Model):
    """The part of a delegation's quota that one unit may fill."""

    delegation = models.ForeignKey(Delegation, models.CASCADE, related_name="allocations", verbose_name=_("delegation"))
    organisation = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="allocations", verbose_name=_("unit"))
    quota = models.PositiveIntegerField(_("quota"))

    objects = AllocationQuerySet.as_manager()

    class Meta:
        ordering = ["delegation_id", "organisation__path"]
        verbose_name = _("allocation")
        constraints = [models.UniqueConstraint(fields=["delegation", "organisation"], name="one_allocation_per_unit")]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.quota}"


class PartKind(models.TextChoices):
    ROLE = "role", _("role")
    STAGE = "stage", _("stage")
    SUBJECT = "subject", _("subject")


class QuotaPartQuerySet(VisibleQuerySet["QuotaPart"]):
    def with_used(self) -> "QuotaPartQuerySet":
        """Adds how many people of the kind hold a place."""
        places = Registration.objects.filter(delegation=OuterRef("delegation"), status__in=sorted(TAKES_PLACE)).order_by()
        of_stage = Q(person__stage=OuterRef("value")) | Q(person__stage="", organisation__stage=OuterRef("value"))
        wheres = {PartKind.ROLE: Q(role=OuterRef("value")), PartKind.STAGE: of_stage, PartKind.SUBJECT: Q(person__subject=OuterRef("value"))}
        counts = [When(kind=kind, then=_counted(places.filter(where))) for kind, where in wheres.items()]
        return self.annotate(used=Case(*counts, default=0, output_field=models.IntegerField()))


def _counted(rows: Any) -> Coalesce:
    return Coalesce(Subquery(rows.values("delegation").annotate(number=Count("pk")).values("number"), output_field=models.IntegerField()), 0)


class QuotaPart(models.Model):
    """At most `quota` of a delegation's places for people of one role, stage or subject."""

    delegation = models.ForeignKey(Delegation, models.CASCADE, related_name="parts", verbose_name=_("delegation"))
    kind = models.CharField(_("counted by"), max_length=8, choices=PartKind)
    value = models.CharField(_("value"), max_length=40)
    quota = models.PositiveIntegerField(_("quota"))

    objects = QuotaPartQuerySet.as_manager()

    class Meta:
        ordering = ["delegation_id", "kind", "value"]
        verbose_name = _("part of a quota")
        constraints = [models.UniqueConstraint(fields=["delegation", "kind", "value"], name="one_part_per_kind_and_value")]

    def __str__(self) -> str:
        return f"{self.label}: {self.quota}"

    @property
    def label(self) -> str:
        """The value in the reader's language."""
        return str(TeachingStage(self.value).label) if self.kind == PartKind.STAGE and self.value in TeachingStage.values else self.value


class RegistrationQuerySet(VisibleQuerySet["Registration"]):
    def taking_place(self) -> "RegistrationQuerySet":
        return self.filter(status__in=TAKES_PLACE)

    def active(self) -> "RegistrationQuerySet":
        return self.exclude(status__in=ENDED)

    def confirmed(self) -> "RegistrationQuerySet":
        return self.filter(status=RegistrationStatus.CONFIRMED)

    def for_list(self) -> "RegistrationQuerySet":
        return self.select_related("person", "organisation", "delegation__organisation__division", "program__organiser", "group")


class Registration(models.Model):
    """A person's place, or wish for one, in a program."""

    program = models.ForeignKey("events.Program", models.CASCADE, related_name="registrations", verbose_name=_("program"))
    person = models.ForeignKey("participants.Person", models.PROTECT, related_name="registrations", verbose_name=_("person"))
    organisation = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="registrations", verbose_name=_("unit"))
    delegation = models.ForeignKey(Delegation, models.PROTECT, related_name="registrations", verbose_name=_("delegation"))
    allocation = models.ForeignKey(Allocation, models.PROTECT, null=True, blank=True, related_name="registrations", verbose_name=_("allocation"))
    identity_index = models.CharField(max_length=64, blank=True, editable=False)  # the person's blind index: one place per ID number and program
    role = models.CharField(_("role"), max_length=20, blank=True)  # 领队, 联络员, 组长, 学员 …
    group = models.ForeignKey("events.Group", models.SET_NULL, null=True, blank=True, related_name="registrations", verbose_name=_("group"))
    position = models.PositiveIntegerField(_("order"), default=0)  # row in the sheet it came from
    status = models.CharField(_("status"), max_length=12, choices=RegistrationStatus, default=RegistrationStatus.DRAFT, db_index=True)
    status_reason = models.CharField(_("reason"), max_length=500, blank=True)
    status_changed_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    endorsed_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_step = models.JSONField(null=True, editable=False)  # what the last step left, so that it can be taken back: participants.rosters.undo
    replaces = models.OneToOneField("self", models.SET_NULL, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces"))
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        ordering = ["program_id", "delegation_id", "position", "pk"]
        verbose_name = _("registration")
        constraints = [
            models.UniqueConstraint(fields=["program", "person"], condition=~Q(status__in=sorted(ENDED)), name="one_active_registration_per_person"),
            models.UniqueConstraint(
                fields=["program", "identity_index"], condition=~Q(identity_index="") & ~Q(status__in=sorted(ENDED)), name="one_active_registration_per_id"
            ),
        ]
        indexes = [
            models.Index(fields=["program", "status"], name="registration_by_status"),
            models.Index(fields=["allocation", "status"], name="registration_by_place"),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.get_status_display()}"


class ImportStatus(models.TextChoices):
    READING = "reading", pgettext_lazy("import", "Being read")
    PREVIEW = "preview", pgettext_lazy("import", "Preview")
    WRITING = "writing", pgettext_lazy("import", "Being imported")
    COMMITTED = "committed", pgettext_lazy("import", "Imported")
    DISCARDED = "discarded", pgettext_lazy("import", "Discarded")


def import_expiry() -> "timezone.datetime":
    return timezone.now() + timedelta(days=30)


class RosterImport(models.Model):
    """A sheet as it was uploaded and read. The sheet and its rows are encrypted and go away 30 days later.

    A sheet of many rows has parts, each with the rows of a piece of it; the file stays with the whole.
    """

    program = models.ForeignKey("events.Program", models.CASCADE, related_name="roster_imports", verbose_name=_("program"))
    organisation = models.ForeignKey("participants.Organisation", models.PROTECT, null=True, blank=True, related_name="roster_imports", verbose_name=_("unit"))
    created_by = models.ForeignKey("participants.User", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=import_expiry)
    file_name = models.CharField(_("file"), max_length=200)
    file_sha256 = models.CharField(max_length=64, db_index=True)
    file = EncryptedBinaryField()
    reading = EncryptedJSONField(default=dict)  # header row, columns and rows as participants.rosters.sheet gives them
    counts = models.JSONField(default=dict)  # row status → number
    status = models.CharField(_("status"), max_length=10, choices=ImportStatus, default=ImportStatus.PREVIEW)
    status_reason = models.CharField(max_length=500, blank=True)
    status_changed_at = models.DateTimeField(null=True, blank=True)

    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="parts", verbose_name=_("upload"))
    part = models.PositiveSmallIntegerField(_("part"), default=0)  # from 1; 0 is a whole sheet

    objects = VisibleQuerySet["RosterImport"].as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["parent", "part"], name="roster_import_part_once")]
        verbose_name = _("roster import")

    def __str__(self) -> str:
        return self.file_name


class NeverChanged(Exception):
    """Somebody tried to change or delete a locked version of a roster."""


class RosterVersionQuerySet(VisibleQuerySet["RosterVersion"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise NeverChanged("A locked roster version is never changed.")

    def delete(self) -> NoReturn:
        raise NeverChanged("A locked roster version is never deleted.")


class RosterVersion(models.Model):
    """The roster of a delegation as it was when it was locked for the nth time.

    `rows` is a list of {"digest", "values"}; `sha256` is taken over the digests. Database triggers refuse DELETE, and UPDATE of anything but the sealed
    text of `rows` (a new encryption key writes it anew; the hash shows that it says the same).
    """

    delegation = models.ForeignKey(Delegation, models.PROTECT, related_name="versions", verbose_name=_("delegation"))
    number = models.PositiveIntegerField(_("version"))
    locked_at = models.DateTimeField(_("locked at"))
    locked_by = models.ForeignKey("participants.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("locked by"))
    locked_by_name = models.CharField(max_length=150, blank=True)
    people = models.PositiveIntegerField(_("people"))
    rows = EncryptedJSONField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = RosterVersionQuerySet.as_manager()

    class Meta:
        ordering = ["delegation_id", "-number"]
        verbose_name = _("roster version")
        constraints = [models.UniqueConstraint(fields=["delegation", "number"], name="one_roster_version_per_number")]

    def __str__(self) -> str:
        return f"{self.delegation.organisation.short} {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise NeverChanged("A locked roster version is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NeverChanged("A locked roster version is never deleted.")
