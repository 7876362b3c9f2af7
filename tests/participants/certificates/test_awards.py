"""Results: entering them, their papers in the ledger, sheets, batches."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import timezone

from exchange.transitions import RuleViolation
from participants.certificates import award_batches, award_sheet, awards, batches, files, rules, verification
from participants.certificates.award_forms import AwardSheetForm
from participants.certificates.award_models import Award
from participants.certificates.files import facts_of
from participants.certificates.models import Certificate, CertificateBatch, CertificateBatchItem
from participants.certificates.wording import titles_of
from tests.cast import Cast
from tests.participants.certificates.making import make_certificate, make_participant, text_of
from tests.participants.certificates.results import make_award, make_contest, make_template

pytestmark = pytest.mark.django_db


def issue(cast: Cast, award: Award) -> Certificate:
    now = timezone.now()
    certificate = awards.enter(award_id=award.pk, facts=awards.prepare(award.pk, now), by=cast.organiser, now=now)
    files.ensure(certificate)
    return certificate


KINDS = [
    ("award", "person", {}, "阎小满 同学：你的作品《潮白河的早晨》获得小学组一等奖。愿你继续看，继续画。", "奖状"),
    (
        "award",
        "team",
        {"name": "辰光社", "members": ["甲一", "乙二"]},
        "辰光社 ：你们的作品《潮白河的早晨》获得小学组一等奖。成员：甲一、乙二。特发此状，以资鼓励。",
        "奖状",
    ),
    ("organiser", "organisation", {"name": "辰光高级中学", "work": "", "prize": "", "category": ""}, "的组织工作中表现突出，荣获优秀组织奖。", "荣誉证书"),
    (
        "instructor",
        "person",
        {"name": "沈知夏", "prize": "", "category": ""},
        "您指导的作品《潮白河的早晨》在“运河同源”三地书画展中荣获优秀指导教师奖。",
        "荣誉证书",
    ),
    (
        "performance",
        "team",
        {"name": "合唱团", "work": "长城谣", "instructors": ["高远"]},
        "你们演出的《长城谣》在“运河同源”三地书画展中成功展演，荣获小学组一等奖。指导教师：高远。",
        "展演证书",
    ),
    ("work", "person", {"prize": "", "category": ""}, "你的作品《潮白河的早晨》入选本次展览。愿你继续看，继续画。", "入选证书"),
]


@pytest.mark.parametrize(("kind", "holder", "fields", "sentence", "title"), KINDS)
def test_each_kind_says_what_it_is_for(cast: Cast, tmp_path: Path, kind: str, holder: str, fields: dict[str, Any], sentence: str, title: str) -> None:
    certificate = issue(cast, make_award(cast, make_contest(cast), kind=kind, holder=holder, **fields))
    said = "".join(text_of(files.read(certificate), tmp_path).split())
    assert "".join(sentence.split()) in said
    assert title in said and certificate.number in said and certificate.registration is None
    assert titles_of(facts_of(certificate))[0] == title


def test_a_result_and_an_attendance_share_one_series_without_gap(cast: Cast) -> None:
    program = make_contest(cast)
    first = make_certificate(cast, program)
    second = issue(cast, make_award(cast, program))
    assert [first.serial, second.serial] == [1, 2] and first.issuer == second.issuer
    with pytest.raises(RuleViolation) as refusal:
        issue(cast, second.award)
    assert refusal.value.code == "already_issued"


def test_facts_are_frozen_when_the_result_changes(cast: Cast) -> None:
    award = make_award(cast, make_contest(cast))
    certificate = issue(cast, award)
    with pytest.raises(RuleViolation) as refusal:
        awards.change(award=award, by=cast.organiser, kind="award", holder="person", name="别人", organisation=cast.school_a, work="x", prize="二等奖")
    assert refusal.value.code == "certificate_issued"
    before = files.read(certificate)
    Award.objects.filter(pk=award.pk).update(name="别人", prize="二等奖", members=["丙"])
    certificate.refresh_from_db()
    rules.reissue(certificate=certificate, by=cast.organiser, now=timezone.now())
    assert files.read(Certificate.objects.get(pk=certificate.pk)) == before and facts_of(certificate).award == "一等奖"


def test_the_result_of_a_registered_person_stands_on_their_page(cast: Cast, client: Any) -> None:
    from participants.people.rules import link_token

    program = make_contest(cast)
    registration = make_participant(cast, program, "阎小满", attended=False)
    certificate = issue(cast, make_award(cast, program, registration=registration))
    token = link_token(registration.person)
    assert certificate.number in client.get(f"/my/{token}/").content.decode()
    answer = client.get(f"/my/{token}/certificates/{certificate.pk}.pdf")
    assert answer.status_code == 200 and b"".join(answer.streaming_content).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"prize": ""}, "prize_missing"),
        ({"kind": "work", "work": ""}, "work_missing"),
        ({"members": ["名"] * 41}, "too_many_names"),
    ],
)
def test_results_that_say_nothing_are_refused(cast: Cast, fields: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        make_award(cast, make_contest(cast), **fields)
    assert refusal.value.code == code


def test_the_same_result_twice_and_a_foreign_registration_are_refused(cast: Cast) -> None:
    program = make_contest(cast)
    make_award(cast, program)
    with pytest.raises(RuleViolation) as refusal:
        make_award(cast, program)
    assert refusal.value.code == "already_entered"
    with pytest.raises(RuleViolation) as refusal:
        make_award(cast, program, name="另", registration=make_participant(cast, make_contest(cast), attended=False))
    assert refusal.value.code == "foreign_registration"


@pytest.mark.parametrize(("char", "name"), [("\uf8ff", "U+F8FF"), ("\U000e0fff", "U+E0FFF"), ("\u0378", "U+0378")])
def test_a_name_that_no_font_prints_is_refused_before_a_number_is_taken(cast: Cast, char: str, name: str) -> None:
    award = make_award(cast, make_contest(cast), name=f"王{char}")
    with pytest.raises(RuleViolation) as refusal:
        awards.prepare(award.pk, timezone.now())
    assert refusal.value.code == "missing_glyph" and name in refusal.value.message
    assert awards.standings(award.program)[0].state == "blocked" and not Certificate.objects.exists()


def test_a_batch_makes_every_paper_once(cast: Cast) -> None:
    program = make_contest(cast)
    for index in range(4):
        make_award(cast, program, name=f"选手{'甲乙丙丁'[index]}")
    make_award(cast, program, name="王\uf8ff")
    batch = award_batches.create_batch(program=program, by=cast.organiser, now=timezone.now(), in_background=False)
    batch = batches.run(batch.pk, timezone.now)
    assert (batch.status, batch.done, batch.failed) == ("done", 4, 1)
    assert sorted(Certificate.objects.values_list("serial", flat=True)) == [1, 2, 3, 4]
    assert batch.items.get(certificate=None).error_code == "missing_glyph"
    batches.run(batch.pk, timezone.now)
    assert Certificate.objects.count() == 4


def test_ordered_twice_it_is_the_batch_under_way(cast: Cast) -> None:
    program = make_contest(cast)
    make_award(cast, program, name="选手甲")
    first, second = (award_batches.create_batch(program=program, by=by, now=timezone.now(), in_background=False) for by in (cast.organiser, cast.admin))
    assert first == second
    batches.run(first.pk, timezone.now)
    make_award(cast, program, name="选手乙")
    assert award_batches.create_batch(program=program, by=cast.organiser, now=timezone.now(), in_background=False) != first


def test_an_organisation_is_not_of_itself(cast: Cast, tmp_path: Path) -> None:
    program = make_contest(cast)
    make_template(cast, program, language="en")
    english = {"name_en": "Chenguang High School", "work": "", "category": ""}
    own, other = (make_award(cast, program, holder="organisation", name=name, **english) for name in (cast.school_a.name_zh, "辰光中学学生会"))
    said = [" ".join(text_of(files.read(issue(cast, award)), tmp_path).split()) for award in (own, other)]
    assert "Chenguang High School has been awarded First Prize" in said[0]
    assert "Chenguang High School of " in said[1]


def test_invisible_marks_do_not_reach_a_paper(cast: Cast) -> None:
    program = make_contest(cast)
    program.title_zh = "运河\u200b书画展"
    program.save()
    certificate = issue(cast, make_award(cast, program, name="\u202d王\u202e小明\u202c", instructors=["沈\ufeff知夏"]))
    facts = certificate.facts
    assert (certificate.holder_name, facts["name"], facts["program"], list(facts["instructors"])) == ("王小明", "王小明", "运河书画展", ["沈知夏"])
    assert verification.is_holder(certificate, "\u200b王小明")
    with pytest.raises(RuleViolation) as refusal:
        make_award(cast, program, name="\u202e\u202c")
    assert refusal.value.code == "name_missing"


def test_a_wrong_paper_is_replaced_and_each_leads_to_the_other(cast: Cast) -> None:
    award = make_award(cast, make_contest(cast), name="阎小漫")
    wrong = issue(cast, award)
    with pytest.raises(RuleViolation) as refusal:
        rules.corrected(wrong, timezone.now())
    assert refusal.value.code == "unchanged"
    Award.objects.filter(pk=award.pk).update(name="阎小满")
    now = timezone.now()
    right = rules.replace(certificate=wrong, facts=rules.corrected(wrong, now), by=cast.organiser, now=now, reason="姓名写错")
    wrong.refresh_from_db()
    assert (wrong.status, wrong.status_reason, wrong.replaced_by, right.replaces) == ("revoked", "姓名写错", right, wrong)
    assert (right.serial, right.holder_name, wrong.holder_name) == (2, "阎小满", "阎小漫")
    with pytest.raises(RuleViolation) as refusal:
        rules.replace(certificate=wrong, facts=facts_of(right), by=cast.organiser, now=now, reason="又错")
    assert refusal.value.code == "wrong_status" and Certificate.objects.count() == 2


# Sheets -----------------------------------------------------------------------------------------------------------------

ROWS = [
    ["京津冀书画展获奖名单"],
    ["证书", "类型", "获奖者", "单位", "作品", "组别", "奖项", "成员", "指导教师"],
    ["", "", "阎小满、周沐阳", "{a}", "早晨", "小学组", "一等奖", "", "沈知夏"],
    ["展演", "团队", "合唱团", "{a}", "长城谣", "", "", "甲、乙", ""],
    ["组织", "单位", "", "{b}", "", "", "", "", ""],
    ["", "", "谁", "没有的学校", "x", "", "一等奖", "", ""],
    ["无此类", "", "谁", "{a}", "x", "", "一等奖", "", ""],
    ["", "", "阎小满", "{a}", "早晨", "小学组", "一等奖", "", ""],
    ["", "", "丁", "{a}", "x", "", "", "", ""],
]


def cells(cast: Cast) -> list[list[str]]:
    return [[cell.format(a=cast.school_a.name_zh, b=cast.school_b.name_zh) for cell in row] for row in ROWS]


def test_a_sheet_becomes_results_and_says_what_is_wrong(cast: Cast) -> None:
    program = make_contest(cast)
    registration = make_participant(cast, program, "阎小满", attended=False)
    rows = award_sheet.read(program, cells(cast), "award")
    assert [(row.number, [values["name"] for values in row.values]) for row in rows] == [
        (3, ["阎小满", "周沐阳"]),
        (4, ["合唱团"]),
        (5, [cast.school_b.name_zh]),
        (6, []),
        (7, []),
        (8, []),
        (9, []),
    ]
    assert rows[0].values[0]["registration"] == registration and rows[0].values[1]["registration"] is None
    assert all(row.problem for row in rows[3:]) and "第 3 行" in rows[5].problem
    entered = awards.add_many(program=program, by=cast.organiser, rows=[each for row in rows for each in row.values], with_instructors=True)
    assert [(award.kind, award.holder, award.name) for award in entered] == [
        ("award", "person", "阎小满"),
        ("award", "person", "周沐阳"),
        ("performance", "team", "合唱团"),
        ("organiser", "organisation", cast.school_b.name_zh),
        ("instructor", "person", "沈知夏"),
    ]


def test_a_workbook_reads_like_pasted_rows(cast: Cast) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in cells(cast):
        book.active.append(row)
    book.save(out)
    form = AwardSheetForm({"kind": "award", "text": ""}, {"file": SimpleUploadedFile("获奖名单.xlsx", out.getvalue())})
    assert form.is_valid(), form.errors
    program = make_contest(cast)
    assert [row.number for row in award_sheet.read(program, form.cleaned_data["cells"], "award") if row.values] == [3, 4, 5]


@pytest.mark.parametrize(("text", "code"), [("姓名\t奖项\n甲\t乙", "no_headings"), ("姓名\t单位\n\n", "empty_sheet")])
def test_a_sheet_without_headings_or_rows_is_refused(cast: Cast, text: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        award_sheet.read(make_contest(cast), award_sheet.cells_of_text(text), "award")
    assert refusal.value.code == code


def test_a_result_whose_paper_failed_can_be_removed_but_not_in_the_middle(cast: Cast) -> None:
    program = make_contest(cast)
    award = make_award(cast, program)
    batch = CertificateBatch.objects.create(program=program, for_awards=True, total=1)
    item = CertificateBatchItem.objects.create(batch=batch, award=award, position=1)
    with pytest.raises(RuleViolation, match="正在签发"):
        awards.remove(award=award, by=cast.organiser)
    item.finished_at, item.error_code = timezone.now(), "missing_glyph"
    item.save()
    awards.remove(award=award, by=cast.organiser)
    assert not Award.objects.exists()
    assert CertificateBatch.objects.filter(pk=batch.pk).exists()
