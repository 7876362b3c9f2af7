"""Program and series."""

from datetime import date, datetime
from typing import Any, Self

from django.db import models
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from events.kinds.base import Details, ProgramKind, PublicRow
from events.kinds.registry import KINDS
from events.programs.status import ProgramStatus
from exchange import access
from exchange.access import VisibleQuerySet


class Visibility(models.TextChoices):
    PUBLIC = "public", _("Public: anyone finds it")
    INVITED = "invited", _("Invited: only the organisations that take part")


class HoursRule(models.TextChoices):
    """How attendance becomes credit hours; events/itineraries/credit.py reckons."""

    ITEM = "item", _("Each item its own hours")
    HALF_DAY = "half_day", _("4 hours a half-day")
    DAY = "day", _("8 hours a day, 4 for half of it")


class Bilingual:
    """`bilingual("title")` gives title_en to English readers where there is one, and title_zh to everyone else."""

    def bilingual(self, name: str) -> str:
        english = getattr(self, f"{name}_en")
        return english if english and (get_language() or "").startswith("en") else getattr(self, f"{name}_zh")


class SeriesQuerySet(VisibleQuerySet["Series"]):
    def joinable_by(self, user: Any) -> Self:
        """Seasons to which the user may add a program: those of the user's own subtree and of the offices above it."""
        if user.is_superuser:
            return self
        return self.filter(access.under(user, "organiser", (access.OFFICER,)) | Q(organiser_id__in=user.lineage))


class Series(Bilingual, models.Model):
    """Several programs held as one season, for instance 2023年京津冀(北辰)艺体交流季."""

    name_zh = models.CharField(_("name (Chinese)"), max_length=120)
    name_en = models.CharField(_("name (English)"), max_length=200, blank=True)
    year = models.PositiveSmallIntegerField(_("year"))
    organiser = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="organised_series", verbose_name=_("organiser"))

    objects = SeriesQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "name_zh"]
        verbose_name = _("series")
        verbose_name_plural = _("series")

    def __str__(self) -> str:
        return self.bilingual("name")


def _registration_is_open(now: datetime) -> Q:
    return Q(registration_opens_at__lte=now) & (Q(registration_closes_at=None) | Q(registration_closes_at__gt=now))


def phases(now: datetime) -> dict[str, Q]:
    """`Program.phase` as conditions on rows."""
    today = timezone.localdate(now)
    published, ahead, may_register = Q(status=ProgramStatus.PUBLISHED), Q(starts_on__gt=today), _registration_is_open(now)
    undecided = Q(registration_opens_at=None)  # apart, because NOT of a comparison with NULL is not true in SQL
    return {
        "draft": Q(status=ProgramStatus.DRAFT),
        "open": published & ahead & may_register,
        "upcoming": published & ahead & (undecided | Q(registration_opens_at__gt=now) | Q(registration_closes_at__lte=now)),
        "running": published & Q(starts_on__lte=today, ends_on__gte=today),
        "over": published & Q(ends_on__lt=today),
        "completed": Q(status=ProgramStatus.COMPLETED),
        "cancelled": Q(status=ProgramStatus.CANCELLED),
    }


class ProgramQuerySet(VisibleQuerySet["Program"]):
    def open_for_registration(self, now: datetime) -> Self:
        return self.filter(_registration_is_open(now), status=ProgramStatus.PUBLISHED)

    def in_phase(self, phase: str, now: datetime) -> Self:
        """Programs whose `phase` is this one at `now`."""
        return self.filter(phases(now)[phase])

    def phase_counts(self, now: datetime) -> dict[str, int]:
        """How many programs are in each phase, in one query."""
        return self.order_by().aggregate(**{name: Count("pk", filter=condition) for name, condition in phases(now).items()})

    def organised_by(self, user: Any) -> Self:
        """Programs of the user's own subtree."""
        return self.filter(access.under(user, "organiser"))

    def inviting(self, user: Any) -> Self:
        """Programs with a delegation to which the user's organisations belong."""
        return self.filter(access.invited(user))

    def concerning(self, user: Any) -> Self:
        """Programs that the user organises or takes part in: the work of the desk."""
        return self if user.is_superuser else self.filter(access.under(user, "organiser") | access.invited(user))

    def for_list(self) -> Self:
        return self.select_related("organiser", "series", "host_division")

    def for_page(self) -> Self:
        """With the details of every kind and whatever a page or the API says of a program."""
        return self.for_list().select_related("issuer", *(kind.accessor for kind in KINDS.values())).prefetch_related("co_organisers")


