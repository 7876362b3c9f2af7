"""Who sees what of a person, files that leave, a copy of everything, and erasure."""

import io
import json
import stat
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.programs.models import Program
from exchange.audit import AuditEvent
from exchange.transitions import RuleViolation
from participants.certificates.award_models import Award
from participants.certificates.models import Certificate
from participants.notices.models import Notice, OutboxMail
from participants.people import consent_rules, exports, fields, privacy, traces
from participants.people.models import Export, GuardianConsent, Person
from participants.people.rules import link_token
from participants.rosters import rules
from participants.rosters.models import Registration
from participants.rosters.versions import lock_roster
from tests.cast import Cast, fictional_id, make_delegation, make_person, make_program, make_registration
from tests.participants.certificates.making import make_certificate, make_finished, make_participant

BIRTH = date(1980, 2, 3)
CANARIES = {
    "national_id": fictional_id(BIRTH, 987),
    "phone": "15412349876",
    "ethnicity": "塔吉克族",
    "diet": "金丝雀餐",
    "lodging": "金丝雀房",
    "emergency_contact": "金丝雀亲属",
    "emergency_phone": "15498761234",
    "memo": "金丝雀过敏",
    "email": "canary@example.test",
}
# How each of them could show, masked numbers included.
SONGS = [*CANARIES.values(), "120***", "154****9876", "154****1234", "1980", "2月3日"]
NOW = timezone.now


@pytest.fixture
def program(cast: Cast) -> Program:
    found = make_program(cast)
    make_delegation(cast, found, cast.beichen, 10)
    return found


@pytest.fixture
def row(cast: Cast, program: Program) -> Registration:
    person = make_person(cast, cast.school_a, "欧阳若川", birth_on=BIRTH, position="副校长", subject="语文", **CANARIES)
    return make_registration(cast, program, person, "confirmed")


# Who sees what ------------------------------------------------------------------------------------------------------------


def pages_of(row: Registration) -> list[str]:
    return [
        reverse("people:list"),
        reverse("people:person", args=[row.person_id]),
        reverse("rosters:program", args=[row.program_id]),
        reverse("rosters:registration", args=[row.pk]),
        f"{reverse('rosters:review')}?view=all&person={row.pk}",
        f"{reverse('desk:search')}?q=欧阳",
    ]


def test_a_viewer_sees_names_and_units_only(cast: Cast, row: Registration, sign_in: Any, api: Any) -> None:
    client, machine = sign_in(cast.viewer), api(cast.viewer)
    texts = {path: client.get(path).content.decode() for path in pages_of(row)}
    texts |= {
        path: json.dumps(machine.get(path).json(), ensure_ascii=False)
        for path in ("/api/v1/people/", f"/api/v1/people/{row.person_id}/", "/api/v1/registrations/", f"/api/v1/registrations/{row.pk}/")
    }
    assert {path: [song for song in SONGS if song in text] for path, text in texts.items()} == {path: [] for path in texts}
    assert "欧阳若川" in texts[pages_of(row)[0]] and "欧阳若川" in texts["/api/v1/people/"]


def test_those_who_work_see_what_their_work_needs(cast: Cast, row: Registration, api: Any) -> None:
    abroad = make_program(cast, organiser=cast.beijing, issuer=cast.beijing)  # organised by an office that is not above the school
    make_delegation(cast, abroad, cast.beichen, 5)
    make_registration(cast, abroad, row.person, "confirmed")
    path = f"/api/v1/people/{row.person_id}/"
    school, organiser = api(cast.coordinator_a).get(path).json(), api(cast.organiser_other).get(path).json()
    assert (school["ethnicity"], school["diet"], school["birth_on"], school["masked_phone"]) == ("塔吉克族", "金丝雀餐", "1980-02-03", "154****9876")
    assert (organiser["ethnicity"], organiser["diet"], organiser["masked_id"][:3]) == ("", "金丝雀餐", "120")
    assert "塔吉克族" not in json.dumps(api(cast.organiser_other).get("/api/v1/people/").json(), ensure_ascii=False)


def test_of_a_minor_a_viewer_sees_the_surname(cast: Cast, sign_in: Any, api: Any) -> None:
    program = make_program(cast, kind="choir")
    make_delegation(cast, program, cast.beichen, 10)
    pupil = make_person(cast, cast.school_a, "诸葛小鹿", birth_on=timezone.localdate() - timedelta(days=16 * 365), national_id="", position="高一学生")
    row = make_registration(cast, program, pupil, "confirmed")
    client = sign_in(cast.viewer)
    for path in pages_of(row)[:5]:
        text = client.get(path).content.decode()
        assert "小鹿" not in text and "高一学生" not in text, path
    assert api(cast.viewer).get(f"/api/v1/people/{pupil.pk}/").json()["name"] == "诸葛**"
    assert api(cast.viewer).get(f"/api/v1/registrations/{row.pk}/").json()["person_name"] == "诸葛**"
    assert api(cast.coordinator_a).get(f"/api/v1/people/{pupil.pk}/").json()["name"] == "诸葛小鹿"


