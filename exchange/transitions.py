"""Refusals and status changes: the only place that assigns a `.status`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from exchange import audit


class RuleViolation(Exception):
    """A rule's refusal. Pages show it as a form error, the API as 409 problem+json.

    `code` is stable and snake_case, `message` is for people, `field` names the form field it belongs to,
    `params` are figures that a client may want (for instance quota, used, left).
    """

    def __init__(self, code: str, message: str, field: str | None = None, **params: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.field, self.params = code, str(message), field, params


@dataclass(frozen=True)
class Transition:
    """An arrow of a status table: from any of `sources` to `target`."""

    sources: frozenset[str]
    target: str
    needs_reason: bool = False


def arrow(*sources: str, to: str, needs_reason: bool = False) -> Transition:
    return Transition(frozenset(sources), to, needs_reason)


def check(instance: models.Model, table: Mapping[str, Transition], name: str, reason: str = "") -> Transition:
    """Return the arrow `name`, or refuse: "wrong_status", "reason_required"."""
    transition = table[name]
    status: str = instance.status  # type: ignore[attr-defined]
    if status not in transition.sources:
        shown = instance.get_status_display()  # type: ignore[attr-defined]
        raise RuleViolation("wrong_status", _("This is not possible while the status is “%(status)s”.") % {"status": shown}, status=status)
    if transition.needs_reason and not reason.strip():
        raise RuleViolation("reason_required", _("Give a reason, so that the people concerned know what to do."), field="reason")
    return transition


def move(
    instance: models.Model,
    table: Mapping[str, Transition],
    name: str,
    *,
    by: Any,
    at: datetime,
    reason: str = "",
    **also: Any,
) -> None:
    """Follow the arrow `name`: set the status, the fields in `also` and `status_changed_at`, save, and write the audit.

    The caller holds the row's lock. Raises RuleViolation "wrong_status" or "reason_required".
    """
    transition = check(instance, table, name, reason)
    before = instance.status  # type: ignore[attr-defined]
    fields = {"status": transition.target, "status_reason": reason.strip(), "status_changed_at": at, **also}
    for field, value in fields.items():
        setattr(instance, field, value)
    instance.save(update_fields=list(fields))
    audit.record(f"{instance._meta.model_name}.{name}", instance, by=by, changes={"status": [before, transition.target]}, reason=reason)


def move_many(instances: Sequence[models.Model], table: Mapping[str, Transition], name: str, *, by: Any, at: datetime, reason: str = "", **also: Any) -> None:
    """Follow the arrow `name` with all rows of one model in one statement, and write one audit event each.

    The caller holds the rows' locks and has run `check` on each of them.
    """
    if not instances:
        return
    transition = table[name]
    action = f"{instances[0]._meta.model_name}.{name}"
    events = [
        audit.event(action, row, by=by, changes={"status": [row.status, transition.target]}, reason=reason)  # type: ignore[attr-defined]
        for row in instances
    ]
    fields = {"status": transition.target, "status_reason": reason.strip(), "status_changed_at": at, **also}
    type(instances[0])._base_manager.filter(pk__in=[row.pk for row in instances]).update(**fields)
    for row in instances:
        for field, value in fields.items():
            setattr(row, field, value)
    audit.AuditEvent.objects.bulk_create(events, batch_size=1000)
