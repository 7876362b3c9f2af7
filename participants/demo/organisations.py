"""The offices, schools and personas of the demo. Bureaus are real offices; schools and people are fictional."""

from dataclasses import dataclass

from django.db import transaction

from exchange.encryption import derive_token
from participants.directory import rules as directory
from participants.directory.models import Membership, Organisation, User
from participants.notices.models import MailState, NoticeKind, OutboxMail
from participants.notices.rules import choose_mail

# (level, name, parent, division, further fields)
COMMISSIONS = [
    ("北京市教育委员会", "110000", {"name_en": "Beijing Municipal Education Commission", "short_name": "北京市教委", "number_prefix": "京教交证"}),
    ("天津市教育委员会", "120000", {"name_en": "Tianjin Municipal Education Commission", "short_name": "天津市教委", "number_prefix": "津教交证"}),
    ("河北省教育厅", "130000", {"name_en": "Hebei Provincial Department of Education", "short_name": "河北省教育厅", "number_prefix": "冀教交证"}),
]
BUREAUS = [
    (
        "天津市北辰区教育局",
        "天津市教育委员会",
        "120113",
        {"name_en": "Beichen District Education Bureau, Tianjin", "short_name": "北辰区教育局", "number_prefix": "津北教交证"},
    ),
    (
        "北京市大兴区教育委员会",
        "北京市教育委员会",
        "110115",
        {"name_en": "Daxing District Education Commission, Beijing", "short_name": "大兴区教委", "number_prefix": "京兴教交证"},
    ),
    ("廊坊市教育局", "河北省教育厅", "131000", {"name_en": "Langfang Education Bureau, Hebei", "short_name": "廊坊市教育局", "number_prefix": "冀廊教交证"}),
    (
        "秦皇岛市教育局",
        "河北省教育厅",
        "130300",
        {"name_en": "Qinhuangdao Education Bureau, Hebei", "short_name": "秦皇岛市教育局", "number_prefix": "冀秦教交证"},
    ),
]
SCHOOLS = [
    ("天津市北辰区辰光高级中学", "Chenguang High School, Beichen", "天津市北辰区教育局", "120113", ["辰光高中", "辰光中学"]),
    ("天津市北辰区运河湾中学", "Canal Bend School, Beichen", "天津市北辰区教育局", "120113", []),
    ("天津市北辰区双河第一高级中学", "Shuanghe No. 1 High School, Beichen", "天津市北辰区教育局", "120113", ["双河一中"]),
    ("天津市北辰区大张河中学", "Dazhanghe School, Beichen", "天津市北辰区教育局", "120113", []),
    ("天津市北辰区瑞景湾实验中学", "Ruijing Bay Experimental School, Beichen", "天津市北辰区教育局", "120113", []),
    ("天津市北辰区丁字沽畔中学", "Dingzigu School, Beichen", "天津市北辰区教育局", "120113", []),
    ("北京市大兴区永定湾中学", "Yongding Bay School, Daxing", "北京市大兴区教育委员会", "110115", []),
    ("北京市大兴区京南星河高级中学", "Jingnan Xinghe High School, Daxing", "北京市大兴区教育委员会", "110115", ["京南星河中学"]),
    ("北京市大兴区凤河源实验学校", "Fenghe Experimental School, Daxing", "北京市大兴区教育委员会", "110115", []),
    ("北京市大兴区瀛海青云中学", "Yinghai Qingyun School, Daxing", "北京市大兴区教育委员会", "110115", []),
    ("廊坊市龙河湾高级中学", "Longhe Bay High School, Langfang", "廊坊市教育局", "131002", []),
    ("廊坊市广阳区银杏里中学", "Ginkgo Lane School, Guangyang, Langfang", "廊坊市教育局", "131003", []),
    ("三河市潮白湾高级中学", "Chaobai Bay High School, Sanhe", "廊坊市教育局", "131082", []),
    ("固安县孔雀湖中学", "Peacock Lake School, Gu'an", "廊坊市教育局", "131022", []),
    ("霸州市益津湾高级中学", "Yijin Bay High School, Bazhou", "廊坊市教育局", "131081", []),
    ("秦皇岛市海港湾中学", "Harbour Bay School, Qinhuangdao", "秦皇岛市教育局", "130302", []),
]
HOSTS = [
    ("无锡市太湖云帆中学", "Taihu Yunfan High School, Wuxi"),
    ("无锡市梁溪湾中学", "Liangxi Bay High School, Wuxi"),
    ("无锡市惠山北塘高级中学", "Huishan Beitang High School, Wuxi"),
    ("无锡市蠡园第一中学", "Liyuan No. 1 High School, Wuxi"),
]
UNIVERSITY = ("津沽师范大学（虚构）", "Jingu Normal University (fictional)")


