"""The ledger as a workbook: every number in order with what came of it, as listed on the page, to those who work with it."""

import io
from typing import Any

import openpyxl
import pytest
from django.utils import timezone

from exchange.audit import AuditEvent
from participants.certificates import rules
from participants.people.models import Export
from tests.participants.certificates.making import make_certificate, make_finished
from tests.reading import taken

pytestmark = pytest.mark.django_db
ADDRESS = "/desk/certificates/export/"


def sheet(content: bytes) -> list[list[Any]]:
    return [[cell or "" for cell in row] for row in openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)]


@pytest.fixture
def scene(cast: Any) -> Any:
    program = make_finished(cast, title_zh="赴无锡学访")
    certificates = [make_certificate(cast, program, name, school=school) for name, school in (("甲一", cast.school_a), ("乙二", cast.school_b))]
    rules.revoke(certificate=certificates[0], by=cast.organiser, reason="姓名写错", now=timezone.now())
    return program, certificates


def test_every_number_stands_in_order_with_what_came_of_it(cast: Any, sign_in: Any, scene: Any) -> None:
    client = sign_in(cast.organiser)
    assert client.get(ADDRESS).status_code == 200
    rows = sheet(taken(client, client.post(ADDRESS, {"purpose": "archive"})))
    assert rows[0] == ["证书编号", "持证人", "证书种类", "单位", "活动", "签发日期", "状态", "原因", "替换为"]
    numbers = [certificate.number for certificate in scene[1]]
    assert [(row[0], row[1], row[4], row[6], row[7]) for row in rows[1:]] == [
        (numbers[0], "甲一", "赴无锡学访", "已撤销", "姓名写错"),
        (numbers[1], "乙二", "赴无锡学访", "已签发", ""),
    ]
    event = AuditEvent.objects.get(action="certificate.export")
    assert (event.reason, event.changes["rows"]) == ("本单位存档", [None, 2])


def test_the_page_s_filters_hold_and_a_school_gets_its_own(cast: Any, sign_in: Any, scene: Any) -> None:
    program, _certificates = scene
    client = sign_in(cast.organiser)
    found = sheet(taken(client, client.post(f"{ADDRESS}?program={program.pk}&status=issued&q=乙", {"purpose": "archive"})))
    assert [row[1] for row in found[2:]] == ["乙二"]
    school = sign_in(cast.coordinator_b)
    assert [row[1] for row in sheet(taken(school, school.post(ADDRESS, {"purpose": "archive"})))[1:]] == ["乙二"]


def test_it_needs_a_reason_and_more_than_looking(cast: Any, sign_in: Any, scene: Any) -> None:
    assert sign_in(cast.organiser).post(ADDRESS, {}).status_code == 422
    viewer = sign_in(cast.viewer)
    assert (viewer.get(ADDRESS).status_code, viewer.post(ADDRESS, {"purpose": "archive"}).status_code) == (403, 403)
    assert not Export.objects.exists()


def test_the_api_makes_it_of_a_program(cast: Any, api: Any, scene: Any) -> None:
    program, _certificates = scene
    client = api(cast.organiser)
    answer = client.post("/api/v1/exports/", {"program": program.pk, "what": "ledger", "reason": "存档"})
    assert (answer.status_code, answer.json()["rows"]) == (201, 2)
    assert [row[1] for row in sheet(client.get(answer.json()["file"]).content)[2:]] == ["甲一", "乙二"]