class Program(Bilingual, models.Model):
    """One exchange program: a study visit, an exhibition, a season of online lessons …"""

    kind = models.CharField(_("kind"), max_length=20, db_index=True)  # a key of events.kinds.KINDS (no choices: a new kind needs no migration here)
    title_zh = models.CharField(_("title (Chinese)"), max_length=120)
    title_en = models.CharField(_("title (English)"), max_length=200, blank=True)
    summary_zh = models.TextField(_("summary (Chinese)"), blank=True)
    summary_en = models.TextField(_("summary (English)"), blank=True)
    series = models.ForeignKey(Series, models.SET_NULL, null=True, blank=True, related_name="programs", verbose_name=_("series"))
    organiser = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="organised_programs", verbose_name=_("organiser"))
    co_organisers = models.ManyToManyField("participants.Organisation", blank=True, related_name="co_organised_programs", verbose_name=_("co-organisers"))
    issuer = models.ForeignKey(
        "participants.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="issuing_programs",
        verbose_name=_("certificate issuer"),
        help_text=_("The office whose number series and seal the certificates carry; the organiser when empty."),
    )
    host_division = models.ForeignKey("participants.Division", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("host place"))
    place_zh = models.CharField(_("place (Chinese)"), max_length=120, blank=True)
    place_en = models.CharField(_("place (English)"), max_length=200, blank=True)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    registration_opens_at = models.DateTimeField(_("registration opens"), null=True, blank=True)  # NULL = not yet decided, so closed
    registration_closes_at = models.DateTimeField(_("registration closes"), null=True, blank=True)
    visibility = models.CharField(_("visibility"), max_length=10, choices=Visibility, default=Visibility.PUBLIC)
    contact_name = models.CharField(_("contact"), max_length=60, blank=True)
    contact_phone = models.CharField(_("contact phone"), max_length=40, blank=True)
    minimum_attendance_percent = models.PositiveSmallIntegerField(_("minimum attendance (%)"), default=80)
    credit_hours_cap = models.DecimalField(_("credit hours at most"), max_digits=6, decimal_places=1, null=True, blank=True)
    hours_rule = models.CharField(
        _("credit hours are counted"),
        max_length=8,
        choices=HoursRule,
        default=HoursRule.ITEM,
        help_text=_("By half-days or days, one counts when none of its items with credit hours was missed."),
    )
    copied_from = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="copies")
    status = models.CharField(_("status"), max_length=12, choices=ProgramStatus, default=ProgramStatus.DRAFT, db_index=True)
    status_reason = models.CharField(_("reason"), max_length=500, blank=True)
    status_changed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProgramQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        verbose_name = _("program")
        verbose_name_plural = _("programs")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="program_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(minimum_attendance_percent__lte=100), name="program_attendance_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return self.bilingual("title")

    @property
    def place(self) -> str:
        return self.bilingual("place")

    @property
    def summary(self) -> str:
        return self.bilingual("summary")

    @property
    def kind_rules(self) -> ProgramKind:
        return KINDS[self.kind]

    @property
    def details(self) -> Details | None:
        return self.kind_rules.details(self)

    @property
    def public_rows(self) -> list[PublicRow]:
        return self.kind_rules.public_rows(self.details)

    @property
    def certificate_issuer(self) -> Any:
        return self.issuer or self.organiser

    def is_open_for_registration(self, now: datetime) -> bool:
        opens, closes = self.registration_opens_at, self.registration_closes_at
        return self.status == ProgramStatus.PUBLISHED and opens is not None and opens <= now and (closes is None or now < closes)

    def is_under_way(self, today: date) -> bool:
        return self.status == ProgramStatus.PUBLISHED and self.starts_on <= today <= self.ends_on

    @property
    def phase(self) -> str:
        """What the clock makes of the status: draft, open, upcoming, running, over, completed or cancelled; `phases` says the same in SQL."""
        if self.status != ProgramStatus.PUBLISHED:
            return str(self.status)
        now = timezone.now()
        today = timezone.localdate(now)
        if self.is_under_way(today):
            return "running"
        if today > self.ends_on:
            return "over"
        if self.is_open_for_registration(now):
            return "open"
        return "upcoming"
