"""Locked versions of rosters, and the triggers that keep them as they are."""

import django.db.models.deletion
import exchange.encryption
from django.conf import settings
from django.db import migrations, models


TABLE = "participants_rosterversion"
KEPT = ("id", "delegation_id", "number", "locked_at", "locked_by_id", "locked_by_name", "people", "sha256", "note")


def protect(apps, schema_editor):
    """Refuse DELETE, and UPDATE of everything but `rows`, whose sealed text changes with the encryption key."""
    old, new = (", ".join(f"{row}.{name}" for name in KEPT) for row in ("OLD", "NEW"))
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION participants_rosterversion_is_locked() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'roster versions are locked'; END $$"
        )
        call = "FOR EACH ROW {} EXECUTE FUNCTION participants_rosterversion_is_locked()"
        schema_editor.execute(f"CREATE TRIGGER participants_rosterversion_no_delete BEFORE DELETE ON {TABLE} {call.format('')}")
        changed = f"WHEN (ROW({old}) IS DISTINCT FROM ROW({new}))"
        schema_editor.execute(f"CREATE TRIGGER participants_rosterversion_no_update BEFORE UPDATE ON {TABLE} {call.format(changed)}")
        return
    refuse = "BEGIN SELECT RAISE(ABORT, 'roster versions are locked'); END"
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in KEPT)
    schema_editor.execute(f"CREATE TRIGGER participants_rosterversion_no_delete BEFORE DELETE ON {TABLE} {refuse}")
    schema_editor.execute(f"CREATE TRIGGER participants_rosterversion_no_update BEFORE UPDATE ON {TABLE} WHEN {changed} {refuse}")


def release(apps, schema_editor):
    for action in ("delete", "update"):
        on_table = f" ON {TABLE}" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER participants_rosterversion_no_{action}{on_table}")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION participants_rosterversion_is_locked()")


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="RosterVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                ("locked_at", models.DateTimeField(verbose_name="locked at")),
                ("locked_by_name", models.CharField(blank=True, max_length=150)),
                ("people", models.PositiveIntegerField(verbose_name="people")),
                ("rows", exchange.encryption.EncryptedJSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                (
                    "delegation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="participants.delegation", verbose_name="delegation"
                    ),
                ),
                (
                    "locked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="locked by",
                    ),
                ),
            ],
            options={
                "verbose_name": "roster version",
                "ordering": ["delegation_id", "-number"],
                "constraints": [models.UniqueConstraint(fields=("delegation", "number"), name="one_roster_version_per_number")],
            },
        ),
        migrations.RunPython(protect, release),
    ]
