"""Rules of programs and seasons: what they change, and every refusal."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from events.programs import rules
from events.programs.models import Program, Series
from events.programs.status import TRANSITIONS, ProgramStatus
from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from tests.cast import Cast, at, make_delegation, make_group, make_item, make_program
from tests.events.programs.factories import make_series

FIELDS = {"kind": "choir", "title_zh": "合唱展示", "starts_on": date(2027, 3, 1), "ends_on": date(2027, 3, 5)}


def refused(call: object, *args: object, **kwargs: object) -> RuleViolation:
    with pytest.raises(RuleViolation) as refusal:
        call(*args, **kwargs)  # type: ignore[operator]
    return refusal.value


def test_create_makes_a_draft_with_details_and_an_audit_event(cast: Cast) -> None:
    program = rules.create_program(by=cast.organiser, organiser=cast.tianjin, details={"singers_at_most": 40}, co_organisers=[cast.daxing], **FIELDS)
    assert (program.status, program.details.singers_at_most) == ("draft", 40)
    assert list(program.co_organisers.all()) == [cast.daxing]
    event = AuditEvent.objects.get(action="program.create")
    assert (event.actor_id, event.program_id, event.scope_path) == (cast.organiser.pk, program.pk, cast.tianjin.path)


def test_create_refuses_reversed_dates(cast: Cast) -> None:
    refusal = refused(rules.create_program, by=cast.organiser, organiser=cast.tianjin, **{**FIELDS, "ends_on": date(2027, 2, 28)})
    assert (refusal.code, refusal.field) == ("dates_reversed", "ends_on")
    assert not Program.objects.exists()


def test_create_refuses_reversed_registration(cast: Cast) -> None:
    window = {"registration_opens_at": at("2027-01-02 09:00"), "registration_closes_at": at("2027-01-02 09:00")}
    refusal = refused(rules.create_program, by=cast.organiser, organiser=cast.tianjin, **FIELDS, **window)
    assert (refusal.code, refusal.field) == ("registration_dates_reversed", "registration_closes_at")


def test_change_writes_what_changed_and_leaves_the_rest(cast: Cast) -> None:
    program = make_program(cast, kind="choir", details={"singers_at_most": 40, "accompaniment": "钢琴"})
    rules.change_program(program=program, by=cast.organiser, title_zh="新标题", details={"singers_at_most": 50})
    program = Program.objects.get(pk=program.pk)
    assert (program.title_zh, program.details.singers_at_most, program.details.accompaniment) == ("新标题", 50, "钢琴")
    changes = AuditEvent.objects.get(action="program.change").changes
    assert changes["details.singers_at_most"] == ["40", "50"]
    assert set(changes) == {"title_zh", "details.singers_at_most"}


def test_change_refuses_another_kind(cast: Cast) -> None:
    refusal = refused(rules.change_program, program=make_program(cast), by=cast.organiser, kind="choir")
    assert (refusal.code, refusal.field) == ("kind_fixed", "kind")


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_change_is_refused_once_over(status: str, cast: Cast) -> None:
    program = make_program(cast, status=status)
    assert refused(rules.change_program, program=program, by=cast.organiser, title_zh="太晚").code == "wrong_status"
    assert Program.objects.get(pk=program.pk).title_zh == program.title_zh


def test_change_refuses_reversed_dates(cast: Cast) -> None:
    program = make_program(cast)
    assert refused(rules.change_program, program=program, by=cast.organiser, ends_on=program.starts_on - timedelta(days=1)).code == "dates_reversed"


@pytest.mark.parametrize(
    ("step", "status"), [(step, status) for step, arrow in TRANSITIONS.items() for status in ProgramStatus.values if status not in arrow.sources]
)
def test_every_arrow_that_is_not_in_the_table_is_refused(step: str, status: str, cast: Cast) -> None:
    program = make_program(cast, status=status, starts_in=-10)
    options = {"reason": "台风"} if step == "cancel" else {}
    assert refused(getattr(rules, step), program=program, by=cast.organiser, at=timezone.now(), **options).code == "wrong_status"
    assert Program.objects.get(pk=program.pk).status == status


def test_publish_moves_and_records(cast: Cast) -> None:
    program = make_program(cast, status="draft")
    now = timezone.now()
    assert rules.publish(program=program, by=cast.organiser, at=now).status == "published"
    assert Program.objects.get(pk=program.pk).status_changed_at == now
    assert AuditEvent.objects.get(action="program.publish").changes == {"status": ["draft", "published"]}


def test_complete_waits_for_the_last_day_of_beijing_time(cast: Cast) -> None:
    program = make_program(cast, starts_on=date(2027, 3, 1), days=5)
    assert refused(rules.complete, program=program, by=cast.organiser, at=at("2027-03-04 23:59")).code == "not_over"
    assert rules.complete(program=program, by=cast.organiser, at=at("2027-03-05 00:01")).status == "completed"


def test_cancel_needs_a_reason(cast: Cast) -> None:
    program = make_program(cast)
    refusal = refused(rules.cancel, program=program, by=cast.organiser, at=timezone.now(), reason="  ")
    assert (refusal.code, refusal.field) == ("reason_required", "reason")
    assert rules.cancel(program=program, by=cast.organiser, at=timezone.now(), reason="台风").status_reason == "台风"


def test_copy_moves_the_itinerary_and_brings_no_people(cast: Cast) -> None:
    program = make_program(cast, starts_on=date(2027, 3, 1))
    make_delegation(cast, program, cast.beichen)
    item = make_item(program, at("2027-03-02 09:00"), groups=[make_group(program)])
    make_item(program, at("2027-03-03 09:00"), title="已取消的", status="cancelled")
    copy = rules.copy_program(program=program, by=cast.organiser, starts_on=date(2027, 4, 1), title_zh="春天再来")
    assert (copy.status, copy.title_zh, copy.ends_on, copy.copied_from) == ("draft", "春天再来", date(2027, 4, 5), program)
    (copied,) = copy.items.all()
    assert (copied.title_zh, copied.starts_at, [group.program_id for group in copied.groups.all()]) == (item.title_zh, at("2027-04-02 09:00"), [copy.pk])
    assert copied.uid != item.uid
    assert not copy.delegations.exists() and not copy.registrations.exists()


def test_series_has_one_name_per_year_and_organiser(cast: Cast) -> None:
    series = make_series(cast)
    assert refused(make_series, cast).code == "name_taken"
    assert make_series(cast, year=2027).pk != series.pk
    rules.save_series(by=cast.organiser, series=series, name_en="Season")
    assert Series.objects.get(pk=series.pk).name_en == "Season"
    assert AuditEvent.objects.get(action="series.change").changes == {"name_en": ["Arts and sports season", "Season"]}


@pytest.mark.parametrize(
    ("status", "starts_in", "window", "phase"),
    [
        ("draft", 5, (-1, 1), "draft"),
        ("published", 5, (-1, 1), "open"),
        ("published", 5, (-1, None), "open"),
        ("published", 5, (1, 2), "upcoming"),
        ("published", 5, (-2, -1), "upcoming"),
        ("published", 5, (None, None), "upcoming"),
        ("published", 0, (-1, 1), "running"),
        ("published", -4, (-9, -8), "running"),
        ("published", -5, (-9, -8), "over"),
        ("completed", -5, (-9, -8), "completed"),
        ("cancelled", 5, (-1, 1), "cancelled"),
    ],
)
def test_phase_says_the_same_in_python_and_in_sql(status: str, starts_in: int, window: tuple[int | None, int | None], phase: str, cast: Cast) -> None:
    now = timezone.now()
    opens, closes = (None if days is None else now + timedelta(days=days) for days in window)
    program = make_program(cast, status=status, starts_in=starts_in, registration_opens_at=opens, registration_closes_at=closes)
    assert program.phase == phase
    assert {name: count for name, count in Program.objects.phase_counts(now).items() if count} == {phase: 1}
    assert list(Program.objects.in_phase(phase, now)) == [program]
    assert Program.objects.open_for_registration(now).exists() == program.is_open_for_registration(now)