def test_looking_changes_nothing(cast: Cast, row: Registration, sign_in: Any, api: Any) -> None:
    for path in pages_of(row):
        sign_in(cast.viewer).get(path)
    api(cast.viewer).get(f"/api/v1/registrations/{row.pk}/")
    assert Person.objects.get(pk=row.person_id).diet == "金丝雀餐"


def test_every_personal_column_has_a_policy() -> None:
    ruled = {column for policy in fields.POLICIES for column in policy.columns}
    technical = {"id", "organisation", "link_hash", "link_version", "created_at", "updated_at", *Person.blind_indexes}
    assert {field.name for field in Person._meta.concrete_fields} == ruled | technical


# Exports ------------------------------------------------------------------------------------------------------------------


def make_export(user: Any, program: Program, now: Any = None) -> Export:
    return exports.keep(program=program, by=user, content=b"PK canary", file_name="名册.xlsx", rows=3, reason="订房", now=now or NOW())


def test_an_export_is_the_requesters_alone(cast: Cast, program: Program, sign_in: Any) -> None:
    made = make_export(cast.organiser, program)
    page = reverse("people:export", args=[made.pk])
    answer = sign_in(cast.organiser).get(page)
    assert (answer.content, answer.headers["Cache-Control"]) == (b"PK canary", "no-store")
    for name in ("admin", "viewer", "district_beichen", "coordinator_a", "outsider", "organiser_other"):
        client = sign_in(cast.users()[name])
        assert client.get(page).status_code == 404
        assert "订房" not in client.get(reverse("people:exports")).content.decode()
    assert Client().get(page).status_code == 302
    assert Export.objects.get().downloads == 1
    assert list(AuditEvent.objects.filter(action__in=["roster.export", "export.download"]).order_by("id").values_list("action", "reason")) == [
        ("roster.export", "订房"),
        ("export.download", ""),
    ]


def test_an_export_expires_and_is_encrypted(cast: Cast, program: Program, sign_in: Any) -> None:
    from django.db import connection

    made = make_export(cast.organiser, program, now=NOW() - timedelta(hours=25))
    client = sign_in(cast.organiser)
    assert client.get(reverse("people:export", args=[made.pk])).status_code == 404
    assert "订房" not in client.get(reverse("people:exports")).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM participants_export")
        assert cursor.fetchone()[0].startswith("k1.")


def test_an_export_needs_a_reason(cast: Cast, program: Program) -> None:
    with pytest.raises(RuleViolation) as found:
        exports.keep(program=program, by=cast.organiser, content=b"", file_name="x", rows=0, reason="  ", now=NOW())
    assert (found.value.code, Export.objects.count()) == ("reason_required", 0)


# A copy of everything -----------------------------------------------------------------------------------------------------


def test_the_copy_holds_everything_and_no_secret(cast: Cast, tmp_path: Path) -> None:
    certificate = make_certificate(cast, name="欧阳若川", **CANARIES, birth_on=BIRTH)
    person = certificate.registration.person
    consent_rules.record_paper(person=person, guardian_name="欧阳锋", relation="father", paper=b"%PDF-1.4\n%%EOF", by=None, now=NOW())
    target = tmp_path / "copy.zip"
    call_command("export_person", person.pk, out=target, verbosity=0, stdout=io.StringIO())
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with zipfile.ZipFile(target) as archive:
        names = sorted(archive.namelist())
        data = json.loads(archive.read("data.json"))
        assert archive.read(f"certificate-{certificate.pk}.pdf").startswith(b"%PDF")
    assert names == [f"certificate-{certificate.pk}.pdf", f"consent-{person.consents.get().pk}.pdf", "data.json"]
    assert {name: data["person"][name] for name in CANARIES} == CANARIES
    assert len(data["attendance"]) == 4 and data["certificates"][0]["number"] == certificate.number
    assert data["consents"][0]["guardian_name"] == "欧阳锋" and data["registrations"][0]["status"] == "confirmed"
    text = json.dumps(data, ensure_ascii=False)
    assert not any(secret in text for secret in (link_token(person), person.link_hash or "-", person.national_id_index))
    assert AuditEvent.objects.filter(action="person.export", target_id=person.pk).count() == 1


