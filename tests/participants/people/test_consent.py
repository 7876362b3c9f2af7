"""Guardians: who is asked, how they answer, what nothing passes without, and taking it back."""

import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from events.programs.models import Program
from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.certificates import rules as certificates
from participants.certificates.roster import standings
from participants.notices.models import Notice
from participants.people import consent, consent_rules
from participants.people.models import GuardianConsent, Person
from participants.rosters import bulk, export, rules
from participants.rosters.models import Registration
from tests.cast import Cast, make_delegation, make_person, make_program, make_registration
from tests.participants.certificates.making import attend, make_finished

NOW = timezone.now
PDF = b"%PDF-1.4\n1 0 obj\nendobj\ntrailer\n%%EOF\n"


def picture(kind: str = "PNG") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (20, 20), "white").save(made, kind)
    return made.getvalue()


def child(cast: Cast, program: Program, years: int = 10, **fields: Any) -> Person:
    """Somebody who turns `years` on the first day of the program."""
    first = program.starts_on
    birth = date(first.year - years, first.month, min(first.day, 28)) - timedelta(days=3)
    return make_person(cast, cast.school_a, "欧阳若川", birth_on=birth, national_id="", position="学生", **fields)


@pytest.fixture
def program(cast: Cast) -> Program:
    found = make_program(cast, kind="choir")
    make_delegation(cast, found, cast.beichen, 10)
    return found


@pytest.fixture
def row(cast: Cast, program: Program) -> Registration:
    return make_registration(cast, program, child(cast, program), "submitted")


def give(person: Person, now: Any = None) -> GuardianConsent:
    return consent_rules.record_paper(person=person, guardian_name="欧阳锋", relation="father", paper=PDF, by=None, now=now or NOW())


def refused(rule: Any, **values: Any) -> str:
    with pytest.raises(RuleViolation) as found:
        rule(**values)
    return found.value.code


# Who needs one ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("birth", "first_day", "needed"),
    [
        (date(2012, 12, 15), date(2026, 12, 14), True),  # thirteen, for one more day
        (date(2012, 12, 14), date(2026, 12, 14), False),  # fourteen on the first day
        (date(2012, 2, 29), date(2026, 2, 28), True),
        (date(2012, 2, 29), date(2026, 3, 1), False),
        (None, date(2026, 12, 14), False),
    ],
)
def test_under_fourteen_on_the_first_day(birth: date | None, first_day: date, needed: bool) -> None:
    assert consent.is_needed(Person(birth_on=birth), first_day) is needed


def test_a_pupil_without_a_date_of_birth_is_not_waved_through(cast: Cast, program: Program) -> None:
    pupil = make_person(cast, cast.school_a, birth_on=None, national_id="", position="学生")
    found = make_registration(cast, program, pupil, "submitted")
    assert refused(rules.endorse, registration=found, by=cast.district_beichen, now=NOW()) == "birth_date_needed"


# The gate -----------------------------------------------------------------------------------------------------------------


def test_nothing_passes_without(cast: Cast, row: Registration) -> None:
    assert refused(rules.endorse, registration=row, by=cast.district_beichen, now=NOW()) == "consent_missing"
    Registration.objects.filter(pk=row.pk).update(status="endorsed")
    assert refused(rules.confirm, registration=row, by=cast.organiser, now=NOW()) == "consent_missing"


def test_and_everything_with_it(cast: Cast, row: Registration) -> None:
    give(row.person)
    rules.endorse(registration=row, by=cast.district_beichen, now=NOW())
    assert rules.confirm(registration=row, by=cast.organiser, now=NOW()).status == "confirmed"


def test_the_gate_holds_in_bulk(cast: Cast, program: Program, row: Registration) -> None:
    grown = make_registration(cast, program, make_person(cast, cast.school_a), "submitted")
    done, refusals = bulk.decide_many(action="endorse", registrations=[row, grown], by=cast.district_beichen, now=NOW())
    assert ([found.pk for found in done], [(found.pk, violation.code) for found, violation in refusals]) == ([grown.pk], [(row.pk, "consent_missing")])


def test_the_gate_holds_in_the_api(cast: Cast, row: Registration, api: Any) -> None:
    answer = api(cast.district_beichen).post(f"/api/v1/registrations/{row.pk}/endorse/")
    assert (answer.status_code, answer.json()["code"]) == (409, "consent_missing")
    answer = api(cast.district_beichen).post("/api/v1/registrations/bulk/", {"action": "endorse", "ids": [row.pk]})
    assert [refusal["code"] for refusal in answer.json()["refused"]] == ["consent_missing"]


