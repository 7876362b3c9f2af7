"""Links and tokens that are shown on the next page and never again: they wait in the session, encrypted."""

from django.http import HttpRequest

from exchange.encryption import decrypt, encrypt


def _place(name: str) -> str:
    return f"shown_once.{name}"


def hand_over(request: HttpRequest, name: str, secret: str) -> None:
    request.session[_place(name)] = encrypt(secret.encode(), _place(name))


def take(request: HttpRequest, name: str) -> str:
    """The secret, or "" when it was taken already."""
    stored = request.session.pop(_place(name), "")
    return decrypt(stored, _place(name)).decode() if stored else ""
