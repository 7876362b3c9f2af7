"""Telling those concerned what changed in a published itinerary: the people of the affected groups, their units and leaders, hosts, and whoever is in charge."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils import translation

from events.itineraries.models import ItineraryVersion
from events.itineraries.versions import Facts, difference
from events.programs.models import Program
from participants.directory.models import User
from participants.invitations import host_letters
from participants.invitations.rules import told_at
from participants.notices import letters, outbox, rules, stops
from participants.notices.models import Notice, NoticeKind, OutboxMail
from participants.rosters.models import Registration
from participants.rosters.status import RegistrationStatus

LEADS_DELEGATION = frozenset({"领队", "副领队", "联络员"})
LEADS = LEADS_DELEGATION | {"组长"}
LANGUAGES = ("zh-hans", "en")
MOST_TOLD = 20  # changes in one notice
# What those outside do not learn, nor need to: a change of these alone is no news for them.
FOR_LEADERS = {"notes": "", "public": True}
FOR_STAFF = FOR_LEADERS | {"responsible": ""}  # whose name it is, contacts of hosts need not know


@dataclass(frozen=True)
class Change:
    """One item before and after; None where there was none, or is none any more."""

    before: Facts | None
    after: Facts | None
    first_day: date

    @property
    def sides(self) -> list[Facts]:
        return [side for side in (self.before, self.after) if side is not None]

    def concerns(self, group: int | None) -> bool:
        """Whether somebody of this group takes part in what was, or in what is now. No groups means everyone."""
        return any(not side["group_ids"] or group in side["group_ids"] for side in self.sides)

    def values(self, name: str) -> set[Any]:
        return {side[name] for side in self.sides if side[name]}

    @cached_property
    def for_leaders(self) -> list[str]:
        """第3天 太湖云帆中学 8:30→9:00, in Chinese and English; two empty texts when it is no news."""
        return [self.words(language, self.before, self.after) for language in LANGUAGES]

    @cached_property
    def for_others(self) -> list[str]:
        """The same without what is for leaders alone."""
        plain = [side and {**side, **FOR_LEADERS} for side in (self.before, self.after)]
        return [self.words(language, *plain) for language in LANGUAGES]

    def at_hosts(self, hosts: frozenset[int]) -> list[str]:
        """What one of these hosts without an account learns: an item that comes is new to it, one that leaves is gone."""
        here = [{**side, **FOR_STAFF} if side and side["host_id"] in hosts else None for side in (self.before, self.after)]
        is_news = any(here) and not (here[0] is None and here[1] and here[1]["cancelled"])
        return [self.words(language, *here) if is_news else "" for language in LANGUAGES]

    def is_told(self, items: set[int], *, for_leaders: bool) -> bool:
        """Whether an invitation that spoke of these items has said it all; of notes for leaders it says nothing."""
        return self.sides[0]["key"] in items and (not for_leaders or self.for_leaders == self.for_others)

    def words(self, language: str, before: Facts | None, after: Facts | None) -> str:
        with translation.override(language):
            found = difference(before, after, self.first_day)
            return str(found) if found.words else ""


def tell(*, program: Program, version: ItineraryVersion, before: list[Facts], after: list[Facts], by: Any, at: datetime) -> None:
    """The listener of events.itineraries.drafts.ON_PUBLISHED: one notice or letter to each of those concerned, whoever did it gets none.

    Invitations of the same moment are queued before: who has one gets no letter about the same items.
    """
    changes, told = changes_between(before, after, program.starts_on), told_at(program, at)
    people = registrations_of(program)
    written = [letter for row in people for letter in letters_to(row, changes, people, version, at, told)]
    addressed = {letter.recipient.lower() for letter in written}
    news = news_of_users(program, changes, people, by)
    notices = [notice for user, own in news.items() for notice in notices_to(user, own.words, version, at)]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    wanted = [row for row in notices if wants_letter(row, news[row.user], addressed, told)]
    taken = addressed | {row.user.email.lower() for row in wanted}
    hosts = host_letters.letters_about(
        program=program,
        event=event_of(version),
        hosts={key for change in changes for key in change.values("host_id")},
        news=lambda own: [pair for change in changes if (pair := change.at_hosts(own))[0]],
        taken=taken,
        at=at,
    )
    outbox.queue([*stops.without_stopped([*written, *hosts]), *(letters.to_reader(row, at) for row in wanted)])


def wants_letter(notice: Notice, news: "News", addressed: set[str], told: dict[str, set[int]]) -> bool:
    """By preference, unless the mailbox has a letter or an invitation about all of it already."""
    address = notice.user.email.lower()
    said = told.get(address, set())
    is_told = all(change.is_told(said, for_leaders=news.for_leaders) for change in news.changes)
    return rules.wants_letter(notice.user, notice.kind) and address not in addressed and not is_told


def changes_between(before: Iterable[Facts], after: Iterable[Facts], first_day: date) -> list[Change]:
    """In order of time."""
    old, new = ({facts["key"]: facts for facts in rows} for rows in (before, after))
    found = [Change(old.get(key), new.get(key), first_day) for key in {**old, **new} if old.get(key) != new.get(key)]
    return sorted(found, key=lambda change: change.sides[0]["starts"])


def registrations_of(program: Program) -> list[Registration]:
    rows = Registration.objects.filter(program=program).taking_place()
    return list(rows.select_related("person", "program", "delegation"))


def in_words(changes: Iterable[Change], *, for_leaders: bool) -> list[list[str]]:
    """Each change in Chinese and English; what is no news for the reader is left out."""
    pairs = (change.for_leaders if for_leaders else change.for_others for change in changes)
    return [pair for pair in pairs if pair[0]]


# People with a private link -----------------------------------------------------------------------------------------------


def letters_to(
    row: Registration, changes: list[Change], people: Sequence[Registration], version: ItineraryVersion, at: datetime, told: dict[str, set[int]]
) -> list[OutboxMail]:
    """The letter to one confirmed person, or none; of what an invitation to the same address has told, nothing."""
    if row.status != RegistrationStatus.CONFIRMED or not row.person.email:
        return []
    leads, items = row.role in LEADS, told.get(row.person.email.lower(), set())
    own = [change for change in changes if is_theirs(change, row, people) and not change.is_told(items, for_leaders=leads)]
    news = in_words(own, for_leaders=leads)
    return [letter_to(row, news, version, at)] if news else []


def is_theirs(change: Change, row: Registration, people: Iterable[Registration]) -> bool:
    """The own group takes part, the person is in charge of it, or leads a delegation with people who take part."""
    if change.concerns(row.group_id) or row.person.name in change.values("responsible"):
        return True
    return row.role in LEADS_DELEGATION and any(other.delegation_id == row.delegation_id and change.concerns(other.group_id) for other in people)


def letter_to(row: Registration, news: list[list[str]], version: ItineraryVersion, at: datetime) -> OutboxMail:
    """In Chinese and English, because the person's language is not known."""
    program, person = row.program, row.person
    return stops.letter_to(
        person,
        event=f"{event_of(version)}:{row.pk}",
        kind=NoticeKind.ITINERARY_CHANGED,
        subject=f"日程有调整 · Itinerary changed · {program.title_zh}",
        template="itinerary",
        now=at,
        program=program,
        news=news[:MOST_TOLD],
        more=len(news) - MOST_TOLD,
    )


