"""A real Chromium on the running site."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser per file: while it is open its event loop runs in this thread, and others could not start theirs."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any, live_server: Any, settings: Any) -> Iterator[Callable[..., Any]]:
    """`page = visit("coordinator_a", phone=True)`: a signed-in page; errors of scripts and refused resources fail the test."""
    settings.SITE_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    complaints: list[str] = []
    contexts = []

    def open_page(login: str = "", *, phone: bool = False) -> Any:
        size = {"width": 390, "height": 844} if phone else {"width": 1440, "height": 900}
        context = chromium.new_context(viewport=size, is_mobile=phone, has_touch=phone, base_url=live_server.url)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None)
        page.on(
            "request",
            lambda request: complaints.append(request.url) if not request.url.startswith((live_server.url, "data:", "blob:", "chrome-extension:")) else None,
        )
        if login:
            sign_in(page, login)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(page: Any, login: str) -> None:
    from tests.cast import PASSWORD

    answer = page.goto("/accounts/login/")
    assert answer.ok, page.inner_text("body")[:500]
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/desk/**")
