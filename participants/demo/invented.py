"""Invented people: plausible names, synthetic ID numbers with valid check digits, unassigned phone numbers."""

import random
from datetime import date, timedelta
from typing import Any

from participants.rosters.sheet.identity import check_digit

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
GIVEN = "云书清若景知舟岚行秋遥念安听雨望溪如玉之衡远山青鹤年明砚言初晴川泽宁朗怀瑾思源文博雅静子涵嘉禾一诺楚生晓彤梓萱"
SUBJECTS = ("语文", "数学", "英语", "物理", "化学", "生物学", "历史", "地理", "思想政治", "音乐", "美术", "体育与健康")
POSITIONS = ("教师", "教师", "教师", "备课组长", "教研组长", "年级组长", "教务处主任", "副校长")
TITLES = ("二级教师", "一级教师", "高级教师")
DIVISIONS = ("120113", "110115", "131002", "131003", "131081")
EARLIEST = date(1965, 1, 1)


def invent_id(birth: date, is_male: bool, chance: random.Random) -> str:
    """An ID number with an order number of 900–999, which area offices do not reach."""
    sequence = 900 + chance.randrange(0, 100, 2) + (1 if is_male else 0)
    first17 = f"{chance.choice(DIVISIONS)}{birth:%Y%m%d}{sequence}"
    return first17 + check_digit(first17)


def invent_person(chance: random.Random) -> dict[str, Any]:
    """Fields of a Person."""
    birth = EARLIEST + timedelta(days=chance.randrange(12_000))
    is_male = chance.random() < 0.5
    return {
        "name": chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, chance.choice((1, 2, 2, 2)))),
        "gender": "male" if is_male else "female",
        "ethnicity": "汉族",
        "birth_on": birth,
        "national_id": invent_id(birth, is_male, chance),
        "phone": f"154{chance.randrange(10**8):08d}",
        "position": chance.choice(POSITIONS),
        "professional_title": chance.choice(TITLES),
        "subject": chance.choice(SUBJECTS),
    }