@dataclass(frozen=True)
class Persona:
    """One demo login. `organisation` is empty for the platform administrator."""

    login: str
    name: str
    role: str
    organisation: str


PERSONAS = [
    Persona("admin", "平台管理员", "administrator", ""),
    Persona("organiser", "陆知行", "officer", "天津市教育委员会"),
    Persona("organiser_other", "顾明远", "officer", "北京市教育委员会"),
    Persona("district_beichen", "程以安", "officer", "天津市北辰区教育局"),
    Persona("district_daxing", "莫听雨", "officer", "北京市大兴区教育委员会"),
    Persona("district_langfang", "苏念安", "officer", "廊坊市教育局"),
    Persona("viewer", "温如玉", "viewer", "天津市教育委员会"),
    Persona("coordinator_a", "江岚", "coordinator", "天津市北辰区辰光高级中学"),
    Persona("coordinator_b", "叶知秋", "coordinator", "天津市北辰区运河湾中学"),
    Persona("coordinator_c", "柳岸青", "coordinator", "北京市大兴区永定湾中学"),
    Persona("outsider", "越千山", "officer", "秦皇岛市教育局"),
]


def organisation(name: str) -> Organisation:
    return Organisation.objects.get(name_zh=name)


def user(login: str) -> User:
    return User.objects.get(username=login)


def drop_letters() -> None:
    """Take back letters to the invented people: .example belongs to nobody (RFC 2606)."""
    OutboxMail.objects.filter(recipient__endswith=".example", state=MailState.QUEUED).delete()


def password_of(login: str) -> str:
    """The demo password of a login: derived from this installation's keys, so that no two sites share one."""
    return f"{derive_token('demo-password', login)[:12]}-Jjj"


@transaction.atomic
def build_organisations() -> None:
    """Make what is missing of offices, schools and hosts."""
    for name, division, fields in COMMISSIONS:
        _ensure("commission", name, "", division, fields)
    for name, parent, division, fields in BUREAUS:
        _ensure("bureau", name, parent, division, fields)
    for name, english, parent, division, aliases in SCHOOLS:
        _ensure("school", name, parent, division, {"stage": "senior", "name_en": english, "aliases": aliases})
    for name, english in HOSTS:
        _ensure("partner", name, "", "320200", {"stage": "senior", "name_en": english})
    _ensure("partner", UNIVERSITY[0], "", "120000", {"stage": "university", "name_en": UNIVERSITY[1]})


def _ensure(level: str, name: str, parent: str, division: str, fields: dict[str, object]) -> None:
    if not Organisation.objects.filter(name_zh=name).exists():
        above = organisation(parent) if parent else None
        directory.create_organisation(by=None, level=level, name_zh=name, parent=above, division_id=division, **fields)  # type: ignore[arg-type]


@transaction.atomic
def build_personas() -> None:
    """Make the demo logins; an existing one keeps what it has."""
    for persona in PERSONAS:
        if User.objects.filter(username=persona.login).exists():
            continue
        made = User.objects.create_user(
            persona.login,
            password_of(persona.login),
            display_name=persona.name,
            email=f"{persona.login.replace('_', '.')}@demo.example",
            is_superuser=persona.role == "administrator",
        )
        choose_mail(user=made, muted=NoticeKind.values, daily=False)  # the demo tells them in their inbox
        if persona.organisation:
            Membership.objects.create(user=made, organisation=organisation(persona.organisation), role=persona.role)
