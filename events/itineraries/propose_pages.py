"""Steps that add many items: looked at first, planned with a second click, and taken back with a third."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.itineraries import drafts, imports, proposals, undoing
from events.itineraries.models import ItineraryItem
from events.itineraries.own_templates.models import ItineraryTemplate
from events.itineraries.own_templates.rules import proposals_of
from events.itineraries.pages import PROGRAMS, board_url, date_of, place_of, undo_tag
from events.itineraries.plan_forms import CalendarFileForm, CopyItineraryForm, TemplateForm
from events.itineraries.plan_pages import PlanStep
from events.itineraries.proposals import Proposal
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import house_dates
from exchange.pages import ActionView
from exchange.transitions import RuleViolation

MOST_TEMPLATES = 200  # to choose from


@dataclass(frozen=True)
class Row:
    """A line of the preview. `mark` is new, changed, cancelled or same; with a `key` it can be left out."""

    starts_at: datetime
    ends_at: datetime
    title: str
    note: str = ""
    mark: str = "new"
    key: str = ""
    is_ticked: bool = True

    @property
    def is_done(self) -> bool:
        """Whether planning the rows changes anything here."""
        return self.mark != "same" and self.is_ticked


class PreviewedStep(PlanStep):
    """The first click shows the rows, the second, whose button carries their digest, plans them; if they differ by then, they are shown again."""

    template_name = "itineraries/preview_step.html"
    submit_label = gettext_lazy("Show what would be planned")

    def rows(self, form: Any) -> list[Row]:
        """What would be planned. Raises RuleViolation."""
        raise NotImplementedError(f"{type(self).__name__}.rows")

    def warnings(self, form: Any) -> list[str]:
        return []

    def ticked(self) -> frozenset[str] | None:
        """The keys of rows that were ticked; None before there was something to tick."""
        shown_before = {"confirm", "take"} & self.request.POST.keys() and not self.request.FILES
        return frozenset(self.request.POST.getlist("take")) if shown_before else None

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            found = self.rows(form)
        except RuleViolation as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            return self.form_invalid(form)
        digest, ticked = digest_of(found), self.ticked()
        rows = [replace(row, is_ticked=not row.key or ticked is None or row.key in ticked) for row in found]
        is_confirmed = self.request.POST.get("confirm") == digest
        if is_confirmed and any(row.is_done for row in rows):
            return super().form_valid(form)
        if is_confirmed:
            form.add_error(None, _("Tick what is to be planned."))
        count = sum(row.mark != "same" for row in rows)
        context = self.get_context_data(form=form, rows=rows, digest=digest, warnings=self.warnings(form), count=count, can_untick=any(row.key for row in rows))
        return self.render_to_response(context, status=422 if is_confirmed else 200)


def digest_of(rows: list[Row]) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:32]


def shown(proposal: Proposal) -> Row:
    item = proposal.item
    parts = [item.get_item_type_display(), item.venue, item.location, "、".join(proposal.groups)]
    return Row(proposal.starts_at, proposal.ends_at, str(item), " · ".join(str(part) for part in parts if part))


def read_row(row: imports.Row) -> Row:
    """How an event of a file is taken, in words where the file leaves something open."""
    event = row.event
    notes = [
        event.location,
        _("whole day, planned at the hours above") if event.is_whole_day else "",
        "" if event.is_whole_day or not event.day else repeated(event),
    ]
    times = (row.item.starts_at, row.item.ends_at) if row.item and "starts_at" not in imports.fields_of(event, row.item) else (event.starts_at, event.ends_at)
    return Row(*times, event.title, " · ".join(note for note in notes if note), row.mark, row.key if row.mark != "same" else "")


def repeated(event: imports.ReadEvent) -> str:
    is_moved = event.day != timezone.localtime(event.starts_at).date()
    return _("occurrence of %(day)s, moved") % {"day": house_dates.day(event.day)} if is_moved else _("repeats")


class ProposingStep(PreviewedStep):
    """Base of the steps that plan proposals."""

    def proposals(self, form: Any) -> list[Proposal]:
        raise NotImplementedError(f"{type(self).__name__}.proposals")

    def get_initial(self) -> dict[str, Any]:
        return {"first": self.program.starts_on}

    def rows(self, form: Any) -> list[Row]:
        return [shown(row) for row in self.proposals(form)]

    def warnings(self, form: Any) -> list[str]:
        found = self.proposals(form)
        names, outside = proposals.missing_groups(self.program, found), days_outside(self.program, found)
        words = _("These groups are added: %(names)s.") if form.cleaned_data["add_groups"] else _("Not groups of this program, so for everyone: %(names)s.")
        groups = [words % {"names": "、".join(names)}] if names else []
        days = [_("Outside the dates of the program: %(days)s.") % {"days": "、".join(house_dates.day(day) for day in outside)}] if outside else []
        return groups + days

    def apply(self, form: Any) -> str:
        now = timezone.now()
        found = self.proposals(form)
        items = proposals.plan(program=self.program, proposals=found, add_groups=form.cleaned_data["add_groups"], by=self.request.user, at=now)
        return self.done(items, undo=undoing.remember(self.request, self.program, now, added=items))


def days_outside(program: Program, found: list[Proposal]) -> list[date]:
    days = sorted({timezone.localtime(row.starts_at).date() for row in found})
    return [day for day in days if not program.starts_on <= day <= program.ends_on]


class UseTemplate(ProposingStep):
    """`…/itinerary/template/`: the skeleton of a kind as items."""

    form_class = TemplateForm
    heading = gettext_lazy("Use a template")
    sentence = gettext_lazy("The usual course of a program, as items on its days. Change times, places and titles afterwards as you need.")

    def get_initial(self) -> dict[str, Any]:
        return super().get_initial() | {"kind": self.program.kind}

    def get_form_kwargs(self) -> dict[str, Any]:
        own = ItineraryTemplate.objects.visible_to(self.request.user).select_related("owner")[:MOST_TEMPLATES]
        return super().get_form_kwargs() | {"own": own}

    def proposals(self, form: TemplateForm) -> list[Proposal]:
        if form.template is not None:
            return proposals_of(form.template, form.cleaned_data["first"], self.request.user)
        return proposals.from_template(self.program, form.cleaned_data["kind"], form.cleaned_data["first"])


class CopyItinerary(ProposingStep):
    """`…/itinerary/copy/`: what another program has planned."""

    form_class = CopyItineraryForm
    heading = gettext_lazy("Copy from another program")
    sentence = gettext_lazy("Its items are planned here, moved to your first day. Venues stay, groups are found by name, cancelled items are left out.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"sources": self.sources()}

    def sources(self) -> Any:
        """Programs with items that the officer sees."""
        items = ItineraryItem.objects.visible_to(self.request.user).filter(program=OuterRef("pk"))
        rows = Program.objects.visible_to(self.request.user).exclude(pk=self.program.pk)
        return rows.filter(Exists(items)).order_by("-starts_on", "pk")

    def proposals(self, form: CopyItineraryForm) -> list[Proposal]:
        return proposals.from_program(self.program, form.cleaned_data["source"], form.cleaned_data["first"], self.request.user)


class ImportCalendar(PreviewedStep):
    """`…/itinerary/import/`: an .ics file; its events become items, the same UIDs follow it later."""

    form_class = CalendarFileForm
    heading = gettext_lazy("Read a calendar file")
    sentence = gettext_lazy("Its events become items of this itinerary. Reading a newer version of the file changes the same items instead of doubling them.")
    submit_label = gettext_lazy("Show what the file says")

    read_before: imports.Reading | None = None

    def reading(self, form: CalendarFileForm) -> imports.Reading:
        """Read once for rows and warnings."""
        if self.read_before is None:
            self.read_before = imports.read(program=self.program, data=form.data_of_file(), window=self.window(form))
        return self.read_before

    def window(self, form: CalendarFileForm) -> imports.Window:
        return imports.window_of(self.program, **form.hours())

    def rows(self, form: CalendarFileForm) -> list[Row]:
        return [read_row(row) for row in self.reading(form).rows]

    def warnings(self, form: CalendarFileForm) -> list[str]:
        skipped = self.reading(form).skipped
        if not skipped:
            return []
        named = _(", ").join(f"{row.title}（{row.reason}）" for row in skipped[:5])
        words = ngettext("%(count)s event left out: %(named)s", "%(count)s events left out: %(named)s", len(skipped))
        return [words % {"count": len(skipped), "named": named}]

    def apply(self, form: CalendarFileForm) -> str:
        now, before = timezone.now(), undoing.states(drafts.planned_items(self.program))
        data, window = form.data_of_file(), self.window(form)
        done = imports.import_calendar(program=self.program, data=data, window=window, only=self.ticked(), by=self.request.user, at=now)
        step = undoing.remember_difference(self.request, self.program, now, before, undoing.states(drafts.planned_items(self.program)))
        words = _("%(added)s items added, %(changed)s changed.") % {"added": done.added, "changed": done.changed}
        messages.success(self.request, words, extra_tags=undo_tag(self.program, step))
        is_public = self.program.status == ProgramStatus.PUBLISHED
        return reverse("itineraries:changes", args=[self.program.pk]) if is_public else board_url(self.program)


class UndoStep(ActionView):
    """POST `…/itinerary/undo/?step=…`: takes that step of this planner back, without a key the last one."""

    access = "itinerary.change"
    queryset = PROGRAMS

    def act(self, row: Program) -> str:
        step = undoing.recall(self.request, row, self.request.GET.get("step", ""))
        if step is None:
            raise RuleViolation("nothing_to_undo", _("There is no step to undo any more."))
        undoing.forget(self.request, step)  # a refused one too: the next press takes back the one before
        count = undoing.undo(program=row, step=step, by=self.request.user, at=timezone.now())
        messages.success(self.request, ngettext("Undone: %(count)s item.", "Undone: %(count)s items.", count) % {"count": count})
        return self.back(row)

    def back(self, row: Program) -> str:
        return board_url(row, date_of(self.request, "day"), place_of(self.request))
