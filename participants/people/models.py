"""Person: somebody on a roster. Personal numbers are encrypted, and found again through blind indexes."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchange.access import VisibleQuerySet
from exchange.encryption import EncryptedTextField


class Gender(models.TextChoices):
    MALE = "male", _("Male")
    FEMALE = "female", _("Female")


class Person(models.Model):
    """A participant, known to one organisation. `link_version` is raised to make every private link of the person invalid."""

    organisation = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="people", verbose_name=_("unit"))
    name = models.CharField(_("name"), max_length=60, db_index=True)
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
