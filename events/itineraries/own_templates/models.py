"""An office's own template of an itinerary: what is usual, on which day and when, without anybody's name."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from exchange.access import VisibleQuerySet


class ItineraryTemplate(models.Model):
    """Kept by an office and shared with its subtree, as venues are."""

    owner = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="+", verbose_name=_("kept by"))
    name = models.CharField(_("name"), max_length=60)
    items = models.JSONField(default=list)  # see events.itineraries.own_templates.rules.line_of
    created_at = models.DateTimeField(_("saved"))

    objects = VisibleQuerySet["ItineraryTemplate"].as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("template of an itinerary")
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_itinerary_template_per_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def lines(self) -> list[dict[str, Any]]:
        return self.items

    @property
    def days(self) -> int:
        """From its first day to its last."""
        return max((line["day"] for line in self.items), default=0) + 1
