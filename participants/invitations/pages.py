"""Who gets invitations of a program, what they answered, and the link in letters that stops them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt

from events.programs.models import Program
from exchange.masking import mask_email
from exchange.pages import ActionView, Page, RuleFormView
from participants.invitations import rules
from participants.invitations.forms import AnswerForm, GuestForm
from participants.invitations.messages import guest_of
from participants.invitations.models import Guest, Invite, Wants
from participants.invitations.replies import take_answers

PROGRAMS = Program.objects.select_related("organiser")
MOST_SHOWN = 200


def page_of(program: Program) -> str:
    return reverse("invitations:program", args=[program.pk])


class ProgramPage(RuleFormView):
    access = "itinerary.change"

    @cached_property
    def program(self) -> Program:
        return self.allowed(PROGRAMS, pk=self.kwargs["pk"])


class Invitations(ProgramPage):
    """`/desk/programs/<pk>/invitations/`: the guests with their answers, and a form for one more."""

    template_name = "invitations/program.html"
    form_class = GuestForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"program": self.program, "user": self.request.user}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        guests = Guest.objects.filter(program=self.program).active().select_related("organisation", "registration").with_answers()
        answers = Invite.objects.filter(guest__in=guests, is_called_off=False, answered_at__isnull=False).select_related("item")
        latest = list(answers.order_by("-answered_at")[:MOST_SHOWN])
        return super().get_context_data(program=self.program, guests=list(guests[:MOST_SHOWN]), answers=latest, **kwargs)

    def apply(self, form: GuestForm) -> str:
        guest = rules.invite(program=self.program, by=self.request.user, at=timezone.now(), **form.facts())
        if guest.wants == Wants.LETTERS:
            messages.success(
                self.request, _("%(name)s gets a letter whenever something changes at %(place)s.") % {"name": guest.name, "place": guest.organisation}
            )
            return page_of(self.program)
        count = guest.invites.count()
        if not count:
            messages.success(self.request, _("Nothing ahead concerns %(name)s now; invitations go out as soon as something does.") % {"name": guest.name})
            return page_of(self.program)
        words = ngettext("%(count)s invitation goes to %(name)s.", "%(count)s invitations go to %(name)s.", count)
        messages.success(self.request, words % {"count": count, "name": guest.name})
        return page_of(self.program)


class TakeAnswer(ProgramPage):
    """`/desk/programs/<pk>/invitations/answer/`: a saved or pasted answer."""

    template_name = "invitations/answer.html"
    form_class = AnswerForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(program=self.program, back_url=page_of(self.program), **kwargs)

    def apply(self, form: AnswerForm) -> str:
        for invite in take_answers(program=self.program, data=form.data_bytes(), by=self.request.user):
            words = {"name": invite.guest.name, "title": invite.item, "answer": invite.get_answer_display(), "comment": invite.comment}
            text = _("%(name)s, “%(title)s”: %(answer)s. %(comment)s") if invite.comment else _("%(name)s, “%(title)s”: %(answer)s.")
            messages.success(self.request, text % words)
        return page_of(self.program)


class StopGuest(ActionView):
    """POST: no more invitations to this guest."""

    access = "itinerary.change"
    queryset = Guest.objects.select_related("program__organiser")

    def act(self, row: Guest) -> str:
        rules.stop(guest=row, by=self.request.user, at=timezone.now())
        messages.success(self.request, _("%(name)s gets no more mail about this program.") % {"name": row.name})
        return page_of(row.program)


@method_decorator(csrf_exempt, name="dispatch")  # mail programs post here without a form (RFC 8058); the signed address is the proof
class Stop(Page):
    """Asks, because link scanners open every address; POST stops the invitations."""

    access = "link"
    template_name = "invitations/stop.html"
    http_method_names = ["get", "head", "post", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = guest_of(kwargs["token"])
        if found is None:
            return render(request, "invitations/stop.html", {"is_dead": True, "csrf_token": ""}, status=404)
        self.guest = found
        with translation.override(self.guest.language):
            answer = super().dispatch(request, *args, **kwargs)
            return answer.render() if hasattr(answer, "render") else answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        no_cookie = {"csrf_token": ""}
        return super().get_context_data(
            **kwargs, **no_cookie, address=mask_email(self.guest.email), program=self.guest.program, is_letters=self.guest.wants == Wants.LETTERS
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rules.stop(guest=self.guest, by=None, at=timezone.now())
        return self.render_to_response(self.get_context_data(is_done=True))
