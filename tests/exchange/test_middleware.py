"""What happens to every request: address, language, idle sessions, second factor, size."""

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.http import HttpResponse
from django.test import Client, RequestFactory
from knox.models import AuthToken
from rest_framework.test import APIClient

from exchange.log import SecretPaths
from exchange.middleware import ErrorBoundary, client_ip
from tests.cast import Cast


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.9", "127.0.0.1"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.9, 203.0.113.5", "203.0.113.5"),  # the first was typed by the caller
        (2, "198.51.100.9, 203.0.113.5, 10.0.0.1", "203.0.113.5"),
        (2, "203.0.113.5", "127.0.0.1"),
        (1, "x" * 300, ""),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_address_is_the_last_one_that_our_proxies_did_not_add(settings: Any, proxies: int, forwarded: str, address: str) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    assert client_ip(RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})) == address


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "headers", "cookie", "language"),
    [
        ("/accounts/login/", {}, "", "zh-Hans"),
        ("/accounts/login/", {"Accept-Language": "en"}, "", "zh-Hans"),
        ("/accounts/login/", {}, "en", "en"),
        ("/accounts/login/?lang=en", {}, "", "en"),
        ("/accounts/login/?lang=xx", {}, "", "zh-Hans"),
        ("/api/v1/divisions/", {"Accept-Language": "en"}, "", "en"),
        ("/api/v1/divisions/", {}, "", "zh-Hans"),
    ],
)
def test_language_is_chinese_unless_chosen(path: str, headers: dict[str, str], cookie: str, language: str) -> None:
    client = Client()
    if cookie:
        client.cookies["django_language"] = cookie
    assert client.get(path, headers=headers).headers["Content-Language"] == language


@pytest.mark.django_db
def test_an_idle_session_ends(cast: Cast, sign_in: Any, settings: Any) -> None:
    client = sign_in(cast.organiser)
    assert client.get("/desk/account/").status_code == 200
    session = client.session
    session["last_seen"] = int(time.time()) - settings.SESSION_IDLE_MINUTES * 60 - 1
    session.save()
    answer = client.get("/desk/account/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/?next=/desk/account/")
    assert client.get("/api/v1/me/").status_code == 401
    assert "您已有120分钟没有操作，为保护数据已自动退出。请重新登录。" in client.get("/accounts/login/").content.decode()


@pytest.mark.django_db
def test_a_busy_session_goes_on_and_is_written_once_a_minute(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    session = client.session
    session["last_seen"] = int(time.time()) - 30
    session.save()
    client.get("/desk/account/")
    assert client.session["last_seen"] == session["last_seen"]
    session["last_seen"] = int(time.time()) - 90
    session.save()
    assert client.get("/desk/account/").status_code == 200
    assert client.session["last_seen"] > session["last_seen"] + 60


class TestSecondFactor:
    """With MFA_REQUIRED, for officers and administrators."""

    @pytest.fixture(autouse=True)
    def _required(self, settings: Any, db: None) -> None:
        settings.MFA_REQUIRED = True

    @pytest.mark.parametrize("path", ["/desk/account/", "/desk/organisations/", "/"])
    def test_an_officer_without_one_is_led_to_set_it_up(self, cast: Cast, sign_in: Any, path: str) -> None:
        for user in (cast.organiser, cast.admin):
            answer = sign_in(user).get(path)
            assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/2fa/totp/activate/")

    def test_the_pages_to_set_it_up_stay_open(self, cast: Cast, sign_in: Any) -> None:
        client = sign_in(cast.organiser)
        assert client.get("/accounts/2fa/totp/activate/").headers.get("Location", "").startswith("/accounts/reauthenticate/")
        assert client.get("/accounts/reauthenticate/").status_code == 200
        assert client.get("/livez").status_code == 200

    def test_the_api_refuses_session_and_token_with_a_problem(self, cast: Cast, sign_in: Any) -> None:
        _token, text = AuthToken.objects.create(user=cast.organiser)
        by_token = APIClient(headers={"Authorization": f"Token {text}"})
        for client in (sign_in(cast.organiser), by_token):
            for path in ("/api/v1/me/", "/api/v1/divisions/"):
                answer = client.get(path)
                assert (answer.status_code, answer.headers["Content-Type"], answer.json()["code"]) == (
                    403,
                    "application/problem+json",
                    "second_factor_required",
                )

    def test_it_is_not_asked_of_coordinators_and_viewers(self, cast: Cast, sign_in: Any) -> None:
        for user in (cast.coordinator_a, cast.viewer):
            assert sign_in(user).get("/desk/account/").status_code == 200
            assert sign_in(user).get("/api/v1/me/").status_code == 200

    def test_an_officer_who_has_one_works(self, cast: Cast, sign_in: Any) -> None:
        Authenticator.objects.create(user=cast.organiser, type="totp", data={})
        client = sign_in(cast.organiser)
        assert (client.get("/desk/account/").status_code, client.get("/api/v1/me/").json()["has_second_factor"]) == (200, True)

    def test_recovery_codes_alone_are_not_one(self, cast: Cast, sign_in: Any) -> None:
        Authenticator.objects.create(user=cast.organiser, type="recovery_codes", data={})
        assert sign_in(cast.organiser).get("/desk/account/").status_code == 302

    def test_it_is_not_asked_for_where_the_site_does_not_require_it(self, cast: Cast, sign_in: Any, settings: Any) -> None:
        settings.MFA_REQUIRED = False
        assert sign_in(cast.organiser).get("/desk/account/").status_code == 200


@pytest.mark.django_db
def test_too_large_a_form_is_413(cast: Cast, sign_in: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert sign_in(cast.organiser).post("/desk/tokens/", {"password": "x" * 2000}).status_code == 413


@pytest.mark.django_db
def test_too_large_a_json_is_413(cast: Cast, sign_in: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = sign_in(cast.organiser).post("/api/v1/organisations/", {"name_zh": "x" * 2000}, content_type="application/json", headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_other_errors_are_left_alone() -> None:
    assert ErrorBoundary(lambda request: HttpResponse()).process_exception(RequestFactory().get("/"), ValueError("x")) is None


@pytest.mark.parametrize("path", ["/my/{}/", "/calendars/{}.ics", "/invitations/{}/", "/verify/{}/", "/accounts/password/reset/key/{}/"])
def test_secret_addresses_stay_out_of_the_log(path: str) -> None:
    import logging

    record = logging.LogRecord("django.server", 20, "", 0, '"GET %s HTTP/1.1" 200', (path.format("s3cret-token"),), None)
    assert SecretPaths().filter(record)
    assert "s3cret" not in record.getMessage()
    assert "200" in record.getMessage()


@pytest.mark.django_db
def test_every_page_carries_the_strict_policy() -> None:
    policy = Client().get("/accounts/login/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
