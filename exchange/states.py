"""How each state looks: its word, its shape and its colour, so that none is told by colour alone."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class State:
    word: Any
    shape: str  # a name of exchange.icons.SOLIDS
    tone: str  # a colour token of theme.css


# The words repeat the labels of each subject's status.py (same msgids), which this module may not import.
STATES: dict[str, dict[str, State]] = {
    "registration": {
        "draft": State(pgettext_lazy("registration", "Draft"), "draft", "ink"),
        "submitted": State(pgettext_lazy("registration", "Submitted"), "one-third", "qing"),
        "endorsed": State(pgettext_lazy("registration", "Endorsed by district"), "two-thirds", "qing"),
        "confirmed": State(pgettext_lazy("registration", "Confirmed by organiser"), "done", "lv"),
        "returned": State(pgettext_lazy("registration", "Returned for correction"), "returned", "teng"),
        "waitlisted": State(pgettext_lazy("registration", "Waiting list"), "hourglass", "zhe"),
        "declined": State(pgettext_lazy("registration", "Declined"), "octagon", "zhu"),
        "withdrawn": State(pgettext_lazy("registration", "Withdrawn"), "withdrawn", "ink"),
        "replaced": State(pgettext_lazy("registration", "Replaced"), "swap", "ink"),
    },
    "row": {
        "ok": State(pgettext_lazy("import row", "Ready"), "dot", "lv"),
        "fixed": State(pgettext_lazy("import row", "Corrected"), "pencil", "qing"),
        "warning": State(pgettext_lazy("import row", "Needs a look"), "warning", "teng"),
        "rejected": State(pgettext_lazy("import row", "Cannot be imported"), "octagon", "zhu"),
        "skipped": State(pgettext_lazy("import row", "Skipped"), "bar", "ink"),
    },
    "program": {
        "draft": State(pgettext_lazy("program", "Draft"), "draft", "ink"),
        "published": State(pgettext_lazy("program", "Published"), "dot", "lv"),
        "open": State(pgettext_lazy("program", "Open for registration"), "dot", "lv"),
        "upcoming": State(pgettext_lazy("program", "Coming soon"), "calendar", "qing"),
        "closed": State(pgettext_lazy("program", "Registration closed"), "calendar", "qing"),
        "running": State(pgettext_lazy("program", "Under way"), "waves", "qing"),
        "over": State(pgettext_lazy("program", "Ended"), "flag", "ink"),
        "completed": State(pgettext_lazy("program", "Completed"), "flag", "ink"),
        "cancelled": State(pgettext_lazy("program", "Cancelled"), "octagon", "zhu"),
    },
    "attendance": {
        "present": State(pgettext_lazy("attendance", "Present"), "done", "lv"),
        "late": State(pgettext_lazy("attendance", "Late"), "two-thirds", "teng"),
        "absent": State(pgettext_lazy("attendance", "Absent"), "octagon", "zhu"),
        "leave": State(pgettext_lazy("attendance", "On leave"), "withdrawn", "ink"),
    },
    "certificate": {
        "issued": State(pgettext_lazy("certificate", "Issued"), "seal", "lv"),
        "revoked": State(pgettext_lazy("certificate", "Revoked"), "octagon", "zhu"),
        "replaced": State(pgettext_lazy("certificate", "Replaced"), "swap", "teng"),
    },
    "batch": {
        "queued": State(pgettext_lazy("batch", "Waiting"), "hourglass", "zhe"),
        "running": State(pgettext_lazy("batch", "Running"), "two-thirds", "qing"),
        "done": State(pgettext_lazy("batch", "Done"), "done", "lv"),
        "failed": State(pgettext_lazy("batch", "Stopped by an error"), "octagon", "zhu"),
    },
    "import": {
        "reading": State(pgettext_lazy("import", "Being read"), "hourglass", "qing"),
        "preview": State(pgettext_lazy("import", "Preview"), "ring", "qing"),
        "writing": State(pgettext_lazy("import", "Being imported"), "hourglass", "qing"),
        "committed": State(pgettext_lazy("import", "Imported"), "done", "lv"),
        "discarded": State(pgettext_lazy("import", "Discarded"), "bar", "ink"),
    },
    "task": {
        "done": State(pgettext_lazy("task", "Done"), "done", "lv"),
        "open": State(pgettext_lazy("task", "Open"), "draft", "ink"),
    },
}


def find_state(value: str, domain: str = "") -> State | None:
    """The state called `value` in `domain`, or in the first domain that knows it."""
    if domain:
        return STATES[domain].get(value)
    return next((states[value] for states in STATES.values() if value in states), None)
