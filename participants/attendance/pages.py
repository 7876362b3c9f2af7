"""Check-in at the desk: choosing a program and an item, and the roll-call."""

from datetime import date, timedelta
from itertools import groupby
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.paginator import Page as PagePart
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import View

from events.itineraries.models import ItemStatus, ItineraryItem
from events.programs.models import Program
from events.programs.status import ProgramStatus
from exchange import access
from exchange.pages import Page, PageForm, Policed, ScopedList
from exchange.transitions import RuleViolation
from exchange.validators import LARGEST_ID
from participants.attendance import roll_call, rules
from participants.attendance.counts import ItemCount, item_counts
from participants.attendance.models import AttendanceRecord, AttendanceState
from participants.rosters.models import Registration

RECENTLY, SOON = timedelta(days=30), timedelta(days=7)
PEOPLE_PER_PAGE = 100


class ProgramList(ScopedList):
    """Programs to check people in for: those around today, or all; today's items first."""

    access = "attendance.record"
    template_name = "attendance/programs.html"
    queryset = Program.objects.for_list().exclude(status__in=[ProgramStatus.DRAFT, ProgramStatus.CANCELLED])
    search_fields: ClassVar[list[str]] = ["title_zh", "title_en"]
    paginate_by = 30

    def get_queryset(self) -> Any:
        own = super().get_queryset().filter(access.run_by(self.request.user, "organiser", (access.OFFICER,)))
        if self.request.GET.get("view") == "all" or self.request.GET.get("q"):
            return own
        today = timezone.localdate()
        return own.filter(ends_on__gte=today - RECENTLY, starts_on__lte=today + SOON)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        everything = self.request.GET.get("view") == "all"
        views = [{"label": _("Around today"), "url": "?", "current": not everything}, {"label": _("All programs"), "url": "?view=all", "current": everything}]
        return super().get_context_data(**kwargs) | {
            "today_counts": item_counts(items_of_today(self.request.user)),
            "today": timezone.localdate(),
            "views": views,
        }


def items_of_today(user: Any) -> list[ItineraryItem]:
    """Today's items of the programs that the user's offices run, in order of time."""
    day_begins = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    items = ItineraryItem.objects.filter(access.run_by(user, "program__organiser", (access.OFFICER,)), program__status=ProgramStatus.PUBLISHED)
    today = items.filter(starts_at__gte=day_begins, starts_at__lt=day_begins + timedelta(days=1)).exclude(status=ItemStatus.CANCELLED)
    return list(today.select_related("program", "venue").prefetch_related("groups").order_by("starts_at", "pk")[:30])


class ProgramItems(Page):
    """The items of a program by day, with how many came."""

    access = "attendance.record"
    template_name = "attendance/program.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        program = self.allowed(Program.objects.for_list(), pk=self.kwargs["pk"])
        counts = item_counts(program.items.for_list())
        return super().get_context_data(**kwargs) | {"program": program, "days": by_day(counts), "today": timezone.localdate(), "now": timezone.now()}


def by_day(counts: list[ItemCount]) -> list[tuple[date, list[ItemCount]]]:
    return [(day, list(rows)) for day, rows in groupby(counts, key=lambda count: count.item.day)]


# The roll-call ----------------------------------------------------------------------------------------------------------


class MarkForm(PageForm):
    """One person's button."""

    registration = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
    state = forms.ChoiceField(choices=AttendanceState.choices)
    reason = forms.CharField(max_length=200, required=False)


class ItemPolicy(Policed):
    """A page about one item, for those who record its attendance."""

    access = "attendance.record"

    def item(self, pk: int) -> ItineraryItem:
        found: ItineraryItem = self.allowed(ItineraryItem.objects.select_related("program__organiser", "venue").prefetch_related("groups"), pk=pk)
        return found


class RollCall(ItemPolicy, Page):
    """The people an item is for, by group, with a button per state; searched by name, pinyin, initials or the phone's last four digits."""

    template_name = "attendance/roll_call.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        item = self.item(self.kwargs["pk"])
        query = self.request.GET
        people = roll_call.of_group(roll_call.expected_at(item), query.get("group", ""))
        if query.get("show") == "open":
            people = roll_call.unrecorded(people, item)
        page = Paginator(roll_call.find(people, query.get("q", "")), PEOPLE_PER_PAGE).get_page(query.get("page"))
        return super().get_context_data(**kwargs) | {
            "item": item,
            "count": item_counts([item])[0],
            "page_obj": page,
            "blocks": blocks(page, item),
            "choices": group_choices(item),
            "views": show_views(query),
            "back_query": query.urlencode(),
            "is_early": item.starts_at > timezone.now() + rules.EARLIEST,
        }


