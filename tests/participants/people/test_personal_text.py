"""Every column of text in the database, and what becomes of it when somebody asks for a copy or for erasure. A new column fails here until it is declared."""

import io
import json
import zlib
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models
from django.utils import timezone

from participants.certificates import awards
from participants.certificates.award_models import Award
from participants.certificates.models import CertificateBatch, CertificateBatchItem
from participants.invitations.models import Guest, Invite
from participants.notices.models import Notice, OutboxMail
from participants.people import consent_rules, privacy, traces
from participants.people.models import Export
from participants.rosters.models import Registration, RosterImport
from tests.cast import Cast, make_item, make_person
from tests.participants.certificates.making import make_finished, make_participant

COPIED = "in the copy, and erased with the person"
ERASED = "belongs to others or repeats what is copied: erased with the person"
KEPT = "in the copy, and kept: docs/personal-data.md says why"
PASSES = "goes by itself after days; cannot be found by a person"
PEOPLE_AT_WORK = "names accounts, and contacts that an office gives for its work: the office changes them"
PROGRAM = "what an office writes about a program; it names people at most by its own doing, and the office changes it"
NOBODY = "names nobody: codes, words about things, hashes, keys"

DECLARED: dict[str, dict[str, str]] = {
    COPIED: {
        "participants.Person": "name name_en pinyin initials ethnicity national_id phone email position professional_title subject diet lodging "
        "emergency_contact emergency_phone memo",
        "participants.GuardianConsent": "guardian_name paper withdrawn_reason",
        "participants.Registration": "status_reason last_step",
        "participants.AttendanceRecord": "reason",
        "participants.Award": "name name_en members instructors work work_en",
        "participants.Guest": "name email",
        "participants.Invite": "comment",
    },
    ERASED: {
        "participants.OutboxMail": "recipient subject text html calendar unsubscribe_url",
        "participants.Notice": "reason",
        "participants.Export": "content",
        "participants.RosterImport": "file_name file reading",
        "participants.CertificateBatchItem": "error error_params",
    },
    KEPT: {
        "participants.Certificate": "facts holder_name pdf status_reason",
        "participants.RosterVersion": "rows",
        "exchange.AuditEvent": "actor_name changes reason",
    },
    PASSES: {"exchange.IdempotencyRecord": "body"},
    PEOPLE_AT_WORK: {
        "participants.User": "username display_name email password",
        "participants.Invitation": "display_name email",
        "participants.Organisation": "contact_name contact_phone",
        "participants.PaperPicture": "name content",
        "participants.RosterVersion": "locked_by_name note",
        "participants.Export": "reason",
        "exchange.AuditEvent": "ip",
        "events.Venue": "contact_name contact_phone",
        "account.EmailAddress": "email",
        "mfa.Authenticator": "data",
        "sessions.Session": "session_data",
    },
    PROGRAM: {
        "events.Program": "title_zh title_en summary_zh summary_en place_zh place_en contact_name contact_phone status_reason",
        "events.ItineraryItem": "title_zh title_en location responsible description leader_notes meeting_url status_reason",
        "events.ItineraryVersion": "items",
        "events.ItineraryTemplate": "name items",
        "events.ItemEvent": "body",
        "events.LessonSeries": "title_zh title_en location responsible description meeting_url",
        "events.Material": "name file",
        "events.Group": "name",
        "events.ChoirDetails": "accompaniment",
        "events.CompetitionDetails": "subjects rules_zh rules_en",
        "events.ExhibitionDetails": "categories open_hours largest_size_cm",
        "events.JointCourseDetails": "syllabus_zh syllabus_en",
        "events.OnlineSeriesDetails": "platform grades",
        "events.SportsDetails": "disciplines",
        "events.StudyVisitDetails": "theme_zh theme_en lodging insurance",
        "participants.Notice": "changes",
        "participants.PaperTemplate": "title_zh main_zh closing_zh title_en main_en closing_en",
        "participants.CertificateBatch": "status_reason",
        "participants.RosterImport": "status_reason",
        "participants.Award": "category prize prize_en",
    },
    NOBODY: {
        "events.CalendarLink": "token_hash",
        "events.Group": "coach",
        "events.ItemEvent": "language edition program_status",
        "events.ItineraryItem": "travel_from travel_to carrier travel_number uid",
        "events.LessonSeries": "uid weekdays without",
        "events.Material": "sha256",
        "events.Program": "kind",
        "events.SchoolTerm": "name source",
        "events.Series": "name_zh name_en",
        "events.Venue": "name_zh name_en address_zh address_en",
        "exchange.AuditEvent": "action target_type scope_path",
        "exchange.IdempotencyRecord": "key request_hash content_type",
        "participants.Certificate": "number code pdf_sha256",
        "participants.CertificateBatchItem": "error_code",
        "participants.DeviceMark": "state outcome",
        "participants.Division": "code name full_name",
        "participants.Export": "file_name content_type",
        "participants.FormerFile": "sha256",
        "participants.Guest": "language",
        "participants.GuardianConsent": "text_version paper_type token_hash",
        "participants.Invite": "said",
        "participants.Invitation": "token_hash",
        "participants.MailPreference": "muted",
        "participants.MailStop": "address_index kind",
        "participants.Notice": "event people",
        "participants.Organisation": "path name_zh name_en short_name number_prefix",
        "participants.OrganisationAlias": "name",
        "participants.OutboxMail": "event kind claim error",
        "participants.PaperPicture": "sha256",
        "participants.Person": "national_id_index phone_index link_hash",
        "participants.QuotaPart": "value",
        "participants.Registration": "identity_index role",
        "participants.RosterImport": "file_sha256 counts",
        "participants.RosterVersion": "sha256",
        "participants.User": "language",
        "account.EmailConfirmation": "key",
        "auth.Group": "name",
        "auth.Permission": "name codename",
        "contenttypes.ContentType": "app_label model",
        "knox.AuthToken": "digest token_key",
        "sessions.Session": "session_key",
    },
}
TEXT = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.FileField)


