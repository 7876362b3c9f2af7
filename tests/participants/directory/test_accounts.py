"""Signing in: one lock per account, one answer for every failure, a second factor, and every attempt in the log."""

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client

from exchange.audit import AuditEvent
from participants.directory.models import User
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
MISMATCH = "账号或密码不正确。"
LOCKED = "登录失败次数过多，这个账号已锁定5分钟。请5分钟后再试。"


def attempt(login: str, password: str = "wrong-password", ip: str = "192.0.2.1", language: str = "zh-hans") -> Any:
    client = Client(REMOTE_ADDR=ip)
    client.cookies["django_language"] = language
    return client.post(LOGIN, {"login": login, "password": password})


def words(answer: Any) -> list[str]:
    return [str(error) for error in answer.context["form"].non_field_errors()]


def logged() -> list[str]:
    return list(AuditEvent.objects.filter(action__startswith="user.").order_by("pk").values_list("action", flat=True))


def test_signing_in_and_out_is_logged(cast: Cast) -> None:
    client = Client(REMOTE_ADDR="192.0.2.9")
    assert client.post(LOGIN, {"login": "organiser", "password": PASSWORD}).headers["Location"] == "/desk/"
    assert client.get("/desk/account/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/desk/account/").status_code == 302
    entries = AuditEvent.objects.filter(action__startswith="user.sign").order_by("pk")
    assert [(row.action, row.actor_id, row.target_id, row.ip, row.scope_path) for row in entries] == [
        (action, cast.organiser.pk, cast.organiser.pk, "192.0.2.9", cast.tianjin.path) for action in ("user.sign_in", "user.sign_out")
    ]


@pytest.mark.parametrize("login", ["ORGANISER", " organiser ", "Chen@example.org"])
def test_the_name_or_the_address_in_any_spelling_opens_the_account(cast: Cast, login: str) -> None:
    User.objects.filter(pk=cast.organiser.pk).update(email="chen@example.org")
    assert attempt(login, PASSWORD).status_code == 302


def test_five_failures_lock_the_account_from_everywhere_in_both_languages(cast: Cast) -> None:
    assert [words(attempt("organiser", ip=f"192.0.2.{number}")) for number in range(5)] == [[MISMATCH]] * 5
    assert words(attempt("organiser", PASSWORD, ip="198.51.100.7")) == [LOCKED]
    assert words(attempt("ORGANISER", PASSWORD, ip="198.51.100.8")) == [LOCKED]
    english = attempt("organiser", PASSWORD, language="en").content.decode()
    assert "Too many failed attempts: signing in with this name is locked for five minutes. Then try again." in english
    assert attempt("viewer", PASSWORD, ip="198.51.100.7").status_code == 302
    assert logged() == ["user.sign_in_failed"] * 5 + ["user.sign_in_locked"] * 3 + ["user.sign_in"]


def test_name_and_address_share_one_lock(cast: Cast) -> None:
    User.objects.filter(pk=cast.organiser.pk).update(email="chen@example.org")
    for login in ("organiser", "chen@example.org", "CHEN@example.org", "Organiser", "organiser"):
        attempt(login)
    assert words(attempt("organiser", PASSWORD)) == words(attempt("chen@example.org", PASSWORD)) == [LOCKED]


def test_the_lock_ends_after_five_minutes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda: now)
    for _number in range(5):
        attempt("organiser")
    monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda: now + 299)
    assert words(attempt("organiser", PASSWORD)) == [LOCKED]
    monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda: now + 301)
    assert attempt("organiser", PASSWORD).status_code == 302


def test_signing_in_does_not_wipe_earlier_failures(cast: Cast) -> None:
    for _number in range(4):
        attempt("organiser")
    assert attempt("organiser", PASSWORD).status_code == 302
    attempt("organiser")
    assert words(attempt("organiser", PASSWORD)) == [LOCKED]


def test_unknown_names_look_like_wrong_passwords_and_are_not_kept(cast: Cast) -> None:
    known, unknown = attempt("organiser"), attempt("my-secret-password-typed-here")
    assert (known.status_code, words(known)) == (unknown.status_code, words(unknown))
    for _number in range(4):
        attempt("my-secret-password-typed-here")
    assert words(attempt("my-secret-password-typed-here")) == [LOCKED]
    unnamed = AuditEvent.objects.filter(action="user.sign_in_failed", target_id=None)
    assert unnamed.count() == 5
    assert "secret" not in str(list(AuditEvent.objects.values()))


def test_a_deactivated_account_looks_like_a_wrong_password(cast: Cast) -> None:
    User.objects.filter(pk=cast.viewer.pk).update(is_active=False)
    answers = [attempt("viewer", PASSWORD) for _number in range(6)]
    assert [words(answer) for answer in answers] == [[MISMATCH]] * 5 + [[LOCKED]]
    assert not any(answer.wsgi_request.user.is_authenticated for answer in answers)


