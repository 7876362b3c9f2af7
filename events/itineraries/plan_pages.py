"""The larger planning steps as pages, and what the board sends when an item is dragged."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.itineraries import planning, undoing
from events.itineraries.models import ItineraryItem
from events.itineraries.pages import PROGRAMS, ItemPage, board_url, date_of
from events.itineraries.plan_forms import CopyDayForm, MoveForm, ShiftForm
from events.programs.models import Program
from exchange import house_dates
from exchange.pages import RuleFormView

LANES = frozenset({"group", "venue"})  # views of the board to which dragging goes back


def move_address(item: ItineraryItem) -> str:
    """Where to POST in order to have the item where it is now."""
    starts, ends = timezone.localtime(item.starts_at), timezone.localtime(item.ends_at)
    times = {"day": f"{starts:%Y-%m-%d}", "starts": f"{starts:%H:%M}", "ends": f"{ends:%H:%M}"}
    return f"{reverse('itineraries:move', args=[item.key])}?{urlencode(times)}"


class MoveItem(ItemPage):
    """POST `day`, `starts`, `ends` (in the body, or in the address for undoing): the board's drag and drop. The form of the item does the same."""

    http_method_names = ["post", "options"]
    form_class = MoveForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"data": self.request.POST if "day" in self.request.POST else self.request.GET}

    def apply(self, form: MoveForm) -> str:
        undo = move_address(self.item)
        item = planning.move_item(item=self.item, by=self.request.user, at=timezone.now(), **form.times())
        when = f"{house_dates.day(item.starts_at)} {house_dates.time_range(item.starts_at, item.ends_at)}"
        messages.success(self.request, _("“%(title)s” is now %(when)s.") % {"title": item, "when": when}, extra_tags=f"undo:{undo}")
        view = self.request.POST.get("view", "")
        return board_url(self.program, item.day) + (f"&view={view}" if view in LANES else "")

    def form_invalid(self, form: MoveForm) -> HttpResponse:
        words = [str(error) for errors in form.errors.values() for error in errors]
        messages.error(self.request, " ".join(words[:3]))
        return HttpResponseRedirect(board_url(self.program, self.item.day))


def undo_tag(program: Program, step: str) -> str:
    """For a message, so that it offers to take the step back."""
    return f"undo:{reverse('itineraries:undo', args=[program.pk])}?step={step}"


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
        return date_of(self.request, "day") or self.program.starts_on

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {"heading": self.heading, "sentence": self.sentence, "submit_label": self.submit_label, "waits": self.waits}
        return super().get_context_data(program=self.program, back_url=board_url(self.program), **words, **kwargs)

    def done(self, items: list[ItineraryItem], undo: str = "") -> str:
        """Say what was done; `undo` is the key of the step."""
        words = ngettext("%(count)s item is planned.", "%(count)s items are planned.", len(items)) % {"count": len(items)}
        messages.success(self.request, words, extra_tags=undo_tag(self.program, undo) if undo else "")
        return board_url(self.program, items[0].day)


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
        return {"day": self.day, "minutes": 30}

    def apply(self, form: ShiftForm) -> str:
        now = timezone.now()
        items = planning.shift_following(program=self.program, by=self.request.user, at=now, **form.cleaned_data)
        back = timedelta(minutes=-form.cleaned_data["minutes"])
        moves = [(item, times_of(item, back), times_of(item)) for item in items]
        return self.done(items, undo=undoing.remember(self.request, self.program, now, changed=moves))
