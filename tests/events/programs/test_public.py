"""Pages for everyone: front page, program, season, small print."""

from datetime import timedelta
from typing import Any
from urllib.robotparser import RobotFileParser

import pytest
from django.test import Client
from django.utils import timezone

from events.itineraries import rules as itineraries
from events.programs import public
from events.programs.models import Program
from tests.cast import Cast, at, make_delegation, make_group, make_item, make_program, make_venue, same_queries
from tests.events.programs.factories import make_hidden_program, make_series


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode().replace("<wbr>", "")


def test_seasons_that_go_on_stand_before_the_earlier_ones(cast: Cast, client: Client) -> None:
    for name, starts_in in (("往年交流季", -400), ("本季", 5), ("上季", -100), ("空季", None)):
        series = make_series(cast, name)
        if starts_in is not None:
            make_program(cast, starts_in=starts_in, days=3, series=series)
    shown = [(str(season), season.is_past, season.shown) for season in client.get("/").context["seasons"]]
    assert shown == [("本季", False, 1), ("上季", True, 1), ("往年交流季", True, 1)]
    page = text(client, "/")
    assert page.index("本季</a>") < page.index("往期系列活动") < page.index("上季</a>")


def test_home_shows_what_is_public_and_leaks_nothing(cast: Cast, client: Client, sign_in: Any) -> None:
    series = make_series(cast)
    shown = make_program(cast, title_zh="公开学访", series=series)
    make_hidden_program(cast, series=series)
    make_program(cast, title_zh="内部草稿", status="draft", series=series)
    for visitor in (client, sign_in(cast.outsider)):
        page = text(visitor, "/")
        assert shown.title_zh in page and "1项活动" in page
        assert "金丝雀" not in page and "内部草稿" not in page
        assert visitor.get("/").context["views"][0]["count"] == 1
    assert "金丝雀" in text(sign_in(cast.district_beichen), "/")
    assert "内部草稿" not in text(sign_in(cast.organiser), "/")


def test_home_filters_live_in_the_address(cast: Cast, client: Client) -> None:
    make_program(cast, title_zh="甲学访")
    make_program(cast, title_zh="乙合唱", kind="choir", starts_in=0)
    assert [program.title_zh for program in client.get("/?kind=choir").context["programs"]] == ["乙合唱"]
    assert [program.title_zh for program in client.get("/?state=open").context["programs"]] == ["甲学访"]
    assert [program.title_zh for program in client.get("/?q=甲").context["programs"]] == ["甲学访"]
    assert "没有符合条件的活动" in text(client, "/?q=没有这个")
    assert "清除筛选" in text(client, "/?q=甲")


def test_home_orders_what_is_to_come_before_what_is_over(cast: Cast, client: Client) -> None:
    for days in (-30, 40, -10, 20):
        make_program(cast, starts_in=days, title_zh=f"{days}天")
    assert [program.title_zh for program in client.get("/").context["programs"]] == ["20天", "40天", "-10天", "-30天"]


def test_home_invites_nobody_to_an_empty_list(cast: Cast, client: Client) -> None:
    assert "还没有发布的活动" in text(client, "/")


@pytest.mark.parametrize("query", ["kind=opera", "state=banana", "view=x", "order=contact_phone", "q=%00", "kind=%00", f"q={'x' * 101}"])
def test_unknown_filters_are_a_bad_request(query: str, cast: Cast, client: Client, sign_in: Any) -> None:
    assert client.get(f"/?{query}").status_code == 400
    assert sign_in(cast.organiser).get(f"/desk/programs/?{query}").status_code == 400


@pytest.mark.parametrize("page", ["0", "-1", "x", "99", "9" * 5000])
def test_unknown_pages_are_404(page: str, cast: Cast, client: Client) -> None:
    assert client.get("/", {"page": page}).status_code == 404


def test_series_page_shows_only_what_the_visitor_may_see(cast: Cast, client: Client, sign_in: Any) -> None:
    series = make_series(cast)
    make_hidden_program(cast, series=series)
    address = f"/series/{series.pk}/"
    page = text(client, address)
    assert "还没有公开的活动" in page and "金丝雀" not in page and "共1项" not in page
    make_program(cast, title_zh="公开学访", series=series)
    assert "公开学访" in text(client, address) and "共1项活动" in text(client, address)
    assert "共2项活动" in text(sign_in(cast.coordinator_a), address)


