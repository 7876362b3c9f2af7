"""Buttons on one registration and on many: each asks first where something is taken away, then goes back where one came from."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import View

from events.itineraries.models import Group
from exchange import access
from exchange.pages import PageForm, Policed, ReasonForm, RuleFormView
from exchange.transitions import RuleViolation
from participants.people.models import Person
from participants.people.search import matching
from participants.rosters import bulk, review, rules
from participants.rosters.forms import DeclineForm, NeededReasonForm, ReplaceForm, SubmitForm
from participants.rosters.listing import number, safe_next, undo_address
from participants.rosters.models import Registration
from participants.rosters.status import TAKES_PLACE, RegistrationStatus

MOST_AT_ONCE = 5000


class StepPage(RuleFormView):
    """Base of a step on one registration: GET asks, POST does it."""

    template_name = "rosters/step.html"
    form_class: ClassVar[Any] = PageForm
    step: ClassVar[str] = ""  # the name of its rule
    heading: ClassVar[Any] = ""
    button: ClassVar[Any] = ""
    done: ClassVar[Any] = ""
    is_refusal = False
    can_be_undone = False

    def registration(self) -> Registration:
        if not hasattr(self, "_row"):
            self._row: Registration = self.allowed(Registration.objects.for_list(), pk=self.kwargs["pk"])
        return self._row

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.registration()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        self.registration()
        return super().post(request, *args, **kwargs)

    def back(self) -> str:
        return safe_next(self.request, reverse("rosters:registration", args=[self.kwargs["pk"]]))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.registration()
        words = {
            "heading": self.heading % {"name": row.person.name},
            "submit_label": self.button,
            "submit_class": "btn-danger" if self.is_refusal else "btn-primary",
        }
        return super().get_context_data(**kwargs, **words, registration=row, back_url=self.back())

    def rule(self, **values: Any) -> Registration:
        """Run the step's rule."""
        rule = getattr(rules, self.step)
        return rule(registration=self.registration(), by=self.request.user, now=timezone.now(), **values)

    def apply(self, form: Any) -> str:
        row = self.rule(**form.cleaned_data)
        self.tell(row, self.done % {"name": row.person.name})
        return self.back()

    def tell(self, row: Registration, sentence: str) -> None:
        """Say what was done, with a button that takes it back."""
        messages.success(self.request, sentence, extra_tags=f"undo:{reverse('rosters:undo', args=[row.pk])}" if self.can_be_undone else "")


class SubmitPage(StepPage):
    access = "registration.submit"
    form_class = SubmitForm
    can_be_undone = True
    step, heading, button = "submit", gettext_lazy("Submit %(name)s"), gettext_lazy("Submit")

    def apply(self, form: Any) -> str:
        row = self.rule(**form.cleaned_data)
        waits = row.status == RegistrationStatus.WAITLISTED
        self.tell(row, (_("%(name)s is on the waiting list.") if waits else _("%(name)s is submitted.")) % {"name": row.person.name})
        return self.back()


class EndorsePage(StepPage):
    access = "registration.endorse"
    can_be_undone = True
    step, heading, button, done = "endorse", gettext_lazy("Pass %(name)s"), gettext_lazy("Pass"), gettext_lazy("%(name)s is passed on to the organiser.")


class ConfirmPage(StepPage):
    access = "registration.confirm"
    can_be_undone = True
    step, heading, button, done = "confirm", gettext_lazy("Pass %(name)s"), gettext_lazy("Pass"), gettext_lazy("%(name)s takes part.")


class ReturnPage(StepPage):
    access = "registration.return"
    can_be_undone = True
    form_class = NeededReasonForm
    step, heading, button = "send_back", gettext_lazy("Return %(name)s for correction"), gettext_lazy("Return for correction")
    done = gettext_lazy("%(name)s is returned to the school.")


class DeclinePage(StepPage):
    access = "registration.decline"
    can_be_undone = True
    form_class = DeclineForm
    step, heading, button, is_refusal = "decline", gettext_lazy("Decline %(name)s"), gettext_lazy("Decline"), True
    done = gettext_lazy("%(name)s is declined; the place is free.")


class WithdrawPage(StepPage):
    access = "registration.withdraw"
    can_be_undone = True
    form_class = ReasonForm
    step, heading, button, is_refusal = "withdraw", gettext_lazy("Withdraw %(name)s"), gettext_lazy("Withdraw"), True
    done = gettext_lazy("%(name)s is withdrawn; the place is free.")


