"""What goes away by itself: details whose time is over, uploads, exports, old letters, consents of guardians.

Each `Rule` finds what is due and removes it; the command `purge` runs them all, or only counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Min, Q, QuerySet
from django.db.models.functions import Length, TruncDate
from django.utils import timezone

from exchange import audit
from exchange.models import IdempotencyRecord
from participants.invitations.models import Guest
from participants.notices.models import MailState, Notice, OutboxMail
from participants.people.consent import years_before
from participants.people.fields import CONSENT_YEARS, POLICIES, FieldPolicy
from participants.people.models import Export, GuardianConsent, Person
from participants.rosters.imports import purge_expired
from participants.rosters.models import Registration, RosterImport

LETTER_DAYS = 30
LINK_DAYS = 30
NOTICE_DAYS = 400
GUEST_DAYS = 90
ANSWER_DAYS = 1
UNUSED_PAPER_DAYS = 30


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
        consent_rule(now),
        unused_paper_rule(now),
        deletion("unsigned consent links", GuardianConsent.objects.filter(given_at=None, expires_at__lte=now - timedelta(days=LINK_DAYS))),
        deletion("notices", Notice.objects.filter(created_at__lte=now - timedelta(days=NOTICE_DAYS))),
        deletion("recipients of invitations", Guest.objects.filter(program__ends_on__lt=timezone.localdate(now) - timedelta(days=GUEST_DAYS))),
        deletion("kept answers", IdempotencyRecord.objects.filter(created_at__lte=now - timedelta(days=ANSWER_DAYS))),
        letter_rule(now),
    ]


def deletion(name: str, rows: QuerySet[Any]) -> Rule:
    return Rule(name, rows.count, lambda: int(rows.delete()[0]))


def letter_rule(now: datetime) -> Rule:
    """Text of letters; that one was sent stays known, so that nobody gets it twice."""
    old = OutboxMail.objects.annotate(size=Length("text")).filter(size__gt=0, created_at__lte=now - timedelta(days=LETTER_DAYS))
    done = old.filter(state__in=[MailState.SENT, MailState.FAILED])
    return Rule("text of letters", done.count, lambda: done.update(subject="", text="", html="", calendar="", unsubscribe_url=""))


# Consents of guardians ----------------------------------------------------------------------------------------------------


def consent_rule(now: datetime) -> Rule:
    """Signed consents, taken back or not, with the paper: as long as somebody may ask by what right the child's data was used."""
    day = years_before(timezone.localdate(now), CONSENT_YEARS)
    rows = GuardianConsent.objects.annotate(last_day=Max("person__registrations__program__ends_on")).exclude(given_at=None)
    due = rows.filter(Q(last_day__lt=day) | Q(last_day=None, given_at__date__lt=day))
    return Rule("guardians' consents", due.count, lambda: end_consents(due))


def unused_paper_rule(now: datetime) -> Rule:
    """Papers of consents that were taken back before any program of the child had begun: nothing rests on them. That, when and by whom stays known."""
    rows = GuardianConsent.objects.exclude(paper_type="").filter(withdrawn_at__lte=now - timedelta(days=UNUSED_PAPER_DAYS))
    rows = rows.annotate(first_day=Min("person__registrations__program__starts_on"), withdrawn_on=TruncDate("withdrawn_at"))
    papers = GuardianConsent.objects.filter(pk__in=rows.filter(Q(first_day=None) | Q(first_day__gt=F("withdrawn_on"))).values("pk"))
    return Rule("papers of consents taken back", papers.count, lambda: papers.update(paper=b"", paper_type=""))


@transaction.atomic
def end_consents(due: QuerySet[GuardianConsent]) -> int:
    """Delete them; that it was done is recorded."""
    rows = list(due.select_related("person__organisation").defer("paper"))
    audit.AuditEvent.objects.bulk_create([audit.event("consent.purge", row, by=None) for row in rows], batch_size=1000)
    GuardianConsent.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


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
