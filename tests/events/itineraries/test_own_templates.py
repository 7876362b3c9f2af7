"""Offices' own templates: what they keep, who sees and changes them, and planning by them."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from events.itineraries.models import ItineraryItem
from events.itineraries.own_templates import rules
from events.itineraries.own_templates.models import ItineraryTemplate
from events.programs.models import Program
from exchange.transitions import RuleViolation
from tests.cast import Cast, at, make_group, make_item, make_program, make_venue, same_queries

NINE = at("2026-12-14 09:00")
LIST = "/desk/itinerary-templates/"
PRIVATE = {
    "responsible": "林知遥",
    "description": "联系13800000000",
    "leader_notes": "房间另发",
    "meeting_url": "https://meet.example/1",
    "travel_number": "G1234",
}


@pytest.fixture
def program(cast: Cast) -> Program:
    program = make_program(cast, starts_on=NINE.date(), days=3)
    venue = make_venue(cast)
    make_item(program, NINE, title="开班", venue=venue, location="报告厅", groups=[make_group(program)], credit_hours=2, host_organisation=cast.host, **PRIVATE)
    make_item(program, NINE + timedelta(days=1, hours=14), 120, title="返程", item_type="travel", travel_from="无锡东", travel_to="天津南")
    make_item(program, NINE + timedelta(hours=2), title="取消的", status="cancelled")
    return program


def keep(cast: Cast, program: Program, **fields: Any) -> ItineraryTemplate:
    facts = {"owner": program.organiser, "name": "三日学访", "day": None, "by": cast.organiser, "at": timezone.now()} | fields
    return rules.save_template(program=program, **facts)


def test_a_template_keeps_what_is_usual_and_nobodys_name(cast: Cast, program: Program) -> None:
    template = keep(cast, program)
    assert [(line["day"], line["starts"], line["minutes"], line["title_zh"], line["groups"]) for line in template.items] == [
        (0, "09:00", 90, "开班", [program.groups.get().name]),
        (1, "23:00", 120, "返程", []),
    ]
    assert template.days == 2 and not any(value in str(template.items) for value in PRIVATE.values())
    assert keep(cast, program, name="第二天", day=NINE.date() + timedelta(days=1)).items[0]["day"] == 0


def test_planning_by_a_template(cast: Cast, program: Program, sign_in: Any) -> None:
    template = keep(cast, program)
    new, client = make_program(cast, status="draft", starts_on=date(2027, 3, 1), days=3), sign_in(cast.organiser)
    address = f"/desk/programs/{new.pk}/itinerary/template/"
    assert f"三日学访 · {template.owner.short}" in client.get(address).content.decode()
    form = {"kind": f"own-{template.pk}", "first": "2027-03-01", "add_groups": "on"}
    seen = client.post(address, form)
    assert program.groups.get().name in seen.context["warnings"][0] and not new.items.exists()
    client.post(address, form | {"confirm": seen.context["digest"]})
    rows = [
        (row.title_zh, timezone.localtime(row.starts_at).isoformat()[:16], row.location, row.groups.count(), float(row.credit_hours)) for row in new.items.all()
    ]
    assert rows == [("开班", "2027-03-01T09:00", "报告厅", 1, 2.0), ("返程", "2027-03-02T23:00", "", 0, 0.0)]
    first = new.items.first()
    assert first and (str(first.venue), first.responsible, first.host_organisation) == ("太湖云帆中学", "", None)
    client.post(f"/desk/programs/{new.pk}/itinerary/undo/")
    assert not ItineraryItem.planned.filter(program=new).exists()


def test_a_program_is_kept_renamed_and_deleted_on_the_pages(cast: Cast, program: Program, sign_in: Any) -> None:
    client, address = sign_in(cast.organiser), f"/desk/programs/{program.pk}/itinerary/save-template/"
    assert "还没有可用的模板" in client.get(LIST).content.decode() and address in client.get(f"/desk/programs/{program.pk}/itinerary/").content.decode()
    assert client.get(address).context["form"].initial["owner"] == program.organiser
    page = client.post(address, {"name": "三日学访", "owner": program.organiser_id, "day": ""}, follow=True).content.decode()
    assert "开班" in page and "返程" in page and "第2天" in page
    template = ItineraryTemplate.objects.get()
    again = client.post(address, {"name": "三日学访", "owner": program.organiser_id, "day": "2026-12-15"})
    assert (again.status_code, list(again.context["form"].errors)) == (422, ["name"])
    empty = client.post(address, {"name": "第三天", "owner": program.organiser_id, "day": "2026-12-16"})
    assert (empty.status_code, list(empty.context["form"].errors)) == (422, ["day"])
    assert client.post(address, {"name": "", "owner": cast.outside.pk, "day": "x"}).context["form"].errors.keys() == {"name", "owner", "day"}
    client.post(f"{LIST}{template.pk}/", {"name": "学访三日"})
    assert "学访三日" in client.get(f"{LIST}?q=学访").content.decode()
    assert client.get(f"{LIST}{template.pk}/delete/").status_code == 200
    client.post(f"{LIST}{template.pk}/delete/")
    assert not ItineraryTemplate.objects.exists()


def test_offices_below_use_it_and_only_its_own_office_changes_it(cast: Cast, program: Program, sign_in: Any) -> None:
    above = keep(cast, program, owner=cast.tianjin, by=cast.admin)  # of the commission
    detail = f"{LIST}{above.pk}/"
    below = sign_in(cast.district_beichen)
    assert "三日学访" in below.get(LIST).content.decode() and below.get(detail).status_code == 200 and "改名" not in below.get(detail).content.decode()
    assert [below.post(address, {"name": "x"}).status_code for address in (detail, f"{detail}delete/")] == [403, 403]
    assert [sign_in(cast.outsider).get(address).status_code for address in (detail, f"{detail}delete/")] == [404, 404]
    assert [sign_in(user).get(LIST).status_code for user in (cast.coordinator_a, cast.viewer)] == [403, 403]
    other = make_program(cast, status="draft", organiser=cast.outside)
    answer = sign_in(cast.outsider).post(f"/desk/programs/{other.pk}/itinerary/template/", {"kind": f"own-{above.pk}", "first": "2027-03-01"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["kind"])


def test_names_are_taken_once_an_office(cast: Cast, program: Program) -> None:
    template = keep(cast, program)
    keep(cast, program, owner=cast.tianjin if program.organiser != cast.tianjin else cast.beichen)
    other = keep(cast, program, name="另一个")
    for attempt in (lambda: keep(cast, program), lambda: rules.rename_template(template=other, name="三日学访", by=cast.organiser)):
        with pytest.raises(RuleViolation) as refusal:
            attempt()
        assert (refusal.value.code, refusal.value.field) == ("name_taken", "name")
    rules.rename_template(template=template, name="三日学访", by=cast.organiser)


def test_the_list_costs_the_same_for_one_and_three(cast: Cast, program: Program, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    keep(cast, program)
    same_queries(lambda: client.get(LIST), lambda: (keep(cast, program, name="二"), keep(cast, program, name="三")))
