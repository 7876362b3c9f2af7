"""Locked roster versions: what they keep, that nothing changes them, and what has changed since."""

import io
from typing import Any

import openpyxl
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.people import rules as people
from participants.rosters import rules, version_files, versions
from participants.rosters.models import Delegation, NeverChanged, Registration, RosterVersion
from tests.cast import Cast, make_delegation, make_person, make_program, make_registration, same_queries
from tests.reading import taken, words_in


@pytest.fixture
def delegation(cast: Cast) -> Delegation:
    return make_delegation(cast, make_program(cast), cast.beichen, 30)


def add(cast: Cast, delegation: Delegation, name: str, status: str = "confirmed", school: Any = None) -> Registration:
    return make_registration(cast, delegation.program, make_person(cast, school or cast.school_a, name), status)


def lock(cast: Cast, delegation: Delegation, note: str = "") -> RosterVersion:
    return versions.lock_roster(delegation=delegation, by=cast.organiser, now=timezone.now(), note=note)


def kinds(changes: list[versions.Change]) -> list[tuple[str, str]]:
    return [(change.kind, change.name) for change in changes]


def test_versions_are_numbered_per_delegation_and_keep_who_holds_a_place(cast: Cast, delegation: Delegation) -> None:
    add(cast, delegation, "陈望舟")
    add(cast, delegation, "王䶮", "draft")
    add(cast, delegation, "林知遥", "submitted")
    first = lock(cast, delegation, "报送酒店")
    other = make_delegation(cast, delegation.program, cast.daxing, 5)
    add(cast, other, "韩江雪", school=cast.school_c)
    assert (first.number, first.people, first.note, first.locked_by) == (1, 2, "报送酒店", cast.organiser)
    assert [row["name"] for row in versions.values_in(first)] == ["陈望舟", "林知遥"]
    assert lock(cast, other).number == 1
    add(cast, delegation, "周𬍛")
    assert lock(cast, delegation).number == 2
    event = AuditEvent.objects.filter(action="delegation.lock").first()
    assert event.changes == {"number": [1, 2], "rows": [None, 3]} and event.target_id == delegation.pk


def test_a_version_keeps_no_full_number(cast: Cast, delegation: Delegation) -> None:
    person = add(cast, delegation, "陈望舟").person
    version = RosterVersion.objects.get(pk=lock(cast, delegation).pk)
    assert person.national_id not in str(version.rows) and person.phone not in str(version.rows)
    assert versions.values_in(version)[0]["national_id"].endswith(person.national_id[-4:])


def test_refusals(cast: Cast, delegation: Delegation) -> None:
    with pytest.raises(RuleViolation) as caught:
        lock(cast, delegation)
    assert caught.value.code == "empty_roster"
    add(cast, delegation, "陈望舟")
    lock(cast, delegation)
    with pytest.raises(RuleViolation) as caught:
        lock(cast, delegation)
    assert (caught.value.code, caught.value.params) == ("nothing_changed", {"version": 1})
    draft = make_delegation(cast, make_program(cast, status="draft"), cast.beichen, 3)
    with pytest.raises(RuleViolation) as caught:
        lock(cast, draft)
    assert caught.value.code == "program_not_published"


def test_nothing_changes_or_deletes_a_version(cast: Cast, delegation: Delegation) -> None:
    add(cast, delegation, "陈望舟")
    version = lock(cast, delegation)
    attempts = [
        lambda: RosterVersion.objects.update(number=9),
        lambda: RosterVersion.objects.all().delete(),
        lambda: version.delete(),
        lambda: version.save(),
    ]
    for attempt in attempts:
        with pytest.raises(NeverChanged):
            attempt()
    past_the_orm = [
        lambda: RosterVersion._base_manager.update(sha256="0" * 64),
        lambda: RosterVersion._base_manager.filter(pk=version.pk)._raw_delete("default"),
    ]
    for attempt in past_the_orm:
        with pytest.raises(DatabaseError, match="locked"), transaction.atomic():
            attempt()
    assert RosterVersion.objects.get().sha256 == version.sha256
    with pytest.raises(RuleViolation) as caught:
        rules.remove_empty(row=delegation, by=cast.organiser)
    assert caught.value.code == "in_use"


