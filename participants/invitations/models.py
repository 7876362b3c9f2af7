"""Who wants the items of a program as invitations by mail, what they were sent, and what they answered."""

from typing import Any, Self

from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exchange.access import VisibleQuerySet


class Answer(models.TextChoices):
    """The values of RFC 5545 PARTSTAT that an invitation can be answered with."""

    OPEN = "NEEDS-ACTION", pgettext_lazy("invitation", "No answer yet")
    ACCEPTED = "ACCEPTED", pgettext_lazy("invitation", "Accepted")
    DECLINED = "DECLINED", pgettext_lazy("invitation", "Declined")
    TENTATIVE = "TENTATIVE", pgettext_lazy("invitation", "Perhaps")


class Wants(models.TextChoices):
    """How somebody hears of changes."""

    INVITATIONS = "invitations", pgettext_lazy("guest", "Invitations for a calendar")
    LETTERS = "letters", pgettext_lazy("guest", "A plain letter when something changes")


class GuestQuerySet(VisibleQuerySet["Guest"]):
    def active(self) -> Self:
        return self.filter(stopped_at=None)

    def invited(self) -> Self:
        return self.active().filter(wants=Wants.INVITATIONS)

    def with_answers(self) -> Self:
        current = Q(invites__is_called_off=False)
        counts = {answer.name.lower(): Count("invites", filter=current & Q(invites__answer=answer.value)) for answer in Answer}
        return self.annotate(**counts)


class Guest(models.Model):
    """A leader with a confirmed place, or a contact of a host, who asked for invitations; or such a contact who asked for letters."""

    program = models.ForeignKey("events.Program", models.CASCADE, related_name="guests", verbose_name=_("program"))
    registration = models.ForeignKey("participants.Registration", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("leader"))
    organisation = models.ForeignKey("participants.Organisation", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("host"))
    name = models.CharField(_("name"), max_length=60)
    email = models.EmailField(_("e-mail"))
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    wants = models.CharField(_("gets"), max_length=12, choices=Wants, default=Wants.INVITATIONS)
    added_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = GuestQuerySet.as_manager()

    class Meta:
        ordering = ["program_id", "name", "pk"]
        verbose_name = _("recipient of invitations")
        constraints = [
            models.UniqueConstraint(fields=["program", "email"], name="one_guest_per_program_and_address"),
            models.CheckConstraint(condition=~Q(registration=None, organisation=None), name="guest_leads_or_hosts"),
        ]

    def __str__(self) -> str:
        return self.name


class InviteManager(models.Manager.from_queryset(VisibleQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("guest")


class Invite(models.Model):
    """What one guest was last told of one item, and the answer to it."""

    guest = models.ForeignKey(Guest, models.CASCADE, related_name="invites")
    item = models.ForeignKey("events.ItineraryItem", models.CASCADE, related_name="invites")
    sequence = models.PositiveIntegerField()  # of the last message, RFC 5546
    item_sequence = models.PositiveIntegerField()  # of the item then: a higher one means that it was rescheduled
    said = models.CharField(max_length=64)  # hash of what the last message said
    sent_at = models.DateTimeField()
    is_called_off = models.BooleanField(default=False)  # the last message was a CANCEL
    answer = models.CharField(_("answer"), max_length=12, choices=Answer, default=Answer.OPEN)
    answered_at = models.DateTimeField(null=True, blank=True)  # DTSTAMP of the answer
    comment = models.CharField(_("comment"), max_length=300, blank=True)

    objects = InviteManager()

    class Meta:
        ordering = ["guest__name", "guest_id", "item_id"]
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["guest", "item"], name="one_invite_per_guest_and_item")]

    def __str__(self) -> str:
        return f"{self.guest} {self.get_answer_display()}"
