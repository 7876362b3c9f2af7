"""How people sign in: django-allauth without public sign-up, one lock per account, and every attempt in the activity log."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account import signals as account_signals
from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from allauth.mfa import signals as mfa_signals
from django.conf import settings
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange import audit
from exchange.middleware import client_ip
from exchange.transitions import RuleViolation
from participants.directory.models import User


def account_named(credentials: dict[str, Any]) -> User | None:
    """The account that a login name or an e-mail address speaks of, whatever the password."""
    email, username = credentials.get("email"), credentials.get("username")
    by_email = filter_users_by_email(email, prefer_verified=True) if email else []
    return by_email[0] if by_email else get_user_by_username(username) if username else None


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts come from invitations only. Unknown names, wrong passwords and deactivated accounts get the same answer."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": gettext_lazy("Login name and password do not match."),
        "email_password_mismatch": gettext_lazy("Login name and password do not match."),
        "too_many_login_attempts": gettext_lazy("Too many failed attempts: signing in with this name is locked for five minutes. Then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        return None

    def get_reset_password_from_key_url(self, key: str) -> str:
        """At the site's own address, whatever host the request named."""
        return settings.SITE_URL + urlsplit(super().get_reset_password_from_key_url(key)).path

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request) or "unknown"

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """One lock per account: its login name and its e-mail address, in any spelling, count together."""
        user = account_named(credentials)
        name = (credentials.get("email") or credentials.get("username") or "").strip().casefold()
        return f"account:{user.pk}" if user else f"name:{name}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            log("user.sign_in_locked", account_named(credentials))
            raise

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        if user is None or user.is_active:
            return user
        super().pre_authenticate(request, **credentials)  # a deactivated account counts the attempt like a wrong password
        return None


def confirm_password(*, user: User, password: str) -> None:
    """Ask for the password once more. Raises RuleViolation "wrong_password", "too_many_attempts"; it counts like signing in."""
    try:
        is_right = get_adapter().reauthenticate(user, password)
    except ValidationError as error:
        raise RuleViolation("too_many_attempts", "".join(error.messages), field="password") from error
    if not is_right:
        raise RuleViolation("wrong_password", _("The password is not right."), field="password")


# The activity log ------------------------------------------------------------------------------------------------------


def log(action: str, user: User | None, *, by: User | None = None) -> None:
    """Of a name that nobody has, nothing is kept: people type passwords into that field."""
    audit.record(action, user or User(), by=by)


@receiver(account_signals.user_logged_in)
def signed_in(user: User, **kwargs: Any) -> None:
    log("user.sign_in", user, by=user)


@receiver(user_logged_out)
def signed_out(user: User | None, **kwargs: Any) -> None:
    if user is not None:
        log("user.sign_out", user, by=user)


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], **kwargs: Any) -> None:
    log("user.sign_in_failed", account_named(credentials))


@receiver(account_signals.password_changed)
@receiver(account_signals.password_reset)
def password_changed(user: User, **kwargs: Any) -> None:
    log("user.password_changed", user, by=user)


@receiver(mfa_signals.authenticator_added)
def second_factor_added(user: User, **kwargs: Any) -> None:
    log("user.second_factor_added", user, by=user)


@receiver(mfa_signals.authenticator_removed)
def second_factor_removed(user: User, **kwargs: Any) -> None:
    log("user.second_factor_removed", user, by=user)


@receiver(mfa_signals.authentication_failed)
def second_factor_failed(user: User, **kwargs: Any) -> None:
    log("user.second_factor_failed", user)
