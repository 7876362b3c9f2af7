"""VEVENTs as they were built, kept until what they say changes."""

from typing import Self

from django.db import models
from django.db.models import F, QuerySet

from events.itineraries.models import ItineraryItem
from exchange.access import VisibleQuerySet


class ItemEventQuerySet(VisibleQuerySet["ItemEvent"]):
    def fresh(self, items: QuerySet[ItineraryItem], *, language: str, edition: str) -> Self:
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
