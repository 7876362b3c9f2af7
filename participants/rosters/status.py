"""A registration's way: school → district → organiser. Taking part in the quota is decided here too."""

from django.db import models
from django.utils.translation import pgettext_lazy

from exchange.transitions import arrow


class RegistrationStatus(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("registration", "Draft")
    SUBMITTED = "submitted", pgettext_lazy("registration", "Submitted")
    ENDORSED = "endorsed", pgettext_lazy("registration", "Endorsed by district")
    CONFIRMED = "confirmed", pgettext_lazy("registration", "Confirmed by organiser")
    RETURNED = "returned", pgettext_lazy("registration", "Returned for correction")
    WAITLISTED = "waitlisted", pgettext_lazy("registration", "Waiting list")
    DECLINED = "declined", pgettext_lazy("registration", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("registration", "Withdrawn")
    REPLACED = "replaced", pgettext_lazy("registration", "Replaced")


S = RegistrationStatus

# Passed by the school, the district, the organiser, in this order.
STAGES = (S.SUBMITTED, S.ENDORSED, S.CONFIRMED)
# These hold a place of the quota.
TAKES_PLACE = frozenset(STAGES)
# These no longer count: the same person may be registered again.
ENDED = frozenset({S.DECLINED, S.WITHDRAWN, S.REPLACED})
# The sender may still edit the person's details.
EDITABLE = frozenset({S.DRAFT, S.RETURNED, S.WAITLISTED})
# Only the sender knows of these, so nobody else is told when they end.
UNSEEN = frozenset({S.DRAFT, S.RETURNED})

TRANSITIONS = {
    "submit": arrow(S.DRAFT, S.RETURNED, to=S.SUBMITTED),
    "wait": arrow(S.DRAFT, S.RETURNED, to=S.WAITLISTED),
    "promote": arrow(S.WAITLISTED, to=S.SUBMITTED),
    "endorse": arrow(S.SUBMITTED, to=S.ENDORSED),
    "confirm": arrow(S.ENDORSED, to=S.CONFIRMED),
    "return": arrow(S.SUBMITTED, S.ENDORSED, S.CONFIRMED, S.WAITLISTED, to=S.RETURNED, needs_reason=True),
    "decline": arrow(S.SUBMITTED, S.ENDORSED, S.CONFIRMED, S.WAITLISTED, to=S.DECLINED, needs_reason=True),
    "withdraw": arrow(S.DRAFT, S.RETURNED, S.WAITLISTED, S.SUBMITTED, S.ENDORSED, S.CONFIRMED, to=S.WITHDRAWN),
    "replace": arrow(S.SUBMITTED, S.ENDORSED, S.CONFIRMED, to=S.REPLACED),
}

# A step taken back leads to where the registration stood; Registration.last_step says which of these it is.
UNDO = {
    status: {"undo": arrow(S.SUBMITTED, S.WAITLISTED, S.ENDORSED, S.CONFIRMED, S.RETURNED, S.DECLINED, S.WITHDRAWN, S.REPLACED, to=status)}
    for status in (S.DRAFT, S.SUBMITTED, S.WAITLISTED, S.ENDORSED, S.CONFIRMED, S.RETURNED)
}
