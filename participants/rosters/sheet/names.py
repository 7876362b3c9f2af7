"""The cell with the name, and what else people write into it: a role, a number, pinyin, a form of address."""

import re

from exchange.masking import COMPOUND_SURNAMES
from exchange.spreadsheets import Cell
from participants.rosters.sheet.cleaning import CODE, HAN, LOST, PLAIN_MOBILE, ROLE_WORDS, RowDraft, doubt_remark, visible

DOTS = "•・･‧∙⋅●．.·﹒。ㆍᐧ▪◦⸱᛫\u0387"
NAME = re.compile(f"[{HAN}]{{1,25}}(?:·[{HAN}]{{1,25}}){{0,6}}|[A-Za-zÀ-ÖØ-öø-ɏ][A-Za-zÀ-ÖØ-öø-ɏ .'’·-]{{1,58}}")
NO_NAME = re.compile(".*(学校|中学|小学|幼儿园|教育局|委员会|大学|学院|公司|合计|小计|签字|签名|盖章)")
PLAIN_NAME = re.compile(f"[{HAN}]{{2,3}}")
LINE_NUMBER = re.compile(r"^\d{1,3}\s*[.、．)）:：]\s*(?=\D)")
ROLE = "|".join(sorted(ROLE_WORDS, key=len, reverse=True))
BEFORE_NAME = re.compile(rf"({ROLE})\s*[:：]\s*([{HAN}·\s]{{2,20}})")
BEHIND_NAME = re.compile(
    rf"([{HAN}][{HAN}·]{{1,19}})(?:[\s:：,，、/]*(?=1[3-9])|\s*[-—–－]+\s*(?=[{HAN}])|\s+(?=[A-Za-zÀ-ɏ]))(1[3-9][\d\s-]{{9,12}}|{ROLE}|[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ ,'’-]*)"
)
STARS = " *＊★☆▲△※●◆"  # marks that sheets put beside a name


def clean_name(draft: RowDraft) -> None:
    raw = draft.raw("name")
    if PLAIN_NAME.fullmatch(raw):
        draft.values["name"] = raw
        return None
    name = visible(raw)
    if CODE.search(name):
        return draft.note("name", "name_not_a_name")
    unmarked = LINE_NUMBER.sub("", name.strip(STARS))
    name, aside = set_apart(unmarked)
    spaced = re.sub(f"(?<=[{HAN}])\\s+(?=[{HAN}])", "", name)
    dotted = re.sub(rf"\s*[{re.escape(DOTS)}]\s*", "·", spaced) if re.search(f"[{HAN}]", spaced) else spaced
    titled = re.sub(r"(老师|同学|先生|女士|校长|主任)$", "", dotted) if len(dotted) > 3 else dotted
    if not titled:
        return draft.note("name", "name_missing")
    if LOST.search(titled):
        return draft.note("name", "name_lost_character")
    if re.search("[、,，;；/]", titled) or not all(map(is_one_name, re.split(f"[{re.escape(DOTS)}]", name))):
        return draft.note("name", "name_several")
    if not NAME.fullmatch(titled) or NO_NAME.fullmatch(titled) or (len(titled) > 8 and "·" not in titled and re.match(f"[{HAN}]", titled)):
        return draft.note("name", "name_not_a_name")
    draft.values["name"] = titled
    happened = {"title_removed": titled != dotted, "dot_normalised": dotted != spaced, "text_cleaned": spaced != name or unmarked != raw}
    for code in ([place_aside(draft, aside)] if aside else []) + [code for code, did in happened.items() if did]:
        draft.note("name", code, after=titled)
    doubt_remark(draft, "name", aside)
    if len(titled) == 1:
        draft.note("name", "name_short")
    return None


def place_aside(draft: RowDraft, aside: str) -> str:
    """Put what stood beside the name where it belongs, which may be the memo. Returns the code of the finding."""
    number = re.sub(r"[\s-]", "", aside)
    if aside in ROLE_WORDS and not draft.has("role"):
        draft.values["role"] = aside
        return "role_from_name"
    if PLAIN_MOBILE.fullmatch(number) and not draft.has("phone"):
        draft.cells["phone"] = Cell(number, "text")
        return "phone_from_name"
    if aside in ("男", "女") and not draft.has("gender"):
        draft.cells["gender"] = Cell(aside, "text")
        return "gender_from_name"
    draft.add_memo(aside)
    return "pinyin_moved"


def is_one_name(text: str) -> bool:
    """顾 舟, 许 知 遥 and 欧阳 若川 are one name with spaces to fill the cell; 许知遥 高远山 are two, and 阿依努尔 麦麦提 lacks its dot."""
    parts = text.split()
    if len(parts) < 2 or not all(re.fullmatch(f"[{HAN}]+", part) for part in parts):
        return True
    joined = "".join(parts)
    return len(joined) <= 3 or (len(joined) == 4 and joined[:2] in COMPOUND_SURNAMES)


def set_apart(name: str) -> tuple[str, str]:
    """("赵𬍛", "yù") for 赵𬍛（yù）, 领队：许知遥, 许知遥-领队, 许知遥 15433000149, 许知遥 Xu Zhiyao."""
    before = BEFORE_NAME.fullmatch(name)
    if before:
        return before[2], before[1]
    found = BEHIND_NAME.fullmatch(name) or re.fullmatch(r"(.+?)\s*[(（\[【]([^)）\]】]*)[)）\]】]?", name)
    return (found[1].strip(), found[2].strip()) if found else (name, "")
