"""The home of a school's coordinator: each open program with the school's places, what to do next, and the people sent."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import access
from exchange.house_dates import counted
from participants.certificates.models import Certificate
from participants.certificates.status import CertificateStatus
from participants.rosters.models import Allocation, Delegation, Registration
from participants.rosters.status import RegistrationStatus

S = RegistrationStatus
COORDINATOR = (access.COORDINATOR,)
CARDS, PEOPLE, PAST = 6, 200, 5


@dataclass
class Card:
    """A program that the school may send people to. `quota` is None where the school shares the district's places."""

    program: Program
    delegation: Any
    quota: int | None
    confirmed: int
    in_review: int
    people: list[Registration] = field(default_factory=list)
    days_left: int | None = None
    is_open: bool = False

    @property
    def numbers(self) -> Counter[str]:
        return Counter(row.status for row in self.people)

    @property
    def left(self) -> int:
        return max((self.quota or 0) - self.confirmed - self.in_review, 0)

    @property
    def steps(self) -> list[dict[str, str]]:
        return steps(self)


@dataclass(frozen=True)
class Past:
    program: Program
    people: int
    certificates: int


@dataclass(frozen=True)
class SchoolHome:
    heading: str
    cards: list[Card]
    past: list[Past]
    returned: list[Registration]

    @property
    def main(self) -> Card | None:
        return self.cards[0] if self.cards else None

    @property
    def one_open(self) -> bool:
        """Whether it goes without saying which program a sheet is for."""
        return [card for card in self.cards if card.is_open] == self.cards[:1]


def school_home(user: Any, now: datetime) -> SchoolHome:
    """Everything a coordinator's home shows, in a constant number of queries; programs with something to correct or to submit come first."""
    cards = sorted(open_cards(user, now), key=lambda card: (not card.numbers[S.RETURNED], not (card.is_open and card.numbers[S.DRAFT]), not card.is_open))
    returned = [row for card in cards for row in card.people if row.status == S.RETURNED]
    return SchoolHome(heading(cards), cards, past_programs(user, now), returned)


def heading(cards: list[Card]) -> str:
    """The situation in one sentence."""
    returned, drafts = (sum(card.numbers[status] for card in cards) for status in (S.RETURNED, S.DRAFT))
    free = sum(card.left for card in cards if card.is_open)
    if returned:
        words = ngettext("The details of %(number)s person need correcting", "The details of %(number)s people need correcting", returned)
        return words % {"number": counted(returned)}
    if drafts:
        words = ngettext("%(number)s person is not submitted yet", "%(number)s people are not submitted yet", drafts)
        return words % {"number": counted(drafts)}
    if free:
        return ngettext("%(number)s more person can be registered", "%(number)s more people can be registered", free) % {"number": counted(free)}
    return _("Nothing to do right now")


def open_cards(user: Any, now: datetime) -> list[Card]:
    today = timezone.localdate(now)
    invited = Delegation.objects.visible_to(user).values("program_id")
    programs = Program.objects.filter(pk__in=invited, status=ProgramStatus.PUBLISHED, ends_on__gte=today).order_by("registration_closes_at", "starts_on", "pk")
    rows = list(programs[:CARDS])
    delegations = _delegations(user, rows)
    places = _places(user, rows)
    people = _people(user, rows)
    return [_card(program, delegations.get(program.pk), places.get(program.pk), people[program.pk], now) for program in rows]


def _delegations(user: Any, programs: list[Program]) -> dict[int, Delegation]:
    """The nearest delegation above the school, per program."""
    rows = Delegation.objects.filter(program__in=programs, organisation_id__in=user.lineage).select_related("organisation").order_by("organisation__path")
    return {row.program_id: row for row in rows}


