"""Pinyin of Chinese names, for search and order."""

import functools
import re

from exchange.masking import COMPOUND_SURNAMES

# Surnames that the dictionary reads as the common word.
SURNAMES = {
    "仇": "qiu",
    "曾": "zeng",
    "解": "xie",
    "单": "shan",
    "查": "zha",
    "盖": "ge",
    "区": "ou",
    "朴": "piao",
    "任": "ren",
    "尉迟": "yuchi",
    "万俟": "moqi",
    "华": "hua",
    "覃": "qin",
    "员": "yun",
    "缪": "miao",
    "种": "chong",
    "黑": "he",
    "秘": "bi",
    "冼": "xian",
    "乐": "yue",
    "翟": "zhai",
    "召": "shao",
    "折": "she",
    "繁": "po",
    "逄": "pang",
    "长孙": "zhangsun",
    "澹台": "tantai",
    "宁": "ning",
    "洗": "xian",
    "祭": "zhai",
    "会": "gui",
    "燕": "yan",
    "纪": "ji",
    "葛": "ge",
    "哈": "ha",
    "陆": "lu",
    "车": "che",
    "石": "shi",
    "沈": "shen",
    "吕": "lv",
    "佟": "tong",
    "那": "na",
    "重": "chong",
    "谌": "chen",
    "阚": "kan",
}


def readings(text: str) -> list[str]:
    """A syllable for each character, without tones; what has no reading is left out."""
    from pypinyin import Style, lazy_pinyin  # 55 MB of dictionaries, which a maker of certificates does without

    return list(lazy_pinyin(text, style=Style.NORMAL, errors="ignore", v_to_u=False))


def syllables(name: str) -> list[str]:
    """["shan", "xiao", "ming"] for 单小明: the surname read as one."""
    head = next((name[:size] for size in (2, 1) if name[:size] in SURNAMES), "")
    found = [SURNAMES[head]] if head else []
    return ["".join(char for char in part.lower() if char.isalnum()) for part in (*found, *readings(name[len(head) :]))]


@functools.lru_cache(maxsize=20_000)
def pinyin_of(name: str) -> tuple[str, str]:
    """("wangyan", "wy") for 王䶮: letters without tones, and the initials. What has no reading is left out."""
    plain = syllables(name)
    initials = "".join(part[0] for part in plain if part)
    return "".join(plain)[:200], initials[:40]


IDEOGRAPH = re.compile("[\u3400-\u9fff\U00020000-\U000323af]")


def latin_name(name: str) -> str:
    """Ouyang Ruochuan for 欧阳若川, surname first (GB/T 28039); names with dots part by part; Latin letters stay as they are."""
    if not IDEOGRAPH.search(name):
        return name
    parts = [part for part in re.split("[·•・]", name) if part]
    if len(parts) > 1:
        return " ".join(_reading(part) for part in parts)
    size = 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1
    return " ".join(filter(None, (_passport_spelling(pinyin_of(name[:size])[0]), _reading(name[size:]))))


def _reading(part: str) -> str:
    """A given name, or a part of a name with dots: read as words, not as surnames."""
    return _passport_spelling("".join(readings(part)))


def _passport_spelling(letters: str) -> str:
    return letters.replace("lv", "lyu").replace("nv", "nyu").capitalize()
