"""Many rows in one statement: with keys that are known before, and stored like any other row."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from exchange.audit import AuditEvent, record_many
from exchange.insertion import insert, take_keys
from participants.people.models import Person
from participants.people.rules import prepare
from tests.cast import Cast, make_person


def people(cast: Cast, *names: str, **fields: Any) -> list[Person]:
    return [prepare(Person(organisation=cast.school_a, name=name, **fields)) for name in names]


def test_keys_are_known_before_and_the_next_row_gets_the_next(cast: Cast) -> None:
    before = make_person(cast, cast.school_a)
    rows = people(cast, "许知遥", "林未晚")
    take_keys(rows)
    assert [row.pk for row in rows] == [before.pk + 1, before.pk + 2] and not Person.objects.filter(pk__in=[row.pk for row in rows]).exists()
    insert(rows)
    assert make_person(cast, cast.school_a).pk == before.pk + 3
    assert list(Person.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")) == rows


def test_a_row_comes_back_like_one_that_was_saved(cast: Cast, django_assert_num_queries: Any) -> None:
    rows = people(cast, "许知遥", "林\t未\\晚\n", "𬍛", phone="15433000149", memo='a,"b"\'c\\N', email="")
    take_keys(rows)
    with django_assert_num_queries(1):
        insert(rows)
    found = Person.objects.in_bulk([row.pk for row in rows])
    for row in rows:
        assert row == found[row.pk] and not row._state.adding
        for field in Person._meta.concrete_fields:
            assert getattr(found[row.pk], field.attname) == getattr(row, field.attname), field.name
    rows[0].name = "许知远"
    rows[0].save()
    assert Person.objects.get(pk=rows[0].pk).name == "许知远"


def test_equal_sealed_values_never_look_the_same(cast: Cast) -> None:
    rows = people(cast, "许知遥", "林未晚", phone="15433000149")
    take_keys(rows)
    insert(rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM participants_person WHERE name IN (%s, %s)", ["许知遥", "林未晚"])
        assert len({sealed for (sealed,) in cursor.fetchall()}) == 2


def test_a_conflict_is_an_integrity_error_and_leaves_nothing(cast: Cast) -> None:
    known = make_person(cast, cast.school_a)
    rows = [*people(cast, "许知遥"), *people(cast, "林未晚", national_id=known.national_id)]
    with pytest.raises(IntegrityError), transaction.atomic():
        take_keys(rows)
        insert(rows)
    assert list(Person.objects.all()) == [known]


def test_nothing_is_inserted_for_nobody(django_assert_num_queries: Any, db: Any) -> None:
    with django_assert_num_queries(0):
        take_keys([])
        insert([])
        record_many("school.seen", [], by=None)
    assert not AuditEvent.objects.exists()
