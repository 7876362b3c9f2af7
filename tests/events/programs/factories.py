"""Small factories for programs and seasons."""

from typing import Any

from events.programs import rules
from events.programs.models import Program, Series
from tests.cast import Cast, make_delegation, make_program


def make_series(cast: Cast, name: str = "2026年艺体交流季", **fields: Any) -> Series:
    return rules.save_series(by=cast.organiser, **({"name_zh": name, "name_en": "Arts and sports season", "year": 2026, "organiser": cast.tianjin} | fields))


def make_hidden_program(cast: Cast, **fields: Any) -> Program:
    """A published program that only the invited see: Beichen is invited, the outsider's bureau is not."""
    program = make_program(cast, visibility="invited", title_zh="金丝雀闭门研讨", title_en="Canary closed seminar", **fields)
    make_delegation(cast, program, cast.beichen, 10)
    return program


def form_data(cast: Cast, **fields: Any) -> dict[str, Any]:
    """What a browser sends from the program form of a study visit."""
    return {
        "title_zh": "赴无锡学访",
        "title_en": "Visit to Wuxi",
        "starts_on": "2027-03-01",
        "ends_on": "2027-03-05",
        "host_division": "江苏省无锡市",
        "place_zh": "无锡",
        "organiser": cast.tianjin.pk,
        "co_organisers": [cast.daxing.pk],
        "registration_opens_at": "2027-01-10T09:00",
        "registration_closes_at": "2027-02-10T18:00",
        "visibility": "public",
        "minimum_attendance_percent": 80,
        "details-coaches": 2,
        "details-theme_zh": "看课堂",
    } | fields


def json_data(cast: Cast, **fields: Any) -> dict[str, Any]:
    """The body of POST /api/v1/programs/."""
    return {
        "kind": "study_visit",
        "title_zh": "赴无锡学访",
        "organiser": cast.tianjin.pk,
        "starts_on": "2027-03-01",
        "ends_on": "2027-03-05",
        "host_division": "320200",
        "co_organisers": [cast.daxing.pk],
        "details": {"theme_zh": "看课堂", "coaches": 2},
    } | fields
