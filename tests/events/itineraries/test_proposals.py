"""Templates and itineraries of other programs: shown first, planned on the second click, taken back on the third."""

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.itineraries import drafts, planning, proposals, rules, undoing
from events.itineraries.models import ItemType, ItineraryItem
from events.kinds.registry import KINDS
from events.programs.models import Program
from tests.cast import Cast, at, make_group, make_item, make_program, make_venue

NINE = at("2026-12-14 09:00")


@pytest.fixture
def draft(cast: Cast) -> Program:
    return make_program(cast, status="draft", starts_on=NINE.date())


def address(program: Program, step: str) -> str:
    return f"/desk/programs/{program.pk}/itinerary/{step}/"


def go(client: Client, program: Program, step: str, **fields: Any) -> Any:
    """Both clicks; the page after them."""
    shown = client.post(address(program, step), fields)
    assert shown.status_code == 200, shown.context["form"].errors
    return client.post(address(program, step), fields | {"confirm": shown.context["digest"]}, follow=True)


# Templates ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [1, 2, 5])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_a_template_that_fits_its_days(cast: Cast, kind: str, days: int) -> None:
    program = make_program(cast, status="draft", kind=kind, starts_on=NINE.date(), days=days)
    found = proposals.from_template(program, kind, program.starts_on)
    assert len(found) >= 3 and {row.fields["item_type"] for row in found} <= set(ItemType.values)
    assert all(program.starts_on <= row.day <= program.ends_on and row.fields["title_en"] for row in found)
    items = proposals.plan(program=program, proposals=found, add_groups=False, by=cast.organiser, at=timezone.now())
    assert [(item.title_zh, item.starts_at) for item in items] == [(row.fields["title_zh"], row.starts_at) for row in found]
    if days > 1 or kind != "study_visit":  # nobody goes and comes back on one day
        assert rules.clashes(program) == []


def test_a_study_visit_has_meals_journeys_schools_and_nights(cast: Cast, draft: Program) -> None:
    kinds = Counter(row.fields["item_type"] for row in proposals.from_template(draft, "study_visit", draft.starts_on))
    assert (kinds["lodging"], kinds["visit"], kinds["lecture"]) == (4, 3, 3)
    assert kinds["meal"] >= 13 and kinds["travel"] == 5


def test_weekly_lessons_leave_holidays_out(cast: Cast) -> None:
    program = make_program(cast, status="draft", kind="online_series", starts_on=at("2026-09-17 00:00").date(), days=22)
    days = [row.day.isoformat() for row in proposals.from_template(program, "online_series", program.starts_on) if row.fields["item_type"] == "lesson"]
    assert days == ["2026-09-17", "2026-09-24", "2026-10-08"]  # not on 1 October


