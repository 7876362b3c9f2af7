"""The table on a statement of hours: a row a day, or a row a month."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from participants.certificates.facts import CertificateFacts, DayFacts, plain_number
from participants.certificates.labels import STATES
from participants.certificates.typesetting import MONTHS, english_date, typeset

MAX_ROWS = 16
MAX_TITLES, SHORT_TITLES = 44, 21
ROOMY_LEVELS = 2  # from there on a row has one line only


@dataclass(frozen=True)
class Row:
    """A printed row of the table of hours."""

    when: str
    titles: str
    state: str
    hours: str


def rows_of(facts: CertificateFacts) -> list[Row]:
    """A row a day; programs of more days than a page holds get a row a month."""
    longest = MAX_TITLES if facts.level < ROOMY_LEVELS else SHORT_TITLES
    if len(facts.days) <= MAX_ROWS:
        several_years = facts.starts_on.year != facts.ends_on.year
        return [Row(_when(row, several_years), shortened(row.titles, longest), row.state, row.hours) for row in facts.days]
    months = groupby(facts.days, key=lambda row: (row.day.year, row.day.month))
    return [_month(year, month, list(days)) for (year, month), days in months]


def english_rows(facts: CertificateFacts) -> list[Row]:
    if len(facts.days) <= MAX_ROWS:
        return [Row(english_date(row.day), "", STATES.get(row.state, row.state), row.hours) for row in facts.days]
    months = groupby(facts.days, key=lambda row: (row.day.year, row.day.month))
    found = []
    for (year, month), days in months:
        hours = [Decimal(day.hours) for day in days]
        found.append(Row(f"{MONTHS[month - 1]} {year}", "", f"{sum(value > 0 for value in hours)} days", plain_number(sum(hours, Decimal(0)))))
    return found


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
    """The rows as HTML. In English without the titles of the items, which are Chinese."""
    if facts.language == "en":
        short = ((row.when, row.state, row.hours) for row in english_rows(facts))
        return format_html_join("", "<tr><th scope='row'>{}</th><td>{}</td><td class='amount'>{}</td></tr>", short)
    cells = ((typeset(row.when), typeset(row.titles), row.state, row.hours) for row in rows_of(facts))
    return format_html_join("", "<tr><th scope='row'>{}</th><td>{}</td><td>{}</td><td class='amount'>{}</td></tr>", cells)