@pytest.mark.parametrize(
    "address", ["/programs/{}/", "/series/{}/", "/desk/programs/{}/", "/desk/programs/{}/edit/", "/desk/programs/{}/publish/", "/desk/series/{}/edit/"]
)
@pytest.mark.parametrize("pk", ["0", "99", "9" * 30, "x", "9" * 5000])
def test_unknown_rows_are_404(address: str, pk: str, cast: Cast, sign_in: Any) -> None:
    assert sign_in(cast.organiser).get(address.format(pk)).status_code == 404


def test_program_page_tells_the_whole_story(cast: Cast, client: Client) -> None:
    program = make_program(cast, starts_on=at("2027-03-01 00:00").date(), contact_name="马老师", contact_phone="022-1234", summary_zh="看课堂")
    make_delegation(cast, program, cast.beichen, 30)
    make_delegation(cast, program, cast.daxing, 20)
    venue = make_venue(cast)
    make_item(program, at("2027-03-01 09:00"), title="开班式", venue=venue, credit_hours=2)
    make_item(program, at("2027-03-02 09:00"), title="内部会议", is_public=False, credit_hours=4)
    page = text(client, f"/programs/{program.pk}/")
    for words in ("开班式", "太湖云帆中学", "9:00—10:30", "2027年3月1日—5日", "天津市北辰区", "50人", "6学时", "马老师", "022-1234", "看课堂", "日程"):
        assert words in page, words
    assert "内部会议" not in page
    assert f"/programs/{program.pk}/itinerary.ics" in page and 'href="webcal://' in page


def test_program_page_marks_moved_and_cancelled_items(cast: Cast, client: Client) -> None:
    program = make_program(cast, starts_on=at("2027-03-01 00:00").date())
    moved = make_item(program, at("2027-03-01 09:00"), title="改期的")
    gone = make_item(program, at("2027-03-01 14:00"), title="取消的")
    now = timezone.now()
    hour = timedelta(hours=1)
    itineraries.change_item(item=moved, by=cast.organiser, at=now, starts_at=moved.starts_at + hour, ends_at=moved.ends_at + hour)
    itineraries.cancel_item(item=gone, by=cast.organiser, at=now)
    page = text(client, f"/programs/{program.pk}/")
    assert "时间有变，原定2027年3月1日 9:00" in page
    assert page.count("day-item is-cancelled") == 1 and "已取消" in page


def test_credit_hours_count_the_fullest_group_once_and_stop_at_the_cap(cast: Cast, client: Client) -> None:
    program = make_program(cast, starts_on=at("2027-03-01 00:00").date())
    first, second = make_group(program, 1), make_group(program, 2)
    make_item(program, at("2027-03-01 09:00"), credit_hours=4)
    make_item(program, at("2027-03-01 14:00"), credit_hours=3, groups=[first])
    make_item(program, at("2027-03-01 14:00"), credit_hours=2, groups=[second])
    make_item(program, at("2027-03-02 14:00"), credit_hours=9, status="cancelled")
    assert client.get(f"/programs/{program.pk}/").context["hours"] == 7
    Program.objects.update(credit_hours_cap=5)
    assert client.get(f"/programs/{program.pk}/").context["hours"] == 5


def test_invited_programs_show_only_to_those_concerned(cast: Cast, client: Client, sign_in: Any) -> None:
    program = make_hidden_program(cast)
    address = f"/programs/{program.pk}/"
    for visitor in (client, sign_in(cast.outsider), sign_in(cast.coordinator_c)):
        assert "金丝雀" not in text(visitor, address, 404)
    page = text(sign_in(cast.coordinator_a), address)
    assert "金丝雀" in page and "仅受邀单位" in page
    assert "itinerary.ics" not in page  # calendars cannot sign in


def test_states_of_a_program_page(cast: Cast, client: Client, sign_in: Any) -> None:
    def page(**fields: Any) -> str:
        program = make_program(cast, **fields)
        return text(sign_in(cast.organiser) if program.status == "draft" else client, f"/programs/{program.pk}/")

    assert "学校报名入口" in page()
    assert "学校报名入口" not in text(sign_in(cast.outsider), f"/programs/{Program.objects.latest('pk').pk}/")
    assert "本活动已取消" in (cancelled := page(status="cancelled")) and "台风" in cancelled and "学校报名入口" not in cancelled
    assert "证书随时可以核验" in page(starts_in=-20)
    assert "证书随时可以核验" in page(starts_in=-20, status="completed")
    assert "这是预览" in page(status="draft")
    assert "学校报名入口" not in page(starts_in=0)