class RemoveDraft(StepPage):
    """A draft that was never submitted goes without a trace in the roster."""

    access = "registration.change"
    heading, button, is_refusal = gettext_lazy("Remove %(name)s from the roster"), gettext_lazy("Remove from the roster"), True

    def back(self) -> str:
        return safe_next(self.request, reverse("rosters:program", args=[self.registration().program_id]))

    def apply(self, form: Any) -> str:
        rules.remove_draft(registration=self.registration(), by=self.request.user)
        messages.success(self.request, _("%(name)s is no longer on the roster.") % {"name": self.registration().person.name})
        return self.back()


# By the stage of the substitute: what is said before and after.
OUTLOOKS = {
    RegistrationStatus.SUBMITTED: gettext_lazy(
        "Place, role and group stay, and nobody moves up meanwhile. The district reviews the substitute first, then the organiser."
    ),
    RegistrationStatus.ENDORSED: gettext_lazy("Place, role and group stay, and nobody moves up meanwhile. The organiser reviews the substitute next."),
    RegistrationStatus.CONFIRMED: gettext_lazy("Place, role and group stay, and the substitute takes part at once."),
}
SUBSTITUTED = {
    RegistrationStatus.SUBMITTED: gettext_lazy("%(name)s takes the place of %(before)s and waits for the district."),
    RegistrationStatus.ENDORSED: gettext_lazy("%(name)s takes the place of %(before)s and waits for the organiser."),
    RegistrationStatus.CONFIRMED: gettext_lazy("%(name)s takes the place of %(before)s."),
}


class ReplacePage(StepPage):
    """Substitution 换人: choose somebody of the same unit who is not on the roster."""

    access = "registration.replace"
    template_name = "rosters/replace.html"
    form_class = ReplaceForm
    can_be_undone = True
    step, heading, button = "replace", gettext_lazy("Who takes the place of %(name)s?"), gettext_lazy("Hand over the place")
    most_shown = 50

    def choices(self) -> Any:
        row = self.registration()
        taken = Registration.objects.filter(program_id=row.program_id).active().values("person_id")
        return Person.objects.visible_to(self.request.user).filter(organisation_id=row.organisation_id).exclude(pk__in=taken)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "choices": self.choices()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.request.GET.get("q", "").strip()[:60]
        shown = matching(self.choices(), words).order_by("pinyin", "pk")[: self.most_shown]
        return super().get_context_data(**kwargs, shown=shown, outlook=self.outlook(), chosen=number(self.request.GET, "person"))

    def outlook(self) -> str:
        """What becomes of place and review, before one chooses; "" where nobody can be replaced."""
        row = self.registration()
        return str(OUTLOOKS[rules.stage_of_substitute(row, self.request.user, timezone.now())]) if row.status in TAKES_PLACE else ""

    def apply(self, form: Any) -> str:
        before = self.registration()
        row = self.rule(person=form.cleaned_data["person"])
        sentence = str(SUBSTITUTED[RegistrationStatus(row.status)]) % {"name": row.person.name, "before": before.person.name}
        self.tell(before, sentence)
        return safe_next(self.request, reverse("rosters:registration", args=[row.pk]))


# Many at once -----------------------------------------------------------------------------------------------------------


def report(request: HttpRequest, done: list[Registration], refused: bulk.Refusals, sentence: str, undo_address: str = "") -> None:
    """One message of success, with a button to take it back, and one for each reason of refusal, with names."""
    if done:
        messages.success(request, sentence % {"number": len(done)}, extra_tags=f"undo:{undo_address}" if undo_address else "")
    by_reason: dict[str, list[Registration]] = {}
    for row, violation in refused:
        by_reason.setdefault(violation.message, []).append(row)
    for reason, rows in by_reason.items():
        messages.error(request, _("%(names)s: %(reason)s") % {"names": review.names_of(rows), "reason": reason})


