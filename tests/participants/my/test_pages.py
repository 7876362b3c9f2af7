"""The participant's private page."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from events.programs import rules as programs
from events.programs.models import Program
from participants.certificates.models import Certificate
from participants.my import overview
from participants.people import rules as people
from participants.people.models import Person
from participants.people.rules import link_token
from participants.rosters.models import Registration
from tests.cast import STEPS, Cast, at, make_delegation, make_group, make_item, make_person, make_program, make_registration, make_venue, same_queries


def visit(cast: Cast, **fields: Any) -> Program:
    program = make_program(cast, **({"contact_name": "沈老师", "contact_phone": "0510-1"} | fields))
    make_delegation(cast, program, cast.beichen)
    return program


def take_part(cast: Cast, program: Program, status: str = "confirmed", name: str = "欧阳若川", **fields: Any) -> Person:
    person = make_person(cast, cast.school_a, name, phone="15400001507", lodging="双人标间", diet="无特殊要求")
    make_registration(cast, program, person, status, **fields)
    return person


def morning(program: Program, day: int = 0) -> datetime:
    return at(f"{program.starts_on + timedelta(days=day):%Y-%m-%d} 09:00")


def page(person: Person, query: str = "") -> str:
    answer = Client().get(f"/my/{link_token(person)}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def timeline(html: str) -> str:
    return html[html.index('class="daylist"') : html.index("</ol>", html.index('class="daylist"'))]


def test_next_item_stands_first_with_place_map_and_contact(cast: Cast) -> None:
    program = visit(cast)
    venue = make_venue(cast, latitude="31.491200", longitude="120.311900")
    make_item(program, morning(program), title="校园管理观摩", venue=venue, location="东门集合")
    html = page(take_part(cast, program))
    card = html[html.index("next-card") : html.index("</section>")]
    for words in ("接下来", "还有20天", "9:00", "校园管理观摩", "太湖云帆中学，东门集合", "云帆路1号", 'href="tel:0510-1"', "联系主办方"):
        assert words in card, words
    assert 'href="geo:31.491200,120.311900?q=31.491200,120.311900(%E5%A4%AA%E6%B9%96%E4%BA%91%E5%B8%86%E4%B8%AD%E5%AD%A6)"' in card


def test_the_own_group_leader_is_called_first(cast: Cast) -> None:
    program = visit(cast)
    first, second = make_group(program, 1), make_group(program, 2)
    person = take_part(cast, program, group=first)
    for number, (role, group) in enumerate([("领队", None), ("组长", second), ("组长", first)]):
        leader = make_person(cast, cast.school_b, f"组长{number}", phone=f"1540000000{number}")
        make_registration(cast, program, leader, "confirmed", role=role, group=group)
    contact = overview.contact_of(person.registrations.get())
    assert contact == overview.Contact("组长", "组长2", "15400000002")
    Registration.objects.filter(person__name="组长2").update(status="submitted")
    assert overview.contact_of(person.registrations.get()) == overview.Contact("领队", "组长0", "15400000000")


def test_timeline_shows_own_items_with_moves_and_cancellations(cast: Cast) -> None:
    program = visit(cast)
    mine, other = make_group(program, 1), make_group(program, 2)
    make_item(program, morning(program), title="座谈", groups=[mine], previous_starts_at=morning(program) + timedelta(minutes=30))
    make_item(program, morning(program) + timedelta(hours=2), title="讲座", status="cancelled", status_reason="台风", is_public=False, leader_notes="canary")
    make_item(program, morning(program), title="别组的事", groups=[other])
    make_item(program, morning(program, 1), title="次日的事")
    person = take_part(cast, program, group=mine)
    html = page(person)
    day = timeline(html)
    assert re.findall(r"<b>(.*?)</b>", day) == ["座谈", "讲座"]
    assert "时间有调整，原为" in day and "9:30" in day and "已取消：台风" in day and "is-off" in day
    assert "canary" not in html
    second = (program.starts_on + timedelta(days=1)).isoformat()
    assert re.findall(r"<b>(.*?)</b>", timeline(page(person, f"?day={second}"))) == ["次日的事"]


def test_a_cancelled_item_is_never_next(cast: Cast) -> None:
    program = visit(cast)
    make_item(program, morning(program), title="取消了", status="cancelled")
    make_item(program, morning(program) + timedelta(hours=3), title="照常")
    html = page(take_part(cast, program))
    assert "照常" in html[html.index("next-card") : html.index("</section>")]


def test_under_way_and_over() -> None:
    now = at("2026-12-14 09:30")
    assert overview.time_left(at("2026-12-14 10:05"), now) == "还有35分钟"
    assert overview.time_left(at("2026-12-14 12:40"), now) == "还有3小时"
    assert overview.time_left(at("2026-12-16 08:00"), now) == "还有2天"
    assert overview.time_left(at("2026-12-14 09:00"), now) == ""


def test_now_is_marked_and_the_end_is_said(cast: Cast) -> None:
    now = timezone.now()
    program = visit(cast, starts_in=0, days=1)
    make_item(program, now - timedelta(minutes=1), 2, "正在讲")
    person = take_part(cast, program)
    html = page(person)
    assert "正在进行" in html and "is-now" in timeline(html)
    program.items.update(starts_at=now - timedelta(minutes=5), ends_at=now - timedelta(minutes=3))
    assert "行程已经结束" in page(person)


def test_calendar_can_be_subscribed_copied_scanned_and_downloaded(cast: Cast) -> None:
    person = take_part(cast, visit(cast))
    html = page(person)
    feed = f"{settings.SITE_URL}/calendars/{link_token(person)}.ics"
    assert f'href="webcal://{feed.split("://")[1]}"' in html
    assert f'value="{feed}"' in html and f'href="{feed}?download=1"' in html
    assert '<svg viewBox="0 0' in html and 'class="qr"' in html
    assert Client().get(f"/calendars/{link_token(person)}.ics").status_code == 200
    assert f'value="{feed}?lang=en"' in page(person, "?lang=en")


def test_own_numbers_are_masked(cast: Cast) -> None:
    person = take_part(cast, visit(cast))
    html = page(person)
    assert "154****1507" in html and f"{person.national_id[:3]}***********{person.national_id[-4:]}" in html
    assert person.national_id not in html and "15400001507" not in html
    assert "双人标间" in html and "无特殊要求" in html


def make_certificate(cast: Cast, registration: Registration, serial: int, **fields: Any) -> Certificate:
    return Certificate.objects.create(
        registration=registration,
        program=registration.program,
        organisation=registration.organisation,
        issuer=cast.beichen,
        year=2026,
        serial=serial,
        number=f"津北教交证〔2026〕第{serial:04d}号",
        code=f"code{serial}",
        facts={},
        holder_name=registration.person.name,
        issued_at=timezone.now(),
        **fields,
    )


def test_certificates_are_the_own_ones(cast: Cast) -> None:
    program = visit(cast)
    person, other = take_part(cast, program), take_part(cast, program, name="别人")
    assert "核对签到后签发" in page(person)
    mine = make_certificate(cast, person.registrations.get(), 1)
    theirs = make_certificate(cast, other.registrations.get(), 2)
    html = page(person)
    assert f'href="/my/{link_token(person)}/certificates/{mine.pk}.pdf"' in html
    assert (theirs.number in html, "核对签到后签发" in html) == (False, False)
    Certificate.objects.filter(pk=mine.pk).update(status="revoked")
    html = page(person)
    assert (f"certificates/{mine.pk}.pdf" in html, f"{mine.number}，已撤销" in html) == (False, True)


@pytest.mark.parametrize("status", [status for status in STEPS if status not in ("confirmed", "draft")])
def test_before_the_confirmation_only_the_state_is_shown(cast: Cast, status: str) -> None:
    program = visit(cast)
    make_item(program, morning(program), title="内部日程")
    html = page(take_part(cast, program, status))
    assert ("还没有确认参加的活动" in html, program.title_zh in html, "内部日程" in html, f"state-{status}" in html) == (True, True, False, True)


def test_several_programs_have_a_switch(cast: Cast) -> None:
    near, far, over = visit(cast, title_zh="近的"), visit(cast, title_zh="远的", starts_in=60), visit(cast, title_zh="过去的", starts_in=-60)
    person = take_part(cast, near)
    make_registration(cast, far, person, "confirmed")
    make_registration(cast, over, person, "confirmed")
    html = page(person)
    switch = html[html.index('class="my-programs"') : html.index("</nav>")]
    assert re.findall(r">([^<>]+)</a>", switch) == ["远的", "近的", "过去的"]
    assert '<h1 class="my-title">近的</h1>' in html  # the next one
    assert '<h1 class="my-title">过去的</h1>' in page(person, f"?program={over.pk}")


def test_a_cancelled_program_says_so_first(cast: Cast) -> None:
    program = visit(cast)
    make_item(program, morning(program))
    person = take_part(cast, program)
    programs.cancel(program=program, by=cast.organiser, at=timezone.now(), reason="台风")
    html = page(person)
    assert "活动已取消。 台风" in html and "next-card" not in html and "is-off" in timeline(html)


@pytest.mark.parametrize("query", ["?day=x", "?day=9999-99-99", "?day=%FF", "?program=x", "?program=99999999999999999999", "?lang=xx", "?day=0001-01-01"])
def test_nonsense_counts_as_not_given(cast: Cast, query: str) -> None:
    program = visit(cast)
    make_item(program, morning(program), title="座谈")
    assert "座谈" in page(take_part(cast, program), query)


def test_the_page_is_private(cast: Cast) -> None:
    person = take_part(cast, visit(cast))
    answer = Client().get(f"/my/{link_token(person)}/")
    assert (answer["Cache-Control"], answer["Referrer-Policy"], answer["X-Robots-Tag"]) == ("no-store, private", "no-referrer", "noindex, nofollow, noarchive")
    assert not answer.cookies
    html = answer.content.decode()
    assert not re.search(r"<[^>]+\sstyle=", html) and not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert not [
        link for link in re.findall(r'(?:src|href|action)="([^"]+)"', html) if re.match(r"(https?:)?//", link) and not link.startswith(settings.SITE_URL)
    ]


def test_unknown_and_reset_links_look_the_same(cast: Cast) -> None:
    person = take_part(cast, visit(cast))
    old = link_token(person)
    people.reset_link(person=person, by=cast.admin)
    answers = [Client().get(f"/my/{token}/") for token in (old, "a" * 26, "x", "%00", "%F0%9F")]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert len({answer.content for answer in answers[:3]}) == 1
    assert {answer["Referrer-Policy"] for answer in answers} == {"no-referrer"}
    assert ("这个链接打不开" in answers[0].content.decode(), person.name in answers[0].content.decode()) == (True, False)


def test_english_page(cast: Cast) -> None:
    program = visit(cast)
    make_item(program, morning(program), title_en="Campus tour")
    html = page(take_part(cast, program), "?lang=en")
    assert '<html lang="en"' in html and "Campus tour" in html and "Study visit to Wuxi" in html and "in 20 days" in html


def test_the_same_queries_for_one_and_three(cast: Cast) -> None:
    program = visit(cast)
    person = take_part(cast, program, group=make_group(program, 1))

    def add() -> None:
        more = visit(cast, starts_in=100)
        make_registration(cast, more, person, "confirmed")
        waiting = visit(cast)
        make_registration(cast, waiting, person, "submitted")
        make_item(program, morning(program), groups=[program.groups.get()], venue=make_venue(cast), host_organisation=cast.host)

    add()
    same_queries(lambda: page(person), lambda: (add(), add()))


def test_the_copy_for_times_without_network_holds_all_days_and_its_time(cast: Cast) -> None:
    program = visit(cast, starts_in=0)
    venue = make_venue(cast, latitude="31.491200", longitude="120.311900")
    make_item(program, at(f"{program.starts_on:%Y-%m-%d} 00:00"), 24 * 60 - 1, "开班仪式", venue=venue)
    make_item(program, morning(program, 1), title="校长论坛", status="cancelled")
    person = take_part(cast, program)
    html = page(person, "?view=offline")
    assert html.count('class="daylist"') == 2 and "开班仪式" in html and "校长论坛" in html
    assert "离线查看，更新于" in html and 'href="tel:0510-1"' in html
    assert "is-now" not in html and html.count('<li class="is-off"') == 1
    assert ">English<" not in html and "data-offline-worker" not in html
    assert "江苏省无锡市滨湖区云帆路1号</a>" in html and 'href="geo:31.491200,120.311900' in html
    assert f'data-offline-worker="/my/{link_token(person)}/offline.js"' in page(person)


def test_the_worker_is_served_for_a_link_that_opens_only(cast: Cast) -> None:
    person = take_part(cast, visit(cast))
    token = link_token(person)
    answer = Client().get(f"/my/{token}/offline.js")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-store, private" and token not in answer.content.decode()
    people.reset_link(person=person, by=cast.coordinator_a)
    assert [Client().get(f"/my/{token}/{rest}").status_code for rest in ("offline.js", "?view=offline", "")] == [404, 404, 404]


def test_inside_wechat_the_page_says_that_subscribing_needs_a_browser(cast: Cast) -> None:
    program = visit(cast)
    addresses = (f"/my/{link_token(take_part(cast, program))}/", f"/programs/{program.pk}/")
    inside = {"HTTP_USER_AGENT": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 MicroMessenger/8.0.49 Weixin"}
    for address in addresses:
        assert [Client().get(address, **headers).content.decode().count("微信里点订阅没有反应") for headers in (inside, {})] == [2, 1]
