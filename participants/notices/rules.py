"""Telling people: one inbox row and one letter per reader, written in the transaction of the change.

This subject knows rosters only by what it is handed: objects with program, organisation, delegation and person.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from exchange import audit
from participants.directory.models import Membership, Role, User
from participants.notices import letters, outbox, stops
from participants.notices.models import MailPreference, Notice, NoticeKind
from participants.notices.words import SHOWN_NAMES

K = NoticeKind
UNIT, DISTRICT, ORGANISER = EVERY_STAGE = ("unit", "district", "organiser")

# Who hears of what. A certificate goes to its holder alone.
READERS: dict[str, tuple[str, ...]] = {
    K.SUBMITTED: (DISTRICT,),
    K.RETURNED: (UNIT, DISTRICT),
    K.ENDORSED: (UNIT, ORGANISER),
    K.CONFIRMED: (UNIT, DISTRICT),
    K.DECLINED: (UNIT, DISTRICT),
    K.WAITLISTED: (UNIT, DISTRICT),
    K.MOVED_UP: (UNIT, DISTRICT),
    K.WITHDRAWN: (DISTRICT, ORGANISER),
    K.REPLACED: EVERY_STAGE,
    K.RESTORED: EVERY_STAGE,
    K.DEADLINE_NEAR: (UNIT,),
    K.ENDORSE_NEAR: (DISTRICT,),
    K.CONFIRM_NEAR: (ORGANISER,),
}


def tell(kind: str, registration: Any, *, by: Any, now: datetime, reason: str = "", to: Sequence[str] = ()) -> None:
    """Tell those concerned of a change of one registration."""
    tell_many(kind, [registration], by=by, now=now, reason=reason, to=to)


@transaction.atomic(savepoint=False)
def tell_many(kind: str, registrations: Iterable[Any], *, by: Any, now: datetime, reason: str = "", to: Sequence[str] = ()) -> None:
    """The same for many at once: each reader gets one notice per program, whoever did it gets none. `to` names other READERS than those of the kind."""
    programs: dict[int, list[Any]] = defaultdict(list)
    for row in registrations:
        programs[row.program_id].append(row)
    notices = [notice for rows in programs.values() for notice in notices_about(kind, rows, by=by, now=now, reason=reason, to=to)]
    deliver(notices, now)


def notices_about(
    kind: str, rows: Sequence[Any], *, by: Any, now: datetime, reason: str = "", event: str = "", due_at: datetime | None = None, to: Sequence[str] = ()
) -> list[Notice]:
    """Unsaved notices about registrations of one program, one per reader; `event` names what is told once, by default this change."""
    event = event or event_name(kind, rows, now)
    return [
        Notice(
            user=user,
            event=event,
            kind=kind,
            program=rows[0].program,
            organisation=theirs[0].organisation if len({row.organisation_id for row in theirs}) == 1 else None,
            people=[row.pk for row in theirs[:SHOWN_NAMES]],
            number=len(theirs),
            reason=reason.strip()[:500],
            due_at=due_at,
            created_at=now,
        )
        for user, theirs in audience(to or READERS[kind], rows, by).items()
    ]


def event_name(kind: str, rows: Sequence[Any], now: datetime) -> str:
    """The same change has the same name, however often it is told."""
    keys = ",".join(str(key) for key in sorted(row.pk for row in rows))
    return f"{kind}:{rows[0].program_id}:{hashlib.sha256(f'{keys}@{now.isoformat()}'.encode()).hexdigest()[:24]}"


def audience(places: Sequence[str], rows: Sequence[Any], by: Any) -> dict[User, list[Any]]:
    """Each reader with the registrations that concern them, in the order of the sheet."""
    staff = staff_of({key for row in rows for key in (row.organisation_id, row.delegation.organisation_id, row.program.organiser_id)})
    found: dict[User, dict[int, Any]] = defaultdict(dict)
    for row in rows:
        seats = {UNIT: row.organisation_id, DISTRICT: row.delegation.organisation_id, ORGANISER: row.program.organiser_id}
        for place in places:
            for user in staff[seats[place], place == UNIT]:
                found[user][row.pk] = row
    return {user: list(theirs.values()) for user, theirs in found.items() if user.pk != getattr(by, "pk", None)}


def staff_of(organisations: set[int]) -> dict[tuple[int, bool], list[User]]:
    """(organisation, is the sending unit) → accounts: coordinators and officers of a unit, only officers of an office."""
    rows = Membership.objects.filter(organisation_id__in=organisations, user__is_active=True, role__in=[Role.COORDINATOR, Role.OFFICER])
    found: dict[tuple[int, bool], list[User]] = defaultdict(list)
    for membership in rows.select_related("user__mail_preference").order_by("user_id"):
        found[membership.organisation_id, True].append(membership.user)
        if membership.role == Role.OFFICER:
            found[membership.organisation_id, False].append(membership.user)
    return found


def tell_deadline(*, program: Any, organisation: Any, drafts: int, places: int, now: datetime, once: str = "") -> int:
    """Remind a unit that people are not submitted or places unused; returns how many readers are new.

    `once` names what happens only once: for each closing time, unless the organiser asks for it on one more day.
    """
    event, due_at = f"{K.DEADLINE_NEAR}:{program.pk}:{organisation.pk}:", program.registration_closes_at
    event += once or f"{due_at:%Y%m%d%H%M}"
    what = {"event": event, "kind": K.DEADLINE_NEAR, "program": program, "organisation": organisation, "number": drafts, "places": places, "due_at": due_at}
    readers = {user.pk: user for user in staff_of({organisation.pk})[organisation.pk, True]}
    return deliver_new([Notice(user=user, created_at=now, **what) for user in readers.values()], now)


def tell_review_due(kind: str, registrations: Sequence[Any], *, due_at: datetime, now: datetime) -> int:
    """Remind those who still have to decide about these registrations of one program; returns how many are told now, each once for a deadline."""
    event = f"{kind}:{registrations[0].program_id}:{due_at:%Y%m%d%H%M}"
    return deliver_new(notices_about(kind, registrations, by=None, now=now, event=event, due_at=due_at), now)


def tell_holder(certificate: Any, *, now: datetime) -> None:
    """Write to the holder of a new certificate, where the address is known; the letter carries the private link."""
    person, program = certificate.person, certificate.program
    if person is not None and person.email:
        subject = f"您的证书已颁发 · Your certificate · {program.title_zh}"
        event = f"{K.CERTIFICATE_ISSUED}:{certificate.pk}"
        letter = stops.letter_to(person, event=event, kind=K.CERTIFICATE_ISSUED, subject=subject, template="certificate", now=now, program=program)
        outbox.queue(stops.without_stopped([letter]))


def deliver_new(notices: list[Notice], now: datetime) -> int:
    """Deliver to those who have not been told of the event yet; returns how many."""
    told = set(Notice.objects.filter(event__in={notice.event for notice in notices}).values_list("user_id", "event"))
    new = [notice for notice in notices if (notice.user_id, notice.event) not in told]
    deliver(new, now)
    return len(new)


def deliver(notices: list[Notice], now: datetime) -> None:
    """Save inbox rows and queue the letters of those who want them at once."""
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    outbox.queue([letter for notice in notices if wants_letter(notice.user, notice.kind) for letter in [letters.to_reader(notice, now)]])


def preference_of(user: User) -> MailPreference:
    """What the user chose, or the default: every kind, at once."""
    return getattr(user, "mail_preference", None) or MailPreference(user=user)


def wants_letter(user: User, kind: str) -> bool:
    chosen = preference_of(user)
    return bool(user.email) and not chosen.daily and kind not in chosen.muted


# The reader's own changes -------------------------------------------------------------------------------------------------


def mark_read(*, notices: Any, now: datetime) -> int:
    """Mark notices of a queryset as read; returns how many were not."""
    return int(notices.unread().update(read_at=now))


@transaction.atomic
def choose_mail(*, user: User, muted: Iterable[str], daily: bool) -> MailPreference:
    """Store which kinds of mail the user does not want, and how often mail comes."""
    chosen, _is_new = MailPreference.objects.update_or_create(user=user, defaults={"muted": sorted(set(muted)), "daily": daily})
    audit.record("user.mail_preference", user, by=user)
    return chosen


@transaction.atomic
def unsubscribe(*, user: User, kind: str) -> None:
    """No more mail of this kind; doing it twice changes nothing."""
    chosen, _is_new = MailPreference.objects.select_for_update().get_or_create(user=user)
    if kind not in chosen.muted:
        chosen.muted = sorted({*chosen.muted, kind})
        chosen.save(update_fields=["muted"])
        audit.record("user.mail_preference", user, by=user)
