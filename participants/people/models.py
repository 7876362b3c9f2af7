"""Person: somebody on a roster, with the consent of guardians and the files that leave. Numbers are encrypted, and found again through blind indexes."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exchange.access import VisibleQuerySet
from exchange.encryption import EncryptedBinaryField, EncryptedTextField


class Gender(models.TextChoices):
    MALE = "male", _("Male")
    FEMALE = "female", _("Female")


class TeachingStage(models.TextChoices):
    """At which stage somebody teaches or learns; a school may have several."""

    KINDERGARTEN = "kindergarten", _("Kindergarten")
    PRIMARY = "primary", pgettext_lazy("stage", "Primary")
    JUNIOR = "junior", pgettext_lazy("stage", "Junior high")
    SENIOR = "senior", pgettext_lazy("stage", "Senior high")
    VOCATIONAL = "vocational", pgettext_lazy("stage", "Vocational")
    UNIVERSITY = "university", _("University")


ERASED = "（已删除）"  # the name of whoever has been erased


class Person(models.Model):
    """A participant, known to one organisation. `link_version` is raised to make every private link of the person invalid."""

    organisation = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="people", verbose_name=_("unit"))
    name = models.CharField(_("name"), max_length=60, db_index=True)
    name_en = models.CharField(_("name in Latin letters"), max_length=100, blank=True)  # as the person spells it; from pinyin where empty
    pinyin = models.CharField(max_length=200, blank=True, editable=False, db_index=True)
    initials = models.CharField(max_length=40, blank=True, editable=False, db_index=True)
    gender = models.CharField(_("gender"), max_length=6, choices=Gender, blank=True)
    ethnicity = models.CharField(_("ethnicity"), max_length=20, blank=True)
    birth_on = models.DateField(_("date of birth"), null=True, blank=True)
    national_id = EncryptedTextField(_("ID number"), blank=True, default="")
    national_id_index = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    phone = EncryptedTextField(_("mobile"), blank=True, default="")
    phone_index = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    email = models.EmailField(_("e-mail"), blank=True)
    position = models.CharField(_("position"), max_length=60, blank=True)  # 职务
    professional_title = models.CharField(_("professional title"), max_length=40, blank=True)  # 职称
    stage = models.CharField(_("stage"), max_length=12, choices=TeachingStage, blank=True)  # 学段
    subject = models.CharField(_("subject"), max_length=40, blank=True)  # 学科
    diet = models.CharField(_("diet"), max_length=60, blank=True)
    lodging = models.CharField(_("lodging"), max_length=60, blank=True)
    emergency_contact = models.CharField(_("emergency contact"), max_length=60, blank=True)
    emergency_phone = EncryptedTextField(_("emergency phone"), blank=True, default="")
    memo = models.CharField(_("memo"), max_length=300, blank=True)
    link_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)  # SHA-256 of the private link's token
    link_version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = VisibleQuerySet["Person"].as_manager()

    # Which index is computed from which field; key rotation follows this.
    blind_indexes: ClassVar[dict[str, str]] = {"national_id_index": "national_id", "phone_index": "phone"}

    class Meta:
        ordering = ["organisation__path", "pinyin", "pk"]
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(fields=["organisation", "national_id_index"], condition=~Q(national_id_index=""), name="one_person_per_id_and_unit"),
        ]

    def __str__(self) -> str:
        return self.name


class Relation(models.TextChoices):
    MOTHER = "mother", _("Mother")
    FATHER = "father", _("Father")
    GRANDPARENT = "grandparent", _("Grandparent")
    GUARDIAN = "guardian", _("Other legal guardian")


class ConsentWay(models.TextChoices):
    PAPER = "paper", _("Signed paper")
    LINK = "link", _("Signed on the phone")


class GuardianConsentQuerySet(VisibleQuerySet["GuardianConsent"]):
    def valid(self) -> "GuardianConsentQuerySet":
        """Given and not withdrawn."""
        return self.filter(given_at__isnull=False, withdrawn_at=None)


class GuardianConsent(models.Model):
    """A guardian's yes to a child's part in programs: who, how related, to which text, when, on paper or through a link.

    Until `given_at` it is a link that waits for its signature. The link signs once; afterwards it shows what was signed, and takes it back.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="consents", verbose_name=_("person"))
    way = models.CharField(max_length=5, choices=ConsentWay)
    guardian_name = EncryptedTextField(_("guardian"), blank=True, default="")
    relation = models.CharField(_("relation to the child"), max_length=12, choices=Relation, blank=True)
    text_version = models.CharField(max_length=20)
    given_at = models.DateTimeField(null=True, blank=True)
    paper = EncryptedBinaryField(blank=True, default=b"")
    paper_type = models.CharField(max_length=40, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)  # until when the link can be signed
    recorded_by = models.ForeignKey("participants.User", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=500, blank=True)

    objects = GuardianConsentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("guardian's consent")
        constraints = [
            models.CheckConstraint(condition=Q(given_at=None) | ~Q(relation=""), name="consent_says_who_gave_it"),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.get_way_display()}"

    @property
    def organisation(self) -> "models.Model":
        """For the audit and the policies: it belongs to the person's unit."""
        return self.person.organisation

    @property
    def is_valid(self) -> bool:
        return self.given_at is not None and self.withdrawn_at is None

    def can_be_signed(self, now: datetime) -> bool:
        return self.given_at is None and self.withdrawn_at is None and self.expires_at is not None and now < self.expires_at


class ExportQuerySet(VisibleQuerySet["Export"]):
    def current(self, now: datetime) -> "ExportQuerySet":
        return self.filter(expires_at__gt=now)


class Export(models.Model):
    """A file of personal data that somebody asked for, with the reason: theirs alone, encrypted, gone after a day."""

    user = models.ForeignKey("participants.User", models.CASCADE, related_name="exports")
    program = models.ForeignKey("events.Program", models.CASCADE, null=True, blank=True, related_name="+")  # NULL = of several programs
    file_name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=100)
    content = EncryptedBinaryField()
    rows = models.PositiveIntegerField()
    left_out = models.PositiveIntegerField(default=0)  # children whose guardian has not consented
    full_numbers = models.BooleanField(default=False)
    reason = models.CharField(_("reason"), max_length=500)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    downloads = models.PositiveIntegerField(default=0)

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("export")

    def __str__(self) -> str:
        return self.file_name
