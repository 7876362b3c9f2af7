"""The life of a certificate and of a batch."""

from django.db import models
from django.utils.translation import pgettext_lazy

from exchange.transitions import arrow


class CertificateStatus(models.TextChoices):
    ISSUED = "issued", pgettext_lazy("certificate", "Issued")
    REVOKED = "revoked", pgettext_lazy("certificate", "Revoked")


TRANSITIONS = {"revoke": arrow(CertificateStatus.ISSUED, to=CertificateStatus.REVOKED, needs_reason=True)}


class BatchStatus(models.TextChoices):
    QUEUED = "queued", pgettext_lazy("batch", "Waiting")
    RUNNING = "running", pgettext_lazy("batch", "Running")
    DONE = "done", pgettext_lazy("batch", "Done")
    FAILED = "failed", pgettext_lazy("batch", "Stopped by an error")


BATCH_TRANSITIONS = {
    "start": arrow(BatchStatus.QUEUED, BatchStatus.RUNNING, BatchStatus.FAILED, to=BatchStatus.RUNNING),
    "finish": arrow(BatchStatus.RUNNING, to=BatchStatus.DONE),
    "fail": arrow(BatchStatus.QUEUED, BatchStatus.RUNNING, to=BatchStatus.FAILED),
}
