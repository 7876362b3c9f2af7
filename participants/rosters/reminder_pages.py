"""The organiser's own reminder: who has something left to do, and one press that tells them, once a day."""

from typing import Any

from django.contrib import messages
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.programs.models import Program
from exchange.pages import PageForm, RuleFormView
from participants.rosters import reminders


class ReminderForm(PageForm):
    """Nothing to fill in: the page names who is told."""


class SendReminder(RuleFormView):
    """Units with unsubmitted people or unused places, and bureaus that have sent nobody yet."""

    access = "delegation.change"
    template_name = "rosters/remind.html"
    form_class = ReminderForm

    @cached_property
    def program(self) -> Program:
        found: Program = self.allowed(Program.objects.select_related("organiser"), pk=self.kwargs["pk"])
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **kwargs,
            program=self.program,
            units=reminders.units_with_work(self.program),
            is_open=self.program.is_open_for_registration(timezone.now()),
            back_url=reverse("rosters:program", args=[self.program.pk]),
        )

    def apply(self, form: Any) -> str:
        told = reminders.remind_today(program=self.program, by=self.request.user, now=timezone.now())
        if told:
            words = ngettext("%(number)s person is reminded, in the inbox and by mail.", "%(number)s people are reminded, in the inbox and by mail.", told)
            messages.success(self.request, words % {"number": told})
        else:
            messages.info(self.request, _("Everybody was reminded today already."))
        return reverse("rosters:program", args=[self.program.pk])
