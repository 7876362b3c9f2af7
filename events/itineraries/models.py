"""Venue, group and itinerary item."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any, Self
from urllib.parse import quote

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.programs.models import Bilingual, Program
from exchange import access, house_dates
from exchange.access import VisibleQuerySet


class VenueQuerySet(VisibleQuerySet["Venue"]):
    def with_insight(self, user: Any) -> Self:
        """Adds `is_inside`: whether the user keeps the venue or has to do with a program held there, and so may call its contact."""
        return self.annotate(is_inside=access.holds(access.keeps_or_visits(user)))


class Venue(Bilingual, models.Model):
    """A place where items happen; kept by the office that entered it and shared with its subtree."""

    owner = models.ForeignKey("participants.Organisation", models.PROTECT, related_name="venues", verbose_name=_("kept by"))
    name_zh = models.CharField(_("name (Chinese)"), max_length=80)
    name_en = models.CharField(_("name (English)"), max_length=160, blank=True)
    address_zh = models.CharField(_("address (Chinese)"), max_length=200, blank=True)
    address_en = models.CharField(_("address (English)"), max_length=300, blank=True)
    division = models.ForeignKey("participants.Division", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("place"))
    latitude = models.DecimalField(
        _("latitude"), max_digits=8, decimal_places=6, null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.DecimalField(
        _("longitude"), max_digits=9, decimal_places=6, null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    contact_name = models.CharField(_("contact"), max_length=60, blank=True)
    contact_phone = models.CharField(_("contact phone"), max_length=40, blank=True)
    capacity = models.PositiveIntegerField(_("capacity"), null=True, blank=True)

    objects = VenueQuerySet.as_manager()

    class Meta:
        ordering = ["name_zh", "pk"]
        verbose_name = _("venue")

    def __str__(self) -> str:
        return self.bilingual("name")

    @property
    def address(self) -> str:
        return self.bilingual("address")

    @property
    def geo(self) -> str:
        """A geo: address (RFC 5870), which opens the phone's own map and asks no foreign host; "" without coordinates."""
        if self.latitude is None or self.longitude is None:
            return ""
        place = f"{self.latitude},{self.longitude}"
        return f"geo:{place}?q={place}({quote(str(self))})"


class Group(models.Model):
    """Part of a program's participants that moves together, for instance 第1组 in coach 1."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="groups", verbose_name=_("program"))
    number = models.PositiveSmallIntegerField(_("number"))
    name = models.CharField(_("name"), max_length=40)
    coach = models.CharField(_("coach"), max_length=40, blank=True)

    objects = VisibleQuerySet["Group"].as_manager()

    class Meta:
        ordering = ["program_id", "number"]
        verbose_name = _("group")
        constraints = [models.UniqueConstraint(fields=["program", "number"], name="one_group_per_number")]

    def __str__(self) -> str:
        return self.name


class ItemType(models.TextChoices):
    TRAVEL = "travel", _("Travel")
    LECTURE = "lecture", _("Lecture")
    VISIT = "visit", _("School visit")
    DISCUSSION = "discussion", _("Discussion")
    REHEARSAL = "rehearsal", _("Rehearsal")
    PERFORMANCE = "performance", _("Performance")
    MATCH = "match", _("Match")
    CEREMONY = "ceremony", _("Ceremony")
    LESSON = "lesson", _("Lesson")
    MEAL = "meal", _("Meal")
    LODGING = "lodging", _("Lodging")
    FREE = "free", _("Free time")


class ItemStatus(models.TextChoices):
    """The values of RFC 5545 STATUS for a VEVENT."""

    TENTATIVE = "tentative", pgettext_lazy("item", "Tentative")
    CONFIRMED = "confirmed", pgettext_lazy("item", "Confirmed")
    CANCELLED = "cancelled", pgettext_lazy("item", "Cancelled")


class ItineraryItemQuerySet(VisibleQuerySet["ItineraryItem"]):
    def for_group(self, group_id: int | None) -> Self:
        """Items for everyone and, with a group, those of that group."""
        return self.filter(Q(groups=None) | Q(groups=group_id)) if group_id else self.filter(groups=None)

    def on(self, day: date) -> Self:
        return self.filter(starts_at__date=day)

    def for_list(self) -> Self:
        return self.select_related("venue", "host_organisation").prefetch_related("groups", "materials")

    def for_calendar(self) -> Self:
        return self.select_related("venue", "host_organisation", "program__organiser").prefetch_related("groups")

    def as_planned(self) -> Self:
        """Of `planned`: items as they are to become, the drafts in place of what they change."""
        return self.filter(draft=None)

    def with_insight(self, user: Any) -> Self:
        """Adds `is_inside`: whether the user organises the item's program or takes part, and so may read the notes for leaders."""
        return self.annotate(is_inside=access.holds(access.inside_programs(user, "program")))


class PublishedItems(models.Manager.from_queryset(ItineraryItemQuerySet)):  # type: ignore[misc]
    """Items as everybody knows them. Drafts of changes stay out of every list, feed and count that does not ask for them."""

    def get_queryset(self) -> ItineraryItemQuerySet:
        return super().get_queryset().filter(is_draft=False)


LONGEST = timedelta(days=366)  # of one item: lists show it on each of its days


def new_uid() -> str:
    return f"{uuid.uuid4()}@jjj-exchange"


