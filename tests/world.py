"""One of everything that belongs to a program, named with a mark that must not show where it is not wanted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from events.calendars.models import CalendarLink
from events.itineraries.materials.models import Material
from events.itineraries.materials.rules import add_material
from events.itineraries.models import Group, ItineraryItem, Venue
from events.itineraries.own_templates.models import ItineraryTemplate
from events.itineraries.series.models import LessonSeries
from events.programs.models import Program, Series
from exchange.encryption import token_hash
from participants import feed_links
from participants.attendance.models import AttendanceRecord
from participants.certificates.award_models import Award, PaperPicture, PaperTemplate
from participants.certificates.models import Certificate, CertificateBatch, CertificateBatchItem
from participants.directory.models import Invitation, Membership, Organisation, User
from participants.invitations.models import Guest
from participants.notices.models import Notice
from participants.people.models import Export, GuardianConsent, Person
from participants.people.rules import link_token
from participants.rosters.models import Allocation, Delegation, QuotaPart, Registration, RosterImport, RosterVersion
from participants.rosters.versions import lock_roster
from tests.cast import Cast, at, make_item, make_organisation, make_person, make_program, make_registration, make_user


@dataclass
class World:
    """`mark` is in every name; `registration` is confirmed, `draft` is not."""

    mark: str
    school: Organisation
    user: User
    membership: Membership
    invitation: Invitation
    program: Program
    series: Series
    venue: Venue
    itinerary_template: ItineraryTemplate
    group: Group
    material: Material
    lesson_series: LessonSeries
    item: ItineraryItem
    delegation: Delegation
    part: QuotaPart
    allocation: Allocation
    person: Person
    registration: Registration
    draft: Registration
    roster_import: RosterImport
    version: RosterVersion
    attendance: AttendanceRecord
    batch: CertificateBatch
    certificate: Certificate
    award: Award
    paper_template: PaperTemplate
    paper_picture: PaperPicture
    token: str
    calendar_link: CalendarLink
    guest: Guest
    consent: GuardianConsent
    export: Export
    notice: Notice


def build_world(cast: Cast, mark: str, organiser: Organisation, bureau: Organisation, **person_fields: Any) -> World:
    """A published, invited-only program of `organiser` with a delegation of `bureau` and everything that hangs on it."""
    now = timezone.now()
    school = make_organisation("school", f"{mark}学校", bureau, bureau.division_id)
    user = make_user(f"user_{school.pk}", f"{mark}用户", school, "coordinator")
    series = Series.objects.create(name_zh=f"{mark}交流季", year=2026, organiser=organiser)
    # Series are open to read; the one of this world stays apart, so that its name may not show beside the program's.
    program = make_program(cast, organiser=organiser, issuer=bureau, title_zh=f"{mark}活动", title_en=f"{mark} program", visibility="invited", starts_in=-1)
    delegation = Delegation.objects.create(program=program, organisation=bureau, quota=20)
    allocation = Allocation.objects.create(delegation=delegation, organisation=school, quota=10)
    venue = Venue.objects.create(owner=organiser, name_zh=f"{mark}场馆")
    group = Group.objects.create(program=program, number=1, name=f"{mark}组")
    item = make_item(program, at(f"{program.starts_on} 09:00"), 90, f"{mark}日程", [group], venue=venue, credit_hours=2, is_public=False)
    person = make_person(cast, school, **{"name": f"{mark}某", **person_fields})
    consent = make_consent(person, mark, now)
    registration = make_registration(cast, program, person, "confirmed", group=group)
    certificate = make_certificate(registration, bureau, mark, now)
    return World(
        mark=mark,
        school=school,
        user=user,
        membership=user.memberships.get(),
        invitation=make_invitation(school, mark, now),
        program=program,
        series=series,
        venue=venue,
        itinerary_template=ItineraryTemplate.objects.create(owner=organiser, name=f"{mark}样板", created_at=now),
        group=group,
        lesson_series=make_lessons(program, mark, now),
        item=item,
        material=add_material(item=item, name=f"{mark}讲义.pdf", data=b"%PDF-1.7\n%%EOF", is_public=False, by=user, at=now),
        delegation=delegation,
        part=QuotaPart.objects.create(delegation=delegation, kind="role", value="领队", quota=2),
        allocation=allocation,
        person=person,
        registration=registration,
        draft=make_registration(cast, program, make_person(cast, school, f"{mark}草"), "draft"),
        roster_import=make_import(program, user, mark),
        version=lock_roster(delegation=delegation, by=user, now=now),
        attendance=AttendanceRecord.objects.create(registration=registration, item=item, state="present", recorded_at=now),
        batch=make_batch(certificate, user, now),
        certificate=certificate,
        **make_results(program, bureau, school, mark),
        token=link_token(person),
        calendar_link=feed_links.issue(target=group, by=None, at=now),
        guest=Guest.objects.create(program=program, registration=registration, name=f"{mark}领队", email=f"guest{program.pk}@example.cn", added_at=now),
        consent=consent,
        export=make_export(program, user, mark, now),
        notice=Notice.objects.create(user=user, event=mark, kind="confirmed", program=program, people=[registration.pk], number=1, created_at=now),
    )


def make_batch(certificate: Certificate, user: User, now: datetime) -> CertificateBatch:
    batch = CertificateBatch.objects.create(program=certificate.program, total=1, created_by=user)
    CertificateBatchItem.objects.create(batch=batch, registration=certificate.registration, position=1, certificate=certificate, finished_at=now)
    return batch


def make_invitation(school: Organisation, mark: str, now: datetime) -> Invitation:
    return Invitation.objects.create(
        organisation=school, role="coordinator", display_name=f"{mark}邀请", token_hash=token_hash(mark), expires_at=now + timezone.timedelta(days=5)
    )


def make_results(program: Program, bureau: Organisation, school: Organisation, mark: str) -> dict[str, Any]:
    """A result, and how the bureau words and seals papers for such."""
    return {
        "award": Award.objects.create(program=program, kind="award", name=f"{mark}获奖者", organisation=school, prize="一等奖"),
        "paper_template": PaperTemplate.objects.create(
            organisation=bureau, program=program, kind="award", version=1, design="honour", title_zh=f"{mark}证书", main_zh="{您}获得{奖项}。"
        ),
        "paper_picture": PaperPicture.objects.create(organisation=bureau, role="seal", name=f"{mark}章", content=b"x", sha256=mark, width=60, height=60),
    }


def make_lessons(program: Program, mark: str, now: datetime) -> LessonSeries:
    """A rule without lessons, because the program has one item."""
    first = program.starts_on
    return LessonSeries.objects.create(
        program=program, title_zh=f"{mark}课", weekdays=[first.isoweekday()], first=first, last=program.ends_on, starts="14:00", minutes=45, created_at=now
    )


def make_consent(person: Person, mark: str, now: datetime) -> GuardianConsent:
    return GuardianConsent.objects.create(
        person=person,
        way="paper",
        guardian_name=f"{mark}家长",
        relation="mother",
        text_version="2026-1",
        given_at=now,
        paper=b"%PDF-",
        paper_type="application/pdf",
        created_at=now,
    )


def make_export(program: Program, user: User, mark: str, now: datetime) -> Export:
    return Export.objects.create(
        user=user,
        program=program,
        file_name=f"{mark}.xlsx",
        content_type="text/plain",
        content=mark.encode(),
        rows=1,
        reason="试",
        created_at=now,
        expires_at=now + timedelta(days=1),
    )


def make_import(program: Program, user: User, mark: str) -> RosterImport:
    from participants.rosters import imports

    sheet = f"姓名,性别,身份证号,所在单位\n{mark}行,男,,{mark}学校\n"
    return imports.start_import(program=program, data=sheet.encode(), name=f"{mark}.csv", by=user, now=timezone.now())


def make_certificate(registration: Registration, issuer: Organisation, mark: str, now: Any) -> Certificate:
    from participants.attendance.models import AttendanceRecord as Record
    from participants.certificates import rules

    item = registration.program.items.get()
    record = Record.objects.create(registration=registration, item=item, state="present", recorded_at=now)
    Organisation.objects.filter(pk=issuer.pk).update(number_prefix="试教证")
    registration.refresh_from_db()
    certificate = rules.issue(registration=Registration.objects.get(pk=registration.pk), by=registration.program.organiser.memberships.first().user, now=now)
    record.delete()
    return certificate
