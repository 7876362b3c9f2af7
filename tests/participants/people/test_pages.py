"""Pages of people: list, details, private link."""

from typing import Any

from django.urls import reverse

from participants.people.models import Person
from tests.cast import Cast, make_delegation, make_person, make_program, make_registration


def test_details_are_corrected_and_numbers_kept(cast: Cast, sign_in: Any) -> None:
    person = make_person(cast, cast.school_a)
    client, page = sign_in(cast.coordinator_a), reverse("people:person", args=[person.pk])
    body = {"name": "王䶮", "gender": person.gender, "birth_on": person.birth_on.isoformat(), "phone": ""}
    assert client.post(page, body).status_code == 302
    changed = Person.objects.get(pk=person.pk)
    assert (changed.name, changed.pinyin, changed.phone, changed.national_id) == ("王䶮", "wangyan", person.phone, person.national_id)
    assert client.post(page, body | {"name": ""}).status_code == 422


def test_viewer_reads_and_may_not_change(cast: Cast, sign_in: Any) -> None:
    person = make_person(cast, cast.school_a)
    client, page = sign_in(cast.viewer), reverse("people:person", args=[person.pk])
    assert client.get(page).status_code == 200
    assert "/my/" not in client.get(page).content.decode()
    assert client.post(page, {"name": "x"}).status_code == 403
    assert client.post(reverse("people:reset_link", args=[person.pk])).status_code == 403


def test_only_those_on_no_roster_are_deleted(cast: Cast, sign_in: Any) -> None:
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen)
    kept, gone = make_person(cast, cast.school_a), make_person(cast, cast.school_a)
    make_registration(cast, program, kept)
    client = sign_in(cast.coordinator_a)
    for person in (kept, gone):
        client.post(reverse("people:remove", args=[person.pk]))
    assert list(Person.objects.all()) == [kept]


def test_list_is_searched_and_has_an_empty_state(cast: Cast, sign_in: Any) -> None:
    person = make_person(cast, cast.school_a, "欧阳若川")
    client = sign_in(cast.coordinator_a)
    assert list(client.get(f"{reverse('people:list')}?q=oyrc").context["people"]) == [person]
    assert "没有找到这个姓名" in client.get(f"{reverse('people:list')}?q=x").content.decode()