def test_the_gate_holds_on_the_page(cast: Cast, row: Registration, sign_in: Any) -> None:
    client = sign_in(cast.district_beichen)
    assert "监护人" in client.post(reverse("rosters:endorse", args=[row.pk])).content.decode()
    client.post(reverse("rosters:bulk"), {"action": "approve", "ids": [row.pk]})
    assert Registration.objects.get(pk=row.pk).status == "submitted"


def test_a_child_does_not_take_over_a_passed_place_without(cast: Cast, program: Program) -> None:
    passed = make_registration(cast, program, make_person(cast, cast.school_a), "confirmed")
    substitute = child(cast, program)
    assert refused(rules.replace, registration=passed, person=substitute, by=cast.organiser, now=NOW()) == "consent_missing"
    give(substitute)
    assert rules.replace(registration=passed, person=substitute, by=cast.organiser, now=NOW()).status == "confirmed"


def test_exports_leave_the_child_out(cast: Cast, program: Program, row: Registration) -> None:
    make_registration(cast, program, make_person(cast, cast.school_a), "submitted")
    rows = Registration.objects.for_list().filter(program=program)
    made = export.export_roster(program=program, registrations=rows, by=cast.organiser, reason="订房", now=NOW())
    assert (made.rows, made.left_out) == (1, 1)
    give(row.person)
    made = export.export_roster(program=program, registrations=rows.all(), by=cast.organiser, reason="订房", now=NOW())
    assert (made.rows, made.left_out) == (2, 0)


def test_no_certificate_without(cast: Cast) -> None:
    finished = make_finished(cast)
    pupil = child(cast, finished)
    given = give(pupil)
    found = make_registration(cast, finished, Person.objects.get(pk=pupil.pk), "draft")
    Registration.objects.filter(pk=found.pk).update(status="confirmed")
    found.refresh_from_db()
    attend(found)
    GuardianConsent.objects.filter(pk=given.pk).update(withdrawn_at=NOW())
    assert refused(certificates.issue, registration=found, by=cast.organiser, now=NOW()) == "consent_missing"
    assert [(standing.state, "监护人" in standing.reason) for standing in standings(finished)] == [("blocked", True)]
    GuardianConsent.objects.update(withdrawn_at=None)
    assert certificates.issue(registration=found, by=cast.organiser, now=NOW()).holder_name == "欧阳若川"


# The paper ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "kind"), [(PDF, "application/pdf"), (picture("PNG"), "image/png"), (picture("JPEG"), "image/jpeg")])
def test_a_paper_is_known_by_its_content(content: bytes, kind: str) -> None:
    assert consent_rules.paper_type(content) == kind


@pytest.mark.parametrize(
    "content", [b"", b"MZ\x90\x00", b"<html>%PDF-</html>", b"%PDF-1.4 cut off", picture("GIF"), picture("PNG")[:60], b"\x89PNG\r\n\x1a\n" + b"\0" * 50]
)
def test_other_files_are_refused(content: bytes) -> None:
    assert refused(consent_rules.paper_type, content=content) == "paper_unreadable"


def test_a_large_paper_is_refused() -> None:
    assert refused(consent_rules.paper_type, content=PDF + b"\0" * consent_rules.MOST_BYTES) == "paper_too_large"


def test_uploading_at_the_desk(cast: Cast, row: Registration, sign_in: Any) -> None:
    client, page = sign_in(cast.coordinator_a), reverse("people:consent", args=[row.person_id])
    assert "不满14周岁" in client.get(page).content.decode()
    body = {"guardian_name": "欧阳锋", "relation": "father"}
    wrong = client.post(page, body | {"paper": SimpleUploadedFile("x.pdf", b"not a paper")})
    assert (wrong.status_code, "这不是PDF" in wrong.content.decode()) == (422, True)
    assert client.post(page, body | {"paper": SimpleUploadedFile("x.exe", PDF)}).status_code == 302
    given = GuardianConsent.objects.get()
    assert (given.paper, given.paper_type, given.recorded_by, given.text_version, given.way) == (
        PDF,
        "application/pdf",
        cast.coordinator_a,
        consent.TEXT,
        "paper",
    )
    download = client.get(reverse("people:consent_paper", args=[given.pk]))
    assert (download.content, download.headers["Content-Disposition"]) == (PDF, f'attachment; filename="consent-{given.pk}.pdf"')
    assert list(AuditEvent.objects.filter(action__startswith="consent.").order_by("id").values_list("action", flat=True)) == [
        "consent.paper",
        "consent.open_paper",
    ]


