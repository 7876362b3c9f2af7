"""Jobs of this subject."""

from django.utils import timezone
from django_tasks import task

from participants.certificates import batches


@task()
def run_batch(batch_id: int) -> None:
    """Issue what is left of a batch."""
    batches.run(batch_id, timezone.now)
