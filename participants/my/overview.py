"""What a participant's page shows: one program's days, the next item, whom to call. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.calendars.items import is_cancelled
from events.itineraries.day_parts import DAY, DayPart, now_and_next
from events.itineraries.models import ItineraryItem
from events.programs.status import ProgramStatus
from participants.certificates import sight
from participants.certificates.models import Certificate
from participants.certificates.status import CertificateStatus
from participants.people.models import Person
from participants.rosters.models import Registration

LEADING_ROLES = ("组长", "领队", "联络员")  # in the order in which one asks


@dataclass(frozen=True)
class Contact:
    """Whom a participant calls: `word` says who that is."""

    word: str
    name: str
    phone: str


@dataclass(frozen=True)
class Entry:
    """A line of a day."""

    part: DayPart
    is_now: bool = False
    is_past: bool = False

    @property
    def item(self) -> ItineraryItem:
        return self.part.item

    @property
    def is_off(self) -> bool:
        return is_cancelled(self.item)


def entries(parts: Iterable[DayPart], now: datetime) -> list[Entry]:
    return [Entry(part, part.starts_at <= now < part.ends_at and not is_cancelled(part.item), part.ends_at <= now) for part in parts]


def timeless(parts: Iterable[DayPart]) -> list[Entry]:
    """For a copy that is read at times unknown: nothing is marked as over or going on."""
    return [Entry(part) for part in parts]


def current(items: Iterable[ItineraryItem], now: datetime) -> list[Entry]:
    """What goes on, then what comes next. First stands what the card shows: not what runs for days while something else goes on or comes."""
    rows = [Entry(part, is_now=is_on) for is_on, part in now_and_next(items, now)]
    return sorted(rows, key=lambda row: row.is_now and row.item.ends_at - row.item.starts_at >= DAY)


def chosen_day(days: list[date], asked: date | None, upcoming: Entry | None, now: datetime) -> date:
    """The day asked for, today, the day of the next item, or the last."""
    wishes = (asked, timezone.localdate(now), upcoming.part.day if upcoming else None)
    return next((day for day in wishes if day in days), days[-1])


def time_left(starts_at: datetime, now: datetime) -> str:
    """“in 35 minutes”, “in 3 hours”, “in 2 days”; "" once it has begun."""
    minutes = int((starts_at - now).total_seconds() // 60)
    if minutes < 0:
        return ""
    if minutes < 60:
        return ngettext("in %(count)s minute", "in %(count)s minutes", minutes) % {"count": minutes}
    if minutes < 24 * 60:
        return ngettext("in %(count)s hour", "in %(count)s hours", minutes // 60) % {"count": minutes // 60}
    days = (timezone.localdate(starts_at) - timezone.localdate(now)).days
    return ngettext("in %(count)s day", "in %(count)s days", days) % {"count": days}


def contact_of(registration: Registration) -> Contact | None:
    """The leader of the group, of the delegation, or the organiser's contact."""
    leader = leader_of(registration)
    if leader is not None and leader.person.phone:
        return Contact(leader.role, leader.person.name, leader.person.phone)
    program = registration.program
    return Contact(_("the organiser"), program.contact_name, program.contact_phone) if program.contact_phone else None


def leader_of(registration: Registration) -> Registration | None:
    """A confirmed leader beside the person: of the own group first, then of the own delegation."""
    near = Q(delegation=registration.delegation_id, role__in=LEADING_ROLES[1:])
    if registration.group_id:
        near |= Q(group=registration.group_id, role=LEADING_ROLES[0])
    order = Case(*(When(role=role, then=Value(index)) for index, role in enumerate(LEADING_ROLES)), output_field=IntegerField())
    rows = Registration.objects.confirmed().filter(near, program=registration.program_id).exclude(person=registration.person_id)
    return rows.select_related("person").annotate(order=order).order_by("order", "position", "pk").first()


# Certificates ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Paper:
    """A certificate as its card shows it."""

    title: str
    note: str
    state: str  # issued, revoked or expected
    download_url: str = ""
    credential_url: str = ""


def papers_of(person: Person, token: str) -> list[Paper]:
    rows = sight.on_own_page(person).select_related("program", "award").order_by("-issued_at", "-pk")
    return [paper(certificate, token) for certificate in rows]


def paper(certificate: Certificate, token: str) -> Paper:
    is_team = certificate.award is not None and certificate.award.holder == sight.TEAM
    note = f"{certificate.holder_name} · {certificate.number}" if is_team else certificate.number
    if certificate.status != CertificateStatus.ISSUED:
        return Paper(str(certificate.program), _("%(number)s, revoked") % {"number": note}, "revoked")
    addresses = (reverse(f"certificates:{name}", args=[token, certificate.pk]) for name in (("mine",) if is_team else ("mine", "my_credential")))
    return Paper(str(certificate.program), note, "issued", *addresses)


def expected_paper(registration: Registration, papers: Iterable[Any]) -> Paper | None:
    """A place for the certificate to come, while the program has none for this person."""
    program = registration.program
    if program.status == ProgramStatus.CANCELLED or any(row.title == str(program) for row in papers):
        return None
    return Paper(str(program), _("Issued after the end, once attendance has been checked."), "expected")