def test_altered_rows_show_by_the_hash_and_a_new_key_does_not(cast: Cast, delegation: Delegation) -> None:
    add(cast, delegation, "陈望舟")
    version = RosterVersion.objects.get(pk=lock(cast, delegation).pk)
    RosterVersion._base_manager.bulk_update([version], ["rows"])  # as rotate_field_keys does
    version = RosterVersion.objects.get()
    assert versions.is_intact(version)
    version.rows[0]["values"]["name"] = "别人"
    RosterVersion._base_manager.bulk_update([version], ["rows"])
    assert not versions.is_intact(RosterVersion.objects.get())


def test_changes_since_a_version(cast: Cast, delegation: Delegation) -> None:
    stays, leaves, gives, corrected = (add(cast, delegation, name) for name in ("陈望舟", "王䶮", "林知遥", "周𬍛"))
    version = lock(cast, delegation)
    assert versions.changes_since(version) == []
    now = timezone.now()
    rules.decline(registration=leaves, by=cast.organiser, now=now, reason="名额调整")
    second = rules.replace(registration=gives, person=make_person(cast, cast.school_a, "赵景衡"), by=cast.organiser, now=now)
    rules.replace(registration=second, person=make_person(cast, cast.school_a, "郑佩文"), by=cast.organiser, now=now)
    people.change_person(person=corrected.person, by=cast.organiser, subject="语文", phone="15400009999")
    add(cast, delegation, "何书钰", "submitted")
    changes = versions.changes_since(version)
    assert sorted(kinds(changes)) == [("added", "何书钰"), ("changed", "周𬍛"), ("left", "王䶮"), ("replaced", "郑佩文")]
    found = {change.kind: change for change in changes}
    assert found["replaced"].former == "林知遥"
    assert "名额调整" in found["left"].note
    assert [(label, after) for label, _before, after in found["changed"].fields] == [("手机号码", "154****9999"), ("学科", "语文")]
    assert versions.counted(changes) == {"added": 1, "left": 1, "replaced": 1, "changed": 1}
    assert stays.pk not in {change.registration for change in changes}
    later = lock(cast, delegation)
    assert sorted(kinds(versions.changes_since(version, later))) == sorted(kinds(changes))
    assert versions.changes_since(later) == []


def test_number_that_looks_alike_when_masked_is_a_change(cast: Cast, delegation: Delegation) -> None:
    row = add(cast, delegation, "陈望舟")
    people.change_person(person=row.person, by=cast.organiser, phone="15411110000")
    version = lock(cast, delegation)
    people.change_person(person=row.person, by=cast.organiser, phone="15422220000")
    [change] = versions.changes_since(version)
    assert [label for label, _before, _after in change.fields] == ["手机号码"]


def test_same_roster_in_either_language_gives_the_same_hash(cast: Cast, delegation: Delegation) -> None:
    from django.utils import translation

    add(cast, delegation, "陈望舟")
    version = lock(cast, delegation)
    with translation.override("en"):
        assert versions.changes_since(version) == []


# Formats ----------------------------------------------------------------------------------------------------------------

FIRST = {
    "registration": 7,
    "name": "陈望舟",
    "gender": "male",
    "birth_on": "1980-01-02",
    "national_id": "120***********0017",
    "national_id_index": "a1",
    "phone": "154****9876",
    "phone_index": "b2",
    "unit": "天津市北辰区模拟中学",
    "position": "主任",
    "professional_title": "一级教师",
    "subject": "数学",
    "role": "学员",
    "group": "",
    "status": "confirmed",
}