def test_pages_speak_english(cast: Cast, client: Client) -> None:
    program = make_program(cast, starts_on=at("2027-03-01 00:00").date())
    page = text(client, f"/programs/{program.pk}/?lang=en")
    for words in ('<html lang="en"', "Study visit to Wuxi", "1–5 March 2027", "Tianjin Municipal Education Commission", "Add to calendar"):
        assert words in page, words
    assert "Now and next" in text(client, "/?lang=en")


def test_robots_and_small_print(client: Client, db: None) -> None:
    robots = client.get("/robots.txt")
    assert robots["Content-Type"].startswith("text/plain")
    for folder in ("/desk/", "/my/", "/api/"):
        assert f"Disallow: {folder}\n" in robots.content.decode()
    rules = RobotFileParser()
    rules.parse(robots.content.decode().splitlines())
    for reader in ("Google-Calendar-Importer", "*"):  # which keeps to robots.txt when it follows a subscription
        assert (
            rules.can_fetch(reader, "/calendars/abc.ics") and rules.can_fetch(reader, "/programs/1/itinerary.ics") and not rules.can_fetch(reader, "/my/abc/")
        )
    assert "隐私说明" in text(client, "/privacy/") and "What is kept" in text(client, "/privacy/?lang=en")
    assert "无障碍" in text(client, "/accessibility/") and "200% zoom" in text(client, "/accessibility/?lang=en")


@pytest.mark.parametrize("address", ["/", "/series/{series}/"])
def test_public_lists_need_the_same_queries_for_every_length(address: str, cast: Cast, client: Client) -> None:
    series = make_series(cast)
    make_program(cast, series=series)
    same_queries(lambda: client.get(address.format(series=series.pk)), lambda: [make_program(cast, series=series, kind=kind) for kind in ("choir", "sports")])


def test_program_page_needs_the_same_queries_for_every_length(cast: Cast, client: Client) -> None:
    program = make_program(cast, starts_on=at("2027-03-01 00:00").date())
    make_delegation(cast, program, cast.beichen)
    make_item(program, at("2027-03-01 09:00"), venue=make_venue(cast), groups=[make_group(program)])

    def add() -> None:
        for number, bureau in ((2, cast.daxing), (3, cast.langfang)):
            make_delegation(cast, program, bureau)
            program.co_organisers.add(bureau)
            make_item(program, at(f"2027-03-0{number} 09:00"), venue=make_venue(cast, f"场馆{number}"), groups=[make_group(program, number)])

    same_queries(lambda: client.get(f"/programs/{program.pk}/"), add)


def test_now_and_next_stand_on_the_days_of_the_program(cast: Cast) -> None:
    program = make_program(cast, starts_in=0, days=2)
    day = f"{program.starts_on:%Y-%m-%d}"
    rows = [make_item(program, at(f"{day} {hour:02}:00"), 60, title) for hour, title in ((9, "甲"), (9, "乙"), (11, "丙"), (11, "丁"), (14, "戊"))]

    def shown(moment: str) -> list[tuple[bool, str]]:
        return [(is_on, part.item.title_zh) for is_on, part in public.on_these_days(rows, at(moment))]

    assert shown(f"{day} 09:30") == [(True, "甲"), (True, "乙"), (False, "丙"), (False, "丁")]
    assert shown(f"{day} 12:30") == [(False, "戊")]
    assert shown(f"{day} 15:00") == []
    assert shown(f"{program.starts_on - timedelta(days=1):%Y-%m-%d} 23:59") == []
    assert public.on_these_days([], timezone.now()) == []


def test_the_program_page_says_what_goes_on_and_where(cast: Cast, client: Client) -> None:
    program = make_program(cast, starts_in=0, days=1)
    venue = make_venue(cast, latitude="31.491200", longitude="120.311900")
    midnight = at(f"{program.starts_on:%Y-%m-%d} 00:00")
    make_item(program, midnight, 24 * 60 - 1, "开班仪式", venue=venue)
    make_item(program, midnight, 24 * 60 - 1, "内部会议", is_public=False)
    make_item(program, midnight, 24 * 60 - 1, "改期活动", status="cancelled")
    page = text(client, f"/programs/{program.pk}/")
    panel = page[page.index("now-next") : page.index("days-title")]
    assert "开班仪式" in panel and "内部会议" not in page and "改期活动" not in panel
    assert 'href="geo:31.491200,120.311900?q=' in panel and "江苏省无锡市滨湖区云帆路1号" in panel
