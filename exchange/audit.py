"""Who did what, when and from where: append-only, written in the transaction of the change itself."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exchange import access
from exchange.insertion import insert_columns

_origin: ContextVar[str] = ContextVar("audit_origin", default="")


@contextmanager
def origin(ip: str) -> Iterator[None]:
    """Changes inside come from this address; outside of a request it is empty (a command or a job)."""
    token = _origin.set(ip)
    try:
        yield
    finally:
        _origin.reset(token)


class AppendOnly(Exception):
    """Somebody tried to change or delete the audit."""


class AuditEventQuerySet(access.VisibleQuerySet["AuditEvent"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly("Audit events are never changed.")

    def delete(self) -> NoReturn:
        raise AppendOnly("Audit events are never deleted.")


class AuditEvent(models.Model):
    """One change. Personal values are never stored here, only the names of the fields that changed.

    Plain numbers instead of foreign keys, so that an event outlives what it speaks of. Database triggers refuse UPDATE and DELETE.
    """

    at = models.DateTimeField(_("time"), auto_now_add=True, db_index=True)
    actor_id = models.BigIntegerField(null=True, blank=True, db_index=True)  # NULL = the system, or a visitor without an account
    actor_name = models.CharField(_("who"), max_length=150, blank=True)
    ip = models.CharField(_("address"), max_length=45, blank=True)
    action = models.CharField(_("action"), max_length=80, db_index=True)
    target_type = models.CharField(max_length=80)
    target_id = models.BigIntegerField(null=True, blank=True)
    scope_path = models.CharField(max_length=255, blank=True, db_index=True)  # path of the organisation concerned, "" = the platform
    program_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    reason = models.TextField(_("reason"), blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("audit event")
        indexes = [models.Index(fields=["target_type", "target_id"], name="audit_target")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise AppendOnly("Audit events are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("Audit events are never deleted.")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"


def concerned(target: models.Model) -> tuple[str, int | None]:
    """(path of the organisation concerned, key of the program)."""
    organisation = access.sender_of(target) or access.organiser_of(target)
    program = access.program_of(target)
    return organisation.path if organisation else "", program.pk if program else None


def event(action: str, target: models.Model, *, by: Any, changes: Mapping[str, Any] | None = None, reason: str = "") -> AuditEvent:
    """Build, without saving, the event for a change of `target` by user `by` (None = the system)."""
    path, program = concerned(target)
    return AuditEvent(
        actor_id=getattr(by, "pk", None),
        actor_name=by.display_name if getattr(by, "pk", None) else "",
        ip=_origin.get(),
        action=action,
        target_type=target._meta.label,
        target_id=target.pk,
        scope_path=path,
        program_id=program,
        changes=dict(changes or {}),
        reason=reason,
    )


def record(action: str, target: models.Model, *, by: Any, changes: Mapping[str, Any] | None = None, reason: str = "") -> AuditEvent:
    """Append one event. Call it inside the transaction of the change; `changes` maps field → [before, after] without personal values."""
    entry = event(action, target, by=by, changes=changes, reason=reason)
    entry.save()
    return entry


def record_many(action: str, targets: Sequence[models.Model], *, by: Any, reason: str = "") -> None:
    """Append one event per target in one statement, for set-based work."""
    if not targets:
        return
    first = event(action, targets[0], by=by, reason=reason)
    first.at = timezone.now()
    columns = {field.attname: [getattr(first, field.attname)] * len(targets) for field in AuditEvent._meta.concrete_fields if not field.primary_key}
    paths, programs = zip(*map(concerned, targets), strict=True)
    insert_columns(AuditEvent, columns | {"target_id": [target.pk for target in targets], "scope_path": paths, "program_id": programs})
