"""The fixed cast of the tests, and small factories that hide nothing important.

Organisations: three commissions, four bureaus (one an outsider) and their schools. People: see `Cast`.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.itineraries.models import Group, ItineraryItem, Venue
from events.programs import rules as programs
from events.programs.models import Program
from participants.directory import rules as directory
from participants.directory.models import Membership, Organisation, User
from participants.people import rules as people
from participants.people.models import Person
from participants.rosters import rules as rosters
from participants.rosters.models import Delegation, Registration
from participants.rosters.sheet.identity import check_digit

SHANGHAI = ZoneInfo("Asia/Shanghai")
PASSWORD = "Beichen-2026-demo"
_numbers = itertools.count(1)


@dataclass
class Cast:
    """`organiser` is an officer of the Tianjin commission, which organises; bureaus send; schools sign up; the outsider has no part in it."""

    tianjin: Organisation
    beijing: Organisation
    hebei: Organisation
    beichen: Organisation
    daxing: Organisation
    langfang: Organisation
    outside: Organisation
    school_a: Organisation
    school_b: Organisation
    school_c: Organisation
    school_langfang: Organisation
    school_outside: Organisation
    host: Organisation
    admin: User
    organiser: User
    organiser_other: User
    district_beichen: User
    district_daxing: User
    district_langfang: User
    viewer: User
    coordinator_a: User
    coordinator_b: User
    coordinator_c: User
    outsider: User

    def users(self) -> dict[str, User]:
        return {name: value for name, value in vars(self).items() if isinstance(value, User)}


def make_organisation(level: str, name: str, parent: Organisation | None = None, division: str | None = None, **fields: Any) -> Organisation:
    return directory.create_organisation(by=None, level=level, name_zh=name, parent=parent, division_id=division, **fields)


def make_user(username: str, name: str, organisation: Organisation | None = None, role: str = "officer", **fields: Any) -> User:
    user = User.objects.create_user(username, PASSWORD, display_name=name, **fields)
    if organisation is not None:
        Membership.objects.create(user=user, organisation=organisation, role=role)
    return user


def make_cast() -> Cast:
    directory.load_divisions()
    org = make_organisation
    tianjin = org("commission", "天津市教育委员会", division="120000", name_en="Tianjin Municipal Education Commission", short_name="天津市教委")
    beijing = org("commission", "北京市教育委员会", division="110000", name_en="Beijing Municipal Education Commission", short_name="北京市教委")
    hebei = org("commission", "河北省教育厅", division="130000", name_en="Hebei Provincial Department of Education")
    beichen = org(
        "bureau", "天津市北辰区教育局", tianjin, "120113", name_en="Beichen District Education Bureau", short_name="北辰区教育局", number_prefix="津北教交证"
    )
    daxing = org("bureau", "北京市大兴区教育委员会", beijing, "110115", name_en="Daxing District Education Commission", short_name="大兴区教委")
    langfang = org("bureau", "廊坊市教育局", hebei, "131000", name_en="Langfang Education Bureau")
    outside = org("bureau", "秦皇岛市教育局", hebei, "130300", name_en="Qinhuangdao Education Bureau")
    school_a = org("school", "天津市北辰区辰光高级中学", beichen, "120113", stage="senior", aliases=["辰光中学"])
    school_b = org("school", "天津市北辰区运河湾中学", beichen, "120113", stage="senior")
    school_c = org("school", "北京市大兴区永定湾中学", daxing, "110115", stage="senior")
    school_langfang = org("school", "廊坊市龙河湾高级中学", langfang, "131000", stage="senior")
    school_outside = org("school", "秦皇岛市海港湾中学", outside, "130300", stage="senior")
    host = org("partner", "无锡市太湖云帆中学", None, "320200", stage="senior", name_en="Taihu Yunfan High School, Wuxi")
    return Cast(
        tianjin=tianjin,
        beijing=beijing,
        hebei=hebei,
        beichen=beichen,
        daxing=daxing,
        langfang=langfang,
        outside=outside,
        school_a=school_a,
        school_b=school_b,
        school_c=school_c,
        school_langfang=school_langfang,
        school_outside=school_outside,
        host=host,
        admin=make_user("admin", "平台管理员", is_superuser=True),
        organiser=make_user("organiser", "陈望舟", tianjin),
        organiser_other=make_user("organiser_other", "高鹤年", beijing),
        district_beichen=make_user("district_beichen", "林知遥", beichen),
        district_daxing=make_user("district_daxing", "韩江雪", daxing),
        district_langfang=make_user("district_langfang", "乌日娜", langfang),
        viewer=make_user("viewer", "观察员", tianjin, "viewer"),
        coordinator_a=make_user("coordinator_a", "孙㛃", school_a, "coordinator"),
        coordinator_b=make_user("coordinator_b", "周砚秋", school_b, "coordinator"),
        coordinator_c=make_user("coordinator_c", "石磊", school_c, "coordinator"),
        outsider=make_user("outsider", "外区人员", outside),
    )


def at(text: str) -> datetime:
    """A moment in Beijing time: at("2026-12-14 09:00")."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


