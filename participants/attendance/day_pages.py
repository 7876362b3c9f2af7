"""The roll-call by half-day and day."""

from datetime import date
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.generic import View

from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from exchange import house_dates
from exchange.pages import Page, PageForm, Policed
from exchange.transitions import RuleViolation
from exchange.validators import LARGEST_ID
from participants.attendance import days, roll_call, rules
from participants.attendance.models import AttendanceRecord, AttendanceState
from participants.attendance.pages import PEOPLE_PER_PAGE
from participants.rosters.models import Registration

UNDO = "undo"
Choices = list[tuple[str, str]]


def part_words() -> dict[str, str]:
    return {days.MORNING: pgettext("day", "Morning"), days.AFTERNOON: pgettext("day", "Afternoon"), days.DAY: _("Whole day")}


def chosen_day(items: list[ItineraryItem], asked: str) -> date | None:
    """The day asked for, else today, else the first one with items."""
    known = sorted({item.day for item in items})
    wishes = [_parsed(asked), timezone.localdate(), *known]
    return next((day for day in wishes if day in known), None)


def _parsed(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:  # 2026-02-31
        return None


class ProgramPolicy(Policed):
    access = "attendance.record"

    def program(self, pk: int) -> Program:
        found: Program = self.allowed(Program.objects.for_list(), pk=pk)
        return found


class DayRollCall(ProgramPolicy, Page):
    """Everybody by group with a button per half-day and for the whole day: one tap notes all items that count."""

    template_name = "attendance/day.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        program, query = self.program(self.kwargs["pk"]), self.request.GET
        items = days.counted_items(program)
        day = chosen_day(items, query.get("day", ""))
        people = roll_call.find(roll_call.of_group(roll_call.confirmed_in(program), query.get("group", "")), query.get("q", ""))
        page = Paginator(people, PEOPLE_PER_PAGE).get_page(query.get("page"))
        entries = days.day_entries(page.object_list, items, day) if day else []
        return super().get_context_data(**kwargs) | {
            "program": program,
            "day": day,
            "page_obj": page,
            "blocks": [(group, list(rows)) for group, rows in groupby(entries, key=lambda entry: entry.registration.group)],
            "parts": [(name, part_words()[name], days.of_part(items, day, name)) for name in days.parts_of(items, day)] if day else [],
            "day_views": day_views(items, day, query),
            "state_views": state_views(query),
            "chosen_state": chosen_state(query),
            "choices": [(str(group.pk), group.name) for group in program.groups.all()],
            "back_query": query.urlencode(),
            "words": part_words(),
        }


def chosen_state(query: QueryDict) -> str:
    asked = str(query.get("as", ""))
    return asked if asked in AttendanceState.values else str(AttendanceState.PRESENT)


def address(query: QueryDict, **changed: str) -> str:
    kept = query.copy()
    kept.pop("page", None)
    for name, value in changed.items():
        kept[name] = value
    return f"?{kept.urlencode()}"


def day_views(items: list[ItineraryItem], chosen: date | None, query: QueryDict) -> list[dict[str, Any]]:
    known = sorted({item.day for item in items})
    return [{"label": house_dates.day(day), "url": address(query, day=day.isoformat()), "current": day == chosen} for day in known]


def state_views(query: QueryDict) -> list[dict[str, Any]]:
    return [
        {
            "label": pgettext("check-in", "Here") if state == AttendanceState.PRESENT else state.label,
            "url": address(query, **{"as": state.value}),
            "current": state == chosen_state(query),
        }
        for state in AttendanceState
    ]


class DayMarkForm(PageForm):
    """A button of the day page: one person, or a group with `group`."""

    day = forms.DateField()
    part = forms.ChoiceField(choices=[(name, name) for name in (days.MORNING, days.AFTERNOON, days.DAY)])
    state = forms.ChoiceField(choices=[*AttendanceState.choices, (UNDO, UNDO)])
    registration = forms.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)
    group = forms.CharField(max_length=20, required=False)
    reason = forms.CharField(max_length=200, required=False)

    def mark(self) -> rules.Mark:
        return rules.Mark(self.cleaned_data["state"], self.cleaned_data["reason"] or None)


class DayAction(ProgramPolicy, View):
    http_method_names = ["post", "options"]

    def back(self, program: Program, anchor: str = "") -> HttpResponse:
        kept = QueryDict(self.request.POST.get("back_query", "")[:500]).urlencode()
        return HttpResponseRedirect(reverse("attendance:day", args=[program.pk]) + (f"?{kept}" if kept else "") + anchor)


class RecordDay(DayAction):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        program, form = self.program(pk), DayMarkForm(request.POST)
        if not form.is_valid():
            return render(request, "400.html", status=400)
        items = days.counted_items(program)
        wanted = form.cleaned_data | {"items": days.of_part(items, form.cleaned_data["day"], form.cleaned_data["part"]), "mark": form.mark()}
        if wanted["registration"]:
            return self.note_person(program, items, wanted)
        return self.note_group(program, wanted)

    def note_person(self, program: Program, items: list[ItineraryItem], wanted: dict[str, Any]) -> HttpResponse:
        person = self.visible(Registration.objects.for_list(), program_id=program.pk, pk=wanted["registration"])
        refusal = ""
        try:
            if wanted["state"] == UNDO:
                days.undo_part(items=wanted["items"], people=[person], by=self.request.user)
            else:
                days.record_part(items=wanted["items"], people=[person], mark=wanted["mark"], by=self.request.user, now=timezone.now())
        except RuleViolation as violation:
            refusal = violation.message
        if self.request.htmx:  # type: ignore[attr-defined]
            entry = days.day_entries([person], items, wanted["day"])[0]
            context = {"program": program, "entry": entry, "day": wanted["day"], "refusal": refusal, "words": part_words()}
            context |= {"chosen_state": self.request.POST.get("as", ""), "back_query": self.request.POST.get("back_query", "")[:500]}
            return render(self.request, "attendance/day_person.html", context)
        if refusal:
            messages.error(self.request, f"{person.person.name}：{refusal}")
        return self.back(program, f"#r{person.pk}")

    def note_group(self, program: Program, wanted: dict[str, Any]) -> HttpResponse:
        people = list(roll_call.of_group(roll_call.confirmed_in(program), wanted["group"]))
        now = timezone.now()
        try:
            number = days.record_part(items=wanted["items"], people=people, mark=wanted["mark"], by=self.request.user, now=now, only_open=True)
        except RuleViolation as refusal:
            messages.error(self.request, refusal.message)
            return self.back(program)
        self.request.session["day_roll_call"] = {"program": program.pk, "at": now.isoformat()}
        words = ngettext("%(number)s note added; what was noted before stays.", "%(number)s notes added; what was noted before stays.", number)
        messages.success(self.request, words % {"number": number}, extra_tags=f"undo:{reverse('attendance:day_undo', args=[program.pk])}" if number else "")
        return self.back(program)


class UndoDay(DayAction):
    """Take the last tap on a whole group back."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        program = self.program(pk)
        last = request.session.pop("day_roll_call", {})
        at = parse_datetime(last["at"]) if last.get("program") == program.pk else None
        records = (
            AttendanceRecord.objects.filter(item__program=program, recorded_at=at, recorded_by_id=request.user.pk) if at else AttendanceRecord.objects.none()
        )
        try:
            number = rules.undo(records=records, by=request.user)
        except RuleViolation as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, ngettext("Taken back: %(number)s note.", "Taken back: %(number)s notes.", number) % {"number": number})
        return self.back(program)
