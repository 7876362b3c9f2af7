"""People known to the user's organisations: list, details, full numbers on request, private link."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from exchange import access
from exchange.pages import ActionView, Policed, RuleFormView, ScopedList
from participants.people import consent, fields, rules
from participants.people.forms import PersonForm
from participants.people.models import Person
from participants.people.search import matching
from participants.rosters.listing import number
from participants.rosters.models import Registration


class PeopleList(ScopedList):
    """Everyone whom the user sees, by unit."""

    access = "signed_in"
    template_name = "people/list.html"
    model = Person
    context_object_name = "people"

    def get_queryset(self) -> Any:
        rows = matching(super().get_queryset(), self.request.GET.get("q", "")[:100], reader=self.request.user)
        rows = fields.with_sight(rows.select_related("organisation"), self.request.user)
        unit = number(self.request.GET, "unit")
        return rows.filter(organisation_id=unit) if unit else rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs, is_filtered=bool(self.request.GET.get("q")))
        return context | {"people": [fields.shield(person, fields.roles_in(person)) for person in context["people"]]}


class PersonPage(RuleFormView):
    """One person: details to correct for the unit, to read for others; programs; private link."""

    access = "signed_in"
    template_name = "people/person.html"
    form_class = PersonForm

    def person(self) -> Person:
        if not hasattr(self, "_person"):
            self._person: Person = self.visible(Person.objects.select_related("organisation"), pk=self.kwargs["pk"])
        return self._person

    def get_form_kwargs(self) -> dict[str, Any]:
        person = self.person()
        return {**super().get_form_kwargs(), "person": person if access.may(self.request.user, "person.change", person) else None}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, person = self.request.user, self.person()
        may = {name: access.may(user, f"person.{name}", person) for name in ("change", "reveal", "link")}
        links = {"link": rules.link_url(person), "feed": rules.feed_url(person)} if may["link"] else {}
        rows = Registration.objects.visible_to(user).filter(person=person).select_related("program").order_by("-program__starts_on")[:50]
        shown = fields.shield(person, fields.roles_for(user, person))
        asks_guardian = may["change"] and consent.is_needed(person, timezone.localdate())
        return super().get_context_data(**kwargs, person=shown, may=may, registrations=rows, asks_guardian=asks_guardian, **links)

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        access.require(request.user, "person.change", self.person())
        return super().post(request, *args, **kwargs)

    def apply(self, form: Any) -> str:
        person = rules.change_person(person=self.person(), by=self.request.user, **form.values())
        messages.success(self.request, _("The details of %(name)s are saved.") % {"name": person.name})
        return reverse("people:person", args=[person.pk])


class RevealNumbers(Policed, View):
    """The unmasked numbers after a press of the button; who looked is recorded. A part of the page for htmx, else a page."""

    access = "person.reveal"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = self.allowed(Person.objects.select_related("organisation"), pk=pk)
        template = "people/numbers.html" if request.headers.get("HX-Request") else "people/reveal.html"
        context = {"person": person, "numbers": rules.reveal(person=person, by=request.user), "back_url": request.POST.get("next", "")}
        if not context["back_url"].startswith("/desk/"):
            context["back_url"] = reverse("people:person", args=[pk])
        answer = render(request, template, context)
        answer.headers["Cache-Control"] = "no-store"
        return answer


class ResetLink(ActionView):
    """A new private link; the old one and its feed stop at once."""

    access = "person.change"
    queryset = Person.objects.select_related("organisation")
    done = gettext_lazy("There is a new private link. The old one no longer opens.")

    def act(self, row: Any) -> str:
        rules.reset_link(person=row, by=self.request.user)
        return reverse("people:person", args=[row.pk])


class RemovePerson(ActionView):
    """Delete somebody who was never on a roster."""

    access = "person.change"
    queryset = Person.objects.select_related("organisation")
    done = gettext_lazy("The person is deleted.")

    def act(self, row: Any) -> str:
        rules.remove_person(person=row, by=self.request.user)
        return reverse("people:list")
