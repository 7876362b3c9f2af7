"""The day board and the pages of its items."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_time
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.itineraries import drafts, rules, undoing, versions
from events.itineraries.board import Block, build_board, build_lanes, days_of
from events.itineraries.forms import CancelForm, EmptyForm, ItemForm
from events.itineraries.hints import hints_for
from events.itineraries.models import Group, ItineraryItem
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import access, house_dates
from exchange.pages import ActionView, Page, RuleFormView
from exchange.transitions import RuleViolation

PROGRAMS = Program.objects.select_related("organiser")
ITEMS = ItineraryItem.objects.select_related("program__organiser")
PLANNED = ItineraryItem.planned.select_related("program__organiser")  # with the drafts, which planners alone see
CLOSED = (ProgramStatus.COMPLETED, ProgramStatus.CANCELLED)
MOST_CLASHES = 20  # the panel lists; the board marks them all
MOST_HINTS = 15
PLAIN = re.compile(r"[\w-]{1,20}", re.ASCII)
VIEWS = {"day": gettext_lazy("By day"), "group": gettext_lazy("By group"), "venue": gettext_lazy("By venue")}


def board_url(program: Program, day: date | None = None, place: Mapping[str, str] | None = None) -> str:
    """The board on a day, looked at as `place_of` says."""
    address, query = reverse("itineraries:board", args=[program.pk]), {"day": f"{day:%Y-%m-%d}"} if day else {}
    return f"{address}?{urlencode(query | dict(place or {}))}" if day or place else address


def place_of(request: HttpRequest) -> dict[str, str]:
    """How the board is looked at, as far as the address names it: view, first day and group. The board checks what they say."""
    named = {name: request.GET.get(name, "") for name in ("view", "from", "group")}
    return {name: value for name, value in named.items() if PLAIN.fullmatch(value) and value != "day"}


def undo_tag(program: Program, step: str, back: str = "") -> str:
    """For a message, so that it offers to take the step back and to return to the board as at the address `back`."""
    return f"undo:{reverse('itineraries:undo', args=[program.pk])}?step={step}&{urlsplit(back).query}".rstrip("&")


def date_of(request: HttpRequest, name: str) -> date | None:
    """A date parameter of the address; what is no date counts as not given."""
    try:
        return parse_date(request.GET.get(name, ""))
    except ValueError:
        return None


def may_plan(user: Any, program: Program) -> bool:
    return program.status not in CLOSED and access.may(user, "itinerary.change", program)


class Board(Page):
    """`/desk/programs/<pk>/itinerary/`: days as columns, on phones one day as a list."""

    access = "signed_in"
    template_name = "itineraries/board.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        program = self.visible(PROGRAMS, pk=self.kwargs["pk"])
        groups = list(program.groups.visible_to(self.request.user))
        group = next((row for row in groups if str(row.pk) == self.request.GET.get("group", "")), None)
        can_change = may_plan(self.request.user, program)
        items = self.items(program, group, with_drafts=can_change)
        found = rules.clashes_among(items) if can_change else []
        hints = hints_for(program, items) if can_change and group is None else []
        days = days_of(program.starts_on, program.ends_on, items)
        day = chosen_day(days, date_of(self.request, "day") or date_of(self.request, "from"))
        clashing = frozenset(item.pk for clash in found for item in (clash.first, clash.second))
        view = self.view(groups)
        if view == "day":
            board = build_board(days, items, clashing=clashing, first=date_of(self.request, "from") or day)
        else:
            board = build_lanes(day, items, by=view, groups=[group] if group else groups, clashing=clashing)
        return super().get_context_data(
            program=program,
            board=board,
            view=view,
            views=VIEWS if groups else {name: word for name, word in VIEWS.items() if name != "group"},
            item_count=len(items),
            day_count=len(days),
            groups=groups,
            group=group,
            days=days,
            day=day,
            day_blocks=day_blocks(items, day, clashing),
            clashes=found[:MOST_CLASHES],
            clash_count=len(found),
            hints=hints[:MOST_HINTS],
            hint_count=len(hints),
            can_change=can_change,
            last_step=undoing.recall(self.request, program) if can_change else None,
            waiting=drafts.drafts_of(program).count() if can_change else 0,
            place=urlencode(place_of(self.request)),
            today=timezone.localdate(),
            **kwargs,
        )

    def view(self, groups: list[Group]) -> str:
        asked = self.request.GET.get("view", "day")
        return asked if asked in VIEWS and (groups or asked != "group") else "day"

    def items(self, program: Program, group: Group | None, *, with_drafts: bool) -> list[ItineraryItem]:
        """As published or, for planners, as it is to become."""
        planned: Any = ItineraryItem.planned.filter(program=program).as_planned() if with_drafts else program.items.all()
        rows = planned.for_list().visible_to(self.request.user)
        return list(rows.for_group(group.pk).distinct() if group else rows)


def first_day(program: Program) -> date:
    """The day one probably means when nobody names one: today while the program runs, else its first."""
    today = timezone.localdate()
    return today if program.starts_on <= today <= program.ends_on else program.starts_on


def chosen_day(days: list[date], asked: date | None) -> date:
    """The day asked for, today, or the first."""
    today = timezone.localdate()
    return next((day for day in (asked, today) if day in days), days[0])


def day_blocks(items: list[ItineraryItem], day: date, clashing: frozenset[int]) -> list[Block]:
    """What phones list."""
    return build_board([day], items, clashing=clashing).days[0].in_order


class ItemDetail(Page):
    """`/desk/itinerary-items/<pk>/`: everything about an item that its reader may know."""

    access = "signed_in"
    template_name = "itineraries/item.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = ITEMS.select_related("venue", "host_organisation").prefetch_related("groups").with_insight(self.request.user)
        item = self.visible(rows, pk=self.kwargs["pk"])
        materials = list(item.materials.visible_to(self.request.user))
        return super().get_context_data(item=item, program=item.program, materials=materials, can_change=may_plan(self.request.user, item.program), **kwargs)


class Confirmation(RuleFormView):
    """A page that asks before a step."""

    template_name = "components/confirm.html"
    form_class: Any = EmptyForm
    extra_context = {"submit_class": "btn-danger"}


class ItemPage(RuleFormView):
    """Base of the pages that change one item. The form or the context asks for `program`, and with it for 404 and 403."""

    access = "itinerary.change"

    @cached_property
    def item(self) -> ItineraryItem:
        """The item as it is to become: its draft, where it has one."""
        return drafts.current(self.allowed(PLANNED.all(), pk=self.kwargs["pk"]))

    @property
    def is_held(self) -> bool:
        """The button said that the change waits until it is published with others."""
        return "hold" in self.request.POST and self.program.status == ProgramStatus.PUBLISHED

    @property
    def program(self) -> Program:
        return self.item.program

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(program=self.program, back_url=self.back(date_of(self.request, "day")), **kwargs)

    def back(self, day: date | None) -> str:
        return board_url(self.program, day, place_of(self.request))

    def say_saved(self, text: str, **undo: Any) -> None:
        if self.is_held:
            text = _("%(text)s It waits to be published.") % {"text": text}
        elif self.program.status == ProgramStatus.PUBLISHED:
            text = _("%(text)s Participants' calendars follow within 15 minutes.") % {"text": text}
        messages.success(self.request, text, **undo)

    def say_written(self, form: ItemForm, text: str, before: undoing.States, item: ItineraryItem, now: datetime) -> None:
        """Say what was saved, an end that was taken for one on the next day too, and offer to take it back while nobody else has been told."""
        if form.is_carried_over:
            text = _("%(text)s It ends on the next day, %(end)s.") % {"text": text, "end": house_dates.moment(item.ends_at)}
        after = undoing.states([item])
        if before == after or (self.program.status == ProgramStatus.PUBLISHED and not self.is_held):
            return self.say_saved(text)
        step = undoing.remember_difference(self.request, self.program, now, before, after)
        return self.say_saved(text, extra_tags=undo_tag(self.program, step, self.back(item.day)))


class NewItem(ItemPage):
    """`/desk/programs/<pk>/itinerary/new/?day=…&start=…`."""

    template_name = "itineraries/item_form.html"
    form_class = ItemForm

    @cached_property
    def program(self) -> Program:  # type: ignore[override]
        return self.allowed(PROGRAMS, pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"program": self.program, "user": self.request.user}

    def get_initial(self) -> dict[str, Any]:
        group = self.request.GET.get("for") or self.request.GET.get("group", "")
        groups = [row for row in self.program.groups.all() if str(row.pk) == group]
        times = {"day": date_of(self.request, "day") or first_day(self.program), "starts": self.clock("start"), "ends": self.clock("end")}
        return times | {"groups": groups, "is_public": True}

    def clock(self, name: str) -> Any:
        try:
            return parse_time(self.request.GET.get(name, ""))
        except ValueError:
            return None

    def apply(self, form: ItemForm) -> str:
        now = timezone.now()
        if self.is_held:
            item = drafts.hold_new(program=self.program, by=self.request.user, at=now, **form.facts())
        else:
            with drafts.announced(self.program, self.request.user, now):
                item = rules.create_item(program=self.program, by=self.request.user, at=now, **form.facts())
        self.say_written(form, _("“%(title)s” is in the itinerary.") % {"title": item}, {}, item, now)
        return self.back(item.day)


class EditItem(ItemPage):
    template_name = "itineraries/item_form.html"
    form_class = ItemForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"program": self.program, "user": self.request.user, "instance": self.item}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        materials = list((self.item.draft_of or self.item).materials.all())
        facts = {"materials": materials, "can_delete": self.program.status == ProgramStatus.DRAFT, "seen": drafts.stamp([self.item])}
        return super().get_context_data(item=self.item, **facts, **kwargs) | {"back_url": self.back(self.item.day)}

    def apply(self, form: ItemForm) -> str:
        self.check_unchanged(form)
        change, now = drafts.hold_change if self.is_held else drafts.publish_now, timezone.now()
        before = undoing.states([PLANNED.get(pk=self.item.pk)])  # the form has written into its own copy
        item = change(item=self.item, by=self.request.user, at=now, **form.facts())
        self.say_written(form, _("“%(title)s” is saved.") % {"title": item}, before, item, now)
        return self.back(item.day)

    def check_unchanged(self, form: ItemForm) -> None:
        """What another officer saved meanwhile is not overwritten unseen; saving once more does it. Raises RuleViolation "changed_meanwhile"."""
        now = PLANNED.get(pk=self.item.pk)  # the form has written into its own copy
        typed = {name: value for name, value in form.facts().items() if name != "groups"}
        groups = form.facts()["groups"]
        says_the_same = all(getattr(now, name) == value for name, value in typed.items()) and {row.pk for row in groups} == drafts.groups_of(now)
        if self.request.POST.get("seen") in (None, drafts.stamp([now])) or says_the_same:  # a second click says the same
            return
        for name, value in typed.items():
            setattr(self.item, name, value)
        after = versions.facts_of(self.item) | {"groups": [row.name for row in groups]}
        change = versions.difference(versions.facts_of(now), after, self.program.starts_on)
        words = _("This item was changed while you were writing. What you typed is still here; saving once more would now mean: %(change)s")
        raise RuleViolation("changed_meanwhile", words % {"change": change.sentence})


class CancelItem(ItemPage, Confirmation):
    """Asks for the reason; the item stays in every calendar as cancelled."""

    form_class = CancelForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"may_hold": self.program.status == ProgramStatus.PUBLISHED}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            heading=_("Cancel “%(title)s”") % {"title": self.item},
            sentence=_("It stays on the itinerary and in every calendar, struck through, so that nobody waits in vain. You can restore it."),
            submit_label=_("Cancel this item"),
            **kwargs,
        )

    def apply(self, form: CancelForm) -> str:
        facts = {"by": self.request.user, "at": timezone.now(), "reason": form.cleaned_data["reason"]}
        if self.is_held:
            drafts.hold_cancel(item=self.item, **facts)
            self.say_saved(_("“%(title)s” is cancelled.") % {"title": self.item})
            return self.back(self.item.day)
        with drafts.announced(self.program, self.request.user, facts["at"]):
            rules.cancel_item(item=self.item.draft_of or self.item, **facts)
        undo = f"undo:{reverse('itineraries:restore', args=[self.item.key])}"
        self.say_saved(_("“%(title)s” is cancelled.") % {"title": self.item}, extra_tags=undo)
        return self.back(self.item.day)


class RestoreItem(ActionView):
    access = "itinerary.change"
    queryset = ITEMS

    def act(self, row: ItineraryItem) -> str:
        now = timezone.now()
        with drafts.announced(row.program, self.request.user, now):
            rules.restore_item(item=row, by=self.request.user, at=now)
        messages.success(self.request, _("“%(title)s” takes place again.") % {"title": row})
        return board_url(row.program, row.day)

    def back(self, row: ItineraryItem) -> str:
        return board_url(row.program, row.day)


class DeleteItem(ItemPage, Confirmation):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            heading=_("Delete “%(title)s”") % {"title": self.item},
            sentence=_("The program is still a draft, so nobody has seen this item. It cannot be brought back."),
            submit_label=_("Delete this item"),
            **kwargs,
        )

    def apply(self, form: EmptyForm) -> str:
        title, day = str(self.item), self.item.day
        rules.delete_item(item=self.item, by=self.request.user)
        messages.success(self.request, _("“%(title)s” is deleted.") % {"title": title})
        return self.back(day)
