"""The inbox, the choice of mail, and the link in letters that stops them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override, pgettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from exchange.masking import mask_email
from exchange.pages import Page, Policed, RuleFormView, ScopedList
from participants.notices import letters, rules, stops
from participants.notices.forms import PreferenceForm
from participants.notices.models import Notice
from participants.notices.words import kind_label, lines, url_of

VIEWS: dict[str, Any] = {"": pgettext_lazy("notices", "All"), "unread": pgettext_lazy("notices", "Unread")}


def unread_count(user: Any) -> tuple[int, bool]:
    """For the navigation."""
    return Notice.objects.filter(user_id=user.pk).unread().count(), False


class Inbox(ScopedList):
    """The user's own notices, newest first."""

    access = "signed_in"
    template_name = "notices/inbox.html"
    model = Notice
    paginate_by = 30

    def get_queryset(self) -> Any:
        rows = super().get_queryset().filter(user=self.request.user).select_related("program", "organisation")
        self.shown = "unread" if self.request.GET.get("show") == "unread" else ""
        return rows.unread() if self.shown else rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        unread, _urgent = unread_count(self.request.user)
        views = [
            {"label": label, "url": f"?show={key}" if key else "?", "count": unread if key else None, "current": self.shown == key}
            for key, label in VIEWS.items()
        ]
        return context | {"lines": lines(context["object_list"]), "unread": unread, "views": views, "shown": self.shown}


class OpenNotice(Policed, View):
    """Mark as read and go to the work."""

    access = "signed_in"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        notice = get_object_or_404(Notice.objects.filter(user=request.user).select_related("program"), pk=pk)  # type: ignore[misc]
        rules.mark_read(notices=Notice.objects.filter(pk=notice.pk), now=timezone.now())
        return HttpResponseRedirect(url_of(notice))


class MarkAllRead(Policed, View):
    access = "signed_in"
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        number = rules.mark_read(notices=Notice.objects.filter(user=request.user), now=timezone.now())  # type: ignore[misc]
        messages.success(request, ngettext("%(number)s notice is marked as read.", "%(number)s notices are marked as read.", number) % {"number": number})
        return HttpResponseRedirect(reverse("notices:inbox"))


class Preferences(RuleFormView):
    """Kinds of mail, and how often."""

    access = "signed_in"
    template_name = "notices/preferences.html"
    form_class = PreferenceForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "preference": rules.preference_of(self.request.user)}  # type: ignore[arg-type]

    def apply(self, form: Any) -> str:
        rules.choose_mail(user=self.request.user, **form.values())  # type: ignore[arg-type]
        messages.success(self.request, _("Your choice of mail is saved."))
        return reverse("notices:preferences")


@method_decorator(csrf_exempt, name="dispatch")  # mail programs post here without a form (RFC 8058); the signed address is the proof
class Unsubscribe(Page):
    """Asks, because link scanners open every address; POST stops the mail of one kind."""

    access = "link"
    template_name = "notices/unsubscribe.html"
    http_method_names = ["get", "head", "post", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = letters.read_token(kwargs["token"])
        if found is None:
            return render(request, "notices/unsubscribe.html", {"is_dead": True}, status=404)
        self.reader, self.kind = found
        with override(self.reader.language):
            answer = super().dispatch(request, *args, **kwargs)
            return answer.render() if hasattr(answer, "render") else answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, kind_label=kind_label(self.kind), address=mask_email(self.reader.email))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rules.unsubscribe(user=self.reader, kind=self.kind)
        return self.render_to_response(self.get_context_data(is_done=True))


@method_decorator(csrf_exempt, name="dispatch")  # as above
class StopMail(Page):
    """The same for people without an account; POST stops, POST with `again` takes it back."""

    access = "link"
    template_name = "notices/stop_mail.html"
    http_method_names = ["get", "head", "post", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = stops.read_token(kwargs["token"])
        if found is None:
            return render(request, "notices/unsubscribe.html", {"is_dead": True}, status=404)
        self.index, self.kind = found
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, kind_label=kind_label(self.kind), is_stopped=stops.is_stopped(self.index, self.kind))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "again" in request.POST:
            stops.resume(index=self.index, kind=self.kind)
        else:
            stops.stop(index=self.index, kind=self.kind, now=timezone.now())
        return self.render_to_response(self.get_context_data())
