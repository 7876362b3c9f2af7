"""Factories of the certificate tests: a program that is over, people who attended, papers with every field filled."""

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from events.itineraries.models import ItineraryItem
from events.programs.models import Program
from participants.attendance.models import AttendanceRecord
from participants.certificates import rules
from participants.certificates.facts import WORDING, CertificateFacts, DayFacts
from participants.certificates.models import Certificate
from participants.rosters.models import Registration
from tests.cast import Cast, at, make_delegation, make_item, make_person, make_program, make_registration

NAMES = ("孙㛃", "王䶮", "周𬍛", "吴𫖯", "阿依古丽·买买提", "欧阳若川")


def make_finished(cast: Cast, days: int = 2, **fields: Any) -> Program:
    """A study visit that ended a week ago, with two items of four hours a day."""
    program = make_program(cast, starts_in=-7 - days, days=days, **fields)
    for organisation in (cast.beichen, cast.daxing):
        make_delegation(cast, program, organisation)
    for index in range(days):
        day = f"{program.starts_on + timedelta(days=index):%Y-%m-%d}"
        make_item(program, at(f"{day} 09:00"), 150, "校园管理观摩", credit_hours=4)
        make_item(program, at(f"{day} 14:00"), 150, "德育工作座谈", credit_hours=4)
    return program


def attend(registration: Registration, items: Sequence[ItineraryItem] | None = None, state: str = "present") -> None:
    for item in registration.program.items.all() if items is None else items:
        AttendanceRecord.objects.create(registration=registration, item=item, state=state, recorded_at=timezone.now())


def make_participant(
    cast: Cast, program: Program, name: str = "欧阳若川", *, school: Any = None, attended: bool = True, status: str = "confirmed", **fields: Any
) -> Registration:
    person = make_person(cast, school or cast.school_a, name, **fields)
    position = program.registrations.count() + 1
    registration = make_registration(cast, program, person, status, position=position, role="学员")
    if attended:
        attend(registration)
    return registration


def make_certificate(cast: Cast, program: Program | None = None, name: str = "欧阳若川", **fields: Any) -> Certificate:
    registration = make_participant(cast, program or make_finished(cast), name, **fields)
    return rules.issue(registration=registration, by=cast.organiser, now=timezone.now())


def paper(design: str = "hours", **fields: Any) -> CertificateFacts:
    """Facts of one of the four papers."""
    facts = CertificateFacts(
        wording=WORDING,
        paper=design,
        name="欧阳若川",
        is_pupil=False,
        unit="天津市北辰区辰光高级中学",
        unit_en="",
        position="教师",
        identity_tail="9970",
        role="学员",
        program="京津冀普通高中干部教师赴无锡学访",
        program_en="",
        starts_on=date(2023, 2, 20),
        ends_on=date(2023, 2, 24),
        hours="40",
        attended_items=10,
        days=tuple(DayFacts(date(2023, 2, 20 + index), "随堂听课、专题报告", "出席", "8") for index in range(5)),
        issuers=("天津市北辰区教育局",),
        issuer_en="",
        issued_on=date(2023, 3, 1),
        number="津北教交证〔2023〕第0001号",
        code="7K4M-Q2XH-9TBD-0Z3C",
    )
    return replace(facts, **fields)


def text_of(pdf: bytes, tmp_path: Path) -> str:
    """What poppler reads out of a PDF, in the order of the page."""
    source = tmp_path / "paper.pdf"
    source.write_bytes(pdf)
    return subprocess.run(["pdftotext", "-raw", str(source), "-"], capture_output=True, text=True, check=True).stdout


def picture_of(pdf: bytes, tmp_path: Path, dpi: int = 150) -> Any:
    """The first page as an image."""
    from PIL import Image

    source = tmp_path / "picture.pdf"
    source.write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", str(dpi), "-png", "-singlefile", str(source), str(tmp_path / "picture")], check=True)
    return Image.open(tmp_path / "picture.png")


def page_count(pdf: bytes) -> int:
    import io

    from pypdf import PdfReader

    return len(PdfReader(io.BytesIO(pdf)).pages)
