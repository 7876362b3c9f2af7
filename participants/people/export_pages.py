"""The files that one has asked for: a list, and the download. Other people's answer 404, to the administrator too."""

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.generic import View

from exchange.pages import Policed, ScopedList
from participants.people import exports
from participants.people.models import Export


class Exports(ScopedList):
    """Own files that have not expired."""

    access = "signed_in"
    template_name = "people/exports.html"
    model = Export
    context_object_name = "exports"

    def get_queryset(self) -> Any:
        own = super().get_queryset().filter(user=self.request.user).current(timezone.now())
        return own.defer("content").select_related("program")


class DownloadExport(Policed, View):
    access = "signed_in"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        own = Export.objects.filter(user=request.user).current(timezone.now()).select_related("program__organiser")  # type: ignore[misc]
        export = exports.download(export=get_object_or_404(own, pk=pk), by=request.user)
        answer = HttpResponse(export.content, content_type=export.content_type)
        answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(export.file_name)}"
        answer.headers["Cache-Control"] = "no-store"
        return answer
