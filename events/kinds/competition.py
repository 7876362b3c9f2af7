"""Science competition."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.kinds.base import Details, ProgramKind, Sketch


class CompetitionDetails(Details):
    subjects = models.CharField(_("fields"), max_length=200, blank=True)
    team_size = models.PositiveSmallIntegerField(_("team size"), null=True, blank=True)
    rules_zh = models.TextField(_("rules (Chinese)"), blank=True)
    rules_en = models.TextField(_("rules (English)"), blank=True)


class Competition(ProgramKind):
    code = "competition"
    name = _("Science competition")
    details_model = CompetitionDetails
    icon = "medal"
    needs_national_id = False
    is_for_pupils = True
    certificate_paper = "award"
    sketches = (
        Sketch("first", "08:00", 45, "free", "报到与检录", "Registration of teams"),
        Sketch("first", "09:00", 45, "ceremony", "开幕式与规则说明", "Opening, rules"),
        Sketch("first", "10:00", 120, "match", "初赛", "Preliminary round"),
        Sketch("edges", "12:00", 60, "meal", "午餐", "Lunch"),
        Sketch("first", "13:30", 60, "lecture", "科普报告", "Science lecture", 1),
        Sketch("last", "14:45", 120, "match", "决赛与答辩", "Final and defence"),
        Sketch("last", "17:00", 45, "ceremony", "颁奖仪式", "Prizes"),
    )
    description = _("Teams compete in science and technology: fields, team size, rules.")
    section_title = _("About the competition")
    public_labels = {"subjects": _("Fields"), "team_size": _("Team size"), "rules": _("Rules")}
