"""What every kind of program may decide; the defaults do nothing."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from exchange.access import VisibleQuerySet

if TYPE_CHECKING:
    from events.programs.models import Program


class Details(models.Model):
    """Base of the one-to-one table in which a kind keeps what only it needs."""

    program = models.OneToOneField("events.Program", models.CASCADE, primary_key=True, related_name="%(class)s", verbose_name=_("program"))

    objects = VisibleQuerySet["Details"].as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.program)


class ProgramKind:
    """One kind of program: its words, its details table, and the decisions in which it differs from others."""

    code: ClassVar[str]
    name: ClassVar[Any]
    details_model: ClassVar[type[Details]]
    icon: ClassVar[str] = "calendar"
    needs_national_id: ClassVar[bool] = False  # lodging and insurance ask for it
    has_roster: ClassVar[bool] = True
    certificate_paper: ClassVar[str] = "completion"  # honour, completion, award or hours: see certificates/facts.py
    participant_word: ClassVar[Any] = _("Participants")

    def details(self, program: "Program") -> Details | None:
        """The program's details row, or None while it has none."""
        return self.details_model._base_manager.filter(program=program).first()

    def check_publish(self, program: "Program") -> None:
        """Raise RuleViolation when the program is not ready to be published."""