BULK_DONE: dict[str, Any] = {
    "submit": lambda number: ngettext("%(number)s person is submitted.", "%(number)s people are submitted.", number),
    "approve": lambda number: ngettext("%(number)s person is passed.", "%(number)s people are passed.", number),
    "return": lambda number: ngettext("%(number)s person is returned.", "%(number)s people are returned.", number),
    "decline": lambda number: ngettext("%(number)s person is declined.", "%(number)s people are declined.", number),
    "withdraw": lambda number: ngettext("%(number)s person is withdrawn.", "%(number)s people are withdrawn.", number),
    "group": lambda number: ngettext("%(number)s person is in the group now.", "%(number)s people are in the group now.", number),
}
BULK_HEADINGS: dict[str, Any] = {
    "return": lambda number: ngettext("Return %(number)s person for correction", "Return %(number)s people for correction", number),
    "decline": lambda number: ngettext("Decline %(number)s person", "Decline %(number)s people", number),
    "withdraw": lambda number: ngettext("Withdraw %(number)s person", "Withdraw %(number)s people", number),
}


BULK_FORMS: dict[str, type[ReasonForm]] = {"withdraw": ReasonForm, "decline": DeclineForm}


class BulkStep(Policed, View):
    """POST `action` on `ids`. What takes something away asks on a page of its own, with the names and the reason."""

    access = "registration.withdraw"  # open to everyone who may do any of the actions; each is asked for again below
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        action = request.POST.get("action", "")
        if action not in BULK_DONE:
            return render(request, "400.html", status=400)
        back = safe_next(request, reverse("rosters:review"))
        rows = self.chosen(request)
        if not rows:
            messages.error(request, _("Nobody is selected. Tick the people first."))
            return HttpResponseRedirect(back)
        if action in BULK_HEADINGS:
            form_class = BULK_FORMS.get(action, NeededReasonForm)
            form = form_class(request.POST) if "asked" in request.POST else form_class()
            if not form.is_valid():
                return self.ask(request, action, rows, form, back)
            return self.finish(request, action, rows, back, reason=form.cleaned_data["reason"])
        return self.finish(request, action, rows, back)

    def chosen(self, request: HttpRequest) -> list[Registration]:
        keys = [int(text) for text in request.POST.getlist("ids")[:MOST_AT_ONCE] if text.isascii() and text.isdigit() and len(text) <= 18]
        return list(Registration.objects.for_list().visible_to(request.user).filter(pk__in=keys))

    def ask(self, request: HttpRequest, action: str, rows: list[Registration], form: Any, back: str) -> HttpResponse:
        context = {
            "heading": BULK_HEADINGS[action](len(rows)) % {"number": len(rows)},
            "rows": rows,
            "action": action,
            "form": form,
            "back_url": back,
            "submit_class": "btn-primary" if action == "return" else "btn-danger",
        }
        return render(request, "rosters/bulk_step.html", context, status=422 if form.is_bound else 200)

    def finish(self, request: HttpRequest, action: str, rows: list[Registration], back: str, **values: Any) -> HttpResponse:
        done, refused = self.run(request, action, rows, **values)
        report(request, done, refused, str(BULK_DONE[action](len(done))), undo_address(done) if action != "group" else "")
        return HttpResponseRedirect(back)

    def run(self, request: HttpRequest, action: str, rows: list[Registration], **values: Any) -> bulk.Outcome:
        if action == "group":
            group = Group.objects.visible_to(request.user).filter(pk=number(request.POST, "group") or 0).first()
            allowed, refused = permitted(request.user, "change", rows)
            done, more = bulk.group_many(registrations=allowed, group=group, by=request.user)
            return done, refused + more
        if action != "approve":
            return decide(request.user, action, rows, **values)
        now = timezone.now()  # one moment for both: undone together
        endorsed, refused = decide(request.user, "endorse", [row for row in rows if row.status == RegistrationStatus.SUBMITTED], now)
        confirmed, more = decide(request.user, "confirm", [row for row in rows if row.status != RegistrationStatus.SUBMITTED], now)
        return endorsed + confirmed, refused + more


def permitted(user: Any, action: str, rows: list[Registration]) -> bulk.Outcome:
    """Those upon which the user may act, and a refusal for each of the others."""
    forbidden = RuleViolation("forbidden", _("Your role does not allow this."))
    allowed = [row for row in rows if access.may(user, f"registration.{action}", row)]
    passed = {row.pk for row in allowed}
    return allowed, [(row, forbidden) for row in rows if row.pk not in passed]


def decide(user: Any, action: str, rows: list[Registration], now: datetime | None = None, **values: Any) -> bulk.Outcome:
    allowed, refused = permitted(user, action, rows)
    if not allowed:
        return [], refused
    done, more = bulk.decide_many(action=action, registrations=allowed, by=user, now=now or timezone.now(), **values)
    return done, refused + more