def test_deactivating_ends_a_session_at_once(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.viewer)
    assert client.get("/desk/account/").status_code == 200
    User.objects.filter(pk=cast.viewer.pk).update(is_active=False)
    assert client.get("/desk/account/").status_code == 302
    assert client.get("/api/v1/me/").status_code == 401


def test_one_address_cannot_try_many_names(cast: Cast) -> None:
    statuses = [attempt(f"name{number}", ip="203.0.113.77") for number in range(22)]
    assert words(statuses[19]) == [MISMATCH]
    assert words(statuses[20]) == [LOCKED]


def totp_of(user: User) -> str:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return hotp_value_text(secret)


def hotp_value_text(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return f"{hotp_value(secret, counter):06d}"


def test_a_second_factor_is_asked_for_and_counts_failures(cast: Cast, settings: Any) -> None:
    settings.MFA_REQUIRED = True
    code = totp_of(cast.organiser)
    client = Client()
    assert client.post(LOGIN, {"login": "organiser", "password": PASSWORD}).headers["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/desk/account/").status_code == 302
    assert client.get("/api/v1/me/").status_code == 401
    wrong = "000000" if code != "000000" else "000001"
    assert client.post("/accounts/2fa/authenticate/", {"code": wrong}).status_code == 200
    assert client.post("/accounts/2fa/authenticate/", {"code": code}).headers["Location"] == "/desk/"
    assert client.get("/desk/account/").status_code == 200
    assert logged() == ["user.second_factor_failed", "user.sign_in"]


def test_an_officer_sets_a_second_factor_up_when_required(cast: Cast, settings: Any, django_capture_on_commit_callbacks: Any) -> None:
    settings.MFA_REQUIRED = True
    client = Client()
    client.post(LOGIN, {"login": "organiser", "password": PASSWORD})
    assert client.get("/desk/account/").headers["Location"] == "/accounts/2fa/totp/activate/"
    again = client.get("/accounts/2fa/totp/activate/").headers["Location"]
    assert again.startswith("/accounts/reauthenticate/")
    assert client.post(again, {"password": PASSWORD}).headers["Location"] == "/accounts/2fa/totp/activate/"
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/accounts/2fa/totp/activate/", {"code": hotp_value_text(secret)}).status_code == 302
    assert client.get("/desk/account/").status_code == 200
    assert Authenticator.objects.filter(user=cast.organiser, type="totp").exists()
    assert "user.second_factor_added" in logged()


def test_nobody_signs_up(cast: Cast) -> None:
    assert Client().get("/accounts/signup/").status_code == 404
    assert Client().get("/accounts/email/").status_code == 404


@pytest.mark.parametrize(("address", "letters"), [("chen@example.org", 1), ("nobody@example.org", 0)])
def test_a_forgotten_password_answers_the_same_for_every_address(cast: Cast, address: str, letters: int) -> None:
    User.objects.filter(pk=cast.organiser.pk).update(email="chen@example.org")
    answer = Client().post("/accounts/password/reset/", {"email": address})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/password/reset/done/")
    assert len([letter for letter in mail.outbox if "/accounts/password/reset/key/" in letter.body]) == letters


def test_the_letter_for_a_new_password_names_the_site_and_its_own_address(cast: Cast, settings: Any) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://exchange.example.cn", ["*"]
    User.objects.filter(pk=cast.organiser.pk).update(email="chen@example.org")
    Client(headers={"host": "elsewhere.example"}).post("/accounts/password/reset/", {"email": "chen@example.org"})
    (letter,) = mail.outbox
    lines = letter.body.splitlines()
    assert (letter.subject, lines[0]) == ("设置新密码", f"{cast.organiser.display_name}，您好！")
    assert lines[3].startswith("https://exchange.example.cn/accounts/password/reset/key/")
    assert "您的账号是organiser。" in lines
    assert "elsewhere" not in letter.body


def test_the_words_of_the_packages_follow_the_english_of_the_site(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.organiser)
    client.cookies["django_language"] = "en"
    page = client.post("/accounts/password/change/", {"oldpassword": "no", "password1": "a", "password2": "b"}).content.decode()
    assert all(word in page for word in ("Current password<", "New password<", "New password again<", "The current password is not right."))
    assert not any(word in page for word in ("New Password", "Please"))


def test_a_changed_password_is_logged(cast: Cast, sign_in: Any) -> None:
    client = sign_in(cast.organiser)
    new = "yunhe-2026-lvse"
    answer = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 302
    assert logged() == ["user.password_changed"]
