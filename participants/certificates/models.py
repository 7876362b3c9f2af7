"""The number ledger, certificates and the batches that issue them."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchange.access import VisibleQuerySet
from participants.certificates.award_models import Award
from participants.certificates.status import BatchStatus, CertificateStatus


class NumberSeries(models.Model):
    """The counter of one issuer and year. Locked in the transaction that makes a certificate valid, so numbers have no gaps."""

    issuer = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="number_series")
    year = models.PositiveSmallIntegerField()
    last_serial = models.PositiveIntegerField(default=0)

    objects = VisibleQuerySet["NumberSeries"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "year"], name="one_series_per_issuer_and_year")]

    def __str__(self) -> str:
        return f"{self.issuer} {self.year}: {self.last_serial}"


class CertificateBatch(models.Model):
    """One order to issue certificates, for taking part or for results; a job works through its items, and may be killed and resumed at any moment."""

    program = models.ForeignKey("events.Program", models.PROTECT, related_name="certificate_batches", verbose_name=_("program"))
    delegation = models.ForeignKey("participants.Delegation", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("delegation"))
    organisation = models.ForeignKey("participants.Organisation", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit"))
    for_awards = models.BooleanField(default=False)  # papers for results instead of for taking part
    created_by = models.ForeignKey("participants.User", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    status = models.CharField(_("status"), max_length=8, choices=BatchStatus, default=BatchStatus.QUEUED)
    status_reason = models.CharField(max_length=500, blank=True)
    status_changed_at = models.DateTimeField(null=True, blank=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    objects = VisibleQuerySet["CertificateBatch"].as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("certificate batch")

    def __str__(self) -> str:
        return f"{self.program} · {self.pk}"


class CertificateQuerySet(VisibleQuerySet["Certificate"]):
    def valid(self) -> "CertificateQuerySet":
        return self.filter(status=CertificateStatus.ISSUED)

    def for_attendance(self) -> "CertificateQuerySet":
        """Those for taking part; the others are for results."""
        return self.filter(award=None)

    def of_person(self, person: Any) -> "CertificateQuerySet":
        """All that the person holds, for taking part and for results."""
        return self.filter(Q(registration__person=person) | Q(award__registration__person=person))

    def for_list(self) -> "CertificateQuerySet":
        return self.select_related("issuer", "program__organiser", "organisation", "registration__person", "registration__delegation__organisation", "award")

    def in_roster_order(self) -> "CertificateQuerySet":
        """By delegation and row of the sheet: as the roster is printed. Papers for results follow in the order of their list."""
        return self.order_by(
            models.F("registration__delegation_id").asc(nulls_last=True), "registration__position", "registration_id", "award__position", "award_id", "pk"
        )


class Certificate(models.Model):
    """An issued certificate. `facts` are frozen at issue, so that a reprint is the same paper; nothing is ever deleted."""

    program = models.ForeignKey("events.Program", models.PROTECT, related_name="certificates", verbose_name=_("program"))
    organisation = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="certificates", verbose_name=_("unit"))
    registration = models.ForeignKey(
        "participants.Registration", models.PROTECT, null=True, blank=True, related_name="certificates", verbose_name=_("registration")
    )
    award = models.ForeignKey(Award, models.PROTECT, null=True, blank=True, related_name="certificates", verbose_name=_("result"))
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces"))
    issuer = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="issued_certificates", verbose_name=_("issuer"))
    year = models.PositiveSmallIntegerField(_("year"))
    serial = models.PositiveIntegerField(_("serial"))
    number = models.CharField(_("number"), max_length=60, unique=True)  # 津北教交证〔2023〕第0001号
    code = models.CharField(_("verification code"), max_length=32, unique=True)
    facts = models.JSONField()
    holder_name = models.CharField(_("holder"), max_length=60, db_index=True)
    issued_at = models.DateTimeField(_("issued"))
    pdf = models.FileField(upload_to="certificates/%Y/%m", blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    pdf_made_at = models.DateTimeField(null=True, blank=True)  # a reissue makes the file anew under the same number
    status = models.CharField(_("status"), max_length=10, choices=CertificateStatus, default=CertificateStatus.ISSUED, db_index=True)
    status_reason = models.CharField(_("reason"), max_length=500, blank=True)  # kept inside, never shown to the public
    status_changed_at = models.DateTimeField(null=True, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "issuer_id", "serial"]
        verbose_name = _("certificate")
        constraints = [
            models.UniqueConstraint(fields=["issuer", "year", "serial"], name="one_certificate_per_serial"),
            models.UniqueConstraint(fields=["registration"], condition=Q(status="issued"), name="one_valid_certificate_per_registration"),
            models.UniqueConstraint(fields=["award"], condition=Q(status="issued"), name="one_valid_certificate_per_award"),
            models.CheckConstraint(condition=Q(registration=None) ^ Q(award=None), name="certificate_for_attendance_or_award"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def person(self) -> Any:
        """Whose it is, where the roster knows: None for teams, organisations and people without a registration."""
        registration = self.registration or (self.award.registration if self.award is not None else None)
        return registration.person if registration is not None else None


class FormerFile(models.Model):
    """The fingerprint of a file that was handed out before the certificate was printed anew with other bytes: under a new key or address, by newer software."""

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="former_files")
    sha256 = models.CharField(max_length=64, db_index=True)
    made_at = models.DateTimeField(null=True)

    objects = VisibleQuerySet["FormerFile"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["certificate", "sha256"], name="one_row_per_former_file")]

    def __str__(self) -> str:
        return f"{self.certificate_id}/{self.sha256[:8]}"


class CertificateBatchItem(models.Model):
    """One certificate to make: the unit of progress and of resumption."""

    batch = models.ForeignKey(CertificateBatch, models.CASCADE, related_name="items")
    registration = models.ForeignKey("participants.Registration", models.PROTECT, null=True, blank=True, related_name="+")
    award = models.ForeignKey(Award, models.PROTECT, null=True, blank=True, related_name="+")
    position = models.PositiveIntegerField()
    certificate = models.ForeignKey(Certificate, models.PROTECT, null=True, blank=True, related_name="batch_items")
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=300, blank=True)  # in the language of the job; refusals.py words it for the reader
    error_params = models.JSONField(default=dict, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = VisibleQuerySet["CertificateBatchItem"].as_manager()

    class Meta:
        ordering = ["batch_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "registration"], name="one_item_per_registration"),
            models.UniqueConstraint(fields=["batch", "award"], name="one_item_per_award"),
            models.CheckConstraint(condition=Q(registration=None) ^ Q(award=None), name="item_for_attendance_or_award"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.position}"

    @property
    def earned(self) -> Any:
        """The result or the registration that the paper is for."""
        return self.award if self.award is not None else self.registration

    @property
    def holder_name(self) -> str:
        return str(self.earned.name if self.award is not None else self.earned.person.name)

    @property
    def unit(self) -> Any:
        return self.earned.organisation
