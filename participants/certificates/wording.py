"""The sentences of a paper: the office's words, or ours, filled with the facts and marked up for the design."""

import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import partial

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from participants.certificates.facts import CertificateFacts, Texts
from participants.certificates.phrase_book import texts_for
from participants.certificates.phrases import Run, fields_in, fill, plain
from participants.certificates.typesetting import GAP, HAN, date_span, english_date, english_span, formal_date, paragraph, typeset
from participants.people.names import latin_name

TITLES = {
    "honour": ("荣誉证书", "Certificate of honour"),
    "completion": ("结业证书", "Certificate of completion"),
    "award": ("奖状", "Award"),
    "hours": ("学时证明", "Statement of credit hours"),
}


def element(markup: str) -> Callable[[str], SafeString]:
    return partial(format_html, markup)


def _english_name(name: str) -> SafeString:
    return format_html('<span class="holder-en{}">{}</span>', " together" if len(name) <= ONE_LINE_NAME else "", name)


def _prize(prize: str) -> SafeString:
    return format_html('<span class="prize{}">{}</span>', " together" if len(prize) <= ONE_LINE_PRIZE else "", typeset(prize))


ONE_LINE_NAME, ONE_LINE_PRIZE = 28, 12
# What stands out in a design, and what is not broken into two lines: field → element.
EMPHASIS: dict[str, dict[str, Callable[[str], SafeString]]] = {
    "award": {"award": _prize, "category": _prize},
    "honour": {"award": _prize},
    "completion": {"award": _prize},
    "hours": {"name": element("<b>{}</b>"), "hours": element("<b>{}</b>"), "identity_tail": element('<span class="figures">{}</span>'), "award": _prize},
    "english": {"name": _english_name},
}
PRIZES = {
    "特等奖": "the Grand Prize",
    "一等奖": "First Prize",
    "二等奖": "Second Prize",
    "三等奖": "Third Prize",
    "优秀奖": "an Honourable Mention",
    "金奖": "the Gold Award",
    "银奖": "the Silver Award",
    "铜奖": "the Bronze Award",
    "冠军": "First Place",
    "亚军": "Second Place",
    "季军": "Third Place",
    "优秀组织奖": "Award for Excellent Organisation",
    "优秀指导教师奖": "Outstanding Instructor Award",
    "最佳指导教师奖": "Best Instructor Award",
}
CATEGORIES = {"小学组": "primary schools", "初中组": "junior high schools", "高中组": "senior high schools", "中学组": "high schools", "教师组": "teachers"}
USUAL_PRIZES = {"organiser": "优秀组织奖", "instructor": "优秀指导教师奖"}
_BOUNDARY = re.compile(f"[{HAN}][0-9A-Za-z]|[0-9A-Za-z][{HAN}]")


@dataclass(frozen=True)
class Wording:
    """`main` and `closing` are empty in a language that the paper does not speak."""

    title: str
    title_en: str
    honorific: str
    main: SafeString
    closing: SafeString
    main_en: SafeString
    closing_en: SafeString


def kind_of(facts: CertificateFacts) -> str:
    """Papers of the first weeks say their kind by what they carry."""
    if facts.kind:
        return facts.kind
    if facts.award:
        return "instructor" if facts.work and facts.paper == "honour" else "award"
    return "completion" if facts.paper in ("completion", "hours") else "participation"


def texts_of(facts: CertificateFacts) -> Texts:
    return facts.texts or texts_for(kind_of(facts), facts.paper)


def titles_of(facts: CertificateFacts) -> tuple[str, str]:
    """The name of the paper in Chinese and English."""
    texts = texts_of(facts)
    return texts.title or TITLES[facts.paper][0], texts.title_en or TITLES[facts.paper][1]


def prints(facts: CertificateFacts, field: str) -> bool:
    """Whether the text of the paper shows this field."""
    texts = texts_of(facts)
    spoken = [] if facts.language == "en" else [texts.main, texts.closing]
    return field in fields_in(*spoken, *([] if facts.language == "zh" else [texts.main_en, texts.closing_en]))


