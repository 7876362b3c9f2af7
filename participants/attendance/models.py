"""Who was there."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exchange.access import VisibleQuerySet


class AttendanceState(models.TextChoices):
    PRESENT = "present", pgettext_lazy("attendance", "Present")
    LATE = "late", pgettext_lazy("attendance", "Late")
    ABSENT = "absent", pgettext_lazy("attendance", "Absent")
    LEAVE = "leave", pgettext_lazy("attendance", "On leave")


# These count as having been there.
ATTENDED = frozenset({AttendanceState.PRESENT, AttendanceState.LATE})


class AttendanceRecord(models.Model):
    """A participant at an itinerary item. `recorded_at` is when it was noted, which on a device without a network is before it arrived."""

    registration = models.ForeignKey("participants.Registration", models.CASCADE, related_name="attendance", verbose_name=_("registration"))
    item = models.ForeignKey("events.ItineraryItem", models.PROTECT, related_name="attendance", verbose_name=_("itinerary item"))
    state = models.CharField(_("state"), max_length=8, choices=AttendanceState)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    recorded_by = models.ForeignKey("participants.User", models.SET_NULL, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(_("recorded"))

    objects = VisibleQuerySet["AttendanceRecord"].as_manager()

    class Meta:
        ordering = ["item_id", "registration_id"]
        verbose_name = _("attendance record")
        constraints = [models.UniqueConstraint(fields=["registration", "item"], name="one_record_per_item")]

    def __str__(self) -> str:
        return f"{self.registration_id} · {self.item_id} · {self.state}"


class DeviceMark(models.Model):
    """A mark that a device has sent, by the name the device gave it: sent again, it changes nothing and gets the same answer."""

    client_id = models.UUIDField(unique=True)
    registration = models.ForeignKey("participants.Registration", models.CASCADE, related_name="+")
    item = models.ForeignKey("events.ItineraryItem", models.CASCADE, related_name="+")
    state = models.CharField(max_length=8)  # of AttendanceState, or "undo"
    marked_at = models.DateTimeField()
    outcome = models.CharField(max_length=8)  # recorded, same or kept
    received_at = models.DateTimeField()

    objects = VisibleQuerySet["DeviceMark"].as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("mark of a device")

    def __str__(self) -> str:
        return f"{self.client_id} {self.outcome}"
