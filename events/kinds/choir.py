"""Choir showcase."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.kinds.base import Details, ProgramKind


class ChoirDetails(Details):
    minutes_per_choir = models.PositiveSmallIntegerField(_("minutes per choir"), null=True, blank=True)
    singers_at_most = models.PositiveSmallIntegerField(_("singers at most"), null=True, blank=True)
    accompaniment = models.CharField(_("accompaniment"), max_length=120, blank=True)


class Choir(ProgramKind):
    code = "choir"
    name = _("Choir showcase")
    details_model = ChoirDetails
    icon = "waves"
    needs_national_id = False
    certificate_paper = "honour"
    description = _("Choirs sing one after another on one stage: minutes, singers, accompaniment.")
    section_title = _("For the choirs")
    public_labels = {
        "minutes_per_choir": _("Minutes on stage"),
        "singers_at_most": _("Singers, at most"),
        "accompaniment": _("Accompaniment"),
    }