def wording_of(facts: CertificateFacts) -> Wording:
    texts, chinese, english = texts_of(facts), chinese_values(facts), english_values(facts)
    title, title_en = titles_of(facts)
    in_chinese, in_english = facts.language != "en", facts.language != "zh"
    unsaid = ("unit",) if facts.is_unit else ()
    return Wording(
        title=title,
        title_en=title_en,
        honorific=honorific(facts) if in_chinese else "",
        main=marked_up(fill(texts.main, chinese, unsaid), facts.paper) if in_chinese else SafeString(),
        closing=typeset(plain(texts.closing, chinese)) if in_chinese else SafeString(),
        main_en=marked_up(fill(texts.main_en, english, unsaid), "english") if in_english else SafeString(),
        closing_en=typeset(plain(texts.closing_en, english)) if in_english else SafeString(),
    )


def honorific(facts: CertificateFacts) -> str:
    if facts.holder != "person":
        return ""
    return "同学" if facts.is_pupil else "老师"


def you(facts: CertificateFacts) -> str:
    words = {"team": "你们", "organisation": "你单位"}
    return words.get(facts.holder) or ("你" if facts.is_pupil else "您")


def wish(facts: CertificateFacts) -> str:
    return "愿你继续看，继续画。" if facts.work and facts.is_pupil and facts.holder == "person" else "特发此状，以资鼓励。"


def chinese_values(facts: CertificateFacts) -> dict[str, str]:
    """What stands for each field in Chinese; "" where there is nothing to say."""
    return {
        "name": facts.name,
        "you": you(facts),
        "unit": facts.unit,
        "position": facts.position,
        "identity_tail": facts.identity_tail,
        "program": facts.program,
        "dates": date_span(facts.starts_on, facts.ends_on),
        "hours": facts.hours if facts.hours != "0" else "",
        "sessions": str(facts.attended_items) if facts.attended_items else "",
        "award": facts.award or USUAL_PRIZES.get(kind_of(facts), ""),
        "category": facts.category,
        "work": facts.work,
        "members": "、".join(facts.members),
        "instructors": "、".join(facts.instructors),
        "issuer": facts.issuer,
        "issued_on": formal_date(facts.issued_on),
        "wish": wish(facts),
    }


def english_values(facts: CertificateFacts) -> dict[str, str]:
    """The same in English; what has no English name keeps its Chinese one."""
    values = chinese_values(facts)
    return values | {
        "name": facts.name_en or facts.name,
        "you": "",
        "unit": facts.unit_en or facts.unit,
        "program": facts.program_en or facts.program,
        "dates": english_span(facts.starts_on, facts.ends_on),
        "award": facts.award_en or PRIZES.get(values["award"], values["award"]),
        "category": CATEGORIES.get(facts.category, facts.category if facts.category.isascii() else ""),
        "work": facts.work_en or facts.work,
        "members": ", ".join(map(latin_name, facts.members)),
        "instructors": ", ".join(map(latin_name, facts.instructors)),
        "issuer": facts.issuer_en or facts.issuer,
        "issued_on": english_date(facts.issued_on),
        "wish": "",
    }


# Markup ------------------------------------------------------------------------------------------------------------------


def marked_up(runs: list[Run], design: str) -> SafeString:
    """The runs as one paragraph, with what stands out in this design."""
    elements = EMPHASIS.get(design, {})
    joined = _joined(_with_unit(runs), elements)
    markup, before = SafeString(), ""
    for index, run in enumerate(joined):
        if _BOUNDARY.fullmatch(before + run.text[:1]):
            markup += GAP
        if run.field:
            markup += elements[run.field](typeset(run.text) if run.field == "hours" else run.text)
        else:
            markup += paragraph(run.text) if index == len(joined) - 1 else typeset(run.text)
        before = run.text[-1:]
    return mark_safe(markup)


def _with_unit(runs: list[Run]) -> list[Run]:
    """40学时 is one word: what counts the hours goes with their number."""
    runs = list(runs)
    for index in range(len(runs) - 1):
        if runs[index].field == "hours" and runs[index + 1].text.startswith("学时"):
            runs[index], runs[index + 1] = Run(f"{runs[index].text}学时", "hours"), Run(runs[index + 1].text[2:], runs[index + 1].field)
    return [run for run in runs if run.text]


def _joined(runs: list[Run], elements: Container[str]) -> list[Run]:
    """Neighbours that look the same are one, so that gaps and line breaks come out as in one text."""
    joined: list[Run] = []
    for run in runs:
        field = run.field if run.field in elements else ""
        if joined and (field, joined[-1].field) in (("", ""), ("award", "category")):
            joined[-1] = Run(joined[-1].text + run.text, field)
        else:
            joined.append(Run(run.text, field))
    return joined