def test_rows_of_the_first_format_keep_their_hash_and_say_no_stage(cast: Cast, delegation: Delegation, api: Any) -> None:
    rows = versions.seal([FIRST])
    assert (
        rows[0]["digest"] == "722aebedcc107b7d7e45cf17d3776b08847b5950485201d886088d521671cc25"
        and versions.hash_of(rows) == "6655760d857ed26ad3de8c011501333c2b197ccb2c595f7724a77c9f69bc6c66"
    )
    row = add(cast, delegation, "陈望舟")
    as_before = {name: value for name, value in versions.values_of(row).items() if name not in ("format", "stage")}
    assert set(as_before) == set(FIRST)
    rows = versions.seal([as_before])
    old = RosterVersion.objects.create(delegation=delegation, number=1, locked_at=timezone.now(), people=1, rows=rows, sha256=versions.hash_of(rows))
    assert versions.is_intact(old) and versions.changes_since(old) == []
    people.change_person(person=row.person, by=cast.organiser, stage="junior")
    assert versions.changes_since(old) == []  # what a format does not know is no difference
    assert not any("学段" in words_in(paper(old)) for paper in (pdf, book))
    answer = api(cast.organiser).get(f"/api/v1/roster-versions/{old.pk}/").json()
    assert (answer["is_intact"], answer["rows"][0]["stage"]) == (True, "")

    new = lock(cast, delegation)  # says more than the first, so there may be a second
    assert (new.number, versions.values_in(new)[0]["stage"], versions.values_in(new)[0]["format"]) == (2, "junior", 2)
    assert versions.is_intact(new) and versions.changes_since(old, new) == []
    assert all("学段" in words_in(paper(new)) and "初中" in words_in(paper(new)) for paper in (pdf, book))
    people.change_person(person=row.person, by=cast.organiser, stage="")
    assert [change.fields for change in versions.changes_since(new)] == [(("学段", "初中", "高中"),)]  # without one of the own, the school's


def pdf(version: RosterVersion) -> bytes:
    return version_files.pdf(version, versions.values_in(version))


def book(version: RosterVersion) -> bytes:
    return version_files.workbook(version, versions.values_in(version))


# API and pages ----------------------------------------------------------------------------------------------------------


def test_api_locks_lists_compares_and_hands_out_the_papers(cast: Cast, delegation: Delegation, api: Any) -> None:
    row = add(cast, delegation, "陈望舟")
    client = api(cast.district_beichen)
    answer = client.post(f"/api/v1/delegations/{delegation.pk}/lock/", {"note": "存档"})
    assert answer.status_code == 201 and (answer.json()["number"], answer.json()["people"], answer.json()["note"]) == (1, 1, "存档")
    again = client.post(f"/api/v1/delegations/{delegation.pk}/lock/", {})
    assert (again.status_code, again.json()["code"]) == (409, "nothing_changed")
    key = answer.json()["id"]
    listed = client.get("/api/v1/roster-versions/", {"delegation": delegation.pk}).json()
    assert [item["id"] for item in listed["results"]] == [key] and "rows" not in listed["results"][0]
    full = client.get(f"/api/v1/roster-versions/{key}/").json()
    assert full["is_intact"] and [person["name"] for person in full["rows"]] == ["陈望舟"] and "national_id_index" not in full["rows"][0]
    rules.withdraw(registration=row, by=cast.organiser, now=timezone.now(), reason="生病")
    changes = client.get(f"/api/v1/roster-versions/{key}/changes/").json()
    assert (changes["since"], changes["to"], changes["counts"]["left"], changes["changes"][0]["name"]) == (1, None, 1, "陈望舟")
    assert client.get(f"/api/v1/roster-versions/{key}/changes/?to=7").status_code == 400
    assert client.get(f"/api/v1/roster-versions/{key}/changes/?to=x").status_code == 400
    made = client.post(f"/api/v1/roster-versions/{key}/export/", {"reason": "报送酒店"})
    assert (made.status_code, made.json()["rows"], made.json()["left_out"], made.json()["content_type"]) == (201, 1, 0, "application/pdf")
    text = words_in(client.get(made.json()["file"]).content)
    assert "陈望舟" in text and full["sha256"][:12] in text
    made = client.post(f"/api/v1/roster-versions/{key}/export/", {"kind": "xlsx", "reason": "存档"})
    book = openpyxl.load_workbook(io.BytesIO(client.get(made.json()["file"]).content))
    assert book.worksheets[0]["B3"].value == "陈望舟"
    for wrong in ({}, {"reason": " "}, {"reason": "x" * 501}, {"reason": "存档", "kind": "doc"}, {"reason": "\x00"}):
        assert client.post(f"/api/v1/roster-versions/{key}/export/", wrong).status_code == 400, wrong
    assert list(AuditEvent.objects.filter(action="delegation.print").order_by("id").values_list("reason", flat=True)) == ["报送酒店", "存档"]
    assert api(cast.organiser).get(made.json()["file"]).status_code == 404
    assert api(cast.viewer).post(f"/api/v1/roster-versions/{key}/export/", {"reason": "看看"}).status_code == 403