def make_program(cast: Cast, *, status: str = "published", starts_in: int = 20, days: int = 5, **fields: Any) -> Program:
    """A study visit of the Tianjin commission, open for registration now, unless said otherwise."""
    now = timezone.now()
    first = fields.pop("starts_on", timezone.localdate(now) + timedelta(days=starts_in))
    defaults: dict[str, Any] = {
        "kind": "study_visit",
        "title_zh": f"京津冀普通高中干部教师赴无锡学访{next(_numbers)}",
        "title_en": "Study visit to Wuxi",
        "organiser": cast.tianjin,
        "issuer": cast.beichen,
        "host_division_id": "320200",
        "place_zh": "江苏省无锡市",
        "starts_on": first,
        "ends_on": first + timedelta(days=days - 1),
        "registration_opens_at": now - timedelta(days=10),
        "registration_closes_at": now + timedelta(days=10),
    }
    program = programs.create_program(by=cast.organiser, **(defaults | fields))
    if status in ("published", "completed", "cancelled"):
        program = programs.publish(program=program, by=cast.organiser, at=now)
    if status == "completed":
        Program.objects.filter(pk=program.pk).update(status="completed")
    elif status == "cancelled":
        program = programs.cancel(program=program, by=cast.organiser, at=now, reason="台风")
    return Program.objects.get(pk=program.pk)


def make_delegation(cast: Cast, program: Program, organisation: Organisation, quota: int = 30) -> Delegation:
    return rosters.set_delegation(program=program, organisation=organisation, quota=quota, by=cast.organiser)


def fictional_id(birth: date, sequence: int, division: str = "120113") -> str:
    """A citizen ID number with a valid check digit; sequences 900–999 are used for invented people."""
    first17 = f"{division}{birth:%Y%m%d}{sequence:03d}"
    return first17 + check_digit(first17)


def make_person(cast: Cast, organisation: Organisation, name: str = "", **fields: Any) -> Person:
    number = next(_numbers)
    birth = date(1970 + number % 30, 1 + number % 12, 1 + number % 28)
    defaults: dict[str, Any] = {
        "name": name or f"测试{'甲乙丙丁戊己庚辛壬癸'[number % 10]}",
        "gender": "male",
        "ethnicity": "汉族",
        "birth_on": birth,
        "national_id": fictional_id(birth, 900 + number % 99),
        "phone": f"154{number:08d}",
        "position": "教师",
        "subject": "数学",
    }
    return people.create_person(by=cast.admin, organisation=organisation, **(defaults | fields))


STEPS: dict[str, list[str]] = {
    "draft": [],
    "submitted": ["submit"],
    "endorsed": ["submit", "endorse"],
    "confirmed": ["submit", "endorse", "confirm"],
    "returned": ["submit", "send_back"],
    "declined": ["submit", "decline"],
    "withdrawn": ["submit", "withdraw"],
}


def make_registration(cast: Cast, program: Program, person: Person, status: str = "draft", **fields: Any) -> Registration:
    """A registration that went the whole way to `status` through the rules (the unit's bureau needs a delegation)."""
    now = timezone.now()
    registration = rosters.create_registration(program=program, person=person, by=cast.organiser, now=now, **fields)
    for step in STEPS[status]:
        reason = {"reason": "身份证号有误"} if step in ("send_back", "decline") else {}
        registration = getattr(rosters, step)(registration=registration, by=cast.organiser, now=now, **reason)
    return registration


def make_venue(cast: Cast, name: str = "太湖云帆中学", **fields: Any) -> Venue:
    return Venue.objects.create(owner=cast.tianjin, name_zh=name, address_zh="江苏省无锡市滨湖区云帆路1号", division_id="320200", **fields)


