"""The second factor in a browser: set up with a code reckoned from the key on the page, then asked for at the next sign-in."""

import base64
import hmac
import re
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache

from exchange.audit import AuditEvent
from tests.browser.conftest import sign_in
from tests.cast import PASSWORD, make_cast

pytestmark = pytest.mark.browser


@pytest.fixture
def required(committed: None, settings: Any) -> None:
    settings.MFA_REQUIRED = True
    make_cast()


def code_now(key: str) -> str:
    """Six digits of RFC 6238 (HMAC-SHA-1, 30 seconds)."""
    secret = base64.b32decode(key + "=" * (-len(key) % 8))
    digest = hmac.new(secret, struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06d}"


def start_signing_in(page: Any, login: str) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")


def set_up(page: Any) -> tuple[str, list[str]]:
    """From the sign-in to the list of recovery codes; returns the key and the codes."""
    start_signing_in(page, "organiser")
    page.wait_for_url("**/accounts/reauthenticate/**")
    assert "您的账号须启用两步登录" in page.inner_text("main")
    assert page.locator(".nav-entry").count() == 0
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/2fa/totp/activate/")
    assert page.get_attribute("img.qr", "src").startswith("data:image/svg+xml")
    page.fill("input[name=code]", "000000")
    page.click("main button[type=submit]")
    page.wait_for_selector("text=验证码不对。请看应用上最新的六位数字。")
    key = page.input_value("#authenticator_secret")
    page.fill("input[name=code]", code_now(key))
    page.click("main button[type=submit]")
    page.wait_for_url("**/2fa/recovery-codes/")
    return key, page.locator(".codes code").all_inner_texts()


def sign_out(page: Any) -> None:
    page.goto("/accounts/logout/")
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile(r"/$"))


def test_an_officer_sets_it_up_and_signs_in_with_a_code_and_a_recovery_code(required: None, visit: Callable[..., Any]) -> None:
    page = visit()
    key, recovery = set_up(page)
    assert len(set(recovery)) == 10
    page.goto("/desk/")
    assert page.locator(".nav-entry").count() > 5

    sign_out(page)
    cache.clear()  # a code counts once; the thirty seconds in which the same one comes back are not waited for
    start_signing_in(page, "organiser")
    page.wait_for_url("**/2fa/authenticate/**")
    page.goto("/desk/")
    page.wait_for_url("**/2fa/authenticate/**")  # the password alone opens nothing
    page.fill("input[name=code]", code_now(key))
    page.click("main button[type=submit]")
    page.wait_for_url("**/desk/")

    sign_out(page)
    for code, opens in ((recovery[0], True), (recovery[0], False)):
        start_signing_in(page, "organiser")
        page.wait_for_url("**/2fa/authenticate/**")
        page.fill("input[name=code]", code)
        page.click("main button[type=submit]")
        page.wait_for_url("**/desk/" if opens else "**/2fa/authenticate/**")
        if opens:
            sign_out(page)
    page.wait_for_selector(".error-line")
    assert AuditEvent.objects.filter(action="user.second_factor_failed").count() == 1


def test_a_coordinator_needs_none(required: None, visit: Callable[..., Any]) -> None:
    page = visit()
    sign_in(page, "coordinator_a")
    assert page.locator(".nav-entry").count() > 3
