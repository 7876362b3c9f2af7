"""Changes to items, venues and groups, and the clashes a planner is told of."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from events.itineraries import rules
from events.itineraries.models import Group, ItineraryItem, Venue
from events.programs.models import Program
from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from tests.cast import Cast, at, make_delegation, make_group, make_item, make_person, make_program, make_registration, make_venue

NINE = at("2026-12-14 09:00")
LATER = timezone.now() + timedelta(days=1)


def refused(code: str) -> Any:
    return pytest.raises(RuleViolation, check=lambda refusal: refusal.code == code)


def new(cast: Cast, program: Program, **fields: Any) -> ItineraryItem:
    defaults: dict[str, Any] = {"program": program, "title_zh": "讲座", "starts_at": NINE, "ends_at": NINE + timedelta(hours=1)}
    return rules.create_item(by=cast.organiser, at=LATER, **(defaults | fields))


def change(cast: Cast, item: ItineraryItem, **fields: Any) -> ItineraryItem:
    return rules.change_item(item=item, by=cast.organiser, at=LATER, **fields)


def test_a_new_item_begins_at_sequence_zero(cast: Cast) -> None:
    program = make_program(cast)
    group = make_group(program)
    item = new(cast, program, groups=[group])
    assert (item.sequence, item.changed_at, item.status, item.previous_starts_at) == (0, LATER, "confirmed", None)
    assert list(item.groups.all()) == [group]
    assert AuditEvent.objects.filter(action="itinerary.create", target_id=item.pk, actor_id=cast.organiser.pk).count() == 1


def test_uids_differ_and_never_change(cast: Cast) -> None:
    program = make_program(cast)
    first, second = new(cast, program), new(cast, program)
    assert first.uid != second.uid
    assert change(cast, first, title_zh="报告", starts_at=NINE + timedelta(minutes=30)).uid == first.uid


@pytest.mark.parametrize(
    ("fields", "grows"),
    [
        ({"starts_at": NINE + timedelta(minutes=15)}, True),
        ({"ends_at": NINE + timedelta(hours=2)}, True),
        ({"location": "东门"}, True),
        ({"meeting_url": "https://meeting.example.cn/1"}, True),
        ({"title_zh": "专题报告"}, False),
        ({"description": "请带书"}, False),
        ({"leader_notes": "带名册"}, False),
        ({"credit_hours": 2}, False),
        ({"is_public": False}, False),
    ],
)
def test_sequence_grows_with_time_and_place_only(cast: Cast, fields: dict[str, Any], grows: bool) -> None:
    item = change(cast, new(cast, make_program(cast)), **fields)
    assert (item.sequence, item.changed_at) == (int(grows), LATER)


def test_another_venue_is_a_rescheduling(cast: Cast) -> None:
    item = change(cast, new(cast, make_program(cast)), venue=make_venue(cast))
    assert item.sequence == 1


def test_nothing_changed_leaves_stamp_and_audit_alone(cast: Cast) -> None:
    item = make_item(make_program(cast), NINE)
    before = item.changed_at
    assert change(cast, item, title_zh=item.title_zh, groups=[]).changed_at == before
    assert not AuditEvent.objects.filter(action="itinerary.change").exists()


def test_a_move_keeps_the_former_begin(cast: Cast) -> None:
    item = new(cast, make_program(cast))
    moved = change(cast, item, starts_at=NINE + timedelta(minutes=30))
    assert moved.previous_starts_at == NINE
    assert change(cast, moved, title_zh="报告").previous_starts_at == NINE


def test_a_move_in_a_draft_is_nobodys_business(cast: Cast) -> None:
    moved = change(cast, new(cast, make_program(cast, status="draft")), starts_at=NINE + timedelta(minutes=30))
    assert moved.previous_starts_at is None


def test_groups_are_set_and_counted_as_a_change(cast: Cast) -> None:
    program = make_program(cast)
    item = make_item(program, NINE)
    group = make_group(program)
    changed = change(cast, item, groups=[group])
    assert (list(changed.groups.all()), changed.changed_at, changed.sequence) == ([group], LATER, 0)


def test_times_reversed_are_refused(cast: Cast) -> None:
    program = make_program(cast)
    with refused("times_reversed"):
        new(cast, program, ends_at=NINE)
    item = new(cast, program)
    with refused("times_reversed"):
        change(cast, item, starts_at=NINE + timedelta(days=1))
    item.refresh_from_db()
    assert (item.starts_at, item.sequence) == (NINE, 0)


def test_a_group_of_another_program_is_refused(cast: Cast) -> None:
    program, other = make_program(cast), make_program(cast)
    foreign = make_group(other)
    with refused("foreign_group"):
        new(cast, program, groups=[foreign])
    item = make_item(program, NINE)
    with refused("foreign_group"):
        change(cast, item, groups=[foreign])
    assert list(item.groups.all()) == []


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_a_program_that_is_over_is_not_planned_any_more(cast: Cast, status: str) -> None:
    program = make_program(cast, status=status)
    item = make_item(program, NINE)
    with refused("program_closed"):
        change(cast, item, title_zh="报告")
    with refused("program_closed"):
        new(cast, program)


def test_cancel_and_restore_raise_the_sequence(cast: Cast) -> None:
    item = new(cast, make_program(cast))
    cancelled = rules.cancel_item(item=item, by=cast.organiser, at=LATER, reason="台风")
    assert (cancelled.status, cancelled.status_reason, cancelled.sequence, cancelled.changed_at) == ("cancelled", "台风", 1, LATER)
    with refused("wrong_status"):
        rules.cancel_item(item=item, by=cast.organiser, at=LATER)
    restored = rules.restore_item(item=item, by=cast.organiser, at=LATER)
    assert (restored.status, restored.status_reason, restored.sequence) == ("confirmed", "", 2)
    with refused("wrong_status"):
        rules.restore_item(item=item, by=cast.organiser, at=LATER)


def test_only_a_drafts_items_are_deleted(cast: Cast) -> None:
    item = new(cast, make_program(cast, status="draft"))
    rules.delete_item(item=item, by=cast.organiser)
    assert not ItineraryItem.objects.filter(pk=item.pk).exists()
    published = new(cast, make_program(cast))
    with refused("cancel_instead"):
        rules.delete_item(item=published, by=cast.organiser)
    assert ItineraryItem.objects.filter(pk=published.pk).exists()


# Venues and groups -----------------------------------------------------------------------------------------------------


def test_what_calendars_show_of_a_venue_changes_its_items(cast: Cast) -> None:
    venue = make_venue(cast)
    program = make_program(cast)
    there, elsewhere = make_item(program, NINE, venue=venue), make_item(program, NINE)
    rules.save_venue(venue=venue, by=cast.organiser, at=LATER, capacity=300)
    there.refresh_from_db()
    assert there.changed_at != LATER
    rules.save_venue(venue=venue, by=cast.organiser, at=LATER, name_zh="云帆中学新校区")
    there.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (there.changed_at == LATER, elsewhere.changed_at == LATER, there.sequence) == (True, False, 0)


def test_the_audit_keeps_no_contact(cast: Cast) -> None:
    venue = make_venue(cast, contact_phone="0510-11111111")
    rules.save_venue(venue=venue, by=cast.organiser, at=LATER, contact_phone="0510-22222222")
    entry = AuditEvent.objects.get(action="venue.change")
    assert entry.changes == {"contact_phone": ["…", "…"]}


def test_a_venue_in_use_stays(cast: Cast) -> None:
    venue = make_venue(cast)
    make_item(make_program(cast), NINE, venue=venue)
    with refused("in_use"):
        rules.delete_row(row=venue, by=cast.organiser)
    assert Venue.objects.filter(pk=venue.pk).exists()
    assert not AuditEvent.objects.filter(action="venue.delete").exists()


def test_a_group_number_is_taken_once(cast: Cast) -> None:
    program = make_program(cast)
    make_group(program, 1)
    with refused("number_taken"):
        rules.save_group(program=program, number=1, name="第1组", by=cast.organiser, at=LATER)
    second = rules.save_group(program=program, number=2, name="第2组", by=cast.organiser, at=LATER)
    with refused("number_taken"):
        rules.save_group(group=second, number=1, by=cast.organiser, at=LATER)


def test_a_group_with_items_or_people_stays(cast: Cast) -> None:
    """Deleting it would make its items everyone's."""
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen)
    with_item, with_person, free = (make_group(program, number) for number in (1, 2, 3))
    make_item(program, NINE, groups=[with_item])
    make_registration(cast, program, make_person(cast, cast.school_a), group=with_person)
    for group in (with_item, with_person):
        with refused("in_use"):
            rules.delete_row(row=group, by=cast.organiser)
    rules.delete_row(row=free, by=cast.organiser)
    assert set(Group.objects.all()) == {with_item, with_person}


