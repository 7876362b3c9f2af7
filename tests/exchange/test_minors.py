"""Children on every route there is: no name to viewers, and nobody in a file that leaves while a guardian's consent is missing.

The routes come from the resolver, so that a new page, list or file is asked the same.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from exchange import audit
from exchange.routes import Route, routes
from participants.attendance.models import AttendanceRecord
from participants.certificates.models import Certificate
from participants.directory.models import User
from participants.people.models import Export, GuardianConsent
from participants.rosters.models import Registration
from tests.cast import Cast, fictional_id
from tests.exchange.matrix import address
from tests.exchange.test_access_matrix import OWN_SESSION, ask, client_for
from tests.reading import body, words_in
from tests.world import World, build_world

CANARIES = ("金丝雀", "jinsique")  # the given name; the surname and stars may be read
PUPIL = {"name": "王金丝雀", "name_en": "Wang Jinsique", "position": "四年级学生"}


@pytest.fixture
def world(cast: Cast) -> World:
    """A program of the commission with a pupil of ten, whose guardian has consented."""
    birth = timezone.localdate() - timedelta(days=3700)
    world = build_world(cast, "自家", cast.tianjin, cast.beichen, **PUPIL, birth_on=birth, national_id=fictional_id(birth, 913))
    Registration.objects.filter(pk=world.registration.pk).update(status_reason="金丝雀的家长来过电话")
    AttendanceRecord.objects.filter(registration=world.registration).update(reason="金丝雀发烧")
    audit.record("registration.return", world.registration, by=None, reason="金丝雀的身份证号有误")
    return world


def sings(text: str) -> bool:
    return any(canary in text for canary in CANARIES)


def is_walked(route: Route) -> bool:
    """Everything but the session's own pages, and links whose secret address is the child's own."""
    return route.policy != "link" and route.name not in OWN_SESSION


@pytest.mark.django_db
def test_no_route_tells_a_viewer_the_name_of_a_minor(cast: Cast, world: World) -> None:
    told, seen = [], 0
    for route in routes():
        if route.method == "get" and is_walked(route):
            response = ask(route, address(route, world), User.objects.get(pk=cast.viewer.pk))
            seen += response.status_code == 200
            if sings(words_in(body(response))):
                told.append(f"{route.path} ({route.name})")
    assert "\n".join(told) == ""
    assert seen > 60  # the walk is not silent because every door is shut


SEARCHES = ["/desk/people/?q=", "/desk/search/?q=", "/desk/certificates/?q=", "/desk/hours/{year}/?q=", "/desk/programs/{program}/roster/?status=confirmed&q=",
            "/desk/programs/{program}/hours/?q=", "/desk/programs/{program}/certificates/?q=", "/desk/review/?view=all&q="]  # fmt: skip
API_SEARCHES = ["people", "registrations", "certificates", "attendance"]


@pytest.mark.django_db
@pytest.mark.parametrize("words", CANARIES)
def test_a_viewer_finds_no_minor_by_the_name(words: str, cast: Cast, world: World, sign_in: Any, api: Any) -> None:
    places = {"year": world.program.ends_on.year, "program": world.program.pk}
    for search in SEARCHES:
        text = sign_in(cast.viewer).get(search.format(**places) + words).content.decode()
        assert "王**" not in text and "自家学校" not in text.replace('<option value="', ""), search
    for name in API_SEARCHES:
        found = api(cast.viewer).get(f"/api/v1/{name}/", {"search": words}).json()
        assert found["count"] == 0, name
    assert api(cast.organiser).get("/api/v1/certificates/", {"search": "金丝雀"}).json()["count"] == 1


@pytest.mark.django_db
def test_nobody_else_is_kept_from_the_name(cast: Cast, world: World, api: Any) -> None:
    for user in (cast.organiser, cast.district_beichen, world.user):
        for path, key in (("people", "name"), ("registrations", "person_name"), ("certificates", "holder_name"), ("attendance", "person_name")):
            assert "王金丝雀" in [row[key] for row in api(user).get(f"/api/v1/{path}/").json()["results"]], (user, path)


# Files ------------------------------------------------------------------------------------------------------------------


def is_file(response: Any) -> bool:
    """An answer that is kept or printed, not a page."""
    kind = response.headers.get("Content-Type", "")
    return response.status_code == 200 and ("Content-Disposition" in response.headers or not kind.startswith(("text/html", "application/json", "text/plain")))


def files_for(user: User, world: World) -> tuple[list[str], int]:
    """Routes whose file names the child, after every form that makes a file was sent; and how many files there were."""
    told, number = [], 0
    for route in routes():
        if (
            not is_walked(route)
            or route.method not in ("get", "post")
            or (route.method == "post" and "export" not in route.path and "register" not in route.path)
        ):
            continue
        response = send(route, address(route, world), user)
        if is_file(response):
            number += 1
            told += [f"{route.path} ({route.name})"] * sings(words_in(body(response)))
    made = list(Export.objects.filter(user=user))
    told += [f"{export.file_name} {export.content_type}" for export in made if sings(words_in(bytes(export.content)))]
    return told, number + len(made)


def send(route: Route, path: str, user: User) -> Any:
    fresh = User.objects.get(pk=user.pk)
    if route.method == "get":
        return ask(route, path, fresh)
    whole = {"program": None, "purpose": "archive", "reason": "试", "kind": "pdf", "what": "roster"}
    return client_for(fresh, route).post(path, {name: value for name, value in whole.items() if value is not None})


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["organiser", "district_beichen", "admin", "coordinator"])
def test_no_file_names_a_child_without_consent(name: str, cast: Cast, world: World) -> None:
    GuardianConsent.objects.update(withdrawn_at=timezone.now())  # below the rules, which would send the registration back
    user = world.user if name == "coordinator" else cast.users()[name]
    told, number = files_for(user, world)
    assert "\n".join(told) == ""
    assert number >= 6


@pytest.mark.django_db
def test_with_consent_the_files_name_the_child(cast: Cast, world: World) -> None:
    """The test above is not silent because the files are empty."""
    told, _number = files_for(cast.organiser, world)
    assert len(told) >= 8, told


@pytest.mark.django_db
def test_the_own_link_keeps_the_certificate(world: World, client: Any) -> None:
    GuardianConsent.objects.update(withdrawn_at=timezone.now())
    certificate = Certificate.objects.get()
    assert client.get(f"/my/{world.token}/certificates/{certificate.pk}.pdf").status_code == 200