def declared(*fates: str) -> set[str]:
    return {f"{model}.{name}" for fate in fates for model, names in DECLARED[fate].items() for name in names.split()}


def test_every_column_of_text_is_declared_once() -> None:
    there = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, TEXT) and not field.choices
    }
    assert there - declared(*DECLARED) == set(), "Say what becomes of these when somebody asks for a copy or for erasure, and make it so"
    assert declared(*DECLARED) - there == set()
    assert sum(len(names.split()) for models_ in DECLARED.values() for names in models_.values()) == len(there)


# What is declared holds ---------------------------------------------------------------------------------------------------


def song(column: str) -> str:
    """A text that stands in this column and nowhere else, and fits the shortest of them."""
    return f"雀{zlib.crc32(column.encode()):08x}"


def songs(*fates: str) -> dict[str, str]:
    return {column: song(column) for column in sorted(declared(*fates) - UNWRITABLE)}


# These follow from other columns, or have a form of their own.
UNWRITABLE = {
    *("participants.Person.pinyin", "participants.Person.initials", "participants.Person.national_id", "participants.Person.email"),
    *("participants.GuardianConsent.paper", "participants.Guest.email", "participants.OutboxMail.recipient"),
}


def write(row: Any, names: str, **values: Any) -> Any:
    """Put its song into each column, as it is or as `values` wrap it."""
    for name in names.split():
        setattr(row, name, values.get(name, str)(song(f"{row._meta.label}.{name}")))
    row.save()
    return row


@pytest.fixture
def row(cast: Cast) -> Registration:
    """Somebody with a song in every column, in a program that is over."""
    now, program = timezone.now(), make_finished(cast)
    row = make_participant(cast, program, "欧阳若川", email="canary@example.test")
    about = {"program": program, "created_at": now}
    write(row.person, "name name_en ethnicity phone position professional_title subject diet lodging emergency_contact emergency_phone memo")
    write(row, "status_reason last_step", last_step=lambda text: {"reason": text})
    write(row.attendance.first(), "reason")
    given = consent_rules.record_paper(person=row.person, guardian_name="x", relation="father", paper=b"%PDF-\n%%EOF", by=None, now=now)
    write(given, "guardian_name withdrawn_reason")
    own = Award(program=program, kind="work", organisation=row.organisation, registration=row)
    write(own, "name name_en members instructors work work_en", members=in_list, instructors=in_list)
    guest = write(Guest(program=program, registration=row, email="mail@example.test", added_at=now), "name")
    item = make_item(program, now)
    write(Invite(guest=guest, item=item, sequence=0, item_sequence=0, said="", sent_at=now), "comment")
    letter = OutboxMail(event="e", recipient="mail@example.test", kind="itip:REQUEST", next_try_at=now, created_at=now)
    write(letter, "subject text html calendar unsubscribe_url")
    write(Notice(user=cast.organiser, event="n", kind="withdrawn", people=[row.pk], **about), "reason")
    write(Export(user=cast.organiser, rows=1, expires_at=now, **about), "content", content=str.encode)
    sheet = RosterImport(program=program, organisation=cast.school_a, status="committed")
    write(sheet, "file_name file reading", file=str.encode, reading=lambda text: {"rows": text})
    batch = CertificateBatch.objects.create(program=program, created_by=cast.organiser)
    write(CertificateBatchItem(batch=batch, registration=row, position=1), "error error_params", error_params=lambda text: {"names": [text]})
    return row


