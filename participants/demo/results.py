"""Results of the exhibition: prizes, exhibited works, a painting by a team, schools and teachers, each with its paper in one of the four designs."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from events.programs.models import Program
from participants.certificates import award_batches, awards, batches, papers
from participants.demo.organisations import drop_letters, organisation, user
from participants.demo.season import SCHOOL_A, SCHOOL_B, SCHOOL_C
from participants.rosters.models import Registration

LANGFANG = "廊坊市龙河湾高级中学"

TEACHERS = "教师组"
# Kinds of paper in another design than the usual one, so that all four are to be seen; with other words where those need it.
DESIGNS: dict[str, dict[str, str]] = {
    "instructor": {"design": "completion"},
    "performance": {"design": "hours", "main_zh": "兹证明{单位}{姓名}[演出的《{作品}》]在{活动}开幕式上成功展演。[指导教师：{指导教师}。]"},
}


@dataclass(frozen=True)
class Result:
    """A result to enter. A person without a name is the next one of the unit on the roster."""

    kind: str
    unit: str
    work: str = ""
    prize: str = ""
    category: str = ""
    name: str = ""
    holder: str = "person"
    instructors: tuple[str, ...] = ()
    members_statement: str = "of_age"  # kept where somebody named is on no roster


RESULTS = (
    Result("award", SCHOOL_A, "潮白河的早晨", "一等奖", TEACHERS),
    Result("award", SCHOOL_B, "岳阳楼记", "二等奖", TEACHERS),
    Result("award", SCHOOL_C, "燕赵风骨", "三等奖", TEACHERS),
    Result("award", SCHOOL_A, "津门夜雨", "一等奖", "高中组", "阎小满", instructors=("沈知夏",)),
    Result("award", SCHOOL_C, "观沧海", "二等奖", "高中组", "端木清和", instructors=("方砚秋",)),
    Result("award", SCHOOL_B, "北辰湿地", "三等奖", "初中组", "古丽米热·艾尔肯", members_statement="on_paper"),
    Result("work", SCHOOL_B, "运河人家"),
    Result("work", SCHOOL_A, "千字文节录", category="高中组", name="陆听松"),
    Result("work", LANGFANG, "白洋淀", category="高中组", name="钟离若水"),
    Result("organiser", SCHOOL_A, name=SCHOOL_A, holder="organisation"),
    Result("organiser", SCHOOL_C, name=SCHOOL_C, holder="organisation"),
    Result("instructor", SCHOOL_A, "津门夜雨", name="沈知夏"),
    Result("instructor", SCHOOL_C, "观沧海", name="方砚秋"),
    Result("performance", SCHOOL_A, "流水", name="辰光古琴社", holder="team", instructors=("沈知夏",)),
)
TEAM = Result("award", SCHOOL_A, "运河长卷", "特等奖", "集体创作", "“运河长卷”创作组", "team")
ON_NO_ROSTER = ["梅若雪", "苗一诺"]


@transaction.atomic
def build_results(program: Program, now: datetime) -> None:
    """Enter the results and take their numbers; the batch's job prints the papers. A program that has results is left as it is."""
    if program.awards.exists():
        return
    by = user("organiser")
    for kind, changed in DESIGNS.items():
        papers.save(program=program, kind=kind, for_office=False, by=by, **papers.current_values(program, kind) | changed)
    roster = {name: list(confirmed(program, name)) for name in (SCHOOL_A, SCHOOL_B, SCHOOL_C)}
    painters = [row for rows in roster.values() for row in rows[1:]]
    for result in RESULTS:
        enter(program, result, by, registration=roster[result.unit].pop(0) if not result.name else None)
    enter(program, TEAM, by, roster_members=painters, members=ON_NO_ROSTER)
    issue(program, by, now)


def confirmed(program: Program, unit: str) -> Any:
    return program.registrations.confirmed().filter(organisation__name_zh=unit).select_related("person").order_by("position")


def enter(program: Program, result: Result, by: Any, *, registration: Registration | None = None, **more: Any) -> None:
    values = asdict(result) | {"organisation": organisation(result.unit), "instructors": list(result.instructors)}
    del values["unit"]
    if registration is not None:
        values |= {"registration": registration, "name": registration.person.name}
    awards.add(program=program, by=by, **values, **more)


def issue(program: Program, by: Any, now: datetime) -> None:
    batch = award_batches.create_batch(program=program, by=by, now=now)
    for item in batches.left_items(batch):
        batches.enter_item(item, by=by, now=now)
    drop_letters()
