"""Issuing for many at once: one item per certificate, each in its own transactions, so that a killed job loses and doubles nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange import audit, jobs
from exchange.documents import gather_characters
from exchange.transitions import RuleViolation, check, move
from participants.attendance.hours import summaries
from participants.certificates import awards, files, rules
from participants.certificates.facts import CertificateFacts, in_chinese
from participants.certificates.models import Certificate, CertificateBatch, CertificateBatchItem
from participants.certificates.refusals import nobody, reason
from participants.certificates.status import BATCH_TRANSITIONS, BatchStatus, CertificateStatus
from participants.directory.models import Organisation
from participants.people import consent
from participants.rosters.models import Delegation, Registration

Progress = Callable[[CertificateBatch, CertificateBatchItem], None]


def candidates(program: Program, delegation: Delegation | None = None, organisation: Organisation | None = None) -> Any:
    """Confirmed registrations without a valid certificate, in roster order."""
    rows = Registration.objects.filter(program=program).confirmed().for_list()
    if delegation is not None:
        rows = rows.filter(delegation=delegation)
    if organisation is not None:
        rows = rows.filter(organisation__path__startswith=organisation.path)
    return rows.exclude(certificates__status=CertificateStatus.ISSUED)


@transaction.atomic
def create_batch(
    *,
    program: Program,
    by: Any,
    now: datetime,
    delegation: Delegation | None = None,
    organisation: Organisation | None = None,
    in_background: bool = True,
) -> CertificateBatch:
    """Order certificates for everyone who has earned one; who has not is listed with the reason. Ordered twice, it is the batch under way.

    The job starts after the commit, unless the caller runs the batch itself (`in_background=False`).
    Raises RuleViolation "program_not_held", "no_number_prefix", "foreign_delegation", "nobody_left".
    """
    rules.check_program(program, timezone.localdate(now))
    if delegation is not None and delegation.program_id != program.pk:
        raise RuleViolation("foreign_delegation", _("This delegation belongs to another program."), field="delegation")
    Program.objects.select_for_update(of=("self",), no_key=True).get(pk=program.pk)
    under_way = CertificateBatch.objects.filter(program=program, for_awards=False, status__in=[BatchStatus.QUEUED, BatchStatus.RUNNING])
    if same := under_way.filter(delegation=delegation, organisation=organisation).first():
        return same
    rows = list(candidates(program, delegation, organisation))
    if not rows:
        raise RuleViolation("nobody_left", _("Everyone confirmed has a certificate already, or nobody is confirmed."))
    batch = CertificateBatch(program=program, delegation=delegation, organisation=organisation, created_by=by, total=len(rows))
    items = items_for(batch, rows, now)
    if all(item.finished_at for item in items):
        raise nobody([reason(item) for item in items])
    batch.save()
    CertificateBatchItem.objects.bulk_create(items, batch_size=500)
    batch.failed = sum(1 for item in items if item.finished_at)
    batch.save(update_fields=["failed"])
    audit.record("certificate_batch.create", batch, by=by, changes={"total": [None, batch.total]})
    if in_background:
        start_job(batch)
    return batch


def items_for(batch: CertificateBatch, rows: list[Registration], now: datetime) -> list[CertificateBatchItem]:
    with in_chinese():
        found, known = summaries(rows), consent.consenting(row.person_id for row in rows)
        return [_item(batch, position, row, found[row.pk], known, now) for position, row in enumerate(rows, start=1)]


def _item(batch: CertificateBatch, position: int, row: Registration, summary: Any, known: frozenset[int], now: datetime) -> CertificateBatchItem:
    item = CertificateBatchItem(batch=batch, registration=row, position=position)
    try:
        rules.check_attended(row, summary, known)
    except RuleViolation as refusal:
        item.error_code, item.error, item.error_params, item.finished_at = refusal.code, refusal.message[:300], refusal.params, now
    return item


def start_job(batch: CertificateBatch, *, is_resumed: bool = False) -> None:
    """A batch that was broken off goes on before the letters that it has caused are sent."""
    from participants.certificates.tasks import run_batch  # tasks.py imports this module

    (jobs.enqueue_first if is_resumed else jobs.enqueue)(run_batch, batch_id=batch.pk)


@transaction.atomic
def resume(*, batch: CertificateBatch, by: Any) -> CertificateBatch:
    """Start the job of an unfinished batch again; harmless while another still runs. Raises RuleViolation "wrong_status"."""
    batch = CertificateBatch.objects.select_for_update().get(pk=batch.pk)
    check(batch, BATCH_TRANSITIONS, "start")
    audit.record("certificate_batch.resume", batch, by=by)
    start_job(batch)
    return batch


def resume_unfinished() -> int:
    """For a worker's start: pick up what a killed one left behind. Returns how many."""
    unfinished = list(CertificateBatch.objects.filter(status__in=[BatchStatus.QUEUED, BatchStatus.RUNNING]))
    for batch in unfinished:
        start_job(batch, is_resumed=True)
    return len(unfinished)