def test_the_paper_is_encrypted_and_has_no_public_address(cast: Cast, row: Registration) -> None:
    from django.db import connection

    given = give(row.person)
    with connection.cursor() as cursor:
        cursor.execute("SELECT paper, guardian_name FROM participants_guardianconsent")
        assert all(value.startswith("k1.") for value in cursor.fetchone())
    assert Client().get(reverse("people:consent_paper", args=[given.pk])).status_code == 302


@pytest.mark.parametrize(("name", "status"), [("coordinator_b", 404), ("district_daxing", 404), ("outsider", 404), ("viewer", 403), ("organiser_other", 404)])
def test_papers_of_others_are_not_there(cast: Cast, row: Registration, sign_in: Any, name: str, status: int) -> None:
    given = give(row.person)
    client = sign_in(cast.users()[name])
    assert client.get(reverse("people:consent_paper", args=[given.pk])).status_code == status
    assert client.post(reverse("people:withdraw_consent", args=[given.pk])).status_code == status
    assert client.post(reverse("people:consent_link", args=[row.person_id])).status_code in (403, 404)


# The link -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def link(cast: Cast, row: Registration) -> str:
    _asked, token = consent_rules.make_link(person=row.person, by=cast.coordinator_a, now=NOW())
    return f"/consent/{token}/"


SIGNED = {"guardian_name": "欧阳锋", "relation": "father", "agreed": "on"}


def test_a_guardian_signs_once_on_the_phone(cast: Cast, row: Registration, link: str) -> None:
    phone = Client()
    page = phone.get(link)
    assert all(words in page.content.decode() for words in ("欧阳若川", consent.TEXT, "身份证号和紧急联系人90天后删除"))
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store, private", "same-origin")
    assert phone.post(link, SIGNED | {"agreed": ""}).status_code == 422
    assert phone.post(link, SIGNED | {"relation": "neighbour"}).status_code == 422
    assert not GuardianConsent.objects.valid().exists()
    assert phone.post(link, SIGNED).status_code == 302
    given = GuardianConsent.objects.valid().get()
    assert (given.guardian_name, given.relation, given.way, given.text_version) == ("欧阳锋", "father", "link", consent.TEXT)
    again = phone.post(link, SIGNED | {"guardian_name": "别人"})
    assert (again.status_code, GuardianConsent.objects.get().guardian_name) == (422, "欧阳锋")
    assert rules.endorse(registration=row, by=cast.district_beichen, now=NOW()).status == "endorsed"


def test_the_page_of_the_guardian_tells_no_more_than_the_name(link: str, row: Registration) -> None:
    page = Client().get(link).content.decode()
    assert not any(secret in page for secret in (row.person.phone, str(row.person.birth_on), row.program.title_zh))


def test_only_the_hash_of_a_link_is_kept(link: str) -> None:
    token = link.split("/")[2]
    assert token not in "".join(str(value) for value in GuardianConsent.objects.values_list()[0])


def test_a_new_link_stops_the_earlier_one_and_a_late_one_is_dead(cast: Cast, row: Registration, link: str) -> None:
    _asked, token = consent_rules.make_link(person=row.person, by=cast.coordinator_a, now=NOW())
    assert [Client().get(path).status_code for path in (link, f"/consent/{token}/", "/consent/nothing/")] == [404, 200, 404]
    GuardianConsent.objects.update(expires_at=NOW() - timedelta(minutes=1))
    assert Client().post(f"/consent/{token}/", SIGNED).status_code == 404


def test_the_desk_shows_a_link_once(cast: Cast, row: Registration, sign_in: Any) -> None:
    client = sign_in(cast.coordinator_a)
    made = client.post(reverse("people:consent_link", args=[row.person_id]))
    assert made.context["link"] in made.content.decode() and made.headers["Cache-Control"] == "no-store"
    assert "/consent/" not in client.get(reverse("people:consent", args=[row.person_id])).content.decode().replace(f"{row.person_id}/consent/", "")


# Taking it back -----------------------------------------------------------------------------------------------------------


def test_taking_back_on_the_phone_returns_what_was_passed(cast: Cast, program: Program, row: Registration, link: str) -> None:
    phone = Client()
    phone.post(link, SIGNED)
    rules.endorse(registration=row, by=cast.district_beichen, now=NOW())
    rules.confirm(registration=row, by=cast.organiser, now=NOW())
    Notice.objects.all().delete()
    page = phone.get(link).content.decode()
    assert "撤回我的同意" in page and f"撤回后，{row.person.name}不再参加活动" in page.partition("<details")[2]
    phone.post(link, {"withdraw": "yes"})
    found = Registration.objects.get(pk=row.pk)
    assert (found.status, found.status_reason, found.confirmed_at) == ("returned", "监护人已撤回同意。", None)
    assert set(Notice.objects.filter(kind="returned").values_list("user__username", flat=True)) == {"coordinator_a", "district_beichen", "organiser"}
    assert refused(consent_rules.withdraw, given=GuardianConsent.objects.get(), by=None, now=NOW()) == "not_given"
    rules.submit(registration=found, by=cast.coordinator_a, now=NOW())
    assert refused(rules.endorse, registration=found, by=cast.district_beichen, now=NOW()) == "consent_missing"


