"""Results that earn a paper: entered by officers, issued through the same ledger as papers for taking part."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from events.programs.models import Program
from exchange import audit
from exchange.masking import mask_name
from exchange.transitions import RuleViolation
from participants.certificates import glyphs, roster, rules, sight, teams
from participants.certificates.award_models import Award, Holder
from participants.certificates.facts import CertificateFacts, gather_award, in_chinese
from participants.certificates.models import Certificate, CertificateBatchItem
from participants.certificates.refusals import refuse, sentence
from participants.certificates.status import CertificateStatus
from participants.people import consent
from participants.people.fields import VIEWER, may_meet_nameless, roles_for
from participants.rosters.sheet.cleaning import INVISIBLE

REGISTERED = ("registration__person", "registration__organisation", "registration__program__organiser", "registration__delegation__organisation")
NEEDS_WORK = ("work",)
NEEDS_PRIZE = ("award",)


def for_issuing(pk: int) -> Award:
    return Award.objects.select_related(*rules.AWARD_RELATED).prefetch_related(teams.WITH_MEMBERS).get(pk=pk)


def check_words(values: Mapping[str, Any]) -> None:
    """Raise RuleViolation "name_missing", "work_missing" or "prize_missing": a paper without them says nothing."""
    if not INVISIBLE.sub("", values["name"]).strip():
        raise RuleViolation("name_missing", _("Say whose paper it is."), field="name")
    if values["kind"] in NEEDS_WORK and not values.get("work"):
        raise RuleViolation("work_missing", _("Name the work."), field="work")
    if values["kind"] in NEEDS_PRIZE and not values.get("prize"):
        raise RuleViolation("prize_missing", _("Name the prize or rank."), field="prize")


def check_registration(program: Program, values: Mapping[str, Any]) -> None:
    """Raise RuleViolation "foreign_registration" where the roster does not know this person in this program."""
    registration = values.get("registration")
    if registration is not None and (registration.program_id != program.pk or values["holder"] != Holder.PERSON):
        raise RuleViolation("foreign_registration", _("Only a person on the roster of this program can be chosen."), field="registration")


@transaction.atomic
def add(*, program: Program, by: Any, **values: Any) -> Award:
    """Enter a result.

    Raises RuleViolation "work_missing", "prize_missing", "too_many_names", "foreign_registration", "already_entered".
    """
    Program.objects.select_for_update(of=("self",), no_key=True).get(pk=program.pk)
    check(program, values)
    last = program.awards.aggregate(last=Max("position"))["last"] or 0
    linked = values.pop("roster_members", ())
    award = Award(program=program, created_by=by, position=last + 1, **values)
    teams.settle(award, award.unlisted_names, award.members_statement)
    award.save()
    teams.set_members(award, linked)
    audit.record("award.add", award, by=by)
    teams.record_statement(award, "", by=by)
    return award


def check(program: Program, values: Mapping[str, Any], own: int | None = None) -> None:
    check_words(values)
    check_registration(program, values)
    teams.check_members(program, values)
    same = {name: values.get(name, "") for name in ("kind", "name", "organisation", "work", "prize", "category")}
    if program.awards.filter(**same).exclude(pk=own or 0).exists():
        raise RuleViolation("already_entered", _("This result is on the list already."), field="name")


@transaction.atomic
def change(*, award: Award, by: Any, **values: Any) -> Award:
    """Correct a result that has no valid paper. Raises the same as `add`, and "certificate_issued"."""
    award = lock(award)
    refuse_certified(award)
    check(award.program, values, own=award.pk)
    linked = values.pop("roster_members", None)
    before = {name: getattr(award, name) for name in (*values, "members_statement", "unlisted_names")}
    for name, value in values.items():
        setattr(award, name, value)
    teams.settle(award, before["unlisted_names"], values.get("members_statement"))
    changed = sorted(name for name in {*values, "members_statement"} if getattr(award, name) != before[name])
    award.save(update_fields=changed)
    if linked is not None and teams.set_members(award, linked):
        changed.append("roster_members")
    if changed:
        audit.record("award.change", award, by=by, changes={name: [] for name in changed})
    teams.record_statement(award, before["members_statement"], by=by, names_changed=award.unlisted_names != before["unlisted_names"])
    return for_issuing(award.pk)


@transaction.atomic
def remove(*, award: Award, by: Any) -> None:
    """Take a result off the list that never had a paper, and what batches noted of it. Raises RuleViolation "certificate_issued", "being_issued"."""
    award = lock(award)
    if award.certificates.exists():
        raise RuleViolation("certificate_issued", _("A certificate was issued for this result; the ledger keeps both."))
    ordered = CertificateBatchItem.objects.filter(award=award)
    if ordered.filter(finished_at=None).exists():
        raise RuleViolation("being_issued", _("The certificate of this result is being issued. Wait for the end."))
    ordered.delete()
    audit.record("award.remove", award, by=by)
    award.delete()


def lock(award: Award) -> Award:
    Award.objects.select_for_update(of=("self",)).get(pk=award.pk)
    return for_issuing(award.pk)


def refuse_certified(award: Award) -> None:
    if award.certificates.filter(status=CertificateStatus.ISSUED).exists():
        raise RuleViolation("certificate_issued", _("A certificate stands for this result. Revoke or replace that."))


# Issuing ----------------------------------------------------------------------------------------------------------------


def facts_of(award: Award, on: date) -> CertificateFacts:
    with in_chinese():
        return gather_award(award, on)


def check_consent(award: Award) -> None:
    """Raise RuleViolation "consent_missing", "birth_date_needed", and those of `teams.check`."""
    if award.registration is not None:
        consent.check(award.registration)
    teams.check(award)


def check_earned(award: Award) -> None:
    """Raise RuleViolation "already_issued", and those of `check_consent`."""
    check_consent(award)
    if award.certificates.filter(status=CertificateStatus.ISSUED).exists():
        raise refuse("already_issued")


def prepare(award_id: int, now: datetime) -> CertificateFacts:
    """All checks, then the facts in the size that fits.

    Raises RuleViolation "program_not_held", "no_number_prefix", "missing_glyph", "text_too_long", and those of `check_earned`.
    """
    award = for_issuing(award_id)
    rules.check_program(award.program, timezone.localdate(now))
    return rules.fitted_for(award.program, earned(award, now))


def earned(award: Award, now: datetime) -> CertificateFacts:
    check_earned(award)
    facts = facts_of(award, timezone.localdate(now))
    rules.check_printable(facts)
    return facts


@transaction.atomic
def enter(*, award_id: int, facts: CertificateFacts, by: Any, now: datetime) -> Certificate:
    """Enter prepared facts into the ledger, under a lock on the result; what was corrected since is on the paper.

    Raises RuleViolation "number_taken", and the same as `prepare`.
    """
    Award.objects.select_for_update(of=("self",)).get(pk=award_id)
    award = for_issuing(award_id)
    facts = rules.still_true(facts, earned(award, now), award.program)
    return rules.take_number(facts, by=by, now=now, program=award.program, organisation=award.organisation, award=award)


# Who may have one -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AwardStanding:
    """A row of the list of results: `state` is ready, blocked or issued; `reason` is for people."""

    award: Award
    certificate: Certificate | None
    state: str
    reason: str = ""


def standings(program: Program, *, hides_names: bool = False) -> list[AwardStanding]:
    """Every result with its paper, or why it has none."""
    rows = list(program.awards.select_related("program__organiser", "organisation", *REGISTERED).prefetch_related(teams.WITH_MEMBERS))
    issued = {row.award_id: row for row in Certificate.objects.valid().filter(award__program=program)}
    people = {registration.person_id for row in rows for registration in (row.registration, *row.linked_members) if registration is not None}
    known = consent.consenting(people)
    return [_standing(row, issued.get(row.pk), known, hides_names) for row in rows]


def _standing(award: Award, certificate: Certificate | None, known: frozenset[int], hides_names: bool) -> AwardStanding:
    if certificate is not None:
        return AwardStanding(award, certificate, roster.ISSUED)
    if award.registration is not None and not consent.is_open(award.registration.person, award.program.starts_on, known):
        return AwardStanding(award, None, roster.BLOCKED, _("A guardian has to consent first."))
    refusal = teams.problem(award, known)
    if refusal is not None:
        return AwardStanding(award, None, roster.BLOCKED, sentence(refusal.code, refusal.params, hides_names=hides_names))
    absent = glyphs.missing("".join((award.name, award.work, award.prize, award.category, *award.member_names, *award.instructors)))
    if absent:
        return AwardStanding(award, None, roster.BLOCKED, _("No installed font can print %(characters)s.") % {"characters": "、".join(absent)})
    return AwardStanding(award, None, roster.READY)


def shield(rows: Iterable[Award], user: Any) -> None:
    """Put masked names into results that are about to be shown, where the user may not read the names of minors."""
    for award in rows if may_meet_nameless(user) else ():
        if sight.is_hidden(award, user):
            award.name, award.name_en = mask_name(award.name), ""
        if award.members and roles_for(user, award) == {VIEWER}:
            award.members = [mask_name(str(name)) for name in award.members]


# Many at once -----------------------------------------------------------------------------------------------------------


def instructors_of(award: Award) -> list[dict[str, Any]]:
    """What to enter so that each instructor of a result gets a paper, too."""
    shared = {"organisation": award.organisation, "work": award.work, "work_en": award.work_en, "holder": Holder.PERSON, "kind": "instructor"}
    return [{**shared, "name": name} for name in award.instructors]


@transaction.atomic
def add_many(
    *, program: Program, by: Any, rows: Sequence[Mapping[str, Any]], with_instructors: bool = False, members_statement: str | None = None
) -> list[Award]:
    """Enter results, all or none; papers for their instructors where asked, each once; with one statement on all names on no roster.

    Raises the same as `add`.
    """
    stated = {} if members_statement is None else {"members_statement": members_statement}
    entered = [add(program=program, by=by, **values, **stated) for values in rows]
    if with_instructors:
        entered += add_instructors(program, entered, by)
    return entered


def add_instructors(program: Program, entered: Sequence[Award], by: Any) -> list[Award]:
    more = []
    for values in (values for award in entered for values in instructors_of(award)):
        if not program.awards.filter(kind="instructor", name=values["name"], organisation=values["organisation"], work=values["work"]).exists():
            more.append(add(program=program, by=by, **values))
    return more
