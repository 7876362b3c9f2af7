"""The desk's search: found by many names, limited to what the user may see."""

from typing import Any

import pytest

from participants.desk.search import search
from tests.cast import make_delegation, make_person, make_program, make_registration, same_queries
from tests.participants.attendance.factories import certify

pytestmark = pytest.mark.django_db


def found(user: Any, words: str) -> dict[str, list[str]]:
    return {group.title: [hit.title for hit in group.rows] for group in search(user, words)}


@pytest.mark.parametrize("words", ["王䶮", "䶮", "wangyan", "wang yan", "wy", "15412347788"])
def test_people_by_name_pinyin_initials_and_phone(cast: Any, words: str) -> None:
    make_person(cast, cast.school_a, "王䶮", phone="15412347788")
    make_person(cast, cast.school_a, "林知遥")
    assert found(cast.coordinator_a, words) == {"人员": ["王䶮"]}
    assert found(cast.coordinator_b, words) == {}
    assert found(cast.outsider, words) == {}


def test_people_by_whole_id_number_only(cast: Any) -> None:
    person = make_person(cast, cast.school_a, "王䶮")
    assert found(cast.coordinator_a, person.national_id) == {"人员": ["王䶮"]}
    assert found(cast.coordinator_a, person.national_id[:12]) == {}


def test_programs_certificates_and_organisations(cast: Any, sign_in: Any) -> None:
    program = make_program(cast, title_zh="赴无锡学访", visibility="invited")
    make_delegation(cast, program, cast.beichen)
    certificate = certify(cast, make_registration(cast, program, make_person(cast, cast.school_a, "王䶮"), "confirmed"))
    assert found(cast.organiser, "无锡") == {"活动": ["赴无锡学访"], "机构": ["无锡市太湖云帆中学"]}
    assert found(cast.organiser, "〔2026〕第0001") == {"证书": [certificate.number]}
    assert found(cast.organiser, "辰光中学") == {"机构": ["天津市北辰区辰光高级中学"]}
    assert found(cast.outsider, "无锡") == {"机构": ["无锡市太湖云帆中学"]}
    assert found(cast.outsider, "第0001") == {}
    text = sign_in(cast.organiser).get("/desk/search/?q=无锡").content.decode()
    assert f"/desk/programs/{program.pk}/" in text


def test_public_programs_of_others_lead_to_their_public_page(cast: Any) -> None:
    program = make_program(cast, title_zh="公开合唱")
    assert [hit.url for group in search(cast.outsider, "公开合唱") for hit in group.rows] == [f"/programs/{program.pk}/"]


def test_each_group_is_limited_to_ten_and_says_so(cast: Any) -> None:
    for number in range(11):
        make_person(cast, cast.school_a, f"王{number}")
    group = search(cast.coordinator_a, "王")[0]
    assert (len(group.rows), group.has_more) == (10, True)


@pytest.mark.parametrize(
    "query", ["", "q=", "q=%20%20", "q=%25", "q=_", "q=%F0%9F%98%80", "q=" + "x" * 5000, "q=%3Cscript%3Ealert(1)%3C/script%3E", "q='%22%3B--"]
)
def test_any_input_is_answered(cast: Any, sign_in: Any, query: str) -> None:
    make_person(cast, cast.school_a)
    answer = sign_in(cast.coordinator_a).get(f"/desk/search/?{query}")
    assert answer.status_code == 200
    assert "<script>alert(1)" not in answer.content.decode()


def test_nul_is_400_and_anonymous_signs_in(cast: Any, sign_in: Any, client: Any) -> None:
    assert sign_in(cast.coordinator_a).get("/desk/search/?q=a%00b").status_code == 400
    assert client.get("/desk/search/?q=a")["Location"].startswith("/accounts/login/")


def test_wildcards_are_letters(cast: Any) -> None:
    make_person(cast, cast.school_a, "王䶮")
    assert found(cast.coordinator_a, "%") == {} and found(cast.coordinator_a, "_") == {}


def test_the_same_queries_for_one_and_three(cast: Any, sign_in: Any) -> None:
    def more(number: int) -> None:
        program = make_program(cast, title_zh=f"王{number}")
        make_delegation(cast, program, cast.beichen)
        certify(cast, make_registration(cast, program, make_person(cast, cast.school_a, "王"), "confirmed"))

    more(1)
    client = sign_in(cast.organiser)
    same_queries(lambda: client.get("/desk/search/?q=王"), lambda: [more(2), more(3)])
