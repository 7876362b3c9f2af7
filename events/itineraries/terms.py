"""School terms of a place: outside of them schools are closed.

`data/school_terms.csv` comes with a release and holds what an education authority has announced (column `source`); what officers enter
at the desk for a place and school year goes before it. A place without terms of its own follows the city, or the province.
"""

import csv
import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exchange import audit
from exchange.access import VisibleQuerySet
from exchange.transitions import RuleViolation

TABLE = Path(__file__).parent / "data" / "school_terms.csv"
LONGEST_BREAK = 100  # days between two terms: more is a gap in the table
SUMMER, SUMMER_ENDS = (6, 7), (8, 24)  # after a term that ends in these months schools are closed at least to this day
WINTER, SHORTEST_WINTER = (12, 1, 2), timedelta(days=14)  # and after one in these for at least so long
A_YEAR = timedelta(weeks=52)  # keeps the weekday
COMPULSORY = frozenset({"kindergarten", "primary", "junior", "nine_year"})  # values of Organisation.stage
SENIOR = frozenset({"senior", "vocational"})


class TermStage(models.TextChoices):
    """Some authorities let senior schools begin or end on other days."""

    ALL = "", pgettext_lazy("term", "All schools")
    COMPULSORY = "compulsory", _("Primary and junior high schools")
    SENIOR = "senior", _("Senior high and vocational schools")


class SchoolTermQuerySet(VisibleQuerySet["SchoolTerm"]):
    def around(self, codes: set[str], first: date, last: date) -> list["SchoolTerm"]:
        """Terms of these divisions and of those that they belong to, near some days; with those of the release."""
        places = {code for own in codes for code in lineage(own)}
        near = self.filter(ends_on__year__gte=first.year - 1, starts_on__year__lte=last.year + 1)
        entered = list(near.filter(division__in=places).select_related("division"))
        return entered + released(
            entered, lambda term: term.division_id in places and first.year - 1 <= term.ends_on.year and term.starts_on.year <= last.year + 1
        )


class SchoolTerm(models.Model):
    division = models.ForeignKey("participants.Division", models.PROTECT, related_name="+", verbose_name=_("place"))
    name = models.CharField(_("term"), max_length=60)
    stage = models.CharField(_("for"), max_length=12, choices=TermStage, blank=True, default=TermStage.ALL)
    starts_on = models.DateField(_("first day of school"))
    ends_on = models.DateField(_("last day of school"))
    source = models.CharField(_("source"), max_length=120, blank=True)

    objects = SchoolTermQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "division_id", "pk"]
        verbose_name = _("school term")
        constraints = [models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="term_ends_after_it_starts")]

    def __str__(self) -> str:
        return f"{self.division} {self.name}"

    @property
    def year(self) -> int:
        """The school year: 2026 is the one that begins in the autumn of 2026."""
        return self.starts_on.year - (self.starts_on.month < 7)


# Reading ------------------------------------------------------------------------------------------------------------------


@functools.cache
def table() -> tuple[dict[str, str], ...]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def released(entered: Iterable[SchoolTerm], wanted: Callable[[SchoolTerm], bool]) -> list[SchoolTerm]:
    """Terms of the release (not saved) that are wanted, less the places and school years that were entered here; their places are known."""
    known = {(term.division_id, term.year) for term in entered}
    found = [term_of(row) for row in table()]
    found = [term for term in found if wanted(term) and (term.division_id, term.year) not in known]
    places = apps.get_model("participants.Division").objects.in_bulk({term.division_id for term in found}) if found else {}
    found = [term for term in found if term.division_id in places]
    for term in found:
        term.division = places[term.division_id]
    return found


def term_of(row: dict[str, str]) -> SchoolTerm:
    dates = {name: date.fromisoformat(row[name]) for name in ("starts_on", "ends_on")}
    return SchoolTerm(division_id=row["division"], name=row["name"], stage=row["stage"], source=row["source"], **dates)


def of_year(year: int, rows: Iterable[SchoolTerm]) -> list[SchoolTerm]:
    """Terms of a school year by place and time; `rows` are those entered here."""
    entered = [term for term in rows if term.year == year]
    found = entered + released(entered, lambda term: term.year == year)
    return sorted(found, key=lambda term: (term.division_id, term.starts_on, term.stage))


def lineage(code: str) -> list[str]:
    """A county's code, its city's and its province's: the nearest with terms decides."""
    return list(dict.fromkeys([code, f"{code[:4]}00", f"{code[:2]}0000"]))


