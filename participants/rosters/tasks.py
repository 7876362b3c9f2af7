"""Jobs of this subject."""

from django.utils import timezone
from django_tasks import task

from participants.directory.models import User
from participants.rosters import import_large


@task()
def work_on_import(import_id: int, user_id: int | None) -> None:
    """Read or import what is left of a sheet of many rows."""
    import_large.work(import_id, User.objects.filter(pk=user_id).first(), timezone.now)
