"""QR codes that carry what the paper says, signed: on paper, in the reader, and against forgers."""

from pathlib import Path
from typing import Any

import pytest
import segno
from django.utils import timezone
from pyzbar.pyzbar import decode

from participants.certificates import masks, papers, rules
from participants.certificates.award_models import PaperTemplate
from participants.certificates.codes import verify_url
from participants.certificates.facts import CertificateFacts
from participants.certificates.models import Certificate
from participants.certificates.rendering import certificate_pdf, plain_pdf
from participants.certificates.sealed_codes import open_sealed, sealed_content
from tests.cast import Cast
from tests.participants.certificates.making import make_finished, make_participant, paper, picture_of

CODE = "ABCD-EFGH-JKMN-PQRS"


def read(pdf: bytes, folder: Path) -> str:
    """The QR code of a paper, as another reader sees it."""
    [found] = decode(picture_of(pdf, folder, dpi=300))
    return str(found.data.decode())


def sealed(**fields: Any) -> str:
    return sealed_content(paper("completion", **fields).numbered("津北教交证〔2023〕第0001号", CODE), 4, 2023, 300)


@pytest.mark.parametrize("name", ["王䶮", "阿依古丽·买买提", "Maria Rodriguez", "欧阳" * 10])
def test_it_says_what_the_paper_says(name: str) -> None:
    facts = paper("completion", name=name)
    found = open_sealed(sealed(name=name))
    assert found is not None
    assert (found.code, found.issuer, found.year, found.serial) == (CODE, 4, 2023, 300)
    assert (found.name, found.starts_on, found.ends_on, found.hours) == (name, facts.starts_on, facts.ends_on, facts.hours)


def test_nothing_in_it_can_be_changed() -> None:
    content = sealed()
    start = content.index("#") + 1
    for place in range(start, len(content)):
        other = "A" if content[place] != "A" else "B"
        changed = open_sealed(content[:place] + other + content[place + 1 :])
        assert changed is None or (place == len(content) - 1 and changed == open_sealed(content))  # the last letter holds unused bits
    assert open_sealed(content.replace(CODE, "ABCD-EFGH-JKMN-PQRT")) is None


@pytest.mark.parametrize(
    "content", ["", "#", verify_url(CODE), f"{verify_url(CODE)}#", f"{verify_url(CODE)}#AAAA", "https://x/#é", f"{verify_url(CODE)}#{'A' * 200}"]
)
def test_nonsense_says_nothing(content: str) -> None:
    assert open_sealed(content) is None


@pytest.mark.parametrize("length", range(100, 230, 9))
def test_larger_codes_have_the_mask_of_the_standard(length: int) -> None:
    content = ("https://例.example/verify/" + "qaz0wsx" * 40)[:length]
    assert masks.best_rows(content) == tuple(map(bytes, segno.make(content, error="m", micro=False, boost_error=False).matrix))


@pytest.mark.django_db
def test_a_paper_with_such_a_code(cast: Cast, tmp_path: Path) -> None:
    program = make_finished(cast)
    kind = papers.kinds_of(program)[0]
    values = papers.current_values(program, kind) | {"sealed": True}
    papers.save(program=program, kind=kind, for_office=False, by=cast.organiser, **values)
    assert PaperTemplate.objects.get().sealed
    for name in ("欧阳若川", "王䶮"):
        rules.issue(registration=make_participant(cast, program, name), by=cast.organiser, now=timezone.now())
    for certificate in Certificate.objects.all():
        facts = CertificateFacts.from_json(certificate.facts)
        assert read(certificate_pdf(facts), tmp_path) == read(plain_pdf(facts), tmp_path) == facts.qr
        found = open_sealed(facts.qr)
        assert found is not None and (found.name, found.code, found.serial) == (certificate.holder_name, certificate.code, certificate.serial)


@pytest.mark.django_db
def test_papers_without_it_keep_the_address(cast: Cast, tmp_path: Path) -> None:
    certificate = rules.issue(registration=make_participant(cast, make_finished(cast)), by=cast.organiser, now=timezone.now())
    assert "qr" not in certificate.facts
    assert read(certificate_pdf(CertificateFacts.from_json(certificate.facts)), tmp_path) == verify_url(certificate.code)
