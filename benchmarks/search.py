"""Finding a name among many people: the index of grams against a scan, on both databases.

    python benchmarks/search.py [--quick]

Prints one ratio per query, measured in one run on the same rows and for the same answer: time of the scan / time of the search, the best of three
medians of each; CPU time on SQLite, which works in this process, and the clock on PostgreSQL. Where hundreds or thousands are found, reading them costs more than
finding them: those are printed, not judged.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import databases

PEOPLE, QUICK = 100_000, 10_000
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华慧玲建文辉力云鹏飞波斌宇浩凯健俊帆帅旭宁龙林欢梅琳素莲真环雪荣爱妹香月莺媛瑞凡佳嘉琼勤珍贞莉兰凤洁荷晓春菊翠雅芝玉萍红娥芬燕彩思远若川砚秋知遥江望舟"
WORDS = ["䶮晗", "砚秋", "王䶮", "欧阳", "张伟", "wangyan", "ouyang", "zhangwei", "yanqiu"]
MANY_FOUND = ["张", "wang"]
MUST_BE = 20


def fill(number: int) -> None:
    from django.db import connection

    from participants.directory.models import Organisation
    from participants.directory.rules import create_organisation
    from participants.people.models import Person
    from participants.people.names import pinyin_of

    schools = [create_organisation(by=None, level="partner", name_zh=f"第{index}中学", parent=None) for index in range(20)]
    random.seed(3)
    names = [random.choice(SURNAMES) + "".join(random.choices(GIVEN, k=random.choice((1, 2, 2)))) for _index in range(number - 40)]
    names += ["王䶮", "欧阳若川", "李砚秋", "赵䶮晗"] * 10
    rows = []
    for index, name in enumerate(names):
        pinyin, initials = pinyin_of(name)
        rows.append(Person(organisation=schools[index % len(schools)], name=name, pinyin=pinyin, initials=initials))
    for start in range(0, len(rows), 5000):
        Person.objects.bulk_create(rows[start : start + 5000])
    assert Organisation.objects.count() == len(schools)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def spent_ms(call: Callable[[], Any], times: int) -> float:
    """The best of three medians."""
    from django.db import connection

    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter

    def one() -> float:
        begun = clock()
        call()
        return (clock() - begun) * 1000

    return min(statistics.median(one() for _index in range(times)) for _round in range(3))


def measure() -> int:
    from django.db.models import Q

    from participants.people.models import Person
    from participants.people.search import matching

    def scan(word: str) -> list[int]:
        condition = Q(name__icontains=word) | Q(pinyin__icontains=word) | Q(initials__icontains=word)
        return sorted(Person.objects.filter(condition).order_by().values_list("pk", flat=True))

    def search(word: str) -> list[int]:
        return sorted(matching(Person.objects.order_by(), word).values_list("pk", flat=True))

    failed = 0
    for word in WORDS + MANY_FOUND:
        assert scan(word) == search(word), word
        slow, fast = spent_ms(lambda: scan(word), 5), spent_ms(lambda: search(word), 25)  # noqa: B023
        print(f"  {word}: {len(search(word))} found, scan {slow:.1f} ms, search {fast:.2f} ms, ratio {slow / fast:.0f}", flush=True)
        failed += word in WORDS and slow / fast < MUST_BE
    return failed


def main() -> int:
    if not databases.is_child():
        return databases.run_on_both(__file__, sys.argv[1:])
    databases.start_django()
    number = QUICK if "--quick" in sys.argv else PEOPLE
    begun = time.perf_counter()
    fill(number)
    print(f"{databases.label()}: {number} people, filled in {time.perf_counter() - begun:.1f} s", flush=True)
    failed = measure()
    return int(failed > 0 and number == PEOPLE)


if __name__ == "__main__":
    sys.exit(main())
