"""Check-in on a phone in a real browser: the camera reads a code, the network goes away and comes back, and nothing is lost or doubled."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import segno
from django.utils import timezone
from PIL import Image

from events.itineraries.models import ItineraryItem
from participants.attendance import rules
from participants.attendance.codes import code_of
from participants.attendance.models import AttendanceRecord, DeviceMark
from participants.rosters.models import Registration
from tests.browser.conftest import CHROMIUM, QUIET, sign_in
from tests.cast import Cast, at, make_cast, make_delegation, make_item, make_person, make_program, make_registration

pytestmark = pytest.mark.browser


@pytest.fixture
def stage(committed: None) -> tuple[Cast, ItineraryItem, list[Registration]]:
    """An item of this morning with three people."""
    cast = make_cast()
    program = make_program(cast, starts_in=0, days=1, title_zh="赴无锡学访")
    make_delegation(cast, program, cast.beichen, 10)
    names = ["欧阳若川", "孙㛃", "王䶮"]
    people = [make_registration(cast, program, make_person(cast, cast.school_a, name), "confirmed", position=index) for index, name in enumerate(names)]
    return cast, make_item(program, at(f"{timezone.localdate():%Y-%m-%d} 00:10"), 60, "开班仪式", credit_hours=4), people


def states() -> dict[str, str]:
    return dict(AttendanceRecord.objects.values_list("registration__person__name", "state"))


def stored(page: Any) -> list[dict[str, Any]]:
    text = page.evaluate("JSON.stringify(Object.keys(localStorage).filter((key) => key.startsWith('check-in:')).map((key) => JSON.parse(localStorage[key])))")
    found: list[dict[str, Any]] = json.loads(text)
    return found


def type_code(page: Any, text: str) -> None:
    """A hand-held scanner types what it reads, and Enter."""
    page.fill("#scan-q", text)
    page.press("#scan-q", "Enter")


def wait_for_kind(page: Any, kind: str) -> None:
    page.wait_for_selector(f"[data-queue][data-kind={kind}]")


def test_marks_wait_for_the_network_and_arrive_once(stage: Any, visit: Callable[..., Any]) -> None:
    _cast, item, (ouyang, sun, wang) = stage
    page = visit("organiser", phone=True)
    page.goto(f"/desk/check-in/items/{item.pk}/scan/")
    type_code(page, code_of(ouyang))
    wait_for_kind(page, "all")
    assert states() == {"欧阳若川": "present"}

    page.context.set_offline(True)
    type_code(page, code_of(sun))
    assert page.inner_text("[data-card-name]") == "孙㛃"
    page.fill("#scan-q", "wang")
    page.click(f"[data-person='{wang.pk}']")
    page.click("[data-card-as=late]")
    wait_for_kind(page, "offline")
    assert states() == {"欧阳若川": "present"}
    marks = stored(page)
    assert [(mark["registration"], mark["state"]) for mark in sorted(marks, key=lambda mark: mark["at"])] == [
        (sun.pk, "present"),
        (wang.pk, "present"),
        (wang.pk, "late"),
    ]
    kept = json.dumps(marks, ensure_ascii=False)
    assert not any(word in kept for word in ("孙", "王", "辰光", wang.person.phone[-4:] + '"'))

    page.context.set_offline(False)
    wait_for_kind(page, "all")
    assert states() == {"欧阳若川": "present", "孙㛃": "present", "王䶮": "late"}
    assert stored(page) == []
    assert DeviceMark.objects.count() == 4


def test_marks_outlive_the_page_and_a_lost_answer_does_not_double_them(stage: Any, visit: Callable[..., Any]) -> None:
    _cast, item, (ouyang, _sun, _wang) = stage
    page = visit("organiser", phone=True)
    page.goto(f"/desk/check-in/items/{item.pk}/scan/")
    lost: list[str] = []

    def swallow(route: Any) -> None:
        """The server gets the marks, and the answer is lost on the way back."""
        route.fetch()
        lost.append(route.request.url)
        route.abort()

    page.route("**/attendance/sync/", swallow)
    type_code(page, code_of(ouyang))
    wait_for_kind(page, "failed")
    assert (len(lost), len(stored(page)), states()) == (1, 1, {"欧阳若川": "present"})
    page.unroute("**/attendance/sync/")
    page.goto("/desk/check-in/")
    page.wait_for_selector("[data-queue][data-waiting='0']", state="attached")
    assert (AttendanceRecord.objects.count(), DeviceMark.objects.count()) == (1, 1)


def test_a_conflict_is_shown_and_the_newer_note_stands(stage: Any, visit: Callable[..., Any]) -> None:
    cast, item, (ouyang, _sun, _wang) = stage
    page = visit("organiser", phone=True)
    page.goto(f"/desk/check-in/items/{item.pk}/scan/")
    page.context.set_offline(True)
    type_code(page, code_of(ouyang))
    wait_for_kind(page, "offline")
    rules.record(registration=ouyang, item=item, state="leave", by=cast.organiser, now=timezone.now())
    page.context.set_offline(False)
    wait_for_kind(page, "problems")
    line = page.inner_text("[data-queue-problems] li")
    assert "欧阳若川" in line and "请假" in line
    assert states() == {"欧阳若川": "leave"}
    page.click("[data-queue-problems] button")
    wait_for_kind(page, "all")
    assert stored(page) == []


def test_undo_before_and_after_sending(stage: Any, visit: Callable[..., Any]) -> None:
    _cast, item, (ouyang, sun, _wang) = stage
    page = visit("organiser", phone=True)
    page.goto(f"/desk/check-in/items/{item.pk}/scan/")
    type_code(page, code_of(ouyang))
    wait_for_kind(page, "all")
    page.click("[data-card-as=undo]")
    page.wait_for_selector("[data-queue][data-waiting='0']", state="attached")
    assert states() == {}
    page.context.set_offline(True)
    type_code(page, code_of(sun))
    page.click("[data-card-as=undo]")
    assert [mark["state"] for mark in stored(page) if mark["registration"] == sun.pk] == []
    page.context.set_offline(False)
    type_code(page, code_of(sun)[:-1] + "A")
    page.wait_for_selector("[data-scan-card][data-kind=problem]")
    assert states() == {}


@pytest.fixture
def film(stage: Any, tmp_path: Path) -> Path:
    """What the fake camera sees: one person's code on grey, as raw video."""
    drawing = tmp_path / "code.png"
    segno.make(code_of(stage[2][0]), error="q").save(drawing, scale=9, border=4)
    code, frame = Image.open(drawing).convert("L"), Image.new("L", (640, 480), 150)
    frame.paste(code, ((640 - code.width) // 2, (480 - code.height) // 2))
    chroma = bytes([128]) * (320 * 240 * 2)
    path = tmp_path / "camera.y4m"
    path.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + (b"FRAME\n" + frame.tobytes() + chroma) * 10)
    return path


@pytest.fixture
def camera(chromium: Any, film: Path) -> Iterator[Any]:
    """A browser whose camera shows the film."""
    arguments = [*QUIET, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=arguments)
    yield browser
    browser.close()


def test_the_camera_reads_a_code(stage: Any, camera: Any, live_server: Any, settings: Any) -> None:
    _cast, item, _people = stage
    settings.SITE_URL, settings.ALLOWED_HOSTS = live_server.url, ["*"]
    context = camera.new_context(viewport={"width": 390, "height": 844}, base_url=live_server.url)
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if "Security Policy" in message.text else None)
    sign_in(page, "organiser")
    answer = page.goto(f"/desk/check-in/items/{item.pk}/scan/")
    assert "camera=(self)" in answer.headers["permissions-policy"]
    page.click("[data-scan-start]")
    page.wait_for_selector("[data-scan-card][data-kind=present]", timeout=20_000)
    assert page.inner_text("[data-card-name]") == "欧阳若川"
    page.wait_for_selector("[data-queue][data-waiting='0']", state="attached")
    page.click("[data-scan-stop]")
    context.close()
    assert (states(), complaints) == ({"欧阳若川": "present"}, [])
