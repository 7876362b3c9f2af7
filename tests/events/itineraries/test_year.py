"""The tables of public holidays and school terms: who edits them, what is refused, and that planners see it at once."""

from datetime import date
from typing import Any

import pytest

from events.itineraries import holidays, terms
from events.itineraries.terms import SchoolTerm
from exchange.models import AuditEvent
from exchange.transitions import RuleViolation
from tests.cast import Cast, same_queries

YEAR = "/desk/school-year/"
LINES = "2027-01-01—2027-01-03 休 元旦\n2027-01-04 班 元旦\n\n2027-02-05至2027-02-11 休 春节\n"


def test_a_year_is_announced_once_it_is_entered(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.admin)
    assert "尚未公布" in client.get(f"{YEAR}?year=2027").content.decode() and not holidays.is_announced(2027)
    answer = client.post(f"{YEAR}2027/holidays/", {"lines": LINES, "source": "国办发明电〔2026〕9号"}, follow=True)
    page = answer.content.decode()
    assert "2027年已登记11天" in page and "国办发明电〔2026〕9号" in page
    assert (holidays.is_announced(2027), holidays.is_holiday(date(2027, 2, 11)), holidays.is_holiday(date(2027, 1, 4))) == (True, True, False)
    assert holidays.special_day(date(2026, 10, 1)) and holidays.is_announced(2023)  # the years of the release stay
    assert AuditEvent.objects.filter(action="holidays.change").count() == 1
    client.post(f"{YEAR}2027/holidays/", {"lines": "", "source": ""})
    assert not holidays.is_announced(2027)


def test_an_edited_year_goes_before_that_of_the_release(cast: Cast) -> None:
    text = holidays.as_text(holidays.days_in(2026)).replace("2026-10-10 班 国庆节", "2026-10-11 班 国庆节")
    assert "2026-10-01—2026-10-07 休 国庆节" in text
    holidays.save_year(year=2026, text=text, source="更正", by=cast.admin)
    assert holidays.special_day(date(2026, 10, 10)) is None and holidays.special_day(date(2026, 10, 11))
    assert holidays.read_text(holidays.as_text(holidays.days_in(2026)), 2026, "更正") == holidays.days_in(2026)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("2027-01-01 元旦", "bad_line"),
        ("2027-13-01 休 元旦", "bad_line"),
        ("2027-01-03—2027-01-01 休 元旦", "bad_line"),
        ("2027-01-01—2027-12-31 休 全年", "bad_line"),
        ("2031-01-01 休 元旦", "bad_line"),
        ("2027-01-01 休 元旦\n2027-01-01 班 元旦", "twice"),
        ("=cmd()", "bad_line"),
    ],
)
def test_lines_that_are_not_understood(cast: Cast, sign_in: Any, lines: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        holidays.read_text(lines, 2027, "")
    assert (refusal.value.code, refusal.value.field) == (code, "lines")
    answer = sign_in(cast.admin).post(f"{YEAR}2027/holidays/", {"lines": lines, "source": ""})
    assert (answer.status_code, lines.split("\n")[0] in answer.content.decode()) == (422, True)


def term(**fields: Any) -> dict[str, Any]:
    return {"division": "120000", "name": "2026—2027学年第一学期", "starts_on": "2026-09-01", "ends_on": "2027-01-22"} | fields


def test_terms_are_added_changed_and_deleted(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    assert "尚未公布，或还没有人录入" in client.get(YEAR).content.decode()
    assert "2026—2027学年第一学期" in client.post(f"{YEAR}terms/new/", term(), follow=True).content.decode()
    row = SchoolTerm.objects.get()
    assert client.get(f"{YEAR}terms/{row.pk}/").status_code == 200
    client.post(f"{YEAR}terms/{row.pk}/", term(ends_on="2027-01-15"))
    row.refresh_from_db()
    assert row.ends_on == date(2027, 1, 15)
    client.post(f"{YEAR}terms/{row.pk}/delete/")
    assert not SchoolTerm.objects.exists()


WHOLE_YEAR = {
    "division": "120000",
    "stage": "",
    "first_starts": "2026-09-01",
    "first_ends": "2027-01-22",
    "second_starts": "2027-02-22",
    "second_ends": "2027-07-09",
    "source": "市教委教学行政历",
}


def test_a_school_year_is_entered_at_once(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    empty = client.get(f"{YEAR}?year=2026").content.decode()
    assert "2026—2027学年" in empty and f"{YEAR}2026/terms/?place=120000&amp;copy=1" in empty
    page = client.post(f"{YEAR}2026/terms/", WHOLE_YEAR, follow=True).content.decode()
    assert "2026—2027学年第二学期" in page and "市教委教学行政历" in page and "place=120000" not in page.split("2025—2026学年")[0]
    assert client.post(f"{YEAR}2026/terms/", WHOLE_YEAR).context["form"].errors.keys() == {"first_starts"}  # overlaps
    copied = client.get(f"{YEAR}2027/terms/?place=120104&copy=1")  # a district takes over its city's
    assert "52周" in copied.content.decode()
    assert (copied.context["form"].initial["first_starts"], copied.context["form"].initial["second_ends"]) == (date(2027, 8, 31), date(2028, 7, 7))
    assert [client.get(f"{YEAR}{path}").status_code for path in ("2027/terms/?place=x&copy=1", "99999/terms/", "2026/terms/?stage=x")] == [200] * 3


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"second_ends": "2027-02-01"}, "second_ends"),
        ({"second_starts": "2026-12-01"}, "second_starts"),
        ({"first_starts": "2025-09-01"}, "first_starts"),
        ({"source": ""}, "source"),
    ],
)
def test_a_school_year_that_is_refused(cast: Cast, sign_in: Any, fields: dict[str, str], field: str) -> None:
    answer = sign_in(cast.organiser).post(f"{YEAR}2026/terms/", WHOLE_YEAR | fields)
    assert (answer.status_code, list(answer.context["form"].errors), SchoolTerm.objects.count()) == (422, [field], 0)


