"""Tables of the small modules."""

from django.db import models

from exchange.access import VisibleQuerySet
from exchange.audit import AuditEvent
from exchange.encryption import EncryptedBinaryField

__all__ = ["AuditEvent", "IdempotencyRecord"]


class IdempotencyRecord(models.Model):
    """The answer to a POST with an Idempotency-Key, kept for a day so that a repeated request changes nothing twice."""

    user_id = models.BigIntegerField()
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)  # SHA-256 of method, path and body
    status_code = models.PositiveSmallIntegerField(null=True)  # NULL = the first request is still running
    body = EncryptedBinaryField(default=bytes)  # an answer may hold a token that is shown once
    content_type = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = VisibleQuerySet["IdempotencyRecord"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.key}"