# Clashes ---------------------------------------------------------------------------------------------------------------


def kinds(program: Program) -> list[tuple[str, str, str]]:
    return [(clash.kind, clash.first.title_zh, clash.second.title_zh) for clash in rules.clashes(program)]


def test_the_same_people_in_two_places_clash(cast: Cast) -> None:
    program = make_program(cast)
    first, second = make_group(program, 1), make_group(program, 2)
    make_item(program, NINE, 60, "甲", [first])
    make_item(program, NINE + timedelta(minutes=30), 60, "乙", [first, second])
    make_item(program, NINE + timedelta(minutes=90), 60, "丙")
    assert kinds(program) == [("group", "甲", "乙")]


def test_the_same_venue_twice_clashes_unless_the_rooms_differ(cast: Cast) -> None:
    program = make_program(cast)
    first, second = make_group(program, 1), make_group(program, 2)
    venue = make_venue(cast)
    make_item(program, NINE, 60, "甲", [first], venue=venue, location="报告厅")
    make_item(program, NINE, 60, "乙", [second], venue=venue, location="报告厅")
    make_item(program, NINE + timedelta(hours=2), 60, "丙", [first], venue=venue, location="一楼")
    make_item(program, NINE + timedelta(hours=2), 60, "丁", [second], venue=venue, location="二楼")
    assert kinds(program) == [("venue", "甲", "乙")]


def test_items_that_touch_or_are_cancelled_do_not_clash(cast: Cast) -> None:
    program = make_program(cast)
    make_item(program, NINE, 60, "甲")
    make_item(program, NINE + timedelta(hours=1), 60, "乙")
    make_item(program, NINE, 60, "丙", status="cancelled")
    assert kinds(program) == []
