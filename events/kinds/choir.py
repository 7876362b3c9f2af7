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
