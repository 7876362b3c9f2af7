"""Calligraphy and painting exhibition."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.kinds.base import Details, ProgramKind, Sketch


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
    is_for_pupils = True
    certificate_paper = "award"
    sketches = (
        Sketch("first", "08:30", 60, "free", "作品布展核对", "Last check of the hanging"),
        Sketch("first", "10:00", 60, "ceremony", "开幕式", "Opening"),
        Sketch("first", "11:15", 75, "visit", "集体观展", "Guided tour", 1),
        Sketch("first", "13:30", 85, "discussion", "评委点评与创作交流", "Jurors and artists talk", 2),
        Sketch("middle", "09:00", 480, "visit", "展览开放", "Exhibition open"),
        Sketch("last", "15:00", 60, "ceremony", "颁奖与闭幕", "Prizes and closing"),
        Sketch("last", "16:30", 90, "free", "撤展与取回作品", "Taking down, works go home"),
    )
    description = _("Works are collected, judged and shown: categories, sizes, opening hours.")
    section_title = _("About the exhibition")
    public_labels = {
        "categories": _("Categories"),
        "works_per_unit": _("Works per unit, at most"),
        "largest_size_cm": _("Largest size (cm)"),
        "open_hours": _("Opening hours"),
    }
