"""A weekly series of lessons: the rule by which its items were planned. The items themselves are ordinary ones."""

from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Count, Max, Min, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.itineraries.models import Group, ItemType, Venue, new_uid
from events.itineraries.series.recurrence import Rule
from events.programs.models import Bilingual, Program
from exchange import house_dates
from exchange.access import VisibleQuerySet


class LessonSeriesQuerySet(VisibleQuerySet["LessonSeries"]):
    def with_lessons(self) -> Self:
        """Those that still have a lesson, with how many and from when to when, as planned; the drafts of known lessons do not count twice."""
        counted = Q(items__draft_of=None)
        spans = {"lessons": Count("items", filter=counted), "first_at": Min("items__starts_at", filter=counted), "last_at": Max("items__starts_at")}
        return self.annotate(**spans).filter(lessons__gt=0).order_by("first", "starts", "pk")  # counting drops the order of Meta


class LessonSeries(Bilingual, models.Model):
    """The rule is never changed: another rule from some day on is another series (`continues`), to which the lessons from then on go over.

    So what has been published keeps its rule while a change of it still waits, and giving the change up leaves nothing to take back.
    """

    program = models.ForeignKey(Program, models.CASCADE, related_name="lesson_series", verbose_name=_("program"))
    continues = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    uid = models.CharField(max_length=120, unique=True, default=new_uid, editable=False)  # of the repeating event
    # the rule
    weekdays = models.JSONField(_("weekdays"))  # 1 is Monday
    every = models.PositiveSmallIntegerField(_("How often"), default=1)  # weeks
    first = models.DateField(_("From"))
    last = models.DateField(_("Until"))
    skip_holidays = models.BooleanField(_("Leave out public holidays"), default=True)
    without = models.JSONField(default=list, blank=True)  # further days, as 2027-01-05
    starts = models.TimeField(_("begins"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), validators=[MinValueValidator(1)])
    # what every lesson says
    title_zh = models.CharField(_("title (Chinese)"), max_length=120)
    title_en = models.CharField(_("title (English)"), max_length=200, blank=True)
    item_type = models.CharField(_("type"), max_length=12, choices=ItemType, default=ItemType.LESSON)
    venue = models.ForeignKey(Venue, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("venue"))
    location = models.CharField(_("meeting point"), max_length=120, blank=True)
    responsible = models.CharField(_("responsible"), max_length=60, blank=True)
    description = models.TextField(_("description"), blank=True)
    credit_hours = models.DecimalField(_("credit hours"), max_digits=5, decimal_places=1, default=0, validators=[MinValueValidator(0)])
    meeting_url = models.URLField(_("meeting link"), max_length=500, blank=True)
    is_public = models.BooleanField(_("shown to the public"), default=True)
    groups = models.ManyToManyField(Group, blank=True, related_name="+", verbose_name=_("groups"))
    created_at = models.DateTimeField()

    objects = LessonSeriesQuerySet.as_manager()

    class Meta:
        ordering = ["first", "starts", "pk"]
        verbose_name = _("series of lessons")

    def __str__(self) -> str:
        return self.bilingual("title")

    @property
    def rule(self) -> Rule:
        left_out = frozenset(date.fromisoformat(day) for day in self.without)
        return Rule(tuple(self.weekdays), self.every, self.first, self.last, skip_holidays=self.skip_holidays, without=left_out)

    @property
    def weekday_words(self) -> str:
        names = [house_dates.weekday(date(2024, 1, weekday)) for weekday in self.weekdays]  # the first of 2024 was a Monday
        return house_dates.listed(names)

    @property
    def hosts(self) -> list[Any]:
        """The hosts in turn."""
        return [row.organisation for row in self.turns.all()]  # type: ignore[attr-defined]

    def times(self, day: date) -> tuple[datetime, datetime]:
        starts = timezone.make_aware(datetime.combine(day, self.starts))
        return starts, starts + timedelta(minutes=self.minutes)

    @property
    def clock_words(self) -> str:
        return house_dates.time_range(*self.times(self.first))

    @property
    def end_clock(self) -> time:
        return timezone.localtime(self.times(self.first)[1]).time()


class LessonHost(models.Model):
    """A host of a series, and when its turn is."""

    series = models.ForeignKey(LessonSeries, models.CASCADE, related_name="turns")
    organisation = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="+")
    turn = models.PositiveSmallIntegerField()

    objects = VisibleQuerySet["LessonHost"].as_manager()

    class Meta:
        ordering = ["series_id", "turn"]
        constraints = [models.UniqueConstraint(fields=["series", "turn"], name="one_host_per_turn")]

    def __str__(self) -> str:
        return f"{self.turn}: {self.organisation}"
