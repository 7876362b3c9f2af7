"""Small factories of the attendance tests."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from participants.attendance.models import AttendanceRecord
from participants.certificates.models import Certificate
from participants.rosters.models import Registration
from tests.cast import Cast, make_delegation, make_item, make_person, make_program, make_registration


def running_program(cast: Cast, **fields: Any) -> Program:
    """A program of five days that began two days ago, with a delegation of Beichen."""
    program = make_program(cast, starts_in=-2, **fields)
    make_delegation(cast, program, cast.beichen)
    return program


def confirmed(cast: Cast, program: Program, name: str = "陈望舟", **fields: Any) -> Registration:
    return make_registration(cast, program, make_person(cast, fields.pop("school", cast.school_a), name), fields.pop("status", "confirmed"), **fields)


def day_of(program: Program, day: int, hour: int = 9) -> datetime:
    """Beijing time `hour` on the program's day number `day` (from 0)."""
    start = datetime.combine(program.starts_on + timedelta(days=day), datetime.min.time()) + timedelta(hours=hour)
    return timezone.make_aware(start)


def credited(program: Program, day: int = 0, hours: str = "4", title: str = "校园管理观摩", hour: int = 9, **fields: Any) -> ItineraryItem:
    """An item with credit hours, as the database gives it back."""
    item = make_item(program, day_of(program, day, hour), 90, title, credit_hours=Decimal(hours), **fields)
    return ItineraryItem.objects.get(pk=item.pk)


def mark(registration: Registration, item: ItineraryItem, state: str = "present") -> AttendanceRecord:
    """A record as it stands in the table; rules are tested apart."""
    return AttendanceRecord.objects.create(registration=registration, item=item, state=state, recorded_at=timezone.now())


def certify(cast: Cast, registration: Registration) -> Certificate:
    """A valid certificate as the table holds it; numbering is tested with the certificates."""
    serial = Certificate.objects.count() + 1
    return Certificate.objects.create(
        registration=registration,
        program=registration.program,
        organisation=registration.organisation,
        issuer=cast.beichen,
        year=2026,
        serial=serial,
        number=f"津北教交证〔2026〕第{serial:04d}号",
        code=f"CODE{serial:08d}",
        facts={},
        holder_name=registration.person.name,
        issued_at=timezone.now(),
    )
