"""manage.py rotate_field_keys [--dry-run]"""

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from exchange.encryption import EncryptedTextField, encrypted_fields, writing_key_id

BATCH = 500


def stale(model: type[models.Model], fields: list[EncryptedTextField]) -> models.QuerySet[Any]:
    """Rows with a value that the writing key did not write; compared as stored, without opening anything."""
    stored = {f"stored_{field.name}": Cast(field.name, TextField()) for field in fields}
    condition = Q()
    for name in stored:
        condition |= Q(**{f"{name}__isnull": False}) & ~Q(**{name: ""}) & ~Q(**{f"{name}__startswith": f"{writing_key_id()}."})
    return model._base_manager.alias(**stored).filter(condition).order_by("pk")


def reencrypt(model: type[models.Model], fields: list[EncryptedTextField]) -> int:
    """Open and seal the stale rows, a batch per transaction under its rows' locks; nothing else is written."""
    names = [field.name for field in fields]
    total = 0
    while True:
        with transaction.atomic():
            rows = list(stale(model, fields).select_for_update().only("pk", *names)[:BATCH])
            if not rows:
                return total
            model._base_manager.bulk_update(rows, names, batch_size=BATCH)
            total += len(rows)


class Command(BaseCommand):
    help = (
        "Re-encrypt every encrypted field with the first key of FIELD_KEYS. Put the new key in front, run this, then the middle keys may go. "
        "The last key stays for ever: blind indexes and private links come from it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        for model in apps.get_models():
            fields = encrypted_fields(model)
            if fields:
                number = stale(model, fields).count() if options["dry_run"] else reencrypt(model, fields)
                self.stdout.write(f"{model._meta.label}: {number} {'to re-encrypt' if options['dry_run'] else 're-encrypted'} with key {writing_key_id()}")
