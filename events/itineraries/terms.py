"""School terms of a place, entered at the desk: outside of them schools are closed."""

from datetime import date
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from exchange import audit
from exchange.access import VisibleQuerySet
from exchange.transitions import RuleViolation

KNOWN_FOR = 240  # days: a break between terms is known when a term ends or begins within them


class SchoolTermQuerySet(VisibleQuerySet["SchoolTerm"]):
    def around(self, codes: set[str], first: date, last: date) -> list["SchoolTerm"]:
        """Terms of these divisions and of those that they belong to, near some days."""
        near = self.filter(ends_on__year__gte=first.year - 1, starts_on__year__lte=last.year + 1)
        return list(near.filter(division__in={code for own in codes for code in lineage(own)}).select_related("division"))


class SchoolTerm(models.Model):
    division = models.ForeignKey("participants.Division", models.PROTECT, related_name="+", verbose_name=_("place"))
    name = models.CharField(_("term"), max_length=60)
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


def lineage(code: str) -> list[str]:
    """A county's code, its city's and its province's: the nearest with terms decides."""
    return list(dict.fromkeys([code, f"{code[:4]}00", f"{code[:2]}0000"]))


def terms_of(code: str, terms: list[SchoolTerm]) -> list[SchoolTerm]:
    """The terms of the nearest division that has some."""
    return next((own for place in lineage(code) if (own := [term for term in terms if term.division_id == place])), [])


def is_known(day: date, own: list[SchoolTerm]) -> bool:
    """Whether the terms say something of this day: it lies in one, or near one."""
    return any(-KNOWN_FOR <= (day - edge).days <= KNOWN_FOR for term in own for edge in (term.starts_on, term.ends_on))


def in_term(day: date, own: list[SchoolTerm]) -> bool:
    return any(term.starts_on <= day <= term.ends_on for term in own)


@transaction.atomic
def save_term(*, by: Any, term: SchoolTerm | None = None, **fields: Any) -> SchoolTerm:
    """Add or change a term. Raises RuleViolation "times_reversed", "overlaps"."""
    row = SchoolTerm.objects.select_for_update().get(pk=term.pk) if term else SchoolTerm()
    for name, value in fields.items():
        setattr(row, name, value)
    if row.ends_on <= row.starts_on:
        raise RuleViolation("times_reversed", _t("The last day is before the first."), field="ends_on")
    others = SchoolTerm.objects.filter(division=row.division, starts_on__lte=row.ends_on, ends_on__gte=row.starts_on).exclude(pk=row.pk)
    if (other := others.first()) is not None:
        raise RuleViolation("overlaps", _t("It overlaps with “%(name)s”.") % {"name": other.name}, field="starts_on")
    row.save()
    audit.record("term.change" if term else "term.create", row, by=by)
    return row


@transaction.atomic
def delete_term(*, term: SchoolTerm, by: Any) -> None:
    audit.record("term.delete", term, by=by)
    term.delete()
