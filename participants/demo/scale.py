"""Many people and programs at once, for trials of size. Set-based: rows go in by the thousand, past the rules, with the same invariants."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models, transaction

from events.itineraries.models import ItineraryItem, new_uid
from events.kinds.registry import KINDS
from events.programs.models import Program, Series
from events.programs.status import ProgramStatus
from exchange.encryption import token_hash
from participants.demo.invented import invent_person
from participants.demo.organisations import organisation
from participants.directory.models import Organisation, OrganisationLevel
from participants.people.models import Person
from participants.people.rules import link_token, prepare
from participants.rosters.models import Delegation, Registration
from participants.rosters.status import RegistrationStatus

BUREAUS = ("天津市北辰区教育局", "北京市大兴区教育委员会", "廊坊市教育局")
BATCH = 2000
SHANGHAI = ZoneInfo("Asia/Shanghai")
STATUSES = [RegistrationStatus.CONFIRMED] * 6 + [
    RegistrationStatus.ENDORSED,
    RegistrationStatus.SUBMITTED,
    RegistrationStatus.DRAFT,
    RegistrationStatus.WITHDRAWN,
]


@dataclass(frozen=True)
class Size:
    """How much to make. Every person is registered for one program."""

    schools: int
    people: int
    programs: int


SIZES = {"festival": Size(schools=60, people=5_000, programs=40), "region": Size(schools=1_200, people=100_000, programs=2_000)}


def build_scale(name: str, series: Series, now: datetime, chance: random.Random) -> None:
    """Fill up to the size: what an earlier run made counts, so a second run adds nothing."""
    size = SIZES[name]
    with transaction.atomic():
        schools = build_schools(size)
        programs = build_programs(size, series, now, chance)
        delegations = build_delegations(programs)
        build_people(size, schools, programs, delegations, now, chance)


def save_all(model: type[models.Model], rows: Iterator[Any]) -> None:
    while batch := list(islice(rows, BATCH)):
        model._base_manager.bulk_create(batch, batch_size=BATCH)


def build_schools(size: Size) -> list[Organisation]:
    made = Organisation.objects.filter(name_en__startswith="Sample school ")
    missing = range(made.count() + 1, size.schools + 1)
    parents = [organisation(name) for name in BUREAUS]
    rows = (
        Organisation(
            parent=parents[n % 3],
            level=OrganisationLevel.SCHOOL,
            name_zh=f"第{n}示例学校",
            name_en=f"Sample school {n}",
            division=parents[n % 3].division,
            stage="senior",
        )
        for n in missing
    )
    save_all(Organisation, rows)
    fresh = list(made.filter(path="").select_related("parent"))
    for school in fresh:
        school.path = f"{school.parent.path}{school.pk}/"  # type: ignore[union-attr]
    Organisation.objects.bulk_update(fresh, ["path"], batch_size=500)
    return list(made.order_by("pk"))


def build_programs(size: Size, series: Series, now: datetime, chance: random.Random) -> list[Program]:
    made = Program.objects.filter(title_en__startswith="Sample program ")
    kinds = list(KINDS)
    organisers = [organisation("天津市教育委员会"), organisation("北京市教育委员会")]
    issuers = {organisers[0].pk: organisation(BUREAUS[0]), organisers[1].pk: organisation(BUREAUS[1])}

    def rows() -> Iterator[Program]:
        for n in range(made.count() + 1, size.programs + 1):
            first = now.date() + timedelta(days=chance.randrange(-700, 200))
            yield Program(
                kind=kinds[n % len(kinds)],
                title_zh=f"第{n}期区域交流活动",
                title_en=f"Sample program {n}",
                series=series,
                organiser=organisers[n % 2],
                issuer=issuers[organisers[n % 2].pk],
                starts_on=first,
                ends_on=first + timedelta(days=n % 5),
                registration_opens_at=now - timedelta(days=800),
                registration_closes_at=datetime.combine(first, time(0), SHANGHAI),
                status=ProgramStatus.PUBLISHED,
                status_changed_at=now,
            )

    save_all(Program, rows())
    programs = list(made.order_by("pk"))
    planned = set(ItineraryItem.objects.values_list("program_id", flat=True).distinct())
    fresh = [program for program in programs if program.pk not in planned]
    save_all(ItineraryItem, (item for program in fresh for item in items_of(program, now)))
    for kind in KINDS.values():
        have = set(kind.details_model._base_manager.values_list("pk", flat=True))
        save_all(kind.details_model, (kind.details_model(program=program) for program in fresh if program.kind_rules is kind and program.pk not in have))
    return programs


def items_of(program: Program, now: datetime) -> Iterator[ItineraryItem]:
    for index, hour in enumerate((9, 10, 14, 16)):
        begins = datetime.combine(program.starts_on, time(hour), SHANGHAI)
        title = f"第{index + 1}节"
        yield ItineraryItem(
            program=program, title_zh=title, starts_at=begins, ends_at=begins + timedelta(minutes=50), credit_hours=1, uid=new_uid(), changed_at=now
        )


def build_delegations(programs: list[Program]) -> dict[tuple[int, int], Delegation]:
    """Every program invites the three bureaus, with more places than anybody uses."""
    bureaus = [organisation(name) for name in BUREAUS]
    have = set(Delegation.objects.values_list("program_id", flat=True).distinct())
    rows = (Delegation(program=program, organisation=bureau, quota=1000) for program in programs if program.pk not in have for bureau in bureaus)
    save_all(Delegation, rows)
    wanted = {program.pk for program in programs}
    return {(row.program_id, row.organisation_id): row for row in Delegation.objects.all() if row.program_id in wanted}


def build_people(
    size: Size, schools: list[Organisation], programs: list[Program], delegations: dict[tuple[int, int], Delegation], now: datetime, chance: random.Random
) -> None:
    made = Person.objects.filter(memo="示例").count()
    numbers: set[str] = set()
    for begin in range(made, size.people, BATCH):
        people = [invent(n, schools[n % len(schools)], chance, numbers) for n in range(begin, min(begin + BATCH, size.people))]
        Person.objects.bulk_create(people, batch_size=BATCH)
        for person in people:
            person.link_hash = token_hash(link_token(person))
        set_links(people)
        Registration.objects.bulk_create(
            [register(person, programs[(begin + n) % len(programs)], delegations, now, chance) for n, person in enumerate(people)], batch_size=BATCH
        )


def invent(n: int, school: Organisation, chance: random.Random, numbers: set[str]) -> Person:
    fields = invent_person(chance)
    while fields["national_id"] in numbers:
        fields = invent_person(chance)
    numbers.add(fields["national_id"])
    return prepare(Person(organisation=school, memo="示例", **fields))


def set_links(people: list[Person]) -> None:
    """A link's token contains the primary key, so it is known only after the insert."""
    when = [models.When(pk=person.pk, then=models.Value(person.link_hash)) for person in people]
    for begin in range(0, len(people), 400):
        part = when[begin : begin + 400]
        ids = [person.pk for person in people[begin : begin + 400]]
        Person.objects.filter(pk__in=ids).update(link_hash=models.Case(*part, output_field=models.CharField()))


def register(person: Person, program: Program, delegations: dict[tuple[int, int], Delegation], now: datetime, chance: random.Random) -> Registration:
    status = chance.choice(STATUSES)
    return Registration(
        program=program,
        person=person,
        organisation=person.organisation,
        delegation=delegations[(program.pk, person.organisation.parent_id)],  # type: ignore[index]
        identity_index=person.national_id_index,
        role="学员",
        status=status,
        status_changed_at=now,
        submitted_at=None if status == RegistrationStatus.DRAFT else now,
        endorsed_at=now if status in (RegistrationStatus.ENDORSED, RegistrationStatus.CONFIRMED) else None,
        confirmed_at=now if status == RegistrationStatus.CONFIRMED else None,
    )
