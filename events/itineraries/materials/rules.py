"""Adding, opening and removing materials."""

import hashlib
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from events.itineraries.materials.contents import MAX_BYTES, kind_of, safe_name
from events.itineraries.materials.models import Material
from events.itineraries.models import ItineraryItem
from exchange import audit
from exchange.transitions import RuleViolation

MOST_OF_ITEM = 20


@transaction.atomic
def add_material(*, item: ItineraryItem, name: str, data: bytes, is_public: bool, by: Any, at: datetime) -> Material:
    """Keep a file with an item. Raises RuleViolation "too_large", "wrong_kind", "too_many", "known_already"."""
    if len(data) > MAX_BYTES:
        raise RuleViolation("too_large", _("The file is too large: at most 10 MB."), field="file")
    kind = kind_of(data)
    if kind is None:
        raise RuleViolation("wrong_kind", _("Only PDF, PNG, JPEG, DOCX, XLSX and PPTX without macros are taken. Save the file as one of these."), field="file")
    item = ItineraryItem.planned.select_for_update(of=("self",), no_key=True).get(pk=item.pk)
    digest = hashlib.sha256(data).hexdigest()
    if item.materials.count() >= MOST_OF_ITEM:
        raise RuleViolation("too_many", _("An item has at most %(count)s materials.") % {"count": MOST_OF_ITEM}, field="file")
    if item.materials.filter(sha256=digest).exists():
        raise RuleViolation("known_already", _("This item has this file already."), field="file")
    material = Material(
        item=item, name=safe_name(name, kind), kind=kind.extension, size=len(data), sha256=digest, is_public=is_public, uploaded_by=by, uploaded_at=at
    )
    material.file.save(material.name, ContentFile(data), save=True)
    audit.record("material.add", material, by=by, changes={"is_public": [None, is_public]})
    return material


@transaction.atomic
def set_public(*, material: Material, is_public: bool, by: Any) -> Material:
    """Show a material to everyone, or to those who take part alone."""
    row = Material.objects.select_for_update(of=("self",), no_key=True).get(pk=material.pk)
    if row.is_public != is_public:
        audit.record("material.change", row, by=by, changes={"is_public": [row.is_public, is_public]})
        row.is_public = is_public
        row.save(update_fields=["is_public"])
    return row


@transaction.atomic
def delete_material(*, material: Material, by: Any) -> None:
    audit.record("material.delete", material, by=by)
    material.delete()
