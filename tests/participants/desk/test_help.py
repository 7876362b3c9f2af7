"""Help begins with the reader's own role, in both languages."""

from typing import Any

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "code"),
    [("organiser", "organiser"), ("viewer", "viewer"), ("admin", "organiser"), ("district_beichen", "district"), ("coordinator_a", "coordinator")],
)
def test_help_begins_with_the_own_role(cast: Any, sign_in: Any, name: str, code: str) -> None:
    page = sign_in(getattr(cast, name)).get("/desk/help/")
    assert page.context["help"].mine.code == code
    assert {role.code for role in page.context["help"].others} == {"organiser", "district", "coordinator", "participant"} - {code}


def test_help_is_written_in_both_languages(cast: Any, sign_in: Any) -> None:
    client = sign_in(cast.coordinator_a)
    assert "五分钟上手" in client.get("/desk/help/").content.decode()
    client.cookies["django_language"] = "en"
    assert "The first five minutes" in client.get("/desk/help/").content.decode()


def test_anonymous_signs_in(client: Any) -> None:
    assert client.get("/desk/help/")["Location"].startswith("/accounts/login/")
