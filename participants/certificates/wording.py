"""The sentences of the four papers. Raise facts.WORDING when one of them changes."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from participants.certificates.facts import CertificateFacts, DayFacts
from participants.certificates.typesetting import GAP, date_span, paragraph, typeset

TITLES = {
    "honour": ("荣誉证书", "Certificate of honour"),
    "completion": ("结业证书", "Certificate of completion"),
    "award": ("奖状", "Award"),
    "hours": ("学时证明", "Statement of credit hours"),
}
MAX_ROWS = 16
MAX_TITLES, SHORT_TITLES = 44, 21
ROOMY_LEVELS = 2  # from there on a row has one line only


@dataclass(frozen=True)
class Wording:
    title: str
    title_en: str
    honorific: str
    main: SafeString
    closing: str = ""


@dataclass(frozen=True)
class Row:
    """A printed row of the table of hours."""

    when: str
    titles: str
    state: str
    hours: str


def wording_of(facts: CertificateFacts) -> Wording:
    main, closing = MAIN[facts.paper](facts)
    return Wording(*TITLES[facts.paper], "同学" if facts.is_pupil else "老师", main, closing)


def you(facts: CertificateFacts) -> str:
    return "你" if facts.is_pupil else "您"


def quoted(title: str) -> str:
    """“…”, unless the title brings quotation marks of its own."""
    return title if "“" in title or "《" in title else f"“{title}”"


def honour(facts: CertificateFacts) -> tuple[SafeString, str]:
    if facts.award:
        what = f"指导的作品《{facts.work}》在{facts.program}中荣获{facts.award}。" if facts.work else f"在{facts.program}中荣获{facts.award}。"
    else:
        what = f"参加{facts.program}，表现优秀。"
    return paragraph(you(facts) + what), "特颁此证，以资鼓励。"


def completion(facts: CertificateFacts) -> tuple[SafeString, str]:
    earned = f"，计{facts.hours}学时" if facts.hours != "0" else ""
    text = f"{you(facts)}于{date_span(facts.starts_on, facts.ends_on)}参加{quoted(facts.program)}，完成{facts.attended_items}次课程与活动{earned}，考核合格，准予结业。"
    return paragraph(text), "特发此证。"


def award(facts: CertificateFacts) -> tuple[SafeString, str]:
    """With an award the prize stands out; without one the paper thanks for taking part."""
    if not facts.award:
        return paragraph(f"{you(facts)}在本次活动中认真准备，积极展示，表现突出。特发此状，以资鼓励。"), ""
    work = f"的作品《{facts.work}》" if facts.work else ""
    wish = "愿你继续看，继续画。" if facts.work and facts.is_pupil else "特发此状，以资鼓励。"
    return format_html('{}<span class="prize">{}</span>{}', typeset(f"{you(facts)}{work}获得"), facts.award, paragraph(f"。{wish}")), ""


def hours(facts: CertificateFacts) -> tuple[SafeString, str]:
    identity = format_html('{}{}<span class="figures">{}</span>）', "（身份证号末四位", GAP, facts.identity_tail) if facts.identity_tail else ""
    text = f"，{facts.unit}{facts.position}，于{date_span(facts.starts_on, facts.ends_on)}参加{facts.program}，出勤符合要求"
    earned = format_html("，计{}<b>{}</b>。", GAP, typeset(f"{facts.hours}学时")) if facts.hours != "0" else "。"
    return format_html("兹证明<b>{}</b>{}{}{}", facts.name, identity, typeset(text), earned), ""


MAIN: dict[str, Callable[[CertificateFacts], tuple[SafeString, str]]] = {"honour": honour, "completion": completion, "award": award, "hours": hours}


# The table of hours -----------------------------------------------------------------------------------------------------


def rows_of(facts: CertificateFacts) -> list[Row]:
    """A row a day; programs of more days than a page holds get a row a month."""
    longest = MAX_TITLES if facts.level < ROOMY_LEVELS else SHORT_TITLES
    if len(facts.days) <= MAX_ROWS:
        several_years = facts.starts_on.year != facts.ends_on.year
        return [Row(_when(row, several_years), shortened(row.titles, longest), row.state, row.hours) for row in facts.days]
    months = groupby(facts.days, key=lambda row: (row.day.year, row.day.month))
    return [_month(year, month, list(days)) for (year, month), days in months]


def _when(row: DayFacts, with_year: bool) -> str:
    return f"{row.day.year}年{row.day.month}月{row.day.day}日" if with_year else f"{row.day.month}月{row.day.day}日"


def _month(year: int, month: int, days: list[DayFacts]) -> Row:
    attended = [day for day in days if Decimal(day.hours) > 0]
    total = sum((Decimal(day.hours) for day in days), Decimal(0))
    return Row(f"{year}年{month}月", f"{len(days)}天活动", f"出席{len(attended)}天", f"{total.normalize():f}")


def shortened(titles: str, longest: int) -> str:
    """The titles of a day in the room there is: whole titles first, then 等."""
    if len(titles) <= longest:
        return titles
    kept = ""
    for title in titles.split("、"):
        longer = f"{kept}、{title}" if kept else title
        if len(longer) > longest - 1:
            break
        kept = longer
    return f"{kept}等" if kept else f"{titles[: longest - 1]}…"


def table_of(facts: CertificateFacts) -> SafeString:
    """The rows as HTML."""
    cells = ((typeset(row.when), typeset(row.titles), row.state, row.hours) for row in rows_of(facts))
    return format_html_join("", "<tr><th scope='row'>{}</th><td>{}</td><td>{}</td><td class='amount'>{}</td></tr>", cells)
