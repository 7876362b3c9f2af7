"""What goes away by itself: details whose time is over, uploads, exports, old letters, unsigned links.

Each `Rule` finds what is due and removes it; the command `purge` runs them all, or only counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Length
from django.utils import timezone

from exchange import audit
from participants.invitations.models import Guest
from participants.notices.models import MailState, Notice, OutboxMail
from participants.people.fields import POLICIES, FieldPolicy
from participants.people.models import Export, GuardianConsent, Person
from participants.rosters.imports import purge_expired
from participants.rosters.models import Registration, RosterImport

LETTER_DAYS = 30
LINK_DAYS = 30
NOTICE_DAYS = 400
GUEST_DAYS = 90


@dataclass(frozen=True)
class Rule:
    """`due` counts; `remove` does it and returns how many."""

    name: str
    due: Callable[[], int]
    remove: Callable[[], int]


def rules_at(now: datetime) -> list[Rule]:
    """Everything that may be due at `now`."""
    return [
        *(field_rule(policy, now) for policy in POLICIES if policy.days is not None),
        Rule("uploaded sheets", RosterImport.objects.filter(expires_at__lte=now).count, lambda: purge_expired(now)),
        deletion("exports", Export.objects.filter(expires_at__lte=now)),
        deletion("unsigned consent links", GuardianConsent.objects.filter(given_at=None, expires_at__lte=now - timedelta(days=LINK_DAYS))),
        deletion("notices", Notice.objects.filter(created_at__lte=now - timedelta(days=NOTICE_DAYS))),
        deletion("recipients of invitations", Guest.objects.filter(program__ends_on__lt=timezone.localdate(now) - timedelta(days=GUEST_DAYS))),
        letter_rule(now),
    ]


def deletion(name: str, rows: QuerySet[Any]) -> Rule:
    return Rule(name, rows.count, lambda: int(rows.delete()[0]))


def letter_rule(now: datetime) -> Rule:
    """Text of letters; that one was sent stays known, so that nobody gets it twice."""
    old = OutboxMail.objects.annotate(size=Length("text")).filter(size__gt=0, created_at__lte=now - timedelta(days=LETTER_DAYS))
    done = old.filter(state__in=[MailState.SENT, MailState.FAILED])
    return Rule("text of letters", done.count, lambda: done.update(subject="", text="", html="", calendar="", unsubscribe_url=""))


# Details of people --------------------------------------------------------------------------------------------------------


def field_rule(policy: FieldPolicy, now: datetime) -> Rule:
    def due() -> QuerySet[Person]:
        return people_with(policy, now)

    return Rule(", ".join(policy.columns), lambda: due().count(), lambda: blank(policy, due()))


def people_with(policy: FieldPolicy, now: datetime) -> QuerySet[Person]:
    """Those whose last program ended more than `policy.days` ago, and who have something in these columns still."""
    day = timezone.localdate(now) - timedelta(days=policy.days or 0)
    sizes = {f"size_{column}": Length(column) for column in policy.columns}
    filled = Q()
    for name in sizes:
        filled |= Q(**{f"{name}__gt": 0})
    return Person.objects.annotate(last_day=Max("registrations__program__ends_on"), **sizes).filter(filled, last_day__lt=day)


@transaction.atomic
def blank(policy: FieldPolicy, people: QuerySet[Person]) -> int:
    """Empty the columns of these people, with their blind indexes; the audit names the columns."""
    rows = list(people.select_related("organisation"))
    keys = [person.pk for person in rows]
    values = dict.fromkeys(policy.columns, "")
    values |= {index: "" for index, column in Person.blind_indexes.items() if column in policy.columns}
    Person.objects.filter(pk__in=keys).update(**values)
    if "national_id" in policy.columns:
        Registration.objects.filter(person_id__in=keys).update(identity_index="")
    changes = {column: ["…", ""] for column in policy.columns}
    audit.AuditEvent.objects.bulk_create([audit.event("person.purge", person, by=None, changes=changes) for person in rows], batch_size=1000)
    return len(keys)
