"""The inbox of users, the table of outgoing mail, and who wants which mail."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exchange.access import VisibleQuerySet
from exchange.encryption import EncryptedTextField


class NoticeKind(models.TextChoices):
    SUBMITTED = "submitted", pgettext_lazy("notice", "Registrations submitted")
    RETURNED = "returned", pgettext_lazy("notice", "Returned for correction")
    ENDORSED = "endorsed", pgettext_lazy("notice", "Passed by the district")
    CONFIRMED = "confirmed", pgettext_lazy("notice", "Confirmed by the organiser")
    DECLINED = "declined", pgettext_lazy("notice", "Declined")
    WAITLISTED = "waitlisted", pgettext_lazy("notice", "On the waiting list")
    MOVED_UP = "moved_up", pgettext_lazy("notice", "Moved up from the waiting list")
    WITHDRAWN = "withdrawn", pgettext_lazy("notice", "Withdrawn")
    REPLACED = "replaced", pgettext_lazy("notice", "Somebody else takes a place")
    RESTORED = "restored", pgettext_lazy("notice", "A step was taken back")
    DEADLINE_NEAR = "deadline_near", pgettext_lazy("notice", "Registration closes soon")
    ENDORSE_NEAR = "endorse_near", pgettext_lazy("notice", "Deadline of the district near")
    CONFIRM_NEAR = "confirm_near", pgettext_lazy("notice", "Deadline of the organiser near")
    CERTIFICATE_ISSUED = "certificate_issued", pgettext_lazy("notice", "Certificate issued")
    ITINERARY_CHANGED = "itinerary_changed", pgettext_lazy("notice", "Itinerary changed")


class NoticeQuerySet(VisibleQuerySet["Notice"]):
    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)


class Notice(models.Model):
    """A row of somebody's inbox: one per change and reader, however many people the change is about.

    Names are not kept here: `people` holds the first few registrations, whose names are looked up when the inbox is shown.
    """

    user = models.ForeignKey("participants.User", models.CASCADE, related_name="notices")
    event = models.CharField(max_length=120)  # names the change, so that telling it twice changes nothing
    kind = models.CharField(max_length=20, choices=NoticeKind)
    program = models.ForeignKey("events.Program", models.CASCADE, related_name="+")
    organisation = models.ForeignKey("participants.Organisation", models.SET_NULL, null=True, related_name="+")  # the unit, when it is a single one
    people = models.JSONField(default=list)  # keys of the first few registrations
    number = models.PositiveIntegerField(default=0)  # how many registrations it is about
    places = models.PositiveIntegerField(default=0)  # places that nobody uses yet, for a deadline
    due_at = models.DateTimeField(null=True, blank=True)  # the deadline that is near
    changes = models.JSONField(default=list)  # of an itinerary: the first of them, each in Chinese and English
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("notice")
        constraints = [models.UniqueConstraint(fields=["user", "event"], name="one_notice_per_event_and_reader")]
        indexes = [models.Index(fields=["user", "read_at"], name="notice_unread")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.program}"


class MailState(models.TextChoices):
    QUEUED = "queued", pgettext_lazy("mail", "Queued")
    SENDING = "sending", pgettext_lazy("mail", "Being sent")
    SENT = "sent", pgettext_lazy("mail", "Sent")
    FAILED = "failed", pgettext_lazy("mail", "Failed")


class OutboxMail(models.Model):
    """A letter, written in the transaction of the change that it tells of, and sent by a job; participants/notices/outbox.py says how.

    Subject and body are encrypted, and blanked 30 days later: a letter may hold names or a private link.
    """

    event = models.CharField(max_length=120)
    recipient = models.EmailField()
    kind = models.CharField(max_length=20)  # a NoticeKind, or "digest"
    subject = EncryptedTextField()
    text = EncryptedTextField()
    html = EncryptedTextField()
    calendar = EncryptedTextField(blank=True, default="")  # the text/calendar part of an invitation
    unsubscribe_url = EncryptedTextField(blank=True, default="")
    state = models.CharField(max_length=8, choices=MailState, default=MailState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.CharField(max_length=32, blank=True)  # of the sender that works on it
    claimed_at = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField(null=True, blank=True)  # set just before the mail server is called: from here on it may be out
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    objects = VisibleQuerySet["OutboxMail"].as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("outgoing mail")
        constraints = [models.UniqueConstraint(fields=["event", "recipient"], name="one_mail_per_event_and_recipient")]
        indexes = [models.Index(fields=["next_try_at"], condition=Q(state="queued"), name="mail_to_send")]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class MailStop(models.Model):
    """Somebody without an account wants no mail of this kind. The address itself is not kept: only a keyed hash, to compare with."""

    address_index = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)  # a NoticeKind
    created_at = models.DateTimeField()

    objects = VisibleQuerySet["MailStop"].as_manager()

    class Meta:
        verbose_name = _("stopped mail")
        constraints = [models.UniqueConstraint(fields=["address_index", "kind"], name="one_stop_per_address_and_kind")]

    def __str__(self) -> str:
        return self.kind


class MailPreference(models.Model):
    """What a user chose: kinds of which no mail is wanted, and whether mail comes at once or as one summary a day."""

    user = models.OneToOneField("participants.User", models.CASCADE, related_name="mail_preference")
    muted = models.JSONField(default=list)  # NoticeKind values, and "digest"
    daily = models.BooleanField(default=False)

    objects = VisibleQuerySet["MailPreference"].as_manager()

    class Meta:
        verbose_name = _("mail preference")

    def __str__(self) -> str:
        return str(self.user)