# The work ---------------------------------------------------------------------------------------------------------------


def run(batch_id: int, now: Callable[[], datetime], progress: Progress = lambda batch, item: None) -> CertificateBatch:
    """Work through what is left of a batch. Safe to run twice, also at the same time."""
    batch = start(batch_id, now())
    if batch.status != BatchStatus.RUNNING:
        return batch
    try:
        gather_characters(texts_of(batch))
        for item in left_items(batch):
            work(item, by=batch.created_by, now=now())
            progress(batch, item)
    except Exception as error:
        stop(batch_id, type(error).__name__, now())
        raise
    return finish(batch_id, now())


def left_items(batch: CertificateBatch) -> list[CertificateBatchItem]:
    return list(batch.items.filter(finished_at=None).order_by("position"))


def texts_of(batch: CertificateBatch) -> str:
    """What the papers to come will say of their holders: the fonts are cut once for all of it."""
    names = ("registration__person__name", "registration__organisation__name_zh", "registration__person__position")
    return "".join("".join(filter(None, row)) for row in batch.items.filter(finished_at=None).values_list(*names, "award__name", "award__work"))


@transaction.atomic
def start(batch_id: int, now: datetime) -> CertificateBatch:
    batch = CertificateBatch.objects.select_for_update().get(pk=batch_id)
    if batch.status in BATCH_TRANSITIONS["start"].sources:
        move(batch, BATCH_TRANSITIONS, "start", by=batch.created_by, at=now)
    return batch


@transaction.atomic
def finish(batch_id: int, now: datetime) -> CertificateBatch:
    """Done, unless another job is still at one of the items, or finished the batch already."""
    batch = CertificateBatch.objects.select_for_update().get(pk=batch_id)
    if batch.status == BatchStatus.RUNNING and not left_items(batch):
        move(batch, BATCH_TRANSITIONS, "finish", by=batch.created_by, at=now)
    return batch


@transaction.atomic
def stop(batch_id: int, reason: str, now: datetime) -> None:
    batch = CertificateBatch.objects.select_for_update().get(pk=batch_id)
    if batch.status in BATCH_TRANSITIONS["fail"].sources:
        move(batch, BATCH_TRANSITIONS, "fail", by=batch.created_by, at=now, reason=reason)


def work(item: CertificateBatchItem, *, by: Any, now: datetime) -> None:
    """Issue (one transaction: number, certificate and this item), write the file, count (another). Each step may be repeated."""
    if item.certificate_id is None:
        try:
            item = enter_item(item, by=by, now=now)
        except RuleViolation as refusal:
            close(item, now, error_code=refusal.code, error=refusal.message[:300], error_params=refusal.params)
            return
    files.ensure(Certificate.objects.get(batch_items=item))
    close(item, now)


def prepared(item: CertificateBatchItem, now: datetime) -> CertificateFacts:
    if item.award_id is not None:
        return awards.prepare(item.award_id, now)
    return rules.prepare(rules.for_issuing(cast(int, item.registration_id)), now)


def entered(item: CertificateBatchItem, facts: CertificateFacts, *, by: Any, now: datetime) -> Certificate:
    if item.award_id is not None:
        return awards.enter(award_id=item.award_id, facts=facts, by=by, now=now)
    return rules.enter(registration_id=cast(int, item.registration_id), facts=facts, by=by, now=now)


def enter_item(item: CertificateBatchItem, *, by: Any, now: datetime) -> CertificateBatchItem:
    facts = prepared(item, now)
    with transaction.atomic():
        item = CertificateBatchItem.objects.select_for_update().get(pk=item.pk)
        if item.certificate_id is None:  # a second job may have been quicker
            item.certificate = entered(item, facts, by=by, now=now)
            item.save(update_fields=["certificate"])
    return item


@transaction.atomic
def close(item: CertificateBatchItem, now: datetime, **outcome: Any) -> None:
    """Mark an item finished and count it, once."""
    mine = CertificateBatchItem.objects.filter(pk=item.pk, finished_at=None)
    if outcome:
        mine = mine.filter(certificate=None)
    if mine.update(finished_at=now, **outcome):
        counter = "failed" if outcome else "done"
        CertificateBatch.objects.filter(pk=item.batch_id).update(**{counter: F(counter) + 1})
