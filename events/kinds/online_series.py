"""Online series."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.kinds.base import Details, ProgramKind, Sketch


class OnlineSeriesDetails(Details):
    platform = models.CharField(_("platform"), max_length=80, blank=True)
    weekday = models.PositiveSmallIntegerField(
        _("weekday"),
        null=True,
        blank=True,
        choices=[(1, _("Monday")), (2, _("Tuesday")), (3, _("Wednesday")), (4, _("Thursday")), (5, _("Friday")), (6, _("Saturday")), (7, _("Sunday"))],
    )
    lessons = models.PositiveSmallIntegerField(_("lessons"), null=True, blank=True)
    grades = models.CharField(_("grades"), max_length=80, blank=True)


class OnlineSeries(ProgramKind):
    code = "online_series"
    name = _("Online series")
    details_model = OnlineSeriesDetails
    icon = "globe"
    needs_national_id = False
    certificate_paper = "hours"
    sketches = (
        Sketch("first", "15:00", 30, "ceremony", "开课说明与设备调试", "Welcome, trying the equipment"),
        Sketch("weekly", "15:40", 45, "lesson", "同步课堂", "Shared lesson", 1),
        Sketch("weekly", "16:30", 30, "discussion", "课后教研", "Teachers talk it over", 1),
        Sketch("last", "17:15", 45, "discussion", "学期总结", "End of term"),
    )
    description = _("Lessons shared between schools online, week after week: platform, weekday, grades.")
    section_title = _("About the lessons")
    public_labels = {"lessons": _("Lessons"), "weekday": _("Every week on"), "grades": _("Grades"), "platform": _("Platform")}
