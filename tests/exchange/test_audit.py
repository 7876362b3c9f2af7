"""The activity log: complete, silent about personal values, and impossible to change."""

import pytest
from django.db import DatabaseError, connection, transaction

from exchange import audit
from exchange.audit import AppendOnly, AuditEvent
from participants.people import rules as people
from tests.cast import Cast, make_person, make_program

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(cast: Cast) -> AuditEvent:
    with audit.origin("192.0.2.7"):
        return audit.record("organisation.change", cast.school_a, by=cast.district_beichen, changes={"name_zh": ["甲", "乙"]}, reason="更名")


def test_an_event_says_who_what_when_where_and_whom_it_concerns(entry: AuditEvent, cast: Cast) -> None:
    kept = AuditEvent.objects.get(pk=entry.pk)
    assert (kept.actor_id, kept.actor_name, kept.ip) == (cast.district_beichen.pk, "林知遥", "192.0.2.7")
    assert (kept.action, kept.target_type, kept.target_id) == ("organisation.change", "participants.Organisation", cast.school_a.pk)
    assert (kept.scope_path, kept.program_id, kept.changes, kept.reason) == (cast.school_a.path, None, {"name_zh": ["甲", "乙"]}, "更名")
    assert kept.at is not None


def test_the_origin_ends_with_its_request(cast: Cast) -> None:
    with audit.origin("192.0.2.7"):
        pass
    assert audit.record("x", cast.school_a, by=None).ip == ""


def test_an_event_of_a_program_names_it(cast: Cast) -> None:
    program = make_program(cast)
    kept = AuditEvent.objects.filter(action="program.publish").get()
    assert (kept.program_id, kept.scope_path) == (program.pk, cast.tianjin.path)


def test_personal_values_never_enter_the_log(cast: Cast) -> None:
    person = make_person(cast, cast.school_a, phone="15400000001")
    people.change_person(person=person, by=cast.coordinator_a, phone="15400009999")
    people.reveal(person=person, by=cast.coordinator_a)
    text = str(list(AuditEvent.objects.values()))
    assert "person.reveal" in text
    assert "15400009999" not in text
    assert "15400000001" not in text


def test_saved_events_refuse_every_change_through_the_orm(entry: AuditEvent) -> None:
    entry.action = "forged"
    for attempt in (entry.save, entry.delete, AuditEvent.objects.all().delete, lambda: AuditEvent.objects.update(action="forged")):
        with pytest.raises(AppendOnly):
            attempt()
    with pytest.raises(AppendOnly), transaction.atomic():
        AuditEvent.objects.bulk_update([entry], ["action"])
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent._base_manager.filter(pk=entry.pk)._raw_delete("default")
    assert AuditEvent.objects.get(pk=entry.pk).action == "organisation.change"


@pytest.mark.parametrize("statement", ["UPDATE exchange_auditevent SET action = 'forged'", "DELETE FROM exchange_auditevent"])
def test_the_database_refuses_raw_changes(entry: AuditEvent, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEvent.objects.filter(pk=entry.pk, action="organisation.change").exists()


def test_an_event_disappears_with_the_change_that_failed(cast: Cast) -> None:
    before = AuditEvent.objects.count()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.record("x", cast.school_a, by=None)
        raise ZeroDivisionError
    assert AuditEvent.objects.count() == before


def test_events_in_bulk_are_the_same_events(cast: Cast) -> None:
    audit.record_many("school.seen", [cast.school_a, cast.school_b], by=cast.admin)
    rows = AuditEvent.objects.filter(action="school.seen").order_by("pk").values_list("target_id", "scope_path", "actor_id")
    assert list(rows) == [(cast.school_a.pk, cast.school_a.path, cast.admin.pk), (cast.school_b.pk, cast.school_b.path, cast.admin.pk)]


def test_officers_and_viewers_see_their_subtree_and_nobody_else_does(cast: Cast) -> None:
    of_school = audit.record("seen", cast.school_a, by=None)
    seen = {name: AuditEvent.objects.visible_to(user).filter(pk=of_school.pk).exists() for name, user in cast.users().items()}
    assert {name for name, sees in seen.items() if sees} == {"admin", "organiser", "viewer", "district_beichen"}
