"""All tables of `events`, gathered for Django."""

from events.calendars.models import CalendarLink, ItemEvent
from events.itineraries.materials.models import Material
from events.itineraries.models import Group, ItineraryItem, ItineraryVersion, Venue
from events.itineraries.own_templates.models import ItineraryTemplate
from events.itineraries.series.models import LessonHost, LessonSeries
from events.itineraries.terms import SchoolTerm
from events.kinds.choir import ChoirDetails
from events.kinds.competition import CompetitionDetails
from events.kinds.exhibition import ExhibitionDetails
from events.kinds.joint_course import JointCourseDetails
from events.kinds.online_series import OnlineSeriesDetails
from events.kinds.sports import SportsDetails
from events.kinds.study_visit import StudyVisitDetails
from events.programs.models import Program, Series

__all__ = [
    "CalendarLink",
    "ChoirDetails",
    "CompetitionDetails",
    "ExhibitionDetails",
    "Group",
    "ItemEvent",
    "ItineraryItem",
    "ItineraryTemplate",
    "ItineraryVersion",
    "JointCourseDetails",
    "LessonHost",
    "LessonSeries",
    "Material",
    "OnlineSeriesDetails",
    "Program",
    "SchoolTerm",
    "Series",
    "SportsDetails",
    "StudyVisitDetails",
    "Venue",
]
