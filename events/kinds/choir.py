"""Choir showcase."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.kinds.base import Details, ProgramKind, Sketch


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
    is_for_pupils = True
    certificate_paper = "honour"
    sketches = (
        Sketch("first", "08:30", 30, "free", "报到", "Arrival"),
        Sketch("first", "09:00", 150, "rehearsal", "各队走台", "Stage rehearsals"),
        Sketch("edges", "11:45", 60, "meal", "午餐", "Lunch"),
        Sketch("first", "13:00", 60, "rehearsal", "试音与合练", "Sound check, singing together"),
        Sketch("last", "14:30", 150, "performance", "合唱展示", "Performance"),
        Sketch("last", "17:10", 30, "ceremony", "颁奖与合影", "Awards and photograph"),
        Sketch("last", "18:00", 60, "meal", "晚餐", "Dinner"),
    )
    description = _("Choirs sing one after another on one stage: minutes, singers, accompaniment.")
    section_title = _("For the choirs")
    public_labels = {
        "minutes_per_choir": _("Minutes on stage"),
        "singers_at_most": _("Singers, at most"),
        "accompaniment": _("Accompaniment"),
    }