def _places(user: Any, programs: list[Program]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    rows = Allocation.objects.filter(access.under(user, "organisation", COORDINATOR), delegation__program__in=programs).select_related("delegation")
    for row in rows:
        found[row.delegation.program_id].append(row)
    return found


def _people(user: Any, programs: list[Program]) -> dict[int, list[Registration]]:
    found: dict[int, list[Registration]] = defaultdict(list)
    rows = Registration.objects.filter(access.under(user, "organisation", COORDINATOR), program__in=programs).exclude(status=S.REPLACED)
    for row in rows.select_related("person", "delegation__organisation").order_by("program_id", "position", "pk")[:PEOPLE]:
        found[row.program_id].append(row)
    return found


def _card(program: Program, delegation: Any, places: list[Any] | None, people: list[Registration], now: datetime) -> Card:
    numbers = Counter(row.status for row in people)
    closes = program.registration_closes_at
    return Card(
        program=program,
        delegation=delegation,
        quota=sum(row.quota for row in places) if places else None,
        confirmed=numbers[S.CONFIRMED],
        in_review=numbers[S.SUBMITTED] + numbers[S.ENDORSED],
        people=sorted(people, key=lambda row: row.status != S.RETURNED),
        days_left=(timezone.localdate(closes) - timezone.localdate(now)).days if closes and closes > now else None,
        is_open=program.is_open_for_registration(now) and program.starts_on > timezone.localdate(now),
    )


def steps(card: Card) -> list[dict[str, str]]:
    """The way school → district → organiser of one program, as components/stepper.html draws it."""
    numbers = card.numbers
    office = card.delegation.organisation.short if card.delegation else ""
    mine = numbers[S.RETURNED] + numbers[S.DRAFT]
    stages = [
        (_("School submits"), bool(mine) or not card.people, _submit_note(card), "one-third"),
        (_("District reviews"), bool(numbers[S.SUBMITTED]), _district_note(numbers[S.SUBMITTED], office), "one-third"),
        (_("Organiser reviews"), bool(numbers[S.ENDORSED]), _organiser_note(numbers), "two-thirds"),
    ]
    passed = [not mine and bool(card.people), numbers[S.ENDORSED] + numbers[S.CONFIRMED] > 0, numbers[S.CONFIRMED] > 0]
    return [
        {"label": label, "state": "now" if is_now else "done" if done else "ahead", "note": note, "shape": shape}
        for (label, is_now, note, shape), done in zip(stages, passed, strict=True)
    ]


def _submit_note(card: Card) -> str:
    numbers = card.numbers
    if numbers[S.RETURNED]:
        words = ngettext("Correct %(number)s person, then submit again", "Correct %(number)s people, then submit again", numbers[S.RETURNED])
        return words % {"number": numbers[S.RETURNED]}
    if numbers[S.DRAFT]:
        return ngettext("%(number)s draft to submit", "%(number)s drafts to submit", numbers[S.DRAFT]) % {"number": numbers[S.DRAFT]}
    return _("Everyone is submitted") if card.people else _("Nobody is registered yet")


def _district_note(number: int, office: str) -> str:
    if number:
        return ngettext("%(office)s, %(number)s waiting", "%(office)s, %(number)s waiting", number) % {"office": office, "number": number}
    return office


def _organiser_note(numbers: Counter[str]) -> str:
    if numbers[S.ENDORSED]:
        return ngettext("%(number)s waiting", "%(number)s waiting", numbers[S.ENDORSED]) % {"number": numbers[S.ENDORSED]}
    return ngettext("%(number)s confirmed", "%(number)s confirmed", numbers[S.CONFIRMED]) % {"number": numbers[S.CONFIRMED]} if numbers[S.CONFIRMED] else ""


def explanation(registration: Registration) -> str:
    """What a row's status means for the school."""
    office = registration.delegation.organisation.short
    sentences = {
        S.DRAFT: _("Not submitted yet"),
        S.SUBMITTED: _("Waits for the review of %(office)s") % {"office": office},
        S.ENDORSED: _("%(office)s has passed it on; waits for the organiser") % {"office": office},
        S.CONFIRMED: _("Takes part"),
        S.WAITLISTED: _("Moves up when a place becomes free"),
    }
    status = RegistrationStatus(registration.status)
    return registration.status_reason if status in (S.RETURNED, S.DECLINED, S.WITHDRAWN) else sentences.get(status, "")


def past_programs(user: Any, now: datetime) -> list[Past]:
    """The last programs that the school took part in, with how many certificates its people hold."""
    own = Registration.objects.filter(access.under(user, "organisation", COORDINATOR), status=S.CONFIRMED, program__ends_on__lt=timezone.localdate(now))
    numbers = dict(own.order_by("-program__ends_on", "-program_id").values_list("program_id").annotate(Count("pk"))[:PAST])
    held = Certificate.objects.filter(access.under(user, "organisation", COORDINATOR), program_id__in=list(numbers))
    certificates = dict(held.filter(status=CertificateStatus.ISSUED).order_by().values_list("program_id").annotate(Count("pk")))
    programs = Program.objects.in_bulk(list(numbers))
    return [Past(programs[pk], number, certificates.get(pk, 0)) for pk, number in numbers.items()]
