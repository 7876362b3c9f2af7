"""From the text of a cell to a value, with every change and doubt noted."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from exchange.spreadsheets import EMPTY, Cell
from participants.rosters.sheet import identity
from participants.rosters.sheet.dates import SHORT_DATE, in_short, month_of, of_1904, parse_date
from participants.rosters.sheet.issues import RowIssue

ETHNIC_GROUPS = (
    "汉族 蒙古族 回族 藏族 维吾尔族 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 哈尼族 哈萨克族 傣族 黎族 傈僳族 佤族 畲族 高山族 拉祜族 水族 东乡族 "
    "纳西族 景颇族 柯尔克孜族 土族 达斡尔族 仫佬族 羌族 布朗族 撒拉族 毛南族 仡佬族 锡伯族 阿昌族 普米族 塔吉克族 怒族 乌孜别克族 俄罗斯族 鄂温克族 德昂族 保安族 "
    "裕固族 京族 塔塔尔族 独龙族 鄂伦春族 赫哲族 门巴族 珞巴族 基诺族"
).split()
ETHNIC_SHORT = {
    "维族": "维吾尔族",
    "维": "维吾尔族",
    "哈族": "哈萨克族",
    "蒙族": "蒙古族",
    "蒙": "蒙古族",
    "朝族": "朝鲜族",
    "鲜族": "朝鲜族",
    "柯族": "柯尔克孜族",
    "藏": "藏族",
    "土家": "土家族",
}
GENDERS = dict.fromkeys("男 男性 男生 先生 m male 1".split(), "男") | dict.fromkeys("女 女性 女生 女士 f female 2".split(), "女")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe00-\ufe0f]|\U000e0100|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
BREAKS = re.compile(r"[\r\n\t\u2028\u2029]+")
LOST = re.compile("[\ufffd\ue000-\uf8ff□■?？\U000f0000-\U000ffffd]")
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af〇"
# What most cells look like: nothing in them is changed or doubted, so they need no closer look.
PLAIN_ID = re.compile("[0-9]{17}[0-9X]")
PLAIN_MOBILE = re.compile("1[3-9][0-9]{9}")
CODE = re.compile(r"<[a-zA-Z/!]|^\s*[=@]\s*[A-Za-z(]|javascript:", re.IGNORECASE)
NOTHING_WORDS = frozenset({"", "无", "—", "-", "--", "/", "暂无", "没有", "无要求", "无忌口", "无禁忌", "无特殊要求", "n/a", "none"})
AFTER_NUMBER = re.compile(r"(?<=[\dXx])\s*(?:[(（]?(?:居民)?身份证(?:号码?)?[)）]?|[，,。、;；/\\]+)$")
NUMBER_LABEL = re.compile(
    r"^(?:居民|公民)?(?:身份证|护照|通行证|居住证|证件|手机|电话|联系电话|本人)(?:号码|号)?\s*[:：]?\s*(?=[\w+('\"‘“])(?![\u4e00-\u9fff])"
)
ABSENT = re.compile("不参加|不去了|去不了|不能去|不能参加|待定|请假|退出|放弃|作废|已退休|已调走|已调离|取消报名|取消参加|替换|换成")
ROLE_WORDS = frozenset({"领队", "副领队", "带队", "带队教师", "带队老师", "领队老师", "领队教师", "组长", "副组长", "联络员", "联系人"})
LIMITS = {
    "position": 60,
    "professional_title": 40,
    "subject": 40,
    "role": 20,
    "diet": 60,
    "lodging": 60,
    "emergency_contact": 60,
    "memo": 300,
    "group": 40,
    "email": 254,
}


@dataclass
class RowDraft:
    """One row on its way from cells to values."""

    row: int
    cells: dict[str, Cell]
    values: dict[str, str] = field(default_factory=dict)
    issues: list[RowIssue] = field(default_factory=list)
    columns: frozenset[str] = frozenset()  # fields that the sheet has a column for
    is_confirmed: bool = False  # the user agreed to the unit that was found
    is_undecided: bool = False  # struck out or hidden in the sheet, and nobody has said yet whether the person comes

    def has(self, column: str) -> bool:
        return visible(self.raw(column)).lower() not in NOTHING_WORDS

    def raw(self, column: str) -> str:
        cell = self.cells.get(column)
        return cell.text if cell else ""

    def note(self, column: str, code: str, after: str = "", **params: Any) -> None:
        self.issues.append(RowIssue(self.row, column, code, params, self.raw(column), after))

    def add_memo(self, text: str) -> None:
        memo = self.values.get("memo", "")
        self.values["memo"] = f"{memo}；{text}" if memo else text


def visible(text: str) -> str:
    """Without invisible characters and outer space; line breaks become spaces."""
    if not text or text.isalnum():  # most cells, and much faster
        return text
    return BREAKS.sub(" ", INVISIBLE.sub("", text.replace("\u3000", " ").replace("\xa0", " "))).strip()


def plain(text: str) -> str:
    """`visible`, and full-width ASCII made half-width."""
    return visible(text) if text.isascii() else unicodedata.normalize("NFKC", visible(text))


def doubt_remark(draft: RowDraft, column: str, text: str) -> None:
    """A remark that this person may not come at all is asked about, never decided."""
    found = ABSENT.search(text)
    if found:
        draft.note(column, "remark_doubt", word=found[0])


def clean_national_id(draft: RowDraft, required: bool, today: date) -> None:
    cell = draft.cells.get("national_id", EMPTY)
    if cell.kind == "text" and PLAIN_ID.fullmatch(cell.text):
        accept_national_id(draft, cell.text, today)
        return None
    text = visible(cell.text)
    if text.lower() in NOTHING_WORDS:
        return draft.note("national_id", "id_missing") if required else None
    if re.fullmatch(r"\d(\.\d+)?E\+\d+", plain(text), re.IGNORECASE) or (cell.kind == "number" and len(plain(text).split(".")[0]) > 15):
        return draft.note("national_id", "id_lost_digits")
    bare = AFTER_NUMBER.sub("", NUMBER_LABEL.sub("", plain(text)))
    number = bare.strip("'’‘`′\"“”")
    compact = re.sub("[×ХХх✕]$", "X", re.sub(r"[\s\-–—_.]", "", number).upper())
    if not accept_national_id(draft, compact, today):
        return None
    changes = {
        "width_normalised": bare != AFTER_NUMBER.sub("", NUMBER_LABEL.sub("", text)),
        "label_removed": bare != plain(text),
        "apostrophe_removed": number != bare,
        "separators_removed": len(compact) != len(number),
        "x_uppercased": compact.endswith("X") and not number.rstrip().endswith("X"),
    }
    for code, did in changes.items():
        if did:
            draft.note("national_id", code, after=compact)
    return None


def accept_national_id(draft: RowDraft, number: str, today: date) -> bool:
    """Take the number, or note what is wrong with it."""
    problem = identity.problem_of(number, today)
    if problem and problem[0] == "id_length" and re.fullmatch("[A-Z0-9]{6,12}", number) and re.match("[A-Za-zÀ-ɏ]", draft.values.get("name", "")):
        problem = "not_mainland_id", {}  # passports of some countries are figures only
    if problem:
        draft.note("national_id", problem[0], **problem[1])
        if problem[0] != "not_mainland_id":
            return False
    draft.values["national_id"] = number
    return True


def clean_gender(draft: RowDraft) -> None:
    if draft.raw("gender") in ("男", "女"):
        draft.values["gender"] = draft.raw("gender")
        return
    text = re.sub(r"^[\s\d.、()（）-]+(?=[男女])|(?<=[男女])[\s()（）/a-z]+$", "", plain(draft.raw("gender")).lower().replace("♂", "男").replace("♀", "女"))
    if not text:
        return
    gender = GENDERS.get(text)
    if gender is None:
        is_shifted = text in ETHNIC_GROUPS or visible(draft.raw("name")) in GENDERS or visible(draft.raw("ethnicity")) in GENDERS
        draft.note("gender", "cells_shifted" if is_shifted else "gender_invalid")
        return
    draft.values["gender"] = gender
    if gender != draft.raw("gender").strip():
        draft.note("gender", "gender_normalised", after=gender)


def clean_ethnicity(draft: RowDraft) -> None:
    raw = draft.raw("ethnicity")
    if raw in ETHNIC_GROUPS:
        draft.values["ethnicity"] = raw
        return
    text = re.sub(r"民族$", "族", re.sub(r"[\s。.，,]", "", plain(raw)))
    if text in NOTHING_WORDS:
        return
    full = text if text in ETHNIC_GROUPS else ETHNIC_SHORT.get(text) or (f"{text}族" if f"{text}族" in ETHNIC_GROUPS else "")
    draft.values["ethnicity"] = full or text[:20]
    if not full:
        draft.note("ethnicity", "ethnicity_unknown")
    elif full != draft.raw("ethnicity").strip():
        draft.note("ethnicity", "ethnicity_normalised", after=full)


def clean_birth(draft: RowDraft, today: date) -> None:
    """The date of birth, checked against the ID number; a month alone is completed from it."""
    text = plain(draft.raw("birth_on"))
    number = draft.values.get("national_id", "")
    known = identity.birth_of(number) if len(number) == 18 else None
    if text.lower() in NOTHING_WORDS:
        return birth_from_id(draft, known)
    parsed, change = (known, "date_normalised") if in_short(text, known) else parse_date(text)
    if change == "excel_serial" and parsed != known and of_1904(text) == known:
        parsed = known
    if parsed is None and known and month_of(text, known, draft.cells["birth_on"].kind == "number", today):
        return birth_from_id(draft, known)
    if parsed is None or not 1900 <= parsed.year <= today.year:
        return draft.note("birth_on", "birth_short" if SHORT_DATE.fullmatch(text) else "birth_invalid")
    draft.values["birth_on"] = parsed.isoformat()
    if change and draft.cells.get("birth_on", EMPTY).kind != "date":
        draft.note("birth_on", change, after=parsed.isoformat())
    if known and known != parsed:
        draft.note("birth_on", "birth_mismatch", expected=known.isoformat())
    elif not 3 <= (age := (today - parsed).days // 365) <= 85:
        draft.note("birth_on", "age_unusual", age=age)
    return None


def birth_from_id(draft: RowDraft, known: date | None) -> None:
    if known:
        draft.values["birth_on"] = known.isoformat()
        if "birth_on" in draft.columns:  # a sheet that does not ask for it has nothing corrected
            draft.note("birth_on", "birth_from_id", after=known.isoformat())


def check_gender(draft: RowDraft) -> None:
    number, gender = draft.values.get("national_id", ""), draft.values.get("gender", "")
    if len(number) != 18:
        return
    expected = identity.gender_of(number)
    if not gender and not draft.raw("gender").strip():
        draft.values["gender"] = expected
        if "gender" in draft.columns:
            draft.note("gender", "gender_from_id", after=expected)
    elif gender and gender != expected:
        draft.note("gender", "gender_mismatch")


def clean_phone(draft: RowDraft, column: str) -> None:
    raw = draft.raw(column)
    if PLAIN_MOBILE.fullmatch(raw):
        draft.values[column] = raw
        return None
    text = visible(raw)
    if text.lower() in NOTHING_WORDS:
        return None
    digits = first_number(draft, column, re.sub(r"\.0+$", "", NUMBER_LABEL.sub("", plain(text)).strip("'’\"")))
    short = re.fullmatch(r"(1)(?:\.(\d+))?E\+?10", digits, re.IGNORECASE)
    if short and len(short[2] or "") == 10:
        digits = short[1] + short[2]
    compact = re.sub(r"^(\+|00?)?86(?=1\d{10}$)", "", re.sub(r"[\s\-–—_.·()]", "", digits))
    if not re.fullmatch(r"1[3-9]\d{9}", compact):
        if re.fullmatch(r"(\+|00)(?!86)[1-9]\d{7,14}", compact):
            draft.values[column] = digits[:40]
            return draft.note(column, "phone_foreign")
        if re.fullmatch(r"0\d{2,3}\d{7,8}(转?\d{1,6})?", compact):
            draft.values[column] = digits[:40]
            return draft.note(column, "landline")
        if column == "emergency_phone":  # worth keeping as typed: a person will read it
            draft.values[column] = text[:40]
            return draft.note(column, "emergency_phone_unusual")
        if re.fullmatch(r"\d(\.\d+)?E\+?\d+", digits, re.IGNORECASE):
            return draft.note(column, "phone_lost_digits")
        return draft.note(column, "phone_invalid", count=len(re.sub(r"\D", "", compact)))
    draft.values[column] = compact
    if compact != raw:
        draft.note(column, "phone_normalised", after=compact)
    return None


def first_number(draft: RowDraft, column: str, text: str) -> str:
    """One of two numbers in a cell; the other, or a remark in brackets, goes to the memo."""
    found = re.match(r"([+\d\s-]{11,}?)\s*(?:[/、,;，；(（]|或)\s*(.+?)[)）]?$", text) or re.match(r"(1\d{10})\s+([01][\d-]{10,12})$", text)
    first = re.sub(r"[\s-]", "", found[1]) if found else ""
    if found is None or not re.fullmatch(r"1[3-9]\d{9}", first):
        return text
    draft.note(column, "phone_split", after=first)
    draft.add_memo(found[2])
    return first


def clean_contact(draft: RowDraft) -> None:
    """“王某 15400000000” in a column for the contact is a name and a number."""
    raw = draft.raw("emergency_contact")
    found = re.fullmatch(r"(.*?)[\s:：,，、/(（]*(1[3-9]\d{9})[)）]?", visible(raw)) if len(raw) >= 11 else None
    if found and not draft.has("emergency_phone"):
        draft.values.pop("emergency_contact", None)
        draft.values |= {"emergency_contact": found[1][: LIMITS["emergency_contact"]]} if found[1] else {}
        draft.values["emergency_phone"] = found[2]
        draft.note("emergency_contact", "contact_split", after=found[1])


def clean_email(draft: RowDraft) -> None:
    text = plain(draft.raw("email")).replace(" ", "").strip("，,;；")
    if text.lower() in NOTHING_WORDS:
        return
    if not re.fullmatch(r"[^@\s<>\"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", text):
        draft.note("email", "email_invalid")
        return
    draft.values["email"] = text
    if text != draft.raw("email"):
        draft.note("email", "text_cleaned", after=text)


DIETS = {"清真": "清真", "回民": "清真", "回族": "清真", "素食": "素食", "全素": "素食", "吃素": "素食", "纯素": "素食"}


def clean_diet(draft: RowDraft) -> None:
    text = visible(draft.raw("diet"))
    if text.lower() in NOTHING_WORDS:
        return
    for word, diet in DIETS.items():
        if text.startswith(word) or text == f"{word}餐":
            rest = re.sub(r"^(餐|饮食|食品)?[，,、；;和\s]*", "", text[len(word) :]).strip("()（）")
            draft.values["diet"] = diet
            if rest:
                draft.add_memo(rest)
            if text != diet:
                draft.note("diet", "diet_split", after=diet)
            return
    draft.values["diet"] = text[: LIMITS["diet"]]


def clean_text(draft: RowDraft, column: str) -> None:
    """Any other column: kept as plain text, cut at its limit."""
    raw = draft.raw(column)
    text = visible(raw)
    if not text or text.lower() in NOTHING_WORDS:
        return
    limit = LIMITS.get(column, 60)
    draft.values[column] = f"{draft.values[column]}；{text}"[:limit] if column == "memo" and draft.values.get("memo") else text[:limit]
    if len(text) > limit:
        draft.note(column, "too_long", after=text[:limit])
    if CODE.search(text):
        draft.note(column, "kept_as_text", after=text[:limit])
    if column == "memo":
        doubt_remark(draft, column, text)