def test_api_who_may(cast: Cast, delegation: Delegation, api: Any) -> None:
    add(cast, delegation, "陈望舟")
    version = lock(cast, delegation)
    for user, seen, lockable in (
        (cast.organiser, 200, 409),
        (cast.district_beichen, 200, 409),
        (cast.viewer, 200, 403),
        (cast.coordinator_a, 404, 403),
        (cast.district_daxing, 404, 404),
        (cast.outsider, 404, 404),
    ):
        assert api(user).get(f"/api/v1/roster-versions/{version.pk}/").status_code == seen, user
        assert api(user).post(f"/api/v1/delegations/{delegation.pk}/lock/").status_code == lockable, user


def test_pages(cast: Cast, delegation: Delegation, sign_in: Any) -> None:
    row = add(cast, delegation, "陈望舟")
    client = sign_in(cast.organiser)
    listing = f"/desk/programs/{delegation.program_id}/roster/versions/"
    assert "锁定名册" in client.get(listing).content.decode()
    answer = client.post(f"/desk/delegations/{delegation.pk}/lock/", {"note": "报送酒店"}, follow=True)
    assert answer.redirect_chain == [(listing, 302)] and "第1版" in answer.content.decode()
    version = RosterVersion.objects.get()
    assert client.post(f"/desk/delegations/{delegation.pk}/lock/", {"note": "长" * 201}).status_code == 302
    assert RosterVersion.objects.count() == 1
    rules.replace(registration=row, person=make_person(cast, cast.school_a, "赵景衡"), by=cast.organiser, now=timezone.now())
    page = client.get(f"/desk/roster-versions/{version.pk}/changes/").content.decode()
    assert "赵景衡" in page and "陈望舟" in page and "自第1版以来有1处变化" in page
    assert "内容与锁定时一致" in client.get(f"/desk/roster-versions/{version.pk}/").content.decode()
    ask = f"/desk/roster-versions/{version.pk}/export/"
    assert "有1人" in client.get(f"{ask}?kind=xlsx").content.decode()
    assert taken(client, client.post(ask, {"kind": "pdf", "purpose": "lodging"})).startswith(b"%PDF")
    assert "陈望舟" in words_in(taken(client, client.post(ask, {"kind": "xlsx", "purpose": "lodging"})))
    assert client.post(ask, {"kind": "xlsx"}).status_code == 422
    assert (sign_in(cast.viewer).get(ask).status_code, sign_in(cast.coordinator_a).get(ask).status_code, sign_in(cast.outsider).get(ask).status_code) == (
        403,
        403,  # no coordinator locks or takes versions; an officer of elsewhere does not see this one
        404,
    )
    for user, status in ((cast.coordinator_a, 403), (cast.outsider, 404)):
        assert sign_in(user).get(f"/desk/roster-versions/{version.pk}/").status_code == status
    assert sign_in(cast.viewer).post(f"/desk/delegations/{delegation.pk}/lock/").status_code == 403


def test_lists_need_the_same_queries_for_more_rows(cast: Cast, delegation: Delegation, sign_in: Any, api: Any) -> None:
    add(cast, delegation, "陈望舟")
    lock(cast, delegation)
    add(cast, delegation, "王䶮")

    def more() -> None:
        for bureau, school in ((cast.daxing, cast.school_c), (cast.langfang, cast.school_langfang)):
            other = make_delegation(cast, delegation.program, bureau, 5)
            add(cast, other, "石磊", school=school)
            lock(cast, other)
            add(cast, other, "韩江雪", school=school)

    client, caller = sign_in(cast.organiser), api(cast.organiser)

    def visit() -> None:
        assert client.get(f"/desk/programs/{delegation.program_id}/roster/versions/").status_code == 200
        assert caller.get("/api/v1/roster-versions/").status_code == 200

    same_queries(visit, more)
