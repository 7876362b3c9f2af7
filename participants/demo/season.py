"""The season around the Wuxi visit: one program of each kind, open, full, running or finished, and an outsider's program."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from events.itineraries import rules as itineraries
from events.itineraries.series.rules import plan_series
from events.programs import rules as programs
from events.programs.models import Program, Series
from participants.attendance import rules as attendance
from participants.attendance.models import AttendanceState
from participants.demo.invented import invent_person
from participants.demo.organisations import UNIVERSITY, drop_letters, organisation, user
from participants.demo.wuxi import moment
from participants.people import rules as people
from participants.rosters import rules as rosters
from participants.rosters.models import Registration

SEASON = "2023年京津冀(北辰)艺体交流季"
BUREAUS = ("天津市北辰区教育局", "北京市大兴区教育委员会", "廊坊市教育局")
SCHOOL_A, SCHOOL_B, SCHOOL_C = "天津市北辰区辰光高级中学", "天津市北辰区运河湾中学", "北京市大兴区永定湾中学"


@dataclass(frozen=True)
class Plan:
    """One program of the season. Days count from today; `people` maps a unit to the statuses that its people reach."""

    key: str
    kind: str
    title_zh: str
    title_en: str
    summary_zh: str
    summary_en: str
    starts_in: int
    days: int
    closes_in: int  # days until registration closes
    organiser: str = "天津市教育委员会"
    issuer: str = "天津市北辰区教育局"
    place: tuple[str, str, str] = ("天津市北辰区", "Beichen, Tianjin", "120113")
    visibility: str = "public"
    status: str = "published"
    quotas: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BUREAUS, 20))
    allocations: dict[str, int] = field(default_factory=dict)
    people: dict[str, tuple[str, ...]] = field(default_factory=dict)
    items: tuple[tuple[int, str, str, str, str, str], ...] = ()  # day, begin, end, type, Chinese title, English title
    lessons: tuple[str, str, tuple[str, ...]] | None = None  # every Wednesday: Chinese and English title, hosts in turn
    details: dict[str, Any] = field(default_factory=dict)


CONFIRMED3, ENDORSED2, SUBMITTED2, DRAFT2 = ("confirmed",) * 3, ("endorsed",) * 2, ("submitted",) * 2, ("draft",) * 2
PLANS = [
    Plan(
        "open",
        "study_visit",
        "京津冀普通高中干部教师赴苏州学访",
        "Study visit to Suzhou for senior-school leaders and teachers",
        "走进苏州三所学校，看综合实践课程怎样落地。三地各80个名额，由区教育局分到学校。",
        "Three schools in Suzhou and their project courses. 80 places for each of the three districts.",
        24,
        4,
        12,
        place=("江苏省苏州市", "Suzhou, Jiangsu", "320500"),
        quotas=dict.fromkeys(BUREAUS, 80),
        allocations={SCHOOL_A: 25, SCHOOL_B: 15, SCHOOL_C: 20},
        people={SCHOOL_A: (*DRAFT2, "returned", "submitted", "endorsed", "confirmed"), SCHOOL_B: SUBMITTED2, SCHOOL_C: ("submitted", *ENDORSED2)},
        items=((0, "15:00", "16:30", "ceremony", "开班仪式", "Opening"), (1, "09:00", "11:30", "visit", "综合实践课程观摩", "Project lessons")),
        details={"theme_zh": "综合实践课程", "theme_en": "Project courses", "coaches": 4},
    ),
    Plan(
        "full",
        "choir",
        "京津冀中小学合唱展示",
        "Choir showcase of schools from Beijing, Tianjin and Hebei",
        "三地九支合唱团同台，每团不超过八分钟。",
        "Nine choirs from three places on one stage, at most eight minutes each.",
        18,
        1,
        8,
        quotas=dict.fromkeys(BUREAUS, 4),
        people={
            SCHOOL_A: ("confirmed", "confirmed", "endorsed", "submitted", "waitlisted", "waitlisted"),
            SCHOOL_C: ("confirmed", *ENDORSED2, "submitted", "waitlisted"),
            "廊坊市龙河湾高级中学": (*CONFIRMED3, "endorsed", "waitlisted"),
        },
        items=((0, "09:00", "11:00", "rehearsal", "走台", "Stage rehearsal"), (0, "14:00", "16:30", "performance", "合唱展示", "Showcase")),
        details={"minutes_per_choir": 8, "singers_at_most": 60, "accompaniment": "钢琴一台"},
    ),
    Plan(
        "running",
        "online_series",
        "京津冀线上教学常态化交流（秋季学期）",
        "Weekly online lessons, autumn term",
        "每周三下午，三地学校轮流上一节公开课，课后半小时教研。",
        "Every Wednesday afternoon one school gives an open lesson, followed by half an hour of discussion.",
        -35,
        84,
        -40,
        place=("线上", "Online", "120000"),
        people={SCHOOL_A: CONFIRMED3, SCHOOL_B: ("confirmed",), SCHOOL_C: CONFIRMED3},
        lessons=("公开课", "Open lesson", (SCHOOL_A, SCHOOL_B, SCHOOL_C)),
        details={"platform": "区域智慧教育平台", "weekday": 3, "lessons": 12, "grades": "高一、高二"},
    ),
    Plan(
        "finished",
        "exhibition",
        "“运河同源”三地书画展",
        "“One canal”: calligraphy and painting from three places",
        "三地师生书画作品一百二十件，在北辰区文化馆展出。",
        "120 works by pupils and teachers, shown at the Beichen cultural centre.",
        -30,
        10,
        -40,
        status="completed",
        people={SCHOOL_A: CONFIRMED3, SCHOOL_B: CONFIRMED3, SCHOOL_C: ("confirmed", "confirmed")},
        items=((0, "09:30", "11:00", "ceremony", "开幕式", "Opening"), (9, "14:00", "15:30", "discussion", "作品研讨", "Discussion of the works")),
        details={"works_per_unit": 8, "categories": "国画、书法、篆刻、水彩", "open_hours": "每天9:00—17:00，周一闭馆", "largest_size_cm": "180×97"},
    ),
    Plan(
        "competition",
        "competition",
        "京津冀青少年科技创新比赛",
        "Youth science and technology competition",
        "智能控制、工程结构、环境监测三个项目，现场完成并答辩。",
        "Three events (control, structures, environmental monitoring), built and defended on site.",
        40,
        2,
        25,
        organiser="北京市教育委员会",
        issuer="北京市大兴区教育委员会",
        place=("北京市大兴区", "Daxing, Beijing", "110115"),
        people={SCHOOL_A: ("confirmed", "submitted"), SCHOOL_C: (*CONFIRMED3, "draft")},
        items=((0, "09:00", "12:00", "match", "现场搭建", "Building"), (1, "09:00", "11:30", "discussion", "答辩", "Defence")),
        details={
            "subjects": "智能控制、工程结构、环境监测",
            "team_size": 3,
            "rules_zh": "每队三人，现场抽题。",
            "rules_en": "Teams of three; tasks are drawn on site.",
        },
    ),
    Plan(
        "sports",
        "sports",
        "京津冀民族传统体育邀请赛",
        "Ethnic traditional sports meet",
        "珍珠球、毽球、板鞋竞速三个大项，以校为队。",
        "Pearl ball, shuttlecock and board-shoe racing; schools compete as teams.",
        0,
        2,
        -5,
        organiser="北京市教育委员会",
        issuer="北京市大兴区教育委员会",
        place=("北京市大兴区体育中心", "Daxing sports centre, Beijing", "110115"),
        people={SCHOOL_B: CONFIRMED3, SCHOOL_C: CONFIRMED3, "廊坊市广阳区银杏里中学": CONFIRMED3},
        items=(
            (0, "08:30", "09:00", "ceremony", "开幕式", "Opening"),
            (0, "09:30", "17:00", "match", "预赛", "Heats"),
            (1, "09:00", "12:00", "match", "决赛", "Finals"),
        ),
    ),
    Plan(
        "joint_course",
        "joint_course",
        "大中小思政一体化联合课程",
        "Civics from primary school to university: a joint course",
        "与津沽师范大学共建，十二次课程与教学实践。",
        "Twelve sessions and teaching practice, built with a university.",
        75,
        60,
        60,
        status="draft",
        items=((0, "09:00", "11:30", "lecture", "开班与导学", "Opening and introduction"),),
        details={"sessions": 12, "syllabus_zh": "从身边的运河讲起，十二次课。", "syllabus_en": "Twelve sessions that begin with the canal next door."},
    ),
    Plan(
        "outsider_program",
        "competition",
        "秦皇岛海洋科技比赛",
        "Qinhuangdao marine science competition",
        "秦皇岛市自办的校际比赛，仅受邀单位可见。",
        "A competition between the schools of Qinhuangdao, for invited units only.",
        30,
        1,
        20,
        organiser="秦皇岛市教育局",
        issuer="秦皇岛市教育局",
        place=("河北省秦皇岛市", "Qinhuangdao, Hebei", "130300"),
        visibility="invited",
        quotas={"秦皇岛市教育局": 12},
        people={"秦皇岛市海港湾中学": (*CONFIRMED3, "submitted")},
        items=((0, "09:00", "16:00", "match", "现场比赛", "Contest"),),
    ),
]
STEPS: dict[str, tuple[str, ...]] = {
    "draft": (),
    "submitted": ("submit",),
    "endorsed": ("submit", "endorse"),
    "confirmed": ("submit", "endorse", "confirm"),
    "returned": ("submit", "send_back"),
    "waitlisted": ("submit",),
}


def build_season() -> Series:
    """The season itself; an existing one is left as it is."""
    found = Series.objects.filter(name_zh=SEASON).first()
    return found or Series.objects.create(
        name_zh=SEASON, name_en="2023 Jing-Jin-Ji arts and sports season (Beichen)", year=2023, organiser=organisation("天津市教育委员会")
    )


def build_programs(series: Series, now: datetime, chance: random.Random) -> dict[str, Program]:
    """The programs of PLANS by key; existing ones are left as they are."""
    return {plan.key: build_program(plan, series, now, chance) for plan in PLANS}


@transaction.atomic
def build_program(plan: Plan, series: Series, now: datetime, chance: random.Random) -> Program:
    found = Program.objects.filter(title_zh=plan.title_zh, organiser__name_zh=plan.organiser).first()
    if found is not None:
        return found
    by = officer_of(plan)
    program = create(plan, series, now, by)
    add_items(plan, program, by, now)
    for name, quota in plan.quotas.items():
        rosters.set_delegation(program=program, organisation=organisation(name), quota=quota, by=by)
    for name, quota in plan.allocations.items():
        unit = organisation(name)
        rosters.set_allocation(delegation=program.delegations.get(organisation=unit.parent), organisation=unit, quota=quota, by=by)
    if plan.status == "draft":
        return program
    opened = min(now, program.registration_closes_at - timedelta(days=1))  # type: ignore[operator]
    program = programs.publish(program=program, by=by, at=opened)
    for name, statuses in plan.people.items():
        for position, status in enumerate(statuses):
            add_person(program, name, status, position, opened, chance)
    check_in(program, by, now)
    drop_letters()
    if plan.status == "completed":
        program = programs.complete(program=program, by=by, at=now)
    return program


def check_in(program: Program, by: Any, now: datetime) -> None:
    """Everybody was at what is over, but for the last on the list, who had leave once."""
    confirmed = list(program.registrations.confirmed().order_by("pk"))
    for index, item in enumerate(program.items.filter(ends_at__lte=now)):
        marks = {row.pk: attendance.Mark(AttendanceState.PRESENT) for row in confirmed}
        if index == 1 and confirmed:
            marks[confirmed[-1].pk] = attendance.Mark(AttendanceState.LEAVE, "因公外出")
        attendance.record_many(item=item, marks=marks, by=by, now=item.ends_at)


def officer_of(plan: Plan) -> Any:
    return user({"天津市教育委员会": "organiser", "北京市教育委员会": "organiser_other", "秦皇岛市教育局": "outsider"}[plan.organiser])


def create(plan: Plan, series: Series, now: datetime, by: Any) -> Program:
    first = now.date() + timedelta(days=plan.starts_in)
    if plan.details.get("weekday"):
        first -= timedelta(days=(first.isoweekday() - plan.details["weekday"]) % 7)
    co_organisers = [organisation(name) for name in plan.quotas if name != plan.organiser]
    details = dict(plan.details)
    if "sessions" in details:
        details["university"] = organisation(UNIVERSITY[0])
        co_organisers.append(details["university"])
    return programs.create_program(
        by=by,
        kind=plan.kind,
        title_zh=plan.title_zh,
        title_en=plan.title_en,
        summary_zh=plan.summary_zh,
        summary_en=plan.summary_en,
        series=None if plan.visibility == "invited" else series,
        organiser=organisation(plan.organiser),
        issuer=organisation(plan.issuer),
        co_organisers=co_organisers,
        host_division_id=plan.place[2],
        place_zh=plan.place[0],
        place_en=plan.place[1],
        visibility=plan.visibility,
        starts_on=first,
        ends_on=first + timedelta(days=plan.days - 1),
        registration_opens_at=now - timedelta(days=60),
        registration_closes_at=now + timedelta(days=plan.closes_in),
        contact_name=f"{organisation(plan.organiser).short}活动组",
        contact_phone="022-00000000",
        details=details,
    )


def add_items(plan: Plan, program: Program, by: Any, now: datetime) -> None:
    for day, begins, ends, kind, title_zh, title_en in plan.items:
        on: date = program.starts_on + timedelta(days=day)
        hours = 0 if kind in ("ceremony", "rehearsal") else 2
        itineraries.create_item(
            by=by,
            at=now,
            program=program,
            item_type=kind,
            title_zh=title_zh,
            title_en=title_en,
            starts_at=moment(on, begins),
            ends_at=moment(on, ends),
            location=plan.place[0],
            credit_hours=hours,
        )
    if plan.lessons:
        add_lessons(plan.lessons, program, by, now)


def add_lessons(lessons: tuple[str, str, tuple[str, ...]], program: Program, by: Any, now: datetime) -> None:
    """A lesson on every Wednesday of the program."""
    title_zh, title_en, hosts = lessons
    plan_series(
        program=program,
        by=by,
        at=now,
        hosts=[organisation(name) for name in hosts],
        groups=[],
        title_zh=title_zh,
        title_en=title_en,
        weekdays=[3],
        first=program.starts_on,
        last=program.ends_on,
        starts=time(14),
        minutes=90,
        skip_holidays=False,
        credit_hours=2,
        meeting_url="https://meeting.example.cn/j/beichen-2023",
    )


def add_person(program: Program, unit: str, status: str, position: int, at: datetime, chance: random.Random) -> Registration:
    by = user("admin")
    person = people.create_person(by=by, organisation=organisation(unit), **invent_person(chance))
    registration = rosters.create_registration(program=program, person=person, by=by, now=at, role="学员", position=position + 1)
    for step in STEPS[status]:
        rule: Callable[..., Registration] = getattr(rosters, step)
        more: dict[str, Any] = {"reason": "身份证号与姓名不符，请对照证件核对。"} if step == "send_back" else {}
        more |= {"waitlist": True} if status == "waitlisted" else {}
        registration = rule(registration=registration, by=by, now=at, **more)
    return registration
