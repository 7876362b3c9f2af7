"""Calligraphy and painting exhibition."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.kinds.base import Details, ProgramKind


class ExhibitionDetails(Details):
    works_per_unit = models.PositiveSmallIntegerField(_("works per unit"), null=True, blank=True)
    categories = models.CharField(_("categories"), max_length=200, blank=True)  # 国画、书法、篆刻 …
    open_hours = models.CharField(_("opening hours"), max_length=120, blank=True)
    largest_size_cm = models.CharField(_("largest size (cm)"), max_length=40, blank=True)


class Exhibition(ProgramKind):
    code = "exhibition"
    name = _("Calligraphy and painting exhibition")
    details_model = ExhibitionDetails
    icon = "pencil"
    needs_national_id = False
    certificate_paper = "award"
    description = _("Works are collected, judged and shown: categories, sizes, opening hours.")
    section_title = _("About the exhibition")
    public_labels = {
        "categories": _("Categories"),
        "works_per_unit": _("Works per unit, at most"),
        "largest_size_cm": _("Largest size (cm)"),
        "open_hours": _("Opening hours"),
    }
