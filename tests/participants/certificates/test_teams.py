"""Members of teams: on the roster with a guardian's consent, or answered for by an officer; otherwise no paper names them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.certificates import award_batches, award_sheet, awards, batches, files, refusals, sight
from participants.certificates.award_models import Award
from participants.certificates.files import facts_of
from participants.certificates.models import Certificate, CertificateBatch
from participants.people import consent_rules, privacy
from participants.people.rules import link_token
from participants.rosters.models import Registration
from tests.cast import Cast
from tests.participants.certificates.making import make_participant
from tests.participants.certificates.results import make_award, make_contest

pytestmark = pytest.mark.django_db
TEAM = {"holder": "team", "name": "运河社"}


def years_ago(years: int) -> Any:
    return timezone.localdate() - timedelta(days=years * 366)


def make_member(cast: Cast, program: Any, name: str = "诸葛小鹿", age: int | None = 12) -> Registration:
    """Somebody on the roster, whose date of birth turns out to be another: rosters let no child pass without consent."""
    row = make_participant(cast, program, name, attended=False, birth_on=years_ago(20), national_id="", position="学生")
    row.person.birth_on = None if age is None else years_ago(age)
    row.person.save()
    return row


def consent_to(row: Registration) -> Any:
    return consent_rules.record_paper(person=row.person, guardian_name="诸葛亮", relation="father", paper=b"%PDF-1.4\n%%EOF", by=None, now=timezone.now())


def issue(cast: Cast, program: Any) -> CertificateBatch:
    batch = award_batches.create_batch(program=program, by=cast.organiser, now=timezone.now(), in_background=False)
    return batches.run(batch.pk, timezone.now)


def test_a_child_on_the_roster_needs_the_consent_and_the_batch_names_it(cast: Cast) -> None:
    program = make_contest(cast)
    child, adult = make_member(cast, program), make_member(cast, program, "司马若川", 30)
    award = make_award(cast, program, **TEAM, roster_members=[adult, child])
    assert awards.standings(program)[0].reason == "不满14周岁，须先取得监护人同意：诸葛小鹿。"
    assert awards.standings(program, hides_names=True)[0].reason == "不满14周岁，须先取得监护人同意：诸葛**。"
    item = issue(cast, program).items.get()
    assert (item.error_code, item.error_params, Certificate.objects.count()) == ("member_consent_missing", {"names": ["诸葛小鹿"]}, 0)
    consent_to(child)
    assert issue(cast, program).done == 1
    assert facts_of(award.certificates.get()).members == ("诸葛小鹿", "司马若川")  # in the order of the roster


def test_a_pupil_without_a_date_of_birth_is_asked_for_it(cast: Cast) -> None:
    program = make_contest(cast)
    pupil = make_member(cast, program, age=None)
    make_award(cast, program, **TEAM, roster_members=[pupil])
    assert issue(cast, program).items.get().error_code == "member_birth_date_needed"


def test_members_on_no_roster_need_a_statement_which_is_on_record(cast: Cast) -> None:
    program = make_contest(cast)
    award = make_award(cast, program, **TEAM, members=["甲一", "乙二"], members_statement="")
    item = issue(cast, program).items.get()
    assert item.error_code == "members_not_stated" and "甲一、乙二" in refusals.reason(item)
    values = {"kind": "award", "holder": "team", "name": "运河社", "organisation": cast.school_a, "prize": "一等奖", "members": ["甲一", "乙二"]}
    award = awards.change(award=award, by=cast.organiser, **values, members_statement="on_paper")
    stated = AuditEvent.objects.get(action="award.state")
    assert (stated.actor_id, stated.changes["members_statement"]) == (cast.organiser.pk, ["", "on_paper"]) and "甲一" not in str(stated.changes)
    award = awards.change(award=award, by=cast.organiser, **values | {"members": ["甲一", "丙三"]})
    assert award.members_statement == ""  # it was about others
    awards.change(award=award, by=cast.organiser, **values, members_statement="of_age")
    assert issue(cast, program).done == 1


def test_a_person_on_no_roster_needs_it_too_but_staff_do_not(cast: Cast) -> None:
    program = make_contest(cast)
    award = make_award(cast, program, name="甲一", members_statement="")
    make_award(cast, program, kind="instructor", name="沈知夏", members_statement="")
    batch = issue(cast, program)
    assert (batch.done, batch.items.get(award=award).error_params) == (1, {"names": ["甲一"]})
    assert awards.standings(program)[0].reason.startswith("不在名册上：甲一。")
    values = {"kind": "award", "holder": "person", "name": "甲一", "organisation": cast.school_a, "prize": "一等奖"}
    assert awards.change(award=award, by=cast.organiser, **values, members_statement="of_age").members_statement == "of_age"
    assert awards.change(award=award, by=cast.organiser, **values | {"name": "乙二"}).members_statement == ""
    awards.change(award=award, by=cast.organiser, **values, members_statement="on_paper")
    assert issue(cast, program).done == 1


def test_a_statement_without_such_names_says_nothing(cast: Cast) -> None:
    program = make_contest(cast)
    assert make_award(cast, program, **TEAM, members_statement="of_age").members_statement == ""
    row = make_member(cast, program, age=20)
    assert make_award(cast, program, name=row.person.name, registration=row).members_statement == ""
    assert not AuditEvent.objects.filter(action="award.state").exists()


def test_only_people_of_this_program_and_not_too_many(cast: Cast) -> None:
    program = make_contest(cast)
    stranger, own = make_member(cast, make_contest(cast)), make_member(cast, program, age=20)
    for fields, code in (({"roster_members": [stranger]}, "foreign_registration"), ({"roster_members": [own], "members": ["名"] * 40}, "too_many_names")):
        with pytest.raises(RuleViolation) as refusal:
            make_award(cast, program, **TEAM, **fields)
        assert refusal.value.code == code
    assert not Award.objects.exists()


def test_a_sheet_finds_members_on_the_roster(cast: Cast) -> None:
    program = make_contest(cast)
    member = make_member(cast, program, age=16)
    text = f"获奖者\t单位\t奖项\t成员\n运河社\t{cast.school_a.name_zh}\t一等奖\t诸葛小鹿、甲一"
    rows = award_sheet.read(program, award_sheet.cells_of_text(text), "award")
    award = awards.add_many(program=program, by=cast.organiser, rows=rows[0].values, members_statement="of_age")[0]
    assert (award.linked_members, award.members, award.members_statement) == ([member], ["甲一"], "of_age")


def test_a_consent_taken_back_keeps_the_paper_of_the_team(cast: Cast) -> None:
    program = make_contest(cast)
    child = make_member(cast, program)
    given = consent_to(child)
    award = make_award(cast, program, **TEAM, roster_members=[child])
    issue(cast, program)
    certificate = award.certificates.get()
    assert list(sight.handed_out(Certificate.objects.all(), cast.organiser, program)) == [certificate]
    consent_rules.withdraw(given=given, by=None, now=timezone.now(), reason="改变主意")
    assert not sight.handed_out(Certificate.objects.all(), cast.organiser, program).exists()
    with pytest.raises(RuleViolation, match="监护人"):
        sight.one(certificate, cast.organiser)


def test_viewers_get_no_paper_that_names_members(cast: Cast, sign_in: Any) -> None:
    program = make_contest(cast)
    make_award(cast, program, **TEAM, members=["甲一"])
    make_award(cast, program, **TEAM, category="初中组", roster_members=[make_member(cast, program, age=30)])
    make_award(cast, program, holder="team", name="潮白社")
    assert issue(cast, program).done == 3
    papers = {row.award.category + row.holder_name: row for row in Certificate.objects.all()}
    got = {row.holder_name for row in sight.handed_out(Certificate.objects.all(), cast.viewer, program)}
    assert got == {"潮白社"} and sight.handed_out(Certificate.objects.all(), cast.organiser, program).count() == 3
    answers = {name: sign_in(cast.viewer).get(f"/api/v1/certificates/{row.pk}/pdf/").status_code for name, row in papers.items()}
    assert answers == {"小学组运河社": 403, "初中组运河社": 403, "小学组潮白社": 200}


# Rights of the person -----------------------------------------------------------------------------------------------------


def test_the_copy_of_a_member_names_the_team_and_nobody_else(cast: Cast) -> None:
    program = make_contest(cast)
    member, other = make_member(cast, program, age=20), make_member(cast, program, "司马若川", 30)
    make_award(cast, program, **TEAM, roster_members=[member, other], members=["甲一"])
    issue(cast, program)
    found = privacy.everything_of(member.person)["team_results"]
    assert [(row["team"], row["prize"], len(row["certificates"])) for row in found] == [("运河社", "一等奖", 1)]
    assert "司马若川" not in str(found) and "甲一" not in str(found)


@pytest.mark.parametrize("with_certificates", [False, True])
def test_erasure_reaches_members(cast: Cast, with_certificates: bool) -> None:
    program = make_contest(cast)
    member, other = make_member(cast, program, age=20), make_member(cast, program, "司马若川", 30)
    issued = make_award(cast, program, **TEAM, roster_members=[member, other])
    issue(cast, program)
    open_ = make_award(cast, program, holder="team", name="辰光社", roster_members=[member])
    program.status = "completed"
    program.save()
    now = timezone.now()
    privacy.erase_person(person=member.person, by=cast.organiser, now=now, reason="本人要求", with_certificates=with_certificates)
    assert open_.linked_members == []
    certificate = issued.certificates.get()
    assert certificate.status == "issued"
    assert facts_of(certificate).members == (("司马若川",) if with_certificates else ("诸葛小鹿", "司马若川"))
    assert b"%PDF" in files.read(certificate)[:8]
    # Until it is asked for, the link to the blanked person stays, as a paper of one's own keeps its person; a new paper names only the others.
    kept = Award.objects.get(pk=issued.pk)
    assert (member in kept.linked_members, kept.member_names) == (not with_certificates, ("司马若川",))
    privacy.erase_person(person=member.person, by=cast.organiser, now=now, reason="本人要求", with_certificates=True)
    assert (facts_of(issued.certificates.get()).members, Award.objects.get(pk=issued.pk).linked_members) == (("司马若川",), [other])


# Faces --------------------------------------------------------------------------------------------------------------------


def test_the_form_links_and_states(cast: Cast, client: Client) -> None:
    program = make_contest(cast)
    member = make_member(cast, program, age=16)
    client.force_login(cast.organiser)
    page = f"/desk/programs/{program.pk}/awards/new/"
    assert "诸葛小鹿" in client.get(page).content.decode()
    typed = {"kind": "award", "holder": "team", "name": "运河社", "unit": cast.school_a.name_zh, "prize": "一等奖", "members": "甲一"}
    assert client.post(page, typed | {"roster_members": ["999999999999999999999"]}).status_code == 422
    client.post(page, typed | {"roster_members": [member.pk]})
    award = Award.objects.get()
    assert (award.linked_members, award.members_statement) == ([member], "")
    assert "不在名册上：甲一" in client.get(f"/desk/programs/{program.pk}/awards/").content.decode()
    form = client.get(f"/desk/awards/{award.pk}/")
    assert form.context["form"]["roster_members"].value() == [member.pk]
    answer = client.get(f"/desk/awards/{award.pk}/preview.pdf")
    assert answer.status_code == 302
    client.post(f"/desk/awards/{award.pk}/", typed | {"roster_members": [member.pk], "members_statement": "of_age"})
    assert Award.objects.get().members_statement == "of_age"
    assert client.get(f"/desk/awards/{award.pk}/preview.pdf").content.startswith(b"%PDF")


def test_the_api_links_and_states(cast: Cast, client: Client) -> None:
    program = make_contest(cast)
    member, stranger = make_member(cast, program, age=16), make_member(cast, make_contest(cast))
    client.force_login(cast.organiser)
    sent = {
        "program": program.pk,
        "kind": "award",
        "holder": "team",
        "name": "运河社",
        "organisation": cast.school_a.pk,
        "prize": "一等奖",
        "members": ["甲一"],
    }
    post = {"content_type": "application/json"}
    refused = client.post("/api/v1/awards/", sent | {"roster_members": [stranger.pk]}, **post)
    assert (refused.status_code, refused.json()["code"]) == (409, "foreign_registration")
    made = client.post("/api/v1/awards/", sent | {"roster_members": [member.pk], "members_statement": "of_age"}, **post).json()
    assert (made["roster_members"], made["members"], made["members_statement"]) == ([member.pk], ["甲一"], "of_age")
    changed = client.patch(f"/api/v1/awards/{made['id']}/", {"members": ["丙三"]}, **post).json()
    assert (changed["roster_members"], changed["members_statement"]) == ([member.pk], "")


# The reader's language ----------------------------------------------------------------------------------------------------


def test_reasons_are_worded_for_the_reader_and_masked_for_viewers(cast: Cast, client: Client) -> None:
    program = make_contest(cast)
    make_award(cast, program, **TEAM, members=["诸葛小鹿"], members_statement="")
    batch = issue(cast, program)
    pages = {}
    for user in (cast.organiser, cast.viewer):
        client.force_login(user)
        for language in ("zh-hans", "en"):
            client.cookies["django_language"] = language
            asked = {"headers": {"Accept-Language": language}}
            page = client.get(f"/desk/certificate-batches/{batch.pk}/", **asked).content.decode()
            api = client.get(f"/api/v1/certificate-batches/{batch.pk}/", **asked).json()["items"][0]["error"]
            pages[user.username, language] = (page, api)
    for (username, language), shown in pages.items():
        words = "不在名册上" if language == "zh-hans" else "On no roster"
        name = "诸葛小鹿" if username == cast.organiser.username else "诸葛**"
        assert all(f"{words}" in text and name in text for text in shown), (username, language)
        assert username == cast.organiser.username or not any("小鹿" in text for text in shown)


def test_items_of_the_first_weeks_keep_their_sentence(cast: Cast) -> None:
    program = make_contest(cast)
    batch = CertificateBatch.objects.create(program=program, total=1)
    item = batch.items.create(award=make_award(cast, program), position=1, error_code="attendance_too_low", error="出席42%；要求80%。")
    with translation.override("en"):
        assert refusals.reason(item) == "出席42%；要求80%。"
        item.error_params = {"percent": 42, "minimum": 80}
        assert refusals.reason(item) == "Attended 42%; the program asks for 80%."


def test_the_paper_of_a_team_is_on_the_pages_of_its_confirmed_members(cast: Cast, client: Client) -> None:
    program = make_contest(cast)
    child, adult, other = make_member(cast, program), make_member(cast, program, "司马若川", 30), make_member(cast, program, "公孙旁观", 30)
    consent_to(child)
    award = make_award(cast, program, **TEAM, roster_members=[adult, child])
    make_award(cast, program, name="王一", kind="instructor")
    issue(cast, program)
    paper = award.certificates.get()
    address = {row.pk: f"/my/{link_token(row.person)}/" for row in (child, adult, other)}

    def seen(row: Registration) -> tuple[bool, int, int]:
        shown = client.get(address[row.pk]).content.decode()
        files = [client.get(f"{address[row.pk]}certificates/{paper.pk}.{kind}").status_code for kind in ("pdf", "jwt")]
        return f"运河社 · {paper.number}" in shown, *files

    assert [seen(row) for row in (child, adult, other)] == [(True, 200, 404), (True, 200, 404), (False, 404, 404)]
    Registration.objects.filter(pk=adult.pk).update(status="withdrawn")
    assert seen(adult)[1:] == (404, 404)
    child.person.consents.update(withdrawn_at=timezone.now())
    assert seen(child) == (False, 404, 404)
