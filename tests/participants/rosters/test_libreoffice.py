"""The form, filled in and saved by LibreOffice in each format that schools send: keys, digits and choices come back as they were."""

import shutil
import subprocess
from pathlib import Path

import pytest
from openpyxl import load_workbook

from events.programs.models import Program
from participants.rosters.models import Registration
from tests.cast import Cast
from tests.participants.rosters.imports import upload
from tests.participants.rosters.test_round_trip import HEAD, Form, people_in, program

__all__ = ["program"]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")]
FILTERS = {"xlsx": "xlsx", "xls": "xls", "ods": "ods", "csv": "csv:Text - txt - csv (StarCalc):44,34,76", "gb.csv": "csv:Text - txt - csv (StarCalc):44,34,85"}
NEW = {"姓名": "何书钰", "身份证号": "12011319850506903X", "手机号码": "15400008888", "学段": "小学", "紧急联系电话": "02226390000", "备注": "1-2"}


def saved(source: Path, name: str) -> bytes:
    """The workbook as LibreOffice stores it under this ending."""
    folder = source.parent / name
    command = ["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{source.parent}/profile", "--convert-to", FILTERS[name]]
    subprocess.run([*command, "--outdir", str(folder), str(source)], check=True, capture_output=True, timeout=120)
    return next(folder.iterdir()).read_bytes()


def test_it_comes_back_the_same_in_every_format(cast: Cast, program: Program, tmp_path: Path) -> None:
    form = Form(cast, program)
    form.set("赵景衡", 手机号码="15400007777", 学段="初中")
    form.drop("林听雨")
    for title, value in (NEW | {"所在单位": cast.school_a.name_zh}).items():
        cell = form.page[f"{form.column(title)}{form.row('赵景衡') + 1}"]
        cell.value, cell.number_format = value, "@"
    source = tmp_path / "form.xlsx"
    source.write_bytes(form.content())
    keys = {row.person.name: row.pk for row in Registration.objects.select_related("person")}
    for name in FILTERS:
        rows = people_in(upload(program, saved(source, name), cast.coordinator_a, name=f"form.{name}"))
        assert set(rows) == {"许知遥", "赵景衡", "何书钰"}, name
        assert (rows["许知遥"]["known"][0], rows["许知遥"]["known"][2]) == (keys["许知遥"], ()), name
        assert {column for column, _before, _after in rows["赵景衡"]["known"][2]} == {"stage", "phone"}, name
        found = rows["何书钰"]["values"]
        assert (found["national_id"], found["phone"], found["stage"], found["memo"]) == (NEW["身份证号"], NEW["手机号码"], "小学", "1-2"), name
    again = load_workbook(next((tmp_path / "xlsx").iterdir()))
    page = again["报名表"]
    assert len(page.data_validations.dataValidation) == 8 and page.protection.sheet and page.cell(HEAD, 1).protection.locked
    assert not page.cell(HEAD + 2, 1).protection.locked and again["lists"].sheet_state == "hidden"
