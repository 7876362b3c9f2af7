"""Guests of a program, and the messages that they get."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from icalendar import Calendar

from events.programs.models import Program
from participants.invitations import rules
from participants.invitations.models import Guest
from participants.notices.models import OutboxMail
from tests.cast import Cast, make_person, make_registration


def soon(days: int = 21, hour: int = 9) -> datetime:
    return timezone.localtime().replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=days)


def leader(cast: Cast, program: Program, **fields: Any) -> Guest:
    person = make_person(cast, cast.school_a, "林知遥", email="Leader@Example.cn")
    registration = make_registration(cast, program, person, "confirmed", role="领队", **fields)
    return rules.invite(program=program, registration=registration, name=person.name, email=person.email, by=cast.organiser, at=timezone.now())


def host(cast: Cast, program: Program) -> Guest:
    return rules.invite(program=program, organisation=cast.host, name="沈老师", email="host@example.cn", by=cast.organiser, at=timezone.now())


def letters() -> list[str]:
    """What is queued, as `recipient METHOD sequence`, oldest first."""
    found = []
    for row in OutboxMail.objects.filter(kind__startswith="itip:"):
        event = Calendar.from_ical(row.calendar.encode()).walk("VEVENT")[0]
        found.append(f"{row.recipient.split('@')[0].lower()} {row.kind.removeprefix('itip:')} {event['SEQUENCE']}")
    return found


def sent() -> list[Any]:
    """Send what is due, and give all that left."""
    call_command("send_mail_queue", stdout=StringIO())
    return mail.outbox