def event_of(version: ItineraryVersion) -> str:
    return f"{NoticeKind.ITINERARY_CHANGED}:{version.program_id}:{version.number}"


# Accounts -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class News:
    """The changes that concern one account."""

    changes: list[Change]
    for_leaders: bool

    @property
    def words(self) -> list[list[str]]:
        return in_words(self.changes, for_leaders=self.for_leaders)


def news_of_users(program: Program, changes: list[Change], people: list[Registration], by: Any) -> dict[User, News]:
    """Coordinators and bureaus of those who take part, officers in charge and, without the notes for leaders, staff of hosts."""
    inside, hosts = inside_users(program, changes, people), host_users(changes)
    found: dict[User, News] = {}
    for user in {**inside, **hosts}:
        if user.pk != getattr(by, "pk", None):
            own = {id(change) for change in [*inside.get(user, ()), *hosts.get(user, ())]}
            found[user] = News([change for change in changes if id(change) in own], for_leaders=user in inside)
    return found


def inside_users(program: Program, changes: list[Change], people: list[Registration]) -> dict[User, list[Change]]:
    staff = rules.staff_of({key for row in people for key in (row.organisation_id, row.delegation.organisation_id)})
    in_charge = officers_named(program, {name for change in changes for name in change.values("responsible")})
    found: dict[User, list[Change]] = defaultdict(list)
    for change in changes:
        taking_part = [row for row in people if change.concerns(row.group_id)]
        places = {place for row in taking_part for place in ((row.organisation_id, True), (row.delegation.organisation_id, False))}
        readers = {user for place in places for user in staff.get(place, ())}
        for user in readers | {officer for officer in in_charge if officer.display_name in change.values("responsible")}:
            found[user].append(change)
    return found


def officers_named(program: Program, names: set[str]) -> list[User]:
    """Accounts of the organiser's office whose names stand in the itinerary as responsible."""
    rows = User.objects.filter(Q(memberships__organisation=program.organiser_id), display_name__in=names, is_active=True)
    return list(rows.select_related("mail_preference").distinct())


def host_users(changes: list[Change]) -> dict[User, list[Change]]:
    staff = rules.staff_of({key for change in changes for key in change.values("host_id")})
    found: dict[User, list[Change]] = defaultdict(list)
    for change in changes:
        for user in {user for key in change.values("host_id") for user in staff.get((key, True), ())}:
            found[user].append(change)
    return found


def notices_to(user: User, news: list[list[str]], version: ItineraryVersion, at: datetime) -> list[Notice]:
    if not news:
        return []
    facts = {"event": event_of(version), "program": version.program, "number": len(news), "changes": news[:MOST_TOLD], "created_at": at}
    return [Notice(user=user, kind=NoticeKind.ITINERARY_CHANGED, **facts)]
