"""Answers kept for an Idempotency-Key are encrypted. They live for a day, so the old ones are dropped instead of converted."""

from django.db import migrations

import exchange.encryption


class Migration(migrations.Migration):
    dependencies = [("exchange", "0002_append_only_and_cache")]

    operations = [
        migrations.RunSQL("DELETE FROM exchange_idempotencyrecord", migrations.RunSQL.noop),
        migrations.RemoveField("idempotencyrecord", "body"),
        migrations.AddField("idempotencyrecord", "body", exchange.encryption.EncryptedBinaryField(default=bytes)),
    ]