def blocks(page: PagePart, item: ItineraryItem) -> list[tuple[Any, list[roll_call.Entry]]]:
    """The people of a page under their groups."""
    rows = roll_call.entries(page.object_list, item)
    return [(group, list(members)) for group, members in groupby(rows, key=lambda entry: entry.registration.group)]


def group_choices(item: ItineraryItem) -> list[tuple[str, str]]:
    groups = item.groups.all() or item.program.groups.all()
    return [(str(group.pk), group.name) for group in groups]


def show_views(query: QueryDict) -> list[dict[str, Any]]:
    """Everyone, or only those of whom nothing is noted; the other parameters stay."""

    def address(show: str) -> str:
        kept = query.copy()
        for name in ("show", "page"):
            kept.pop(name, None)
        if show:
            kept["show"] = show
        return f"?{kept.urlencode()}"

    is_open = query.get("show") == "open"
    return [{"label": _("Everyone"), "url": address(""), "current": not is_open}, {"label": _("Not noted yet"), "url": address("open"), "current": is_open}]


class RollCallAction(ItemPolicy, View):
    """A button of the roll-call: htmx gets the row anew, other browsers go back to where they were."""

    http_method_names = ["post", "options"]

    def address(self, item: ItineraryItem, anchor: str = "") -> str:
        kept = QueryDict(self.request.POST.get("back_query", "")[:500]).urlencode()
        return reverse("attendance:roll_call", args=[item.pk]) + (f"?{kept}" if kept else "") + anchor

    def person(self, item: ItineraryItem, pk: Any) -> Registration:
        found: Registration = self.visible(Registration.objects.for_list(), program_id=item.program_id, pk=pk)
        return found

    def answer(self, item: ItineraryItem, registration: Registration, refusal: str = "") -> HttpResponse:
        if not self.request.htmx:  # type: ignore[attr-defined]
            if refusal:
                messages.error(self.request, f"{registration.person.name}：{refusal}")
            return HttpResponseRedirect(self.address(item, f"#r{registration.pk}"))
        context = {
            "item": item,
            "entry": roll_call.entries([registration], item)[0],
            "count": item_counts([item])[0],
            "refusal": refusal,
            "back_query": self.request.POST.get("back_query", "")[:500],
            "is_answer": True,
        }
        return render(self.request, "attendance/person_answer.html", context)


class RecordPerson(RollCallAction):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        item = self.item(pk)
        form = MarkForm(request.POST)
        if not form.is_valid():
            return render(request, "400.html", status=400)
        registration = self.person(item, form.cleaned_data["registration"])
        try:
            rules.record(
                registration=registration, item=item, state=form.cleaned_data["state"], reason=form.cleaned_data["reason"], by=request.user, now=timezone.now()
            )
        except RuleViolation as refusal:
            return self.answer(item, registration, refusal.message)
        return self.answer(item, registration)


class UndoPerson(RollCallAction):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        item = self.item(pk)
        field = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
        try:
            registration = self.person(item, field.clean(request.POST.get("registration")))
        except forms.ValidationError:
            return render(request, "400.html", status=400)
        try:
            rules.undo(records=AttendanceRecord.objects.filter(item=item, registration=registration), by=request.user)
        except RuleViolation as refusal:
            return self.answer(item, registration, refusal.message)
        return self.answer(item, registration)


class AllPresent(RollCallAction):
    """Everyone of a group of whom nothing is noted is present; the message offers to take it back."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        item = self.item(pk)
        people = roll_call.of_group(roll_call.expected_at(item), request.POST.get("group", ""))
        marks = {registration.pk: rules.Mark(AttendanceState.PRESENT) for registration in roll_call.unrecorded(people, item)}
        try:
            number = rules.record_many(item=item, marks=marks, by=request.user, now=timezone.now())
        except RuleViolation as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(self.address(item))
        request.session["roll_call"] = {"item": item.pk, "people": list(marks)}
        words = ngettext("%(number)s person noted as present.", "%(number)s people noted as present.", number) % {"number": number}
        messages.success(request, words, extra_tags=f"undo:{reverse('attendance:undo_all', args=[item.pk])}" if number else "")
        return HttpResponseRedirect(self.address(item))


class UndoAllPresent(RollCallAction):
    """Take the last “all present” of this session back."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        item = self.item(pk)
        last = request.session.pop("roll_call", {})
        people = last.get("people", []) if last.get("item") == item.pk else []
        records = AttendanceRecord.objects.filter(item=item, registration_id__in=people, state=AttendanceState.PRESENT)
        try:
            number = rules.undo(records=records, by=request.user)
        except RuleViolation as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, ngettext("Taken back for %(number)s person.", "Taken back for %(number)s people.", number) % {"number": number})
        return HttpResponseRedirect(self.address(item))