def test_the_place_of_the_child_goes_to_the_waiting(cast: Cast, program: Program, row: Registration) -> None:
    given = give(row.person)
    rules.endorse(registration=row, by=cast.district_beichen, now=NOW())
    make_delegation(cast, program, cast.beichen, 1)
    waiting = make_registration(cast, program, make_person(cast, cast.school_b))
    rules.submit(registration=waiting, by=cast.coordinator_b, now=NOW(), waitlist=True)
    consent_rules.withdraw(given=given, by=cast.coordinator_a, now=NOW())
    assert Registration.objects.get(pk=waiting.pk).status == "submitted"


def test_the_other_guardians_consent_still_counts(cast: Cast, row: Registration) -> None:
    first, _second = give(row.person), give(row.person)
    rules.endorse(registration=row, by=cast.district_beichen, now=NOW())
    consent_rules.withdraw(given=first, by=cast.coordinator_a, now=NOW())
    assert Registration.objects.get(pk=row.pk).status == "endorsed"


def test_what_is_over_stays(cast: Cast) -> None:
    finished = make_finished(cast)
    pupil = child(cast, finished)
    given = give(pupil)
    found = make_registration(cast, finished, pupil, "draft")
    Registration.objects.filter(pk=found.pk).update(status="confirmed")
    consent_rules.withdraw(given=given, by=cast.coordinator_a, now=NOW())
    assert Registration.objects.get(pk=found.pk).status == "confirmed"


def test_taking_back_at_the_desk(cast: Cast, row: Registration, sign_in: Any) -> None:
    given = give(row.person)
    client, page = sign_in(cast.coordinator_a), reverse("people:withdraw_consent", args=[given.pk])
    assert "欧阳锋" in client.get(page).content.decode()
    assert client.post(page, {"reason": "家长来电"}).status_code == 302
    assert (GuardianConsent.objects.get().withdrawn_reason, AuditEvent.objects.get(action="consent.withdraw").reason) == ("家长来电", "家长来电")
    assert "没有可撤回的同意" in client.post(page, {"reason": ""}).content.decode()


# All children of a program ---------------------------------------------------------------------------------------------


def test_the_list_of_a_program_says_who_is_still_to_be_asked(cast: Cast, program: Program, row: Registration, sign_in: Any) -> None:
    other = make_registration(cast, program, make_person(cast, cast.school_a, "诸葛青禾", birth_on=row.person.birth_on, national_id=""), "submitted")
    give(other.person)
    make_registration(cast, program, make_person(cast, cast.school_b, "他校孩子", birth_on=row.person.birth_on, national_id=""))
    make_registration(cast, program, make_person(cast, cast.school_a, "马老师"))
    client, url = sign_in(cast.coordinator_a), reverse("people:program_consents", args=[program.pk])
    assert url in client.get(reverse("rosters:program", args=[program.pk])).content.decode()
    page = client.get(url)
    assert [(child.registration.person.name, child.state) for child in page.context["children"]] == [("欧阳若川", "missing"), ("诸葛青禾", "given")]
    answer = client.post(reverse("people:program_links", args=[program.pk]))
    assert answer.headers["Cache-Control"] == "no-store" and [made[0] for made in answer.context["made"]] == [row]
    link = answer.context["made"][0][1]
    assert Client().get("/" + link.split("/", 3)[3]).status_code == 200
    assert [child.state for child in client.get(url).context["children"]] == ["asked", "given"]
    assert client.post(reverse("people:program_links", args=[program.pk])).context["made"] == []
    assert AuditEvent.objects.filter(action="consent.ask").count() == 1


def test_the_list_of_a_program_is_for_those_who_keep_its_people(cast: Cast, program: Program, row: Registration, sign_in: Any) -> None:
    url, links = (reverse(f"people:{name}", args=[program.pk]) for name in ("program_consents", "program_links"))
    for name, status in (("district_beichen", 200), ("viewer", 403), ("coordinator_c", 404), ("outsider", 404)):
        client = sign_in(cast.users()[name])
        found = client.get(url).status_code
        assert found == status or (status == 404 and found == 403), (name, found)
        assert client.post(links).status_code == found
    assert sign_in(cast.coordinator_b).get(url).status_code == 403