def make_group(program: Program, number: int = 1) -> Group:
    return Group.objects.create(program=program, number=number, name=f"第{number}组", coach=f"{1 + number % 2}号车")


def make_item(
    program: Program, starts_at: datetime, minutes: int = 90, title: str = "校园管理观摩", groups: list[Group] | None = None, **fields: Any
) -> ItineraryItem:
    item = ItineraryItem.objects.create(program=program, title_zh=title, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes), **fields)
    item.groups.set(groups or [])
    return item


def same_queries(visit: Callable[[], Any], add_rows: Callable[[], Any]) -> None:
    """Assert that `visit()` needs the same number of queries before and after `add_rows()` (call with one row present)."""
    visit()  # warms caches of content types and sites
    with CaptureQueriesContext(
        connection,
    ) as before:
        visit()
    add_rows()
    with CaptureQueriesContext(connection) as after:
        visit()
    assert len(after) == len(before), "\n".join(query["sql"][:200] for query in after.captured_queries)


def build_sample() -> Cast:
    """Data to look at while developing: three programs, people in every status, an itinerary of five days."""
    cast = make_cast()
    program = make_program(cast, title_zh="京津冀普通高中干部教师赴无锡学访（冬季）", summary_zh="三地68位高中干部教师，用五天时间走进无锡四所学校。")
    for organisation, quota in ((cast.beichen, 30), (cast.daxing, 20), (cast.langfang, 18)):
        make_delegation(cast, program, organisation, quota)
    beichen = program.delegations.get(organisation=cast.beichen)
    for school in (cast.school_a, cast.school_b):
        rosters.set_allocation(delegation=beichen, organisation=school, quota=12, by=cast.district_beichen)
    groups = [make_group(program, number) for number in (1, 2)]
    names = "陈望舟 王䶮 林知遥 周𬍛 赵景衡 欧阳若川 阿依古丽·买买提 郑佩文 何书钰 曹砺锋 田稼轩 吴清和 石磊垚 丁未晞 买尔丹江·吐尔逊 孔令铉".split()
    schools = itertools.cycle([cast.school_a, cast.school_a, cast.school_b, cast.school_c, cast.school_langfang])
    for index, (name, status) in enumerate(zip(names, itertools.cycle(STEPS), strict=False)):
        person = make_person(cast, next(schools), name)
        make_registration(cast, program, person, status, position=index + 1, role="学员", group=groups[index % 2])
    venue = make_venue(cast, latitude="31.491200", longitude="120.311900", contact_name="沈老师", contact_phone="0510-00000000")
    plan = [
        ("08:00", 30, "乘车", "travel"),
        ("09:00", 150, "校园管理观摩", "visit"),
        ("12:00", 60, "午餐", "meal"),
        ("14:00", 150, "德育工作座谈", "discussion"),
    ]
    for day in range(5):
        date_text = f"{program.starts_on + timedelta(days=day):%Y-%m-%d}"
        for clock, minutes, title, kind in plan:
            make_item(
                program, at(f"{date_text} {clock}"), minutes, title, venue=venue, item_type=kind, credit_hours=4 if kind in ("visit", "discussion") else 0
            )
        for index, group in enumerate(groups):
            make_item(program, at(f"{date_text} 19:00"), 90, f"读书分享{index + 1}", [group], item_type="discussion", credit_hours=2)
    make_program(cast, status="draft", starts_in=60, kind="choir", title_zh="三地中小学合唱展示", title_en="Choir showcase")
    over = make_program(cast, starts_in=-20, kind="exhibition", title_zh="“运河同源”三地书画展", title_en="Calligraphy and painting exhibition")
    make_delegation(cast, over, cast.beichen, 15)
    for name in ("马晓岚", "刘砚秋", "张云起"):
        make_registration(cast, over, make_person(cast, cast.school_a, name), "confirmed")
    make_item(over, at(f"{over.starts_on:%Y-%m-%d} 09:00"), 120, "开幕式", item_type="ceremony", credit_hours=2)
    outside = make_program(cast, organiser=cast.outside, issuer=cast.outside, title_zh="秦皇岛海洋科技比赛", kind="competition", visibility="invited")
    make_delegation(cast, outside, cast.outside, 10)
    make_registration(cast, outside, make_person(cast, cast.school_outside, "金丝雀"), "confirmed")
    return cast
