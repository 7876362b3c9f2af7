"""A file that goes with an item. It lies below MEDIA_ROOT, which no web server serves, and leaves through views that check access."""

import secrets
from pathlib import Path
from typing import Any

from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from events.itineraries.materials.contents import KINDS, Kind
from events.programs.models import Program
from exchange.access import VisibleQuerySet


def place_of(material: "Material", name: str) -> str:
    """A name that says nothing and cannot be guessed."""
    return f"materials/{material.item.program_id}/{secrets.token_hex(16)}.{material.kind}"


class Material(models.Model):
    item = models.ForeignKey("events.ItineraryItem", models.CASCADE, related_name="materials", verbose_name=_("itinerary item"))
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind of file"), max_length=5, choices=[(code, code.upper()) for code in KINDS])
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to=place_of, max_length=120)
    is_public = models.BooleanField(_("public"), default=False)
    uploaded_by = models.ForeignKey("participants.User", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by"))
    uploaded_at = models.DateTimeField(_("uploaded"))

    objects = VisibleQuerySet["Material"].as_manager()

    class Meta:
        ordering = ["item_id", "uploaded_at", "pk"]
        verbose_name = _("material")

    def __str__(self) -> str:
        return self.name

    @property
    def program(self) -> Program:
        return self.item.program

    @property
    def content(self) -> Kind:
        return KINDS[self.kind]


@receiver(post_delete, sender=Material)
def remove_file(instance: Material, **_more: Any) -> None:
    """Once the row is gone for good; also when it went with its item."""
    path = Path(instance.file.path)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
