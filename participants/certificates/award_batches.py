"""Issuing papers for results, many at once: the same batches and the same job as for taking part."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange import audit
from exchange.transitions import RuleViolation
from participants.certificates import batches, rules
from participants.certificates.award_models import Award
from participants.certificates.models import CertificateBatch, CertificateBatchItem
from participants.certificates.status import BatchStatus, CertificateStatus


def candidates(program: Program) -> Any:
    return Award.objects.filter(program=program).exclude(certificates__status=CertificateStatus.ISSUED)


@transaction.atomic
def create_batch(*, program: Program, by: Any, now: datetime, in_background: bool = True) -> CertificateBatch:
    """Order papers for every result that has none. Ordered twice, it is the batch under way.

    Raises RuleViolation "program_not_held", "no_number_prefix", "nobody_left".
    """
    rules.check_program(program, timezone.localdate(now))
    Program.objects.select_for_update(of=("self",), no_key=True).get(pk=program.pk)
    if same := CertificateBatch.objects.filter(program=program, for_awards=True, status__in=[BatchStatus.QUEUED, BatchStatus.RUNNING]).first():
        return same
    rows = list(candidates(program))
    if not rows:
        raise RuleViolation("nobody_left", _("Every result has its certificate already, or none was entered."))
    batch = CertificateBatch.objects.create(program=program, for_awards=True, created_by=by, total=len(rows))
    items = [CertificateBatchItem(batch=batch, award=row, position=position) for position, row in enumerate(rows, start=1)]
    CertificateBatchItem.objects.bulk_create(items, batch_size=500)
    audit.record("certificate_batch.create", batch, by=by, changes={"total": [None, batch.total]})
    if in_background:
        batches.start_job(batch)
    return batch
