"""Finding people by a part of their name or pinyin, whatever the database."""

from typing import Any

import pytest
from django.db import connection

from participants.people import rules
from participants.people.models import Person
from participants.people.search import grams_of, install, matching, stretches_of
from participants.rosters.models import Registration
from tests.cast import Cast, make_delegation, make_person, make_program, make_registration

NAMES = ["王小明", "王小刚", "李明", "阿依古丽·买买提江", "欧阳若川", "周𬍛", "Maria Rossi", "䶮王"]


@pytest.fixture
def people(cast: Cast) -> dict[str, Person]:
    return {name: make_person(cast, cast.school_a, name) for name in NAMES}


def found(text: str) -> set[str]:
    return set(matching(Person.objects.all(), text).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("王", {"王小明", "王小刚", "䶮王"}),
        ("王小", {"王小明", "王小刚"}),
        ("小明", {"王小明"}),
        ("王小明", {"王小明"}),
        ("王明", set()),
        ("古丽·买", {"阿依古丽·买买提江"}),
        ("𬍛", {"周𬍛"}),
        ("周𬍛", {"周𬍛"}),
        ("wangxiao", {"王小明", "王小刚"}),
        ("WangXiaoMing", {"王小明"}),
        ("ouyang", {"欧阳若川"}),
        ("wxm", {"王小明"}),
        ("oy", {"欧阳若川"}),
        ("maria", {"Maria Rossi"}),
        ("rossi mar", {"Maria Rossi"}),
        ("王 gang", {"王小刚"}),
        ("'", set()),
        ('"" OR *', set()),
        ("%", set()),
        ("", set(NAMES)),
    ],
)
def test_every_word_is_contained(people: dict[str, Person], text: str, names: set[str]) -> None:
    assert found(text) == names


def test_index_agrees_with_a_scan(people: dict[str, Person]) -> None:
    rows = list(Person.objects.all())
    for row in rows:
        for whole in (row.name, row.pinyin, row.initials):
            for start in range(len(whole)):
                for part in {whole[start : start + size].strip() for size in (3, 6, 8)} - {""}:
                    if " " in part:
                        continue
                    scan = {one.name for one in rows if any(part.lower() in text.lower() for text in (one.name, one.pinyin, one.initials))}
                    assert found(part) == scan, part


def test_index_follows_changes(cast: Cast, people: dict[str, Person]) -> None:
    rules.change_person(person=people["李明"], by=cast.admin, name="黎明")
    rules.remove_person(person=people["王小刚"], by=cast.admin)
    Person.objects.bulk_create([rules.prepare(Person(organisation=cast.school_a, name="新来的"))])
    assert (found("李明"), found("黎明"), found("王小刚"), found("新来"), found("xld")) == (set(), {"黎明"}, set(), {"新来的"}, {"新来的"})


def test_rows_that_lead_to_a_person(cast: Cast) -> None:
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen)
    row = make_registration(cast, program, make_person(cast, cast.school_a, "王小明"))
    make_registration(cast, program, make_person(cast, cast.school_a, "李明"))
    assert [one.pk for one in matching(Registration.objects.all(), "王小", "person")] == [row.pk]


def test_install_repairs_what_a_rebuilt_table_lost(cast: Cast, people: dict[str, Person]) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER participants_person_search_update")
            cursor.execute("DROP TRIGGER participants_person_search_insert")
            cursor.execute(f"CREATE TRIGGER participants_person_search_insert AFTER INSERT ON {Person._meta.db_table} BEGIN SELECT 1; END")
        Person.objects.filter(name="李明").update(name="黎明")
        assert found("黎明") == set()
    install()
    install()
    assert found("王小") == {"王小明", "王小刚"}
    if connection.vendor == "sqlite":
        assert found("黎明") == {"黎明"}
        make_person(cast, cast.school_a, "新来的")
        assert found("xinlai") == {"新来的"}


def test_the_plan_uses_the_index(people: dict[str, Person]) -> None:
    sql, parameters = matching(Person.objects.order_by(), "王小").query.sql_with_params()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # On a few rows any way is cheap; ask for the way that would be taken on many.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN' if connection.vendor == 'sqlite' else ''} {sql}", parameters)
        plan = str(cursor.fetchall())
    assert ("participants_person_search" in plan) and ("SCAN participants_person " not in plan)


def test_grams() -> None:
    assert grams_of("王", "n") == ["n王"]
    assert grams_of("王小明", "n") == ["n王小", "n小明"]
    assert grams_of("Wang", "p") == ["pwan", "pang"]
    assert (grams_of("w", "p"), grams_of("王", "p")) == ([], [])


def test_pinyin_on_sqlite_is_cut_into_stretches_that_cover_the_word() -> None:
    words = ["".join(bytes.fromhex(term.strip("*")[1:]).decode() for term in stretches_of(word)) for word in ("Wang", "wangya", "wangyan", "ouyangruochuan")]
    assert words == ["wang", "wangya", "wangyaangyan", "ouyangruochuochuan"]
    assert [stretches_of(word)[0].endswith("*") for word in ("wang", "wangya", "wangyan")] == [True, True, False]


def test_pages_and_api_find_through_it(cast: Cast, people: dict[str, Person], sign_in: Any, api: Any) -> None:
    page = sign_in(cast.coordinator_a).get("/desk/people/", {"q": "小明"}).content.decode()
    assert "王小明" in page and "王小刚" not in page
    answer = api(cast.coordinator_a).get("/api/v1/people/", {"search": "wxm"}).json()
    assert [row["name"] for row in answer["results"]] == ["王小明"]
    page = sign_in(cast.district_beichen).get("/desk/search/", {"q": "ouyang"}).content.decode()
    assert "欧阳若川" in page
