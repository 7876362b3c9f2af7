"""The visual system: tags and filters, language and theme, the styleguide, and what no template may contain."""

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import get_template, render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.html import strip_tags

from exchange import house_dates, navigation
from exchange.icons import SOLIDS, STROKES
from exchange.navigation import navigation_for
from exchange.states import STATES
from exchange.templatetags import exchange_ui

SHANGHAI = ZoneInfo("Asia/Shanghai")
TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))
PAPERS = ("weasyprint", "pdf", "paper")  # templates for paper carry their own style sheet, and no browser policy applies


def render(text: str, **context: Any) -> str:
    return Template(text).render(Context(context))


# Tags ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(STROKES))
def test_every_icon_is_a_hidden_picture(name: str) -> None:
    assert re.fullmatch(r'<svg class="icon " viewBox="0 0 16 16".* aria-hidden="true" focusable="false"><.*></svg>', exchange_ui.icon(name))


def test_an_unknown_icon_is_a_mistake_in_the_page() -> None:
    with pytest.raises(KeyError):
        exchange_ui.icon("no-such-icon")


def test_mark_has_three_strokes_in_their_order() -> None:
    assert re.findall(r"mark-(\w+)\" transform=\"rotate\((\d+)\)", exchange_ui.mark()) == [("qing", "0"), ("lv", "120"), ("zhe", "240")]


@pytest.mark.parametrize(("domain", "value"), [(domain, value) for domain, values in STATES.items() for value in values])
def test_every_state_has_a_shape_and_a_word(domain: str, value: str) -> None:
    found = STATES[domain][value]
    assert found.shape in SOLIDS or found.shape in STROKES
    markup = render("{% state value domain %}", value=value, domain=domain)
    assert f"state-{value} tone-{found.tone}" in markup
    assert strip_tags(markup) == str(found.word) != ""


def test_state_speaks_chinese() -> None:
    with translation.override("zh-hans"):
        words = [strip_tags(exchange_ui.state(value)) for value in STATES["registration"]]
    assert words == ["草稿", "已提交", "区级通过", "主办方通过", "退回修改", "候补", "不予通过", "退出", "已替换"]


def test_state_escapes_what_it_does_not_know() -> None:
    assert exchange_ui.state("<b>") == "&lt;b&gt;"


def test_states_cover_the_status_of_every_subject() -> None:
    from events.programs.status import ProgramStatus
    from participants.attendance.models import AttendanceState
    from participants.certificates.status import BatchStatus, CertificateStatus
    from participants.rosters.models import ImportStatus
    from participants.rosters.status import RegistrationStatus

    subjects = {
        "registration": RegistrationStatus,
        "program": ProgramStatus,
        "attendance": AttendanceState,
        "certificate": CertificateStatus,
        "batch": BatchStatus,
        "import": ImportStatus,
    }
    for domain, choices in subjects.items():
        assert {value: str(label) for value, label in choices.choices}.items() <= {value: str(found.word) for value, found in STATES[domain].items()}.items()


def test_place_carries_its_colour() -> None:
    assert [exchange_ui.tone(code) for code in ("110115", "120113", "131000", "320200")] == ["qing", "lv", "zhe", "ink"]
    assert exchange_ui.place("津·北辰<", "120113") == '<span class="place tone-lv">津·北辰&lt;</span>'


def test_phrases_break_between_words_and_escape() -> None:
    assert exchange_ui.phrases("干部教师赴无锡学访：座谈<i>") == "干部教师<wbr>赴无锡<wbr>学访：<wbr><wbr>座谈&lt;i&gt;"


@pytest.mark.parametrize(
    ("quota", "confirmed", "in_review", "expected"),
    [
        (30, 22, 5, (27, 3, 73.33, 16.67, 90.0)),
        (0, 0, 0, (0, 0, 0.0, 0.0, 0.0)),
        (10, 8, 4, (12, 0, 66.67, 33.33, 100.0)),  # more than fit: the bar is full, the figures stay true
    ],
)
def test_quota_parts(quota: int, confirmed: int, in_review: int, expected: tuple[float, ...]) -> None:
    parts = exchange_ui.quota_parts(quota, confirmed, in_review)
    assert (parts["taken"], parts["free"], parts["confirmed_percent"], parts["review_percent"], parts["taken_percent"]) == expected


