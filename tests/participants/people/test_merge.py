"""Two records of one person in one unit become one."""

from typing import Any

import pytest
from django.utils import timezone

from exchange import house_dates
from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.people import merging
from participants.people.models import GuardianConsent, Person
from participants.rosters.models import Registration
from tests.cast import Cast, make_delegation, make_person, make_program, make_registration


@pytest.fixture
def pair(cast: Cast) -> tuple[Person, Person]:
    """The record that stays has no ID number and no diet; the other one has."""
    keep = make_person(cast, cast.school_a, "王小明", national_id="", birth_on=None, phone="15400009999", subject="语文")
    gone = make_person(cast, cast.school_a, "王小明", diet="清真")
    return keep, gone


def registered(cast: Cast, person: Person, program: Any = None) -> Registration:
    program = program or make_program(cast)
    if not program.delegations.exists():
        make_delegation(cast, program, cast.beichen)
    return make_registration(cast, program, person)


def test_registrations_and_consents_point_to_the_record_that_stays(cast: Cast, pair: tuple[Person, Person]) -> None:
    keep, gone = pair
    row, number = registered(cast, gone), gone.national_id
    consent = GuardianConsent.objects.create(person=gone, way="paper", text_version="1", created_at=timezone.now())
    found = merging.merge_people(keep=keep, gone=gone, by=cast.coordinator_a)
    row, found = Registration.objects.get(pk=row.pk), Person.objects.get(pk=found.pk)
    assert (row.person_id, row.identity_index) == (keep.pk, found.national_id_index)
    assert (found.national_id, found.phone, found.subject, found.diet) == (number, "15400009999", "语文", "清真")
    assert GuardianConsent.objects.get(pk=consent.pk).person_id == keep.pk
    assert not Person.objects.filter(pk=gone.pk).exists()
    event = AuditEvent.objects.get(action="person.merge")
    assert event.changes["rows"] == [None, 1] and number not in str(event.changes)


def test_refusals_change_nothing(cast: Cast, pair: tuple[Person, Person]) -> None:
    keep, gone = pair
    program = make_program(cast)
    registered(cast, keep, program)
    registered(cast, gone, program)
    other_number = make_person(cast, cast.school_a, "王小明")
    elsewhere = make_person(cast, cast.school_b, "王小明")
    for one, two, code in (
        (keep, keep, "same_person"),
        (keep, elsewhere, "other_unit"),
        (gone, other_number, "different_people"),
        (keep, gone, "both_registered"),
    ):
        with pytest.raises(RuleViolation) as caught:
            merging.merge_people(keep=one, gone=two, by=cast.coordinator_a)
        assert caught.value.code == code
    assert Person.objects.count() == 4 and Registration.objects.filter(person=keep).count() == 1


def test_candidates_have_the_same_name_or_mobile_and_no_other_number(cast: Cast, pair: tuple[Person, Person]) -> None:
    keep, gone = pair
    third = make_person(cast, cast.school_a, "李明", phone="15400009999")
    make_person(cast, cast.school_b, "王小明")
    assert set(merging.candidates(keep)) == {gone, third}
    assert set(merging.candidates(gone)) == {keep}


def test_page_shows_both_and_merges(cast: Cast, pair: tuple[Person, Person], sign_in: Any) -> None:
    keep, gone = pair
    client = sign_in(cast.coordinator_a)
    page = client.get(f"/desk/people/{keep.pk}/merge/").content.decode()
    assert "清真" in page and gone.national_id not in page and "合并记录" in page
    assert client.post(f"/desk/people/{keep.pk}/merge/", {"other": "999999"}).status_code == 422
    answer = client.post(f"/desk/people/{keep.pk}/merge/", {"other": str(gone.pk)})
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/people/{keep.pk}/")
    assert not Person.objects.filter(pk=gone.pk).exists()
    assert sign_in(cast.coordinator_b).get(f"/desk/people/{keep.pk}/merge/").status_code == 404


def test_api(cast: Cast, pair: tuple[Person, Person], api: Any) -> None:
    keep, gone = pair
    assert api(cast.coordinator_b).post(f"/api/v1/people/{keep.pk}/merge/", {"other": gone.pk}).status_code == 404
    client = api(cast.coordinator_a)
    assert client.post(f"/api/v1/people/{keep.pk}/merge/", {"other": keep.pk}).json()["code"] == "same_person"
    assert client.post(f"/api/v1/people/{keep.pk}/merge/", {"other": "x"}).status_code == 400
    answer = client.post(f"/api/v1/people/{keep.pk}/merge/", {"other": gone.pk})
    assert (answer.status_code, answer.json()["id"]) == (200, keep.pk)
    assert not Person.objects.filter(pk=gone.pk).exists()


def test_the_preview_reads_like_the_pages(cast: Cast) -> None:
    keep = make_person(cast, cast.school_a, "王小明", national_id="", birth_on=None, stage="")
    gone = make_person(cast, cast.school_a, "王小明", stage="senior")
    rows = {row["label"]: row["other"] for row in merging.preview(keep, gone)}
    assert rows["学段"] == "高中"
    assert rows["出生日期"] == house_dates.full_day(gone.birth_on)
    assert "*" in rows["身份证号"]
