"""Inserting many new rows of one model in one statement. Their keys are taken first, so that what follows from a key can be stored with it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from exchange.encryption import EncryptedTextField


def take_keys(rows: Sequence[models.Model]) -> None:
    """Give the rows the keys that they will have; inside the transaction that inserts them."""
    database = connections[DEFAULT_DB_ALIAS]
    assert database.in_atomic_block  # SQLite's writer holds its lock by then, so that nobody else takes the same keys
    if not rows:
        return
    table, number = rows[0]._meta.db_table, len(rows)
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [database.ops.quote_name(table), number])
            keys = [key for (key,) in cursor.fetchall()]
        else:
            cursor.execute("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = %s", [table])
            first = cursor.fetchone()[0]
            keys = list(range(first, first + number))
    for row, key in zip(rows, keys, strict=True):
        row.pk = key


def insert(rows: Sequence[models.Model]) -> None:
    """Store new rows with the keys that they have taken; sends no signals, like bulk_create."""
    if not rows:
        return
    fields = rows[0]._meta.concrete_fields
    for field in fields:
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            moment = field.pre_save(rows[0], True)
            for row in rows:
                setattr(row, field.attname, moment)
    insert_columns(type(rows[0]), {field.attname: [getattr(row, field.attname) for row in rows] for field in fields})
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def insert_columns(model: type[models.Model], columns: Mapping[str, Sequence[Any]]) -> None:
    """The same from the values of each field (by `attname`), row after row."""
    database = connections[DEFAULT_DB_ALIAS]
    fields: list[Any] = [model._meta.get_field(name) for name in columns]
    names = ", ".join(database.ops.quote_name(field.column) for field in fields)
    table = database.ops.quote_name(model._meta.db_table)
    rows = zip(*(prepared(field, values, database) for field, values in zip(fields, columns.values(), strict=True)), strict=True)
    with database.cursor() as cursor, database.wrap_database_errors:
        if database.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(fields))})", list(rows))


def prepared(field: Any, values: Sequence[Any], database: Any) -> list[Any]:
    """As the database takes them. Equal values are prepared once, but sealed each for itself, so that nobody sees which are equal."""
    if isinstance(field, EncryptedTextField):
        return [field.get_db_prep_save(value, database) for value in values]
    keys = [id(value) for value in values] if isinstance(field, models.JSONField) else values
    ready = {key: field.get_db_prep_save(value, database) for key, value in dict(zip(keys, values, strict=True)).items()}
    return [ready[key] for key in keys]
