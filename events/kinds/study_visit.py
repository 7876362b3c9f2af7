"""Study visit."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.kinds.base import Details, ProgramKind, PublicRow, Sketch


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
    sketches = (
        Sketch("first", "07:30", 30, "free", "集合", "Meeting at the station"),
        Sketch("first", "08:30", 240, "travel", "乘车前往", "Journey there"),
        Sketch("first", "12:45", 60, "meal", "午餐", "Lunch"),
        Sketch("first", "14:30", 60, "free", "入住与领取材料", "Checking in, papers"),
        Sketch("first", "16:00", 60, "ceremony", "开班仪式", "Opening"),
        Sketch("every", "18:00", 60, "meal", "晚餐", "Dinner"),
        Sketch("first", "19:30", 90, "discussion", "分组见面会", "Groups meet"),
        Sketch("middle", "07:00", 45, "meal", "早餐", "Breakfast"),
        Sketch("middle", "08:00", 45, "travel", "乘车", "By coach"),
        Sketch("middle", "09:00", 150, "visit", "学校观摩", "School visit", 3),
        Sketch("middle", "12:00", 60, "meal", "午餐", "Lunch"),
        Sketch("middle", "14:00", 120, "lecture", "专题报告", "Lecture", 2),
        Sketch("middle", "16:15", 75, "discussion", "交流座谈", "Discussion", 1),
        Sketch("middle", "19:30", 90, "discussion", "小组研讨", "Group work", 2),
        Sketch("nights", "22:00", 540, "lodging", "住宿", "Lodging"),
        Sketch("last", "08:30", 120, "ceremony", "总结会", "Closing", 2),
        Sketch("last", "11:30", 60, "meal", "午餐", "Lunch"),
        Sketch("last", "13:00", 240, "travel", "返程", "Journey back"),
    )
    description = _("Several days at host schools elsewhere: coaches, lodging, insurance, groups.")
    section_title = _("About the visit")
    public_labels = {"theme": _("Theme"), "coaches": _("Coaches"), "lodging": _("Lodging"), "insurance": _("Insurance")}

    def public_rows(self, details: Details | None) -> list[PublicRow]:
        """Without coaches there is nothing to say of them."""
        return [row for row in super().public_rows(details) if (row.name, row.value) != ("coaches", 0)]
