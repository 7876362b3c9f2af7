"""Study visit."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.kinds.base import Details, ProgramKind, PublicRow


class StudyVisitDetails(Details):
    theme_zh = models.CharField(_("theme (Chinese)"), max_length=120, blank=True)
    theme_en = models.CharField(_("theme (English)"), max_length=200, blank=True)
    coaches = models.PositiveSmallIntegerField(_("coaches"), default=0)
    lodging = models.CharField(_("lodging"), max_length=120, blank=True)
    insurance = models.CharField(_("insurance"), max_length=120, blank=True)


class StudyVisit(ProgramKind):
    code = "study_visit"
    name = _("Study visit")
    details_model = StudyVisitDetails
    icon = "bus"
    needs_national_id = True
    sleeps_away = True
    certificate_paper = "hours"
    description = _("Several days at host schools elsewhere: coaches, lodging, insurance, groups.")
    section_title = _("About the visit")
    public_labels = {"theme": _("Theme"), "coaches": _("Coaches"), "lodging": _("Lodging"), "insurance": _("Insurance")}

    def public_rows(self, details: Details | None) -> list[PublicRow]:
        """Without coaches there is nothing to say of them."""
        return [row for row in super().public_rows(details) if (row.name, row.value) != ("coaches", 0)]
