"""Ethnic traditional sports."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.kinds.base import Details, ProgramKind


class SportsDetails(Details):
    disciplines = models.CharField(_("disciplines"), max_length=200, blank=True)  # 珍珠球、蹴球、板鞋竞速 …
    entries_per_unit = models.PositiveSmallIntegerField(_("entries per unit"), null=True, blank=True)
    medical_certificate = models.BooleanField(_("medical certificate required"), default=True)


class Sports(ProgramKind):
    code = "sports"
    name = _("Ethnic traditional sports")
    details_model = SportsDetails
    icon = "flag"
    needs_national_id = True
    certificate_paper = "award"
    description = _("A meet of ethnic traditional sports: disciplines, entries, medical certificates.")
    section_title = _("About the meet")
    public_labels = {
        "disciplines": _("Disciplines"),
        "entries_per_unit": _("Entries per unit, at most"),
        "medical_certificate": _("Medical certificate"),
    }
