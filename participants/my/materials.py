"""Materials for whoever holds a private link: those of the items of their own programs and groups."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.generic import View

from events.itineraries.materials.answers import download
from events.itineraries.materials.models import Material
from exchange.pages import Policed
from participants.feeds import confirmed_registrations, items_of
from participants.my.pages import PRIVATE_HEADERS
from participants.people.rules import person_by_token


class MyMaterial(Policed, View):
    """`/my/<token>/materials/<pk>/`."""

    access = "link"
    http_method_names = ["get", "head", "options"]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        for name, value in PRIVATE_HEADERS.items():
            response.headers[name] = value
        return response

    def get(self, request: HttpRequest, token: str, pk: int) -> FileResponse:
        person = person_by_token(token)
        if person is None:
            raise Http404
        own = items_of(confirmed_registrations(person)).values("pk")
        return download(get_object_or_404(Material.objects.select_related("item"), pk=pk, item__in=own))
