"""Joint course."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.kinds.base import Details, ProgramKind, Sketch


class JointCourseDetails(Details):
    university = models.ForeignKey("participants.Organisation", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("university"))
    sessions = models.PositiveSmallIntegerField(_("sessions"), null=True, blank=True)
    syllabus_zh = models.TextField(_("syllabus (Chinese)"), blank=True)
    syllabus_en = models.TextField(_("syllabus (English)"), blank=True)

    limits = {"university": {"level": "partner"}}


class JointCourse(ProgramKind):
    code = "joint_course"
    name = _("Joint course")
    details_model = JointCourseDetails
    icon = "book"
    needs_national_id = False
    certificate_paper = "completion"
    sketches = (
        Sketch("first", "13:00", 45, "ceremony", "开班仪式", "Opening"),
        Sketch("weekly", "14:00", 90, "lecture", "专题课", "Lecture", 2),
        Sketch("weekly", "15:45", 60, "discussion", "分组研讨", "Seminar", 1),
        Sketch("last", "17:00", 60, "ceremony", "成果交流与结业", "Results and closing"),
    )
    description = _("A course built with a university: sessions, syllabus.")
    section_title = _("About the course")
    public_labels = {"university": _("University"), "sessions": _("Sessions"), "syllabus": _("Syllabus")}
