"""What the demo holds, for scripts: logins, tokens, private links, ids."""

from typing import Any

from django.conf import settings
from knox.crypto import hash_token
from knox.models import AuthToken
from knox.settings import CONSTANTS

from events.programs.models import Program
from exchange.encryption import derive_token
from participants.certificates.models import Certificate
from participants.demo.organisations import PERSONAS, Persona, organisation, password_of, user
from participants.people.rules import feed_url, link_url


def report(programs: dict[str, Program]) -> dict[str, Any]:
    """The document that `demo --json` writes; the keys are a contract."""
    wuxi = programs["wuxi"]
    registrations = wuxi.registrations.confirmed().select_related("person").order_by("position")
    return {
        "site_url": settings.SITE_URL,
        "personas": {persona.login: persona_row(persona) for persona in PERSONAS},
        "participants": [
            {"name": row.person.name, "person": row.person_id, "registration": row.pk, "link": link_url(row.person), "feed": feed_url(row.person)}
            for row in registrations
        ],
        "programs": {key: {"id": row.pk, "kind": row.kind, "status": row.status} for key, row in programs.items()},
        "certificates": list(Certificate.objects.filter(registration__program=wuxi).order_by("serial").values("id", "number", "code", "registration")),
    }


def persona_row(persona: Persona) -> dict[str, Any]:
    office = organisation(persona.organisation) if persona.organisation else None
    return {
        "login": persona.login,
        "password": password_of(persona.login),
        "token": token_of(persona.login),
        "role": persona.role,
        "organisation": office.pk if office else None,
        "organisation_name": office.name_zh if office else "",
        "name": persona.name,
    }


def token_of(login: str) -> str:
    """The persona's API token: derived from this installation's keys, so that it can be told again."""
    token = derive_token("demo-api-token", login).encode().hex()
    AuthToken.objects.get_or_create(digest=hash_token(token), defaults={"token_key": token[: CONSTANTS.TOKEN_KEY_LENGTH], "user": user(login), "expiry": None})
    return token
