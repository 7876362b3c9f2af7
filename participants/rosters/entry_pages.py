"""Entering people by hand: pick those whom the unit knows, type a new one, correct a registration."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchange import access
from exchange.pages import RuleFormView
from exchange.transitions import RuleViolation
from participants.people import rules as people
from participants.people.models import Person
from participants.rosters import rules
from participants.rosters.action_pages import report
from participants.rosters.forms import AddPersonForm, PickForm, RegistrationForm, sending_units
from participants.rosters.listing import number, safe_next
from participants.rosters.models import Registration
from participants.rosters.pages import program_or_404
from participants.rosters.status import EDITABLE, RegistrationStatus


class EntryPage(RuleFormView):
    """Base of the two ways to add people to the roster of a program."""

    access = "registration.change"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            self.program = program_or_404(self)
            self.units = sending_units(request.user, self.program)
            if not self.units:
                access.require(request.user, "")  # sees the program, but sends nobody
        return super().dispatch(request, *args, **kwargs)

    def back(self) -> str:
        return reverse("rosters:program", args=[self.program.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, program=self.program, units=self.units, back_url=self.back())


class AddPerson(EntryPage):
    """A new person, put on the roster as a draft."""

    template_name = "rosters/add.html"
    form_class = AddPersonForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "program": self.program, "units": self.units}

    @transaction.atomic
    def apply(self, form: Any) -> str:
        person = people.create_person(by=self.request.user, organisation=form.cleaned_data["organisation"], **form.person_values())
        rules.create_registration(program=self.program, person=person, by=self.request.user, now=timezone.now(), **form.place_values())
        messages.success(self.request, _("%(name)s is on the roster as a draft. Submit when the list is complete.") % {"name": person.name})
        return reverse("rosters:add", args=[self.program.pk]) if "another" in self.request.POST else self.back()


class PickPeople(EntryPage):
    """People whom the unit knows from earlier programs."""

    template_name = "rosters/pick.html"
    form_class = PickForm
    most_shown = 200

    def choices(self) -> Any:
        taken = Registration.objects.filter(program=self.program).active().values("person_id")
        known = Person.objects.filter(organisation__in=self.units).exclude(pk__in=taken)
        unit = number(self.request.GET, "unit")
        known = known.filter(organisation_id=unit) if unit else known
        words = self.request.GET.get("q", "").strip()[:60]
        return known.filter(name__icontains=words) if words else known

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "choices": self.choices()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = self.choices().select_related("organisation").order_by("organisation__path", "pinyin", "pk")[: self.most_shown]
        return super().get_context_data(**kwargs, shown=shown, unit=number(self.request.GET, "unit"))

    def apply(self, form: Any) -> str:
        added, refused = [], []
        for person in form.cleaned_data["people"].select_related("organisation"):
            try:
                added.append(rules.create_registration(program=self.program, person=person, by=self.request.user, now=timezone.now()))
            except RuleViolation as violation:
                refused.append((Registration(person=person), violation))
        done = ngettext("%(number)s person is on the roster as a draft.", "%(number)s people are on the roster as drafts.", len(added))
        report(self.request, added, refused, done)
        return self.back()


class EditRegistration(RuleFormView):
    """Correct the person's details, role and group; a draft or returned row can be submitted in the same step."""

    access = "registration.change"
    template_name = "rosters/edit.html"
    form_class = RegistrationForm

    def registration(self) -> Registration:
        if not hasattr(self, "_row"):
            self._row: Registration = self.allowed(Registration.objects.for_list(), pk=self.kwargs["pk"])
            access.require(self.request.user, "person.change", self._row.person)
        return self._row

    def get_form_kwargs(self) -> dict[str, Any]:
        row = self.registration()
        return {**super().get_form_kwargs(), "program": row.program, "person": row.person, "initial": {"role": row.role, "group": row.group_id}}

    def back(self) -> str:
        return safe_next(self.request, reverse("rosters:program", args=[self.registration().program_id]))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.registration()
        may_submit = row.status in EDITABLE - {RegistrationStatus.WAITLISTED}
        return super().get_context_data(**kwargs, registration=row, program=row.program, may_submit=may_submit, back_url=self.back())

    @transaction.atomic
    def apply(self, form: Any) -> str:
        row = self.registration()
        people.change_person(person=row.person, by=self.request.user, **form.person_values())
        place = {name: value for name, value in form.place_values().items() if getattr(row, name) != value}
        if place:
            rules.change_registration(registration=row, by=self.request.user, **place)
        if "submit" in self.request.POST:
            rules.submit(registration=row, by=self.request.user, now=timezone.now())
            messages.success(self.request, _("%(name)s is corrected and submitted.") % {"name": form.cleaned_data["name"]})
        else:
            messages.success(self.request, _("The details of %(name)s are saved.") % {"name": form.cleaned_data["name"]})
        return self.back()
