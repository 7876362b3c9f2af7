"""Publishing changes of an itinerary tells exactly those concerned, once, in words; nobody else."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from events.itineraries import drafts
from events.itineraries.models import Group, ItineraryItem
from events.programs.models import Program
from participants.directory.models import User
from participants.notices.models import MailPreference, Notice, OutboxMail
from participants.notices.words import lines
from participants.rosters.models import Registration
from tests.cast import Cast, at, make_delegation, make_group, make_item, make_person, make_program, make_registration, make_user

NINE = at("2026-12-14 09:00")


@dataclass
class Visit:
    """Beichen sends group 1 (school A), Daxing group 2 (school C); the host school has an account, the item of group 1 is with the host."""

    program: Program
    groups: list[Group]
    first: ItineraryItem
    second: ItineraryItem
    everyone: ItineraryItem


@pytest.fixture
def visit(cast: Cast) -> Visit:
    program = make_program(cast, starts_on=at("2026-12-12 00:00").date())
    groups = [make_group(program, number) for number in (1, 2)]
    for bureau in (cast.beichen, cast.daxing, cast.langfang):
        make_delegation(cast, program, bureau)
    make_user("host", "沈老师", cast.host, "coordinator")
    for user in User.objects.all():
        User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.test")
    take_part(cast, program, cast.school_a, groups[0], "甲")
    take_part(cast, program, cast.school_a, groups[1], "甲二", role="领队")
    take_part(cast, program, cast.school_c, groups[1], "乙")
    take_part(cast, program, cast.school_a, groups[0], "", email="")
    take_part(cast, program, cast.school_b, groups[0], "未过", status="submitted")
    first = make_item(program, NINE, title="太湖云帆中学", groups=[groups[0]], host_organisation=cast.host)
    second = make_item(program, NINE, title="惠山中学", groups=[groups[1]])
    return Visit(program, groups, first, second, make_item(program, NINE + timedelta(hours=6), title="总结会"))


def take_part(cast: Cast, program: Program, school: Any, group: Group, name: str, status: str = "confirmed", **fields: Any) -> Registration:
    email = fields.pop("email", f"{name}@example.test")
    row = make_registration(cast, program, make_person(cast, school, name, email=email), status, **fields)
    Registration.objects.filter(pk=row.pk).update(group=group)
    return row


@pytest.fixture(autouse=True)
def quiet(visit: Visit) -> None:
    """Forget the mail of making the cast."""
    Notice.objects.all().delete()
    OutboxMail.objects.all().delete()


def publish(cast: Cast, visit: Visit) -> None:
    drafts.publish(program=visit.program, by=cast.organiser, at=timezone.now())


def told() -> set[str]:
    return set(Notice.objects.values_list("user__username", flat=True))


def written() -> list[str]:
    return sorted(mail.recipient.removesuffix("@example.test") for mail in OutboxMail.objects.all())


def test_a_change_of_one_group_goes_to_its_people_units_leaders_and_host(cast: Cast, visit: Visit) -> None:
    later = NINE + timedelta(minutes=30)
    drafts.hold_change(item=visit.first, by=cast.organiser, at=timezone.now(), starts_at=later, ends_at=later + timedelta(minutes=90))
    assert (told(), written()) == (set(), [])
    publish(cast, visit)
    assert told() == {"coordinator_a", "coordinator_b", "district_beichen", "host"}
    assert written() == sorted(["甲", "甲二", "coordinator_a", "coordinator_b", "district_beichen", "host"])
    notice = Notice.objects.get(user=cast.coordinator_a)
    assert notice.changes == [["第3天 太湖云帆中学 9:00→9:30（第1组）", "Day 3 太湖云帆中学 9:00→9:30 (第1组)"]]
    (line,) = lines([notice])
    assert (line.title, line.names) == ("日程有1处调整", "第3天 太湖云帆中学 9:00→9:30（第1组）")
    assert line.url == f"/desk/programs/{visit.program.pk}/itinerary/"
    mail = OutboxMail.objects.get(recipient="甲@example.test")
    assert "第3天 太湖云帆中学 9:00→9:30" in mail.text and "Day 3" in mail.text and "/my/" in mail.text and "9:30" in mail.html


def test_a_change_for_everyone_goes_to_all_who_come_and_not_to_hosts_of_other_items(cast: Cast, visit: Visit) -> None:
    drafts.hold_cancel(item=visit.everyone, by=cast.organiser, at=timezone.now(), reason="台风")
    publish(cast, visit)
    assert told() == {"coordinator_a", "coordinator_b", "coordinator_c", "district_beichen", "district_daxing"}  # Langfang sends nobody
    assert written() == sorted(["甲", "甲二", "乙", *told()])
    assert {str(notice.changes[0][0]) for notice in Notice.objects.all()} == {"第3天 总结会 取消：台风"}


def test_moving_an_item_to_another_group_tells_both(cast: Cast, visit: Visit) -> None:
    drafts.hold_change(item=visit.second, by=cast.organiser, at=timezone.now(), groups=[visit.groups[0]])
    publish(cast, visit)
    assert told() == {"coordinator_a", "coordinator_b", "coordinator_c", "district_beichen", "district_daxing"}


def test_notes_for_leaders_are_news_for_leaders_alone(cast: Cast, visit: Visit) -> None:
    drafts.hold_change(item=visit.first, by=cast.organiser, at=timezone.now(), leader_notes="带名册")
    publish(cast, visit)
    assert told() == {"coordinator_a", "coordinator_b", "district_beichen"}
    assert "甲二" in written() and "甲" not in written() and "host" not in written()


def test_who_is_in_charge_is_told_and_whoever_publishes_is_not(cast: Cast, visit: Visit) -> None:
    colleague = make_user("colleague", "王老师", cast.tianjin, email="colleague@example.test")
    drafts.hold_change(item=visit.second, by=cast.organiser, at=timezone.now(), responsible="王老师")
    drafts.hold_change(item=visit.everyone, by=cast.organiser, at=timezone.now(), responsible=cast.organiser.display_name)
    publish(cast, visit)
    assert "colleague" in told() and "organiser" not in told()
    assert [row[0] for row in Notice.objects.get(user=colleague).changes] == ["第3天 惠山中学 负责人 —→王老师（第2组）"]


def test_each_is_told_once_of_all_and_only_of_what_concerns_them(cast: Cast, visit: Visit) -> None:
    for item in (visit.first, visit.second, visit.everyone):
        drafts.hold_change(item=item, by=cast.organiser, at=timezone.now(), location="东门")
    publish(cast, visit)
    assert Notice.objects.count() == len(told()) == 6 and Notice.objects.get(user__username="host").number == 1
    assert {user: Notice.objects.get(user__username=user).number for user in ("coordinator_a", "coordinator_c")} == {"coordinator_a": 3, "coordinator_c": 2}
    assert OutboxMail.objects.get(recipient="甲@example.test").text.count("第3天") == 2


def test_mail_that_is_not_wanted_and_mailboxes_that_have_a_letter_already(cast: Cast, visit: Visit) -> None:
    MailPreference.objects.create(user=cast.district_beichen, muted=["itinerary_changed"])
    MailPreference.objects.create(user=cast.coordinator_b, daily=True)
    User.objects.filter(pk=cast.coordinator_a.pk).update(email="甲@example.test")
    drafts.hold_change(item=visit.first, by=cast.organiser, at=timezone.now(), location="东门")
    publish(cast, visit)
    assert written() == sorted(["甲", "甲二", "host"])
    assert told() == {"coordinator_a", "coordinator_b", "district_beichen", "host"}


def test_what_is_published_at_once_is_told_as_well(cast: Cast, visit: Visit, sign_in: Any, api: Any) -> None:
    sign_in(cast.organiser).post(f"/desk/itinerary-items/{visit.first.pk}/cancel/", {"reason": "台风"})
    assert "host" in told() and "coordinator_c" not in told()
    Notice.objects.all().delete()
    assert api(cast.organiser).patch(f"/api/v1/itinerary-items/{visit.second.pk}/", {"location": "东门"}, format="json").status_code == 200
    assert told() == {"coordinator_a", "coordinator_c", "district_beichen", "district_daxing"}
    assert visit.program.itinerary_versions.count() == 3


def test_costs_the_same_for_few_and_many(cast: Cast, visit: Visit, django_assert_max_num_queries: Any) -> None:
    make_delegation(cast, visit.program, cast.beichen, 90)
    for number, place in enumerate(("东门", "西门")):
        for index in range(3 + 20 * number):
            take_part(cast, visit.program, cast.school_a, visit.groups[0], f"多{number}{index}")
        OutboxMail.objects.all().delete()
        drafts.hold_change(item=visit.first, by=cast.organiser, at=timezone.now(), location=place)
        with django_assert_max_num_queries(62):
            publish(cast, visit)


def test_a_draft_program_and_a_change_of_nothing_tell_nobody(cast: Cast, visit: Visit, api: Any) -> None:
    assert api(cast.organiser).patch(f"/api/v1/itinerary-items/{visit.second.pk}/", {"location": ""}, format="json").status_code == 200
    program = make_program(cast, status="draft")
    item = make_item(program, NINE)
    assert api(cast.organiser).patch(f"/api/v1/itinerary-items/{item.pk}/", {"location": "东门"}, format="json").status_code == 200
    assert (told(), written(), program.itinerary_versions.count()) == (set(), [], 0)
