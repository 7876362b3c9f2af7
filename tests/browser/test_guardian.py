"""A guardian signs on a phone: in a browser, which says by itself where a form comes from."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from participants.people import consent_rules
from participants.people.models import GuardianConsent
from tests.cast import make_cast, make_person

pytestmark = pytest.mark.browser


def test_a_guardian_signs(committed: None, visit: Callable[..., Any]) -> None:
    cast = make_cast()
    child = make_person(cast, cast.school_a, birth_on=date(2016, 5, 3))
    _asked, token = consent_rules.make_link(person=child, by=cast.coordinator_a, now=timezone.now())
    page = visit(phone=True)
    page.goto(f"/consent/{token}/")
    page.fill("[name=guardian_name]", "欧阳锋")
    page.select_option("[name=relation]", "father")
    page.check("[name=agreed]")
    with page.expect_navigation():
        page.click("main form button[type=submit]")
    assert GuardianConsent.objects.valid().get().guardian_name == "欧阳锋", page.inner_text("main")
