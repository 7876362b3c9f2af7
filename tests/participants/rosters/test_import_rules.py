"""The import's rules: what a sheet becomes, what a commit writes, and what is refused."""

import gc
import time
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.people.models import Person
from participants.rosters import imports, rules
from participants.rosters.models import Registration, RosterImport
from tests.cast import fictional_id, make_delegation, make_person, make_program, make_registration
from tests.participants.rosters.imports import GOOD, HEADER, codes_of, csv_bytes, data, dirty_rows, make_visit, rows_of, sheet, upload

NOW = timezone.now()
DIRTY = [row for row in dirty_rows() if row[2] != "defect"]
RARE = {"孙㛃", "王䶮", "梁𫖯", "阿依古丽·买买提", "欧阳若川"}


def commit(roster_import, by, **fields):
    return imports.commit_import(roster_import=roster_import, by=by, now=timezone.now(), **fields)


def refusal(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as refused:
        call(*args, **kwargs)
    return refused.value.code


def people_sheet(number, first=0, memo=""):
    """`number` good rows with different people."""
    rows = []
    for index in range(first, first + number):
        born = date(1970, 1, 1) + timedelta(days=index)
        identity = fictional_id(born, 997)
        rows.append([f"测试{chr(0x4E00 + index)}", "男", "汉族", born.isoformat(), identity, "北辰区", GOOD[6], f"154{index:08d}", memo])
    return csv_bytes([HEADER, *rows])


# Reading ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def dirty(cast):
    program = make_visit(cast)
    return rows_of(upload(program, csv_bytes([cells for _row, cells, _defect, _expected in dirty_rows()]), cast.organiser))


def test_dirty_sheet_is_read_as_labelled(dirty):
    def matches(row, expected):
        return dirty[row]["status"] == expected or (expected == "fixed" and dirty[row]["status"] == "skipped")

    wrong = [(row, defect, expected, dirty[row]["status"], dirty[row].get("issues")) for row, _c, defect, expected in DIRTY if not matches(row, expected)]
    assert wrong == []


def test_clean_roster_gives_68_people_with_their_names_untouched(cast):
    program = make_visit(cast)
    roster_import = upload(program, data("roster-study-visit.csv"), cast.organiser)
    assert {name: roster_import.counts[name] for name in ("ok", "fixed", "warning", "rejected")} == {"ok": 68, "fixed": 0, "warning": 0, "rejected": 0}
    outcome = commit(roster_import, cast.organiser)
    assert (outcome.created, outcome.updated, outcome.skipped) == (68, 0, 0)
    registrations = Registration.objects.filter(program=program).select_related("person", "group", "delegation__organisation")
    assert registrations.count() == 68
    names = {row.person.name for row in registrations}
    assert names >= RARE and any("𬍛" in name for name in names)
    by_bureau = {bureau: sum(row.delegation.organisation == bureau for row in registrations) for bureau in (cast.beichen, cast.daxing, cast.langfang)}
    assert list(by_bureau.values()) == [30, 20, 18]
    assert {row.status for row in registrations} == {"draft"}
    leader = registrations.get(person__name="陈望舟")
    assert (leader.role, leader.group.name, leader.position, leader.person.gender) == ("领队", "第1组", 2, "male")
    assert (leader.person.national_id, leader.person.phone) == ("120113197403229974", "15422000137")
    assert (leader.person.emergency_contact, leader.person.lodging, str(leader.person.birth_on)) == ("家属（配偶）", "单人间", "1974-03-22")
    assert all(row.person.link_hash for row in registrations) and leader.person.initials == "cwz"


def test_the_workbooks_of_the_bureaus_give_the_same_people(cast):
    program, other = make_visit(cast), make_visit(cast)
    commit(upload(program, data("roster-study-visit.csv"), cast.organiser), cast.organiser)
    for name in ("signup-beichen.xlsx", "signup-daxing.xlsx", "signup-langfang.xlsx"):
        commit(upload(other, data(name), cast.organiser, name), cast.organiser)

    def people(of):
        return sorted(of.registrations.values_list("identity_index", "person_id", "role", "group__number"))

    assert people(program) == people(other)


def test_gb18030_gives_the_same_rows_as_the_workbook(cast):
    program = make_visit(cast)
    legacy = rows_of(upload(program, data("signup-daxing-gb18030.csv"), cast.organiser))
    modern = rows_of(upload(program, data("signup-daxing.xlsx"), cast.organiser, "signup-daxing.xlsx"))

    def values(rows):
        return [row["values"] for row in rows.values() if row["status"] != "skipped"]

    assert values(legacy) == values(modern) and len(values(legacy)) == 20


# Commit ----------------------------------------------------------------------------------------------------------------


def test_a_second_upload_of_the_sheet_updates_and_adds_nobody(cast):
    program = make_visit(cast)
    commit(upload(program, sheet({}), cast.coordinator_a), cast.coordinator_a)
    again = upload(program, sheet({7: "15433000777", 8: "改了手机"}), cast.coordinator_a)
    assert codes_of(again, 2) == ["already_registered"]
    outcome = commit(again, cast.coordinator_a)
    assert (outcome.created, outcome.updated) == (0, 1)
    person = Person.objects.get(name="许知遥")
    assert (person.phone, person.memo, Registration.objects.count()) == ("15433000777", "改了手机", 1)


def test_empty_cells_of_a_second_upload_leave_what_is_known(cast):
    program = make_visit(cast)
    commit(upload(program, sheet({8: "晕车"}), cast.organiser), cast.organiser)
    commit(upload(program, sheet({7: "", 8: ""}), cast.organiser), cast.organiser)
    person = Person.objects.get(name="许知遥")
    assert (person.phone, person.memo) == ("15433000149", "晕车")


def test_a_person_known_to_the_unit_is_reused(cast):
    known = make_person(cast, cast.school_a, "许知遥", national_id=GOOD[4], phone="15400009999")
    program = make_visit(cast)
    outcome = commit(upload(program, sheet({}), cast.coordinator_a), cast.coordinator_a)
    assert outcome.registrations[2].person_id == known.pk and Person.objects.count() == 1
    known.refresh_from_db()
    assert known.phone == "15433000149" and known.link_hash


def test_people_without_numbers_are_found_again_by_name_and_phone(cast):
    program = make_visit(cast, kind="choir")
    twins = sheet({4: "", 3: ""}, {4: "", 3: ""})
    first = commit(upload(program, twins, cast.organiser), cast.organiser)
    second = commit(upload(program, twins + b"\n", cast.organiser), cast.organiser)
    assert (first.created, second.created, second.updated, Person.objects.count()) == (2, 0, 2, 2)


def test_a_second_commit_is_refused_and_doubles_nothing(cast):
    program = make_visit(cast)
    roster_import = upload(program, sheet({}), cast.organiser)
    commit(roster_import, cast.organiser)
    assert refusal(commit, roster_import, cast.organiser) == "already_committed"
    assert Registration.objects.count() == 1


def test_the_same_file_in_preview_comes_back_with_its_corrections(cast):
    program = make_visit(cast)
    first = upload(program, sheet({0: ""}), cast.organiser)
    imports.correct_cell(roster_import=first, row=2, column="name", value="许知遥", by=cast.organiser, now=NOW)
    second = upload(program, sheet({0: ""}), cast.organiser)
    assert second.pk == first.pk and second.counts["ok"] + second.counts["fixed"] == 1
    assert upload(program, sheet({0: ""}), cast.coordinator_a).pk != first.pk


def test_only_the_chosen_rows_are_imported(cast):
    program = make_visit(cast)
    outcome = commit(upload(program, people_sheet(3), cast.organiser), cast.organiser, rows=[3])
    assert list(outcome.registrations) == [3] and outcome.skipped == 2


def test_rejected_rows_leave_no_trace(cast):
    program = make_visit(cast)
    commit(upload(program, sheet({}, {0: "高远山", 4: "120113197203039982"}), cast.organiser), cast.organiser)
    assert list(Person.objects.values_list("name", flat=True)) == ["许知遥"]


def test_a_fuzzy_unit_waits_for_a_yes(cast):
    program = make_visit(cast)
    roster_import = upload(program, sheet({6: "天津市北辰区运河弯中学"}), cast.organiser)
    assert (roster_import.counts["warning"], roster_import.counts["importable"]) == (1, 0)
    assert refusal(commit, roster_import, cast.organiser) == "nothing_to_import"
    imports.confirm_units(roster_import=roster_import, rows=[2], by=cast.organiser, now=NOW)
    outcome = commit(roster_import, cast.organiser)
    assert outcome.registrations[2].organisation == cast.school_b


def test_somebody_registered_by_another_unit_is_refused_without_saying_where(cast):
    program = make_visit(cast)
    commit(upload(program, sheet({6: "天津市北辰区运河湾中学"}), cast.coordinator_b), cast.coordinator_b)
    mine = upload(program, sheet({}), cast.coordinator_a)
    assert codes_of(mine, 2) == ["taken_elsewhere"] and mine.counts["rejected"] == 1
    assert "运河湾" not in str(rows_of(mine)[2])


def test_somebody_under_review_is_left_as_is(cast):
    program = make_visit(cast)
    person = make_person(cast, cast.school_a, "许知遥", national_id=GOOD[4], phone="15400009999")
    make_registration(cast, program, person, "submitted")
    roster_import = upload(program, sheet({}), cast.coordinator_a)
    assert codes_of(roster_import, 2) == ["registered_locked"] and roster_import.counts["importable"] == 0
    assert codes_of(upload(program, sheet({}), cast.organiser), 2) == ["already_registered"]


def test_a_person_who_withdrew_may_come_back(cast):
    program = make_visit(cast)
    first = commit(upload(program, sheet({}), cast.coordinator_a), cast.coordinator_a).registrations[2]
    rules.withdraw(registration=first, by=cast.coordinator_a, now=NOW)
    again = commit(upload(program, sheet({}), cast.coordinator_a), cast.coordinator_a)
    assert again.created == 1 and Registration.objects.count() == 2


def test_allocation_and_audit_are_written(cast):
    program = make_visit(cast)
    delegation = program.delegations.get(organisation=cast.beichen)
    allocation = rules.set_allocation(delegation=delegation, organisation=cast.school_a, quota=5, by=cast.district_beichen)
    roster_import = upload(program, sheet({}), cast.coordinator_a)
    registration = commit(roster_import, cast.coordinator_a).registrations[2]
    assert (registration.allocation, registration.delegation) == (allocation, delegation)
    actions = set(AuditEvent.objects.filter(actor_id=cast.coordinator_a.pk).values_list("action", flat=True))
    assert actions == {"rosterimport.start", "rosterimport.commit", "person.create", "registration.create"}
    assert GOOD[4] not in str(list(AuditEvent.objects.values("changes", "reason")))


def test_people_beyond_the_quota_are_counted_and_imported_as_drafts(cast):
    program = make_visit(cast)
    delegation = program.delegations.get(organisation=cast.beichen)
    rules.set_allocation(delegation=delegation, organisation=cast.school_a, quota=2, by=cast.district_beichen)
    make_registration(cast, program, make_person(cast, cast.school_a), "submitted")
    roster_import = upload(program, people_sheet(5), cast.coordinator_a)
    assert (roster_import.counts["importable"], roster_import.counts["beyond_quota"]) == (5, 4)
    assert commit(roster_import, cast.coordinator_a).created == 5
    rules.set_allocation(delegation=delegation, organisation=cast.school_a, quota=9, by=cast.district_beichen)
    assert upload(program, people_sheet(3, 20), cast.coordinator_a).counts["beyond_quota"] == 0


def test_a_failure_in_the_middle_leaves_nothing_behind(cast, monkeypatch):
    program = make_visit(cast)
    roster_import = upload(program, people_sheet(3), cast.organiser)
    before = AuditEvent.objects.count()

    def fail(*args, **kwargs):
        raise OSError("the disk is full")

    monkeypatch.setattr("participants.rosters.import_commit.update_registrations", fail)
    with pytest.raises(OSError, match="disk"):
        commit(roster_import, cast.organiser)
    roster_import.refresh_from_db()
    assert (roster_import.status, Person.objects.count(), Registration.objects.count(), AuditEvent.objects.count()) == ("preview", 0, 0, before)


def test_ten_and_sixty_rows_take_the_same_number_of_statements(cast):
    def statements(program, number, first, memo):
        roster_import = upload(program, people_sheet(number, first, memo), cast.organiser)
        with CaptureQueriesContext(connection) as queries:
            outcome = commit(roster_import, cast.organiser)
        return len(queries), outcome.created == number, outcome.updated == number

    few, many = make_visit(cast), make_visit(cast)
    for memo in ("", "晕车"):  # new people, and changes of them all
        assert statements(few, 10, 0, memo) == statements(many, 60, 100, memo)
    assert gc.isenabled()


def test_five_thousand_rows_are_read_and_written_within_seconds(cast):
    started = time.process_time()  # not by the clock: other work on the machine is not ours
    program = make_visit(cast)
    roster_import = upload(program, people_sheet(4900), cast.organiser)
    assert roster_import.counts["importable"] == 4900
    assert commit(roster_import, cast.organiser).created == 4900
    assert time.process_time() - started < 30


# Corrections -----------------------------------------------------------------------------------------------------------


def test_a_corrected_cell_is_read_again_and_can_be_undone(cast):
    roster_import = upload(make_visit(cast), sheet({4: "120113197102029970"}), cast.organiser)
    assert codes_of(roster_import, 2) == ["id_checksum"]
    corrected = imports.correct_cell(roster_import=roster_import, row=2, column="national_id", value=" 120113197102029979", by=cast.organiser, now=NOW)
    row = rows_of(corrected)[2]
    assert (row["status"], row["values"]["national_id"], row["cells"]["national_id"][0]) == ("ok", GOOD[4], "120113197102029970")
    undone = imports.correct_cell(roster_import=roster_import, row=2, column="national_id", value=None, by=cast.organiser, now=NOW)
    assert codes_of(undone, 2) == ["id_checksum"]


def test_skipping_one_of_two_duplicates_frees_the_other(cast):
    roster_import = upload(make_visit(cast), sheet({}, {}), cast.organiser)
    assert (roster_import.counts["ok"], roster_import.counts["rejected"]) == (1, 1)
    changed = imports.skip_row(roster_import=roster_import, row=2, by=cast.organiser, now=NOW)
    assert (changed.counts["ok"], changed.counts["rejected"], changed.counts["skipped"]) == (1, 0, 1)
    back = imports.skip_row(roster_import=roster_import, row=2, skip=False, by=cast.organiser, now=NOW)
    assert back.counts["rejected"] == 1


def test_a_column_that_the_sheet_lacks_can_be_filled_in(cast):
    keep = [0, 1, 6]
    content = csv_bytes([[HEADER[index] for index in keep], [GOOD[index] for index in keep]])
    roster_import = upload(make_visit(cast), content, cast.organiser)
    assert codes_of(roster_import, 2) == ["id_missing"]
    corrected = imports.correct_cell(roster_import=roster_import, row=2, column="national_id", value=GOOD[4], by=cast.organiser, now=NOW)
    assert corrected.counts["importable"] == 1


@pytest.mark.parametrize(("row", "column", "code"), [(99, "name", "no_such_row"), (2, "status", "no_such_column"), (2, "number", "no_such_column")])
def test_correcting_what_is_not_there_is_refused(cast, row, column, code):
    roster_import = upload(make_visit(cast), sheet({}), cast.organiser)
    assert refusal(imports.correct_cell, roster_import=roster_import, row=row, column=column, value="x", by=cast.organiser, now=NOW) == code


def test_reading_again_finds_a_unit_that_was_added_meanwhile(cast):
    from tests.cast import make_organisation

    roster_import = upload(make_visit(cast), sheet({6: "天津市北辰区新河湾学校"}), cast.organiser)
    assert roster_import.counts["rejected"] == 1
    make_organisation("school", "天津市北辰区新河湾学校", cast.beichen, "120113")
    assert imports.refresh(roster_import=roster_import, by=cast.organiser, now=NOW).counts["ok"] == 1


# Doors -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "unit", "allowed"),
    [
        ("coordinator_a", "天津市北辰区辰光高级中学", True),
        ("coordinator_a", "天津市北辰区运河湾中学", False),
        ("district_beichen", "天津市北辰区运河湾中学", True),
        ("district_daxing", "天津市北辰区运河湾中学", False),
        ("organiser", "北京市大兴区永定湾中学", True),
        ("organiser_other", "北京市大兴区永定湾中学", True),
        ("organiser_other", "天津市北辰区运河湾中学", False),
    ],
)
def test_each_uploads_for_the_own_subtree(cast, who, unit, allowed):
    roster_import = upload(make_visit(cast), sheet({6: unit, 5: ""}), getattr(cast, who))
    assert roster_import.counts["importable"] == int(allowed)
    assert ("unit_not_yours" in codes_of(roster_import, 2)) is not allowed


