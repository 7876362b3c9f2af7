"""Ethnic traditional sports."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.kinds.base import Details, ProgramKind, Sketch


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
    is_for_pupils = True
    certificate_paper = "award"
    sketches = (
        Sketch("first", "07:40", 40, "free", "报到与体检证明核对", "Arrival, medical papers"),
        Sketch("first", "08:30", 45, "ceremony", "开幕式与入场", "Opening and parade"),
        Sketch("every", "09:30", 135, "match", "上午场比赛", "Morning matches"),
        Sketch("every", "12:00", 75, "meal", "午餐与休息", "Lunch and rest"),
        Sketch("every", "13:30", 120, "match", "下午场比赛", "Afternoon matches"),
        Sketch("last", "15:45", 45, "performance", "民族传统项目表演", "Show of traditional sports"),
        Sketch("last", "16:40", 40, "ceremony", "颁奖与闭幕", "Prizes and closing"),
    )
    description = _("A meet of ethnic traditional sports: disciplines, entries, medical certificates.")
    section_title = _("About the meet")
    public_labels = {
        "disciplines": _("Disciplines"),
        "entries_per_unit": _("Entries per unit, at most"),
        "medical_certificate": _("Medical certificate"),
    }
