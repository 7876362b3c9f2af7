"""VEVENTs as they were built, kept until what they say changes."""

from typing import Any, Self

from django.db import models
from django.db.models import F, QuerySet

from events.itineraries.models import ItineraryItem
from exchange.access import VisibleQuerySet


class ItemEventQuerySet(VisibleQuerySet["ItemEvent"]):
    def fresh(self, items: QuerySet[Any, Any], *, language: str, edition: str) -> Self:
        """Of these items: the events that still say what a new one would say. Everything an event shows moves one of these stamps."""
        return self.filter(
            item__in=items,
            language=language,
            edition=edition,
            item_changed_at=F("item__changed_at"),
            program_updated_at=F("item__program__updated_at"),
            program_status=F("item__program__status"),
        )


class ItemEvent(models.Model):
    """The bytes of one item's VEVENT in one language, with the stamps of what they were built from."""

    item = models.ForeignKey(ItineraryItem, models.CASCADE, related_name="+")
    language = models.CharField(max_length=10)
    edition = models.CharField(max_length=16)  # of the program text and settings that wrote it: a new release builds anew
    item_changed_at = models.DateTimeField()
    program_updated_at = models.DateTimeField()
    program_status = models.CharField(max_length=12)
    body = models.BinaryField()

    objects = ItemEventQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "language"], name="one_event_per_item_and_language")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.language}"


class CalendarLinkQuerySet(VisibleQuerySet["CalendarLink"]):
    def for_feed(self) -> Self:
        return self.select_related("group__program__organiser", "delegation__program__organiser", "delegation__organisation", "organisation")


class CalendarLink(models.Model):
    """The secret address of a calendar that several people share: a group's, a delegation's, or an office's.

    Only the hash of the token is stored; another version makes another token, and the old address ends at once.
    """

    group = models.OneToOneField("events.Group", models.CASCADE, null=True, blank=True, related_name="calendar_link")
    delegation = models.OneToOneField("participants.Delegation", models.CASCADE, null=True, blank=True, related_name="calendar_link")
    organisation = models.OneToOneField("participants.Organisation", models.CASCADE, null=True, blank=True, related_name="calendar_link")
    version = models.PositiveIntegerField(default=1)
    token_hash = models.CharField(max_length=64, unique=True, null=True)
    issued_at = models.DateTimeField()

    objects = CalendarLinkQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(group__isnull=False, delegation=None, organisation=None)
                    | models.Q(group=None, delegation__isnull=False, organisation=None)
                    | models.Q(group=None, delegation=None, organisation__isnull=False)
                ),
                name="calendar_link_of_one",
            )
        ]

    def __str__(self) -> str:
        return str(self.target)

    @property
    def target(self) -> Any:
        """The group, delegation or organisation whose calendar it is."""
        return self.group or self.delegation or self.organisation

    @property
    def program(self) -> Any:
        """The program whose items it shows; None for an office, which sees several."""
        target = self.group or self.delegation
        return target.program if target else None