def test_the_copy_holds_locked_rosters_and_results(cast: Cast, row: Registration) -> None:
    lock_roster(delegation=row.delegation, by=cast.organiser, now=NOW())
    award = Award.objects.create(program=row.program, kind="award", name=row.person.name, organisation=row.organisation, registration=row, prize="一等奖")
    data = privacy.everything_of(row.person)
    assert [(one["registration"], one["name"]) for one in data["roster_versions"]] == [(row.pk, row.person.name)]
    assert not set(data["roster_versions"][0]) & privacy.HIDDEN
    assert [(one["id"], one["prize"]) for one in data["awards"]] == [(award.pk, "一等奖")]


def test_erasing_takes_results_without_a_paper_along(cast: Cast, row: Registration) -> None:
    Award.objects.create(program=row.program, kind="work", name="金丝雀某", organisation=row.organisation, registration=row, work="金丝雀图")
    rules.withdraw(registration=row, by=cast.coordinator_a, now=NOW(), reason="")
    erase(row.person)
    assert Award.objects.get().name == traces.ERASED and "金丝雀" not in everything_in_the_database()


def test_a_copy_overwrites_nothing(cast: Cast, row: Registration, tmp_path: Path) -> None:
    target = tmp_path / "copy.zip"
    target.write_text("mine")
    with pytest.raises(CommandError):
        call_command("export_person", row.person_id, out=target)
    with pytest.raises(CommandError, match="no person"):
        call_command("export_person", 999_999, out=tmp_path / "other.zip")
    assert target.read_text() == "mine"


# Erasure ------------------------------------------------------------------------------------------------------------------


def erase(person: Person, *options: str) -> None:
    call_command("erase_person", person.pk, "--reason", "本人要求", *options, stdout=io.StringIO())


def everything_in_the_database() -> str:
    """Each value of our own tables, decrypted, but not the log of what happened."""
    from django.apps import apps

    models = [model for name in ("events", "participants") for model in apps.get_app_config(name).get_models()]
    return "\n".join(str(row) for model in models for row in model._base_manager.values_list())


def test_erasing_leaves_no_trace_but_the_ledger(cast: Cast) -> None:
    certificate = make_certificate(cast, name="欧阳若川", **CANARIES, birth_on=BIRTH)
    person, token = certificate.registration.person, link_token(certificate.registration.person)
    consent_rules.record_paper(person=person, guardian_name="金丝雀家长", relation="father", paper=b"%PDF-1.4\n%%EOF", by=None, now=NOW())
    assert OutboxMail.objects.filter(recipient=CANARIES["email"]).exists() and Client().get(f"/my/{token}/").status_code == 200
    erase(person)
    gone = Person.objects.get(pk=person.pk)
    assert (gone.name, gone.national_id_index, gone.birth_on, gone.link_hash) == (traces.ERASED, "", None, None)
    text = everything_in_the_database()
    assert [value for value in (*CANARIES.values(), "金丝雀家长") if value in text] == []
    assert Client().get(f"/my/{token}/").status_code == 404 and Client().get(f"/calendars/{token}.ics").status_code == 404
    kept = Certificate.objects.get(pk=certificate.pk)
    assert (kept.holder_name, kept.status) == ("欧阳若川", "issued")
    assert AuditEvent.objects.get(action="person.erase").reason == "本人要求"
    assert not GuardianConsent.objects.exists()


def test_erasing_certificates_too_revokes_and_blanks_them(cast: Cast) -> None:
    certificate = make_certificate(cast, name="欧阳若川")
    path = Path(certificate.pdf.path)
    erase(certificate.registration.person, "--certificates")
    gone = Certificate.objects.get(pk=certificate.pk)
    assert (gone.status, gone.holder_name, gone.facts["name"], gone.number, path.exists()) == (
        "revoked",
        traces.ERASED,
        traces.ERASED,
        certificate.number,
        False,
    )
    assert "欧阳若川" not in everything_in_the_database()


def test_whoever_takes_part_withdraws_first(cast: Cast, row: Registration) -> None:
    with pytest.raises(CommandError, match="still_taking_part"):
        erase(row.person)
    rules.withdraw(registration=row, by=cast.coordinator_a, now=NOW(), reason="金丝雀生病")
    erase(row.person)
    assert "金丝雀" not in everything_in_the_database()
    assert set(Notice.objects.filter(kind="withdrawn").values_list("reason", flat=True)) == {""}


def test_others_keep_what_is_theirs(cast: Cast) -> None:
    finished = make_finished(cast)
    erased, kept = make_participant(cast, finished), make_participant(cast, finished, "郑佩文", diet="素食")
    erase(erased.person)
    assert Person.objects.get(pk=kept.person_id).diet == "素食"


def test_a_reason_is_needed(cast: Cast) -> None:
    person = make_person(cast, cast.school_a)
    with pytest.raises(CommandError, match="reason_required"):
        call_command("erase_person", person.pk, "--reason", " ")
    with pytest.raises(CommandError, match="no person"):
        call_command("erase_person", 999_999, "--reason", "x")
