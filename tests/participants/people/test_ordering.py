"""Lists by strokes and by pinyin."""

from participants.people.ordering import pinyin_key, ranks, stroke_key

NAMES = ["李安", "梁实", "李强", "单小明", "解冰", "仇和", "曾国", "欧阳若川", "欧文", "王䶮", "丁一", "孙㛃", "朴树", "陈望舟", "郑州", "邓稼先"]


def test_surnames_of_fewer_strokes_come_first_and_then_by_how_they_are_written() -> None:
    found = sorted(NAMES, key=stroke_key)
    assert found == ["丁一", "王䶮", "仇和", "邓稼先", "朴树", "孙㛃", "李安", "李强", "陈望舟", "欧文", "欧阳若川", "郑州", "单小明", "梁实", "曾国", "解冰"]


def test_surnames_of_seven_strokes_stand_as_in_official_lists() -> None:
    assert "".join(sorted("陈邱张杜吴李杨宋沈余何汪", key=stroke_key)) == "杜李杨吴邱何余汪沈宋张陈"


def test_pinyin_reads_surnames_as_surnames_syllable_by_syllable() -> None:
    found = sorted(NAMES, key=pinyin_key)
    assert found == [
        *("陈望舟", "邓稼先", "丁一", "李安", "李强", "梁实", "欧文", "欧阳若川"),
        *("朴树", "仇和", "单小明", "孙㛃", "王䶮", "解冰", "曾国", "郑州"),
    ]


def test_every_character_of_common_names_has_a_place_and_unknown_ones_come_last() -> None:
    assert len(ranks()) == 23_594 and set("㛃龘闫") <= ranks().keys()
    assert sorted(["\U000323af", "龘", "一"], key=stroke_key) == ["一", "龘", "\U000323af"]