# Dates -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "chinese", "english"),
    [
        (date(2020, 12, 14), date(2020, 12, 18), "2020年12月14日—18日", "14–18 December 2020"),
        (date(2020, 10, 26), date(2020, 11, 20), "2020年10月26日—11月20日", "26 October – 20 November 2020"),
        (date(2020, 12, 30), date(2021, 1, 2), "2020年12月30日—2021年1月2日", "30 December 2020 – 2 January 2021"),
        (date(2020, 1, 9), date(2020, 1, 9), "2020年1月9日", "9 January 2020"),
        (date(2020, 1, 9), None, "2020年1月9日", "9 January 2020"),
    ],
)
def test_date_ranges(first: date, last: date | None, chinese: str, english: str) -> None:
    with translation.override("zh-hans"):
        assert (house_dates.date_range(first, last), house_dates.full_date_range(first, last)) == (chinese, chinese)
    with translation.override("en"):
        assert house_dates.full_date_range(first, last) == english


def test_the_current_year_is_left_out() -> None:
    year = datetime.now(SHANGHAI).year
    with translation.override("zh-hans"):
        assert house_dates.date_range(date(year, 12, 14), date(year, 12, 18)) == "12月14日—18日"
        assert house_dates.day(date(year, 11, 28)) == "11月28日"
    with translation.override("en"):
        assert house_dates.date_range(date(year, 12, 14), date(year, 12, 18)) == "14–18 December"


def test_times_are_local_and_short() -> None:
    first, last = datetime(2020, 12, 16, 6, 0, tzinfo=ZoneInfo("UTC")), datetime(2020, 12, 16, 8, 30, tzinfo=ZoneInfo("UTC"))
    with translation.override("zh-hans"):
        assert [house_dates.time_range(first, last), house_dates.moment(first), house_dates.weekday(first)] == ["14:00—16:30", "2020年12月16日 14:00", "周三"]
    with translation.override("en"):
        assert [house_dates.time_range(first, last), house_dates.moment(first), house_dates.weekday(first)] == ["14:00–16:30", "16 December 2020, 14:00", "Wed"]
    assert house_dates.clock(time(9, 5)) == "9:05"
    for language, words in (("zh-hans", "甲、乙"), ("en", "甲, 乙")):
        with translation.override(language):
            assert house_dates.listed(["甲", "乙"]) == words


def test_an_end_on_a_later_day_says_so() -> None:
    first = datetime(2020, 12, 16, 12, 0, tzinfo=ZoneInfo("UTC"))  # 20:00
    ends = [first + timedelta(hours=hours) for hours in (2, 4, 11, 28, 45)]
    with translation.override("zh-hans"):
        words = [house_dates.time_range(first, last) for last in ends]
        assert words == ["20:00—22:00", "20:00—0:00", "20:00—次日7:00", "20:00—2020年12月18日 0:00", "20:00—2020年12月18日 17:00"]
    with translation.override("en"):
        assert [house_dates.time_range(first, last) for last in ends[2::2]] == ["20:00–7:00 the next day", "20:00–18 December 2020, 17:00"]


def test_nothing_is_printed_for_a_missing_date() -> None:
    text = "[{{ x|day }}{{ x|full_day }}{{ x|moment }}{{ x|weekday }}{{ x|clock }}{{ x|iso }}{{ x|date_range:x }}{{ x|time_range:x }}]"
    assert render(text, x=None) == "[]"


# Forms and lists -------------------------------------------------------------------------------------------------------


class Sample(forms.Form):
    title = forms.CharField(label="Title", help_text="As in the notice.")
    starts_on = forms.DateField(required=False)
    kind = forms.ChoiceField(choices=[("a", "A")])
    who = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


def test_form_shows_errors_beside_their_fields() -> None:
    with translation.override("zh-hans"):
        markup = render_to_string("components/form.html", {"form": Sample({"title": "", "kind": "a", "who": "a"})})
    assert 'aria-describedby="id_title_helptext id_title_error"' in markup
    assert markup.count("请填写此项。") == 1
    assert markup.index('id="id_title"') < markup.index('id="id_title_error"') < markup.index("As in the notice.") < markup.index('id="id_starts_on"')
    assert 'type="date"' in markup and '<fieldset class="field choices' in markup and 'class="form-check-input"' in markup
    assert markup.count('<input type="hidden" name="token"') == 1


def test_form_keeps_dates_in_the_form_of_the_browser() -> None:
    form = Sample(initial={"starts_on": date(2026, 12, 14)})
    with translation.override("en"):
        assert 'value="2026-12-14"' in exchange_ui.control(form["starts_on"])