def test_the_terms_of_the_release_are_shown_with_their_source(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    page = client.get(f"{YEAR}?year=2026").content.decode()
    assert page.count("北京市教委《2025—2026学年度各级各类学校校历》") == 4 and "2026年3月2日—7月14日" in page
    terms.save_year(division=terms.released([], lambda row: True)[0].division, year=2025, stage="", dates=DATES, source="更正", by=cast.organiser)
    page = client.get(f"{YEAR}?year=2026").content.decode()
    assert "各级各类学校校历" not in page and page.count("更正") == 2  # what is entered here goes before


DATES = terms.YearDates((date(2025, 9, 1), date(2026, 1, 23)), (date(2026, 3, 2), date(2026, 7, 7)))


@pytest.mark.parametrize(
    ("day", "stage", "state"),
    [
        (date(2025, 10, 9), "", "open"),
        (date(2026, 1, 27), "primary", "closed"),
        (date(2026, 1, 27), "senior", "open"),
        (date(2026, 1, 27), "", "open"),  # some schools are
        (date(2026, 2, 10), "", "closed"),
        (date(2026, 7, 20), "senior", "closed"),
        (date(2026, 8, 24), "", "closed"),
        (date(2026, 8, 30), "", "unknown"),  # the next year is not announced
        (date(2026, 11, 24), "", "unknown"),
        (date(2024, 8, 1), "", "unknown"),
    ],
)
def test_what_terms_say_of_a_day(cast: Cast, day: date, stage: str, state: str) -> None:
    found = terms.terms_of("110115", day, SchoolTerm.objects.around({"110115"}, day, day), stage)
    assert ("unknown" if not found else "open" if terms.in_term(day, found) else "closed") == state
    assert terms.terms_of("120104", day, SchoolTerm.objects.around({"120104"}, day, day)) == []  # nothing is shipped for Tianjin


def test_terms_of_two_kinds_of_schools_may_overlap(cast: Cast) -> None:
    facts = {"division_id": "120000", "name": "一", "starts_on": date(2026, 9, 1), "ends_on": date(2027, 1, 22), "by": cast.organiser}
    terms.save_term(stage="senior", **facts)
    terms.save_term(stage="compulsory", **facts)
    with pytest.raises(RuleViolation, match="重叠"):
        terms.save_term(**facts)


@pytest.mark.parametrize("fields", [{"ends_on": "2026-08-31"}, {"division": "999999"}, {"starts_on": "x"}, {"ends_on": "9999-12-31"}, {"name": ""}])
def test_terms_that_are_refused(cast: Cast, sign_in: Any, fields: dict[str, str]) -> None:
    assert sign_in(cast.organiser).post(f"{YEAR}terms/new/", term(**fields)).status_code == 422


def test_terms_of_one_place_do_not_overlap(cast: Cast) -> None:
    facts = {"name": "一", "starts_on": date(2026, 9, 1), "ends_on": date(2027, 1, 22), "by": cast.organiser}
    terms.save_term(division_id="120000", **facts)
    terms.save_term(division_id="110000", **facts)
    with pytest.raises(RuleViolation, match="重叠"):
        terms.save_term(division_id="120000", **facts | {"starts_on": date(2027, 1, 22), "ends_on": date(2027, 7, 1)})


def test_who_may(cast: Cast, sign_in: Any) -> None:
    users = (cast.admin, cast.organiser, cast.viewer, cast.coordinator_a)
    assert [sign_in(user).get(YEAR).status_code for user in users] == [200] * 4
    assert [sign_in(user).get(f"{YEAR}terms/new/").status_code for user in users] == [200, 200, 403, 403]
    assert [sign_in(user).get(f"{YEAR}2027/holidays/").status_code for user in users] == [200, 403, 403, 403]
    assert sign_in(cast.admin).get(f"{YEAR}99999/holidays/").status_code == 200
    assert [sign_in(cast.admin).get(f"{YEAR}?year={year}").status_code for year in ("x", "1", "99999999999")] == [200] * 3


def test_the_page_costs_the_same_for_one_and_three(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)

    def add(code: str) -> None:
        terms.save_term(division_id=code, name="一", starts_on=date(2026, 9, 1), ends_on=date(2027, 1, 22), by=cast.organiser)

    add("120000")
    same_queries(lambda: client.get(YEAR), lambda: (add("110000"), add("130000")))