def in_list(text: str) -> list[str]:
    return [text]


def everything_in_the_database() -> str:
    found = (
        value
        for name in ("events", "participants")
        for model in apps.get_app_config(name).get_models()
        for line in model._base_manager.values_list()
        for value in line
    )
    return "\n".join(bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value) for value in found)


def test_the_copy_and_the_erasure_reach_every_column_that_is_declared(row: Registration) -> None:
    text = everything_in_the_database()
    assert [column for column, song in songs(COPIED, ERASED).items() if song not in text] == []  # the fixture is complete
    copy = json.dumps(privacy.everything_of(row.person), ensure_ascii=False, default=str)
    assert [column for column, song in songs(COPIED).items() if song not in copy] == []
    privacy.erase_person(person=row.person, by=None, now=timezone.now(), reason="本人要求")
    text = everything_in_the_database()
    assert [column for column, song in songs(COPIED, ERASED).items() if song in text] == []
    assert "canary@example.test" not in text and "mail@example.test" not in text


# Names that are typed without a link --------------------------------------------------------------------------------------


def typed(row: Registration, **fields: Any) -> Award:
    values = {"kind": "award", "holder": "team", "name": "运河社", "prize": "一等奖", "members_statement": "of_age", "organisation": row.organisation}
    return Award.objects.create(program=row.program, **values | fields)


@pytest.fixture
def named(cast: Cast) -> Registration:
    return make_participant(cast, make_finished(cast), "欧阳若川")


def test_results_that_spell_the_name_are_copied_and_erased(cast: Cast, named: Registration) -> None:
    team = typed(named, members=["欧阳若川", "甲一"], instructors=["欧阳若川"])
    alone = typed(named, holder="person", name="欧阳若川", work="晨读")
    other = typed(named, organisation=cast.school_b, members=["欧阳若川"])
    found = privacy.everything_of(named.person)["named_results"]
    assert [row["id"] for row in found] == [team.pk, alone.pk] and "甲一" not in str(found)
    assert privacy.erase_person(person=named.person, by=None, now=timezone.now(), reason="本人要求") == 0
    for award in (team, alone, other):
        award.refresh_from_db()
    assert (team.members, team.instructors, team.members_statement) == (["甲一"], [], "of_age")
    assert (alone.name, alone.work, other.members) == (traces.ERASED, "", ["欧阳若川"])


def test_a_namesake_of_the_unit_keeps_what_may_be_theirs(cast: Cast, named: Registration) -> None:
    make_person(cast, cast.school_a, "欧阳若川")
    here = typed(named, members=["欧阳若川"])  # only one of the two was on this roster
    elsewhere = Award.objects.create(program=make_finished(cast), kind="work", holder="team", name="x", organisation=cast.school_a, members=["欧阳若川"])
    out = io.StringIO()
    call_command("erase_person", named.person_id, "--reason", "本人要求", stdout=out)
    here.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (here.members, here.members_statement, elsewhere.members) == ([], "", ["欧阳若川"]) and "1 results name somebody" in out.getvalue()


@pytest.mark.parametrize("with_certificates", [False, True])
def test_papers_of_the_ledger_forget_a_spelt_name_only_when_asked(cast: Cast, named: Registration, with_certificates: bool) -> None:
    team = typed(named, members=["欧阳若川", "甲一"])
    alone = typed(named, holder="person", name="欧阳若川")
    now = timezone.now()
    issued = [awards.enter(award_id=award.pk, facts=awards.prepare(award.pk, now), by=cast.organiser, now=now) for award in (team, alone)]
    privacy.erase_person(person=named.person, by=None, now=timezone.now(), reason="本人要求", with_certificates=with_certificates)
    for paper in issued:
        paper.refresh_from_db()
    of_team, own = issued
    assert (of_team.status, of_team.facts["members"]) == ("issued", ["甲一"] if with_certificates else ["欧阳若川", "甲一"])
    assert (own.status, own.holder_name) == (("revoked", traces.ERASED) if with_certificates else ("issued", "欧阳若川"))