def test_only_gives_the_named_fields_in_order() -> None:
    assert [field.name for field in exchange_ui.only(Sample(), "kind title")] == ["kind", "title"]


def test_page_numbers_leave_gaps() -> None:
    assert exchange_ui.page_numbers(Paginator(range(230), 20).page(6)) == [1, 0, 4, 5, 6, 7, 8, 0, 12]


# Language and theme ----------------------------------------------------------------------------------------------------


def test_language_is_kept_and_leads_back(cast: Any, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    response = client.post("/preferences/language/", {"language": "en", "next": "/desk/styleguide/?page=2&lang=zh-hans"})
    assert (response.status_code, response.headers["Location"]) == (302, "/desk/styleguide/?page=2")
    cookie = response.cookies["django_language"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("en", True, "Lax")
    cast.organiser.refresh_from_db()
    assert cast.organiser.language == "en"
    assert '<html lang="en"' in client.get("/desk/styleguide/").content.decode()


def test_theme_is_kept(db: None) -> None:
    client = Client()
    response = client.post("/preferences/theme/", {"theme": "dark", "next": "/accounts/login/"})
    assert (response.status_code, response.headers["Location"], response.cookies["theme"].value) == (302, "/accounts/login/", "dark")
    assert 'data-bs-theme="dark"' in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("address", ["https://example.com/", "//example.com/", "/\\example.com", "javascript:alert(1)", "http:///example.com", ""])
@pytest.mark.parametrize("kind", ["language", "theme"])
def test_no_preference_leads_to_another_site(db: None, kind: str, address: str) -> None:
    value = {"language": "en", "theme": "light"}[kind]
    assert Client().post(f"/preferences/{kind}/", {kind: value, "next": address}).headers["Location"] == "/"


@pytest.mark.parametrize(("kind", "value"), [("language", "fr"), ("language", ""), ("theme", "red"), ("theme", "dark\r\nX: y")])
def test_other_preferences_are_refused(db: None, kind: str, value: str) -> None:
    response = Client().post(f"/preferences/{kind}/", {kind: value, "next": "/"})
    assert (response.status_code, dict(response.cookies)) == (400, {})


def test_preferences_are_only_posted_and_guarded(db: None) -> None:
    assert Client().get("/preferences/theme/").status_code == 405
    assert Client(enforce_csrf_checks=True).post("/preferences/theme/", {"theme": "dark"}).status_code == 403


# Pages -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "title"), [("zh-hans", "界面规范"), ("en", "Styleguide")])
@pytest.mark.parametrize("query", ["", "?errors=1&toasts=1"])
def test_styleguide_renders(cast: Any, sign_in: Any, language: str, title: str, query: str) -> None:
    client = sign_in(cast.coordinator_a)
    client.cookies["django_language"] = language
    response = client.get(f"/desk/styleguide/{query}")
    assert response.status_code == 200
    assert f'<h1 class="page-title">{title}</h1>' in response.content.decode()


def test_styleguide_asks_strangers_to_sign_in(db: None) -> None:
    response = Client().get("/desk/styleguide/")
    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/login/?next=/desk/styleguide/")


@pytest.mark.parametrize("name", ["400", "403", "404", "413", "429", "500"])
def test_error_pages_need_no_context(name: str) -> None:
    with translation.override("zh-hans"):
        page = get_template(f"{name}.html").render()
    assert '<html lang="zh-Hans"' in page and f'<p class="meta">{name}</p>' in page and 'href="/"' in page


def test_login_page_and_its_refusal(cast: Any) -> None:
    client = Client()
    assert "题" not in client.get("/accounts/login/").content.decode()
    response = client.post("/accounts/login/", {"login": "nobody-here", "password": "wrong"})
    page = response.content.decode()
    assert 'value="nobody-here"' in page and 'role="alert"' in page and 'value="wrong"' not in page


@pytest.mark.parametrize("name", ["account_logout", "account_change_password", "mfa_index", "account_reauthenticate", "mfa_activate_totp"])
def test_account_pages_in_our_frame(cast: Any, sign_in: Any, name: str) -> None:
    response = sign_in(cast.organiser).get(reverse(name), follow=True)
    assert response.status_code == 200
    assert '<nav class="side"' in response.content.decode()


@pytest.mark.parametrize("name", ["account_reset_password", "account_reset_password_done", "account_reset_password_from_key_done"])
def test_entrance_pages_in_our_frame(db: None, name: str) -> None:
    response = Client().get(reverse(name))
    assert response.status_code == 200
    assert '<div class="bound">' in response.content.decode()


def test_second_factor_can_be_set_up_and_used(cast: Any) -> None:
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    client = Client()
    client.post("/accounts/login/", {"login": cast.organiser.username, "password": "Beichen-2026-demo"})
    again = client.get(reverse("mfa_activate_totp"), follow=True)
    assert again.request["PATH_INFO"] == reverse("account_reauthenticate")
    page = client.post(again.request["PATH_INFO"], {"password": "Beichen-2026-demo", "next": reverse("mfa_activate_totp")}, follow=True)
    secret = page.context["form"].secret
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    done = client.post(reverse("mfa_activate_totp"), {"code": code}, follow=True)
    assert done.status_code == 200
    codes = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert f"<code>{codes[0]}</code>" in client.get(reverse("mfa_view_recovery_codes")).content.decode()

    other = Client()
    asked = other.post("/accounts/login/", {"login": cast.organiser.username, "password": "Beichen-2026-demo"}, follow=True)
    assert '<div class="bound">' in asked.content.decode() and asked.request["PATH_INFO"] == reverse("mfa_authenticate")
    assert other.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 302


def test_small_numbers_are_words_in_chinese() -> None:
    assert [house_dates.counted(number) for number in (2, 5, 11)] == ["两", "五", "11"]
    with translation.override("en"):
        assert house_dates.counted(5) == "5"


def test_navigation_marks_where_one_is(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        navigation.Entry("Home", "schema_root", "home"),  # unknown addresses are left out
        navigation.Entry("Account", "account_login", "key", exact=True),
        navigation.Entry("Second step", "mfa_index", "shield", at_school="Ours", tab="2"),
        navigation.Entry("Log", "styleguide", "clock", "audit.view"),
    ]
    monkeypatch.setattr(navigation, "SECTIONS", [navigation.Section("", entries)])
    monkeypatch.setitem(navigation.COUNTERS, "styleguide", lambda user: (3, True))
    below = reverse("mfa_index") + "more/"
    (section,) = navigation_for(cast.organiser, below)
    assert [(entry["label"], entry["count"], entry["current"]) for entry in section["entries"]] == [
        ("Account", 0, False),
        ("Second step", 0, True),
        ("Log", 3, False),
    ]
    (section,) = navigation_for(cast.coordinator_a, reverse("account_login") + "more/")
    assert [(entry["label"], entry["current"]) for entry in section["entries"]] == [("Account", False), ("Ours", False)]
    assert [entry["tab"] for entry in exchange_ui.tabs([section])] == ["2"]


def test_every_entry_of_the_navigation_leads_somewhere() -> None:
    for entry in (entry for section in navigation.SECTIONS for entry in section.entries):
        assert reverse(entry.url_name).startswith("/desk/")
        assert entry.icon in STROKES


# What no template may contain ------------------------------------------------------------------------------------------


def without_comments(path: Path) -> str:
    return re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}|<!--.*?-->", "", path.read_text(), flags=re.S)


def is_paper(path: Path) -> bool:
    return any(word in part for part in path.parts for word in PAPERS) or "@page" in path.read_text()


@pytest.mark.parametrize("path", [path for path in TEMPLATES if not is_paper(path)], ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_templates_fit_the_content_security_policy(path: Path) -> None:
    text = without_comments(path)
    assert not re.search(r"<[^>]*\sstyle\s*=", text), "an inline style is blocked"
    assert not re.search(r"<style[\s>]", text), "an inline style sheet is blocked"
    assert not re.search(r"<[^>]*\son[a-z]+\s*=\s*[\"']", text), "an inline handler is blocked"
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", text), "an inline script is blocked"
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", text), "no page asks another host for anything"
    assert not re.search(r"javascript:|hx-on", text)


def test_static_files_ask_no_other_host() -> None:
    for path in Path(settings.BASE_DIR, "static").rglob("*"):
        if path.suffix in (".css", ".js"):
            text = path.read_text()
            assert "sourceMappingURL" not in text, path
            assert not re.search(r"url\(\s*[\"']?(?:https?:)?//|@import|fetch\(\s*[\"'](?:https?:)?//", text), path


@pytest.mark.parametrize(
    ("title", "shown"), [("赴无锡学访", "“赴无锡学访”"), ("“运河同源”书画展", "“运河同源”书画展"), ("《论语》共读", "《论语》共读"), ("", "“”")]
)
def test_titles_bring_their_own_quotation_marks(title: str, shown: str) -> None:
    assert exchange_ui.quoted(title) == shown
