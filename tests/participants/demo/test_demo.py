"""The demo: what it promises, and that running it again changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Count, Sum

from events.programs.models import Program
from participants.attendance.hours import summaries
from participants.certificates import files
from participants.certificates.award_models import Award
from participants.certificates.models import Certificate
from participants.demo import scale
from participants.directory.models import Division, Organisation
from participants.notices.models import OutboxMail
from participants.people.models import Person
from participants.rosters.models import Registration

PERSONAS = (
    "admin organiser organiser_other district_beichen district_daxing district_langfang viewer coordinator_a coordinator_b coordinator_c outsider".split()
)


def build(target: Path, **options: Any) -> dict[str, Any]:
    call_command("demo", json=target, verbosity=0, **options)
    document: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    return document


@pytest.mark.django_db
def test_the_demo_holds_what_it_promises_and_is_idempotent(tmp_path: Path, client: Any) -> None:
    first = build(tmp_path / "first.json")
    people, organisations = Person.objects.count(), Organisation.objects.count()
    assert build(tmp_path / "second.json") == first
    assert (Person.objects.count(), Organisation.objects.count()) == (people, organisations)
    assert list(first["personas"]) == PERSONAS
    assert {"wuxi", "open", "full", "outsider_program"} <= set(first["programs"])
    assert Program.objects.values("kind").distinct().count() == 7
    assert Division.objects.count() == 566
    assert not OutboxMail.objects.exists()
    check_wuxi(first)
    check_results(first)
    check_places(first)
    check_logins(first, client)


def check_wuxi(demo: dict[str, Any]) -> None:
    wuxi = Program.objects.get(pk=demo["programs"]["wuxi"]["id"])
    rows = list(wuxi.registrations.confirmed())
    assert len(rows) == len(demo["participants"]) == len(demo["certificates"]) == 68
    assert [row["number"] for row in demo["certificates"]] == [f"津北教交证〔2023〕第{n:04d}号" for n in range(1, 69)]
    assert {"孙㛃", "王䶮", "周𬍛", "梁𫖯", "阿依古丽·买买提", "欧阳若川"} <= {row["name"] for row in demo["participants"]}
    assert dict(wuxi.delegations.annotate(number=Count("registrations")).values_list("organisation__name_zh", "number")) == {
        "天津市北辰区教育局": 30,
        "北京市大兴区教育委员会": 20,
        "廊坊市教育局": 18,
    }
    assert wuxi.groups.count() == 6
    assert wuxi.items.filter(status="cancelled").count() == 1
    assert wuxi.items.exclude(previous_starts_at=None).count() == 1
    earned = [summary.hours for summary in summaries(rows).values()]
    assert (max(earned), sorted(earned)[:3]) == (40, [37, 37, 37])


def check_results(demo: dict[str, Any]) -> None:
    papers = [files.facts_of(row) for row in Certificate.objects.filter(program=demo["programs"]["finished"]["id"])]
    assert len(papers) == Award.objects.count() == 15
    assert {paper.paper for paper in papers} == {"honour", "completion", "award", "hours"}
    assert {paper.kind for paper in papers} == {"award", "work", "organiser", "instructor", "performance"}
    assert {paper.holder for paper in papers} == {"person", "team", "organisation"}
    team = Award.objects.get(work="运河长卷")
    assert len(team.linked_members) == 5 and team.members == ["梅若雪", "苗一诺"] and team.members_statement == "of_age"


def check_places(demo: dict[str, Any]) -> None:
    opened, full = (Program.objects.get(pk=demo["programs"][key]["id"]) for key in ("open", "full"))
    assert list(opened.delegations.values_list("quota", flat=True)) == [80, 80, 80]
    school = Organisation.objects.get(pk=demo["personas"]["coordinator_a"]["organisation"])
    assert school.allocations.get(delegation__program=opened).quota == 25
    taken = Registration.objects.taking_place().filter(program=full).count()
    assert taken == full.delegations.aggregate(places=Sum("quota"))["places"]
    assert full.registrations.filter(status="waitlisted").count() == 4


def check_logins(demo: dict[str, Any], client: Any) -> None:
    for persona in demo["personas"].values():
        answer = client.get("/api/v1/me/", headers={"Authorization": f"Token {persona['token']}"})
        assert answer.json()["username"] == persona["login"]
    link, feed = (demo["participants"][6][name].removeprefix("http://testserver") for name in ("link", "feed"))
    assert "欧阳若川" in client.get(link).content.decode()
    assert client.get(feed).content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert Certificate.objects.filter(code=demo["certificates"][0]["code"]).count() == 1


@pytest.mark.django_db
def test_a_trial_of_size_fills_up_to_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path / "small.json")
    before = Person.objects.count()
    monkeypatch.setitem(scale.SIZES, "festival", scale.Size(schools=6, people=40, programs=7))
    for _ in range(2):
        build(tmp_path / "large.json", scale="festival")
        assert Person.objects.count() == before + 40
        assert Program.objects.filter(title_en__startswith="Sample program ").count() == 7
    person = Person.objects.filter(memo="示例").first()
    assert person is not None
    assert person.registrations.get().delegation.organisation == person.organisation.parent