class ItineraryItem(Bilingual, models.Model):
    """One entry of a program's itinerary; it becomes one VEVENT."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="items", verbose_name=_("program"))
    item_type = models.CharField(_("type"), max_length=12, choices=ItemType, default=ItemType.LECTURE)
    title_zh = models.CharField(_("title (Chinese)"), max_length=120)
    title_en = models.CharField(_("title (English)"), max_length=200, blank=True)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    venue = models.ForeignKey(Venue, models.PROTECT, null=True, blank=True, related_name="items", verbose_name=_("venue"))
    location = models.CharField(_("meeting point"), max_length=120, blank=True)  # within the venue, or instead of one
    host_organisation = models.ForeignKey("participants.Organisation", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("host"))
    groups = models.ManyToManyField(Group, blank=True, related_name="items", verbose_name=_("groups"))  # none = everyone
    responsible = models.CharField(_("responsible"), max_length=60, blank=True)
    description = models.TextField(_("description"), blank=True)
    leader_notes = models.TextField(_("notes for leaders"), blank=True)
    credit_hours = models.DecimalField(_("credit hours"), max_digits=5, decimal_places=1, default=0, validators=[MinValueValidator(0)])
    capacity = models.PositiveIntegerField(_("places"), null=True, blank=True)  # where fewer than come to the venue can take part
    meeting_url = models.URLField(_("meeting link"), max_length=500, blank=True)
    # a journey
    travel_from = models.CharField(_("departs from"), max_length=60, blank=True)
    travel_to = models.CharField(_("arrives at"), max_length=60, blank=True)
    carrier = models.CharField(_("carrier"), max_length=60, blank=True)
    travel_number = models.CharField(_("train, flight or coach number"), max_length=30, blank=True)
    is_public = models.BooleanField(_("shown to the public"), default=True)
    # RFC 5545 properties
    uid = models.CharField(max_length=120, unique=True, default=new_uid, editable=False)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=ItemStatus, default=ItemStatus.CONFIRMED)
    status_reason = models.CharField(_("reason"), max_length=500, blank=True)
    status_changed_at = models.DateTimeField(null=True, blank=True)
    previous_starts_at = models.DateTimeField(null=True, blank=True)  # shown as “was 14:30” after a move
    changed_at = models.DateTimeField(default=timezone.now, editable=False)  # becomes DTSTAMP and LAST-MODIFIED
    created_at = models.DateTimeField(auto_now_add=True)
    # A draft is an item that only planners see: a new one, or what the item `draft_of` is to become.
    is_draft = models.BooleanField(default=False, editable=False)
    draft_of = models.OneToOneField("self", models.CASCADE, null=True, blank=True, editable=False, related_name="draft")
    # A lesson of a series: the day on which the series has it, wherever it was moved.
    series = models.ForeignKey("events.LessonSeries", models.SET_NULL, null=True, blank=True, editable=False, related_name="items")
    series_day = models.DateField(null=True, blank=True, editable=False)

    objects = PublishedItems()
    planned = ItineraryItemQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "ends_at", "pk"]
        verbose_name = _("itinerary item")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="item_ends_after_it_starts"),
            models.UniqueConstraint(fields=["series", "series_day"], condition=Q(draft_of=None), name="one_lesson_per_series_and_day"),
        ]
        indexes = [models.Index(fields=["program", "starts_at"], name="item_by_program_and_start")]

    def __str__(self) -> str:
        return self.bilingual("title")

    @property
    def key(self) -> int:
        """The key under which everybody knows the item; pages of a draft go by it, so that they outlive its publication."""
        return self.draft_of_id or self.pk  # type: ignore[attr-defined, no-any-return]

    @property
    def day(self) -> date:
        return timezone.localtime(self.starts_at).date()

    @property
    def last_day(self) -> date:
        """The day on which it ends; what ends at midnight does not reach the next."""
        return max(self.day, timezone.localtime(self.ends_at - timedelta(microseconds=1)).date())

    @property
    def days(self) -> list[date]:
        """Every day that it touches."""
        return [self.day + timedelta(days=offset) for offset in range((self.last_day - self.day).days + 1)]

    def is_on(self, day: date) -> bool:
        """Whether it takes place on a day, or goes on from an earlier one."""
        return self.day <= day <= self.last_day

    @property
    def moved_from(self) -> str:
        """When it was to begin before it was moved: 9:00, with the day if that changed too; "" if it was not moved."""
        before = self.previous_starts_at
        if before is None:
            return ""
        return house_dates.clock(before) if timezone.localtime(before).date() == self.day else house_dates.moment(before)

    @property
    def is_cancelled(self) -> bool:
        return self.status == ItemStatus.CANCELLED

    @property
    def public_materials(self) -> list[Any]:
        """Files that everyone may fetch; the queryset fetches `materials` beforehand."""
        return [material for material in self.materials.all() if material.is_public and self.is_public]

    @property
    def journey(self) -> str:
        """G1234 天津南→无锡东（中国铁路）, as far as it is known; "" for what is no journey."""
        ways = "→".join(part for part in (self.travel_from, self.travel_to) if part)
        words = " ".join(part for part in (self.travel_number, ways) if part)
        return f"{words}（{self.carrier}）" if words and self.carrier else words or self.carrier

    def is_now(self, now: datetime) -> bool:
        return self.starts_at <= now < self.ends_at


class ItineraryVersion(models.Model):
    """What a program's itinerary said when it was published, in numbered order."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="itinerary_versions", verbose_name=_("program"))
    number = models.PositiveIntegerField(_("number"))
    items = models.JSONField(default=list)  # see events.itineraries.versions.snapshot
    published_at = models.DateTimeField(_("published"))
    published_by = models.ForeignKey("participants.User", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by"))

    objects = VisibleQuerySet["ItineraryVersion"].as_manager()

    class Meta:
        ordering = ["program_id", "-number"]
        verbose_name = _("version of the itinerary")
        constraints = [models.UniqueConstraint(fields=["program", "number"], name="one_itinerary_version_per_number")]

    def __str__(self) -> str:
        return f"{self.program} {self.number}"
