"""A program's life: draft → published → completed; cancelled from either of the first two."""

from django.db import models
from django.utils.translation import pgettext_lazy

from exchange.transitions import arrow


class ProgramStatus(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("program", "Draft")
    PUBLISHED = "published", pgettext_lazy("program", "Published")
    COMPLETED = "completed", pgettext_lazy("program", "Completed")
    CANCELLED = "cancelled", pgettext_lazy("program", "Cancelled")


TRANSITIONS = {
    "publish": arrow(ProgramStatus.DRAFT, to=ProgramStatus.PUBLISHED),
    "complete": arrow(ProgramStatus.PUBLISHED, to=ProgramStatus.COMPLETED),
    "cancel": arrow(ProgramStatus.DRAFT, ProgramStatus.PUBLISHED, to=ProgramStatus.CANCELLED, needs_reason=True),
}