def test_an_upload_for_one_unit_takes_only_its_rows(cast):
    roster_import = upload(make_visit(cast), sheet({6: "天津市北辰区运河湾中学"}), cast.district_beichen, organisation=cast.school_a)
    assert codes_of(roster_import, 2) == ["unit_not_yours"] and roster_import.organisation == cast.school_a


def test_uploading_for_a_foreign_unit_is_refused(cast):
    program = make_visit(cast)
    assert refusal(upload, program, sheet({}), cast.coordinator_a, organisation=cast.school_b) == "foreign_unit"


@pytest.mark.parametrize("status", ["draft", "completed", "cancelled"])
def test_a_program_that_is_not_published_takes_no_upload(cast, status):
    assert refusal(upload, make_visit(cast, status=status), sheet({}), cast.organiser) == "registration_closed"


def test_after_the_window_only_the_organiser_imports(cast):
    program = make_visit(cast, registration_closes_at=NOW - timedelta(days=1))
    assert refusal(upload, program, sheet({}), cast.coordinator_a) == "registration_closed"
    assert commit(upload(program, sheet({}), cast.organiser), cast.organiser).created == 1


def test_a_window_that_closes_after_the_preview_stops_the_commit(cast):
    program = make_visit(cast)
    roster_import = upload(program, sheet({}), cast.coordinator_a)
    type(program).objects.filter(pk=program.pk).update(registration_closes_at=NOW)
    assert refusal(commit, roster_import, cast.coordinator_a) == "registration_closed"
    assert Registration.objects.count() == 0