def test_template_page_shows_plans_and_undoes(cast: Cast, draft: Program, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    assert address(draft, "template") in client.get(f"/desk/programs/{draft.pk}/itinerary/").content.decode()
    shown = client.post(address(draft, "template"), {"kind": "choir", "first": "2026-12-14"})
    assert "走台" in shown.content.decode() and not draft.items.exists()
    page = go(client, draft, "template", kind="choir", first="2026-12-14").content.decode()
    assert draft.items.filter(item_type="rehearsal").count() == 2
    undo = re.search(r'action="([^"]*/undo/\?step=\w+)&amp;day=', page)
    assert undo
    assert "已撤销8项日程" in client.post(undo[1], follow=True).content.decode()
    assert not draft.items.exists()
    assert "没有可以撤销的编排了" in client.post(undo[1], follow=True).content.decode()


@pytest.mark.parametrize("fields", [{"kind": "nope", "first": "2026-12-14"}, {"kind": "choir", "first": "x"}, {"kind": "choir", "first": "0001-01-01"}, {}])
def test_nonsense_is_a_form_error(cast: Cast, draft: Program, sign_in: Any, fields: dict[str, str]) -> None:
    assert sign_in(cast.organiser).post(address(draft, "template"), fields).status_code == 422


def test_too_many_items_are_refused(cast: Cast, sign_in: Any) -> None:
    program = make_program(cast, status="draft", kind="sports", starts_on=NINE.date(), days=300)
    assert sign_in(cast.organiser).post(address(program, "template"), {"kind": "sports", "first": "2026-12-14"}).status_code == 422


@pytest.mark.parametrize("step", ["template", "copy", "import"])
def test_who_may(cast: Cast, draft: Program, sign_in: Any, step: str) -> None:
    assert [sign_in(user).get(address(draft, step)).status_code for user in (cast.organiser, cast.viewer, cast.outsider)] == [200, 403, 404]
    assert [sign_in(user).post(address(draft, "undo")).status_code for user in (cast.viewer, cast.outsider)] == [403, 404]


# Another program ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def source(cast: Cast) -> Program:
    program = make_program(cast, starts_on=at("2026-11-02 00:00").date())
    venue, group = make_venue(cast), make_group(program, 1)
    make_item(program, at("2026-11-02 09:00"), title="开班仪式", venue=venue, leader_notes="带名册", credit_hours=2)
    make_item(program, at("2026-11-03 09:00"), title="分组观摩", groups=[group])
    make_item(program, at("2026-11-03 14:00"), title="已取消", status="cancelled")
    return program


def test_copying_moves_maps_groups_and_leaves_cancelled_out(cast: Cast, draft: Program, source: Program, sign_in: Any) -> None:
    own = make_group(draft, 1)
    go(sign_in(cast.organiser), draft, "copy", source=source.pk, first="2026-12-14", add_groups="on")
    first, second = draft.items.order_by("starts_at")
    assert (first.title_zh, first.starts_at, first.venue.name_zh, first.leader_notes, first.credit_hours) == ("开班仪式", NINE, "太湖云帆中学", "带名册", 2)
    assert (second.title_zh, second.starts_at, list(second.groups.all())) == ("分组观摩", NINE + timedelta(days=1), [own])
    assert first.uid != source.items.get(title_zh="开班仪式").uid and draft.groups.count() == 1


@pytest.mark.parametrize(("add", "names", "groups"), [("on", ["第1组"], ["第1组"]), ("", [], [])])
def test_missing_groups_are_added_or_the_item_is_for_everyone(
    cast: Cast, draft: Program, source: Program, sign_in: Any, add: str, names: list[str], groups: list[str]
) -> None:
    shown = sign_in(cast.organiser).post(address(draft, "copy"), {"source": source.pk, "first": "2026-12-14", "add_groups": add})
    assert ("会新增分组：第1组" if add else "相应日程改为全体：第1组") in shown.content.decode()
    go(sign_in(cast.organiser), draft, "copy", source=source.pk, first="2026-12-14", add_groups=add)
    assert [group.name for group in draft.groups.all()] == names
    assert [group.name for group in draft.items.get(title_zh="分组观摩").groups.all()] == groups


def test_a_foreign_program_gives_what_the_public_sees_and_no_notes(cast: Cast, draft: Program, sign_in: Any) -> None:
    foreign = make_program(cast, organiser=cast.outside, issuer=cast.outside, starts_on=NINE.date())
    make_item(foreign, NINE, title="公开的", leader_notes="内部电话")
    make_item(foreign, NINE + timedelta(hours=3), title="不公开的", is_public=False)
    go(sign_in(cast.organiser), draft, "copy", source=foreign.pk, first="2026-12-14")
    assert [(item.title_zh, item.leader_notes) for item in draft.items.all()] == [("公开的", "")]
    hidden = make_program(cast, organiser=cast.outside, issuer=cast.outside, visibility="invited")
    make_item(hidden, NINE, title="看不见")
    answer = sign_in(cast.organiser).post(address(draft, "copy"), {"source": hidden.pk, "first": "2026-12-14"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["source"])


def test_in_a_published_program_the_copies_wait_and_can_be_undone(cast: Cast, source: Program, sign_in: Any) -> None:
    program, client = make_program(cast, starts_on=NINE.date()), sign_in(cast.organiser)
    go(client, program, "copy", source=source.pk, first="2026-12-14", add_groups="on")
    assert (program.items.count(), drafts.drafts_of(program).count()) == (0, 2)
    client.post(f"{address(program, 'undo')}?step={client.session['itinerary_steps'][-1]['key']}")
    assert drafts.drafts_of(program).count() == 0


# Undoing ------------------------------------------------------------------------------------------------------------------


def test_days_beyond_the_program_are_named_before_they_are_planned(cast: Cast, source: Program, sign_in: Any) -> None:
    client, last = sign_in(cast.organiser), make_program(cast, status="draft", starts_on=NINE.date(), days=2)
    named = [client.post(address(last, "copy"), {"source": source.pk, "first": first}).context["warnings"] for first in ("2026-12-14", "2026-12-20")]
    assert [[text for text in texts if text.startswith("以下日期")] for texts in named] == [[], ["以下日期不在活动日期之内：12月20日、12月21日。"]]


@pytest.mark.parametrize("status", ["draft", "published"])
def test_copied_days_and_moves_are_taken_back(cast: Cast, sign_in: Any, status: str) -> None:
    program, client = make_program(cast, status=status, starts_on=NINE.date()), sign_in(cast.organiser)
    make_item(program, NINE, title="观摩")
    make_item(program, NINE + timedelta(hours=5), title="座谈")
    before = facts(program)
    client.post(address(program, "copy-day"), {"source": "2026-12-14", "target": "2026-12-15"})
    assert len(facts(program)) == 4
    undo_last(client, program)
    assert facts(program) == before
    client.post(address(program, "shift"), {"day": "2026-12-14", "after": "09:00", "minutes": "45"})
    assert [starts for _title, starts in facts(program)] == [NINE + timedelta(minutes=45), NINE + timedelta(hours=5, minutes=45)]
    undo_last(client, program)
    assert facts(program) == before and not drafts.drafts_of(program).exists()


def test_what_somebody_changed_since_stays(cast: Cast, draft: Program) -> None:
    make_item(draft, NINE, title="观摩")
    make_item(draft, NINE + timedelta(hours=2), title="座谈")
    now = timezone.now()
    copies = planning.copy_day(program=draft, source=NINE.date(), target=NINE.date() + timedelta(days=1), by=cast.organiser, at=now)
    rules.change_item(item=copies[0], by=cast.organiser, at=now + timedelta(seconds=5), title_zh="改过")
    step = undoing.Step("k", draft.pk, now.isoformat(), [item.pk for item in copies], [])
    assert undoing.undo(program=draft, step=step, by=cast.organiser, at=now) == 1
    assert sorted(draft.items.values_list("title_zh", flat=True)) == ["座谈", "改过", "观摩"]


def test_a_step_belongs_to_one_program_and_one_planner(cast: Cast, draft: Program, sign_in: Any) -> None:
    make_item(draft, NINE, title="观摩")
    client, other = sign_in(cast.organiser), make_program(cast, status="draft")
    client.post(address(draft, "copy-day"), {"source": "2026-12-14", "target": "2026-12-15"})
    step = client.session["itinerary_steps"][-1]["key"]
    for person, program in ((client, other), (sign_in(cast.admin), draft)):
        person.post(f"{address(program, 'undo')}?step={step}")
    assert draft.items.count() == 2


def facts(program: Program) -> list[tuple[str, Any]]:
    """What is planned to happen and when."""
    rows = ItineraryItem.planned.filter(program=program).as_planned()
    return [(item.title_zh, item.starts_at) for item in rows]


def undo_last(client: Client, program: Program) -> None:
    step = client.session["itinerary_steps"][-1]["key"]
    assert "已撤销2项日程" in client.post(f"{address(program, 'undo')}?step={step}", follow=True).content.decode()
