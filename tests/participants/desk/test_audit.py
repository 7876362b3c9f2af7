"""The activity log: scope, filters, words, and no personal values."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone, translation

from events.itineraries.rules import ITEM_TRANSITIONS
from events.programs import status as programs
from exchange import audit
from exchange.audit import AuditEvent
from participants.certificates import status as certificates
from participants.desk import activity
from participants.people.rules import change_person
from participants.rosters import status as rosters
from tests.cast import make_delegation, make_person, make_program, make_registration, same_queries

pytestmark = pytest.mark.django_db
URL = "/desk/audit/"


def lines(client: Any, query: str = "") -> list[str]:
    return [line.event.action for line in client.get(f"{URL}?{query}").context["lines"]]


def test_officers_and_viewers_read_and_others_do_not(cast: Any, sign_in: Any, client: Any) -> None:
    expected = {"organiser": 200, "district_beichen": 200, "viewer": 200, "admin": 200, "outsider": 200, "coordinator_a": 403}
    assert {name: sign_in(getattr(cast, name)).get(URL).status_code for name in expected} == expected
    assert client.get(URL)["Location"].startswith("/accounts/login/")


def test_everyone_sees_only_what_concerns_their_offices(cast: Any, sign_in: Any) -> None:
    program = make_program(cast, title_zh="内部学访金丝雀", visibility="invited")
    make_delegation(cast, program, cast.beichen)
    make_registration(cast, program, make_person(cast, cast.school_a), "submitted")
    assert "registration.submit" in lines(sign_in(cast.organiser))
    assert "registration.submit" in lines(sign_in(cast.district_beichen))
    for name in ("outsider", "district_daxing", "organiser_other"):
        client = sign_in(getattr(cast, name))
        assert "registration.submit" not in lines(client) and "金丝雀" not in client.get(URL).content.decode()


def test_filters(cast: Any, sign_in: Any) -> None:
    first, second = make_program(cast), make_program(cast)
    client = sign_in(cast.organiser)
    assert set(lines(client, "area=program")) == {"program.create", "program.publish"}
    assert lines(client, "area=certificate") == []
    assert len(lines(client, f"program={first.pk}")) == 2
    assert lines(client, f"program={second.pk}&area=program&who=陈望") == ["program.publish", "program.create"]
    assert lines(client, "who=没有这个人") == []
    today, tomorrow = timezone.localdate(), timezone.localdate() + timedelta(days=1)
    assert len(lines(client, f"since={today}&until={today}&area=program")) == 4
    assert lines(client, f"since={tomorrow}") == []


@pytest.mark.parametrize(
    "query", ["area=x", "program=x", "program=0", "program=99999999999999999999", "since=yesterday", "since=0001-01-01", "until=9999-12-31", "who=a%07b"]
)
def test_bad_filters_are_400_and_show_nothing(cast: Any, sign_in: Any, query: str) -> None:
    make_program(cast)
    answer = sign_in(cast.organiser).get(f"{URL}?{query}")
    assert (answer.status_code, answer.context["lines"]) == (400, [])


def test_no_personal_value_is_shown(cast: Any, sign_in: Any) -> None:
    person = make_person(cast, cast.school_a, "王䶮", phone="15400001111")
    change_person(person=person, by=cast.organiser, name="王新名", phone="15422223333")
    audit.record("person.change", person, by=cast.organiser, changes={"phone": ["15400001111", "15422223333"], "memo": ["甲", "乙"]})
    text = sign_in(cast.organiser).get(f"{URL}?area=person").content.decode()
    assert "更正个人信息" in text and "手机" in text
    for secret in ("15400001111", "15422223333", "王新名", "甲 → 乙"):
        assert secret not in text


def test_states_are_told_in_words(cast: Any) -> None:
    event = AuditEvent(action="registration.confirm", target_type="participants.Registration", target_id=1, changes={"status": ["endorsed", "confirmed"]})
    assert activity.changes_of(event) == ["状态 区级通过 → 主办方通过"]
    with translation.override("en"):
        assert activity.changes_of(event) == ["status Endorsed by district → Confirmed by organiser"]
        assert activity.words_of("registration.confirm") == "Confirmed a registration"


def test_odd_changes_and_unknown_actions_are_no_error(cast: Any, sign_in: Any) -> None:
    program = make_program(cast)
    for changes in ({"status": "odd"}, {"status": [1]}, {"status": [None, {"a": 1}]}, {"unheard": [1, 2]}):
        audit.record("something.new", program, by=None, changes=changes)
    text = sign_in(cast.organiser).get(URL).content.decode()
    assert "something.new" in text and "unheard" not in text and "系统" in text


def test_hostile_reasons_stay_text(cast: Any, sign_in: Any) -> None:
    audit.record("program.change", make_program(cast), by=cast.organiser, reason="<script>alert(1)</script>")
    assert "<script>alert(1)" not in sign_in(cast.organiser).get(URL).content.decode()


def test_every_action_of_the_code_has_words() -> None:
    """Actions written as literals anywhere in the code are in the table."""
    pattern = re.compile(r"""(?:audit\.(?:record|event|record_many)|_write_audit|log)\(\s*"([a-z_]+\.[a-z_]+)\"""")
    files = [path for app in ("events", "participants") for path in Path(settings.BASE_DIR, app).rglob("*.py")]
    used = {action for path in files for action in pattern.findall(path.read_text(encoding="utf-8"))}
    assert len(used) > 30
    assert used - set(activity.ACTIONS) == set()


def test_every_arrow_has_words() -> None:
    tables = {
        "program": programs.TRANSITIONS,
        "registration": rosters.TRANSITIONS,
        "itineraryitem": ITEM_TRANSITIONS,
        "certificate": certificates.TRANSITIONS,
        "certificatebatch": certificates.BATCH_TRANSITIONS,
    }
    arrows = {f"{model}.{name}" for model, table in tables.items() for name in table}
    assert arrows - set(activity.ACTIONS) == set()


def test_the_log_is_paged_with_the_same_queries_for_one_and_three(cast: Any, sign_in: Any) -> None:
    make_program(cast)
    client = sign_in(cast.organiser)
    same_queries(lambda: client.get(URL), lambda: [make_program(cast), make_program(cast)])
    for _number in range(60):
        audit.record("program.change", make_program(cast, status="draft"), by=cast.organiser)
    assert len(client.get(URL).context["lines"]) == 50
    assert client.get(f"{URL}?page=9999").status_code == 404
