"""The larger planning steps as pages, and what the board sends when an item is dragged."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.itineraries import drafts, planning, rules, undoing
from events.itineraries.board import group_label
from events.itineraries.models import Group, ItineraryItem
from events.itineraries.pages import PROGRAMS, ItemPage, board_url, date_of, first_day, place_of, undo_tag
from events.itineraries.plan_forms import CopyDayForm, MoveForm, ShiftForm
from events.programs.models import Program
from exchange import house_dates
from exchange.pages import RuleFormView
from exchange.transitions import RuleViolation


class MoveItem(ItemPage):
    """POST `day`, `starts`, `ends` and, from one group's lane to another's, `groups`: the board's drag and drop. The form of the item does the same.

    `seen` is the stamp of the item that was dragged: what somebody else changed meanwhile stays as it is.
    """

    http_method_names = ["post", "options"]
    form_class = MoveForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"program": self.program}

    def apply(self, form: MoveForm) -> str:
        self.check_unchanged(form.cleaned_data["seen"])
        now, facts = timezone.now(), form.facts()
        before = {name: list(self.item.groups.all()) if name == "groups" else getattr(self.item, name) for name in facts}
        item = planning.change(item=self.item, by=self.request.user, at=now, **facts)
        step = undoing.remember(self.request, self.program, now, changed=[(item, before, facts)])
        self.say_moved(item, before.get("groups", []), facts.get("groups", []), step)
        return self.back(item.day)

    def check_unchanged(self, seen: str) -> None:
        """Raises RuleViolation "changed_meanwhile"."""
        if seen not in ("", drafts.stamp([self.item])):
            words = _("“%(title)s” was changed by somebody else meanwhile, so it was not moved. This is how it is planned now.")
            raise RuleViolation("changed_meanwhile", words % {"title": self.item})

    def say_moved(self, item: ItineraryItem, before: list[Group], after: list[Group], step: str) -> None:
        """What is where now, and with what it clashes there."""
        facts = {"title": item, "when": when(item), "before": group_label(before), "after": group_label(after)}
        text = (_("“%(title)s”: %(before)s → %(after)s, %(when)s.") if before != after else _("“%(title)s” is now %(when)s.")) % facts
        others = rules.clashes_of(item)
        if others:
            text = _("%(text)s It clashes with “%(other)s”, %(when)s.") % {"text": text, "other": others[0], "when": when(others[0])}
        say = messages.warning if others else messages.success
        say(self.request, text, extra_tags=undo_tag(self.program, step, self.back(self.item.day)))

    def form_invalid(self, form: MoveForm) -> HttpResponse:
        words = [str(error) for errors in form.errors.values() for error in errors]
        messages.error(self.request, " ".join(words[:3]))
        return HttpResponseRedirect(self.back(self.item.day))


def when(item: ItineraryItem) -> str:
    return f"{house_dates.day(item.starts_at)} {house_dates.time_range(item.starts_at, item.ends_at)}"


class PlanStep(RuleFormView):
    """A step over a program's itinerary: heading, sentence, form."""

    access = "itinerary.change"
    template_name = "itineraries/plan_step.html"
    heading: Any = ""
    sentence: Any = ""
    submit_label: Any = ""
    waits = True  # in a published program, for being published

    @cached_property
    def program(self) -> Program:
        return self.allowed(PROGRAMS, pk=self.kwargs["pk"])

    @property
    def day(self) -> date:
        return date_of(self.request, "day") or first_day(self.program)

    def back(self, day: date | None) -> str:
        return board_url(self.program, day, place_of(self.request))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {"heading": self.heading, "sentence": self.sentence, "submit_label": self.submit_label, "waits": self.waits}
        return super().get_context_data(program=self.program, back_url=self.back(date_of(self.request, "day")), **words, **kwargs)

    def done(self, items: list[ItineraryItem], undo: str = "") -> str:
        """Say what was done; `undo` is the key of the step."""
        words = ngettext("%(count)s item is planned.", "%(count)s items are planned.", len(items)) % {"count": len(items)}
        back = self.back(items[0].day)
        messages.success(self.request, words, extra_tags=undo_tag(self.program, undo, back) if undo else "")
        return back


class CopyDay(PlanStep):
    form_class = CopyDayForm
    heading = gettext_lazy("Copy a day")
    sentence = gettext_lazy("Everything that is planned on the day is planned again on the other one, at the same times. What is there already stays.")
    submit_label = gettext_lazy("Copy this day")

    def get_initial(self) -> dict[str, Any]:
        return {"source": self.day}

    def apply(self, form: CopyDayForm) -> str:
        now = timezone.now()
        items = planning.copy_day(program=self.program, by=self.request.user, at=now, **form.cleaned_data)
        return self.done(items, undo=undoing.remember(self.request, self.program, now, added=items))


def times_of(item: ItineraryItem, later: timedelta = timedelta(0)) -> dict[str, Any]:
    return {"starts_at": item.starts_at + later, "ends_at": item.ends_at + later}


class Shift(PlanStep):
    form_class = ShiftForm
    heading = gettext_lazy("Move what follows")
    sentence = gettext_lazy("Makes room for something new, or catches up after a delay: all that begins on the day from this time on moves by the minutes.")
    submit_label = gettext_lazy("Move it")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"program": self.program}

    def get_initial(self) -> dict[str, Any]:
        return {"day": self.day, "minutes": 30, "group": self.request.GET.get("group")}

    def apply(self, form: ShiftForm) -> str:
        now = timezone.now()
        items = planning.shift_following(program=self.program, by=self.request.user, at=now, **form.cleaned_data)
        back = timedelta(minutes=-form.cleaned_data["minutes"])
        moves = [(item, times_of(item, back), times_of(item)) for item in items]
        return self.done(items, undo=undoing.remember(self.request, self.program, now, changed=moves))