def terms_of(code: str, day: date, terms: Sequence[SchoolTerm], stage: str = "") -> list[SchoolTerm]:
    """The terms of the nearest division that say something of a day; for a school of this stage, "" for any school."""
    for place in lineage(code):
        own = [term for term in terms if term.division_id == place and term.stage in stages_of(stage)]
        if is_known(day, own):
            return own
    return []


def stages_of(stage: str) -> frozenset[str]:
    """The stages of terms that concern an organisation of a stage."""
    if stage in COMPULSORY:
        return frozenset({TermStage.ALL, TermStage.COMPULSORY})
    return frozenset({TermStage.ALL, TermStage.SENIOR}) if stage in SENIOR else frozenset(TermStage.values)


def is_known(day: date, own: Sequence[SchoolTerm]) -> bool:
    """Whether the terms say something of a day: it lies in one, in the break between two, or in the summer after the last."""
    before = max((term.ends_on for term in own if term.ends_on < day), default=None)
    after = min((term.starts_on for term in own if term.starts_on > day), default=None)
    if in_term(day, own):
        return True
    if before is None:
        return False
    if after is not None and (after - before).days <= LONGEST_BREAK:
        return True
    is_winter = before.month in WINTER and day <= before + SHORTEST_WINTER
    return is_winter or (before.month in SUMMER and day <= date(before.year, *SUMMER_ENDS))


def in_term(day: date, own: Sequence[SchoolTerm]) -> bool:
    return any(term.starts_on <= day <= term.ends_on for term in own)


# Entering -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class YearDates:
    """First and last day of both terms of a school year."""

    first: tuple[date, date]
    second: tuple[date, date]


def dates_before(code: str, year: int, stage: str) -> YearDates | None:
    """The dates of the year before, moved by 52 weeks, to be corrected by what was announced; of the place, or of the nearest it belongs to."""
    entered = list(SchoolTerm.objects.filter(division__in=lineage(code), starts_on__year__in=(year - 1, year)).select_related("division"))
    rows = of_year(year - 1, entered)
    for place in lineage(code):
        for alike in (frozenset({stage}), stages_of("" if stage == TermStage.ALL else stage), frozenset(TermStage.values)):
            own = [term for term in rows if term.division_id == place and term.stage in alike]
            if len({term.starts_on for term in own}) > 1:
                first, second = (next(term for term in own if term.starts_on == starts) for starts in sorted({term.starts_on for term in own})[:2])
                return YearDates((first.starts_on + A_YEAR, first.ends_on + A_YEAR), (second.starts_on + A_YEAR, second.ends_on + A_YEAR))
    return None


@transaction.atomic
def save_year(*, division: Any, year: int, stage: str, dates: YearDates, source: str, by: Any) -> list[SchoolTerm]:
    """Enter both terms of a school year. Raises RuleViolation "times_reversed", "overlaps", "other_year"."""
    found = []
    for name, (starts, ends), fields in (
        ("第一学期", dates.first, ("first_starts", "first_ends")),
        ("第二学期", dates.second, ("second_starts", "second_ends")),
    ):
        facts = {"division": division, "name": f"{year}—{year + 1}学年{name}", "stage": stage, "source": source}
        if SchoolTerm(starts_on=starts, ends_on=ends).year != year:
            raise RuleViolation("other_year", _t("This day does not belong to the school year."), field=fields[0])
        try:
            found.append(save_term(by=by, starts_on=starts, ends_on=ends, **facts))
        except RuleViolation as refusal:
            raise RuleViolation(refusal.code, refusal.message, field=fields[refusal.field == "ends_on"]) from refusal
    return found


@transaction.atomic
def save_term(*, by: Any, term: SchoolTerm | None = None, **fields: Any) -> SchoolTerm:
    """Add or change a term. Raises RuleViolation "times_reversed", "overlaps"."""
    row = SchoolTerm.objects.select_for_update().get(pk=term.pk) if term else SchoolTerm()
    for name, value in fields.items():
        setattr(row, name, value)
    if row.ends_on <= row.starts_on:
        raise RuleViolation("times_reversed", _t("The last day is before the first."), field="ends_on")
    others = SchoolTerm.objects.filter(division=row.division, starts_on__lte=row.ends_on, ends_on__gte=row.starts_on).exclude(pk=row.pk)
    if row.stage != TermStage.ALL:
        others = others.filter(stage__in=[TermStage.ALL, row.stage])
    if (other := others.first()) is not None:
        raise RuleViolation("overlaps", _t("It overlaps with “%(name)s”.") % {"name": other.name}, field="starts_on")
    row.save()
    audit.record("term.change" if term else "term.create", row, by=by)
    return row


@transaction.atomic
def delete_term(*, term: SchoolTerm, by: Any) -> None:
    audit.record("term.delete", term, by=by)
    term.delete()