def test_a_discarded_import_is_empty_and_stays_shut(cast):
    roster_import = upload(make_visit(cast), sheet({}), cast.organiser)
    imports.discard_import(roster_import=roster_import, by=cast.organiser, now=NOW)
    roster_import.refresh_from_db()
    assert (roster_import.status, roster_import.reading, roster_import.file) == ("discarded", {}, b"")
    assert refusal(commit, roster_import, cast.organiser) == "import_discarded"
    assert refusal(imports.discard_import, roster_import=roster_import, by=cast.organiser, now=NOW) == "import_discarded"


def test_an_import_expires_after_thirty_days(cast):
    roster_import = upload(make_visit(cast), sheet({}), cast.organiser)
    assert timedelta(days=29) < roster_import.expires_at - timezone.now() <= timedelta(days=30)
    RosterImport.objects.update(expires_at=NOW - timedelta(days=1))
    assert refusal(commit, roster_import, cast.organiser) == "import_expired"
    assert imports.purge_expired(NOW) == 1 and not RosterImport.objects.exists()


def test_no_number_stands_in_the_database_in_the_clear(cast):
    commit(upload(make_visit(cast), data("roster-study-visit.csv"), cast.organiser), cast.organiser)
    with connection.cursor() as cursor:
        for table in ("participants_person", "participants_rosterimport", "participants_registration", "exchange_auditevent"):
            cursor.execute(f"SELECT * FROM {table}")
            stored = "\n".join(str(row) for row in cursor.fetchall())
            assert stored
            for secret in ("120113197403229974", "15422000137", "15477000211"):
                assert secret not in stored, table


def test_the_groups_of_another_program_are_not_taken(cast):
    make_visit(cast)
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen, 5)
    content = csv_bytes([[*HEADER, "组别"], [*GOOD, "第1组"]])
    registration = commit(upload(program, content, cast.organiser), cast.organiser).registrations[2]
    assert registration.group is None
