"""The literal list of kinds. To add one: a module here, a line in KINDS, a template, a migration."""

from events.kinds.base import ProgramKind
from events.kinds.choir import Choir
from events.kinds.competition import Competition
from events.kinds.exhibition import Exhibition
from events.kinds.joint_course import JointCourse
from events.kinds.online_series import OnlineSeries
from events.kinds.sports import Sports
from events.kinds.study_visit import StudyVisit

KINDS: dict[str, ProgramKind] = {
    "study_visit": StudyVisit(),
    "exhibition": Exhibition(),
    "choir": Choir(),
    "competition": Competition(),
    "sports": Sports(),
    "online_series": OnlineSeries(),
    "joint_course": JointCourse(),
}
KIND_CHOICES: list[tuple[str, object]] = [(code, kind.name) for code, kind in KINDS.items()]
