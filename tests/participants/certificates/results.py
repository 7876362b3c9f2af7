"""Factories of the tests of results, words and pictures."""

import io
from typing import Any

from events.programs.models import Program
from participants.certificates import awards, papers, pictures
from participants.certificates.award_models import Award, PaperPicture, PaperTemplate
from tests.cast import Cast
from tests.participants.certificates.making import make_finished


def make_contest(cast: Cast, **fields: Any) -> Program:
    return make_finished(cast, kind="exhibition", title_zh="“运河同源”三地书画展", title_en="One Canal Exhibition", **fields)


def make_award(cast: Cast, program: Program, **fields: Any) -> Award:
    values = {
        "kind": "award",
        "holder": "person",
        "name": "阎小满",
        "organisation": cast.school_a,
        "work": "潮白河的早晨",
        "prize": "一等奖",
        "category": "小学组",
        "members_statement": "of_age",
    }
    return awards.add(program=program, by=cast.organiser, **values | fields)


def words(program: Program, kind: str = "award", **fields: Any) -> dict[str, Any]:
    return papers.current_values(program, kind) | fields


def make_template(cast: Cast, program: Program, kind: str = "award", for_office: bool = False, **fields: Any) -> PaperTemplate:
    return papers.save(program=program, kind=kind, for_office=for_office, by=cast.organiser, **words(program, kind, **fields))


def drawing(form: str = "PNG", size: tuple[int, int] = (400, 400), colour: tuple[int, int, int] = (190, 30, 30), **save: Any) -> bytes:
    """A red ring on white paper."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).ellipse((20, 20, size[0] - 20, size[1] - 20), outline=colour, width=14)
    out = io.BytesIO()
    picture.save(out, form, **save)
    return out.getvalue()


def make_picture(cast: Cast, program: Program, role: str = "seal", name: str = "公章") -> PaperPicture:
    return pictures.add(organisation=program.certificate_issuer, role=role, name=name, content=drawing(), by=cast.organiser)
