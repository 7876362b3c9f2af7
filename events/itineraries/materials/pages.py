"""The materials of an item at the desk, and the address under which a file is fetched."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from events.itineraries.materials import rules
from events.itineraries.materials.answers import download
from events.itineraries.materials.contents import MAX_BYTES
from events.itineraries.materials.models import Material
from events.itineraries.models import ItineraryItem
from events.itineraries.pages import PLANNED, Confirmation, board_url, may_plan
from exchange.pages import ActionView, PageForm, Policed, RuleFormView

MATERIALS = Material.objects.select_related("item__program__organiser")
ACCEPTED = ".pdf,.png,.jpg,.jpeg,.docx,.xlsx,.pptx"


def materials_url(item: ItineraryItem) -> str:
    return reverse("itineraries:materials", args=[item.pk])


class MaterialForm(PageForm):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("PDF, PNG, JPEG, DOCX, XLSX or PPTX, at most 10 MB."),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    is_public = forms.BooleanField(label=gettext_lazy("Everyone may fetch it from the public page"), required=False)

    def clean_file(self) -> Any:
        """A file that is too large is not even read."""
        upload = self.cleaned_data["file"]
        if upload.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is too large: at most 10 MB."), code="too_large")
        return upload


class ItemMaterials(RuleFormView):
    """`/desk/itinerary-items/<pk>/materials/`: the files of an item, and a form to add one."""

    access = "itinerary.change"
    template_name = "itineraries/materials.html"
    form_class = MaterialForm

    @cached_property
    def item(self) -> ItineraryItem:
        """The item itself: files do not wait for a publication."""
        row: ItineraryItem = self.allowed(PLANNED.select_related("draft_of__program__organiser"), pk=self.kwargs["pk"])
        return row.draft_of or row

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        item = self.item
        return super().get_context_data(
            item=item,
            program=item.program,
            materials=list(item.materials.visible_to(self.request.user).select_related("uploaded_by")),
            can_change=may_plan(self.request.user, item.program),
            back_url=board_url(item.program, item.day),
            **kwargs,
        )

    def apply(self, form: MaterialForm) -> str:
        upload = form.cleaned_data["file"]
        facts = {"is_public": form.cleaned_data["is_public"], "by": self.request.user, "at": timezone.now()}
        material = rules.add_material(item=self.item, name=upload.name, data=upload.read(), **facts)
        messages.success(self.request, _("“%(name)s” is added.") % {"name": material})
        return materials_url(self.item)


class ShowMaterial(ActionView):
    """POST, with `public=1` or without: everyone may fetch it, or those who take part alone."""

    access = "material.change"
    queryset = MATERIALS

    def act(self, row: Material) -> str:
        row = rules.set_public(material=row, is_public="public" in self.request.POST, by=self.request.user)
        words = _("Everyone may fetch “%(name)s” now.") if row.is_public else _("Only those who take part may fetch “%(name)s” now.")
        messages.success(self.request, words % {"name": row})
        return materials_url(row.item)


class DeleteMaterial(Confirmation):
    access = "material.change"

    @cached_property
    def material(self) -> Material:
        return self.allowed(MATERIALS, pk=self.kwargs["pk"])  # type: ignore[no-any-return]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            heading=_("Remove “%(name)s”") % {"name": self.material},
            sentence=_("The file is deleted and cannot be brought back. Whoever fetched it before keeps their copy."),
            submit_label=_("Remove this file"),
            back_url=materials_url(self.material.item),
            **kwargs,
        )

    def apply(self, form: Any) -> str:
        name, item = str(self.material), self.material.item
        rules.delete_material(material=self.material, by=self.request.user)
        messages.success(self.request, _("“%(name)s” is removed.") % {"name": name})
        return materials_url(item)


class FetchMaterial(Policed, View):
    """`/materials/<pk>/`: for everyone when it is public, else for those who organise or take part."""

    access = "anyone"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, pk: int) -> FileResponse:
        material = self.visible(MATERIALS, pk=pk)
        return download(material, is_private=not material.is_public or request.user.is_authenticated)
