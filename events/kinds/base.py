"""What every kind of program may decide; the defaults do nothing."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from exchange.access import VisibleQuerySet

if TYPE_CHECKING:
    from events.kinds.faces import DetailsForm, DetailsSerializer
    from events.programs.models import Program


class Details(models.Model):
    """Base of the one-to-one table in which a kind keeps what only it needs."""

    program = models.OneToOneField("events.Program", models.CASCADE, primary_key=True, related_name="%(class)s", verbose_name=_("program"))

    objects = VisibleQuerySet["Details"].as_manager()

    limits: ClassVar[dict[str, dict[str, Any]]] = {}  # foreign key → what the named row must be

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.program)

    def written(self, name: str) -> Any:
        """The value of a field as people read it; of a bilingual pair (name without _zh/_en) the reader's language."""
        if hasattr(self, f"{name}_zh"):
            english = getattr(self, f"{name}_en") if (get_language() or "").startswith("en") else ""
            return english or getattr(self, f"{name}_zh")
        display = getattr(self, f"get_{name}_display", None)
        return display() if display else getattr(self, name)


@dataclass(frozen=True)
class PublicRow:
    """One line of a kind's public section."""

    name: str
    label: Any
    value: Any

    @property
    def parts(self) -> list[str]:
        """The names in a list such as 国画、书法、篆刻."""
        return [part.strip() for part in re.split("[、，,；;]", str(self.value)) if part.strip()]


@dataclass(frozen=True)
class Sketch:
    """One line of a kind's template of an itinerary. `on` says on which days: first, last, edges (both), middle, every, nights (all but the last)
    or weekly."""

    on: str
    starts: str  # 08:30
    minutes: int
    item_type: str
    title_zh: str
    title_en: str
    credit_hours: int = 0


class ProgramKind:
    """One kind of program: its words, its details table, and the decisions in which it differs from others."""

    code: ClassVar[str]
    name: ClassVar[Any]
    details_model: ClassVar[type[Details]]
    icon: ClassVar[str] = "calendar"
    description: ClassVar[Any] = ""  # one sentence for whoever chooses a kind
    section_title: ClassVar[Any] = _("About this program")
    public_labels: ClassVar[dict[str, Any]] = {}  # details field (a bilingual pair without _zh/_en) → its words, in the order shown
    needs_national_id: ClassVar[bool] = False  # lodging and insurance ask for it
    sleeps_away: ClassVar[bool] = False  # every night wants lodging and every day a lunch
    has_roster: ClassVar[bool] = True
    certificate_paper: ClassVar[str] = "completion"  # honour, completion, award or hours: see certificates/facts.py
    is_for_pupils: ClassVar[bool] = False  # who wins something there is most likely a pupil
    sketches: ClassVar[tuple[Sketch, ...]] = ()  # the template of an itinerary, in order of time
    participant_word: ClassVar[Any] = _("Participants")

    # Forms and serializers need every model loaded, and models import this module: hence the imports inside.
    @cached_property
    def form_class(self) -> "type[DetailsForm]":
        from events.kinds.faces import details_form

        return details_form(self.details_model)

    @cached_property
    def serializer_class(self) -> "type[DetailsSerializer]":
        from events.kinds.faces import details_serializer

        return details_serializer(self.details_model)

    @property
    def accessor(self) -> str:
        """The attribute of a program that leads to its details, for select_related."""
        return self.details_model.__name__.lower()

    @property
    def template(self) -> str:
        return f"kinds/{self.code}.html"

    def details(self, program: "Program") -> Details | None:
        """The program's details row, or None while it has none."""
        return getattr(program, self.accessor, None)

    def public_rows(self, details: Details | None) -> list[PublicRow]:
        """What the public page says of this program; what was left empty is left out."""
        if details is None:
            return []
        rows = [PublicRow(name, label, details.written(name)) for name, label in self.public_labels.items()]
        return [row for row in rows if row.value not in (None, "")]

    def check_publish(self, program: "Program") -> None:
        """Raise RuleViolation when the program is not ready to be published."""
