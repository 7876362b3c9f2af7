"""How personal values look where the whole value is not needed."""

import re

COMPOUND_SURNAMES = frozenset(
    (
        "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 "
        "子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 第五"
    ).split()
)


def mask_national_id(value: str) -> str:
    """110***********1234: the province and the last four characters stay."""
    return f"{value[:3]}{'*' * (len(value) - 7)}{value[-4:]}" if len(value) > 7 else "*" * len(value)


def mask_phone(value: str) -> str:
    """154****1507."""
    return f"{value[:3]}****{value[-4:]}" if len(value) >= 8 else "*" * len(value)


def mask_name(value: str) -> str:
    """The surname and stars: 王**, 欧阳**, 阿依古丽·**, Maria R."""
    if "·" in value:
        return value.split("·")[0] + "·**"
    if re.match(r"[A-Za-z]", value):
        first, *rest = value.split()
        return " ".join([first, *(f"{word[0]}." for word in rest)]) if rest else f"{first[0]}**"
    surname = value[:2] if value[:2] in COMPOUND_SURNAMES and len(value) > 2 else value[:1]
    return f"{surname}**" if value else ""


def mask_email(value: str) -> str:
    name, at, host = value.partition("@")
    return f"{name[:1]}***{at}{host}" if at else ""
