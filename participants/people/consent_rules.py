"""Asking guardians for their consent, keeping it, and what follows when they take it back."""

import io
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange import audit
from exchange.encryption import token_hash
from exchange.transitions import RuleViolation
from participants.notices.rules import EVERY_STAGE
from participants.people import consent
from participants.people.models import ConsentWay, GuardianConsent, Person
from participants.rosters import rules as rosters
from participants.rosters.models import Registration

LINK_DAYS = 14
MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 60_000_000
TOO_LARGE = gettext_lazy("The file is larger than 5 MB. Take the picture again in a lower quality.")
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png"}


# The paper ---------------------------------------------------------------------------------------------------------------


def paper_type(content: bytes) -> str:
    """What the file is by its content, whatever it is called. Raises RuleViolation "paper_too_large", "paper_unreadable"."""
    if len(content) > MOST_BYTES:
        raise RuleViolation("paper_too_large", str(TOO_LARGE), field="paper")
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return "application/pdf"
    found = picture_type(content)
    if found is None:
        raise RuleViolation(
            "paper_unreadable", _("This is neither a PDF nor a picture. Scan or photograph the signed paper as PDF, JPEG or PNG."), field="paper"
        )
    return found


def picture_type(content: bytes) -> str | None:
    """The type of a picture that really opens, or None."""
    from PIL import Image  # slow to import

    try:
        Image.open(io.BytesIO(content), formats=tuple(PICTURES)).verify()  # `load` alone forgives a cut file once WeasyPrint is imported
        with Image.open(io.BytesIO(content), formats=tuple(PICTURES)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            picture.load()
            return PICTURES[str(picture.format)]
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


@transaction.atomic
def record_paper(*, person: Person, guardian_name: str, relation: str, paper: bytes, by: Any, now: datetime) -> GuardianConsent:
    """Keep a paper that the guardian signed, encrypted. Raises RuleViolation "paper_too_large", "paper_unreadable"."""
    given = GuardianConsent.objects.create(
        person=person,
        way=ConsentWay.PAPER,
        guardian_name=guardian_name,
        relation=relation,
        text_version=consent.TEXT,
        given_at=now,
        paper=paper,  # type: ignore[misc]  # the field takes bytes
        paper_type=paper_type(paper),
        recorded_by=by,
        created_at=now,
    )
    audit.record("consent.paper", given, by=by)
    return given


@transaction.atomic
def open_paper(*, given: GuardianConsent, by: Any) -> tuple[bytes, str]:
    """The file and its type; who looked is recorded."""
    audit.record("consent.open_paper", given, by=by)
    return bytes(given.paper), given.paper_type  # type: ignore[arg-type]


# The link ----------------------------------------------------------------------------------------------------------------


@transaction.atomic
def make_link(*, person: Person, by: Any, now: datetime) -> tuple[GuardianConsent, str]:
    """A link that one guardian signs once, within two weeks; earlier links that nobody signed stop. Returns it with its token, shown once."""
    GuardianConsent.objects.filter(person=person, way=ConsentWay.LINK, given_at=None, withdrawn_at=None).update(expires_at=now)
    token = secrets.token_urlsafe(24)
    asked = GuardianConsent.objects.create(
        person=person,
        way=ConsentWay.LINK,
        text_version=consent.TEXT,
        token_hash=token_hash(token),
        expires_at=now + timedelta(days=LINK_DAYS),
        recorded_by=by,
        created_at=now,
    )
    audit.record("consent.ask", asked, by=by)
    return asked, token


def link_url(token: str) -> str:
    return settings.SITE_URL + reverse("people:sign_consent", args=[token])


def by_token(token: str, now: datetime) -> GuardianConsent | None:
    """The consent behind a link that can be signed still, or was signed: then it is shown, and can be taken back."""
    found = GuardianConsent.objects.select_related("person__organisation").filter(token_hash=token_hash(token)).first()
    return found if found is not None and (found.given_at is not None or found.can_be_signed(now)) else None


def locked(given: GuardianConsent) -> GuardianConsent:
    return GuardianConsent.objects.select_for_update(of=("self",)).select_related("person__organisation").get(pk=given.pk)


@transaction.atomic
def sign(*, asked: GuardianConsent, guardian_name: str, relation: str, now: datetime) -> GuardianConsent:
    """The guardian's signature on the phone. Raises RuleViolation "signed_already"."""
    asked = locked(asked)
    if not asked.can_be_signed(now):
        raise RuleViolation("signed_already", _("This link was signed already, or it has expired."))
    asked.guardian_name, asked.relation, asked.given_at = guardian_name, relation, now
    asked.save(update_fields=["guardian_name", "relation", "given_at"])
    audit.record("consent.sign", asked, by=None)
    return asked


# Taking it back -----------------------------------------------------------------------------------------------------------


def concerned(person: Person, now: datetime) -> list[Registration]:
    """The person's registrations in programs that are not over, locked in the order of every other rule: nobody passes one meanwhile."""
    ahead = Registration.objects.filter(person=person, program__ends_on__gte=timezone.localdate(now)).active().order_by("delegation_id", "pk")
    return [rosters.lock(row) for row in ahead]


@transaction.atomic
def withdraw(*, given: GuardianConsent, by: Any, now: datetime, reason: str = "") -> GuardianConsent:
    """The guardian takes the consent back: what was passed on its strength goes back to the school, and the place is free.

    Raises RuleViolation "not_given".
    """
    rows = concerned(given.person, now)
    given = locked(given)
    if not given.is_valid:
        raise RuleViolation("not_given", _("There is no consent to take back."))
    given.withdrawn_at, given.withdrawn_reason = now, reason.strip()[:500]
    given.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    audit.record("consent.withdraw", given, by=by, reason=reason)
    for row in rows:
        if row.status in consent.NEEDED_IN and consent.problem(row):
            rosters.end_place(row, "return", by=by, now=now, reason=_("The guardian has withdrawn the consent."), to=EVERY_STAGE)
    return given
