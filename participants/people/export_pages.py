"""Asking for a file of personal data, the files that one has asked for, and the download. Other people's answer 404, to the administrator too."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.generic import View

from exchange.pages import Policed, RuleFormView, ScopedList
from exchange.spreadsheets import Column
from participants.people import exports
from participants.people.models import Export


class AskExport(RuleFormView):
    """What the file holds, and what it is for; then it waits among the own exports. Subclasses implement `make(form)`."""

    template_name = "people/export_form.html"

    def make(self, form: Any) -> Export:
        raise NotImplementedError(f"{type(self).__name__}.make")

    def apply(self, form: Any) -> str:
        export = self.make(form)
        messages.success(self.request, _("The file is ready. You can download it here for 24 hours."))
        return f"{reverse('people:exports')}?new={export.pk}"


def titles(columns: Iterable[Column]) -> str:
    """What a workbook tells of people, in a sentence."""
    return pgettext("between names", ", ").join(column.title for column in columns)


class Exports(ScopedList):
    """Own files that have not expired; the one just made (`?new=`) is fetched by the browser without another press."""

    access = "signed_in"
    template_name = "people/exports.html"
    model = Export
    context_object_name = "exports"

    def get_queryset(self) -> Any:
        own = super().get_queryset().filter(user=self.request.user).current(timezone.now())
        return own.defer("content").select_related("program")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, newest=self.request.GET.get("new", ""))


class DownloadExport(Policed, View):
    access = "signed_in"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return file_answer(get_object_or_404(own_exports(request.user), pk=pk), request.user)


def own_exports(user: Any) -> Any:
    """Files that the user asked for and that have not expired."""
    return Export.objects.filter(user=user).current(timezone.now()).select_related("program__organiser")


def file_answer(found: Export, user: Any) -> HttpResponse:
    """The file; that it was taken is counted and recorded."""
    export = exports.download(export=found, by=user)
    answer = HttpResponse(export.content, content_type=export.content_type)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(export.file_name)}"
    answer.headers["Cache-Control"] = "no-store"
    return answer
