"""Codes on paper and on the own page, read by a decoder that is not ours."""

import io
from typing import Any

import pypdf
import pytest
from PIL import Image
from pyzbar.pyzbar import decode

from participants.attendance.codes import code_of, found_by_code
from participants.people.rules import link_token
from participants.rosters.models import Registration
from tests.cast import make_group
from tests.participants.attendance.factories import confirmed, running_program

pytestmark = pytest.mark.django_db


def qr_texts(pdf: bytes, tmp_path: Any) -> list[str]:
    import subprocess

    (tmp_path / "badges.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "160", "-png", str(tmp_path / "badges.pdf"), str(tmp_path / "page")], check=True)
    return [found.data.decode() for path in sorted(tmp_path.glob("page*.png")) for found in decode(Image.open(path)) if found.type == "QRCODE"]


def test_badges_name_everybody_and_their_codes_are_read(cast: Any, sign_in: Any, tmp_path: Any) -> None:
    program = running_program(cast)
    group = make_group(program)
    people = [confirmed(cast, program, f"徽章{number}", group=group) for number in range(9)]
    confirmed(cast, program, "草稿人", status="submitted")
    answer = sign_in(cast.organiser).get(f"/desk/programs/{program.pk}/badges.pdf")
    assert answer["Content-Type"] == "application/pdf"
    reader = pypdf.PdfReader(io.BytesIO(answer.content))
    text = "".join(page.extract_text() for page in reader.pages)
    assert len(reader.pages) == 2
    assert all(f"徽章{number}" in text for number in range(9)) and "草稿人" not in text
    texts = qr_texts(answer.content, tmp_path)
    assert sorted(texts) == sorted(code_of(person) for person in people)
    assert set(found_by_code(texts, Registration.objects.all()).values()) == set(people)


def test_badges_are_for_the_organiser(cast: Any, sign_in: Any) -> None:
    program = running_program(cast, visibility="invited")
    expected = {"organiser": 200, "district_beichen": 403, "coordinator_a": 403, "viewer": 403, "outsider": 404}
    assert {name: sign_in(getattr(cast, name)).get(f"/desk/programs/{program.pk}/badges.pdf").status_code for name in expected} == expected


def test_the_own_page_shows_the_own_code(cast: Any, client: Any) -> None:
    program = running_program(cast)
    person = confirmed(cast, program)
    text = client.get(f"/my/{link_token(person.person)}/").content.decode()
    assert code_of(person) in text
    assert text.count('class="qr"') >= 1
