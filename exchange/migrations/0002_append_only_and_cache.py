"""Triggers that refuse UPDATE and DELETE on the audit, and the table of the shared cache."""

from django.core.management import call_command
from django.db import migrations

TABLE = "exchange_auditevent"


def protect(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION exchange_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'audit events are append-only'; END $$"
        )
        schema_editor.execute(
            f"CREATE TRIGGER exchange_audit_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION exchange_audit_is_append_only()"
        )
        return
    for action in ("UPDATE", "DELETE"):
        schema_editor.execute(
            f"CREATE TRIGGER exchange_audit_no_{action.lower()} BEFORE {action} ON {TABLE} "
            "BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END"
        )


def release(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER exchange_audit_append_only ON {TABLE}")
        schema_editor.execute("DROP FUNCTION exchange_audit_is_append_only()")
        return
    for action in ("update", "delete"):
        schema_editor.execute(f"DROP TRIGGER exchange_audit_no_{action}")


def cache_table(apps, schema_editor):
    call_command("createcachetable", "exchange_cache", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("exchange", "0001_initial")]

    operations = [migrations.RunPython(protect, release), migrations.RunPython(cache_table, migrations.RunPython.noop)]
